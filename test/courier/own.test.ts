import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failure } from '../../src/contract/failures.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Slot } from '../../src/contract/target.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.ts';
import { failing, hours, minutes, promptTarget, type Rig, registry, row, seconds, startRig, type TestSource, testSource } from './rig.ts';

const ours = '111122223333';
const identity = (clock: VirtualClock, account: string, failure?: Failure): TestSource =>
  Object.assign(testSource(clock), { account, failure });
const host = (account: string): string => registry(account).host;

/** A target that wants the courier's own registry. `told`: the host that each `open` received. */
function wanting(clock: VirtualClock, rows: readonly Slot[] = [], more: { paused?: boolean; create?: boolean } = {}) {
  const told: (string | undefined)[] = [];
  const self = promptTarget(clock, 'depot', rows, {
    own: registry('000000000000'),
    create: true,
    ...more,
    open: async (own?: Registry) => {
      told.push(own?.host);
      const slot = own && { ...row(own.host, own), state: 'absent' as const };
      if (slot && !self.rows.has(slot.id)) self.rows.set(slot.id, slot);
      return self.target;
    },
  });
  return { self, told };
}

const rigs: Rig[] = [];
const codes = ({ courier: { ledger } }: Rig): string[] =>
  [...ledger.targets.values()].flatMap(record => ledger.findingsOf(record).map(({ code, message }) => `${code} ${message}`));

test('the token that a registry gets says first which registry it is: one call to AWS does both', async () => {
  const clock = createVirtualClock();
  const source = identity(clock, ours);
  const { self } = wanting(clock);
  await using rig = await startRig({ targets: [self], sources: [source] });

  await clock.advance(2 * hours);

  assert.deepEqual([...self.stored.keys()], [host(ours)]);
  assert.equal(source.asked.length, 1);
  assert.deepEqual(codes(rig), []);
});

test('while AWS gives no token, everything else is served, nothing is created, and a finding says why', async () => {
  const clock = createVirtualClock();
  const source = identity(clock, ours, failing('AUTH'));
  const other = testSource(clock, 'other');
  const { self } = wanting(clock, [{ ...row('1', registry('444455556666')), source: 'other' }]);
  await using rig = await startRig({ targets: [self], sources: [source, other] });

  await clock.advance(2 * hours);

  assert.deepEqual([...self.stored.keys()], ['1']);
  assert.match(codes(rig).join('\n'), /^OWN_UNKNOWN depot .*own account in eu-west-1.*as ordered: AUTH$/);
  assert.ok(source.asked.length <= 8, `AWS was asked ${source.asked.length} times in two hours`);

  source.failure = undefined;
  await clock.advance(45 * minutes);

  assert.deepEqual([...self.stored.keys()], ['1', host(ours)]);
  assert.deepEqual(codes(rig), []);
});

test('a target that waits for its own registry is not said to have none', async () => {
  const clock = createVirtualClock();
  const source = identity(clock, ours, failing('AUTH'));
  const { self } = wanting(clock);
  const seen = new Set<string>();
  await using rig = await startRig({
    targets: [self],
    sources: [source],
    onEvent: () => {
      for (const code of rigs.flatMap(codes)) seen.add(code.split(' ')[0] ?? '');
    },
  });
  rigs.push(rig);
  await clock.advance(1 * minutes);
  source.failure = undefined;
  await clock.advance(1 * hours);

  assert.deepEqual([...self.stored.keys()], [host(ours)]);
  assert.deepEqual([...seen], ['OWN_UNKNOWN']);
});

test('somebody who has mended it need not wait: refresh asks at once', async () => {
  const clock = createVirtualClock();
  const source = identity(clock, ours, failing('AUTH'));
  const { self } = wanting(clock);
  await using rig = await startRig({ targets: [self], sources: [source] });
  await clock.advance(1 * minutes);

  source.failure = undefined;
  rig.courier.refresh('depot');
  await clock.advance(10 * seconds);

  assert.deepEqual([...self.stored.keys()], [host(ours)]);
});

test('a token that names no registry is as good as any other, and creates nothing', async () => {
  const clock = createVirtualClock();
  const { self } = wanting(clock, [row('1')]);
  await using rig = await startRig({ targets: [self] });

  await clock.advance(2 * hours);

  assert.deepEqual([...self.stored.keys()], ['1']);
  assert.match(codes(rig).join('\n'), /^OWN_UNKNOWN .*named no ECR registry\.$/);
  assert.equal(rig.sources[0]?.asked.length, 1);
});

test('other AWS keys than before are noticed with the next token', async () => {
  const clock = createVirtualClock();
  const source = identity(clock, ours);
  const { self } = wanting(clock);
  await using _ = await startRig({ targets: [self], sources: [source] });
  await clock.advance(1 * hours);

  source.account = '444455556666';
  await clock.advance(7 * hours);

  assert.deepEqual([...self.stored.keys()], [host(ours), host('444455556666')]);
});

test('after a reload with another identity the account of the former one is not taken for its own', async () => {
  const clock = createVirtualClock();
  const source = identity(clock, ours);
  const { self, told } = wanting(clock);
  await using rig = await startRig({ targets: [self], sources: [source] });
  await clock.advance(1 * minutes);
  const before = told.length;

  const next = Object.assign(identity(clock, '444455556666'), { scope: () => 'another identity' });
  rig.courier.use({ all: [next], choose: () => next }, [{ ...self.managed }]);
  await clock.advance(1 * minutes);

  assert.ok(!told.slice(before).includes(host(ours)), told.join());
  assert.equal(told.at(-1), host('444455556666'));
  assert.equal(next.asked.length, 1);
});

test('a reload that changes nothing asks for nothing and forgets nothing; one that pauses the target silences it', async () => {
  const clock = createVirtualClock();
  const source = identity(clock, ours);
  const { self, told } = wanting(clock);
  await using rig = await startRig({ targets: [self], sources: [source] });
  await clock.advance(1 * minutes);
  const before = told.length;
  const sources = { all: [source], choose: () => source };

  rig.courier.use(sources, [{ ...self.managed }]);
  await clock.advance(1 * minutes);
  assert.deepEqual([...new Set(told.slice(before))], [host(ours)]);
  assert.equal(source.asked.length, 1);

  const other = Object.assign(identity(clock, ours, failing('AUTH')), { scope: () => 'another identity' });
  rig.courier.use({ all: [other], choose: () => other }, [{ ...self.managed }]);
  await clock.advance(1 * minutes);
  assert.match(codes(rig).join(), /OWN_UNKNOWN/);
  rig.courier.use({ all: [other], choose: () => other }, [{ ...self.managed, paused: true }]);
  await clock.advance(1 * minutes);
  assert.doesNotMatch(codes(rig).join(), /OWN_UNKNOWN/);
});

test('nothing is said as long as the first answer is on its way', async () => {
  const clock = createVirtualClock();
  const source = Object.assign(identity(clock, ours), { fetch: () => new Promise<never>(() => undefined) });
  const { self } = wanting(clock, [row('1')]);
  await using rig = await startRig({ targets: [self], sources: [source] });

  await clock.advance(10 * seconds);

  assert.deepEqual(codes(rig), []);
});

test('a paused target asks AWS for nothing', async () => {
  const clock = createVirtualClock();
  const { self } = wanting(clock, [], { paused: true });
  await using rig = await startRig({ targets: [self] });

  await clock.advance(1 * hours);

  assert.deepEqual(rig.sources[0]?.asked, []);
  assert.deepEqual(codes(rig), []);
});

test('without the right to create it is told that the registry is missing', async () => {
  const clock = createVirtualClock();
  const source = identity(clock, ours);
  const { self } = wanting(clock, [], { create: false });
  await using rig = await startRig({ targets: [self], sources: [source] });

  await clock.advance(1 * hours);

  const record = rig.courier.ledger.targets.get('depot');
  const entry = record?.entries.get(host(ours));
  assert.ok(record && entry);
  assert.deepEqual(
    rig.courier.ledger.findingsOf(record, entry).map(({ code }) => code),
    ['NOT_CREATED'],
  );
  assert.deepEqual(self.writes, []);
});
