import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fingerprint, fingerprintOf } from '../../src/contract/credential.ts';
import type { Registry } from '../../src/contract/registry.ts';
import type { Slot } from '../../src/contract/target.ts';
import { cronWindow } from '../../src/courier/schedule.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.ts';
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

const writesOf = (target: TestTarget, id: string): number => target.writes.filter(write => write.slot === id).length;
const account: Slot = { id: 'account', registries: [], state: 'present', ref: null, after: 'secret' };
const inTwelveHours = (wall: number) => new Date(wall + 11 * hours);

describe('a slot after another', () => {
  test('without registries is written once for each credential of its leader', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('secret'), account]);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(70 * minutes);
    assert.deepEqual([writesOf(target, 'secret'), writesOf(target, 'account')], [1, 1]);
    await clock.advance(12 * hours);
    assert.equal(writesOf(target, 'account'), writesOf(target, 'secret'));
  });

  test('that got another id when it was created follows under that one', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('secret'), { ...account, state: 'absent' }], { create: true });
    target.onDeliver = async ({ id }, store) => {
      store();
      if (id !== 'account') return undefined;
      target.rows.delete(id);
      target.rows.set('account-7', { ...account, id: 'account-7' });
      return { change: 'created', id: 'account-7' };
    };
    await using _ = await startRig({ targets: [target], cron: '0 0 * * 1' });
    await clock.advance(7 * hours);
    const [first, second] = target.writes.slice(2);
    assert.deepEqual([first?.slot, second?.slot], ['secret', 'account-7']);
    assert.equal(first?.at, second?.at, 'at once, and not only at the next tick');
  });

  test('that drifts is repaired while its leader is not touched', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('secret'), account]);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(10 * minutes);
    target.rows.set('account', { ...account, state: 'drifted' });
    await clock.advance(2 * minutes);
    assert.deepEqual([writesOf(target, 'secret'), writesOf(target, 'account')], [1, 2]);
  });

  test('without registries is served after a restart while the leader is known by holds alone', async () => {
    const clock = createVirtualClock();
    const holds = { fingerprint: 'aaaaaaaaaaaa', expiresAt: inTwelveHours(clock.wall()) };
    const target = promptTarget(clock, 'p', [{ ...row('secret'), holds }, account]);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(70 * minutes);
    assert.deepEqual([writesOf(target, 'secret'), writesOf(target, 'account')], [0, 1]);
  });

  test('with registries makes the leader be written anew, as only a manager knows the password that it holds', async () => {
    const clock = createVirtualClock();
    const holds = { fingerprint: 'aaaaaaaaaaaa', expiresAt: inTwelveHours(clock.wall()) };
    const target = promptTarget(clock, 'p', [
      { ...row('secret'), holds },
      { ...row('service'), after: 'secret' },
    ]);
    target.onDeliver = async (slot, store) => {
      store();
      target.rows.set(slot.id, { ...row(slot.id), ...(slot.after !== undefined && { after: slot.after }) });
    };
    await using _ = await startRig({ targets: [target] });
    await clock.advance(70 * minutes);
    assert.deepEqual(
      target.writes.map(write => write.slot),
      ['secret', 'service'],
    );
    assert.deepEqual(target.stored.get('service'), target.stored.get('secret'));
  });

  test('that follows in time keeps what it holds for half the life of that, whatever its leader is given', async () => {
    const clock = createVirtualClock();
    const holds = { fingerprint: 'aaaaaaaaaaaa', expiresAt: new Date(clock.wall() + 9 * hours) };
    const told = new Map([[registry().host, holds]]);
    const services: Slot[] = [
      { ...row('at once'), after: 'row', registries: [], holds: told },
      { ...row('in time'), after: 'row', registries: [], holds: told, follows: 'in time' },
    ];
    const target = promptTarget(clock, 'p', [row('row'), ...services]);
    stores(target);
    await using rig = await startRig({ targets: [target] });
    const writtenTo = (id: string) => target.writes.filter(write => write.slot === id);
    await clock.advance(2 * hours);
    assert.deepEqual([writtenTo('row').length, writtenTo('at once').length, writtenTo('in time').length], [1, 1, 0], 'after the start');
    await clock.advance(2 * hours);
    assert.equal(writtenTo('in time').length, 1, 'half of its life is over');
    assert.deepEqual(writtenTo('in time')[0]?.passwords, writtenTo('row')[0]?.passwords);
    rig.courier.refresh();
    await clock.advance(2 * minutes);
    assert.deepEqual(writtenTo('in time').at(-1)?.passwords, writtenTo('row').at(-1)?.passwords, 'somebody asked for it');
    await clock.advance(24 * hours);
    const held = rig.courier.ledger.targets.get('p')?.entries.get('in time')?.held[0];
    assert.ok(held && held.endsAt > rig.courier.ledger.now());
    assert.ok(writtenTo('in time').length <= writtenTo('row').length);
  });

  test('that holds the same as its leader needs nothing', async () => {
    const clock = createVirtualClock();
    const holds = { fingerprint: 'aaaaaaaaaaaa', expiresAt: inTwelveHours(clock.wall()) };
    const target = promptTarget(clock, 'p', [
      { ...row('secret'), holds },
      { ...row('service'), after: 'secret', holds },
      { ...account, holds },
    ]);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(70 * minutes);
    assert.deepEqual(target.writes, []);
  });

  /** Makes the manager store each write, and no longer report what it held before. */
  function stores(target: TestTarget): void {
    target.onDeliver = async (slot, store) => {
      store();
      const { holds: _, ...now } = target.rows.get(slot.id) ?? slot;
      target.rows.set(slot.id, now);
    };
  }
  const after = (id: string, leader: string, more: Partial<Slot> = {}): Slot => ({ ...row(id), after: leader, ...more });
  /** The `holds` that the manager would report of a slot, by host. */
  function holdsOf({ stored, clock }: TestTarget, { id }: Slot): Pick<Slot, 'holds'> {
    const passwords = [...(stored.get(id) ?? [])];
    const expiresAt = inTwelveHours(clock.wall());
    return passwords.length > 0
      ? { holds: new Map(passwords.map(([host, it]) => [host, { fingerprint: fingerprintOf(it), expiresAt }])) }
      : {};
  }

  test('can have followers of its own: each is given what the first one holds', async () => {
    const other = registry('222222222222');
    const chains: readonly (readonly [Registry[], Registry[]])[] = [
      [[], []],
      [[], [registry()]],
      [[registry()], []],
      [
        [other, registry()],
        [registry(), other],
      ],
    ];
    for (const [middle, last] of chains) {
      const clock = createVirtualClock();
      const first = middle.length > 1 ? row('a', registry(), other) : row('a');
      const target = promptTarget(clock, 'p', [after('c', 'b', { registries: last }), after('b', 'a', { registries: middle }), first]);
      await using _ = await startRig({ targets: [target] });
      await clock.advance(20 * minutes);
      assert.deepEqual(
        target.writes.map(write => write.slot),
        ['a', 'b', 'c'],
      );
      await clock.advance(12 * hours);
      assert.deepEqual([writesOf(target, 'b'), writesOf(target, 'c')], [writesOf(target, 'a'), writesOf(target, 'a')]);
      if (last.length > 0) assert.deepEqual(target.stored.get('c')?.get(registry().host), target.stored.get('a')?.get(registry().host));
    }
  });

  test('at the end of a chain makes its first slot be written anew, where that is known by holds alone', async () => {
    for (const middle of [[], [registry()]]) {
      const clock = createVirtualClock();
      const holds = { fingerprint: 'aaaaaaaaaaaa', expiresAt: inTwelveHours(clock.wall()) };
      const target = promptTarget(clock, 'p', [after('c', 'b'), after('b', 'a', { registries: middle }), { ...row('a'), holds }]);
      stores(target);
      await using _ = await startRig({ targets: [target] });
      await clock.advance(70 * minutes);
      assert.deepEqual(target.writes.map(write => write.slot).slice(-3), ['a', 'b', 'c']);
      assert.ok(target.writes.length <= 4);
    }
  });

  test('does not make its leader be written at each look where the manager tells a wrong thing of that', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('a'), after('b', 'a')]);
    target.onDiscover = async () => {
      const holds = { fingerprint: 'bbbbbbbbbbbb', expiresAt: new Date(clock.wall() + 12.5 * hours) };
      return { slots: [{ ...row('a'), holds }, after('b', 'a')] };
    };
    await using _ = await startRig({ targets: [target] });
    await clock.advance(4 * hours);
    assert.ok(writesOf(target, 'a') < 16, `${writesOf(target, 'a')}`);
  });

  for (const led of ['by us', 'by holds alone'])
    for (const registries of [[], [registry()]])
      for (const lives of [-1, 2, 11.9])
        for (const disturbs of [undefined, { below: 0.25 }])
          test(`whose other credential of ${lives} h comes back is repaired at growing distances: leader known ${led}, ${registries.length} registries${disturbs ? ', it disturbs' : ''}`, async () => {
            const clock = createVirtualClock();
            const holding = (fingerprint: string, hoursLeft: number) => ({
              holds: { fingerprint, expiresAt: new Date(clock.wall() + hoursLeft * hours) },
            });
            const leader = { ...row('a'), ...(led === 'by holds alone' && holding('aaaaaaaaaaaa', 11)) };
            const follower = after('b', 'a', { registries, ...(disturbs && { disturbs }) });
            const target = promptTarget(clock, 'p', [leader, follower]);
            target.onDiscover = async () => ({ slots: [leader, { ...follower, ...holding('bbbbbbbbbbbb', lives) }] });
            await using _ = await startRig({ targets: [target] });
            await clock.advance(5 * hours);
            assert.ok(writesOf(target, 'b') < 18, `${writesOf(target, 'b')}`);
            assert.ok(writesOf(target, 'a') < 18, `${writesOf(target, 'a')}`);
          });

  test('that disturbs counts as fresh after a start, with registries and without', async () => {
    for (const registries of [[], [registry()]]) {
      const clock = createVirtualClock();
      const target = promptTarget(clock, 'p', [row('secret'), after('deploy', 'secret', { registries, disturbs: { below: 0.25 } })]);
      await using _ = await startRig({ targets: [target] });
      await clock.advance(8.9 * hours);
      assert.deepEqual([writesOf(target, 'secret'), writesOf(target, 'deploy')], [2, 0]);
      await clock.advance(1 * hours);
      assert.equal(writesOf(target, 'deploy'), 1);
    }
  });

  test('that disturbs and holds nothing does not wait for its leader to age', async () => {
    for (const state of ['absent', 'drifted'] as const) {
      const clock = createVirtualClock();
      const holds = { fingerprint: 'aaaaaaaaaaaa', expiresAt: inTwelveHours(clock.wall()) };
      const rows = [{ ...row('a'), holds }, after('b', 'a', { disturbs: { below: 0.25 }, state, ...(state === 'drifted' && { holds }) })];
      const target = promptTarget(clock, 'p', rows, { create: true });
      stores(target);
      await using _ = await startRig({ targets: [target] });
      await clock.advance(20 * minutes);
      assert.deepEqual(target.writes.map(write => write.slot).slice(0, 2), ['a', 'b'], state);
    }
  });

  test('brings no delivery that disturbs to a leader at a start', async () => {
    const clock = createVirtualClock();
    const followers = [after('b', 'a'), after('c', 'a', { registries: [] })];
    const target = promptTarget(clock, 'p', [{ ...row('a'), disturbs: { below: 0.25 } }, ...followers]);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(8.9 * hours);
    assert.equal(target.writes.length, 0, 'nor anything to those after it: what it holds is not known');
    await clock.advance(1 * hours);
    assert.deepEqual(
      target.writes.map(write => write.slot),
      ['a', 'b', 'c'],
    );
  });

  test('and then follows nobody is read by its own registries: one that comes is written, and its followers get theirs', async () => {
    const other = registry('222222222222');
    const another = registry('222222222222', 'us-east-1');
    for (const registries of [[other], [another, registry()], [registry(), other]]) {
      const clock = createVirtualClock();
      const target = promptTarget(clock, 'p', [row('a'), after('b', 'a'), after('c', 'b')]);
      await using _ = await startRig({ targets: [target] });
      await clock.advance(10 * minutes);
      target.rows.set('b', row('b', ...registries));
      target.rows.set('c', after('c', 'b', { registries }));
      await clock.advance(10 * minutes);
      for (const id of ['b', 'c']) for (const { host } of registries) assert.ok(target.stored.get(id)?.has(host), `${id} lacks ${host}`);
      const written = target.writes.length;
      await clock.advance(2 * hours);
      assert.equal(target.writes.length, written, 'and not again');
    }
  });

  test('without registries that loses its leader for a while is still warned of by the end of what it holds', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('secret'), account]);
    await using rig = await startRig({ targets: [target] });
    await clock.advance(10 * minutes);
    const { after: _, ...alone } = account;
    target.rows.set('account', { ...alone, waits: true });
    await clock.advance(5 * minutes);
    const entry = rig.courier.ledger.targets.get('p')?.entries.get('account');
    assert.deepEqual([entry?.heldHosts, entry?.held.length], [[registry().host], 1]);
  });

  test('is written once where the manager tells what it holds by host, in whatever order its own registries come', async () => {
    const other = registry('222222222222', 'us-east-1');
    const kinds: readonly (readonly [Registry[], Registry[]])[] = [
      [
        [registry(), other],
        [other, registry()],
      ],
      [[registry(), other], [registry()]],
      [[registry(), other], [other]],
      [[registry(), other], []],
      [[registry()], [other]],
    ];
    for (const [leading, following] of kinds) {
      const clock = createVirtualClock();
      const target = promptTarget(clock, 'p', [row('a', ...leading), after('b', 'a', { registries: following })]);
      // A discovery each quarter of an hour, which reports `holds` from the first write on.
      target.onDiscover = async () => ({ slots: [...target.rows.values()].map(slot => ({ ...slot, ...holdsOf(target, slot) })) });
      await using _ = await startRig({ targets: [target], cron: '*/15 * * * *', tickMs: 60 * seconds });
      await clock.advance(2 * hours);
      assert.equal(writesOf(target, 'b'), 1);
      await clock.advance(5 * hours);
      assert.ok(writesOf(target, 'b') <= 3, `${writesOf(target, 'b')}: two tokens, each once`);
    }
  });

  test('is given nothing while a write to its leader may still land', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('secret'), after('service', 'secret')]);
    await using rig = await startRig({ targets: [target] });
    await clock.advance(10 * minutes);
    let hangs = true;
    target.onDeliver = async ({ id }) => {
      if (hangs && id === 'secret') throw failing('TIMEOUT', { mayLand: true });
    };
    target.rows.set('service', after('service', 'secret', { state: 'drifted' }));
    rig.courier.refresh();
    await clock.advance(2 * minutes);
    assert.equal(writesOf(target, 'service'), 1, 'nobody knows what its leader will hold');
    hangs = false;
    await clock.advance(10 * minutes);
    assert.deepEqual(target.stored.get('service'), target.stored.get('secret'));
  });

  test('is given nothing while its leader is being written', async () => {
    const clock = createVirtualClock();
    const limits = { concurrency: 4, discoverMs: 30 * seconds, deliverMs: 180 * seconds, lingerMs: 0 };
    const target = promptTarget(clock, 'p', [row('secret'), after('service', 'secret')], { limits });
    await using _ = await startRig({ targets: [target] });
    await clock.advance(10 * minutes);
    target.onDeliver = async ({ id }, store, signal) => {
      if (id === 'secret') await clock.sleep(150 * seconds, signal);
      store();
    };
    target.rows.set('secret', { ...row('secret'), state: 'drifted' });
    await clock.advance(65 * seconds);
    target.rows.set('service', after('service', 'secret', { state: 'drifted' }));
    await clock.advance(5 * minutes);
    const [leader, follower] = target.writes.slice(2);
    assert.deepEqual([leader?.slot, follower?.slot], ['secret', 'service']);
    assert.equal((follower?.at ?? 0) - (leader?.at ?? 0), 150 * seconds);
  });

  test('follows a refresh with what its leader holds, where that always fails', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [account, row('secret')]);
    await using rig = await startRig({ targets: [target] });
    await clock.advance(10 * minutes);
    target.onDeliver = async ({ id }, store) => {
      if (id === 'secret') throw failing('REJECTED');
      store();
    };
    rig.courier.refresh();
    await clock.advance(2 * minutes);
    assert.equal(writesOf(target, 'account'), 2);
  });

  test('follows a refresh once, after its leader', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [account, row('secret')]);
    await using rig = await startRig({ targets: [target] });
    await clock.advance(10 * minutes);
    rig.courier.refresh();
    await clock.advance(2 * minutes);
    assert.deepEqual(
      target.writes.slice(2).map(write => write.slot),
      ['secret', 'account'],
    );
  });
});

describe('a slot that waits', () => {
  test('is given nothing, nor tried again, and goes on where it was once a report says so', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('web'), { ...row('service'), registries: [], after: 'web', follows: 'in time' }]);
    await using rig = await startRig({ targets: [target] });
    await clock.advance(2 * minutes);
    const waiting = (waits: boolean) => {
      for (const id of ['web', 'service']) target.rows.set(id, { ...(target.rows.get(id) ?? row(id)), waits, state: 'drifted' });
    };
    waiting(true);
    await clock.advance(2 * minutes);
    rig.courier.refresh();
    await clock.advance(13 * hours);
    assert.deepEqual([writesOf(target, 'web'), writesOf(target, 'service')], [1, 1]);
    const { ledger } = rig.courier;
    const record = ledger.targets.get('p');
    const entries = [...(record?.entries.values() ?? [])];
    for (const entry of entries) {
      assert.ok((entry.held[0]?.endsAt ?? Number.POSITIVE_INFINITY) < ledger.now(), 'its end is known');
      assert.equal(record && ledger.nextAttempt(record, entry), undefined);
    }
    waiting(false);
    await clock.advance(2 * minutes);
    assert.deepEqual([writesOf(target, 'web'), writesOf(target, 'service')], [2, 2]);
  });

  test('after an attempt that failed, as it was too early, fails no more', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('web')]);
    target.onDeliver = async () => {
      target.rows.set('web', { ...row('web'), waits: true });
      throw failing('BUSY', { stops: 'slot' });
    };
    await using rig = await startRig({ targets: [target] });
    await clock.advance(2 * minutes);
    assert.equal(rig.courier.ledger.targets.get('p')?.entries.get('web')?.trouble, undefined);
    const tries = writesOf(target, 'web');
    await clock.advance(hours);
    assert.equal(writesOf(target, 'web'), tries);
  });
});

test('a slot without registries that follows nobody is written when it drifts, and only then', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('secret'), { id: 'alone', registries: [], state: 'present', ref: null }]);
  await using _ = await startRig({ targets: [target] });
  await clock.advance(70 * minutes);
  assert.equal(writesOf(target, 'alone'), 0);
  target.rows.set('alone', { id: 'alone', registries: [], state: 'drifted', ref: null });
  await clock.advance(2 * minutes);
  assert.equal(writesOf(target, 'alone'), 1);
});

describe('what a manager says that a slot holds', () => {
  test('hides no failed write', async () => {
    const attempts = [];
    for (const tells of [true, false]) {
      const clock = createVirtualClock();
      const source = testSource(clock);
      const target = promptTarget(clock, 'p', [row('1')]);
      target.onDeliver = async (_, store) => {
        store();
        const last = source.issued.at(-1) ?? assert.fail();
        if (tells) target.rows.set('1', { ...row('1'), holds: { fingerprint: fingerprint(last), expiresAt: last.expiresAt } });
        throw failing('REJECTED');
      };
      await using rig = await startRig({ targets: [target], sources: [source] });
      await clock.advance(3 * hours);
      attempts.push(target.writes.length);
      assert.equal(only([...(rig.courier.ledger.targets.get('p')?.entries.values() ?? [])]).trouble?.failure.code, 'REJECTED');
    }
    assert.ok(
      attempts.every(count => count >= 6 && count <= 9),
      `${attempts}`,
    );
  });

  test('is repaired when somebody put another one over ours, which lives no longer', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    await using rig = await startRig({ targets: [target] });
    await clock.advance(5 * minutes);
    target.rows.set('1', { ...row('1'), holds: { fingerprint: 'bbbbbbbbbbbb', expiresAt: inTwelveHours(clock.wall()) } });
    await clock.advance(70 * seconds);
    assert.deepEqual(
      rig.of('delivered').map(event => event.reason),
      ['first delivery since start', 'drifted'],
    );
    await clock.advance(4 * hours);
    assert.ok(target.writes.length > 6 && target.writes.length < 16, `${target.writes.length} writes: repairs that do not last are spaced`);
    const record = rig.courier.ledger.targets.get('p') ?? assert.fail();
    assert.deepEqual(
      rig.courier.ledger.findingsOf(record, record.entries.get('1')).map(({ code }) => code),
      ['CONTESTED'],
    );
  });

  for (const [what, lives] of [
    ['past its half-life', 5 * hours],
    ['about to end', 10 * minutes],
    ['that has ended', -1 * hours],
  ] as const)
    for (const disturbs of [undefined, { below: 0.25 }])
      for (const end of ['moves', 'stands'])
        test(`is repaired at growing distances when it is one ${what} whose end ${end}${disturbs ? ', and repairs disturb' : ''}`, async () => {
          const clock = createVirtualClock();
          const slot = { ...row('1'), ...(disturbs && { disturbs }) };
          const target = promptTarget(clock, 'p', [slot]);
          const began = clock.wall();
          target.onDiscover = async () => {
            const expiresAt = new Date((end === 'moves' ? clock.wall() : began) + lives);
            return { slots: [{ ...slot, holds: { fingerprint: 'bbbbbbbbbbbb', expiresAt } }] };
          };
          await using rig = await startRig({ targets: [target] });
          await clock.advance(5 * hours);
          const written = rig.of('delivered').map(({ reason }) => reason);
          const [least, most] = disturbs ? [4, 6] : [7, 17];
          assert.ok(written.length >= least && written.length <= most, `${written}`);
          const record = rig.courier.ledger.targets.get('p') ?? assert.fail();
          const findings = rig.courier.ledger.findingsOf(record, record.entries.get('1')).map(({ code }) => code);
          assert.deepEqual(findings, ['CONTESTED']);
        });

  test('is left in peace when a newer one has taken the place of what was put over ours', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(5 * minutes);
    target.rows.set('1', { ...row('1'), holds: { fingerprint: 'bbbbbbbbbbbb', expiresAt: new Date(clock.wall() + 9 * hours) } });
    // Enough for repairs to be half an hour apart.
    await clock.advance(2 * hours);
    const before = target.writes.length;
    target.rows.set('1', { ...row('1'), holds: { fingerprint: 'cccccccccccc', expiresAt: new Date(clock.wall() + 12 * hours) } });
    await clock.advance(2 * hours);
    assert.equal(target.writes.length, before);
  });

  test('is believed for twelve hours at most', async () => {
    const clock = createVirtualClock();
    const holds = { fingerprint: 'bbbbbbbbbbbb', expiresAt: new Date(clock.wall() + 9999 * hours) };
    const target = promptTarget(clock, 'p', [{ ...row('1'), holds }]);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(7 * hours);
    assert.ok(target.writes.length > 0);
  });

  test('is measured by the time of AWS as soon as that is known', async () => {
    const clock = createVirtualClock();
    const holds = { fingerprint: 'bbbbbbbbbbbb', expiresAt: new Date(clock.truth() + 2 * hours) };
    clock.stepWall(-10 * hours);
    const target = promptTarget(clock, 'p', [{ ...row('1'), holds }]);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(5 * minutes);
    assert.ok(target.writes.length > 0);
  });

  test('is one fingerprint, where the slot may hold two credentials', async () => {
    const clock = createVirtualClock();
    const source = testSource(clock);
    const two = row('1', registry(), registry('123456789012', 'us-east-1'));
    const target = promptTarget(clock, 'p', [two]);
    target.onDeliver = async (_, store) => {
      store();
      const { expiresAt, ...given } = source.issued.find(({ scope }) => scope.includes('eu-west-1')) ?? assert.fail();
      target.rows.set('1', { ...two, holds: { fingerprint: fingerprint(given), expiresAt } });
    };
    await using _ = await startRig({ targets: [target], sources: [source] });
    await clock.advance(4 * hours);
    // The two tokens are fetched one after the other.
    assert.ok(writesOf(target, '1') <= 2, `${writesOf(target, '1')} writes`);
  });

  for (const told of ['ours', 'another one', 'nothing'] as const)
    for (const shows of ['always', 'every second time'] as const)
      test(`of one host alone leads to no endless writes: told of that: ${told}, of the other: ${shows === 'always' ? 'nothing' : shows}`, async () => {
        const clock = createVirtualClock();
        const source = testSource(clock);
        const hosts = [registry('111111111111'), registry('222222222222')];
        const target = promptTarget(clock, 'p', [row('1', ...hosts)]);
        const other = { fingerprint: 'bbbbbbbbbbbb', expiresAt: new Date(clock.truth() + 11 * hours) };
        target.onDiscover = async () => {
          const last = source.issued.at(-1);
          const ours = last ? { fingerprint: fingerprint(last), expiresAt: last.expiresAt } : other;
          const all = shows === 'always' || target.discoveries.length % 2 === 0 ? hosts.slice(0, 1) : hosts;
          const holds = new Map(told === 'nothing' ? [] : all.map(({ host }) => [host, told === 'ours' ? ours : other]));
          return { slots: [{ ...row('1', ...hosts), holds }] };
        };
        await using _ = await startRig({ targets: [target], sources: [source], keepsEvents: false });
        await clock.advance(24 * hours);
        // Repairs end up half an hour apart. Our own credential is rewritten only for its age.
        const most = told === 'another one' ? 60 : 6;
        assert.ok(target.writes.length >= 2 && target.writes.length <= most, `${target.writes.length} writes`);
      });

  test('of each host of a follower without registries is read by host', async () => {
    const clock = createVirtualClock();
    const source = testSource(clock);
    const follower: Slot = { ...row('account'), registries: [], after: 'secret' };
    const target = promptTarget(clock, 'p', []);
    target.onDiscover = async () => {
      const last = source.issued.at(-1);
      const holds = new Map(last ? [[registry().host, { fingerprint: fingerprint(last), expiresAt: last.expiresAt }]] : []);
      return { slots: [row('secret'), { ...follower, holds }] };
    };
    await using _ = await startRig({ targets: [target], sources: [source], keepsEvents: false });
    await clock.advance(24 * hours);
    assert.ok(writesOf(target, 'account') >= 1 && writesOf(target, 'account') <= writesOf(target, 'secret'), `${target.writes.length}`);
  });

  test('is left in peace when it lives longer than what we have', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(1 * hours);
    target.rows.set('1', { ...row('1'), holds: { fingerprint: 'bbbbbbbbbbbb', expiresAt: new Date(clock.wall() + 12 * hours) } });
    await clock.advance(5 * hours);
    assert.equal(target.writes.length, 1);
  });
});

describe('a delivery that disturbs', () => {
  const disturbing = (more: Partial<Slot> = {}): Slot => ({ ...row('1'), disturbs: { below: 0.25 }, ...more });
  const timesOf = (target: TestTarget) => target.writes.map(({ at }) => at / hours);

  test('comes when a quarter of the life is left, not at each half-life and not at a start', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [disturbing()]);
    await using rig = await startRig({ targets: [target] });
    await clock.advance(36 * hours);
    const times = timesOf(target);
    assert.ok(times.length >= 2 && times.length <= 4, `${times}`);
    assert.ok(
      times.every((at, index) => at - (times[index - 1] ?? 0) >= 8.9 && at - (times[index - 1] ?? 0) < 12),
      `${times}`,
    );
    assert.ok(only(rig.sources).asked.length <= 10);
  });

  test('comes at once where there is nothing, or where the manager says that it must', async () => {
    for (const state of ['absent', 'drifted'] as const) {
      const clock = createVirtualClock();
      const target = promptTarget(clock, 'p', [row('other')], { create: true });
      await using rig = await startRig({ targets: [target] });
      await clock.advance(20 * minutes);
      target.rows.set('1', disturbing({ state }));
      await clock.advance(2 * minutes);
      assert.equal(writesOf(target, '1'), 1, state);
      assert.equal(only(rig.sources).asked.length, 1, 'with the credential that there is: it does not wait for a newer one');
    }
  });

  test('comes at once where a registry has come of which nothing lies there, although the window is shut', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [disturbing()], { window: wall => wall + 5 * hours });
    await using _ = await startRig({ targets: [target] });
    await clock.advance(10 * minutes);
    target.rows.set('1', disturbing({ registries: [registry(), registry('222222222222', 'us-east-1')] }));
    await clock.advance(2 * minutes);
    assert.equal(target.writes.length, 1);
  });

  test('is timed by what the manager says that the slot holds', async () => {
    const clock = createVirtualClock();
    const holds = { fingerprint: 'aaaaaaaaaaaa', expiresAt: new Date(clock.wall() + 4 * hours) };
    const target = promptTarget(clock, 'p', [disturbing({ holds })]);
    target.onDeliver = async (_, store) => {
      store();
      target.rows.set('1', disturbing());
    };
    await using _ = await startRig({ targets: [target] });
    await clock.advance(6 * hours);
    assert.deepEqual(timesOf(target).map(Math.floor), [1]);
  });

  test('no more, as another report says: what only counted as fresh is written at once', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [disturbing()]);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(10 * minutes);
    assert.equal(target.writes.length, 0);
    target.rows.set('1', row('1'));
    await clock.advance(2 * minutes);
    assert.equal(target.writes.length, 1);
  });

  test('of a follower comes late as well, with what its leader holds then', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('secret'), { ...row('service'), after: 'secret', disturbs: { below: 0.25 } }]);
    await using _ = await startRig({ targets: [target] });
    await clock.advance(48 * hours);
    const [leader, follower] = ['secret', 'service'].map(id => writesOf(target, id));
    assert.ok(leader !== undefined && follower !== undefined && follower >= 4 && follower < leader, `${leader}, ${follower}`);
  });

  for (const below of [0, 0.0001])
    test(`only when ${below} of the life is left still comes before its end`, async () => {
      const clock = createVirtualClock();
      const target = promptTarget(clock, 'p', [disturbing({ disturbs: { below }, state: 'drifted' })]);
      target.onDeliver = async (_, store, signal) => {
        await clock.sleep(20 * seconds, signal);
        store();
        target.rows.set('1', disturbing({ disturbs: { below } }));
      };
      await using _ = await startRig({ targets: [target], keepsEvents: false });
      await clock.advance(50 * hours);
      const between = gaps(target.writes.map(({ at }) => at));
      assert.equal(between.length, 4);
      for (const gap of between) assert.ok(gap < 12 * hours - 20 * seconds && gap > 11.9 * hours, `${gap}`);
    });

  test('comes before a window that leaves too little time', async () => {
    const clock = createVirtualClock();
    const source = testSource(clock);
    const fetch = source.fetch.bind(source);
    source.fetch = async (asking, signal) => {
      await clock.sleep(25 * seconds, signal);
      return fetch(asking, signal);
    };
    const opens = clock.wall() + 12 * hours - 60 * seconds;
    const window = (wall: number) => (wall <= opens ? opens : Math.max(wall, opens + (wall < opens + minutes ? 0 : 24 * hours)));
    const target = promptTarget(clock, 'p', [disturbing({ state: 'absent' })], { window, create: true });
    target.onDeliver = async (_, store, signal) => {
      await clock.sleep(50 * seconds, signal);
      store();
      target.rows.set('1', disturbing());
    };
    await using _ = await startRig({ targets: [target], sources: [source] });
    await clock.advance(13 * hours);
    const second = target.writes[1] ?? assert.fail();
    assert.ok(second.at + 50 * seconds <= 12 * hours, `${second.at}`);
  });

  test('waits for the window, unless what the slot holds would end first; refresh names what waits', async () => {
    const clock = createVirtualClock();
    const open = (wall: number): number => {
      const hour = Math.floor(wall / hours) % 24;
      return hour >= 2 && hour < 4 ? wall : (Math.floor(wall / hours) + ((26 - hour) % 24 || 24)) * hours;
    };
    const target = promptTarget(clock, 'p', [disturbing({ state: 'absent' })], { window: open, create: true });
    // The test starts at midnight. The slot is empty, so it does not wait.
    await using rig = await startRig({ targets: [target] });
    await clock.advance(30 * minutes);
    assert.equal(target.writes.length, 1);
    target.rows.set('1', disturbing({ state: 'drifted' }));
    const [waiting] = rig.courier.refresh() ?? [];
    assert.match(`${waiting?.what} ${waiting?.why}`, /^1 slot of p deliveries that disturb wait for the window$/);
    await clock.advance(80 * minutes);
    assert.equal(target.writes.length, 1, 'shut until two');
    await clock.advance(12 * minutes);
    assert.equal(target.writes.length, 2, 'open');
    target.rows.set('1', disturbing());
    await clock.advance(24 * hours);
    const [first] = timesOf(target).slice(2);
    assert.ok(first !== undefined && first >= 9.4 && first < 10, `${first}: it would end before the next window`);
  });
});

describe('a delivery that disturbs comes rarely', () => {
  const disturbing = (more: Partial<Slot> = {}): Slot => ({ ...row('1'), disturbs: { below: 0.25 }, ...more });
  const timesOf = ({ writes }: TestTarget) => writes.map(({ at }) => at);
  /** A window of one hour each day, which first opens `begins` hours after the start. */
  const daily = (clock: VirtualClock, begins: number) => {
    const began = clock.wall() + begins * hours;
    return (wall: number) => {
      const into = (((wall - began) % (24 * hours)) + 24 * hours) % (24 * hours);
      return into < 1 * hours ? wall : wall - into + 24 * hours;
    };
  };

  for (const code of ['TIMEOUT', 'REJECTED', 'BUSY', 'NOT_FOUND', 'CREDENTIAL_REFUSED'] as const)
    for (const opens of ['always', 'daily'] as const)
      test(`when it always fails with ${code}, window open ${opens}`, async () => {
        const clock = createVirtualClock();
        const target = testTarget(clock, 'p', [disturbing()], opens === 'daily' ? { window: daily(clock, 20) } : {});
        target.onDeliver = async () => {
          throw failing(code, code === 'TIMEOUT' ? { mayLand: true } : {});
        };
        await using _ = await startRig({ targets: [target], keepsEvents: false, tickMs: 60 * seconds, cron: '*/20 * * * *' });
        await clock.advance(48 * hours);
        const times = timesOf(target);
        assert.ok(times.length >= 6 && times.length <= 12, `${times.map(at => at / hours)}`);
        for (const gap of gaps(times)) assert.ok(gap >= 30 * minutes, `${gap / minutes} min`);
        assert.ok(
          times.some(at => at > 11.9 * hours && at < 12 * hours),
          'once more before the end of what it held',
        );
      });

  for (const landed of ['landed', 'did not land'])
    test(`when it hung once and ${landed}: one more, half an hour later`, async () => {
      const clock = createVirtualClock();
      const target = testTarget(clock, 'p', [disturbing({ state: 'absent' })], { create: true });
      target.onDeliver = async (_, store) => {
        if (target.writes.length > 1) return;
        if (landed === 'landed') store();
        throw failing('TIMEOUT', { mayLand: true });
      };
      await using rig = await startRig({ targets: [target] });
      await clock.advance(8 * hours);
      const [gap] = gaps(timesOf(target));
      assert.equal(target.writes.length, 2);
      assert.ok(gap !== undefined && gap >= 30 * minutes && gap < 40 * minutes, `${gap}`);
      assert.equal(rig.courier.ledger.targets.get('p')?.entries.get('1')?.unsettled, undefined);
    });

  test('when it failed in a window that is shut before the next attempt: nextAttempt says when that comes', async () => {
    const clock = createVirtualClock(Date.UTC(2026, 0, 1, 2, 50));
    const target = promptTarget(clock, 'p', [disturbing({ state: 'drifted' })], { window: cronWindow('0-5 3 * * *') });
    target.onDeliver = async () => {
      throw failing('REJECTED');
    };
    await using rig = await startRig({ targets: [target] });
    await clock.advance(11 * minutes);
    assert.equal(target.writes.length, 1);
    const { ledger } = rig.courier;
    const record = ledger.targets.get('p') ?? assert.fail();
    const foreseen = ledger.nextAttempt(record, record.entries.get('1') ?? assert.fail()) ?? assert.fail();
    await clock.advance(12 * hours);
    const second = target.writes[1]?.at ?? assert.fail();
    assert.ok(Math.abs(second - foreseen) < 30 * seconds, `${foreseen / hours} h foreseen, ${second / hours} h`);
  });

  for (const pattern of ['0 0 3 * * *', '0 3 * * *'])
    for (const tickMs of [15 * seconds, 300 * seconds])
      test(`when its window is as short as ${pattern}, with a tick of ${tickMs / seconds} s: it begins as that opens`, async () => {
        const clock = createVirtualClock(Date.UTC(2026, 0, 1, 0, 2, 7));
        const target = promptTarget(clock, 'p', [disturbing()], { window: cronWindow(pattern) });
        await using _ = await startRig({ targets: [target], tickMs });
        await clock.advance(1 * minutes);
        target.rows.set('1', disturbing({ state: 'drifted' }));
        await clock.advance(4 * hours);
        const opens = 3 * hours - 2 * minutes - 7 * seconds;
        assert.deepEqual(
          timesOf(target).map(at => Math.round((at - opens) / minutes)),
          [0],
        );
      });

  test('when it drifts, and the window is shut, after a start as well: it waits, and nextAttempt says so', async () => {
    for (const after of [0, 1]) {
      const clock = createVirtualClock();
      const state = after === 0 ? 'drifted' : 'present';
      const target = promptTarget(clock, 'p', [disturbing({ state })], { window: daily(clock, 6) });
      await using rig = await startRig({ targets: [target] });
      await clock.advance(1 * hours);
      target.rows.set('1', disturbing({ state: 'drifted' }));
      await clock.advance(1 * hours);
      const { ledger } = rig.courier;
      const record = ledger.targets.get('p') ?? assert.fail();
      const foreseen = ledger.nextAttempt(record, record.entries.get('1') ?? assert.fail()) ?? assert.fail();
      assert.equal(foreseen - ledger.now(), 4 * hours);
      await clock.advance(10 * hours);
      assert.equal(target.writes.length, 1);
      assert.ok(Math.abs((timesOf(target)[0] ?? 0) - 6 * hours) < 2 * minutes, `${timesOf(target)}`);
    }
  });

  test('when the window opens only after the end of what it holds: late in the life of that, although it drifts', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [disturbing({ state: 'drifted' })], { window: daily(clock, 20) });
    await using _ = await startRig({ targets: [target] });
    await clock.advance(11 * hours);
    const [first] = timesOf(target);
    assert.ok(first !== undefined && first > 8.9 * hours && first < 9.2 * hours, `${first}`);
  });

  test('when it is always drifted: repairs are half an hour to eight hours apart, and reported', async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', []);
    target.onDiscover = async () => ({ slots: [disturbing({ state: 'drifted' })] });
    await using rig = await startRig({ targets: [target], keepsEvents: false });
    await clock.advance(72 * hours);
    assert.ok(target.writes.length >= 9 && target.writes.length <= 14, `${target.writes.length}`);
    const record = rig.courier.ledger.targets.get('p') ?? assert.fail();
    const findings = rig.courier.ledger.findingsOf(record, record.entries.get('1')).map(({ code }) => code);
    assert.deepEqual(findings, ['CONTESTED']);
  });

  for (const code of [undefined, 'REJECTED'] as const)
    test(`when somebody asks for a refresh each minute: ${code ?? 'it works'}`, async () => {
      const clock = createVirtualClock();
      const target = promptTarget(clock, 'p', [disturbing()]);
      target.onDeliver = async () => {
        if (code) throw failing(code);
      };
      await using rig = await startRig({ targets: [target], keepsEvents: false });
      const named = new Set<string>();
      for (let at = 0; at < 180; at++) {
        for (const { what, why } of rig.courier.refresh() ?? []) if (what === '1 slot of p') named.add(why);
        await clock.advance(1 * minutes);
      }
      assert.ok(target.writes.length >= 4 && target.writes.length <= 7, `${target.writes.length}`);
      for (const gap of gaps(timesOf(target))) assert.ok(gap >= 30 * minutes, `${gap / minutes} min`);
      assert.deepEqual([...named], [code ? 'the last try failed a moment ago' : 'deliveries that disturb keep a distance of half an hour']);
    });
});

test('a refresh of what disturbs waits for the newer credential, and restarts it once', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [{ ...row('1'), disturbs: { below: 0.25 }, state: 'drifted' }]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(24 * seconds);
  target.rows.set('1', { ...row('1'), disturbs: { below: 0.25 } });
  rig.courier.refresh();
  await clock.advance(2 * minutes);
  assert.equal(target.writes.length, 2);
  assert.equal(only(rig.sources).asked.length, 2);
  assert.deepEqual([...(target.stored.get('1')?.values() ?? [])], [only(rig.sources).issued[1]?.password.reveal()]);
});

test('a refresh of what disturbs, while it is being written, leads to one more write, with what was fetched after it', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [{ ...row('1'), disturbs: { below: 0.25 }, state: 'drifted' }]);
  target.onDeliver = async (_, store, signal) => {
    await clock.sleep(40 * seconds, signal);
    store();
    target.rows.set('1', { ...row('1'), disturbs: { below: 0.25 } });
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(20 * seconds);
  rig.courier.refresh();
  await clock.advance(2 * hours);
  const [first, second, ...more] = target.writes.map(({ passwords }) => [...passwords.values()].join());
  assert.deepEqual(more, []);
  assert.ok(second !== undefined && second !== first);
});

test('what a receipt says until the next report is over with that, whatever else the creation said', async () => {
  const clock = createVirtualClock();
  const spec = { severity: 'info', doc: 'D.', remedy: 'R.' } as const;
  const findings = { NOT_GRANTED: { ...spec, until: 'next report' }, ODD: spec } as const;
  const target = promptTarget(clock, 'p', [{ ...row('x'), state: 'absent' }], { create: true, findings });
  target.onDeliver = async (_, store) => {
    store();
    return { change: 'created', findings: ['NOT_GRANTED', 'ODD'].map(code => ({ code, message: 'Said.' })) };
  };
  await using rig = await startRig({ targets: [target], sources: [testSource(clock)] });
  const codes = () =>
    rig.courier.ledger.targets
      .get('p')
      ?.entries.get('x')
      ?.receiptFindings.map(({ code }) => code);
  while (target.writes.length === 0) await clock.advance(seconds);
  assert.deepEqual(codes(), ['NOT_GRANTED', 'ODD']);
  await clock.advance(3 * minutes);
  assert.deepEqual(codes(), ['ODD']);
  target.onDeliver = undefined;
  await clock.advance(7 * hours);
  assert.deepEqual(codes(), ['ODD'], 'it is remembered as said of the creation');
});

test('what the receipt of a creation says is not over with the next write, but with the slot', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [{ ...row('x'), state: 'absent' }], { create: true });
  const say = (code: string) => [{ code, message: 'Said.' }];
  target.onDeliver = async () => ({ change: 'created', findings: say('NOT_GRANTED') });
  await using rig = await startRig({ targets: [target], sources: [testSource(clock)] });
  const codes = () =>
    [...(rig.courier.ledger.targets.get('p')?.entries.values() ?? [])].flatMap(entry => entry.receiptFindings.map(({ code }) => code));
  await clock.advance(2 * minutes);
  assert.deepEqual(codes(), ['NOT_GRANTED']);

  target.rows.set('x', row('x'));
  target.onDeliver = async () => ({ change: 'updated', findings: say('ODD') });
  await clock.advance(7 * hours);
  assert.deepEqual(codes(), ['NOT_GRANTED', 'ODD']);
  target.onDeliver = undefined;
  await clock.advance(7 * hours);
  assert.deepEqual(codes(), ['NOT_GRANTED']);

  target.rows.set('x', { ...row('x'), state: 'absent' });
  target.onDeliver = async () => ({ change: 'created' });
  await clock.advance(10 * minutes);
  assert.deepEqual(codes(), []);
});
