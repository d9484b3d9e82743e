import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { prefix } from '../../src/observe/metric-table.ts';
import { dashboard, rulesFile, rulesTestFile } from '../observe/monitoring.ts';
import { startWorld } from './daemon.ts';
import { part, path } from './needs.ts';

function promtool(args: readonly string[], input = ''): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(path('promtool'), args, { input, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}
const fine = ({ status, output }: ReturnType<typeof promtool>) => assert.equal(status, 0, output);

part('promtool', { programs: ['promtool'] }, () => {
  test('the metrics of a daemon that has delivered and failed keep to the conventions', async () => {
    await using world = await startWorld();
    const refusal = { status: 403, json: { message: 'Access denied', details: 'Access denied' } };
    world.portainer.fault = ({ method, path }) => (method === 'PUT' && path.endsWith('/2') ? refusal : undefined);
    await world.start();
    let text = '';
    await world.until(async () => {
      text = await world.read('/metrics').catch(() => '');
      return /deliver_failures_total\{.*\} [1-9]/.test(text) && /deliver_changes_total\{.*\} [1-9]/.test(text);
    }, 'a delivery and a failure');
    // The process metrics come from the library, with names that promtool objects to.
    const isOurs = (line: string) => line.replace(/^# (HELP|TYPE) /, '').startsWith(prefix);
    const ours = text.split('\n').filter(isOurs).join('\n');

    fine(promtool(['check', 'metrics'], `${ours}\n`));
    assert.notEqual(promtool(['check', 'metrics'], `# TYPE ${prefix}x counter\n${prefix}x 1\n`).status, 0, 'a bad name is seen');
  });

  test('the alerts are rules, fire when they should, and do not when they should not', () => {
    fine(promtool(['check', 'rules', rulesFile]));
    fine(promtool(['test', 'rules', rulesTestFile]));
  });

  test('every expression of the dashboard is PromQL', async context => {
    const folder = await mkdtemp(join(tmpdir(), 'courier-promql-'));
    context.after(() => rm(folder, { recursive: true }));
    const expressions = dashboard().panels.flatMap(panel => panel.targets?.map(target => target.expr) ?? []);
    const rules = (exprs: readonly string[]) =>
      JSON.stringify({ groups: [{ name: 'dashboard', rules: exprs.map((expr, at) => ({ record: `panel:${at}`, expr: filled(expr) })) }] });
    const check = async (exprs: readonly string[]) => {
      await writeFile(join(folder, 'rules.yml'), rules(exprs));
      return promtool(['check', 'rules', join(folder, 'rules.yml')]);
    };

    assert.ok(expressions.length > 30);
    fine(await check(expressions));
    assert.notEqual((await check(['sum by (target) (up'])).status, 0, 'a broken expression is seen');
  });
});

/** Replaces the variables in an expression as Grafana does. */
function filled(expr: string): string {
  const values: Readonly<Record<string, string>> = { job: 'ecr-courier', instance: '.+', __rate_interval: '4m' };
  return expr.replaceAll(/\$(\w+)/g, (_, name: string) => {
    assert.ok(values[name], `there is no variable ${name}`);
    return values[name];
  });
}
