import assert from 'node:assert/strict';
import type { FailureCode } from '../../src/contract/failures.ts';
import type { CourierEvent } from '../../src/courier/events.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.ts';
import { failing, gaps, hours, minutes, promptTarget, type Rig, row, seconds, startRig, type TestTarget } from './rig.ts';

export const hopelessCodes = ['REJECTED', 'FORBIDDEN', 'TIMEOUT', 'CREDENTIAL_REFUSED'] as const;
type HopelessCode = (typeof hopelessCodes)[number];

export const bad = (id: string): boolean => id.startsWith('bad');

/** Many slots that always fail so, and some that never do. */
export function mixed(clock: VirtualClock, count: number, code: FailureCode, good: readonly string[]): TestTarget {
  const hopeless = Array.from({ length: count }, (_, at) => row(`bad${at}`));
  const target = promptTarget(clock, 'p', [...hopeless, ...good.map(id => row(id))]);
  // One for all: a stack for each of a hundred thousand takes most of the time.
  const failure = failing(code);
  target.onDeliver = async (slot, _store, signal) => {
    if (!bad(slot.id)) return undefined;
    if (code !== 'TIMEOUT') throw failure;
    return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(failing('TIMEOUT', { mayLand: true }))));
  };
  return target;
}

/** For how long each write of the slot but the first came after the moment from which what it held was due. */
function waitsOf(target: TestTarget, id: string) {
  const all: number[] = [];
  let courier: Rig['courier'] | undefined;
  let dueAt: number | undefined;
  return {
    all,
    watch(rig: Rig) {
      courier = rig.courier;
    },
    note(event: CourierEvent) {
      if (event.kind !== 'delivered' || event.slot !== id || !courier) return;
      const entry = courier.ledger.targets.get(target.name)?.entries.get(id);
      if (dueAt !== undefined) all.push(courier.ledger.now() - dueAt);
      dueAt = entry?.held[0]?.agesAt;
    },
  };
}

export const timesOf = (target: TestTarget, id: string): number[] =>
  target.writes.filter(write => write.slot === id).map(write => write.at);

/** For 72 hours, beside so many slots that always fail so, a healthy slot is written in time, and so is a new one. */
export async function hopeless(count: number, code: HopelessCode): Promise<void> {
  const clock = createVirtualClock();
  const target = mixed(clock, count, code, ['good']);
  const tickMs = 1 * minutes;
  const waits = waitsOf(target, 'good');
  await using rig = await startRig({ targets: [target], keepsEvents: false, tickMs, cron: '*/20 * * * *', onEvent: waits.note });
  waits.watch(rig);
  await clock.advance(72 * hours);
  target.rows.set('new', row('new'));
  // A discovery sees it within twenty minutes; it waits for hung writes that hold every place, once.
  await clock.advance(26 * minutes + 10 * seconds);
  const [first] = timesOf(target, 'good');
  assert.ok(first !== undefined && first <= (code === 'TIMEOUT' ? Math.ceil(count / 4) * 61 * seconds : 1 * minutes), `${first}`);
  assert.ok(timesOf(target, 'new').length > 0, 'a new slot');
  assert.ok(waits.all.length >= 10, `${waits.all.length} writes`);
  const longest = tickMs + (code === 'TIMEOUT' ? 61 * seconds : 1 * seconds);
  for (const wait of waits.all) assert.ok(wait <= longest, `written ${wait / seconds} s after it became due`);
  const own = gaps(timesOf(target, 'bad1'));
  // A refused one is tried at once with another token.
  const least = { REJECTED: 5 * minutes, FORBIDDEN: 5 * minutes, TIMEOUT: 60 * seconds, CREDENTIAL_REFUSED: 0 }[code];
  assert.ok(
    own.every(gap => gap >= least),
    `${own}`,
  );
  if (code !== 'TIMEOUT')
    assert.ok(
      own.every(gap => gap <= 45 * minutes),
      `${own}`,
    );
  assert.equal(rig.courier.ledger.targets.get('p')?.entries.size, count + 2);
}
