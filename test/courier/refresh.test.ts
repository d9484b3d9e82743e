import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '../fakes/clock.ts';
import {
  failing,
  minutes,
  promptTarget,
  type Rig,
  registry,
  row,
  seconds,
  startRig,
  type TestSource,
  type TestTarget,
  testSource,
} from './rig.ts';

/** Asserts that a refresh fetched a second token and that the slot holds it. */
function assertNewest(source: TestSource, target: TestTarget, id: string): void {
  assert.equal(source.issued.length, 2);
  const last = target.writes.findLast(({ slot }) => slot === id);
  assert.equal(last?.passwords.get(registry().host), source.issued[1]?.password.reveal());
}

async function askEachSecond({ clock, courier }: Rig, times: number): Promise<void> {
  for (let at = 0; at < times; at++) {
    courier.refresh();
    await clock.advance(1 * seconds);
  }
}

/** A target with one slot, and another one to create. */
function setUp() {
  const clock = createVirtualClock();
  const source = testSource(clock);
  return { clock, source, target: promptTarget(clock, 'p', [row('0'), { ...row('new:x'), state: 'absent' }], { create: true }) };
}

test('refresh while a slot is being created: what was created is given the new token', async () => {
  const { clock, source, target } = setUp();
  target.onDeliver = async (slot, _store, signal) => {
    if (slot.id !== 'new:x') return;
    await clock.sleep(20 * seconds, signal);
    target.rows.delete('new:x');
    target.rows.set('7', row('7'));
    return { change: 'created', id: '7' };
  };
  await using rig = await startRig({ targets: [target], sources: [source] });
  await clock.advance(5 * seconds);
  rig.courier.refresh();
  await clock.advance(5 * minutes);
  assertNewest(source, target, '7');
});

test('refresh while a creation waits for its next try: it comes with the new token', async () => {
  const { clock, source, target } = setUp();
  target.onDeliver = async slot => {
    if (slot.id === 'new:x') throw failing('REJECTED');
  };
  await using rig = await startRig({ targets: [target], sources: [source] });
  await clock.advance(3 * minutes);
  target.onDeliver = undefined;
  rig.courier.refresh();
  await clock.advance(5 * minutes);
  assertNewest(source, target, 'new:x');
});

test('refresh of a target that nobody has seen yet: what it turns out to have is given a new token', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const target = promptTarget(clock, 'p', [row('1')]);
  target.onDiscover = async () => {
    throw failing('UNREACHABLE');
  };
  await using rig = await startRig({ targets: [promptTarget(clock, 'other', [row('0')]), target], sources: [source] });
  await clock.advance(30 * minutes);
  rig.courier.refresh('p');
  await clock.advance(10 * seconds);
  target.onDiscover = undefined;
  await clock.advance(10 * minutes);
  assertNewest(source, target, '1');
});

test('refresh, and a look that finds a slot while the new token is being fetched: one fetch does for all', async () => {
  const { clock, source, target } = setUp();
  const fetch = source.fetch.bind(source);
  source.fetch = async (asking, signal) => {
    await clock.sleep(10 * seconds, signal);
    return fetch(asking, signal);
  };
  await using rig = await startRig({ targets: [target], sources: [source] });
  await clock.advance(5 * minutes);
  target.onDiscover = async signal => clock.sleep(5 * seconds, signal);
  target.rows.set('1', row('1'));
  rig.courier.refresh();
  await clock.advance(5 * minutes);
  assertNewest(source, target, '1');
});

test('refresh a moment after a write: the slot is written at once, as somebody may have changed it meanwhile', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(10 * seconds);
  assert.equal(target.writes.length, 1);
  rig.courier.refresh();
  await clock.advance(1 * seconds);
  assert.equal(target.writes.length, 2);
});

test('refresh names a paused target as left alone, whoever is asked for', async () => {
  const clock = createVirtualClock();
  const still = promptTarget(clock, 'still', [row('1')], { paused: true });
  await using rig = await startRig({ targets: [promptTarget(clock, 'p', [row('0')]), still], sources: [testSource(clock)] });
  await clock.advance(30 * minutes);
  const paused = { what: 'still', why: 'it is paused in the configuration' };
  assert.deepEqual(rig.courier.refresh('still'), [paused]);
  assert.deepEqual(rig.courier.refresh(), [paused]);
  await clock.advance(5 * minutes);
  assert.equal(still.writes.length, 0);
});

for (const code of [undefined, 'FORBIDDEN', 'UNREACHABLE'] as const)
  test(`refresh each second leads to one look in half a minute: ${code ?? 'the target works'}`, async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    await using rig = await startRig({ targets: [target], cron: '0 * * * *' });
    await clock.advance(5 * minutes);
    target.onDiscover = async () => {
      if (code) throw failing(code);
    };
    const before = target.discoveries.length;
    rig.courier.refresh();
    await clock.advance(1 * seconds);
    assert.ok(target.discoveries.length > before, 'the first at once');
    await askEachSecond(rig, 119);
    const looks = target.discoveries.length - before;
    assert.ok(looks >= 4 && looks <= (code === 'UNREACHABLE' ? 14 : 5), `${looks} looks in 2 min`);
  });

for (const [asked, least, most] of [
  ['works', 6, 7],
  ['hangs for a while', 5, 7],
  ['is down', 5, 7],
] as const)
  test(`refresh each second writes a slot as often as there is something new, or once a minute: AWS ${asked}`, async () => {
    const clock = createVirtualClock();
    const source = testSource(clock);
    const target = promptTarget(clock, 'p', [row('1')]);
    await using rig = await startRig({ targets: [target], sources: [source] });
    await clock.advance(10 * minutes);
    const { fetch } = source;
    if (asked === 'hangs for a while')
      Object.assign(source, {
        fetch: async (...args: Parameters<typeof fetch>) => (await clock.sleep(7 * seconds, args[1]), fetch(...args)),
      });
    if (asked === 'is down') source.failure = failing('UNREACHABLE');
    const before = target.writes.length;
    await askEachSecond(rig, 6 * 60);
    const writes = target.writes.length - before;
    assert.ok(writes >= least && writes <= most, `${writes} writes in 6 min`);
    const lastAskedAt = clock.truth() - 1 * seconds;
    source.failure = undefined;
    await clock.advance(6 * minutes);
    const last = source.issued.at(-1);
    assert.ok(last && last.issuedAt.getTime() >= lastAskedAt, 'fetched after the last call');
    assert.equal(target.stored.get('1')?.get(registry().host), last.password.reveal());
  });

for (const code of ['FORBIDDEN', 'REJECTED', 'TIMEOUT', 'CREDENTIAL_REFUSED'] as const)
  test(`refresh each second tries a slot once in 30 s that always fails, and names it: ${code}`, async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1'), row('2')]);
    target.onDeliver = async ({ id }) => {
      if (id === '1') throw failing(code);
    };
    await using rig = await startRig({ targets: [target] });
    await clock.advance(2 * minutes);
    const before = target.writes.filter(({ slot }) => slot === '1').length;
    await askEachSecond(rig, 4 * 60);
    const tries = target.writes.filter(({ slot }) => slot === '1').length - before;
    // A slot that refused the former token is tried with a new token without a pause.
    assert.ok(tries >= 4 && tries <= (code === 'CREDENTIAL_REFUSED' ? 13 : 9), `${tries} tries in 4 min`);
    target.onDeliver = undefined;
    const waiting = rig.courier.refresh()?.find(({ what }) => what === '1 slot of p');
    assert.equal(waiting?.why, 'the last try failed a moment ago');
    await clock.advance(90 * seconds);
    assert.equal(target.stored.get('1')?.get(registry().host), target.stored.get('2')?.get(registry().host));
  });
