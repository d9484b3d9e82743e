import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { replacesLogins } from '../../../adapters/portainer/environments.ts';
import { findings as table } from '../../../adapters/portainer/findings.ts';
import { portainer } from '../../../adapters/portainer.ts';
import type { Memory } from '../../../src/contract/memory.ts';
import { Secret } from '../../../src/contract/secret.ts';
import type { Discovery, Slot, Target } from '../../../src/contract/target.ts';
import { adminKey, type FakePortainer, startFakePortainer } from '../../fakes/portainer.ts';
import { makeSwarm, type Swarm, type SwarmOptions } from '../../fakes/swarm.ts';
import { type Stage, testAdapter } from '../contract.ts';
import { absent, codesOf, failing, host, other, type Rig, rigOn } from '../rig.ts';
import { givenAt, hour, type LeapingClock, leapingClock, loginOf, specOf } from '../swarm/rig.ts';

type Ref = ReturnType<typeof portainer.create> extends Target<infer R> ? R : never;
const rowOf = (URL: string) => ({ Name: `row of ${URL}`, URL, Authentication: true, Username: 'AWS', Password: 'token-1' });
const environment = { Id: 3, Name: 'swarm', kind: 'docker' as const, users: [] };
const optionsFor = (url: string) => {
  const key = { apiKey: new Secret(adminKey), username: undefined, password: undefined };
  return { url, ...key, swarm: true, services: 'labelled' as const };
};

/** Starts Portainer in front of a Swarm. */
async function fakes(swarm: Swarm, hosts: readonly string[] = [host, other], version?: string, second?: Swarm): Promise<FakePortainer> {
  return await startFakePortainer({
    registries: hosts.map(rowOf),
    endpoints: [environment, ...(second ? [{ ...environment, Id: 4, Name: 'agent' }] : [])],
    upstream: { engine: { endpoint: 3, swarm: true, images: [] } },
    swarm,
    ...(second && { swarms: new Map([[4, second]]) }),
    ...(version !== undefined && { version }),
  });
}

async function onFake(): Promise<Stage<typeof portainer.options>> {
  const services = [specOf('web', { replicas: 0 }), specOf('api', { replicas: 0, image: `${other}/team/app:1` })];
  const server = await fakes(makeSwarm({ services: services.map(spec => ({ spec, login: loginOf('token-1') })) }));
  return {
    options: optionsFor(server.url),
    hosts: [host, other],
    absent,
    server,
    passwordOf: slot => server.passwordOf(Number(slot.id)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
const isWrite = ({ method, path }: { method: string; path: string }): boolean =>
  method !== 'GET' && !/\/(auth|ping)$|version=0$/.test(path) && !path.includes('/docker/');
describe('with the services of a Swarm', () => testAdapter({ adapter: portainer, start: onFake, isWrite }));

interface SwarmRig extends Rig<FakePortainer, Ref> {
  readonly swarm: Swarm;
  readonly clock: LeapingClock;
  /** Delivers a password to the slot with this title: a row, or a service. */
  give(title: RegExp, password: string): ReturnType<Rig<FakePortainer, Ref>['deliver']>;
  slot(title: RegExp): Promise<Slot<Ref>>;
  updates(): number;
}
interface Setup extends SwarmOptions {
  readonly hosts?: readonly string[];
  readonly version?: string;
  readonly memory?: Memory;
  readonly clock?: LeapingClock;
  /** The hosts that the target's `registries:` ask for. */
  readonly wanted?: readonly string[];
  /** The Swarm behind environment 4: the same one, or another one with the service `shop`. */
  readonly second?: 'same' | 'another';
}
async function rig({ hosts, version, memory, wanted = [], second, clock = leapingClock(), ...setup }: Setup = {}): Promise<SwarmRig> {
  const services = [{ spec: specOf('web'), login: loginOf('token-1') }];
  const registries = [{ host, user: 'AWS', password: 'token-1', images: { 'team/app:1': 'sha256:one', 'team/app:2': 'sha256:two' } }];
  const swarm = makeSwarm({ services, registries, clock, ...setup });
  const another = makeSwarm({ services: [{ spec: specOf('shop'), login: loginOf('token-1') }], registries, clock });
  const behind = second && (second === 'same' ? swarm : another);
  return await around({ fake: await fakes(swarm, hosts, version, behind), swarm, clock }, { memory, wanted });
}

/** Makes a leaping clock on which, after `hangs`, a sleep of 3 s or more ends when it is the only one left. */
function impatient(): { readonly clock: LeapingClock; hangs(): void } {
  const leaping = leapingClock();
  const waiting = new Set<() => void>();
  let isHung = false;
  const wakeLast = (): void => {
    const [last, ...more] = waiting;
    if (isHung && last && more.length === 0) last();
  };
  const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    if (ms < 3_000) return await leaping.sleep(ms, signal);
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.add(resolve);
    signal.addEventListener('abort', () => resolve());
    wakeLast();
    await promise;
    waiting.delete(resolve);
    wakeLast();
  };
  const hangs = (): void => {
    isHung = true;
    wakeLast();
  };
  return { clock: { ...leaping, sleep }, hangs };
}
const toEnvironment = (id: number) => (request: { readonly path: string }) => request.path.startsWith(`/api/endpoints/${id}/docker/`);

/** Opens a target on this Portainer, as a process of the courier does. */
async function around(
  { fake, swarm, clock }: Pick<SwarmRig, 'fake' | 'swarm' | 'clock'>,
  setting: { readonly memory?: Memory | undefined; readonly wanted?: readonly string[] },
): Promise<SwarmRig> {
  const made = await rigOn(fake, deps => portainer.create(optionsFor(fake.url), deps), { clock, ...setting });
  const slot = async (title: RegExp): Promise<Slot<Ref>> => {
    const { slots } = await made.discover();
    return slots.find(one => title.test(one.title ?? '')) ?? assert.fail(`there is no slot ${String(title)}`);
  };
  return Object.assign(made, {
    swarm,
    clock,
    slot,
    give: async (title: RegExp, password: string) => await made.deliver(await slot(title), givenAt(clock.wall(), password)),
    updates: () => fake.requests.filter(({ method, path }) => method === 'POST' && path.includes('/docker/services/')).length,
  });
}
const services = ({ slots }: Discovery<Ref>) => slots.filter(({ id }) => id.startsWith('swarm/'));

describe('a service behind Portainer', () => {
  test('comes after the row of its host, and only the number of that row goes with the update', async () => {
    await using p = await rig();
    const slot = await p.slot(/web/);
    assert.deepEqual([slot.id, slot.after, slot.follows, slot.registries], [`swarm/3/${p.swarm.service('web').id}`, '1', 'in time', []]);
    await p.give(/row 1/, 'token-2');
    await p.deliver(slot, givenAt(p.clock.wall(), 'token-2'));
    assert.deepEqual(p.swarm.service('web').login, { username: 'AWS', password: 'token-2' });
    const update = p.fake.requests.findLast(({ method }) => method === 'POST');
    const sent = Buffer.from(String(update?.headers['x-registry-auth']), 'base64').toString();
    assert.equal(sent, '{"registryId":1}');
    assert.equal(update?.headers['x-portaineragent-manageroperation'], '1', 'an agent that is not a manager asks one');
    assert.match(update.path, /^\/api\/endpoints\/3\/docker\/services\/\w+\/update\?version=\d+$/);
  });

  test('is not written where something removes the login on the way, and registries are all the same', async () => {
    await using p = await rig();
    const slot = await p.slot(/web/);
    p.swarm.quirks.strips = 'x-registry-auth';
    await p.give(/row 1/, 'token-2');
    for (const ask of [
      () => p.deliver(slot, givenAt(p.clock.wall(), 'token-2')),
      () => p.rehearse(slot, givenAt(p.clock.wall(), 'token-2')),
    ]) {
      const { code, stops, message } = await failing(ask());
      assert.deepEqual([code, stops], ['MISCONFIGURED', 'slot']);
      assert.match(message, /removes the header X-Registry-Auth/);
    }
    assert.equal(p.swarm.service('web').login?.password, 'token-1');
  });

  test('is tried again soon where the managers elect a leader, which is not an unknown answer', async () => {
    await using p = await rig();
    const slot = await p.slot(/web/);
    const message = 'rpc error: code = Unknown desc = raft: failed to process the request: node lost leader status';
    p.fake.fault = ({ method, path }) => (method === 'POST' && path.includes('/docker/') ? { status: 500, json: { message } } : undefined);
    const { code, stops } = await failing(p.deliver(slot, givenAt(p.clock.wall(), 'token-2')));
    assert.deepEqual([code, stops], ['UNREACHABLE', 'slot']);
  });

  test('is kept where a manager that has just become the leader knows no services', async () => {
    await using p = await rig();
    await p.give(/row 1/, 'token-2');
    await p.give(/web/, 'token-2');
    const { id } = await p.slot(/web/);
    p.fake.fault = ({ path }) =>
      path.endsWith('/docker/services') ? { status: 200, headers: { 'Api-Version': '1.41' }, json: [] } : undefined;
    assert.deepEqual((await p.discover()).unseen, [id]);
    p.fake.fault = undefined;
    const { state, holds } = await p.slot(/web/);
    assert.deepEqual([state, holds !== undefined], ['present', true]);
  });

  test('runs on, with the same tasks and the same Spec, and a rollback would find a good login as well', async () => {
    await using p = await rig();
    const before = p.swarm.service('web');
    await p.give(/row 1/, 'token-2');
    assert.deepEqual(await p.give(/web/, 'token-2'), { change: 'updated' });
    const { spec, tasks, previousLogin } = p.swarm.service('web');
    assert.deepEqual([spec, tasks.map(({ id }) => id)], [before.spec, before.tasks.map(({ id }) => id)]);
    assert.equal(previousLogin?.password, 'token-2');
    assert.equal((await p.slot(/web/)).state, 'present');
  });

  test('runs on although Portainer writes its Spec anew: another order, other escapes, the same numbers', async () => {
    const container = { Env: ['A=<ü>&"\u2028', 'Z=\\'], StopGracePeriod: 10_000_000_000, Hosts: ['1.2.3.4 b'] };
    const template = { Resources: { Limits: { NanoCPUs: 500_000_000, MemoryBytes: 2 ** 52 } }, RestartPolicy: { Delay: 5_000_000_000 } };
    const odd = {
      UpdateConfig: { MaxFailureRatio: 0.1, Delay: 1, Parallelism: 1 },
      ...specOf('odd', { container, template, replicas: 2 }),
    };
    await using p = await rig({ services: [{ spec: odd, login: loginOf('token-1') }] });
    const before = p.swarm.service('odd');
    await p.give(/odd/, 'token-1');
    const { spec, tasks, state } = p.swarm.service('odd');
    assert.deepEqual([spec, tasks.map(({ id }) => id), state], [before.spec, before.tasks.map(({ id }) => id), undefined]);
    assert.ok(tasks.every(task => task.state === 'running'));
  });

  test('is left alone where Portainer would round a number of its Spec, as that would restart its tasks', async () => {
    const spec = specOf('web', { template: { ForceUpdate: 1_764_495_000_123_456_789n } });
    await using p = await rig({ services: [{ spec, login: loginOf('token-1') }] });
    const failure = await failing(p.give(/web/, 'token-1'));
    assert.deepEqual([failure.code, failure.stops, p.updates()], ['REJECTED', 'slot', 0]);
    assert.match(failure.message, /its ForceUpdate has more digits/);
    assert.equal((await failing(p.rehearse(await p.slot(/web/), givenAt(p.clock.wall(), 'x')))).code, 'REJECTED');
  });

  test('tells by its id which Swarm it is of, as another target may lead there', async () => {
    await using p = await rig();
    assert.deepEqual((await p.discover()).about?.reaches, [p.swarm.service('web').id]);
  });

  test('is given a fresh login after a rollback', async () => {
    await using p = await rig();
    await p.give(/web/, 'token-1');
    p.swarm.rollBack('web');
    p.clock.leap(hour);
    assert.equal((await p.slot(/web/)).state, 'drifted');
  });

  test('is known again after a restart where something is kept on disk', async () => {
    let text: string | undefined;
    const memory: Memory = { recall: () => Promise.resolve(text), remember: next => void (text = next) };
    await using p = await rig({ memory });
    await p.give(/web/, 'token-1');
    await using again = await around({ ...p, fake: { ...p.fake, [Symbol.asyncDispose]: async () => undefined } }, { memory });
    const { holds } = await again.slot(/web/);
    assert.ok(holds instanceof Map && holds.has(host));
  });

  test('has to wait while it is rolled out', async () => {
    await using p = await rig();
    p.swarm.progress('web', 'paused');
    const slot = await p.slot(/web/);
    assert.deepEqual([slot.waits, slot.after, codesOf(slot.findings)], [true, '1', ['ROLLOUT_PAUSED']]);
    assert.equal((await failing(p.deliver(slot, givenAt(p.clock.wall(), 'token-2')))).code, 'BUSY');
    assert.equal(p.updates(), 0);
  });

  test('that has to wait goes on telling what it holds, and when that has ended', async () => {
    await using p = await rig();
    const ends = p.clock.wall() + 12 * hour;
    await p.give(/web/, 'token-1');
    p.swarm.deploy(specOf('web', { image: `${host}/team/app:2` }));
    p.swarm.progress('web', 'paused');
    const { holds, waits } = await p.slot(/web/);
    assert.ok(waits && holds instanceof Map);
    assert.equal(holds.get(host)?.expiresAt.getTime(), ends);
    p.clock.leap(25 * hour);
    assert.deepEqual(codesOf((await p.slot(/web/)).findings), ['ROLLOUT_PAUSED', 'LOGIN_ENDED']);
  });

  test('gets no login where its row is gone, or holds the login of another host by now: the number would be taken for a login', async () => {
    for (const change of [{ URL: 'registry.example.com' }, { Authentication: false }, { Type: 7 }]) {
      await using p = await rig();
      const slot = await p.slot(/web/);
      Object.assign(p.fake.state.registries[0] ?? assert.fail(), change);
      assert.equal((await failing(p.deliver(slot, givenAt(p.clock.wall(), 'x')))).code, 'NOT_FOUND');
      assert.equal(p.updates(), 0);
    }
    await using p = await rig();
    const slot = await p.slot(/web/);
    p.fake.state.registries.splice(0, 1);
    await failing(p.deliver(slot, givenAt(p.clock.wall(), 'x')));
    assert.equal(p.updates(), 0);
    assert.equal(p.swarm.service('web').login?.password, 'token-1');
  });

  test('is rehearsed without a write', async () => {
    await using p = await rig();
    const slot = await p.slot(/web/);
    const before = p.swarm.service('web');
    const { change, findings } = await p.rehearse(slot, givenAt(p.clock.wall(), 'x'));
    assert.deepEqual([change, codesOf(findings)], ['updated', ['ROLLBACK_POINT']]);
    assert.deepEqual(p.swarm.service('web'), before);
  });
});

describe('what stops nothing but what needs it', () => {
  test('an update that replaces tasks: no service is updated any more, and rows are', async () => {
    await using p = await rig();
    p.swarm.quirks.restless = true;
    const failure = await failing(p.give(/web/, 'token-1'));
    assert.deepEqual([failure.code, failure.stops], ['UNEXPECTED', 'slot']);
    const found = await p.discover();
    assert.ok(codesOf(found.findings).includes('SWARM_STOPPED'));
    assert.deepEqual(
      services(found).map(({ after, waits }) => [after, waits]),
      [['1', true]],
    );
    assert.equal((await p.give(/row 1/, 'token-2')).change, 'updated');
  });

  test('an environment that does not answer: its services keep what is known of them', async () => {
    await using p = await rig();
    p.fake.fault = ({ path }) => (path.includes('/docker/') ? { status: 502, text: 'no' } : undefined);
    const { slots, findings, unseen } = await p.discover();
    assert.deepEqual(
      slots.map(({ id }) => id),
      ['1', '2'],
    );
    assert.ok(codesOf(findings).includes('SWARM_UNSEEN'));
    assert.deepEqual(unseen, ['swarm/3']);
    p.fake.fault = undefined;
    await p.give(/web/, 'first');
    p.fake.fault = request => (toEnvironment(3)(request) ? { status: 502, text: 'no' } : undefined);
    await p.discover();
    p.fake.fault = undefined;
    assert.ok((await p.slot(/web/)).holds, 'what was written is known when it is back');
  });

  test('an environment that hangs: rows and other Swarms are there all the same', async () => {
    const { clock, hangs } = impatient();
    await using p = await rig({ clock, second: 'another' });
    const hung = toEnvironment(3);
    p.fake.fault = request => (hung(request) ? (hangs(), 'hang') : undefined);
    const { slots, findings, unseen } = await p.discover();
    assert.deepEqual(
      slots.map(({ id, title }) => title ?? id).filter(name => !name.startsWith('row of')),
      ['service shop (agent)'],
    );
    assert.equal(slots.length, 3);
    const said = findings.filter(({ code }) => code === 'SWARM_UNSEEN').map(({ message }) => message);
    assert.match(said.join(), /^The Swarm of the environment swarm could not be looked at: no answer within 15 s/);
    assert.deepEqual(unseen, ['swarm/3']);
    assert.equal((await p.give(/row 1/, 'token-2')).change, 'updated');
  });

  test('an engine that Portainer does not reach, or that has no leader: the finding says where to look', async () => {
    await using p = await rig();
    for (const json of [
      { message: 'Unable to proxy the request via the Docker socket', details: 'no such file' },
      { message: 'no leader' },
    ]) {
      p.fake.fault = ({ path }) => (path.includes('/docker/') ? { status: 500, json } : undefined);
      const { message, remedy } = (await p.discover()).findings.find(({ code }) => code === 'SWARM_UNSEEN') ?? assert.fail();
      assert.ok(message.includes(json.message), message);
      assert.match(remedy ?? table.SWARM_UNSEEN.remedy, /^Look at the environment in Portainer/);
    }
  });

  test('a list of environments that hangs or fails: rows are there all the same', async () => {
    const notList = { status: 200, json: { message: 'no' } };
    for (const fault of ['hang', { status: 500, json: { message: 'no', details: 'no' } }, notList] as const) {
      const { clock, hangs } = impatient();
      await using p = await rig({ clock });
      p.fake.fault = ({ path }) => (path.startsWith('/api/endpoints?') ? (fault === 'hang' && hangs(), fault) : undefined);
      const { slots, findings, unseen } = await p.discover();
      assert.deepEqual([slots.length, unseen], [2, ['swarm']]);
      assert.match(
        findings.find(({ code }) => code === 'SWARM_UNSEEN')?.message ?? '',
        fault === notList ? /not a list, but \{message\}\.$/ : /^The environments of Portainer could not be listed/,
      );
    }
  });

  for (const reply of [
    { status: 502, text: '' },
    { status: 503, json: { message: 'This node is not a swarm manager.' } },
    { status: 500, json: { message: 'rpc error: code = Unknown desc = The swarm does not have a leader.' } },
    {
      status: 500,
      json: {
        message: 'Unable to proxy the request via the Docker socket',
        details: 'dial unix /var/run/docker.sock: connect: no such file or directory',
      },
    },
    { status: 401, json: { message: 'authorization denied by plugin' } },
    { status: 403, json: { message: 'authorization denied by plugin' } },
    { status: 401, text: 'Unauthorized\n' },
  ])
    test(`an update that an environment answers with ${reply.status} ${JSON.stringify(reply.text ?? reply.json)} stops that service only`, async () => {
      await using p = await rig();
      const slot = await p.slot(/web/);
      const away = toEnvironment(3);
      p.fake.fault = request => (away(request) ? reply : undefined);
      const failure = await failing(p.deliver(slot, givenAt(p.clock.wall(), 'x')));
      assert.equal(failure.stops, 'slot');
      if (reply.status >= 500) assert.match(failure.remedy, /Look at the environment in Portainer/);
      assert.doesNotMatch(failure.message, /in front of Portainer/);
    });

  test('a key that Portainer itself refuses stops all', async () => {
    await using p = await rig();
    const slot = await p.slot(/web/);
    p.fake.state.users[0] = { ...(p.fake.state.users[0] ?? assert.fail()), apiKey: 'ptr_another' };
    const failure = await failing(p.deliver(slot, givenAt(p.clock.wall(), 'x')));
    assert.deepEqual([failure.code, failure.stops], ['AUTH', 'target']);
  });

  test('one of two environments that lead to the same Swarm: its services are served through the other one', async () => {
    await using p = await rig({ second: 'same', services: [{ spec: specOf('web', { labels: {} }) }, { spec: specOf('api') }] });
    const both = await p.discover();
    assert.deepEqual(
      services(both).map(({ id }) => id),
      [`swarm/3/${p.swarm.service('api').id}`],
    );
    assert.equal(codesOf(both.findings).filter(code => code === 'NOT_ENABLED').length, 1);
    await p.give(/api/, 'token-1');
    const away = toEnvironment(3);
    p.fake.fault = request => (away(request) ? { status: 502, text: '' } : undefined);
    const { slots, findings, unseen } = await p.discover();
    const [service] = services({ slots, findings });
    assert.deepEqual([service?.id, service?.state], [`swarm/4/${p.swarm.service('api').id}`, 'present']);
    assert.ok(service?.holds, 'what was written through the other environment is known');
    assert.deepEqual(unseen, [], 'nothing is missing');
    assert.ok(codesOf(findings).includes('SWARM_UNSEEN'));
  });

  test('an update that replaces tasks stops the Swarm, whichever environment leads there', async () => {
    await using p = await rig({ second: 'same' });
    p.swarm.quirks.restless = true;
    await failing(p.give(/web/, 'token-1'));
    const away = toEnvironment(3);
    p.fake.fault = request => (away(request) ? { status: 502, text: '' } : undefined);
    const found = await p.discover();
    assert.ok(codesOf(found.findings).includes('SWARM_STOPPED'));
    assert.deepEqual(
      services(found).map(({ id, waits }) => [id, waits]),
      [[`swarm/4/${p.swarm.service('web').id}`, true]],
    );
  });

  test('a Portainer that says its version late is asked once more', async () => {
    await using p = await rig();
    let asked = 0;
    p.fake.fault = ({ path }) => (path === '/api/system/status' && asked++ === 0 ? { status: 503, text: '' } : undefined);
    assert.equal(services(await p.discover()).length, 1);
  });

  test('hosts without a row that is kept fresh', async () => {
    const images = { web: host, api: host, shop: other };
    const services = Object.entries(images).map(([name, at]) => ({ spec: specOf(name, { image: `${at}/team/app:1` }) }));
    await using p = await rig({ hosts: [host], services });
    Object.assign(p.fake.state.registries[0] ?? assert.fail(), { Type: 7 });
    const said = async () => (await p.discover()).findings.filter(({ code }) => code === 'SWARM_WITHOUT_ROW').map(({ message }) => message);
    assert.deepEqual(await said(), [
      `There is no registry of Portainer for ${host}, which 2 services of Swarms need.`,
      `There is no registry of Portainer for ${other}, which one service of a Swarm needs.`,
    ]);
  });

  for (const wanted of [[], [host]])
    test(`a service of a host without a row${wanted.length > 0 ? ', which is to be created first' : ''}`, async () => {
      await using p = await rig({ hosts: [other], wanted });
      const found = await p.discover();
      assert.equal(found.slots.filter(({ state }) => state === 'absent').length, wanted.length);
      assert.deepEqual(
        services(found).map(({ after, waits }) => [after, waits]),
        [[undefined, true]],
      );
    });

  test('a Portainer that would hand the number of the row to the engine', async () => {
    await using p = await rig({ version: '2.12.2' });
    const found = await p.discover();
    assert.ok(codesOf(found.findings).includes('SWARM_UNSUPPORTED'));
    assert.deepEqual(services(found), []);
    for (const old of ['2.12.2', '2.9.0', '1.24.2', '', undefined, 'x']) assert.equal(replacesLogins(old), false, old);
    for (const fine of ['2.13.0', '2.43.0', '3.0.0']) assert.equal(replacesLogins(fine), true, fine);
  });
});

test('without `swarm` services are left alone, and that is said', async () => {
  const fake = await fakes(makeSwarm({ services: [{ spec: specOf('web') }] }));
  await using p = await rigOn(fake, deps => portainer.create({ ...optionsFor(fake.url), swarm: false }, deps), { clock: leapingClock() });
  const found = await p.discover();
  assert.deepEqual(services(found), []);
  assert.ok(codesOf(found.findings).includes('SWARM'));
  assert.ok(!p.asked().some(line => line.includes('/docker/')));
});
