import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { About, Sighting, Slot, Target } from '../../src/contract/target.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { failing, minutes, promptTarget, type Rig, registry, row, seconds, startRig, type TestTarget } from './rig.ts';

/** Reloads with another configuration of the same target. */
function reload(rig: Rig, target: TestTarget, open = target.managed.open): void {
  rig.courier.use({ all: rig.sources, choose: () => rig.sources[0] }, [{ ...target.managed, open }]);
}

/** A watch without sightings, which lasts until `end` resolves. */
const until = (end: Promise<void>): AsyncIterable<Sighting> => ({
  [Symbol.asyncIterator]: () => ({ next: async () => end.then(() => ({ done: true, value: undefined })) }),
});

const aborted = (signal: AbortSignal): Promise<void> => new Promise(resolve => signal.addEventListener('abort', () => resolve()));

describe('a pause that a delivery was told', () => {
  test('counts although another delivery has stopped the target before', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1'), row('2')]);
    target.onDeliver = async (slot, _store, signal) => {
      await clock.sleep(slot.id === '1' ? 1000 : 1200, signal);
      throw failing('BUSY', slot.id === '1' ? {} : { retryAfterMs: 10 * minutes });
    };
    await using _ = await startRig({ targets: [target] });
    await clock.advance(9 * minutes);
    assert.deepEqual([target.writes.length, target.discoveries.length], [2, 1]);
  });

  test('is not ended by a look that began before', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    await using rig = await startRig({ targets: [target] });
    await clock.advance(10 * seconds);
    target.onDeliver = async (_slot, _store, signal) => {
      await clock.sleep(5 * seconds, signal);
      throw failing('BUSY', { retryAfterMs: 10 * minutes });
    };
    target.rows.set('1', { ...row('1'), state: 'drifted' });
    rig.courier.look('p');
    await clock.advance(100);
    target.onDiscover = async signal => clock.sleep(20 * seconds, signal);
    rig.courier.look('p');
    await clock.advance(4 * minutes);
    assert.equal(target.discoveries.length, 3);
    await clock.advance(10 * minutes);
    assert.ok(target.discoveries.length > 3);
  });
});

test('what a delivery through a former client comes to does not stop the target', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1'), row('2')]);
  target.onDeliver = async (_slot, _store, signal) => {
    await clock.sleep(20 * seconds, signal);
    throw failing('AUTH');
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(5 * seconds);
  const store = { ...target.target, deliver: async () => ({ change: 'updated' as const }) };
  target.managed = { ...target.managed, open: async () => store };
  reload(rig, target);
  // Both deliveries have just failed. If the target were stopped, the next discovery would end that within about a
  // second, so look now.
  await clock.advance(15.5 * seconds);
  assert.equal(rig.of('delivery-failed').length, 2);
  const record = rig.courier.ledger.targets.get('p');
  assert.equal(record?.trouble, undefined);
  await clock.advance(7 * minutes);
  assert.equal(rig.of('delivered').length, 2);
});

test('a reload during a slow opening does not close the client that is in use', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  const closed: string[] = [];
  target.target = { ...target.target, [Symbol.asyncDispose]: async () => void closed.push('p') };
  const waits = [2 * seconds, 3 * seconds];
  const open = async (): Promise<Target> => {
    await clock.sleep(waits.shift() ?? 0, new AbortController().signal);
    return target.target;
  };
  target.managed = { ...target.managed, open };
  const rig = await startRig({ targets: [target] });
  await clock.advance(1 * seconds);
  reload(rig, target);
  await clock.advance(1 * minutes);
  assert.equal(target.writes.length, 1);
  assert.deepEqual(closed, []);
  await rig.stop();
  assert.deepEqual(closed, ['p']);
});

describe('a watch', () => {
  /** A client whose watch lasts until it is aborted; both ends are noted in `told`. */
  function watchedClient(target: TestTarget, name: string, told: string[]): Target {
    const watch = (signal: AbortSignal): AsyncIterable<Sighting> => {
      told.push(`${name} begins`);
      return until(aborted(signal).then(() => void told.push(`${name} ends`)));
    };
    return { ...target.target, watch };
  }

  test('ends with its client, and the next client is watched', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    const told: string[] = [];
    const [a, b] = [watchedClient(target, 'a', told), watchedClient(target, 'b', told)];
    target.managed = { ...target.managed, open: async () => a };
    await using rig = await startRig({ targets: [target] });
    await clock.advance(10 * seconds);
    reload(rig, target, async () => b);
    await clock.advance(1 * minutes);
    assert.deepEqual(told, ['a begins', 'a ends', 'b begins']);
    rig.courier.use({ all: rig.sources, choose: () => rig.sources[0] }, []);
    await clock.advance(1 * seconds);
    assert.deepEqual(told.slice(3), ['b ends']);
    assert.deepEqual(rig.of('watch-ended'), []);
  });

  test('that is not possible now leaves the target to regular looks, and begins once it is possible', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    const told: string[] = [];
    const watched = watchedClient(target, 'p', told);
    let allowed = false;
    target.target = { ...watched, watch: signal => (allowed ? watched.watch?.(signal) : undefined) };
    await using rig = await startRig({ targets: [target] });
    await clock.advance(5 * minutes);
    assert.ok(target.discoveries.length >= 5, `${target.discoveries.length} looks`);
    assert.deepEqual(rig.of('watch-ended'), []);
    allowed = true;
    await clock.advance(1 * minutes);
    const looks = target.discoveries.length;
    await clock.advance(20 * minutes);
    assert.equal(target.discoveries.length, looks);
  });

  test('ends at once when everything is to end', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    let endedAt: number | undefined;
    const watch = (signal: AbortSignal): AsyncIterable<Sighting> => until(aborted(signal).then(() => void (endedAt = clock.mono())));
    target.target = { ...target.target, watch };
    const rig = await startRig({ targets: [target] });
    await clock.advance(1 * minutes);
    const now = clock.mono();
    await rig.stop();
    assert.equal(endedAt, now);
  });

  test('that begins does not make the look wait that somebody asked for', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    target.onDiscover = async signal => clock.sleep(5 * seconds, signal);
    target.target = watchedClient(target, 'p', []);
    await using rig = await startRig({ targets: [target] });
    await clock.advance(1 * seconds);
    rig.courier.look('p');
    await clock.advance(1 * minutes);
    assert.equal(target.discoveries.length, 2);
  });

  test('that ends does not end the pause of a refused key', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    const key = new AbortController();
    target.target = { ...target.target, watch: () => until(aborted(key.signal)) };
    await using rig = await startRig({ targets: [target] });
    await clock.advance(10 * minutes);
    target.onDiscover = async () => {
      throw failing('AUTH');
    };
    rig.courier.look('p');
    await clock.advance(1 * seconds);
    key.abort();
    await clock.advance(2 * minutes);
    assert.equal(target.discoveries.length, 2);
  });
});

/** Returns the findings of each target as `CODE message`, in the order of the targets. */
async function findingsOfAdapter(ways: readonly (readonly [name: string, about: About | undefined, slots: readonly Slot[]])[]) {
  const clock = createVirtualClock();
  const targets = ways.map(([name, about, slots]) => {
    const target = promptTarget(clock, name, [...slots]);
    target.onDiscover = async () => (about ? { about } : {});
    return target;
  });
  await using rig = await startRig({ targets });
  await clock.advance(minutes);
  const { ledger } = rig.courier;
  return [...ledger.targets.values()].map(record => ledger.findingsOf(record).map(({ code, message }) => `${code} ${message}`));
}
const theFirstTwo = (which = '') => [
  [`TWO_TARGETS a and b write to the same entries${which}.`],
  [`TWO_TARGETS b and a write to the same entries${which}.`],
  [],
  [],
];

test('two targets of one cluster are told where both write a slot of the same id', async () => {
  const told = await findingsOfAdapter([
    ['a', { shares: ['https://api', 'uid-1'] }, [row('team-a/ecr', registry()), row('team-b/ecr', registry())]],
    ['b', { shares: ['https://proxy', 'uid-1'] }, [row('team-b/ecr', registry())]],
    ['c', { shares: ['https://api'] }, [row('team-c/ecr', registry()), { ...row('team-a/ecr', registry()), registries: [] }]],
    ['d', { shares: ['https://another'] }, [row('team-a/ecr', registry())]],
  ]);
  assert.deepEqual(told, theFirstTwo(': team-b/ecr'));
});

test('two targets that lead to the same thing are told with their names, and no third one', async () => {
  const slots = [row('1', registry())];
  const told = await findingsOfAdapter([
    ['a', { reaches: ['swarm-1', 'swarm-2'] }, slots],
    ['b', { reaches: ['swarm-2'] }, slots],
    ['c', { reaches: ['swarm-3'] }, slots],
    ['d', undefined, slots],
  ]);
  assert.deepEqual(told, theFirstTwo());
});
