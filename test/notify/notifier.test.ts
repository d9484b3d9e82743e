import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../src/contract/clock.ts';
import { clock } from '../../src/contract/clock.ts';
import { untoldEnd } from '../../src/contract/expiry.ts';
import { secretAddress } from '../../src/contract/receiver.ts';
import { engineFindings } from '../../src/courier/findings.ts';
import type { Ledger, Scope, TargetRecord } from '../../src/courier/ledger.ts';
import { createNotifier, type NotifyConfig } from '../../src/notify/notifier.ts';
import { until } from '../commands/cli.ts';
import { type FakeReceiver, startHeartbeats, startReceiver } from '../fakes/receivers.ts';
import { entry, epoch, euWest, hour, kept, ledgerOf, minute, scopeOf, target, trouble, verification } from '../observe/fixture.ts';

const forbidden = trouble('FORBIDDEN', 'Portainer answered 403.', -2 * hour);
const refused = trouble('AUTH', 'Portainer does not accept the key.', -minute, 1);

/** A ledger that the test changes, and a clock that advances only when the test says so. */
function world(first: readonly TargetRecord[] = []) {
  const state = { now: 0, targets: first, scopes: [] as readonly Scope[], live: true, next: undefined as number | undefined };
  const current = (): Ledger => ledgerOf(state.targets, { now: state.now, scopes: state.scopes, next: () => state.next });
  const ledger: Ledger = {
    ...current(),
    get targets() {
      return current().targets;
    },
    get scopes() {
      return current().scopes;
    },
    now: () => state.now,
    nextAttempt: () => state.next,
    date: moment => new Date(epoch + moment),
  };
  const wall: Clock = {
    wall: () => epoch + state.now,
    mono: clock.mono,
    // Skip the pause between two messages, but keep the deadline of one.
    sleep: async (ms, signal) => (ms < 10_000 ? undefined : await clock.sleep(ms, signal)),
  };
  const lines: string[] = [];
  const write = (message: string, data: object = {}) => void lines.push(`${message} ${JSON.stringify(data)}`);
  const log = { debug: write, info: write, warn: write, error: write };
  return { state, ledger, clock: wall, lines, log };
}

function startNotifier(at: ReturnType<typeof world>, config: Partial<NotifyConfig>, memory?: { text: string | undefined }) {
  const kept = memory && { recall: async () => memory.text, remember: (text: string) => void (memory.text = text) };
  const notifier = createNotifier({
    clock: at.clock,
    log: at.log,
    ledger: at.ledger,
    env: {},
    random: () => 0,
    memory: kept,
    findings: { ...engineFindings },
    live: () => at.state.live,
  });
  notifier.use({ receivers: [], heartbeat: undefined, publicUrl: 'https://c.example.com', ...config });
  return {
    ...notifier,
    /** Advances the clock by `ms`, with a look every 15 s. */
    async goOn(ms: number) {
      for (const end = at.state.now + ms; at.state.now < end; at.state.now += 15_000) {
        await notifier.look();
      }
    },
    [Symbol.asyncDispose]: notifier.close,
  };
}

const to = (receiver: FakeReceiver, name = 'hook'): NotifyConfig['receivers'][number] => ({
  name,
  format: 'webhook',
  caFile: undefined,
  caFileNamed: '',
  host: undefined,
  open: async () => secretAddress(receiver.address),
});
const titles = ({ taken }: FakeReceiver): unknown[] => taken.map(({ title }) => title);

const fine = (name: string) => target(name, [entry('1', scopeOf(euWest), kept(hour))]);
const dying = (name: string, ...ids: string[]) =>
  target(
    name,
    ids.map(id => entry(id, scopeOf(euWest), kept(9 * hour), { trouble: forbidden })),
  );

test('nothing is said while all is well, and nothing of what fails with time left', async () => {
  await using hook = await startReceiver('webhook');
  const young = target('young', [entry('1', scopeOf(euWest), kept(hour), { trouble: forbidden })]);
  const at = world([fine('portainer'), young]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(5 * minute);

  assert.deepEqual(titles(hook), []);
});

test('a login that will end is told once, with why and what to do, and once more when it is over', async () => {
  await using hook = await startReceiver('webhook');
  const at = world([dying('portainer', '7')]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(30 * minute);
  assert.deepEqual(titles(hook), [
    `portainer: the login of ecr-7 (row 7) for ${euWest} ends at 2026-03-01 13:00 UTC (in 3 h), and it is not renewed.`,
  ]);
  const [first = {}] = hook.taken;
  assert.deepEqual([first['event'], first['link']], ['threat', 'https://c.example.com/?target=portainer']);
  assert.match(JSON.stringify(first['threats']), /Portainer answered 403.*Grant the right/);

  at.state.targets = [target('portainer', [entry('7', scopeOf(euWest), kept(-30 * minute))])];
  await notifier.goOn(30 * minute);
  assert.deepEqual(titles(hook).slice(1), ['portainer: its logins are renewed again.']);
});

test('it is over when it is renewed, and not when the failure alone is gone', async () => {
  await using hook = await startReceiver('webhook');
  const at = world([dying('portainer', '7')]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(2 * minute);
  at.state.targets = [target('portainer', [entry('7', scopeOf(euWest), kept(9 * hour))])];
  await notifier.goOn(5 * minute);
  assert.equal(hook.taken.length, 1);
  at.state.targets = [fine('portainer')];
  await notifier.goOn(2 * minute);
  assert.equal(hook.taken.length, 2);
});

test('a failing login that ends before the next attempt is told, however young it is', async () => {
  await using hook = await startReceiver('webhook');
  const at = world([target('portainer', [entry('7', scopeOf(euWest), kept(hour), { trouble: forbidden })])]);
  at.state.next = 10 * hour;
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(5 * minute);
  assert.equal(hook.taken.length, 0);
  at.state.next = 12 * hour;
  await notifier.goOn(2 * minute);
  assert.match(String(titles(hook)), /ends at 2026-03-01 21:00 UTC/);
});

test('an entry that never got a login is told after ten minutes, one that has ended without a failure after five', async () => {
  await using hook = await startReceiver('webhook');
  const never = entry('7', scopeOf(euWest), undefined, { trouble: trouble('REJECTED', 'No.', 0) });
  const ended = entry('1', scopeOf(euWest), kept(12 * hour));
  const foreign = entry('2', scopeOf(euWest), { ...kept(12 * hour), expiresAt: untoldEnd });
  const at = world([target('portainer', [never]), target('harbor', [ended]), target('docker', [foreign])]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(4 * minute);
  assert.deepEqual(titles(hook), []);
  await notifier.goOn(3 * minute);
  const [docker, harbor] = titles(hook).map(String).toSorted();
  assert.match(String(harbor), /^harbor: the login of ecr-1 \(row 1\) for \S+ ended 6 min ago, and it is not renewed\.$/);
  assert.match(String(docker), /^docker: no login for \S+ could be put into ecr-2 \(row 2\)\.$/, 'nobody knows when its end was');
  await notifier.goOn(5 * minute);
  assert.match(String(titles(hook)[2]), /^portainer: no login for \S+ could be put into ecr-7 \(row 7\)\.$/);
});

test('what must be left alone is told when its login ends soon, and not while that is good or unknown', async () => {
  await using hook = await startReceiver('webhook');
  const waits = { slotOf: { waits: true } };
  const of = (...held: Parameters<typeof entry>[2][]) => held.map((one, at) => entry(String(at), scopeOf(euWest), one, waits));
  const at = world([target('swarm', of(kept(7 * hour), undefined))]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });
  await notifier.goOn(20 * minute);
  assert.deepEqual(titles(hook), []);
  await notifier.goOn(45 * minute);
  assert.deepEqual(titles(hook), [
    `swarm: the login of ecr-0 (row 0) for ${euWest} ends at 2026-03-01 15:00 UTC (in 3 h 59 min), and it is not renewed.`,
  ]);
  at.state.targets = [target('swarm', of(kept(-hour), undefined))];
  await notifier.goOn(5 * minute);
  assert.deepEqual(titles(hook).slice(1), ['swarm: its logins are renewed again.']);
});

test('a refused pull that was told is not over before it was asked for again', async () => {
  await using hook = await startReceiver('webhook');
  const memory: { text: string | undefined } = { text: undefined };
  const at = world([{ ...fine('portainer'), findings: [{ code: 'PULL_REFUSED', message: 'A right is missing.' }] }]);
  {
    await using notifier = startNotifier(at, { receivers: [to(hook)] }, memory);
    await notifier.goOn(2 * minute);
  }
  at.state.targets = [{ ...fine('portainer'), verified: [verification('team/app:1')] }];
  await using notifier = startNotifier(at, { receivers: [to(hook)] }, memory);
  await notifier.goOn(10 * minute);
  assert.equal(hook.taken.length, 1);
  at.state.targets = [{ ...fine('portainer'), verified: [verification('team/app:1', { result: { ok: true, at: 0 } as never })] }];
  await notifier.goOn(2 * minute);
  assert.equal(hook.taken.length, 2);
});

test('many registries of one target are one message; one that comes to them is told later, one that leaves is not', async () => {
  await using hook = await startReceiver('webhook');
  const ids = Array.from({ length: 40 }, (_, at) => String(at));
  const at = world([dying('portainer', ...ids)]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(10 * minute);
  assert.equal(hook.taken.length, 1);
  assert.match(String(titles(hook)[0]), /^portainer: 40 logins end, the next at /);
  const [{ threats } = {}] = hook.taken;
  assert.equal((threats as { more: number }[])[0]?.more, 30);

  at.state.targets = [dying('portainer', ...ids.slice(1), 'new')];
  await notifier.goOn(30 * minute);
  assert.equal(hook.taken.length, 2);
  at.state.targets = [dying('portainer', 'new')];
  await notifier.goOn(3 * hour - 60 * minute);
  assert.equal(hook.taken.length, 2, titles(hook).join('\n'));
});

test('a refused key is told, not again when the manager is out of reach, and over when it is looked at again', async () => {
  await using hook = await startReceiver('webhook');
  const at = world([{ ...fine('portainer'), trouble: refused }]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(5 * minute);
  at.state.targets = [{ ...fine('portainer'), trouble: trouble('UNREACHABLE', 'No connection.') }];
  await notifier.goOn(5 * minute);
  at.state.targets = [{ ...fine('portainer'), trouble: refused }];
  await notifier.goOn(5 * minute);
  at.state.targets = [fine('portainer')];
  await notifier.goOn(5 * minute);

  assert.deepEqual(titles(hook), ['portainer: its key is refused.', 'portainer: its key is accepted again.']);
});

test('AWS keys that are refused are told of their source', async () => {
  await using hook = await startReceiver('webhook');
  const at = world([fine('portainer')]);
  at.state.scopes = [scopeOf(euWest, { trouble: trouble('AUTH', 'AWS does not know the key.') })];
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(5 * minute);
  at.state.scopes = [scopeOf(euWest, { kept: kept(0) })];
  await notifier.goOn(5 * minute);

  assert.deepEqual(titles(hook), [
    'source default (eu-west-1): its keys are refused.',
    'source default (eu-west-1): its keys are accepted again.',
  ]);
});

test('a finding of severity error is told, one of a warning is not', async () => {
  await using hook = await startReceiver('webhook');
  const findings = [
    { code: 'PULL_REFUSED', message: 'team/app:1: a right is missing.' },
    { code: 'CONTESTED', message: 'Somebody else writes.' },
  ];
  const at = world([{ ...fine('portainer'), findings }]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(5 * minute);
  at.state.targets = [fine('portainer')];
  await notifier.goOn(5 * minute);

  assert.deepEqual(titles(hook), ['portainer: team/app:1: a right is missing.', 'portainer: PULL_REFUSED is over.']);
});

const refusedIn = (...slots: string[]) =>
  target(
    'harbor',
    ['1', '2', '3'].map(id =>
      entry(id, scopeOf(euWest), kept(hour), {
        receiptFindings: slots.includes(id) ? [{ code: 'ENDPOINT_HTTP', message: `The endpoint ${id} begins with http://.` }] : [],
      }),
    ),
    { managed: { ...fine('harbor').managed, findings: { ENDPOINT_HTTP: { severity: 'error', doc: '', remedy: 'Use https.' } } } },
  );

test('a finding of severity error that comes to another slot is told anew, and names all of them', async () => {
  await using hook = await startReceiver('webhook');
  const at = world([refusedIn('1')]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(20 * minute);
  at.state.targets = [refusedIn('1', '3')];
  await notifier.goOn(20 * minute);
  at.state.targets = [refusedIn('3')];
  await notifier.goOn(20 * minute);
  at.state.targets = [refusedIn()];
  await notifier.goOn(5 * minute);

  assert.deepEqual(titles(hook), [
    'harbor: The endpoint 1 begins with http://.',
    'harbor: The endpoint 1 begins with http://. And 1 more of this kind.',
    'harbor: ENDPOINT_HTTP is over.',
  ]);
  assert.match(JSON.stringify(hook.taken[1]), /"details":\["The endpoint 3 begins with http:\/\/\."\].*"remedy":"Use https\."/);
});

test('an image that is refused beside another one is told', async () => {
  await using hook = await startReceiver('webhook');
  const of = (...names: string[]) => ({
    ...fine('portainer'),
    verified: names.map(name => ({ name, result: { ok: false, refused: true } })) as never,
  });
  const at = world([of('team/app:1')]);
  at.ledger.findingsOf = record =>
    (record.verified ?? []).map(({ name }) => ({ code: 'PULL_REFUSED', message: `${name}: a right is missing.` }));
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(20 * minute);
  at.state.targets = [of('team/app:1', 'team/app:2')];
  await notifier.goOn(20 * minute);

  assert.deepEqual(titles(hook).slice(1), ['portainer: team/app:1: a right is missing. And 1 more of this kind.']);
});

test('of a target that is paused, one sentence is said, whatever threatened there', async () => {
  await using slack = await startReceiver('slack');
  const threatened = { ...dying('portainer', '7'), trouble: refused };
  const at = world([threatened]);
  await using notifier = startNotifier(at, { receivers: [{ ...to(slack, 'slack'), format: 'slack' }] });

  await notifier.goOn(5 * minute);
  at.state.targets = [{ ...threatened, managed: { ...threatened.managed, paused: true } }];
  await notifier.goOn(5 * minute);

  assert.equal(slack.taken.length, 2);
  assert.equal(JSON.stringify(slack.taken[1]).match(/it is paused/g)?.length, 1);
});

test('what comes and goes is told ever more seldom', async () => {
  await using hook = await startReceiver('webhook');
  const at = world();
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  for (let turn = 0; turn < 60; turn++) {
    at.state.targets = [turn % 2 === 0 ? { ...fine('portainer'), trouble: refused } : fine('portainer')];
    await notifier.goOn(2 * minute);
  }

  // Messages come at 0, 15, 45 and 105 minutes, and each time when the trouble is over.
  assert.equal(hook.taken.length, 8, titles(hook).join('\n'));
});

test('what ends before anybody could be told is not told', async () => {
  await using hook = await startReceiver('webhook');
  const at = world([{ ...fine('portainer'), trouble: refused }]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(30_000);
  at.state.targets = [fine('portainer')];
  await notifier.goOn(5 * minute);

  assert.deepEqual(titles(hook), []);
});

test('many targets at a time are one message', async () => {
  await using hook = await startReceiver('webhook');
  const at = world(Array.from({ length: 100 }, (_, number) => dying(`portainer-${number}`, '1')));
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(10 * minute);
  at.state.targets = Array.from({ length: 100 }, (_, number) => fine(`portainer-${number}`));
  await notifier.goOn(10 * minute);

  assert.deepEqual(titles(hook), ['100 targets need attention.', '100 targets: all clear.']);
  const text = String(hook.taken[0]?.['text']);
  assert.match(text, /^portainer-0: .*\nportainer-19: .*\n- Portainer answered 403\.\nWhat to do: .*\nAnd 80 more places\.$/s);
  assert.equal(text.match(/Portainer answered 403/g)?.length, 1, 'what is so everywhere is said once');
});

test('a failing receiver changes nothing for the others, is shown with its reason, and later hears what is so then', async () => {
  await using broken = await startReceiver('webhook');
  await using hook = await startReceiver('webhook');
  broken.fault = () => ({ status: 503, text: 'not now' });
  const at = world([{ ...fine('portainer'), trouble: refused }, dying('harbor', '1')]);
  await using notifier = startNotifier(at, { receivers: [to(broken, 'broken'), to(hook)] });

  await notifier.goOn(10 * minute);
  assert.equal(hook.taken.length, 2);
  const [state] = notifier.states();
  assert.match(state?.trouble?.failure.message ?? '', /503: not now/);
  assert.ok(broken.requests.length < 20, `${broken.requests.length} requests in ten minutes`);

  at.state.targets = [fine('portainer'), dying('harbor', '1')];
  await notifier.goOn(5 * minute);
  broken.fault = undefined;
  await notifier.goOn(10 * minute);
  assert.deepEqual(
    titles(broken)
      .map(String)
      .map(title => title.split(':')[0]),
    ['harbor'],
  );
  assert.equal(notifier.states()[0]?.trouble, undefined);
  assert.equal(at.lines.filter(line => line.startsWith('receiver failed') && line.includes('remedy')).length, 1);
});

test('a restart says nothing again of what was told, and says when it is over; without a memory it says it once', async () => {
  await using hook = await startReceiver('webhook');
  const memory: { text: string | undefined } = { text: undefined };
  const at = world([dying('portainer', '7')]);
  {
    await using notifier = startNotifier(at, { receivers: [to(hook)] }, memory);
    await notifier.goOn(5 * minute);
    assert.equal(hook.taken.length, 1);
  }
  {
    // At first it is unknown whether the trouble continues or is over.
    at.state.targets = [target('portainer', [], { discoveredAt: undefined })];
    await using notifier = startNotifier(at, { receivers: [to(hook)] }, memory);
    await notifier.goOn(2 * minute);
    at.state.targets = [target('portainer', [entry('7', scopeOf(euWest))])];
    await notifier.goOn(2 * minute);
    at.state.targets = [dying('portainer', '7')];
    await notifier.goOn(20 * minute);
    assert.equal(hook.taken.length, 1, titles(hook).join('\n'));
    at.state.targets = [fine('portainer')];
    await notifier.goOn(2 * minute);
    assert.equal(hook.taken.length, 2);
  }
  at.state.targets = [dying('portainer', '7')];
  await using forgetful = startNotifier(at, { receivers: [to(hook)] });
  await forgetful.goOn(5 * minute);
  assert.equal(hook.taken.length, 3);
});

test('a reload keeps what was told; a receiver that comes to it hears what threatens', async () => {
  await using hook = await startReceiver('webhook');
  await using other = await startReceiver('webhook');
  const at = world([dying('portainer', '7')]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });
  await notifier.goOn(2 * minute);

  notifier.use({ receivers: [to(hook), to(other, 'other')], heartbeat: undefined, publicUrl: undefined });
  await notifier.goOn(2 * minute);

  assert.deepEqual([hook.taken.length, other.taken.length], [1, 1]);
  assert.deepEqual(
    notifier.states().map(({ succeededAt }) => succeededAt !== undefined),
    [true, true],
  );
  assert.equal(other.taken[0]?.['link'], null);
});

test('a memory that is broken is none', async () => {
  for (const text of ['{', '[]', 'null', '{"hook":{"portainer":{"logins":{"at":"x"}}}}', '{"hook":7}']) {
    await using hook = await startReceiver('webhook');
    await using notifier = startNotifier(world([dying('portainer', '7')]), { receivers: [to(hook)] }, { text });
    await notifier.goOn(2 * minute);
    assert.equal(hook.taken.length, 1, text);
  }
});

test('a target that is paused or removed is over, and says that', async () => {
  await using hook = await startReceiver('webhook');
  const at = world([dying('portainer', '7'), dying('harbor', '1')]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });
  await notifier.goOn(2 * minute);

  at.state.targets = [{ ...dying('portainer', '7'), managed: { ...dying('portainer').managed, paused: true } }];
  await notifier.goOn(2 * minute);

  assert.match(titles(hook).slice(2).map(String).sort().join('\n'), /^harbor: it is not configured any more.*\nportainer: it is paused/);
});

test('a target that could not be looked at since the start is told after an hour, as nobody knows its logins', async () => {
  await using hook = await startReceiver('webhook');
  const unseen = target('portainer', [], { discoveredAt: undefined, trouble: trouble('UNREACHABLE', 'No connection.', 0) });
  const at = world([unseen]);
  await using notifier = startNotifier(at, { receivers: [to(hook)] });

  await notifier.goOn(59 * minute);
  assert.deepEqual(titles(hook), []);
  await notifier.goOn(3 * minute);
  assert.match(titles(hook).join(), /^portainer: it could not be looked at for 1 h 1 min, so its logins may end unrenewed\.$/);
});

const beats: [name: string, path: string, told: string[]][] = [
  ['healthchecks.io', '/ping/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278', ['up', 'up', 'down', 'up']],
  ['Uptime Kuma', '/api/push/kum4T0ken99?status=up&msg=OK&ping=', ['up', 'up', 'down', 'up']],
  ['a plain address', '/plain', ['up', 'up', 'up']],
];
for (const [name, path, told] of beats)
  test(`the heartbeat of ${name} is called while all is well, and not while something threatens`, async () => {
    await using server = await startHeartbeats();
    const at = world([target('portainer', [], { discoveredAt: undefined })]);
    const heartbeat = {
      ...({ name: 'heartbeat', format: 'auto', everySeconds: 60, caFile: undefined, caFileNamed: '', host: undefined } as const),
    };
    await using notifier = startNotifier(at, { heartbeat: { ...heartbeat, open: async () => secretAddress(server.url + path) } });

    await notifier.goOn(5 * minute);
    assert.deepEqual(server.heard, [], 'nothing is known yet');
    at.state.targets = [fine('portainer')];
    await notifier.goOn(2 * minute - 15_000);
    at.state.targets = [{ ...fine('portainer'), trouble: refused }];
    await notifier.goOn(10 * minute);
    at.state.targets = [fine('portainer')];
    await notifier.goOn(45_000);

    assert.deepEqual(server.heard, told);
  });

test('a heartbeat says nothing of what is over before anybody is told', async () => {
  await using server = await startHeartbeats();
  const at = world([fine('portainer')]);
  const heartbeat = { name: 'heartbeat', format: 'auto', everySeconds: 30, caFile: undefined, caFileNamed: '', host: undefined } as const;
  await using notifier = startNotifier(at, {
    heartbeat: { ...heartbeat, open: async () => secretAddress(`${server.url}/api/push/kum4T0ken99`) },
  });

  await notifier.goOn(minute);
  at.state.targets = [{ ...fine('portainer'), trouble: refused }];
  await notifier.goOn(30_000);
  assert.equal(server.heard.length, 2, 'nor that all is well');
  at.state.targets = [fine('portainer')];
  await notifier.goOn(minute);

  assert.ok(server.heard.length > 2 && !server.heard.includes('down'), server.heard.join());
});

test('after a start, a heartbeat does not say that all is well while a slot without a known login refuses one', async () => {
  await using server = await startHeartbeats();
  const at = world();
  const failing = target('portainer', [
    entry('1', scopeOf(euWest), kept(hour)),
    entry('2', scopeOf(euWest), undefined, { trouble: { ...forbidden, since: at.state.now } }),
  ]);
  at.state.targets = [failing];
  const heartbeat = { name: 'heartbeat', format: 'auto', everySeconds: 60, caFile: undefined, caFileNamed: '', host: undefined } as const;
  await using notifier = startNotifier(at, {
    heartbeat: { ...heartbeat, open: async () => secretAddress(`${server.url}/api/push/kum4T0ken99`) },
  });

  await notifier.goOn(9 * minute);
  assert.deepEqual(server.heard, []);
  await notifier.goOn(3 * minute);
  assert.deepEqual(server.heard, ['down']);

  const later = world([{ ...failing, managed: { ...failing.managed, paused: true } }, fine('other')]);
  await using another = startNotifier(later, {
    heartbeat: { ...heartbeat, open: async () => secretAddress(`${server.url}/api/push/kum4T0ken99`) },
  });
  await another.goOn(2 * minute);
  assert.deepEqual(server.heard.slice(1), ['up', 'up']);
});

test('a heartbeat that was refused is called again as often as ever, with why in bounds', async () => {
  await using server = await startHeartbeats();
  const at = world([fine('portainer')]);
  const heartbeat = { name: 'heartbeat', format: 'auto', everySeconds: 60, caFile: undefined, caFileNamed: '', host: undefined } as const;
  const url = `${server.url}/ping/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278`;
  await using notifier = startNotifier(at, { heartbeat: { ...heartbeat, open: async () => secretAddress(url) } });
  server.fault = () => ({ status: 403 });
  await notifier.goOn(10 * minute);
  assert.ok(server.requests.length >= 10, `${server.requests.length} in ten minutes`);

  server.fault = undefined;
  at.state.targets = Array.from({ length: 300 }, (_, number) => ({ ...fine(`portainer-${number}`), trouble: refused }));
  await notifier.goOn(2 * minute);
  const { why } = JSON.parse(String(server.requests.at(-1)?.body)) as { why: string };
  assert.match(why, /^portainer-0: its key is refused\. .* And 290 more\.$/);
});

test('a heartbeat that is answered and not taken is a failure', async () => {
  await using server = await startHeartbeats();
  const at = world([fine('portainer')]);
  const heartbeat = {
    ...({ name: 'heartbeat', format: 'auto', everySeconds: 60, caFile: undefined, caFileNamed: '', host: undefined } as const),
  };
  await using notifier = startNotifier(at, {
    heartbeat: { ...heartbeat, open: async () => secretAddress(`${server.url}/api/push/g0neT0ken1`) },
  });
  await notifier.goOn(minute);
  assert.match(notifier.states()[0]?.trouble?.failure.message ?? '', /404: .*Monitor not found/);

  server.fault = () => ({ status: 200, text: 'OK (not found)' });
  await notifier.goOn(10 * minute);
  await until(() => /not taken: OK \(not found\)/.test(notifier.states()[0]?.trouble?.failure.message ?? ''), 'the second reason');
});
