import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJournal } from '../../src/observe/journal.ts';
import { failing, hours, minutes, promptTarget, registry, row, seconds, startRig, type TestTarget } from '../courier/rig.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly data: Record<string, unknown>;
}
const tickMs = 15 * seconds;

/**
 * Starts a courier on `target` and collects its log lines from the level info on. `pass` advances the clock and returns
 * the lines of that time.
 */
async function watch(clock: VirtualClock, target: TestTarget) {
  const lines: Line[] = [];
  const all = { debug: 0 };
  const writer = (level: string) => (message: string, data?: object) =>
    void lines.push({ level, message, data: data as Record<string, unknown> });
  const journal = createJournal(
    { debug: () => void all.debug++, info: writer('info'), warn: writer('warn'), error: writer('error') },
    clock,
  );
  const rig = await startRig({ targets: [target], prove: async () => ({ ok: true }), keepsEvents: false, tickMs, onEvent: journal.note });
  return {
    lines,
    all,
    journal,
    [Symbol.asyncDispose]: rig.stop,
    async pass(ms: number): Promise<readonly Line[]> {
      for (let passed = 0; passed < ms; passed += tickMs) {
        await clock.advance(tickMs);
        journal.tell();
      }
      return lines.splice(0);
    },
  };
}
const shortly = ({ level, message }: Line): string => `${level} ${message}`;
const rows = (count: number) => Array.from({ length: count }, (_, at) => row(`${at}`, registry(`${100_000_000_000 + at}`)));
const few = (level: string, message: string): readonly string[] => [
  ...[1, 2, 3].map(() => `${level} ${message}`),
  `${level} ${message}, in all`,
];

test('a pass over 10,000 slots is a few lines: the first three of a kind, and how many in all', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'shop', rows(10_000));
  target.onDeliver = async slot => {
    if (Number(slot.id) % 2 === 1) throw failing('REJECTED');
  };
  await using watched = await watch(clock, target);

  const lines = await watched.pass(2 * minutes);

  const told = lines.map(shortly);
  const expected = ['info discovered', 'info token fetched', ...few('info', 'delivered'), ...few('info', 'proved')];
  assert.deepEqual([...told].sort(), [...expected, ...few('warn', 'delivery failed')].sort());
  for (const [message, code] of [['delivered'], ['delivery failed', 'REJECTED']] as const) {
    const first = lines.filter(line => line.message === message).map(({ data }) => data['slot']);
    const sum = lines.find(line => line.message === `${message}, in all`);
    assert.deepEqual(sum?.data, { target: 'shop', ...(code && { code }), count: 5_000, slots: first, within_seconds: 0 });
  }
  assert.ok(watched.all.debug >= 19_000, 'each is there at debug');
});

test('failures that go on for days are a few lines in five minutes', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'shop', rows(300));
  target.onDeliver = async () => {
    throw failing('REJECTED');
  };
  await using watched = await watch(clock, target);
  await watched.pass(1 * hours);

  const told = await watched.pass(2 * hours);

  assert.ok(told.length > 4 && told.length <= 2 * 12 * 4 + 5, `${told.length} lines`);
});

test('up to three are told one by one, and a later pass begins anew', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'shop', rows(3));
  await using watched = await watch(clock, target);
  assert.deepEqual(
    (await watched.pass(2 * minutes)).map(shortly).filter(line => line.includes('delivered')),
    ['info delivered', 'info delivered', 'info delivered'],
  );

  for (const { id } of rows(3)) target.rows.set(id, { ...row(id, registry(`${100_000_000_000 + Number(id)}`)), state: 'drifted' });
  assert.deepEqual(
    (await watched.pass(3 * minutes)).map(shortly).filter(line => line.includes('delivered')),
    ['info delivered', 'info delivered', 'info delivered'],
  );
});

test('at the end what is under way is told', async () => {
  const clock = createVirtualClock();
  await using watched = await watch(clock, promptTarget(clock, 'shop', rows(10)));
  await clock.advance(1 * seconds);
  watched.journal.end();
  const last = watched.lines.findLast(({ message }) => message === 'delivered, in all');
  assert.equal(last?.data['count'], 10);
});
