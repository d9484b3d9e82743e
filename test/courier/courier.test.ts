import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sighting } from '../../src/contract/target.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { failing, gaps, hours, minutes, only, promptTarget, registry, row, seconds, startRig, testSource } from './rig.ts';

test('a registry that the manager knows gets a token at once, and a newer one at half of its life', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(1 * seconds);
  assert.equal(target.writes.length, 1);
  await clock.advance(5 * hours);
  assert.equal(target.writes.length, 1, 'nothing before 45 % of the life');
  await clock.advance(2 * hours);
  assert.equal(target.writes.length, 2);
  assert.deepEqual(
    rig.of('delivered').map(event => event.reason),
    ['first delivery since start', 'aging'],
  );
  assert.equal(rig.sources[0]?.asked.length, 2);
});

test('one fetch serves every slot of its region, however many and whatever account', async () => {
  const clock = createVirtualClock();
  const many = Array.from({ length: 50 }, (_, at) => row(String(at), registry(String(100000000000 + at))));
  const targets = [promptTarget(clock, 'a', many), promptTarget(clock, 'b', many)];
  await using rig = await startRig({ targets });
  await clock.advance(10 * seconds);
  assert.equal(rig.of('delivered').length, 100);
  assert.equal(rig.sources[0]?.asked.length, 1);
});

test('a registry added by hand is served within a minute and a tick', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(10 * minutes);
  target.rows.set('2', row('2', registry('222222222222')));
  await clock.advance(76 * seconds);
  assert.ok(target.stored.has('2'));
  assert.equal(rig.sources[0]?.asked.length, 1, 'the token of the region is there already');
});

test('discovery follows the cron pattern at a second of its own', async () => {
  const clock = createVirtualClock();
  const targets = Array.from({ length: 30 }, (_, at) => promptTarget(clock, `t${at}`, [row('1')]));
  await using _ = await startRig({ targets });
  await clock.advance(10 * minutes);
  for (const target of targets) for (const gap of gaps(target.discoveries).slice(1)) assert.ok(Math.abs(gap - minutes) < 20, `${gap}`);
  const second = new Set(targets.map(target => Math.floor(((target.discoveries.at(-1) ?? 0) % minutes) / seconds)));
  assert.ok(second.size > 15, 'spread over the minute');
});

test('AWS down for 8 h in mid-life: nothing is overwritten, new slots still get the last good token, fetches draw apart', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  const source = testSource(clock);
  await using rig = await startRig({ targets: [target], sources: [source] });
  await clock.advance(5 * hours);
  source.failure = failing('UNREACHABLE');
  await clock.advance(4 * hours);
  target.rows.set('2', row('2'));
  await clock.advance(3 * hours - 1 * minutes);
  assert.equal(target.writes.length, 2);
  assert.deepEqual(target.stored.get('2'), target.stored.get('1'));
  const distances = gaps(source.asked.slice(1));
  assert.ok(Math.min(...distances) >= 60 * seconds, 'never closer than the least spacing');
  assert.ok(
    distances.slice(10).every(gap => gap > 3.5 * minutes && gap < 6 * minutes),
    'minutes apart in the end, and never given up',
  );
  source.failure = undefined;
  await clock.advance(6 * minutes);
  assert.equal(target.writes.length, 4, 'both get the new one as soon as there is one');
  const recovered = rig.of('fetched').at(-1);
  assert.ok((recovered?.downMs ?? 0) > 6 * hours, 'and the recovery says for how long');
});

test('an expired credential is never delivered', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  const source = testSource(clock);
  await using _ = await startRig({ targets: [target], sources: [source] });
  await clock.advance(1 * hours);
  source.failure = failing('AUTH');
  await clock.advance(12 * hours);
  target.rows.set('2', row('2'));
  await clock.advance(1 * hours);
  assert.equal(target.writes.length, 1);
  assert.ok(Math.min(...gaps(source.asked.slice(1))) >= 5 * minutes, 'refused keys are asked for in minutes');
});

test('the same token twice: no write, no storm, fetches draw apart', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  const source = testSource(clock);
  await using rig = await startRig({ targets: [target], sources: [source] });
  source.stuck = true;
  await clock.advance(11 * hours);
  assert.equal(target.writes.length, 1);
  assert.ok(
    rig
      .of('fetched')
      .slice(1)
      .every(event => event.unchanged),
  );
  const distances = gaps(source.asked.slice(1));
  assert.ok(Math.min(...distances) >= 60 * seconds && source.asked.length < 25, `${source.asked.length} fetches`);
});

test('tokens of 60 s: always a living one in the slot, and the least spacing of 20 s holds', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  const source = testSource(clock);
  source.lifeMs = 60 * seconds;
  await using _ = await startRig({ targets: [target], sources: [source] });
  await clock.advance(5 * minutes);
  assert.ok(Math.min(...gaps(source.asked)) >= 20 * seconds);
  assert.ok(Math.max(...gaps(target.writes.map(write => write.at))) < 60 * seconds);
});

test('a machine suspended for 8 h: everything that is due happens within one tick', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  const source = testSource(clock);
  await using _ = await startRig({ targets: [target], sources: [source] });
  await clock.advance(1 * hours);
  clock.suspend(8 * hours);
  await clock.advance(15 * seconds);
  assert.equal(target.writes.length, 2);
  assert.equal(source.asked.length, 2);
});

for (const [step, name] of [
  [8 * hours, 'eight hours forward'],
  [-8 * hours, 'eight hours back'],
  [365 * 24 * hours, 'a year forward'],
  [-365 * 24 * hours, 'a year back'],
] as const) {
  test(`the wall clock is set ${name}: no storm, no stall`, async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    const source = testSource(clock);
    await using _ = await startRig({ targets: [target], sources: [source] });
    await clock.advance(1 * hours);
    const before = target.discoveries.length;
    clock.stepWall(step);
    await clock.advance(1 * hours);
    const discoveries = target.discoveries.length - before;
    assert.ok(discoveries >= 58 && discoveries <= 63, `${discoveries} discoveries in the hour`);
    assert.ok(source.asked.length <= 2, 'one fetch more at the most');
    await clock.advance(11 * hours);
    const last = target.writes.at(-1);
    assert.ok(last && clock.mono() - last.at < 6.7 * hours, 'refreshed by half of the life');
    assert.ok(source.asked.length <= 4);
  });
}

test('a slot that is absent is delivered only with create, under its new id from then on', async () => {
  for (const create of [false, true]) {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [{ ...row('new:x'), state: 'absent' }], { create });
    target.onDeliver = async (slot, store) => {
      if (slot.id !== 'new:x') return undefined;
      store();
      target.rows.delete('new:x');
      target.rows.set('7', row('7'));
      return { change: 'created', id: '7' };
    };
    await using rig = await startRig({ targets: [target] });
    await clock.advance(10 * minutes);
    assert.equal(target.writes.length, create ? 1 : 0);
    const record = only([...rig.courier.ledger.targets.values()]);
    assert.deepEqual([...record.entries.keys()], [create ? '7' : 'new:x']);
    const codes = record.entries
      .values()
      .flatMap(entry => rig.courier.ledger.findingsOf(record, entry))
      .map(finding => finding.code);
    assert.deepEqual([...codes], create ? [] : ['NOT_CREATED']);
    assert.equal(rig.sources[0]?.asked.length, create ? 1 : 0, 'no token for what is not written');
  }
});

test('what is there in part and may not be completed is said to be there', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [{ ...row('7'), state: 'absent', lacks: 'a credential' }]);
  await using rig = await startRig({ targets: [target] });
  const record = only([...rig.courier.ledger.targets.values()]);
  const [found] = record.entries.values().flatMap(entry => rig.courier.ledger.findingsOf(record, entry));
  assert.deepEqual([found?.code, found?.message], ['NOT_CREATED', 'row 7 is there but lacks a credential, and p may not create it.']);
});

test('a report that began before a write ended neither doubles a creation nor forgets it', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [{ ...row('new:x'), state: 'absent' }], { create: true });
  target.onDiscover = async signal => {
    // A slow discovery: its report describes the state at its start.
    if (target.discoveries.length > 1) await clock.sleep(20 * seconds, signal);
  };
  target.onDeliver = async (slot, _store, signal) => {
    if (slot.id !== 'new:x') return undefined;
    await clock.sleep(70 * seconds, signal);
    target.rows.clear();
    target.rows.set('7', row('7'));
    return { change: 'created', id: '7' };
  };
  const managed = { ...target.managed, limits: { ...target.managed.limits, deliverMs: 5 * minutes } };
  target.managed = managed;
  await using rig = await startRig({ targets: [target], cron: '*/10 * * * * *' });
  await clock.advance(10 * minutes);
  assert.deepEqual(
    target.writes.map(write => write.slot),
    ['new:x'],
  );
  assert.deepEqual([...(rig.courier.ledger.targets.get('p')?.entries.keys() ?? [])], ['7']);
});

test('a slot that drifts is repaired at once; repairs that do not last are spaced to 30 min, reported, and forgotten after an hour of peace', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(1 * minutes);
  let fighting = true;
  target.onDiscover = async () => ({ slots: [{ ...row('1'), state: fighting ? 'drifted' : 'present' }] });
  await clock.advance(4 * hours);
  const record = only([...rig.courier.ledger.targets.values()]);
  const entry = only([...record.entries.values()]);
  const repairs = rig.of('delivered').filter(event => event.reason === 'drifted').length;
  assert.ok(repairs >= 10 && repairs <= 15, `${repairs} repairs in 4 h`);
  const distances = gaps(target.writes.slice(1).map(write => write.at));
  assert.ok(distances[0] !== undefined && distances[0] < 3 * minutes, `${distances[0]}`);
  assert.ok((distances.at(-1) ?? 0) >= 30 * minutes);
  assert.deepEqual(
    rig.courier.ledger.findingsOf(record, entry).map(finding => finding.code),
    ['CONTESTED'],
  );
  fighting = false;
  await clock.advance(2 * hours);
  assert.deepEqual(rig.courier.ledger.findingsOf(record, entry), []);
  fighting = true;
  const before = target.writes.length;
  await clock.advance(2 * minutes);
  assert.ok(target.writes.length > before, 'repaired at once again');
});

test('what no source serves stays as it is, and the rest of the slot is delivered', async () => {
  const clock = createVirtualClock();
  const open = { ...registry(), host: 'public.ecr.aws', service: 'ecr-public' } as const;
  const target = promptTarget(clock, 'p', [row('1', registry(), open)]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(10 * seconds);
  assert.deepEqual([...(target.stored.get('1')?.keys() ?? [])], [registry().host]);
  const record = only([...rig.courier.ledger.targets.values()]);
  const entry = only([...record.entries.values()]);
  assert.deepEqual(
    rig.courier.ledger.findingsOf(record, entry).map(finding => finding.code),
    ['NO_SOURCE'],
  );
  assert.deepEqual(only(rig.of('delivered')).missing, ['public.ecr.aws']);
});

test('what only the slots of a source keep from a slot is told with the name of that source, and with that of the slot', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1', registry())]);
  await using rig = await startRig({ targets: [target] });
  const asked: unknown[] = [];
  const withheld = (wanted: unknown, slot: unknown) => [(asked.push([wanted, slot]), 'shop')];
  rig.courier.use({ all: rig.sources, choose: () => undefined, withheld }, [target.managed]);
  await clock.advance(10 * seconds);
  const record = only([...rig.courier.ledger.targets.values()]);
  const [finding] = rig.courier.ledger.findingsOf(record, only([...record.entries.values()]));
  assert.equal(finding?.code, 'NO_SOURCE');
  assert.match(finding.message, /is served by the source shop, whose `slots` do not have p\/1, and by no other\.$/);
  assert.match(finding.remedy ?? '', /add the entry to its `slots`/);
  assert.deepEqual(asked.at(-1), [registry(), { target: 'p', id: '1', source: undefined }]);
});

test('a credential that comes while a slot is being written is written right after', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const { fetch } = source;
  source.fetch = async (asked, signal) => {
    if (asked.region === 'us-east-1') await clock.sleep(0.5 * seconds, signal);
    return fetch(asked, signal);
  };
  const target = promptTarget(clock, 'p', [row('1', registry('123456789012', 'eu-west-1'), registry('123456789012', 'us-east-1'))]);
  target.onDeliver = async (_, __, signal) => clock.sleep(1 * seconds, signal);
  await using rig = await startRig({ targets: [target], sources: [source] });
  await clock.advance(2.5 * seconds);
  assert.deepEqual(
    rig.of('delivered').map(({ missing }) => missing.length),
    [1, 0],
  );
});

test('one missing source does not stop the other registries of a slot', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1', registry('111111111111', 'eu-west-1'), registry('111111111111', 'us-east-1'))]);
  const source = testSource(clock);
  const fetch = source.fetch;
  source.fetch = (asked, signal) => (asked.region === 'us-east-1' ? Promise.reject(failing('FORBIDDEN')) : fetch(asked, signal));
  await using _ = await startRig({ targets: [target], sources: [source] });
  await clock.advance(13 * hours);
  assert.ok(target.writes.length >= 2);
  for (const write of target.writes) assert.deepEqual([...write.passwords.keys()], ['111111111111.dkr.ecr.eu-west-1.amazonaws.com']);
});

test('a slot after another is offered exactly what that one holds', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [{ ...row('account'), after: 'secret' }, row('secret')]);
  let broken = true;
  target.onDeliver = async slot => {
    if (slot.id === 'secret' && broken) throw failing('UNEXPECTED');
  };
  await using _ = await startRig({ targets: [target] });
  await clock.advance(2 * minutes);
  assert.ok(target.writes.every(write => write.slot === 'secret'));
  broken = false;
  await clock.advance(12 * hours);
  assert.deepEqual(target.stored.get('account'), target.stored.get('secret'));
  const order = target.writes.filter(write => target.stored.get('secret')?.get(registry().host) === write.passwords.get(registry().host));
  assert.deepEqual(
    order.map(write => write.slot),
    ['secret', 'account'],
  );
});

test('what a manager says that a slot holds is not written again after a restart', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const holds = { fingerprint: 'aaaaaaaaaaaa', expiresAt: new Date(clock.wall() + 11 * hours) };
  const target = promptTarget(clock, 'p', [{ ...row('1'), holds }]);
  target.onDeliver = async (_, store) => {
    store();
    target.rows.set('1', row('1'));
  };
  await using _ = await startRig({ targets: [target], sources: [source] });
  await clock.advance(4.5 * hours);
  assert.equal(target.writes.length, 0);
  await clock.advance(0.5 * hours + 20 * seconds);
  assert.equal(target.writes.length, 1, 'written once it has lived half of its life');
});

for (const alike of [true, false])
  test(`a slot that is new after a restart ${alike ? 'brings the others of an adapter that wants them alike what it was given' : 'is no reason to write others'}`, async () => {
    const clock = createVirtualClock();
    const holds = { fingerprint: 'aaaaaaaaaaaa', expiresAt: new Date(clock.wall() + 11 * hours) };
    const target = promptTarget(clock, 'p', [
      { ...row('1'), holds },
      { ...row('2'), holds },
    ]);
    target.onDeliver = async ({ id }, store) => {
      store();
      target.rows.set(id, row(id));
    };
    const managed = { ...target.managed, create: true, alike };
    await using _ = await startRig({ targets: [{ ...target, managed }], sources: [testSource(clock)] });
    await clock.advance(hours);
    assert.equal(target.writes.length, 0, 'a restart alone is none either');
    target.rows.set('3', { ...row('3'), state: 'absent' });
    await clock.advance(2 * minutes);
    assert.deepEqual(target.writes.map(({ slot }) => slot).toSorted(), alike ? ['1', '2', '3'] : ['3']);
    assert.equal(new Set(target.writes.flatMap(({ passwords }) => [...passwords.values()])).size, 1);
    await clock.advance(3 * hours);
    assert.equal(target.writes.length, alike ? 3 : 1, 'and nobody is written twice');
  });

test('what a manager says of each registry of a slot counts for that registry alone', async () => {
  const clock = createVirtualClock();
  const [near, far] = [registry('123456789012', 'eu-west-1'), registry('123456789012', 'us-east-1')];
  const inHours = (life: number) => ({ fingerprint: `${life}`.padStart(12, 'a'), expiresAt: new Date(clock.wall() + life * hours) });
  const target = promptTarget(clock, 'p', [{ ...row('1', near, far), holds: new Map([[near.host, inHours(11)]]) }]);
  await using _ = await startRig({ targets: [target] });
  await clock.advance(1 * seconds);
  assert.equal(target.writes.length, 1, 'nothing is known of the second registry');
  target.rows.set('1', {
    ...row('1', near, far),
    holds: new Map([near, far].map(({ host }) => [host, { fingerprint: 'bbbbbbbbbbbb', expiresAt: new Date(clock.wall() + 12 * hours) }])),
  });
  await clock.advance(2 * minutes);
  assert.equal(target.writes.length, 1, 'another courier has written something newer for both');
  target.rows.set('1', { ...row('1', near, far), holds: new Map([near, far].map(({ host }, at) => [host, inHours(at === 0 ? 12 : 2)])) });
  await clock.advance(1 * minutes);
  assert.equal(target.writes.length, 2, 'somebody has put something older over that of the second registry');
});

test('two couriers on one target converge on the newest credential without a fight', async () => {
  const clock = createVirtualClock();
  const shared = { fingerprint: '', until: 0 };
  const holding = () => ({
    ...row('1'),
    ...(shared.until && { holds: { fingerprint: shared.fingerprint, expiresAt: new Date(shared.until) } }),
  });
  const pair = ['a', 'b'].map(name => {
    const target = promptTarget(clock, name, [row('1')]);
    target.onDiscover = async () => ({ slots: [holding()] });
    const { deliver } = target.target;
    target.target.deliver = async (slot, credentials, signal) => {
      const receipt = await deliver(slot, credentials, signal);
      const credential = credentials.get(registry().host);
      const { fingerprint } = await import('../../src/contract/credential.ts');
      if (credential) Object.assign(shared, { fingerprint: fingerprint(credential), until: credential.expiresAt.getTime() });
      return receipt;
    };
    return target;
  });
  const rigs = [];
  for (const [at, target] of pair.entries())
    rigs.push(await startRig({ targets: [target], sources: [testSource(clock, target.name)], seed: at + 1 }));
  await clock.advance(48 * hours);
  const writes = pair.reduce((sum, target) => sum + target.writes.length, 0);
  assert.ok(writes >= 8 && writes <= 16, `${writes} writes in 48 h`);
  for (const rig of rigs) await rig.stop();
});

test('a watch brings changes at once; while it lives discovery is rare, and when it ends the target is discovered and watched again', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  let end: (() => void) | undefined;
  let watches = 0;
  let sight: ((id: string) => void) | undefined;
  target.target.watch = async function* watch(signal) {
    watches++;
    let over = false;
    signal.addEventListener('abort', () => end?.());
    while (!over) {
      const id = await new Promise<string | undefined>(resolve => {
        sight = resolve;
        end = () => resolve(undefined);
      });
      over = id === undefined;
      if (id !== undefined) yield { slot: row(id) };
    }
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(20 * minutes);
  assert.equal(target.discoveries.length, 1);
  sight?.('2');
  await clock.advance(1);
  assert.ok(target.stored.has('2'));
  target.rows.set('2', row('2'));
  end?.();
  await clock.advance(2 * seconds);
  assert.equal(target.discoveries.length, 2);
  assert.equal(watches, 2);
  assert.equal(rig.of('watch-ended').length, 1);
});

test('what a watch sees go while it is being written is gone when the write ends, unless it is seen again', async () => {
  const clock = createVirtualClock();
  for (const [seen, left] of [
    [[{ gone: '1' }], ['2']],
    [
      [{ gone: '1' }, { slot: row('1') }],
      ['1', '2'],
    ],
    [[{ slot: row('1') }, { gone: '1' }], ['2']],
  ] as const) {
    for (const outcome of ['written', 'failed', 'renamed'] as const) {
      const target = promptTarget(clock, 'p', [row('1'), row('2')]);
      const sights: Sighting[] = [...seen];
      const looked = Promise.withResolvers<void>();
      target.target.watch = async function* watch(signal) {
        await looked.promise;
        yield* sights;
        if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve));
      };
      target.onDeliver = async (slot, store, signal) => {
        if (slot.id !== '1') return store();
        looked.resolve();
        await clock.sleep(10 * seconds, signal);
        if (outcome === 'failed') throw failing('NOT_FOUND');
        if (outcome === 'renamed') return { change: 'updated', id: '1b' };
        return store();
      };
      await using rig = await startRig({ targets: [target] });
      const ids = () => [...(rig.courier.ledger.targets.get('p')?.entries.keys() ?? [])].toSorted();
      await clock.advance(5 * seconds);
      assert.deepEqual(ids(), ['1', '2'], `${outcome} ${JSON.stringify(seen)}: it is being written`);
      await clock.advance(6 * seconds);
      if (outcome === 'renamed') assert.deepEqual(ids(), ['1b', '2']);
      else assert.deepEqual(ids(), left, outcome);
      await rig.stop();
    }
  }
});

test('what is changed again before it may be repaired again is told as such until then', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  let sight: () => void = () => undefined;
  target.target.watch = async function* watch(signal) {
    signal.addEventListener('abort', () => sight());
    for (;;) {
      await new Promise<void>(resolve => (sight = resolve));
      if (signal.aborted) return;
      yield { slot: { ...row('1'), state: 'drifted' } };
    }
  };
  await using rig = await startRig({ targets: [target] });
  const awaits = () => {
    const [record] = [...rig.courier.ledger.targets.values()];
    const entry = record?.entries.get('1');
    assert.ok(record && entry);
    const { awaitsRepair, isDue, findingsOf } = rig.courier.ledger;
    return [awaitsRepair(record, entry), isDue(record, entry), findingsOf(record, entry).map(({ code }) => code)];
  };
  await clock.advance(1 * seconds);
  for (let time = 0; time < 2; time++) {
    sight();
    await clock.advance(3 * seconds);
  }
  assert.equal(target.writes.length, 2, 'the first repair was at once');
  assert.deepEqual(awaits(), [true, false, ['REPAIR_SPACED']]);
  await clock.advance(80 * seconds);
  assert.equal(target.writes.length, 3);
  assert.deepEqual(awaits(), [false, false, []]);
});

for (const state of ['absent', 'drifted'] as const)
  test(`refresh repairs at once what is ${state} again, however often it was repaired before`, async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')], { create: true });
    await using rig = await startRig({ targets: [target] });
    await clock.advance(1 * minutes);
    target.onDiscover = async () => ({ slots: [{ ...row('1'), state }] });
    await clock.advance(2 * hours);
    const count = target.writes.length;
    while (target.writes.length === count) await clock.advance(1 * minutes);
    const before = target.writes.length;
    await clock.advance(6 * minutes);
    assert.equal(target.writes.length, before, 'repairs are half an hour apart');
    rig.courier.refresh();
    await clock.advance(30 * seconds);
    assert.ok(target.writes.length > before, 'somebody asked');
  });

test('what a prefix hides is kept, what is not reported is gone', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('c1/a'), row('c2/b'), row('c3/c'), row('c'), row('c22/d')]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(1 * minutes);
  target.rows.delete('c1/a');
  for (const id of ['c2/b', 'c', 'c22/d']) target.rows.delete(id);
  target.onDiscover = async () => ({ unseen: ['c2', 'c'] });
  await clock.advance(2 * minutes);
  assert.deepEqual([...(rig.courier.ledger.targets.get('p')?.entries.keys() ?? [])], ['c2/b', 'c3/c', 'c']);
});

test('refresh fetches anew and writes every slot of the target; just after a fetch it says for how long a newer token has to wait', async () => {
  const clock = createVirtualClock();
  const targets = [promptTarget(clock, 'a', [row('1'), row('2')]), promptTarget(clock, 'b', [row('1')])];
  await using rig = await startRig({ targets });
  const { asked, issued } = only(rig.sources);
  const written = (at: number) => targets[at]?.writes.map(write => write.passwords.get(registry().host));
  await clock.advance(10 * minutes);
  assert.equal(rig.courier.refresh('nobody'), undefined);
  assert.deepEqual(rig.courier.refresh('a'), []);
  await clock.advance(24 * seconds);
  const [first, second] = issued.map(credential => credential.password.reveal());
  assert.equal(asked.length, 2);
  assert.deepEqual(written(0), [first, first, second, second]);
  assert.deepEqual(written(1), [first]);
  const [postponed] = rig.courier.refresh() ?? [];
  assert.match(`${postponed?.what}: ${postponed?.why}`, /^the token of default for eu-west-1: the last one was fetched 24 s ago/);
  await clock.advance(37 * seconds);
  assert.equal(asked.length, 3);
  const third = issued[2]?.password.reveal();
  assert.deepEqual(written(0)?.slice(4), [third, third], 'what was just written waits for what was fetched after the call');
  assert.deepEqual(written(1)?.slice(1), [second, third], 'at once with what is there, then with the newer one');
});

test('refresh ends the pauses of slots, whatever the failure; not what a server asked for', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1'), row('2')]);
  target.onDeliver = async slot => {
    throw failing('FORBIDDEN', slot.id === '2' ? { retryAfterMs: 50 * minutes } : {});
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(2 * minutes);
  target.onDeliver = undefined;
  const postponed = rig.courier.refresh() ?? [];
  assert.deepEqual(
    postponed.map(({ what, why }) => `${what}: ${why}`),
    ['1 slot of p: the server asked to wait'],
  );
  await clock.advance(10 * seconds);
  assert.deepEqual([...target.stored.keys()], ['1']);
  await clock.advance(1 * hours);
  assert.deepEqual([...target.stored.keys()], ['1', '2']);
});

test('a refused slot of which the manager tells something else is tried again soon, and never twice in 30 s', async () => {
  const clock = createVirtualClock();
  const absent = { ...row('1'), state: 'absent' as const };
  const drifted = { ...row('1'), state: 'drifted' as const };
  const target = promptTarget(clock, 'p', [absent, { ...absent, id: '2' }], { create: true });
  target.onDeliver = async () => {
    throw failing('CONFLICT');
  };
  target.onDiscover = async () => ({ slots: [clock.mono() % 4000 < 2000 ? absent : drifted, { ...absent, id: '2' }] });
  await using _ = await startRig({ targets: [target], cron: '* * * * * *', tickMs: 1000 });
  await clock.advance(4 * minutes);
  const tries = (id: string) => target.writes.filter(({ slot }) => slot === id).map(({ at }) => at);
  const between = gaps(tries('1'));
  assert.ok(Math.min(...between) >= 30 * seconds && Math.max(...between) < 40 * seconds, between.join());
  assert.equal(tries('2').length, 1, 'the other one has its pause');
});

test('a target that tells no more of a missing right has its refused slots tried again, and no others', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1'), row('2')]);
  target.onDiscover = async () => ({ findings: [{ code: 'RIGHT', message: 'No right.' }] });
  target.onDeliver = async ({ id }) => {
    throw failing(id === '1' ? 'FORBIDDEN' : 'REJECTED');
  };
  await using _ = await startRig({ targets: [target] });
  await clock.advance(3 * minutes);
  assert.equal(target.writes.length, 2);
  target.onDiscover = undefined;
  target.onDeliver = undefined;
  await clock.advance(1.5 * minutes);
  assert.deepEqual([...target.stored.keys()], ['1']);
});

test('a look that is worth a try soon is made again then, however often it failed', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  target.onDiscover = async () => {
    throw failing('FORBIDDEN', { tryAgainMs: 60_000 });
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(1 * hours);
  const looks = gaps(target.discoveries);
  assert.ok(Math.min(...looks) >= 60_000 && Math.max(...looks) < 91_000, looks.join());
  target.onDiscover = undefined;
  const before = target.discoveries.length;
  rig.courier.refresh();
  await clock.advance(1 * seconds);
  assert.ok(target.discoveries.length > before, 'nobody asked for that pause');
});

test('each outcome says why the slot was written, in words where the engine knows only that it must be', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  target.onDeliver = async () => {
    throw failing('BUSY');
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(1 * seconds);
  target.onDeliver = undefined;
  await clock.advance(10 * minutes);
  rig.courier.refresh();
  await clock.advance(1 * minutes);
  const outcomes = rig.courier.ledger.targets.get('p')?.outcomes ?? [];
  assert.deepEqual([...new Set(outcomes.map(({ reason }) => reason))].toReversed(), [
    'first delivery since start',
    'tried again',
    'asked for',
  ]);
  assert.deepEqual(
    rig.of('delivered').map(({ reason }) => reason),
    ['tried again', 'asked for'],
  );
});

for (const [code, facts, least] of [
  ['BUSY', { retryAfterMs: hours }, hours],
  ['AUTH', {}, 5 * minutes],
] as const)
  test(`refresh and reload keep the pause of ${code}, and name it`, async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    target.onDiscover = async () => {
      throw failing(code, facts);
    };
    await using rig = await startRig({ targets: [target] });
    for (let at = 0; at < 60; at++) {
      await clock.advance(1 * seconds);
      assert.equal(rig.courier.refresh()?.at(-1)?.what, 'p');
      rig.courier.use({ all: rig.sources, choose: () => rig.sources[0] }, [{ ...target.managed }]);
    }
    assert.equal(target.discoveries.length, 1);
    await clock.advance(1.3 * least);
    assert.ok(target.discoveries.length >= 2);
  });

test('another key is tried at once in spite of the pause of AUTH, but not before the server allows it', async () => {
  for (const [code, facts, looks] of [
    ['AUTH', {}, 2],
    ['BUSY', { retryAfterMs: hours }, 1],
  ] as const) {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    target.onDiscover = async () => {
      throw failing(code, facts);
    };
    await using rig = await startRig({ targets: [target] });
    await clock.advance(1 * minutes);
    rig.courier.look('p');
    await clock.advance(1 * seconds);
    assert.equal(target.discoveries.length, looks, code);
  }
});

test('a reload during a hanging discovery begins at once with the new configuration', async () => {
  for (const open of ['same', 'other']) {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    target.onDiscover = signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await using rig = await startRig({ targets: [target] });
    await clock.advance(5 * seconds);
    target.onDiscover = undefined;
    const { managed } = target;
    rig.courier.use({ all: rig.sources, choose: () => rig.sources[0] }, [
      { ...managed, open: open === 'same' ? managed.open : async () => target.target },
    ]);
    await clock.advance(1 * seconds);
    assert.deepEqual([target.discoveries.length, target.stored.size], [2, 1], open);
  }
});

test('refresh while AWS is down writes the last good credential, and the new one when there is one', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'a', [row('1')]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(10 * minutes);
  Object.assign(only(rig.sources), { failure: failing('UNREACHABLE') });
  rig.courier.refresh();
  await clock.advance(20 * seconds);
  assert.equal(target.writes.length, 2);
  Object.assign(only(rig.sources), { failure: undefined });
  await clock.advance(5 * minutes);
  assert.equal(target.writes.length, 3);
  assert.equal(target.stored.get('1')?.get(registry().host), only(rig.sources).issued[1]?.password.reveal());
});

test('after a stop nothing is under way and nobody sleeps', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1'), row('2')]);
  target.onDeliver = (_slot, _store, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const rig = await startRig({ targets: [target] });
  await clock.advance(1 * seconds);
  await rig.stop();
  assert.equal(clock.sleepers, 0);
  assert.equal(rig.of('delivery-failed').length, 2, 'an aborted attempt has its outcome, too');
});

test('an adapter that ignores its signal does not hold up the stop', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  target.onDeliver = () => new Promise(() => {});
  const rig = await startRig({ targets: [target] });
  await clock.advance(1 * seconds);
  await rig.stop();
  assert.equal(clock.sleepers, 0);
  // The other side is not to blame.
  assert.deepEqual(
    rig.of('delivery-failed').map(({ failure: { code, message, remedy } }) => [code, message, remedy]),
    [['TIMEOUT', 'the courier is stopping', 'Nothing is wrong there: no answer was waited for any more.']],
  );
});

test('another configuration keeps what is known of a target, and another address forgets it', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(1 * minutes);
  const sources = { all: rig.sources, choose: () => rig.sources[0] };
  rig.courier.use(sources, [{ ...target.managed, required: false }]);
  await clock.advance(5 * minutes);
  assert.equal(target.writes.length, 1);
  target.target = { ...target.target, address: 'test://elsewhere' };
  rig.courier.use(sources, [target.managed]);
  await clock.advance(1 * minutes);
  assert.equal(target.writes.length, 2);
  rig.courier.use(sources, []);
  assert.equal(rig.courier.ledger.targets.size, 0);
});

test('refresh cuts short the pause that a refused fetch has brought', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const target = promptTarget(clock, 'p', [row('1')]);
  source.failure = failing('FORBIDDEN');
  await using rig = await startRig({ targets: [target], sources: [source] });
  await clock.advance(3 * hours);
  source.failure = undefined;
  rig.courier.refresh();
  await clock.advance(6 * seconds);
  assert.equal(target.writes.length, 1);
});

test('refresh while a write with the old credential is under way: the new one follows', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(10 * minutes);
  target.onDiscover = async () => ({ slots: [{ ...row('1'), state: 'drifted' }] });
  target.onDeliver = async (_slot, _store, signal) => clock.sleep(20 * seconds, signal);
  await clock.advance(65 * seconds);
  assert.equal(target.writes.length, 2, 'a repair is under way');
  target.onDiscover = undefined;
  rig.courier.refresh();
  await clock.advance(2 * minutes);
  assert.equal(target.stored.get('1')?.get(registry().host), only(rig.sources).issued.at(-1)?.password.reveal());
});

test('a reload while the target is being discovered: the new address is discovered at once, the old one is written to no more', async () => {
  const clock = createVirtualClock();
  const [before, after] = [promptTarget(clock, 'p', [row('1')]), promptTarget(clock, 'p', [row('1')])];
  after.target = { ...after.target, address: 'test://elsewhere' };
  before.onDiscover = async signal => clock.sleep(20 * seconds, signal);
  await using rig = await startRig({ targets: [before], cron: '0 12 * * *' });
  await clock.advance(5 * seconds);
  rig.courier.use({ all: rig.sources, choose: () => rig.sources[0] }, [after.managed]);
  await clock.advance(1 * minutes);
  assert.deepEqual([before.writes.length, after.discoveries.length, after.writes.length], [0, 1, 1]);
});

test('a target that is removed is disposed of when its writes have ended', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  const order: string[] = [];
  target.onDeliver = async (_slot, _store, signal) => {
    await clock.sleep(30 * seconds, signal);
    order.push(signal.aborted ? 'aborted' : 'written');
  };
  target.target = { ...target.target, [Symbol.asyncDispose]: async () => void order.push('disposed') };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(5 * seconds);
  rig.courier.use({ all: rig.sources, choose: () => undefined }, []);
  await clock.advance(1 * minutes);
  assert.deepEqual(order, ['written', 'disposed']);
});

test('a courier that is cut aborts what is under way at once, also while it stops, and begins nothing more', async () => {
  for (const way of ['cut', 'stopped, then cut'] as const) {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1'), row('2')], { limits: { concurrency: 1, discoverMs: 30_000, deliverMs: 75_000 } });
    const ended: number[] = [];
    target.onDeliver = async (_slot, _store, signal) => {
      await clock.sleep(30 * seconds, signal);
      ended.push(clock.mono());
      throw failing('TIMEOUT');
    };
    await using rig = await startRig({ targets: [target] });
    await clock.advance(3 * seconds);
    void clock.sleep(1 * seconds, new AbortController().signal).then(() => rig.cut.abort());
    await (way === 'cut' ? clock.advance(1 * seconds) : rig.stop());
    assert.deepEqual(ended, [4 * seconds], way);
  }
});

test('a manager that names a thousand regions: a few fetches at a time', async () => {
  const clock = createVirtualClock();
  const region = (at: number): string => `xx-${'abcdefghij'.charAt(at / 100)}-${at % 100}`;
  const rows = Array.from({ length: 1000 }, (_, at) => row(String(at), registry('123456789012', region(at))));
  const source = testSource(clock);
  let atOnce = 0;
  let most = 0;
  source.fetch = async (_, signal) => {
    most = Math.max(most, ++atOnce);
    await clock.sleep(100, signal);
    atOnce--;
    throw failing('UNREACHABLE');
  };
  await using _ = await startRig({ targets: [promptTarget(clock, 'p', rows)], sources: [source] });
  await clock.advance(1 * minutes);
  assert.ok(most > 1 && most <= 8, `${most} at once`);
});
