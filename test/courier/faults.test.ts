import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure, type FailureCode, failures } from '../../src/contract/failures.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { failing, gaps, hours, minutes, only, promptTarget, registry, row, seconds, startRig, testSource, testTarget } from './rig.ts';

/** Imitates an HTTP client whose signal aborts after the request was sent. */
const hang = (_: unknown, __: unknown, signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(failing('TIMEOUT', { mayLand: true }))));

test('a target that hangs for ever delays nobody, and is tried at growing distances', async () => {
  const clock = createVirtualClock();
  const targets = Array.from({ length: 10 }, (_, at) => promptTarget(clock, `t${at}`, [row('1'), row('2')]));
  const stuck = targets[3];
  assert.ok(stuck);
  stuck.onDeliver = hang;
  await using rig = await startRig({ targets });
  await clock.advance(1 * seconds);
  for (const target of targets) assert.equal(target.stored.size, target === stuck ? 0 : 2, target.name);
  await clock.advance(2 * hours);
  const failed = rig.of('delivery-failed');
  assert.ok(failed.every(event => event.target === 't3' && event.failure.code === 'TIMEOUT'));
  const tries = stuck.writes.filter(write => write.slot === '1').map(write => write.at);
  assert.ok(
    gaps(tries).every(gap => gap >= 60 * seconds),
    'never before the deadline of the last one',
  );
  assert.ok(tries.length < 60, `${tries.length} tries in 2 h`);
});

test('a discovery that hangs ends at its deadline; the other targets go on', async () => {
  const clock = createVirtualClock();
  const targets = [promptTarget(clock, 'stuck', [row('1')]), promptTarget(clock, 'fine', [row('1')])];
  if (targets[0])
    targets[0].onDiscover = signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  await using rig = await startRig({ targets });
  await clock.advance(31 * seconds);
  assert.equal(targets[1]?.stored.size, 1);
  assert.deepEqual(
    rig.of('discovery-failed').map(event => event.failure.code),
    ['TIMEOUT'],
  );
});

test('a target that cannot be reached: its queue is shut, only discoveries probe it, from a second to five minutes apart', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(
    clock,
    'p',
    Array.from({ length: 100 }, (_, at) => row(String(at))),
  );
  await using rig = await startRig({ targets: [target] });
  await clock.advance(1 * minutes);
  target.onDeliver = async () => {
    throw failing('UNREACHABLE');
  };
  target.onDiscover = async () => {
    throw failing('UNREACHABLE');
  };
  const before = target.writes.length;
  await clock.advance(8 * hours);
  assert.ok(target.writes.length - before <= 4, 'those that were in flight when it went');
  const probes = gaps(target.discoveries.slice(2));
  assert.ok(
    probes.slice(0, 6).every((gap, at) => at === 0 || gap > (probes[at - 1] ?? 0)),
    'growing',
  );
  assert.ok(probes.slice(10).every(gap => gap > 3.7 * minutes && gap <= 5.3 * minutes));
  target.onDeliver = undefined;
  target.onDiscover = undefined;
  await clock.advance(6 * minutes);
  assert.equal(new Set(target.writes.slice(before).map(write => write.slot)).size, 100, 'all hold the newest after the recovery');
  assert.ok(
    rig.of('discovered').some(event => (event.downMs ?? 0) > 7 * hours),
    'the recovery says for how long',
  );
});

const slowCodes = (Object.keys(failures) as FailureCode[]).filter(code => failures[code].retry === 'slow');
for (const code of slowCodes) {
  test(`${code} is tried again in minutes, not seconds, and never given up`, async () => {
    const clock = createVirtualClock();
    const target = promptTarget(clock, 'p', [row('1')]);
    target.onDeliver = async () => {
      throw failing(code, { stops: 'slot' });
    };
    await using _ = await startRig({ targets: [target] });
    await clock.advance(12 * hours);
    const distances = gaps(target.writes.map(write => write.at));
    assert.ok(Math.min(...distances) >= 5 * minutes && Math.max(...distances) < 40 * minutes, `${distances}`);
  });
}

test('Retry-After is obeyed, up to an hour', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  target.onDiscover = async () => {
    throw failing('BUSY', { retryAfterMs: 24 * hours });
  };
  await using _ = await startRig({ targets: [target] });
  await clock.advance(10 * hours);
  assert.ok(gaps(target.discoveries).every(gap => gap >= 1 * hours && gap < 1.2 * hours));
});

test('waiting for a key file: looked for as often as the failure says', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  const { managed } = target;
  let there = false;
  target.managed = {
    ...managed,
    open: async () => {
      if (!there) throw failing('MISCONFIGURED', { retryAfterMs: 15 * seconds });
      return target.target;
    },
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(10 * minutes);
  assert.equal(rig.of('discovery-failed').filter(event => !event.repeat).length, 1, 'said once');
  there = true;
  await clock.advance(20 * seconds);
  assert.equal(target.stored.size, 1);
});

test('1,000 slots of which half are refused: the good half is served, the rest cost few attempts and few fetches', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(
    clock,
    'p',
    Array.from({ length: 1000 }, (_, at) => row(String(at))),
  );
  target.onDeliver = async slot => {
    if (Number(slot.id) % 2) throw failing('CREDENTIAL_REFUSED');
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(3 * hours);
  assert.equal(target.stored.size, 500);
  const { asked } = only(rig.sources);
  assert.ok(asked.length <= 8, `${asked.length} fetches`);
  assert.ok(Math.min(...gaps(asked).slice(1)) >= 29 * minutes, 'once at once, then once in 30 min');
  const refused = rig.of('delivery-failed').length;
  assert.ok(refused < 500 * 14, `${refused} refused attempts`);
});

test('1,000 slots that are all refused: each is tried once, then one at a time after its own pauses; no fetch more than for one', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(
    clock,
    'p',
    Array.from({ length: 1000 }, (_, at) => row(String(at))),
  );
  let atOnce = 0;
  let most = 0;
  target.onDeliver = async (_slot, _store, signal) => {
    most = Math.max(most, clock.mono() > 5 * minutes ? ++atOnce : 0);
    await clock.sleep(100, signal);
    atOnce = Math.max(0, atOnce - 1);
    throw failing('CREDENTIAL_REFUSED');
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(3 * hours);
  assert.equal(new Set(target.writes.map(write => write.slot)).size, 1000);
  assert.ok(target.writes.length <= 1000 * 9, `${target.writes.length} attempts`);
  assert.equal(most, 1);
  assert.ok((rig.sources[0]?.asked.length ?? 0) <= 2);
  target.onDeliver = undefined;
  await clock.advance(38 * minutes);
  assert.equal(target.stored.size, 1000);
});

test('50 hopeless slots do not starve 50 good ones', async () => {
  const clock = createVirtualClock();
  const rows = Array.from({ length: 100 }, (_, at) => row(String(at)));
  const target = promptTarget(
    clock,
    'p',
    rows.map(slot => (Number(slot.id) < 50 ? { ...slot, state: 'absent' as const } : slot)),
    { create: true },
  );
  target.onDeliver = async slot => {
    if (Number(slot.id) < 50) throw failing('UNEXPECTED');
  };
  await using _ = await startRig({ targets: [target] });
  await clock.advance(5 * minutes);
  assert.equal(target.stored.size, 50);
});

test('a write that was given up lands over a newer one: the newest is pushed until it was answered, and once more after the linger', async () => {
  const clock = createVirtualClock();
  const target = testTarget(clock, 'p', [row('1')]);
  await using rig = await startRig({ targets: [target] });
  await clock.advance(10 * minutes);
  let late = true;
  target.onDeliver = async (_slot, store, signal) => {
    if (!late) return undefined;
    late = false;
    // As recorded on Portainer: the server goes on after the client has disconnected, and stores the value at the end.
    void clock.sleep(150 * seconds, new AbortController().signal).then(store);
    return hang(_slot, store, signal);
  };
  await clock.advance(7 * hours);
  const newest = only(rig.sources).issued.at(-1)?.password.reveal();
  assert.equal(target.stored.get('1')?.get(registry().host), newest);
  const outcomes = rig.events.filter(event => event.kind === 'delivered' || event.kind === 'delivery-failed').slice(2);
  assert.deepEqual(
    outcomes.map(event => [event.kind, event.reason]),
    [
      ['delivery-failed', 'aging'],
      ['delivered', 'unsettled'],
      ['delivered', 'unsettled'],
    ],
  );
  const [answered, confirmed] = target.writes.slice(-2).map(write => write.at);
  assert.ok((confirmed ?? 0) - (answered ?? 0) > 2 * minutes, 'longer than the linger');
  assert.equal(only(rig.sources).asked.length, 2, 'no token is fetched to retry a write');
});

test('a creation that was given up is not repeated before a later report says that it did not land', async () => {
  const clock = createVirtualClock();
  const target = testTarget(clock, 'p', [{ ...row('new:x'), state: 'absent' }], { create: true });
  let lands = true;
  target.onDeliver = async (slot, store, signal) => {
    if (slot.id !== 'new:x') return undefined;
    if (lands) {
      const landed = () => {
        target.rows.clear();
        target.rows.set('7', row('7'));
      };
      void clock.sleep(100 * seconds, new AbortController().signal).then(landed);
    }
    lands = false;
    return hang(slot, store, signal);
  };
  await using _ = await startRig({ targets: [target] });
  await clock.advance(20 * minutes);
  assert.deepEqual(
    target.writes.map(write => write.slot),
    ['new:x', '7'],
  );
});

test('what somebody removes while a change of it may still land is made again at once, as no second one can come of that', async () => {
  const clock = createVirtualClock();
  const limits = { concurrency: 1, discoverMs: 30 * seconds, deliverMs: 15 * seconds, lingerMs: 10 * minutes };
  const target = testTarget(clock, 'p', [{ ...row('1'), state: 'drifted' }], { create: true, limits });
  let lost = 0;
  target.onDeliver = async (slot, store, signal) => (lost++ === 0 ? hang(slot, store, signal) : undefined);
  await using _ = await startRig({ targets: [target] });
  while (target.writes.length < 2) await clock.advance(seconds);
  target.rows.set('1', { ...row('1'), state: 'absent' });
  await clock.advance(2 * minutes);
  assert.equal(target.writes.length, 3);
  assert.deepEqual([...(target.stored.get('1')?.keys() ?? [])], [registry().host]);
});

test('when a creation is tried next is foreseen while it waits for a report', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [{ ...row('new:x'), state: 'absent' }], { create: true });
  target.onDeliver = hang;
  await using rig = await startRig({ targets: [target] });
  while (target.writes.length === 0) await clock.advance(seconds);
  const { ledger } = rig.courier;
  const record = ledger.targets.get('p') ?? assert.fail();
  const { deliverMs, lingerMs = deliverMs } = record.managed.limits;
  await clock.advance(deliverMs + 5 * seconds);
  const foreseen = ledger.nextAttempt(record, record.entries.get('new:x') ?? assert.fail()) ?? assert.fail('nothing is foreseen');
  assert.ok(foreseen > ledger.now() + lingerMs / 2, 'not before the first one can no longer land');

  while (target.writes.length === 1) await clock.advance(seconds);
  const late = ledger.now() - foreseen;
  assert.ok(late >= 0 && late < 2 * minutes, `${late} ms after what was foreseen`);
});

test('a slot that is gone is looked for soon, not tried again blindly', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1'), row('2')]);
  target.onDeliver = async slot => {
    if (slot.id === '2') {
      target.rows.delete('2');
      throw failing('NOT_FOUND');
    }
  };
  await using _ = await startRig({ targets: [target], cron: '0 0 * * *' });
  await clock.advance(31 * seconds);
  assert.equal(target.discoveries.length, 2);
  assert.equal(target.writes.filter(write => write.slot === '2').length, 1);
});

for (const count of [1, 50])
  test(`slots that the manager lists and never finds are looked for at ever greater distances: ${count}`, async () => {
    const clock = createVirtualClock();
    const lost = Array.from({ length: count }, (_, at) => row(`lost${at}`));
    const target = promptTarget(clock, 'p', [row('1'), ...lost]);
    target.onDeliver = async slot => {
      if (slot.id !== '1') throw failing('NOT_FOUND');
    };
    await using _ = await startRig({ targets: [target], cron: '0 23 * * *', keepsEvents: false });
    await clock.advance(10 * hours);
    const distances = gaps(target.discoveries);
    assert.ok((distances[0] ?? 0) <= 31 * seconds, `${distances[0]}`);
    assert.ok(Math.min(...distances) >= 30 * seconds);
    assert.ok(target.discoveries.length < 10 + 20, `${target.discoveries.length} discoveries`);
    const late = distances.slice(-10);
    assert.ok(Math.min(...late) >= 29 * minutes && Math.max(...late) <= 36 * minutes, `${late.map(gap => gap / minutes)}`);
    // A slot that is lost for the first time still leads to a prompt discovery.
    target.onDeliver = async slot => {
      if (slot.id === 'new') target.rows.delete('new');
      if (slot.id !== '1') throw failing('NOT_FOUND');
    };
    target.rows.set('new', row('new'));
    while (target.rows.has('new')) await clock.advance(1 * seconds);
    const looks = target.discoveries.length;
    await clock.advance(31 * seconds);
    assert.equal(target.discoveries.length, looks + 1);
  });

test('an adapter that throws what is not a Failure, or at once, costs one outcome and no more', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1'), row('2')]);
  target.onDeliver = slot => {
    if (slot.id === '1') throw new TypeError('cannot read properties of undefined');
    return Promise.resolve();
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(1 * seconds);
  assert.equal(target.stored.size, 1);
  assert.deepEqual(
    rig.of('delivery-failed').map(event => event.failure.code),
    ['UNEXPECTED'],
  );
});

test('each attempt has one outcome', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(
    clock,
    'p',
    Array.from({ length: 40 }, (_, at) => row(String(at))),
  );
  let turn = 0;
  target.onDeliver = async (_slot, _store, signal) => {
    turn++;
    if (turn % 5 === 0) return hang(undefined, undefined, signal);
    if (turn % 3 === 0) throw failing(turn % 2 ? 'UNEXPECTED' : 'CONFLICT');
    return undefined;
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(6 * hours);
  await rig.stop();
  assert.equal(rig.of('delivered').length + rig.of('delivery-failed').length, target.writes.length);
});

test('proving a thousand registries looks at each a few times, not at all of them after each answer', async () => {
  const clock = createVirtualClock();
  const rows = Array.from({ length: 1000 }, (_, at) => row(String(at), registry(String(100_000_000_000 + at))));
  const prove = async () => {
    await clock.sleep(10, new AbortController().signal);
    return { ok: true } as const;
  };
  await using rig = await startRig({ targets: [promptTarget(clock, 't', rows)], prove });
  const { proofs } = only([...rig.courier.ledger.scopes.values()]);
  const get = proofs.get.bind(proofs);
  let looks = 0;
  proofs.get = host => {
    looks++;
    return get(host);
  };
  await clock.advance(10 * seconds);
  assert.equal(rig.of('proved').length, 1000);
  assert.ok(looks > 900 && looks < 5000, `${looks} looks`);
});

test('a proof that fails is a finding, told once, and blocks nothing', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1'), row('2', registry('222222222222'))]);
  const asked: string[] = [];
  const prove = async ({ host }: { host: string }) => {
    asked.push(host);
    return host.startsWith('2') ? ({ ok: false, refused: true, message: '401 Not Authorized' } as const) : ({ ok: true } as const);
  };
  await using rig = await startRig({ targets: [target], prove });
  await clock.advance(2 * hours);
  assert.equal(target.stored.size, 2);
  const key = only([...rig.courier.ledger.scopes.values()]);
  assert.deepEqual(
    rig.courier.ledger.findingsOfScope(key).map(finding => finding.code),
    ['PROOF_REFUSED'],
  );
  assert.equal(rig.of('proved').filter(event => !event.ok && !event.repeat).length, 1);
  assert.equal(asked.filter(host => host.startsWith('1')).length, 1, 'once a credential');
});

test('rehearsing writes nothing and says what would be done', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1'), { ...row('new:x'), state: 'absent' }], { create: true });
  await using rig = await startRig({ targets: [target], rehearse: true });
  await clock.advance(1 * hours);
  assert.equal(target.writes.length, 0);
  assert.deepEqual(
    rig
      .of('delivered')
      .map(event => event.change)
      .sort(),
    ['created', 'updated'],
  );
});

test('AWS unreachable at the start: fetches grow apart from 5 s to 5 min, and the first success is delivered at once', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  const source = testSource(clock);
  source.failure = failing('UNREACHABLE');
  await using _ = await startRig({ targets: [target], sources: [source] });
  await clock.advance(2 * hours);
  const distances = gaps(source.asked);
  assert.ok(
    distances.every(gap => gap >= 5 * seconds && gap < 5.5 * minutes),
    `${distances}`,
  );
  assert.ok((distances[0] ?? 0) < 6 * seconds, 'the first try again waits for no tick');
  assert.ok((distances[6] ?? 0) > (distances[3] ?? 0));
  assert.ok(source.asked.length < 50);
  source.failure = undefined;
  await clock.advance(5.5 * minutes);
  const last = source.asked.at(-1) ?? 0;
  assert.ok((target.writes[0]?.at ?? 0) - last < 1 * seconds);
});

test('throttled: the pause that AWS asks for is kept, within an hour', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  source.failure = failing('BUSY', { retryAfterMs: 1 * hours });
  await using _ = await startRig({ targets: [promptTarget(clock, 'p', [row('1')])], sources: [source] });
  await clock.advance(10 * hours);
  assert.ok(gaps(source.asked).every(gap => gap >= 1 * hours));
});

test('what failed because of the whole target is tried again as soon as the target works', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1'), row('2'), row('3'), row('4')]);
  target.onDeliver = async () => {
    throw failing('FORBIDDEN', { stops: 'target' });
  };
  await using _ = await startRig({ targets: [target] });
  await clock.advance(10 * seconds);
  target.onDeliver = undefined;
  await clock.advance(7 * minutes);
  assert.equal(target.stored.size, 4);
  const late = target.writes.slice(-4).map(write => write.at);
  assert.ok(Math.max(...late) - Math.min(...late) < 20 * seconds, 'within a tick');
});

test('a slot that is not found does not cut short the pauses of a target that fails', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(
    clock,
    'p',
    Array.from({ length: 20 }, (_, at) => row(String(at))),
  );
  await using _ = await startRig({ targets: [target] });
  await clock.advance(1 * minutes);
  target.onDiscover = async () => {
    throw failing('TIMEOUT');
  };
  target.onDeliver = async () => {
    throw failing('NOT_FOUND');
  };
  await clock.advance(12 * hours);
  assert.ok(Math.min(...gaps(target.discoveries).slice(-20)) > 3 * minutes, 'in minutes at last');
});

test('a source whose every token has expired already: told once, asked again each minute, nothing delivered', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const target = promptTarget(clock, 'p', [row('1')]);
  source.failure = failing('MISCONFIGURED', { retryAfterMs: minutes });
  await using rig = await startRig({ targets: [target], sources: [source] });
  await clock.advance(2 * hours);
  assert.ok(gaps(source.asked).every(gap => gap >= minutes && gap < 1.2 * minutes));
  assert.equal(rig.of('fetch-failed').filter(event => !event.repeat).length, 1);
  assert.equal(target.writes.length, 0);
});

test('what is misconfigured after something else is news, although the code is the same', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [row('1')]);
  let wrong = 'no key yet';
  target.onDiscover = async () => {
    throw new Failure('MISCONFIGURED', wrong, { retryAfterMs: 15 * seconds });
  };
  await using rig = await startRig({ targets: [target] });
  await clock.advance(minutes);
  wrong = 'a certificate of nobody';
  await clock.advance(minutes);

  const news = rig.of('discovery-failed').filter(event => !event.repeat);
  assert.deepEqual(
    news.map(({ failure }) => failure.message),
    ['no key yet', 'a certificate of nobody'],
  );
});

test('creations that do not last are spaced and reported, also where each has an id of its own', async () => {
  const clock = createVirtualClock();
  const target = promptTarget(clock, 'p', [{ ...row('new:x'), state: 'absent' }], { create: true });
  let created = 0;
  target.onDeliver = async () => ({ change: 'created', id: String(++created) });
  await using rig = await startRig({ targets: [target] });
  await clock.advance(4 * hours);
  assert.ok(created > 6 && created < 16, `${created} creations`);
  const record = rig.courier.ledger.targets.get('p') ?? assert.fail();
  const findings = [...record.entries.values()].flatMap(entry => rig.courier.ledger.findingsOf(record, entry));
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['CONTESTED'],
  );
});
