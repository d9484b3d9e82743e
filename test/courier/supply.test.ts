import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Prove } from '../../src/contract/source.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.ts';
import { failing, hours, minutes, promptTarget, registry, row, seconds, startRig, type TestTarget, testSource } from './rig.ts';

test('registries that do not answer do not delay the stop, however many wait to be asked', async () => {
  const clock = createVirtualClock();
  const rows = Array.from({ length: 50 }, (_, at) => row(String(at), registry(String(100_000_000_000 + at))));
  let asked = 0;
  const prove: Prove = async (_registry, _credential, signal) => {
    asked++;
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
    throw failing('TIMEOUT');
  };
  const rig = await startRig({ targets: [promptTarget(clock, 't', rows)], prove });
  await clock.advance(2 * seconds);
  void rig.stop();
  await clock.advance(20 * minutes);
  assert.equal(asked, 4);
});

test('what a registry was asked before a refusal is not an answer to it', async () => {
  const clock = createVirtualClock();
  let revoked = false;
  const prove: Prove = async (_registry, _credential, signal) => {
    const refused = revoked;
    await clock.sleep(8 * seconds, signal);
    return refused ? { ok: false, refused, message: 'denied' } : { ok: true };
  };
  const target = promptTarget(clock, 'p', [row('1'), row('2')]);
  target.onDeliver = async (_slot, _store, signal) => {
    await clock.sleep(4 * seconds, signal);
    revoked = true;
    throw failing('CREDENTIAL_REFUSED');
  };
  await using rig = await startRig({ targets: [target], prove });
  await clock.advance(20 * seconds);
  const told = rig.of('delivery-failed').map(({ failure }) => failure.message);
  assert.equal(told.length, 2);
  for (const message of told) assert.match(message, /refuses this credential/);
});

test('a refusal is followed by the word of the registry, although hundreds of others hang when they are asked', async () => {
  const clock = createVirtualClock();
  let asked = 0;
  const prove: Prove = async ({ region }, _credential, signal) => {
    asked++;
    if (region === 'eu-west-1') return { ok: false, refused: true, message: 'denied' };
    await clock.sleep(60 * seconds, signal);
    throw failing('TIMEOUT');
  };
  const others = Array.from({ length: 300 }, (_, at) => row(`other${at}`, registry(String(100_000_000_000 + at), 'us-east-1')));
  const target = promptTarget(clock, 'p', [...others, row('bad')]);
  target.onDeliver = async ({ id }) => {
    if (id === 'bad') throw failing('CREDENTIAL_REFUSED');
  };
  await using rig = await startRig({ targets: [target], prove });
  await clock.advance(45 * seconds);
  assert.match(rig.of('delivery-failed')[0]?.failure.message ?? '', /refuses this credential/);
  assert.ok(asked < 30, `${asked} asked by then`);
});

test('the registry’s own word has a fetch of its own, which a slot that has gone bad cannot use up', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const good = ['1', '2', '3'];
  const target = promptTarget(clock, 'p', [row('bad'), ...good.map(id => row(id))]);
  const revoked = new Set<string>();
  let broken = false;
  const newest = () => source.issued.at(-1)?.password.reveal() ?? '';
  target.onDeliver = async slot => {
    if ((slot.id === 'bad' && broken) || revoked.has(newest())) throw failing('CREDENTIAL_REFUSED');
  };
  const prove: Prove = async (_registry, { password }) =>
    revoked.has(password.reveal()) ? { ok: false, refused: true, message: 'denied' } : { ok: true };
  await using _ = await startRig({ targets: [target], sources: [source], prove });
  await clock.advance(10 * minutes);
  broken = true;
  target.rows.set('bad', { ...row('bad'), state: 'drifted' });
  await clock.advance(5 * minutes);
  for (const { password } of source.issued) revoked.add(password.reveal());
  for (const id of good) target.rows.set(id, { ...row(id), state: 'drifted' });
  await clock.advance(3 * minutes);
  assert.equal(source.asked.length, 3);
  for (const id of good) assert.equal(target.stored.get(id)?.get(registry().host), newest());
});

/** Makes the slots in `broken` refuse every credential, and all slots refuse the passwords in `revoked`. */
function refusing(target: TestTarget, revoked: ReadonlySet<string>, broken: ReadonlySet<string>): void {
  target.onDeliver = async ({ id }) => {
    const [password = ''] = target.writes.at(-1)?.passwords.values() ?? [];
    if (broken.has(id) || revoked.has(password)) throw failing('CREDENTIAL_REFUSED');
  };
}
const drift = (target: TestTarget, ids: readonly string[]): void => {
  for (const id of ids) target.rows.set(id, { ...row(id), state: 'drifted' });
};

for (const [how, minutesBefore] of [
  ['by a refresh', 12],
  ['by a refresh', 2],
  ['as it is repaired', 12],
] as const)
  test(`a slot that goes bad after it had taken credentials, shown ${how} ${minutesBefore} min before, uses up no fetch of the good ones`, async () => {
    const clock = createVirtualClock();
    const source = testSource(clock);
    const good = ['g1', 'g2', 'g3'];
    const target = promptTarget(
      clock,
      'p',
      ['bad', ...good].map(id => row(id)),
    );
    const [revoked, broken] = [new Set<string>(), new Set<string>()];
    refusing(target, revoked, broken);
    await using rig = await startRig({ targets: [target], sources: [source] });
    await clock.advance(5 * minutes);
    broken.add('bad');
    if (how === 'by a refresh') rig.courier.refresh();
    else drift(target, ['bad']);
    await clock.advance(minutesBefore * minutes);
    for (const { password } of source.issued) revoked.add(password.reveal());
    const asked = source.asked.length;
    drift(target, good);
    await clock.advance(3 * minutes);
    assert.equal(source.asked.length, asked + 1);
    for (const id of good) assert.equal(target.stored.get(id)?.get(registry().host), source.issued.at(-1)?.password.reveal());
  });

test('hundreds of slots that go bad one after another lead to fetches at growing distances', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const ids = Array.from({ length: 300 }, (_, at) => `${at}`);
  const target = promptTarget(
    clock,
    'p',
    ids.map(id => row(id)),
  );
  const broken = new Set<string>();
  refusing(target, new Set(), broken);
  await using _ = await startRig({ targets: [target], sources: [source], keepsEvents: false });
  await clock.advance(5 * minutes);
  for (const id of ids) {
    broken.add(id);
    drift(target, [id]);
    await clock.advance(36 * seconds);
  }
  assert.ok(source.asked.length <= 13, `${source.asked.length} fetches in 3 h`);
});

test('a slot that takes and refuses in turn leads to one fetch in half an hour', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const target = promptTarget(clock, 'p', [row('1')]);
  const broken = new Set<string>();
  refusing(target, new Set(), broken);
  await using _ = await startRig({ targets: [target], sources: [source] });
  for (let round = 0; round < 20; round++) {
    await clock.advance(2 * minutes);
    broken.add('1');
    drift(target, ['1']);
    await clock.advance(2 * minutes);
    broken.delete('1');
    await clock.advance(8 * minutes);
  }
  assert.ok(source.asked.length <= 10, `${source.asked.length} fetches in 4 h`);
});

test('a slot that another identity serves from now on is given a credential of that one, however fresh the former one is', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [
    row('a'),
    { ...row('b'), after: 'a' },
    { ...row('c'), disturbs: { below: 0.25 }, state: 'drifted' },
  ]);
  const [former, next] = [testSource(clock), testSource(clock, 'another')];
  await using rig = await startRig({ targets: [target], sources: [former] });
  await clock.advance(10 * minutes);
  const before = target.writes.length;
  target.rows.set('c', { ...row('c'), disturbs: { below: 0.25 } });
  rig.courier.use({ all: [next], choose: () => next }, [target.managed]);
  await clock.advance(2 * minutes);
  const written = target.writes.slice(before);
  assert.deepEqual(
    written.map(({ slot }) => slot),
    ['a', 'b'],
    'but not what disturbs: what it holds is good until its end',
  );
  for (const { passwords } of written) assert.match([...passwords.values()].join(), /another/);
});

test('the pause that AWS asked for outlives a configuration without that identity', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  source.failure = failing('BUSY', { retryAfterMs: 30 * minutes });
  const other = testSource(clock, 'other');
  const target = promptTarget(clock, 'p', [row('1')]);
  await using rig = await startRig({ targets: [target], sources: [source] });
  await clock.advance(10 * seconds);
  for (const next of [other, source]) {
    rig.courier.use({ all: [next], choose: () => next }, [target.managed]);
    await clock.advance(1 * minutes);
  }
  assert.deepEqual([source.asked.length, other.asked.length], [1, 1]);
});

/** A source of which only the regions in `well` answer; all others hang until they are given up. */
function hangingBut(clock: VirtualClock, well: ReadonlySet<string>) {
  const source = testSource(clock);
  const answer = source.fetch;
  const asked = new Map<string, number[]>();
  const all = { most: 0, now: 0 };
  source.fetch = async (asking, signal) => {
    asked.set(asking.region, [...(asked.get(asking.region) ?? []), clock.mono()]);
    all.most = Math.max(all.most, ++all.now);
    try {
      if (well.has(asking.region)) return await answer(asking, signal);
      await clock.sleep(10 * seconds, signal);
      throw failing('TIMEOUT');
    } finally {
      all.now--;
    }
  };
  return { source, asked, all };
}
const odd = (at: number): string => `${'abcdefghij'.charAt(at / 100)}x-west-${at % 100}`;
const rowOf = (id: string, region: string) => row(id, registry('123456789012', region));

for (const [name, well, withinMs] of [
  ['a region that every account has', 'eu-west-1', 3 * seconds],
  ['another region', 'eu-south-2', 3 * minutes],
] as const)
  test(`behind 200 regions that hang, the token of ${name} is fetched soon, and renewed in its time`, async () => {
    const clock = createVirtualClock();
    const { source, asked, all } = hangingBut(clock, new Set([well]));
    const rows = [...Array.from({ length: 200 }, (_, at) => rowOf(`odd${at}`, odd(at))), rowOf('good', well)];
    const target = promptTarget(clock, 'p', rows);
    await using _ = await startRig({ targets: [target], sources: [source], keepsEvents: false });
    await clock.advance(withinMs);
    assert.deepEqual([...target.stored.keys()], ['good']);
    // Half of the life of a token, and 10 % more.
    await clock.advance(6.7 * hours);
    assert.equal(asked.get(well)?.length, 2);
    assert.ok(all.most <= 24, `${all.most} at once`);
    assert.ok(Math.max(...[...asked.values()].map(({ length }) => length)) > 3, 'those that hang are asked again');
    assert.equal(asked.size, 201);
  });

test('a renewal that has failed does not wait for hundreds of new regions that hang', async () => {
  const clock = createVirtualClock();
  const well = new Set(['eu-west-1']);
  const { source, asked } = hangingBut(clock, well);
  const target = promptTarget(clock, 'p', [rowOf('good', 'eu-west-1')]);
  await using rig = await startRig({ targets: [target], sources: [source], keepsEvents: false });
  await clock.advance(1 * hours);
  well.clear();
  while (asked.get('eu-west-1')?.length === 1) await clock.advance(10 * seconds);
  await clock.advance(10 * seconds);
  well.add('eu-west-1');
  for (let at = 0; at < 400; at++) target.rows.set(`odd${at}`, rowOf(`odd${at}`, odd(at)));
  const scope = [...rig.courier.ledger.scopes.values()].find(({ registry: { region } }) => region === 'eu-west-1');
  const dueAt = scope?.notBefore ?? 0;
  await clock.advance(dueAt + 12 * seconds - clock.mono());
  assert.equal(asked.get('eu-west-1')?.length, 3);
});

test('a new region is served among hundreds that have failed for an hour', async () => {
  const clock = createVirtualClock();
  const { source } = hangingBut(clock, new Set(['eu-south-2']));
  const target = promptTarget(
    clock,
    'p',
    Array.from({ length: 400 }, (_, at) => rowOf(`odd${at}`, odd(at))),
  );
  await using _ = await startRig({ targets: [target], sources: [source], keepsEvents: false });
  await clock.advance(1 * hours);
  target.rows.set('good', rowOf('good', 'eu-south-2'));
  await clock.advance(90 * seconds);
  assert.deepEqual([...target.stored.keys()], ['good']);
});
