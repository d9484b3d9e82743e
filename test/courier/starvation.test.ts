import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FailureCode } from '../../src/contract/failures.ts';
import type { CourierEvent } from '../../src/courier/events.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.ts';
import { failing, gaps, hours, minutes, promptTarget, type Rig, row, seconds, startRig, type TestTarget } from './rig.ts';

// The stack traces of a hundred thousand failures would take most of the time.
Error.stackTraceLimit = 0;

const bad = (id: string): boolean => id.startsWith('bad');

/** A target with `count` slots that always fail with `code`, and some that never fail. */
function mixed(clock: VirtualClock, count: number, code: FailureCode, good: readonly string[]): TestTarget {
  const hopeless = Array.from({ length: count }, (_, at) => row(`bad${at}`));
  const target = promptTarget(clock, 'p', [...hopeless, ...good.map(id => row(id))]);
  const failure = failing(code, { mayLand: code === 'TIMEOUT' });
  target.onDeliver = async (slot, _store, signal) => {
    if (!bad(slot.id)) return undefined;
    if (code !== 'TIMEOUT') throw failure;
    return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(failure)));
  };
  return target;
}

/** Records how long after it became due each write of the slot came, except the first. */
function waitsOf(target: TestTarget, id: string) {
  const all: number[] = [];
  let courier: Rig['courier'] | undefined;
  const dueAt = (): number | undefined => courier?.ledger.targets.get(target.name)?.entries.get(id)?.held[0]?.agesAt;
  let nextAt: number | undefined;
  return {
    all,
    watch(rig: Rig) {
      courier = rig.courier;
      // The first write may have come while the rig started.
      nextAt = dueAt();
    },
    note(event: CourierEvent) {
      if (event.kind !== 'delivered' || event.slot !== id || !courier) return;
      if (nextAt !== undefined) all.push(courier.ledger.now() - nextAt);
      nextAt = dueAt();
    },
  };
}

/** The longest wait among slots that hang and are not yet known to: a minute, and one deadline for the first places. */
const amongUnknown = 122 * seconds;

const timesOf = (target: TestTarget, id: string): number[] => target.writes.filter(write => write.slot === id).map(write => write.at);

for (const concurrency of [1, 2, 4])
  for (const linger of ['none', 'two minutes'])
    test(`slots that were never tried and hang do not delay one that was answered: ${concurrency} at a time, linger ${linger}`, async () => {
      const clock = createVirtualClock();
      const target = mixed(clock, 0, 'TIMEOUT', ['good']);
      Object.assign(target.managed.limits, { concurrency, ...(linger !== 'none' && { lingerMs: 2 * minutes }) });
      await using _ = await startRig({ targets: [target], keepsEvents: false });
      await clock.advance(5 * minutes);
      for (let at = 0; at < 300; at++) target.rows.set(`bad${at}`, row(`bad${at}`));
      for (let round = 0; round < 8; round++) {
        await clock.advance(4 * minutes);
        const before = timesOf(target, 'good').length;
        target.rows.set('good', { ...row('good'), state: 'drifted' });
        // A discovery finds the slot within a minute. Then it may wait once for writes that hang already.
        await clock.advance((round === 0 ? 0 : 2 ** (round - 1)) * minutes + 122 * seconds);
        assert.ok(timesOf(target, 'good').length > before, `round ${round}`);
      }
    });

describe('hopeless slots starve no healthy one in 72 hours', () => {
  for (const code of ['REJECTED', 'FORBIDDEN', 'TIMEOUT', 'CREDENTIAL_REFUSED'] as const)
    for (const count of [5, 10, 50, 500])
      test(`${count} x ${code}`, async () => {
        const clock = createVirtualClock();
        const target = mixed(clock, count, code, ['good']);
        const tickMs = 1 * minutes;
        const waits = waitsOf(target, 'good');
        await using rig = await startRig({ targets: [target], keepsEvents: false, tickMs, cron: '*/20 * * * *', onEvent: waits.note });
        waits.watch(rig);
        await clock.advance(72 * hours);
        target.rows.set('new', row('new'));
        // A discovery finds the slot within twenty minutes. Then it waits once for hung writes that hold every place.
        await clock.advance(26 * minutes + 10 * seconds);
        const [first] = timesOf(target, 'good');
        assert.ok(first !== undefined && first <= (code === 'TIMEOUT' ? amongUnknown : 1 * minutes), `${first}`);
        assert.ok(timesOf(target, 'new').length > 0, 'a new slot');
        assert.ok(waits.all.length >= 10, `${waits.all.length} writes`);
        const longest = tickMs + (code === 'TIMEOUT' ? 61 * seconds : 1 * seconds);
        for (const wait of waits.all) assert.ok(wait <= longest, `written ${wait / seconds} s after it became due`);
        const own = gaps(timesOf(target, 'bad1'));
        // A slot that refused its token is tried at once with another token. A slot whose attempt ended early soon gets
        // its whole deadline.
        const least = { REJECTED: 5 * minutes, FORBIDDEN: 5 * minutes, TIMEOUT: 10 * seconds, CREDENTIAL_REFUSED: 0 }[code];
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
      });
});

describe('slots that hang every second time delay no healthy one', () => {
  for (const [count, hangs, lasts] of [
    [5, 'and may land', 72],
    [10, 'and may land', 24],
    [50, 'and may land', 13],
    [10, 'in vain', 72],
    [50, 'in vain', 72],
    [500, 'in vain', 72],
  ] as const)
    test(`${count} slots, ${hangs}: ${lasts} hours`, async () => {
      const clock = createVirtualClock();
      const target = mixed(clock, count, 'TIMEOUT', ['good']);
      const failure = failing('TIMEOUT', { mayLand: hangs === 'and may land' });
      const tries = new Map<string, number>();
      target.onDeliver = async (slot, _store, signal) => {
        const tried = tries.get(slot.id) ?? 0;
        tries.set(slot.id, tried + 1);
        if (!bad(slot.id) || tried % 2 === 1) return undefined;
        return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(failure)));
      };
      const tickMs = 1 * minutes;
      const waits = waitsOf(target, 'good');
      await using rig = await startRig({ targets: [target], keepsEvents: false, tickMs, cron: '*/20 * * * *', onEvent: waits.note });
      waits.watch(rig);
      await clock.advance(lasts * hours);
      assert.ok((timesOf(target, 'good')[0] ?? Number.POSITIVE_INFINITY) < amongUnknown, 'the first write');
      assert.ok(waits.all.length >= Math.floor(lasts / 6.6) - 1, `${waits.all.length} writes`);
      for (const wait of waits.all) assert.ok(wait <= tickMs + 61 * seconds, `written ${wait / seconds} s after it became due`);
      for (let at = 0; at < count; at++)
        assert.ok((tries.get(`bad${at}`) ?? 0) >= Math.floor(lasts / 6.6), `bad${at}: ${tries.get(`bad${at}`)} attempts`);
    });
});

test('of many slots that were always answered and hang from one moment on, a healthy one is found soon', async () => {
  for (const count of [10, 50, 500]) {
    const clock = createVirtualClock();
    const target = mixed(clock, count, 'TIMEOUT', ['good']);
    const hangs = target.onDeliver;
    target.onDeliver = undefined;
    const tickMs = 1 * minutes;
    const waits = waitsOf(target, 'good');
    await using rig = await startRig({ targets: [target], keepsEvents: false, tickMs, cron: '*/20 * * * *', onEvent: waits.note });
    waits.watch(rig);
    await clock.advance(1 * hours);
    target.onDeliver = hangs;
    await clock.advance(30 * hours);
    const [first = 0, ...later] = waits.all;
    assert.ok(first < tickMs + amongUnknown, `${count}: ${first / seconds} s`);
    for (const wait of later) assert.ok(wait <= tickMs + 61 * seconds, `${count}: written ${wait / seconds} s after it became due`);
  }
});

for (const [answersIn, most] of [
  [0.6 * seconds, 8 * minutes],
  [3 * seconds, 25 * minutes],
] as const)
  test(`a slot that is answered in ${answersIn / seconds} s is found among 500 that hang: each gets more time when its turn comes again`, async () => {
    const clock = createVirtualClock();
    const target = mixed(clock, 500, 'TIMEOUT', ['good']);
    const hangs = target.onDeliver;
    const said: string[] = [];
    target.onDeliver = async (slot, store, signal) => {
      if (bad(slot.id)) return await hangs?.(slot, store, signal);
      await clock.sleep(answersIn, signal);
      if (signal.aborted) throw signal.reason;
    };
    let answeredAt = Number.POSITIVE_INFINITY;
    const onEvent = (event: CourierEvent): void => {
      if (event.kind === 'delivered' && event.slot === 'good') answeredAt = Math.min(answeredAt, clock.mono());
      if (event.kind === 'delivery-failed' && event.slot === 'good') said.push(event.failure.message);
    };
    const began = clock.mono();
    await using _ = await startRig({ targets: [target], keepsEvents: false, onEvent });
    await clock.advance(most);
    assert.ok(answeredAt - began < most, `${(answeredAt - began) / seconds} s`);
    for (const message of said) assert.match(message, /^no answer within \d+(\.\d)? s \(other writes hang, so it is tried again/);
  });

/** The moments at which the slot was answered since `began`, in milliseconds. */
function answersOf(clock: VirtualClock, id: string) {
  const began = clock.mono();
  const at: number[] = [];
  return { at, note: (event: CourierEvent) => void (event.kind === 'delivered' && event.slot === id && at.push(clock.mono() - began)) };
}

test('a slot that hangs for a moment, or is slow for once, is not put behind 500 that always hang', async () => {
  for (const [late, count] of [
    [400, 1],
    [1 * hours, 1],
    [1 * hours, 3],
  ] as const) {
    const clock = createVirtualClock();
    const target = mixed(clock, 500, 'TIMEOUT', ['good']);
    const hangs = target.onDeliver;
    let writes = 0;
    target.onDeliver = async (slot, store, signal) => {
      if (bad(slot.id)) return await hangs?.(slot, store, signal);
      writes++;
      if (writes > 2 && writes <= 2 + count) await clock.sleep(late, signal);
      if (signal.aborted) throw signal.reason;
    };
    const waits = waitsOf(target, 'good');
    await using rig = await startRig({ targets: [target], keepsEvents: false, cron: '*/20 * * * *', onEvent: waits.note });
    waits.watch(rig);
    await clock.advance(40 * hours);
    assert.ok(waits.all.length >= 5, `${waits.all.length} writes`);
    for (const wait of waits.all) assert.ok(wait < (count * 75 + 20) * seconds, `${late} ms, ${count} times: ${wait / seconds} s`);
  }
});

test('healthy slots that are answered in a row lengthen the deadlines of no slot that hangs', async () => {
  const clock = createVirtualClock();
  const target = mixed(
    clock,
    500,
    'TIMEOUT',
    Array.from({ length: 21 }, (_, at) => `good${at}`),
  );
  // All are written once more when the time is over for which former writes could linger.
  Object.assign(target.managed.limits, { lingerMs: 2 * minutes });
  const hangs = target.onDeliver;
  target.onDeliver = async (slot, store, signal) => {
    if (bad(slot.id)) return await hangs?.(slot, store, signal);
    if (slot.id === 'good0') await clock.sleep(600, signal);
    if (signal.aborted) throw signal.reason;
  };
  const { at, note } = answersOf(clock, 'good0');
  await using _ = await startRig({ targets: [target], keepsEvents: false, onEvent: note });
  await clock.advance(3 * hours);
  assert.ok((at[0] ?? Number.POSITIVE_INFINITY) < 10 * minutes, `${(at[0] ?? 0) / seconds} s`);
});

test('one slow slot does not lengthen the deadlines of hundreds that begin to hang', async () => {
  const clock = createVirtualClock();
  const good = ['good0', 'good1', 'good2', 'good3', 'good4'];
  const target = mixed(clock, 500, 'TIMEOUT', [...good, 'slow']);
  const hangs = target.onDeliver;
  let broken = false;
  target.onDeliver = async (slot, store, signal) => {
    if (bad(slot.id)) return broken ? await hangs?.(slot, store, signal) : undefined;
    if (slot.id === 'slow') await clock.sleep(20 * seconds, signal);
    if (signal.aborted) throw signal.reason;
  };
  const waits = good.map(id => waitsOf(target, id));
  const { at, note } = answersOf(clock, 'slow');
  const onEvent = (event: CourierEvent): void => {
    for (const wait of waits) wait.note(event);
    note(event);
  };
  await using rig = await startRig({ targets: [target], keepsEvents: false, cron: '*/20 * * * *', onEvent });
  for (const wait of waits) wait.watch(rig);
  await clock.advance(1 * hours);
  broken = true;
  await clock.advance(39 * hours);
  const all = waits.flatMap(wait => wait.all);
  assert.ok(all.length >= 20, `${all.length} writes`);
  for (const wait of all) assert.ok(wait < 3 * minutes, `${wait / seconds} s`);
  assert.ok(at.length >= 4 && gaps(at).every(gap => gap < 11 * hours), `${at}`);
});

test('a refused slot keeps its pauses beside hundreds that hang', async () => {
  const clock = createVirtualClock();
  const target = mixed(clock, 500, 'TIMEOUT', ['refused']);
  const hangs = target.onDeliver;
  target.onDeliver = async (slot, store, signal) => {
    if (bad(slot.id)) return await hangs?.(slot, store, signal);
    throw failing('REJECTED');
  };
  await using _ = await startRig({ targets: [target], keepsEvents: false, cron: '*/20 * * * *' });
  // In the first hours most of those that hang are tried with ever longer deadlines.
  await clock.advance(5 * hours);
  const before = timesOf(target, 'refused').length;
  await clock.advance(10 * hours);
  const times = timesOf(target, 'refused').slice(before);
  assert.ok(times.length > 10, `${times.length} attempts`);
  assert.ok(
    gaps(times).every(gap => gap <= 45 * minutes),
    `${gaps(times)}`,
  );
});

test('a manager that is slow is given its time, although some of its slots hang', async () => {
  const clock = createVirtualClock();
  const target = mixed(clock, 2, 'TIMEOUT', []);
  const slow = Array.from({ length: 40 }, (_, at) => row(`slow${at}`));
  for (const slot of slow) target.rows.set(slot.id, slot);
  const hangs = target.onDeliver;
  target.onDeliver = async (slot, store, signal) =>
    bad(slot.id) ? await hangs?.(slot, store, signal) : await clock.sleep(25 * seconds, signal);
  await using rig = await startRig({ targets: [target], keepsEvents: false });
  await clock.advance(30 * minutes);
  const failed = [...(rig.courier.ledger.targets.get('p')?.entries.values() ?? [])].filter(({ distrust }) => distrust);
  assert.deepEqual(failed.map(({ slot }) => slot.id).toSorted(), ['bad0', 'bad1']);
  for (const { id } of slow) assert.equal(timesOf(target, id).length, 1, id);
});

test('the next attempt that is foreseen comes at about that time', async () => {
  for (const [count, code] of [
    [100, 'REJECTED'],
    [60, 'TIMEOUT'],
    [20, 'TIMEOUT'],
    [100, 'BUSY'],
    [60, 'AUTH'],
  ] as const) {
    const clock = createVirtualClock();
    const target = mixed(clock, count, code, ['good']);
    await using rig = await startRig({ targets: [target], keepsEvents: false });
    await clock.advance(4 * hours);
    const { ledger } = rig.courier;
    const record = ledger.targets.get('p') ?? assert.fail();
    const foreseen = new Map([...record.entries].filter(([id]) => bad(id)).map(([id, entry]) => [id, ledger.nextAttempt(record, entry)]));
    const began = ledger.now();
    const before = target.writes.length;
    await clock.advance(3 * hours);
    for (const [id, moment] of foreseen) {
      assert.ok(moment !== undefined && moment >= began, `${id} ${moment}`);
      // These attempts are under way: they began before.
      if (moment === began) continue;
      const came = target.writes.slice(before).find(write => write.slot === id)?.at ?? Number.POSITIVE_INFINITY;
      const off = Math.abs(came - moment);
      assert.ok(off <= 2 * minutes + 0.1 * (moment - began), `${code} ${id}: foreseen in ${moment - began}, came ${came - moment} later`);
    }
  }
});

for (const answered of ['none', 'some'] as const)
  test(`what is foreseen of slots that were never tried and wait behind hung ones is not now: answered before: ${answered}`, async () => {
    const clock = createVirtualClock();
    const target = mixed(clock, answered === 'none' ? 60 : 0, 'TIMEOUT', answered === 'none' ? [] : ['good']);
    await using rig = await startRig({ targets: [target], keepsEvents: false });
    const { ledger } = rig.courier;
    const record = ledger.targets.get('p') ?? assert.fail();
    if (answered === 'some') await clock.advance(5 * minutes);
    for (let at = 0; at < 60; at++) target.rows.set(`bad${at}`, row(`bad${at}`));
    while (record.entries.size < 60) await clock.advance(1 * seconds);
    await clock.advance(20 * seconds);
    for (let round = 0; round < 2; round++) {
      const began = ledger.now();
      const waiting = [...record.entries.values()].filter(entry => entry.result === undefined && !entry.running);
      assert.ok(waiting.length > 30, `${waiting.length} wait in round ${round}`);
      const foreseen = waiting.map(entry => ledger.nextAttempt(record, entry) ?? assert.fail());
      const turns = Math.ceil(waiting.length / 4) * 61 * seconds;
      for (const moment of foreseen) assert.ok(moment > began + 15 * seconds && moment < began + turns, `${moment - began} of ${turns}`);
      await clock.advance(45 * seconds);
    }
    await clock.advance(10 * seconds);
    assert.ok([...record.entries.values()].every(entry => entry.result !== undefined));
  });

test('what is foreseen of a slot that was answered and waits for hung ones to leave a place is not now', async () => {
  const clock = createVirtualClock();
  const target = mixed(clock, 0, 'TIMEOUT', ['good']);
  await using rig = await startRig({ targets: [target], keepsEvents: false });
  await clock.advance(5 * minutes);
  for (let at = 0; at < 4; at++) target.rows.set(`bad${at}`, row(`bad${at}`));
  const { ledger } = rig.courier;
  const record = ledger.targets.get('p') ?? assert.fail();
  while (record.entries.size < 5) await clock.advance(1 * seconds);
  await clock.advance(10 * seconds);
  rig.courier.refresh();
  await clock.advance(5 * seconds);
  const moment = ledger.nextAttempt(record, record.entries.get('good') ?? assert.fail()) ?? assert.fail();
  const inMs = moment - ledger.now();
  assert.ok(inMs > 1 * seconds && inMs < 1 * minutes, `${inMs}`);
});

test('slots that somebody else changes again and again do not come before those whose credential ages', async () => {
  const clock = createVirtualClock();
  const fought = Array.from({ length: 200 }, (_, at) => row(`fought${at}`));
  const target = promptTarget(clock, 'p', [...fought, row('good')]);
  target.onDiscover = async () => ({ slots: [...fought.map(slot => ({ ...slot, state: 'drifted' as const })), row('good')] });
  target.onDeliver = async (_slot, _store, signal) => clock.sleep(40 * seconds, signal);
  await using _ = await startRig({ targets: [target], keepsEvents: false, tickMs: 60 * seconds });
  await clock.advance(14 * hours);
  for (const gap of gaps(timesOf(target, 'good'))) assert.ok(gap < 6.7 * hours, `${gap / hours} h`);
});

test('what is foreseen of a target that does not work is its next discovery', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(5 * hours);
  target.onDiscover = async () => {
    throw failing('UNREACHABLE');
  };
  await clock.advance(3 * hours);
  const record = rig.courier.ledger.targets.get('p') ?? assert.fail();
  const entry = record.entries.get('1') ?? assert.fail();
  assert.equal(rig.courier.ledger.nextAttempt(record, entry), record.nextDiscoveryAt);
  assert.ok(record.nextDiscoveryAt > rig.courier.ledger.now());
});

test('a manager that lists well and takes no write is looked at once a minute more, however many slots; and a healthy slot waits no longer', async () => {
  const clock = createVirtualClock();
  const target = mixed(clock, 200, 'BUSY', ['good']);
  await using _ = await startRig({ targets: [target], keepsEvents: false });
  await clock.advance(4 * hours);
  assert.ok(target.discoveries.length < 2.5 * 4 * 60, `${target.discoveries.length} discoveries in 4 h`);
  const since = clock.mono();
  target.rows.set('new', row('new'));
  await clock.advance(3 * minutes);
  assert.ok((timesOf(target, 'new')[0] ?? Number.POSITIVE_INFINITY) - since < 2.5 * minutes);
});

// The engine treats UNREACHABLE like BUSY.
for (const code of ['AUTH', 'UNREACHABLE', 'BUSY', 'MISCONFIGURED'] as const)
  for (const count of code === 'UNREACHABLE' ? [1, 10] : [1, 10, 500])
    test(`${count} slots that answer ${code} while discoveries succeed delay no healthy one`, async () => {
      const clock = createVirtualClock();
      const target = mixed(clock, count, code, ['good', 'good too']);
      const waits = waitsOf(target, 'good');
      const tickMs = 1 * minutes;
      await using rig = await startRig({ targets: [target], keepsEvents: false, tickMs, cron: '*/5 * * * *', onEvent: waits.note });
      waits.watch(rig);
      await clock.advance(16 * hours);
      assert.ok((timesOf(target, 'good')[0] ?? Number.POSITIVE_INFINITY) < 1 * minutes, 'the first write');
      assert.ok(waits.all.length >= 1, `${waits.all.length} writes`);
      for (const wait of waits.all) assert.ok(wait <= 1 * minutes + 2 * seconds, `written ${wait / seconds} s after it became due`);
      assert.ok(target.writes.length < count + 3 * 16 * 60, `${target.writes.length} writes`);
      assert.ok(target.discoveries.length < 1.5 * 16 * 60, `${target.discoveries.length} discoveries`);
      assert.equal(rig.courier.ledger.targets.get('p')?.trouble, undefined);
    });

test('a slot that is told to come later delays no healthy one but once: what a failed slot is asked concerns that slot', async () => {
  const clock = createVirtualClock();
  const target = mixed(clock, 1, 'BUSY', ['good', 'good too']);
  const failure = failing('BUSY', { retryAfterMs: 10 * minutes });
  target.onDeliver = async ({ id }) => {
    if (bad(id)) throw failure;
  };
  const waits = waitsOf(target, 'good');
  const tickMs = 1 * minutes;
  await using rig = await startRig({ targets: [target], keepsEvents: false, tickMs, cron: '*/5 * * * *', onEvent: waits.note });
  waits.watch(rig);
  await clock.advance(72 * hours);
  assert.ok(waits.all.length >= 10, `${waits.all.length} writes`);
  for (const wait of waits.all) assert.ok(wait <= tickMs + 1 * seconds, `written ${wait / seconds} s after it became due`);
  const own = gaps(timesOf(target, 'bad0'));
  assert.ok(
    own.every(gap => gap >= 10 * minutes),
    'it keeps its own pause',
  );
  assert.ok(target.discoveries.length < 1.5 * 72 * 12, `${target.discoveries.length} discoveries`);
});

test('failed slots that hang leave a place: a healthy one is written at once', async () => {
  const clock = createVirtualClock();
  const target = mixed(clock, 4, 'TIMEOUT', ['good']);
  await using _ = await startRig({ targets: [target], keepsEvents: false });
  // All four bad slots have failed once, and the write of the good slot has ended the row of failures: they hang again
  // as soon as they may.
  await clock.advance(61 * seconds);
  target.rows.set('good', { ...row('good'), state: 'drifted' });
  await clock.advance(65 * seconds);
  const began = clock.mono();
  target.rows.set('new', row('new'));
  await clock.advance(61 * seconds);
  const [first] = timesOf(target, 'new');
  assert.ok(first !== undefined && first - began < 61 * seconds, `${first}`);
  for (let at = 0; at < 30; at++) {
    target.rows.set(`new${at}`, row(`new${at}`));
    await clock.advance(60 * seconds);
    const [written] = timesOf(target, `new${at}`);
    assert.ok(written !== undefined, `new${at} waits behind what hangs`);
  }
});

test('a good delivery ends the growing distances of a manager that takes no write', async () => {
  const clock = createVirtualClock();
  const target = mixed(clock, 1, 'BUSY', ['good']);
  await using rig = await startRig({ targets: [target], keepsEvents: false });
  await clock.advance(3 * hours);
  target.rows.set('good', { ...row('good'), state: 'drifted' });
  await clock.advance(2 * minutes);
  const record = rig.courier.ledger.targets.get('p') ?? assert.fail();
  const retried = timesOf(target, 'bad0').length;
  while (timesOf(target, 'bad0').length === retried) await clock.advance(1 * seconds);
  assert.ok(record.nextDiscoveryAt - rig.courier.ledger.now() < 2 * seconds, 'the first of a new row');
});

test('hours in which the machine slept count for no attempt: others still end early, and what is foreseen stays true', async () => {
  const clock = createVirtualClock();
  const ids = Array.from({ length: 40 }, (_, nr) => `${nr}`);
  const limits = { concurrency: 2, discoverMs: 30 * seconds, deliverMs: 60 * seconds, lingerMs: 0 };
  const target = promptTarget(
    clock,
    'p',
    ['good', ...ids].map(id => row(id)),
    { limits },
  );
  let hangs = false;
  target.onDeliver = async ({ id }, store, signal) => {
    await clock.sleep(hangs && id !== 'good' ? 1 * hours : 2 * seconds, signal);
    if (signal.aborted) throw failing('TIMEOUT');
    store();
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(11 * seconds);
  clock.suspend(8 * hours);
  await clock.advance(10 * minutes);
  hangs = true;
  rig.courier.refresh();
  const asked = clock.mono();
  await clock.advance(20 * minutes);
  const good = target.writes.find(({ slot, at }) => slot === 'good' && at > asked) ?? assert.fail();
  // One deadline, and then 10 s for each pair of the 40 slots at two places.
  assert.ok(good.at - asked < 5 * minutes, `${(good.at - asked) / seconds} s`);
});

test('what is foreseen of failed slots is true after the machine slept', async () => {
  const clock = createVirtualClock();
  const ids = Array.from({ length: 300 }, (_, nr) => `${nr}`);
  const limits = { concurrency: 2, discoverMs: 30 * seconds, deliverMs: 60 * seconds, lingerMs: 0 };
  const target = promptTarget(
    clock,
    'p',
    ids.map(id => row(id)),
    { limits },
  );
  target.onDeliver = async (_, _store, signal) => {
    await clock.sleep(20 * seconds, signal);
    throw failing('REJECTED');
  };
  await using rig = await startRig({ targets: [target], keepsEvents: false });
  await clock.advance(3 * hours + 11 * seconds);
  clock.suspend(8 * hours);
  await clock.advance(1 * minutes);
  const { ledger } = rig.courier;
  const record = ledger.targets.get('p') ?? assert.fail();
  const began = clock.mono();
  const foreseen = new Map([...record.entries].map(([id, entry]) => [id, (ledger.nextAttempt(record, entry) ?? 0) - ledger.now()]));
  await clock.advance(5 * minutes);
  const tried = target.writes.filter(({ at }) => at > began);
  assert.ok(tried.length > 5);
  for (const { slot, at } of tried) {
    const said = foreseen.get(slot) ?? assert.fail();
    assert.ok(Math.abs(said - (at - began)) < 2 * minutes, `${said / seconds} s foreseen, ${(at - began) / seconds} s`);
  }
});
