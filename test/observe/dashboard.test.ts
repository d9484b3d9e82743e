import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { createMetrics, metricList } from '../../src/observe/metrics.ts';
import { statusOf } from '../../src/observe/status.ts';
import { docsUrl } from '../../src/version.ts';
import { ledgerOf } from './fixture.ts';
import { alertRules, dashboard, type Panel, readPromql, rulesTestFile } from './monitoring.ts';

/** Every exported series with its labels, including the series of Prometheus itself. */
async function exported(): Promise<Map<string, readonly string[]>> {
  const ours = metricList().flatMap(({ name, type, labels }): [string, readonly string[]][] =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map(part => [`${name}${part}`, [...labels, 'le']]) : [[name, labels]],
  );
  const status = statusOf(ledgerOf([]), { version: '1.2.3', findings: {} });
  const text = await createMetrics({ version: '1.2.3', clock: { wall: () => 0 }, process: true }).render(status);
  const all = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']): [string, readonly string[]] => [name, []]);
  return new Map([['up', []], ...all, ...ours]);
}
const known = await exported();
/** The labels that Prometheus adds to every series. */
const common = ['job', 'instance'];

/**
 * The labels of an expression's result, as far as they can be known: the labels that it groups by, or else all labels
 * of the metrics that it reads.
 */
function resultLabels(expr: string): Set<string> {
  const { selectors, grouped } = readPromql(expr);
  return new Set(grouped.length > 0 ? grouped : [...common, ...selectors.flatMap(({ metric }) => known.get(metric) ?? [])]);
}

function assertReadable(expr: string, where: string): void {
  const { selectors, grouped } = readPromql(expr);
  assert.ok(selectors.length > 0, `${where} reads nothing: ${expr}`);
  for (const { metric, labels } of selectors) {
    const own = known.get(metric);
    assert.ok(own, `${where} reads ${metric}, which is not exported`);
    for (const label of labels) assert.ok([...common, ...own].includes(label), `${where}: ${metric} has no label ${label}`);
  }
  const all = [...common, ...selectors.flatMap(({ metric }) => known.get(metric) ?? [])];
  for (const label of grouped) assert.ok(all.includes(label), `${where} groups by ${label}, which none of its metrics has`);
}

const shown = dashboard();
const panels = shown.panels.filter(panel => panel.type !== 'row');
const queries = panels.flatMap(panel => (panel.targets ?? []).map(target => ({ where: `panel ${panel.title}`, ...target })));
const rules = alertRules();

test('reading PromQL: metrics, their matchers, what is grouped by', () => {
  const expr =
    'sum by (job, le) (rate(a_bucket{x=~"b{c", y!="d"}[$__rate_interval])) > 0 and on (job) max_over_time(e[5m:1m]) - time() or f';
  assert.deepEqual(readPromql(expr), {
    selectors: [
      { metric: 'a_bucket', labels: ['x', 'y'] },
      { metric: 'e', labels: [] },
      { metric: 'f', labels: [] },
    ],
    grouped: ['job', 'le', 'job'],
  });
});

test('every expression of the dashboard and of the alerts reads metrics that are exported, by labels that they have', () => {
  for (const { where, expr } of queries) assertReadable(expr, where);
  for (const { alert, expr } of rules) assertReadable(expr, alert);
});

test('labels in legends and in the words of alerts are there', () => {
  for (const { where, expr, legendFormat } of queries)
    for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
      assert.ok(resultLabels(expr).has(label), `${where}: its legend names ${label}`);
  for (const { alert, expr, annotations } of rules)
    for (const [, label = ''] of Object.values(annotations)
      .join()
      .matchAll(/\$labels\.(\w+)/g))
      assert.ok(resultLabels(expr).has(label), `${alert} names ${label}`);
});

test('every metric of ours is on the dashboard or in an alert', () => {
  const read = new Set([...queries, ...rules].flatMap(({ expr }) => readPromql(expr).selectors.map(({ metric }) => metric)));
  const unread = metricList().filter(({ name }) => !read.has(name) && !read.has(`${name}_bucket`));
  assert.deepEqual(
    unread.map(({ name }) => name),
    [],
  );
});

test('every panel has a title, a unit, a description and the chosen data source; none lies over another', () => {
  const cells = new Map<string, string>();
  for (const panel of panels) {
    for (const text of [panel.title, panel.description, panel.fieldConfig?.defaults.unit, panel.targets?.[0]?.expr])
      assert.ok(text, `panel ${panel.id} ${panel.title}`);
    assert.equal(panel.datasource?.uid, `\${datasource}`, panel.title);
    for (const cell of cellsOf(panel)) {
      assert.ok(!cells.has(cell), `${panel.title} lies over ${cells.get(cell)}`);
      cells.set(cell, panel.title ?? '');
    }
  }
  assert.equal(new Set(shown.panels.map(({ id }) => id)).size, shown.panels.length);
});

function cellsOf({ gridPos: { h, w, x, y } }: Panel): string[] {
  assert.ok(x + w <= 24);
  return Array.from({ length: h * w }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`);
}

test('the dashboard can be pointed at any data source, job and instance, and not be edited by accident', () => {
  assert.equal(shown.editable, false);
  assert.deepEqual(
    shown.templating.list.map(({ name, type }) => [name, type]),
    [
      ['datasource', 'datasource'],
      ['job', 'query'],
      ['instance', 'query'],
    ],
  );
  for (const { definition } of shown.templating.list) if (definition) assertReadable(definition.replace(/, \w+\)$/, ')'), definition);
  for (const { where, expr } of queries) {
    for (const { metric, labels } of readPromql(expr).selectors)
      for (const label of common) assert.ok(labels.includes(label), `${where}: ${metric} is not narrowed to $${label}`);
    for (const [, range] of expr.matchAll(/\[([^\]]*)\]/g)) assert.equal(range, '$__rate_interval', where);
  }
});

test('every alert says how bad it is, what it means and where to read on; its place in docs/operations.md exists', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
  const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const { alert, labels, annotations } of rules) {
    assert.match(labels['severity'] ?? '', /^(warning|critical)$/, alert);
    for (const key of ['summary', 'description']) assert.ok(annotations[key], `${alert}: ${key}`);
    const anchor = alert.toLowerCase();
    assert.equal(annotations['runbook_url'], `${docsUrl('docs/operations.md')}#${anchor}`);
    assert.ok(anchors.includes(anchor), `docs/operations.md has no heading ${alert}`);
  }
});

test('the dashboard links to the page of its own version', () => {
  assert.deepEqual(
    dashboard().links.map(({ url }) => url),
    [docsUrl('docs/operations.md')],
  );
});

test('an alert about a target links to it on the status page, one about a courier to its page', () => {
  for (const { alert, expr, annotations } of rules) {
    const labels = resultLabels(expr);
    // There is no page for a courier that is gone, nor for several couriers.
    const page = ['CourierAbsent', 'NobodyLeads'].includes(alert) ? undefined : 'http://{{ $labels.instance }}/';
    const query = labels.has('target') ? '?target={{ $labels.target }}' : '';
    assert.equal(annotations['status_url'], page && page + query, alert);
  }
});

test('for every alert there is a test in which it fires', () => {
  const tests = parse(readFileSync(rulesTestFile, 'utf8')) as { tests: { alert_rule_test?: { alertname: string }[] }[] };
  const fired = new Set(tests.tests.flatMap(one => one.alert_rule_test?.map(({ alertname }) => alertname) ?? []));
  assert.deepEqual([...fired].sort(), [...new Set(rules.map(({ alert }) => alert))].sort());
});
