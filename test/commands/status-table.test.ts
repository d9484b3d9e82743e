import assert from 'node:assert/strict';
import { test } from 'node:test';
import { narrowed, statusTable } from '../../src/commands/status-table.ts';
import { notes } from '../../src/commands/table.ts';
import { statusOf } from '../../src/observe/status.ts';
import type { SlotView, Status } from '../../src/observe/status-view.ts';
import { entry, euWest, hour, kept, ledgerOf, scopeOf, specs, target } from '../observe/fixture.ts';

const base = statusOf(ledgerOf([target('portainer', [entry('1', scopeOf(euWest), kept(hour))])]), { version: '1.2.3', findings: specs });
const [first] = base.targets;
const [template] = first?.slots ?? [];
assert.ok(first && template);

const failure = (message: string) => ({
  code: 'REJECTED',
  message,
  remedy: 'Mend it.',
  since: base.now,
  count: 2,
  help: 'docs/errors.md#rejected',
});

function slot(at: number, more: Partial<SlotView> & { readonly endsInHours?: number } = {}): SlotView {
  const { endsInHours = 12, ...rest } = more;
  const expiresAt = new Date(Date.parse(base.now) + endsInHours * 3_600_000).toISOString();
  const registries = (template?.registries ?? []).map(holding => ({ ...holding, host: `host-${at}`, expiresAt, valid: true }));
  return { ...(template as SlotView), id: `${at}`, title: `slot-${at}`, state: 'ok', trouble: null, findings: [], registries, ...rest };
}
const of = (slots: readonly SlotView[], more: Partial<Status> = {}): Status => ({
  ...base,
  ready: true,
  unready: [],
  ...more,
  targets: [{ ...first, slots }],
});
const linesOf = (status: Status, most?: number): string[] =>
  statusTable(status, { color: false, ...(most === undefined ? {} : { most }) }).split('\n');

test('what fails comes first, then what ends first; the first line counts, and says when the first password ends', () => {
  const slots = [
    slot(1),
    slot(2, { endsInHours: 3 }),
    slot(3, { state: 'waiting' }),
    slot(4, { state: 'failing', trouble: failure('No.') }),
  ];
  const lines = linesOf(of(slots));
  assert.equal(lines[0], 'ready: 2 of 4 registries fine, the first password ends in 3 h');
  assert.deepEqual(
    lines.slice(2, 6).map(line => /slot-\d/.exec(line)?.[0]),
    ['slot-4', 'slot-3', 'slot-2', 'slot-1'],
  );
  assert.equal(linesOf(of([slot(1)]))[0], 'ready: 1 registry, the first password ends in 12 h');
  assert.equal(linesOf(of([slot(1), slot(2, { endsInHours: -3 })]))[0], 'ready: 2 registries, the first password ended 3 h ago');
});

test('a slot that waits for a renewal alone is fine, comes with the others that are, and does not fail', () => {
  const slots = [slot(1, { endsInHours: 5, state: 'waiting', renewing: true }), slot(2, { state: 'waiting' }), slot(3)];
  const lines = linesOf(of(slots));
  assert.equal(lines[0], 'ready: 2 of 3 registries fine, the first password ends in 5 h');
  assert.deepEqual(
    lines.slice(2, 5).map(line => /slot-\d.* (waiting|ok, renewing|ok) /.exec(line)?.slice(1).join()),
    ['waiting', 'ok, renewing', 'ok'],
  );
  const failing = narrowed(of(slots), { failing: true }).targets.flatMap(one => one.slots);
  assert.deepEqual(
    failing.map(({ id }) => id),
    ['2'],
  );
});

test('without slots there are none, and with fine ones none fails', () => {
  const inside = (slots: readonly SlotView[]) => statusTable(of(slots), { color: false, failing: true }).split('\n')[1];
  assert.deepEqual([inside([]), inside([slot(1)])], ['No slots.', 'No slot fails.']);
});

test('what is left alone for a reason is not called well; an account without a registry is', () => {
  const finding = {
    severity: 'warning',
    code: 'FOREIGN_SECRET',
    message: 'Helm wrote it.',
    remedy: 'Choose another name.',
    help: '',
  } as const;
  const slots = [slot(1, { registries: [], findings: [finding] }), slot(2, { registries: [] }), slot(3, { findings: [finding] })];
  const states = linesOf(of(slots))
    .slice(2, 5)
    .map(line => (line.match(/slot-\d|left alone|ok/g) ?? []).join(' '))
    .sort();
  assert.deepEqual(states, ['slot-1 left alone', 'slot-2 ok', 'slot-3 ok']);
});

test('ten thousand slots, of which three thousand fail each in words of its own, are a screen', () => {
  const slots = Array.from({ length: 10_000 }, (_, at) =>
    slot(at, at % 3 === 0 ? { state: 'failing', trouble: failure(`host-${at} refuses.`) } : {}),
  );
  const unready = slots.filter(({ state }) => state === 'failing').map(({ title }) => `${title} has no valid password.`);
  const finding = (code: string, severity: 'info' | 'warning', at: number) =>
    ({ code, severity, message: `${code} ${at}: ${'a long list of names, '.repeat(30)}.`, remedy: 'Keep one.', help: '' }) as const;
  const findings = Array.from({ length: 500 }, (_, at) => [
    finding('DUPLICATE_HOST', 'warning', at),
    finding('PLAIN_HTTP', 'info', at),
  ]).flat();
  const status = of(slots, { ready: false, unready });
  const lines = linesOf({ ...status, targets: status.targets.map(one => ({ ...one, findings })) }, 15);
  // A terminal of 120 columns wraps the lines.
  const rows = lines.flatMap(line => line.match(/.{1,120}/g) ?? ['']);
  assert.ok(rows.length <= 40, `${rows.length} lines`);
  assert.ok(lines.includes('DUPLICATE_HOST 499 more places in portainer'));
  assert.ok(lines.includes('1 note: PLAIN_HTTP'));
  assert.match(lines[0] ?? '', /^not ready: 6,666 of 10,000 registries fine, .* in 12 h\. slot-0 .* And others\.$/);
  assert.ok(lines.includes('and 9,985 more: --target NAME, --failing, --json'));
  assert.ok(lines.includes('REJECTED 3,333 more places in portainer'), lines.join('\n'));
});

test('a slot that waits says when it is tried next', () => {
  const nextAttemptAt = new Date(Date.parse(base.now) + 8 * 60_000).toISOString();
  assert.match(linesOf(of([slot(1, { state: 'waiting', nextAttemptAt })]))[2] ?? '', /waiting, next attempt in 8 min/);
});

test('findings of one code stand together, and the same sentence stands there once', () => {
  const finding = { code: 'CONTESTED', severity: 'warning', message: 'Somebody overwrites it.', remedy: 'Stop him.', help: '' } as const;
  const lines = linesOf(of(Array.from({ length: 40 }, (_, at) => slot(at, { findings: [finding] }))));
  assert.deepEqual(
    lines.filter(line => line.includes('CONTESTED')),
    ['CONTESTED portainer, slot-0 (and 39 more): Somebody overwrites it.'],
  );
});

test('a slot without a registry of its own has one line, and is counted beside the others', () => {
  const bare = (at: number, state: SlotView['state'] = 'ok') => slot(at, { registries: [], state });
  const lines = linesOf(of([slot(1), bare(2), bare(3, 'failing'), slot(4, { state: 'failing' })]));
  assert.equal(lines[0], 'ready: 1 of 2 registries fine, 1 of 2 slots without one fine, the first password ends in 12 h');
  assert.deepEqual(
    lines.slice(2, 6).map(line => line.split(/\s{2,}/).slice(1)),
    [
      ['slot-4', 'host-4', 'failing', 'in 12 h', '-'],
      ['slot-3', '-', 'failing', '-', '-'],
      ['slot-1', 'host-1', 'ok', 'in 12 h', '-'],
      ['slot-2', '-', 'ok', '-', '-'],
    ],
  );
  assert.equal(linesOf(of([bare(1)]))[0], 'ready: no registries, 1 slot without one');
});

test('a status can be narrowed to a target, and to what fails', () => {
  const status = {
    ...base,
    targets: [
      { ...first, slots: [slot(1), slot(2, { state: 'failing' })] },
      { ...first, name: 'other', slots: [slot(3)] },
    ],
  };
  const shown = (options: Parameters<typeof narrowed>[1]) =>
    narrowed(status, options).targets.map(({ name, slots }) => [name, slots.map(({ id }) => id)]);
  assert.deepEqual(shown({ target: 'other' }), [['other', ['3']]]);
  assert.deepEqual(shown({ failing: true }), [
    ['portainer', ['2']],
    ['other', []],
  ]);
});

const lacking = { ...template.registries[0], valid: false, expiresAt: null, ended: false };
const bad = (at: number) =>
  slot(at, { state: 'failing', trouble: failure(`host-${at} refuses.`), registries: [{ ...lacking, host: `host-${at}` } as never] });
const clusters = (names: readonly string[], slotsOf: (name: string) => readonly SlotView[]): Status => {
  const status = of([], { ready: false, unready: ['cluster-3, slot-1: no credential for host-1 was delivered yet.'] });
  return { ...status, targets: names.map(name => ({ ...first, name, slots: slotsOf(name) })) };
};

test('of one target, the first line is about that one; of what fails, it still counts all', () => {
  const status = clusters(['cluster-3', 'cluster-9'], name => (name === 'cluster-3' ? [bad(1), slot(2)] : [slot(3)]));
  const of9 = narrowed(status, { target: 'cluster-9' });
  assert.equal(of9.ready, true);
  assert.equal(linesOf(of9)[0], 'ready: 1 registry, the first password ends in 12 h');
  assert.match(linesOf(narrowed(status, { target: 'cluster-3' }))[0] ?? '', /^not ready: 1 of 2 registries fine, .* cluster-3, slot-1: no/);

  const lines = statusTable(status, { color: false, failing: true, most: 1 }).split('\n');
  assert.match(lines[0] ?? '', /^not ready: 2 of 3 registries fine, the first password ends in 12 h\. cluster-3/);
  assert.deepEqual(
    lines.filter(line => /slot-\d  /.test(line)).map(line => /slot-\d/.exec(line)?.[0]),
    ['slot-1'],
  );
});

test('what is only counted is said with the targets that have it', () => {
  const names = Array.from({ length: 42 }, (_, at) => `cluster-${at}`);
  const status = clusters(names, () => [bad(1), bad(2)]);
  const rest = (only: Status) =>
    statusTable(only, { color: false, failing: true, most: 5 })
      .split('\n')
      .filter(line => line.startsWith('REJECTED '));
  assert.deepEqual(rest(status), [
    'REJECTED cluster-0, slot-1 (and 41 more in cluster-1, cluster-2, cluster-3 and 38 others): host-1 refuses.',
    'REJECTED 42 more places in cluster-0, cluster-1, cluster-2 and 39 others',
  ]);
  assert.ok(statusTable(status, { color: false, failing: true, most: 5 }).includes('and 79 more: --target NAME, --json'));
});

test('each of twenty targets that fail as a whole is told with its reason, as no row tells of it', () => {
  const names = Array.from({ length: 25 }, (_, at) => `cluster-${at}`);
  const status = clusters(names, () => []);
  const targets = status.targets.map(target => ({ ...target, trouble: failure(`${target.name} hangs.`) }));
  const lines = notes({ ...status, targets }, (_, words) => words);
  assert.deepEqual(
    lines.filter(line => line.includes('hangs')),
    names.slice(0, 20).map(name => `REJECTED ${name}: ${name} hangs.`),
  );
  assert.ok(lines.includes('REJECTED 5 more places in cluster-20, cluster-21, cluster-22 and 2 others'), lines.join('\n'));
});
