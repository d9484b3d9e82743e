import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Sighting } from '../../src/contract/target.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import {
  failing,
  gaps,
  hours,
  minutes,
  only,
  promptTarget,
  registry,
  row,
  seconds,
  startRig,
  type TestTarget,
  testSource,
  testTarget,
} from './rig.ts';

const stored = (target: TestTarget): string | undefined => target.stored.get('1')?.get(registry().host);

/**
 * Hangs the first write: it goes on in the manager after its deadline, and lands when the returned function is called.
 */
function hangOnce(target: TestTarget): () => void {
  let land: (() => void) | undefined;
  target.onDeliver = async (_slot, store, signal) => {
    if (land) return undefined;
    land = store;
    return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(failing('TIMEOUT', { mayLand: true }))));
  };
  return () => land?.();
}

describe('a write of a former process lands late', () => {
  test('after a restart', async () => {
    const clock = createVirtualClock();
    const source = testSource(clock);
    const target = testTarget(clock, 'p', [row('1')]);
    const first = await startRig({ targets: [target], sources: [source] });
    await clock.advance(1 * hours);
    source.failure = failing('AUTH');
    await clock.advance(10.5 * hours);
    const land = hangOnce(target);
    target.rows.set('1', { ...row('1'), state: 'drifted' });
    await clock.advance(70 * seconds);
    target.rows.set('1', row('1'));
    await first.stop();
    source.failure = undefined;
    target.onDeliver = undefined;
    await using second = await startRig({ targets: [target], sources: [source] });
    await clock.advance(100 * seconds);
    land();
    const old = stored(target);
    await clock.advance(3 * minutes);
    assert.notEqual(stored(target), old);
    assert.equal(stored(target), source.issued.at(-1)?.password.reveal());
    assert.deepEqual(
      second.of('delivered').map(event => event.reason),
      ['first delivery since start', 'unsettled'],
    );
    assert.ok(second.of('delivered').every(event => event.settled));
    await clock.advance(4 * hours);
    assert.equal(second.of('delivered').length, 2, 'once more, and no oftener');
  });

  test('after the target got another name', async () => {
    const clock = createVirtualClock();
    const target = testTarget(clock, 'a', [row('1')]);
    const land = hangOnce(target);
    await using rig = await startRig({ targets: [target] });
    await clock.advance(5 * seconds);
    rig.courier.use({ all: rig.sources, choose: () => rig.sources[0] }, [{ ...target.managed, name: 'b' }]);
    await clock.advance(70 * seconds);
    rig.courier.refresh();
    await clock.advance(70 * seconds);
    land();
    await clock.advance(1 * minutes);
    assert.equal(stored(target), only(rig.sources).issued.at(-1)?.password.reveal());
  });

  test('is not a finding, and nothing is pushed where the manager tells what it holds, or where no write lingers', async () => {
    for (const kind of ['tells', 'never lingers', 'may linger'] as const) {
      const clock = createVirtualClock();
      const holds = { fingerprint: 'aaaaaaaaaaaa', expiresAt: new Date(clock.wall() + 11 * hours) };
      const made = kind === 'never lingers' ? promptTarget : testTarget;
      const target = made(clock, 'p', [kind === 'tells' ? { ...row('1'), holds } : row('1')]);
      await using rig = await startRig({ targets: [target] });
      await clock.advance(1 * minutes);
      const record = rig.courier.ledger.targets.get('p') ?? assert.fail();
      assert.deepEqual(rig.courier.ledger.findingsOf(record, record.entries.get('1')), []);
      await clock.advance(1 * hours);
      assert.equal(target.writes.length, { tells: 0, 'never lingers': 1, 'may linger': 2 }[kind], kind);
    }
  });

  test('in a part of the target that was not to be seen at the start', async () => {
    const clock = createVirtualClock();
    const target = testTarget(clock, 'p', [row('a/1'), row('2')]);
    target.onDiscover = async () => (clock.mono() < 30 * seconds ? { slots: [row('2')], unseen: ['a'] } : undefined);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(10 * minutes);
    assert.equal(target.writes.filter(({ slot }) => slot === 'a/1').length, 2);
  });

  test('to a slot that was gone meanwhile, by report or by watch', async () => {
    for (const way of ['report', 'watch'] as const) {
      const clock = createVirtualClock();
      const target = testTarget(clock, 'p', [row('1')]);
      const gone = Promise.withResolvers<IteratorResult<Sighting>>();
      const answers = [gone.promise, new Promise<never>(() => undefined)];
      const watch = (): AsyncIterable<Sighting> => ({ [Symbol.asyncIterator]: () => ({ next: () => answers.shift() ?? gone.promise }) });
      if (way === 'watch') target.target = { ...target.target, watch };
      const rig = await startRig({ targets: [target] });
      await clock.advance(6 * minutes);
      const land = hangOnce(target);
      rig.courier.refresh();
      await clock.advance(62 * seconds);
      if (way === 'watch') gone.resolve({ done: false, value: { gone: '1' } });
      else target.rows.delete('1');
      rig.courier.look('p');
      await clock.advance(1 * seconds);
      target.rows.set('1', row('1'));
      rig.courier.look('p');
      await clock.advance(1 * seconds);
      rig.courier.refresh();
      await clock.advance(65 * seconds);
      land();
      await clock.advance(3 * minutes);
      assert.equal(stored(target), only(rig.sources).issued.at(-1)?.password.reveal(), way);
      void rig.stop();
      await clock.advance(20 * seconds);
    }
  });

  test('a rename of a created slot does not bring its former id back', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [{ ...row('new:x'), state: 'absent' }], { create: true });
    target.onDiscover = async signal => {
      const slots = [...target.rows.values()];
      if (target.discoveries.length > 1) await clock.sleep(25 * seconds, signal);
      return { slots };
    };
    target.onDeliver = async (_slot, _store, signal) => {
      await clock.sleep(50 * seconds, signal);
      target.rows.clear();
      target.rows.set('7', row('7'));
      return { change: 'created', id: '7' };
    };
    const seen = new Set<string>();
    await using rig = await startRig({ targets: [target], cron: '*/5 * * * * *' });
    for (let at = 0; at < 200; at++) {
      await clock.advance(1 * seconds);
      if (target.rows.has('7')) for (const id of rig.courier.ledger.targets.get('p')?.entries.keys() ?? []) seen.add(id);
    }
    assert.deepEqual([...seen], ['7']);
  });
});

test('suspended right after a start: what is due by then is done with one write', async () => {
  const clock = createVirtualClock();
  const target = testTarget(clock, 'p', [row('1')]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(10 * seconds);
  clock.suspend(8 * hours);
  await clock.advance(1 * minutes);
  assert.equal(target.writes.length, 2);
  assert.equal(stored(target), only(rig.sources).issued[1]?.password.reveal());
  assert.equal(rig.courier.ledger.targets.get('p')?.entries.get('1')?.unsettled, undefined, 'it covers what may have landed');
});

test('a report that began before a write ended says nothing of the slot; one that began later does', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  await using rig = await startRig({ targets: [target], cron: '*/10 * * * * *' });
  await clock.advance(1 * minutes);
  // The slot drifts. The report that says so is slow, and ends after a repair.
  target.onDiscover = async signal => {
    const drifted = { ...row('1'), state: 'drifted' as const };
    if (target.writes.length === 1) return { slots: [drifted] };
    if (target.discoveries.length % 2) await clock.sleep(25 * seconds, signal);
    return { slots: [clock.mono() < 100 * seconds ? drifted : row('1')] };
  };
  target.onDeliver = async (_slot, _store, signal) => clock.sleep(5 * seconds, signal);
  await clock.advance(2 * hours);
  const repairs = rig.of('delivered').filter(event => event.reason === 'drifted');
  assert.ok(repairs.length >= 1 && repairs.length <= 2, `${repairs.length} repairs`);
});

test('a report that began while a slot was created, and comes later, does not make it be created again', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [{ ...row('x'), state: 'absent' }], { create: true });
  target.onDiscover = async signal => {
    if (target.discoveries.length === 2) await clock.sleep(20 * seconds, signal);
  };
  target.onDeliver = async (_slot, _store, signal) => clock.sleep(5 * seconds, signal);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(1 * seconds);
  rig.courier.look('p');
  await clock.advance(40 * seconds);
  assert.deepEqual([target.discoveries.length >= 2, target.writes.length], [true, 1]);
});

test('the clients of former keys are closed when no write is under way', async () => {
  const clock = createVirtualClock();
  const closed: string[] = [];
  const target = promptTarget(clock, 'p', [row('1')]);
  const client = (name: string) => ({ ...target.target, [Symbol.asyncDispose]: async () => void closed.push(name) });
  let current = client('first');
  target.managed = { ...target.managed, open: async () => current };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(1 * minutes);
  target.onDeliver = async (_slot, _store, signal) => clock.sleep(40 * seconds, signal);
  target.rows.set('1', { ...row('1'), state: 'drifted' });
  await clock.advance(65 * seconds);
  current = client('second');
  rig.courier.look('p');
  await clock.advance(1 * seconds);
  assert.deepEqual(closed, [], 'a write is under way through it');
  await clock.advance(1 * minutes);
  assert.deepEqual(closed, ['first']);
});

test('what was refused is tried again as soon as another token arrives', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const target = promptTarget(clock, 'p', [row('1')]);
  target.onDeliver = async () => {
    if (source.issued.length === 1) throw failing('CREDENTIAL_REFUSED');
  };
  await using _ = await startRig({ targets: [target], sources: [source] });
  await clock.advance(65 * seconds);
  assert.equal(source.asked.length, 2);
  assert.equal(stored(target), source.issued[1]?.password.reveal());
});

test('what was refused is tried again at once where another token has arrived during the attempt', async () => {
  const clock = createVirtualClock();
  const limits = { concurrency: 4, discoverMs: 30 * seconds, deliverMs: 90 * seconds, lingerMs: 0 };
  const target = promptTarget(clock, 'p', [row('1'), row('2')], { limits });
  target.onDeliver = async (slot, _store, signal) => {
    if (target.writes.length > 2) return;
    await clock.sleep(slot.id === '1' ? 70 * seconds : 1 * seconds, signal);
    throw failing('CREDENTIAL_REFUSED');
  };
  await using _ = await startRig({ targets: [target] });
  await clock.advance(90 * seconds);
  assert.equal(target.writes.filter(write => write.slot === '1').length, 2);
});

describe('who refuses a credential', () => {
  /** `hopeless` rows that always refuse, and five rows that refuse only revoked tokens. */
  async function afterRevocation(hopeless: number, wait: number) {
    const clock = createVirtualClock();
    const source = testSource(clock);
    const good = ['1', '2', '3', '4', '5'];
    const target = promptTarget(clock, 'p', [...Array.from({ length: hopeless }, (_, at) => row(`bad${at}`)), ...good.map(id => row(id))]);
    const revoked = new Set<string>();
    target.onDeliver = async slot => {
      const last = source.issued.at(-1)?.password.reveal() ?? '';
      if (slot.id.startsWith('bad') || revoked.has(last)) throw failing('CREDENTIAL_REFUSED');
    };
    await using rig = await startRig({ targets: [target], sources: [source] });
    await clock.advance(wait);
    for (const { password } of source.issued) revoked.add(password.reveal());
    const before = source.asked.length;
    for (const id of good) target.rows.set(id, { ...row(id), state: 'drifted' });
    await clock.advance(3 * minutes);
    const served = good.filter(id => target.stored.get(id)?.get(registry().host) === source.issued.at(-1)?.password.reveal()).length;
    await rig.stop();
    return { fetches: source.asked.length - before, served, before };
  }

  for (const [hopeless, wait] of [
    [0, 10 * minutes],
    [1, 2 * minutes],
    [1, 10 * minutes],
    [20, 10 * minutes],
    [20, 5 * hours],
  ] as const)
    test(`${hopeless} hopeless rows for ${wait / minutes} min: the five good ones hold a new token within minutes`, async () => {
      assert.deepEqual(await afterRevocation(hopeless, wait), { fetches: 1, served: 5, before: hopeless === 0 ? 1 : 2 });
    });

  test('hopeless rows alone cost one fetch more in 36 h', async () => {
    const clock = createVirtualClock();
    const source = testSource(clock);
    const target = promptTarget(clock, 'p', [row('bad1'), row('bad2'), row('good')]);
    target.onDeliver = async slot => {
      if (slot.id !== 'good') throw failing('CREDENTIAL_REFUSED');
    };
    await using _ = await startRig({ targets: [target], sources: [source] });
    await clock.advance(36 * hours);
    assert.ok(source.asked.length <= 8, `${source.asked.length} fetches`);
  });
});

for (const life of [10 * minutes, 30 * minutes, 2 * hours, 12 * hours])
  test(`a source that repeats a token of ${life / minutes} min until its end: the next one is delivered within a minute`, async () => {
    const clock = createVirtualClock();
    const source = testSource(clock);
    source.lifeMs = life;
    const fetch = source.fetch.bind(source);
    let current: Awaited<ReturnType<typeof fetch>> | undefined;
    source.fetch = async (asking, signal) => {
      if (!current || current.expiresAt.getTime() <= clock.truth()) current = await fetch(asking, signal);
      else source.asked.push(clock.mono());
      return { ...current, issuedAt: new Date(clock.truth()) };
    };
    const target = promptTarget(clock, 'p', [row('1')]);
    await using _ = await startRig({ targets: [target], sources: [source], keepsEvents: false });
    await clock.advance(life * 4 - 1 * seconds);
    const writes = target.writes.map(write => write.at);
    assert.equal(writes.length, 4);
    for (const gap of gaps(writes)) assert.ok(gap <= life + 1 * minutes, `${gap}`);
    assert.ok(Math.min(...gaps(source.asked)) >= 5 * seconds);
  });

test('a source that repeats a token beyond its end is asked at ever greater distances, up to five minutes', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  source.lifeMs = 1 * hours;
  const target = promptTarget(clock, 'p', [row('1')]);
  await using _ = await startRig({ targets: [target], sources: [source], keepsEvents: false });
  source.stuck = true;
  await clock.advance(1 * hours + 10 * minutes);
  const before = source.asked.length;
  assert.ok(before < 30, `${before}`);
  await clock.advance(8 * hours);
  const pauses = gaps(source.asked.slice(before + 5));
  assert.ok(Math.max(...pauses) < 5.5 * minutes && Math.min(...pauses) > 4 * minutes, `${pauses}`);
});
