import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Choice } from '../../adapters/common/swarm/choice.ts';
import { swarm } from '../../adapters/swarm.ts';
import { folder } from '../config/support.ts';
import type { Seen } from '../fakes/server.ts';
import { startFakeSwarm } from '../fakes/swarm.ts';
import { type Stage, testAdapter } from './contract.ts';
import { absent, codesOf, failing, given, host, linesOf, other } from './rig.ts';
import { enabled, givenAt, hour, loginOf, restarted, rig, type SwarmRig, specOf } from './swarm/rig.ts';

/** Starts a Swarm whose services have no tasks, so that no write waits for a task to be replaced. */
async function onFake(): Promise<Stage<typeof swarm.options>> {
  const foreign = specOf('foreign', { image: 'registry.example.com/app:1', labels: {}, replicas: 0 });
  const services = [
    { spec: specOf('web', { replicas: 0 }), login: loginOf('old') },
    { spec: specOf('api', { replicas: 0, image: `${other}/team/app:1` }), login: loginOf('old') },
    { spec: foreign, login: loginOf('of somebody else') },
  ];
  const server = await startFakeSwarm({ services });
  return {
    options: { url: server.url, services: 'labelled' },
    hosts: [host, other],
    absent,
    server,
    passwordOf: slot => server.service(slot.id).login?.password,
    async [Symbol.asyncDispose]() {
      assert.equal(server.service('foreign').login?.password, 'of somebody else');
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Whether a request may change something. A write to version 0, which no service has, does not. */
const isWrite = ({ method, path }: { method: string; path: string }): boolean => method !== 'GET' && !path.endsWith('version=0');
testAdapter({ adapter: swarm, start: onFake, isWrite, creates: 'nothing', versioned: true });

describe('an update', () => {
  test('brings the login, leaves the Spec as it is, and lets every task run on', async () => {
    await using s = await rig({
      services: [{ spec: specOf('web', { replicas: 3, container: { Env: ['A=<ü>'] } }), login: loginOf('token-1') }],
    });
    const before = s.fake.service('web');
    const receipt = await s.give('web', 'token-2');
    assert.deepEqual(receipt, { change: 'updated' });
    const after = s.fake.service('web');
    assert.deepEqual(after.login, { username: 'AWS', password: 'token-2' });
    assert.deepEqual(after.spec, before.spec);
    assert.deepEqual(
      after.tasks.map(({ id, state }) => [id, state]),
      before.tasks.map(({ id }) => [id, 'running']),
    );
  });

  test('is made twice at first, so that a rollback comes back to a good login as well, and once after that', async () => {
    await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    await s.give('web', 'token-2');
    assert.equal(s.updates().length, 2);
    const { login, previousLogin } = s.fake.service('web');
    assert.deepEqual([login?.password, previousLogin?.password], ['token-2', 'token-2']);
    s.clock.leap(6 * hour);
    await s.give('web', 'token-3');
    assert.equal(s.updates().length, 3);
    assert.equal(s.fake.service('web').previousLogin?.password, 'token-2');
  });

  test('starts tasks by itself that an old login has kept from it, attempts used up or not', async () => {
    const template = { RestartPolicy: { Condition: 'none' } };
    await using s = await rig({ services: [{ spec: specOf('web', { template }), login: loginOf('stale') }] });
    assert.equal(s.fake.service('web').tasks.at(-1)?.state, 'rejected');
    await s.give('web', 'token-1');
    assert.equal(s.fake.service('web').tasks.at(-1)?.state, 'running');
    assert.equal(s.fake.service('web').previousLogin?.password, 'token-1', 'although Swarm notes that as a roll-out');
    const { state, waits, findings } = await s.slot('web');
    assert.deepEqual([state, waits, codesOf(findings)], ['present', undefined, []]);
  });

  test('that has set a roll-out off stays ours when that has ended', async () => {
    await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    await s.give('web', 'token-1');
    s.fake.rotate(host, 'token-2');
    s.fake.reschedule('web');
    assert.equal(s.fake.service('web').tasks.at(-1)?.state, 'rejected');
    await s.give('web', 'token-2');
    s.clock.leap(hour);
    assert.deepEqual([s.fake.service('web').state, (await s.slot('web')).state], ['completed', 'present']);
  });

  test('gives a token to no service whose image has gone elsewhere since', async () => {
    await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    const slot = await s.slot('web');
    s.fake.deploy(specOf('web', { image: 'registry.example.com/app:1' }), loginOf('of somebody else'));
    s.fake.progress('web', undefined);
    const failure = await failing(s.deliver(slot, given(host)));
    assert.equal(failure.code, 'NOT_FOUND');
    assert.deepEqual(s.updates(), []);
    s.fake.deploy(specOf('web', { labels: {} }));
    s.fake.progress('web', undefined);
    assert.equal((await failing(s.deliver(slot, given(host)))).code, 'NOT_FOUND', 'nor to one whose label was taken away');
    s.fake.deploy(specOf('web', { image: `${other}/team/app:1` }));
    s.fake.progress('web', undefined);
    assert.equal((await failing(s.deliver(slot, given(host)))).code, 'NOT_FOUND', 'nor where it would be the token of another registry');
    assert.deepEqual(s.updates(), []);
  });

  test('of a Spec that is too large for Swarm says so, as Swarm keeps the one before as well', async () => {
    await using s = await rig({ services: [{ spec: specOf('web', { replicas: 0 }), login: loginOf('token-1') }] });
    const slot = await s.slot('web');
    const message = "rpc error: code = Unknown desc = raft: raft message is too large and can't be sent";
    s.fake.fault = ({ method, path }) => (method === 'POST' && !path.endsWith('=0') ? { status: 500, json: { message } } : undefined);
    const { code, message: said, stops, remedy } = await failing(s.deliver(slot, given(host)));
    assert.deepEqual([code, stops], ['TOO_LARGE', 'slot']);
    assert.match(said, /service web .*raft message is too large/);
    assert.match(remedy, /config/);
  });

  test('reads again where somebody else was faster, three times at most', async () => {
    await using s = await rig({ services: [{ spec: specOf('web', { replicas: 0 }), login: loginOf('token-1') }] });
    const slot = await s.slot('web');
    s.fake.quirks.raced = 2;
    await s.deliver(slot, given(host));
    assert.equal(s.fake.service('web').login?.password, 'new-token');
    const before = s.updates().length;
    s.fake.quirks.raced = 9;
    const failure = await failing(s.deliver(slot, given(host, 'newer')));
    assert.equal(failure.code, 'CONFLICT');
    assert.equal(s.updates().length - before, 3);
  });
});

describe('a pause that our own update has set off, as tasks are refused for another reason', () => {
  test('keeps no later login from the service', async () => {
    await using s = await rig({ services: [{ spec: specOf('web', { image: `${host}/team/missing:1` }), login: loginOf('token-1') }] });
    await s.give('web', 'token-1');
    s.clock.leap(6 * hour);
    await s.give('web', 'token-2');
    assert.equal(s.fake.service('web').state, 'paused');
    s.clock.leap(6 * hour);
    const slot = await s.slot('web');
    assert.deepEqual([slot.waits ?? false, slot.state, codesOf(slot.findings)], [false, 'present', ['TASKS_FAIL']]);
    assert.match(slot.findings?.[0]?.message ?? '', /service web .*\(paused\)\. Task \w+: .*No such image/);
    await s.give('web', 'token-3');
    assert.equal(s.fake.service('web').login?.password, 'token-3');
  });

  /** Updates a service twice, six hours apart, until its tasks are found to fail. */
  async function failingSince(s: SwarmRig): Promise<void> {
    await s.give('web', 'token-2');
    s.clock.leap(6 * hour);
    await s.give('web', 'token-3');
    s.clock.leap(60_000);
    assert.deepEqual(codesOf((await s.slot('web')).findings), ['TASKS_FAIL']);
    s.clock.leap(6 * hour);
  }
  const missing = [{ spec: specOf('web', { image: `${host}/team/missing:1` }), login: loginOf('token-1') }];

  test('is told without a break: each update takes the pause away, until Swarm has judged it', async () => {
    await using s = await rig({ services: missing });
    s.fake.quirks.patient = true;
    await failingSince(s);
    await s.slot('web');
    await s.give('web', 'fourth');
    const before = await s.slot('web');
    assert.notEqual(s.fake.service('web').state, 'paused', 'not judged yet');
    assert.deepEqual(codesOf(before.findings), ['TASKS_FAIL']);
    s.clock.leap(60_000);
    const after = await s.slot('web');
    assert.deepEqual([s.fake.service('web').state, codesOf(after.findings)], ['paused', ['TASKS_FAIL']]);
  });

  test('is told as well while Swarm has not begun to judge, and not while another version is rolled out', async () => {
    await using s = await rig({ services: missing });
    await failingSince(s);
    await s.slot('web');
    await s.give('web', 'fourth');
    s.fake.progress('web', undefined);
    assert.deepEqual(codesOf((await s.slot('web')).findings), ['TASKS_FAIL']);
    s.fake.deploy(specOf('web', { image: `${host}/team/missing:2` }));
    s.fake.progress('web', 'updating');
    assert.deepEqual(codesOf((await s.slot('web')).findings), ['ROLLING']);
    s.fake.progress('web', undefined);
    assert.ok(!codesOf((await s.slot('web')).findings).includes('TASKS_FAIL'), 'it has ended');
  });

  for (const [what, end] of [
    ['another version is deployed', s => s.fake.deploy(specOf('web'))],
    ['the roll-out has completed', s => s.fake.progress('web', 'completed')],
    ['Swarm has had nothing to judge for long', s => s.fake.progress('web', undefined)],
  ] as readonly (readonly [string, (s: SwarmRig) => void])[])
    test(`is told no longer where ${what}`, async () => {
      await using s = await rig({ services: missing });
      await failingSince(s);
      end(s);
      s.clock.leap(60_000);
      assert.ok(!codesOf((await s.slot('web')).findings).includes('TASKS_FAIL'));
    });

  test('is our own as well where Swarm begins a moment after the update', async () => {
    await using s = await rig({ services: [{ spec: specOf('web', { replicas: 0 }), login: loginOf('token-1') }] });
    const slot = await s.slot('web');
    let reads = 0;
    s.fake.fault = ({ method, path }) => {
      if (method === 'GET' && path.startsWith('/services/') && s.updates().length === 1 && ++reads === 2)
        s.fake.progress('web', 'updating');
      return undefined;
    };
    assert.deepEqual(await s.deliver(slot, givenAt(s.clock.wall(), 'token-2')), { change: 'updated' });
    assert.equal(s.updates().length, 2);
    assert.equal(s.fake.service('web').previousLogin?.password, 'token-2');
    s.fake.progress('web', 'paused');
    const later = await s.slot('web');
    assert.deepEqual([later.waits, later.state], [undefined, 'present']);
  });

  test('is followed by a fresh login where Swarm rolls back by itself', async () => {
    const failing = { ...specOf('web', { image: `${host}/team/missing:1` }), UpdateConfig: { FailureAction: 'rollback' } };
    await using s = await rig({ services: [{ spec: failing, login: loginOf('token-1') }] });
    await s.give('web', 'token-2');
    assert.equal(s.fake.service('web').state, 'rollback_paused');
    assert.notEqual(s.fake.service('web').login?.password, 'token-2');
    const slot = await s.slot('web');
    assert.deepEqual([slot.waits ?? false, slot.state, codesOf(slot.findings)], [false, 'drifted', ['TASKS_FAIL']]);
    const before = s.updates().length;
    await s.deliver(slot, givenAt(s.clock.wall(), 'token-3'));
    assert.equal(s.updates().length, before + 2, 'so that the next rollback returns to a good one');
  });

  test('brings the login for good where Swarm rolls back by itself some time after', async () => {
    const failing = { ...specOf('web', { image: `${host}/team/missing:1` }), UpdateConfig: { FailureAction: 'rollback' } };
    await using s = await rig({ services: [{ spec: failing, login: loginOf('token-1') }] });
    s.fake.quirks.patient = true;
    await s.give('web', 'token-2');
    s.clock.leap(6 * hour);
    await s.give('web', 'token-3');
    s.clock.leap(60_000);
    assert.deepEqual([s.fake.service('web').state, s.fake.service('web').login?.password], ['rollback_started', 'token-2']);
    s.clock.leap(60_000);
    assert.deepEqual([s.fake.service('web').state, (await s.slot('web')).state], ['rollback_paused', 'drifted']);
    await s.give('web', 'token-3');
    s.clock.leap(60_000);
    const { login, previousLogin } = s.fake.service('web');
    assert.deepEqual([login?.password, previousLogin?.password, (await s.slot('web')).state], ['token-3', 'token-3', 'present']);
  });

  test('keeps no later login from the service either where it goes on and on, as a task finds no node', async () => {
    await using s = await rig({ services: [{ spec: specOf('web', { replicas: 0 }), login: loginOf('token-1') }] });
    await s.give('web', 'token-2');
    s.fake.progress('web', 'updating');
    s.clock.leap(6 * hour);
    const slot = await s.slot('web');
    assert.deepEqual([slot.waits ?? false, slot.state, codesOf(slot.findings)], [false, 'present', []]);
    await s.give('web', 'token-3');
    assert.equal(s.fake.service('web').login?.password, 'token-3');
    s.fake.deploy(specOf('web', { replicas: 0, image: `${host}/team/app:2` }));
    s.fake.progress('web', 'updating');
    assert.deepEqual(codesOf((await s.slot('web')).findings), ['ROLLING'], 'that of somebody else keeps it');
  });

  test('is none where somebody has deployed', async () => {
    await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    await s.give('web', 'token-1');
    s.fake.deploy(specOf('web', { image: `${host}/team/missing:1` }));
    assert.equal(s.fake.service('web').state, 'paused');
    assert.deepEqual(codesOf((await s.slot('web')).findings), ['ROLLOUT_PAUSED']);
  });

  for (const later of [10_000, hour])
    test(`is none where it came ${later / 1_000} s later`, async () => {
      await using s = await rig({ services: [{ spec: specOf('web', { replicas: 0 }), login: loginOf('token-1') }] });
      await s.give('web', 'token-1');
      s.clock.leap(later);
      s.fake.progress('web', 'paused');
      assert.deepEqual(codesOf((await s.slot('web')).findings), ['ROLLOUT_PAUSED']);
    });
});

describe('the first update is looked at before any other is made', () => {
  const services = ['web', 'api', 'db'].map(name => ({ spec: specOf(name), login: loginOf('token-1') }));

  test('where it replaces tasks nothing more is updated, and that is said', async () => {
    await using s = await rig({ services });
    s.fake.quirks.restless = true;
    const { slots } = await s.discover();
    const failures = await Promise.all(slots.map(slot => failing(s.deliver(slot, given(host)))));
    for (const failure of failures) assert.deepEqual([failure.code, failure.stops], ['UNEXPECTED', 'target']);
    assert.match(failures[0]?.message ?? '', /replaced 1 of 1 running tasks/);
    assert.match(failures[0]?.remedy ?? '', /until the courier is restarted/);
    assert.equal(s.updates().length, 1);
    assert.equal((await failing(s.discover())).message, failures[0]?.message, 'the whole target says so');
  });

  test('where the Spec is another one afterwards nothing more is updated, and that is said', async () => {
    const lossy = specOf('web', { container: { CapabilityAdd: ['CAP_NET_ADMIN'] }, replicas: 0 });
    await using s = await rig({ services: [{ spec: lossy, login: loginOf('token-1') }, ...services.slice(1)] });
    s.fake.quirks.loses = ['TaskTemplate.ContainerSpec.CapabilityAdd'];
    const failure = await failing(s.give('web', 'token-2'));
    assert.deepEqual([failure.code, failure.stops], ['UNEXPECTED', 'target']);
    assert.match(failure.message, /its Spec is another one.*taken out .*TaskTemplate\.ContainerSpec\.CapabilityAdd/);
    assert.equal((await failing(s.discover())).code, 'UNEXPECTED');
    assert.equal(s.updates().length, 1);
  });

  test('where a second Spec has lost something it is no chance any more', async () => {
    const container = { CapabilityAdd: ['CAP_NET_ADMIN'] };
    const lossy = ['web', 'api'].map(name => ({ spec: specOf(name, { container }), login: loginOf('token-1') }));
    await using s = await rig({ services: [...lossy, ...services.slice(2)] });
    s.fake.quirks.loses = ['TaskTemplate.ContainerSpec.CapabilityAdd'];
    const { slots } = await s.discover();
    const give = async (name: string) => {
      const slot = slots.find(({ title }) => title === name) ?? assert.fail();
      return await failing(s.deliver(slot, givenAt(s.clock.wall(), 'token-1')));
    };
    await give('web');
    assert.equal((await give('api')).message, (await failing(s.discover())).message, 'for ten minutes');
    assert.equal(s.updates().length, 1);
    s.clock.leap(11 * 60_000);
    await s.give('web', 'token-1');
    await s.give('db', 'token-1');
    const before = s.updates().length;
    const last = await give('api');
    assert.match(last.message, /It is not the first/, 'neither it nor one that has no such member proves anything');
    assert.match(last.remedy, /until the courier is restarted/);
    s.clock.leap(24 * hour);
    assert.equal((await failing(s.discover())).message, last.message);
    assert.equal(s.updates().length - before, 1);
  });

  test('a service without running tasks proves nothing, so the next one is looked at as well', async () => {
    await using s = await rig({ services: [{ spec: specOf('none', { replicas: 0 }), login: loginOf('token-1') }, ...services] });
    await s.give('none', 'token-2');
    s.fake.quirks.restless = true;
    assert.equal((await failing(s.give('web', 'token-2'))).stops, 'target');
  });

  const template = { Resources: { Limits: { NanoCPUs: 500_000_000 } } };
  const container = { Env: ['A=1'] };
  for (const [what, shape] of [
    ['scales', { replicas: 1, template, container }],
    ['deploys', { replicas: 2, image: `${host}/team/app:2`, template, container }],
    ['adds a variable', { replicas: 2, template, container: { Env: ['A=1', 'B=2'] } }],
    ['changes a limit', { replicas: 2, template: { Resources: { Limits: { NanoCPUs: 700_000_000 } } }, container }],
    ['adds a limit', { replicas: 2, template: { Resources: { Limits: { NanoCPUs: 500_000_000, MemoryBytes: 2 ** 28 } } }, container }],
    ['changes the order of updates', { replicas: 2, template: { ...template, RestartPolicy: { Condition: 'any' } }, container }],
    ['takes one limit away and adds another', { replicas: 2, template: { Resources: { Limits: { MemoryBytes: 2 ** 28 } } }, container }],
  ] as const)
    for (const [when, gets] of [
      ['before the look at the service', 2],
      ['before the look at the tasks', 3],
    ] as const)
      test(`where somebody ${what} ${when}, the next service is looked at instead`, async () => {
        const busy = { spec: specOf('busy', { replicas: 2, template, container }), login: loginOf('token-1') };
        await using s = await rig({ services: [busy, ...services] });
        const slot = await s.slot('busy');
        let reads = 0;
        s.fake.fault = ({ method, path }) => {
          const isRead = method === 'GET' && (path.startsWith('/services/') || (path.startsWith('/tasks') && reads >= 2));
          if (isRead && ++reads === gets) s.fake.deploy(specOf('busy', shape));
          return undefined;
        };
        await s.deliver(slot, givenAt(s.clock.wall(), 'token-1'));
        s.fake.fault = undefined;
        s.fake.quirks.restless = true;
        assert.match((await failing(s.give('web', 'token-2'))).message, /The update of web replaced 1 of 1/);
      });

  for (const [what, shape] of [
    ['limit', { container }],
    ['variable', { template }],
  ] as const)
    test(`where somebody takes the last ${what} away at that very moment, it goes on after ten minutes`, async () => {
      const busy = { spec: specOf('busy', { template, container }), login: loginOf('token-1') };
      const alike = { spec: specOf('alike', { template, container }), login: loginOf('token-1') };
      await using s = await rig({ services: [busy, alike, ...services] });
      const slot = await s.slot('busy');
      s.fake.fault = ({ method, path }) => {
        if (method !== 'GET' || !path.startsWith('/services/') || s.updates().length === 0) return undefined;
        s.fake.fault = undefined;
        s.fake.deploy(specOf('busy', shape));
        return undefined;
      };
      const failure = await failing(s.deliver(slot, givenAt(s.clock.wall(), 'token-1')));
      assert.match(failure.remedy, /one more service is tried after ten minutes/);
      s.clock.leap(11 * 60_000);
      for (const name of ['alike', 'busy', 'web']) await s.give(name, 'token-1');
      const before = s.clock.wall();
      await s.give('api', 'token-1');
      assert.equal(s.clock.wall(), before, 'one that has what was lost has proven it');
    });

  test('where three in a row are another afterwards, whatever is different, nothing more is updated', async () => {
    await using s = await rig({ services });
    const { slots } = await s.discover();
    let wrote = false;
    s.fake.fault = ({ method, path }) => {
      const name = slots.find(({ id }) => path.endsWith(id))?.title;
      if (method === 'GET' && wrote && name) s.fake.deploy(specOf(name, { container: { Env: ['A=1'] } }));
      wrote = method === 'POST';
      return undefined;
    };
    const ends = await Promise.allSettled(slots.map(slot => s.deliver(slot, givenAt(s.clock.wall(), 'token-1'))));
    assert.equal(ends.filter(({ status }) => status === 'rejected').length, 1);
    assert.match((await failing(s.discover())).message, /as with 2 services before/);
  });

  test('where two are another, one is the same, and two more are another, it goes on', async () => {
    const names = ['a', 'b', 'same', 'c', 'd'];
    // Services without tasks prove nothing about the login.
    await using s = await rig({ services: names.map(name => ({ spec: specOf(name, { replicas: 0 }), login: loginOf('token-1') })) });
    let wrote = false;
    for (const name of names) {
      const slot = await s.slot(name);
      s.fake.fault = ({ method, path }) => {
        if (method === 'GET' && wrote && name !== 'same' && path.endsWith(slot.id))
          s.fake.deploy(specOf(name, { replicas: 0, container: { Env: ['A=1'] } }));
        wrote = method === 'POST';
        return undefined;
      };
      await s.deliver(slot, givenAt(s.clock.wall(), 'token-1'));
    }
    assert.equal((await s.discover()).slots.length, names.length);
  });

  test('where somebody drains a node meanwhile, the next service is looked at instead', async () => {
    await using s = await rig({ services });
    const slot = await s.slot('web');
    s.fake.fault = ({ method, path }) => {
      if (method !== 'GET' || !path.startsWith('/tasks') || s.updates().length === 0) return undefined;
      s.fake.fault = undefined;
      s.fake.drain('web');
      return undefined;
    };
    await s.deliver(slot, givenAt(s.clock.wall(), 'token-1'));
    s.fake.quirks.restless = true;
    assert.match((await failing(s.give('api', 'token-2'))).message, /The update of api replaced 1 of 1/);
  });

  test('once one was fine, all others are updated side by side and no longer waited for', async () => {
    await using s = await rig({ services });
    await s.give('web', 'token-2');
    const before = s.clock.wall();
    const { slots } = await s.discover();
    await Promise.all(slots.map(slot => s.deliver(slot, given(host))));
    assert.equal(s.clock.wall(), before);
  });
});

describe('left alone, and said once', () => {
  const table: readonly (readonly [name: string, Parameters<typeof specOf>[1], choice: Choice, finding: string | undefined])[] = [
    ['one without the label', { labels: {} }, 'labelled', 'NOT_ENABLED'],
    ['one whose label says no', { labels: { 'ecr-courier.enable': 'false' } }, 'all', undefined],
    ['one with the label at its containers', { labels: {}, container: { Labels: enabled } }, 'labelled', 'LABEL_MISPLACED'],
    ['one with another value', { labels: { 'ecr-courier.enable': '1' } }, 'labelled', 'LABEL_UNCLEAR'],
    ['one with an image of another registry', { image: 'registry.example.com/app:1' }, 'labelled', 'IMAGE_ELSEWHERE'],
    ['another one of those, without the label', { image: 'registry.example.com/app:1', labels: {} }, 'all', undefined],
    ['a job', { mode: { ReplicatedJob: {} } }, 'labelled', 'JOB'],
    ['a global job', { mode: { GlobalJob: {} }, labels: {} }, 'all', 'JOB'],
  ];
  for (const [name, shape, choice, finding] of table)
    test(name, async () => {
      const services = [
        { spec: specOf('web', shape), login: loginOf('token-1') },
        { spec: specOf('api'), login: loginOf('token-1') },
      ];
      await using s = await rig({ services, choice });
      const { slots, findings } = await s.discover();
      assert.deepEqual(
        slots.map(({ title }) => title),
        ['api'],
      );
      assert.deepEqual(codesOf(findings), finding === undefined ? [] : [finding]);
      if (finding) assert.match(findings[0]?.message ?? '', /: web\.$/);
    });

  test('many of them in one finding', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    await using s = await rig({ services: names.map(name => ({ spec: specOf(name, { labels: {} }) })) });
    assert.match((await s.discover()).findings[0]?.message ?? '', /: a, b, c, d, e and 2 more\.$/);
  });

  for (const state of ['updating', 'paused', 'rollback_started', 'rollback_paused'] as const)
    test(`one whose roll-out is "${state}": it is there, and nothing is given to it until that has ended`, async () => {
      await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
      const before = await s.slot('web');
      s.fake.progress('web', state);
      const found = await s.discover();
      assert.deepEqual(linesOf(found), [`${before.id} present ${state.endsWith('paused') ? 'ROLLOUT_PAUSED' : 'ROLLING'}`]);
      assert.deepEqual([found.slots[0]?.waits, found.slots[0]?.registries.length], [true, 1]);
      const failure = await failing(s.deliver(before, given(host)));
      assert.deepEqual([failure.code, failure.stops], ['BUSY', 'slot']);
      assert.deepEqual(s.updates(), []);
      s.fake.progress('web', 'completed');
      assert.equal((await s.slot('web')).waits, undefined);
    });

  test('a task that has ended, as an update would run it again; served once it runs', async () => {
    const template = { RestartPolicy: { Condition: 'none' } };
    const shape = { template, container: { Args: ['end'] } };
    await using s = await rig({ services: [{ spec: specOf('once', shape), login: loginOf('token-1') }] });
    const { slots } = await s.discover();
    assert.deepEqual([slots[0]?.waits, codesOf(slots[0]?.findings)], [true, ['ENDED']]);
    s.fake.deploy(specOf('once', { template }));
    s.fake.progress('once', undefined);
    assert.equal((await s.slot('once')).waits, undefined);
  });

  test('and not the tasks that had failed before somebody scaled the service down', async () => {
    const shape = { replicas: 2, template: { RestartPolicy: { Condition: 'on-failure' } } };
    await using s = await rig({ services: [{ spec: specOf('web', shape), login: loginOf('token-1') }] });
    const { id } = s.fake.service('web');
    const left = { ID: 't2', Slot: 2, DesiredState: 'shutdown', Status: { State: 'failed' } };
    const tasks = [{ ID: 't1', Slot: 1, DesiredState: 'running', Status: { State: 'running' } }, left, { ...left, ID: 't3' }];
    s.fake.fault = ({ path }) => (path.startsWith('/tasks') && path.includes(id) ? { status: 200, json: tasks } : undefined);
    assert.deepEqual(codesOf((await s.slot('web')).findings), ['ENDED']);
    s.fake.deploy(specOf('web', { ...shape, replicas: 1 }));
    s.fake.progress('web', undefined);
    const slot = await s.slot('web');
    assert.deepEqual([slot.waits, codesOf(slot.findings)], [undefined, []]);
    await s.deliver(slot, givenAt(s.clock.wall(), 'token-2'));
    assert.equal(s.fake.service('web').login?.password, 'token-2');
  });

  test('but not a task that has ended and that Swarm starts again by itself', async () => {
    await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    const slot = await s.slot('web');
    const task = { ID: 't1', Slot: 1, DesiredState: 'shutdown', Status: { State: 'complete' } };
    s.fake.fault = ({ path }) => (path.startsWith('/tasks') ? { status: 200, json: [task] } : undefined);
    assert.equal((await s.deliver(slot, given(host))).change, 'updated');
  });

  test('a task that has ended since the last look', async () => {
    const template = { RestartPolicy: { Condition: 'none' } };
    await using s = await rig({ services: [{ spec: specOf('once', { template }), login: loginOf('token-1') }] });
    const slot = await s.slot('once');
    s.clock.leap(hour);
    s.fake.deploy(specOf('once', { template, container: { Args: ['end'] } }));
    s.fake.progress('once', undefined);
    assert.equal((await failing(s.deliver(slot, given(host)))).code, 'BUSY');
    assert.deepEqual(codesOf((await s.slot('once')).findings), ['ENDED']);
    assert.deepEqual(s.updates(), []);
  });

  test('one that is pulling its image: the pull would begin anew', async () => {
    await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    const slot = await s.slot('web');
    const Status = { State: 'preparing', Timestamp: new Date(s.clock.wall()).toISOString() };
    const pulling = [{ ID: 't1', Slot: 1, DesiredState: 'running', Status }];
    s.fake.fault = ({ path }) => (path.startsWith('/tasks') ? { status: 200, json: pulling } : undefined);
    const failure = await failing(s.deliver(slot, given(host)));
    assert.deepEqual([failure.code, failure.stops], ['BUSY', 'slot']);
    assert.deepEqual(s.updates(), []);
  });
});

describe('a service that somebody removes while it is looked at', () => {
  const mayEnd = { RestartPolicy: { Condition: 'on-failure' } };

  test('keeps nobody from seeing the others', async () => {
    await using s = await rig({ services: [{ spec: specOf('web', { template: mayEnd }) }, { spec: specOf('api') }] });
    const { id } = s.fake.service('web');
    const gone = { status: 404, json: { message: `service ${id} not found` } };
    s.fake.fault = ({ path }) => (path.includes(id) ? gone : undefined);
    assert.ok((await s.discover()).slots.some(({ title }) => title === 'api'));
  });

  test('nor where its tasks are looked at as they fail', async () => {
    const services = [{ spec: specOf('web', { image: `${host}/team/missing:1` }), login: loginOf('token-1') }, { spec: specOf('api') }];
    await using s = await rig({ services });
    for (const password of ['token-2', 'token-3']) await s.give('web', password);
    assert.equal(s.fake.service('web').state, 'paused');
    s.fake.fault = ({ path }) => (path.startsWith('/tasks') ? { status: 404, json: { message: 'service web not found' } } : undefined);
    assert.equal((await s.discover()).slots.length, 2);
  });

  test('any other failure stops the look, as nobody knows then whether a task has ended', async () => {
    await using s = await rig({ services: [{ spec: specOf('web', { template: mayEnd }) }] });
    s.fake.fault = ({ path }) => (path.startsWith('/tasks') ? { status: 403, text: 'no' } : undefined);
    assert.equal((await failing(s.discover())).code, 'FORBIDDEN');
  });
});

describe('the login of a service that has to wait', () => {
  const memory = () => {
    let text: string | undefined;
    return { recall: () => Promise.resolve(text), remember: (next: string) => void (text = next) };
  };
  const web = { spec: specOf('web', { replicas: 0 }), login: loginOf('token-1') };
  /** Deploys a service whose roll-out does not end. */
  const held = async (s: Awaited<ReturnType<typeof rig>>) => {
    s.fake.deploy(specOf('web', { replicas: 0, image: `${host}/team/app:2` }));
    s.fake.progress('web', 'updating');
    return await s.slot('web');
  };

  test('is told as good, as about to end, as what may have ended, and as ended', async () => {
    await using s = await rig({ services: [web] });
    await s.give('web', 'token-2');
    const first = await held(s);
    assert.deepEqual([codesOf(first.findings), first.state], [['ROLLING'], 'present']);
    assert.match(first.findings?.[0]?.message ?? '', /ends at 2026-01-01T12:00Z, unless somebody has brought another one since/);
    s.clock.leap(7.9 * hour);
    assert.deepEqual(codesOf((await s.slot('web')).findings), ['ROLLING'], 'four hours before its end');
    s.clock.leap(1.1 * hour);
    assert.deepEqual(codesOf((await s.slot('web')).findings), ['ROLLING', 'LOGIN_ENDING']);
    await held(s);
    s.clock.leap(4 * hour);
    const { findings = [] } = await s.slot('web');
    assert.deepEqual(codesOf(findings), ['ROLLING', 'LOGIN_ENDING'], 'the last deployment may have brought another one');
    assert.match(findings[1]?.message ?? '', /ended at 2026-01-01T12:00Z, unless/);
    s.clock.leap(9 * hour);
    const last = await s.slot('web');
    assert.deepEqual(codesOf(last.findings), ['ROLLING', 'LOGIN_ENDED']);
    assert.match(
      last.findings?.[1]?.message ?? '',
      /has ended by 2026-01-01T21:00Z\. A task that moves to another node fails from then on, or runs an older image/,
    );
    assert.equal(swarm.findings.LOGIN_ENDED.severity, 'error');
  });

  test('is told of no older image where the image is named with its digest', async () => {
    await using s = await rig({ services: [web] });
    await s.give('web', 'token-2');
    s.fake.deploy(specOf('web', { replicas: 0, image: `${host}/team/app@sha256:${'0'.repeat(64)}` }));
    s.fake.progress('web', 'updating');
    const { findings } = await s.slot('web');
    assert.match(findings?.[0]?.message ?? '', /A task that moves to another node fails from then on\.$/);
  });

  test('is known after a restart where something is kept on disk', async () => {
    const kept = memory();
    await using s = await rig({ services: [web], memory: kept });
    await s.give('web', 'token-2');
    await held(s);
    await using again = await restarted(s, s.clock, kept);
    const { holds, waits } = await again.slot('web');
    assert.ok(waits && holds && 'expiresAt' in holds);
    assert.equal(holds.expiresAt.toISOString(), '2026-01-01T12:00:00.000Z');
  });

  test('is told as unknown where nobody knows it, but for the longest life that there is', async () => {
    await using s = await rig({ services: [web] });
    const { findings, holds } = await held(s);
    assert.equal(holds, undefined);
    assert.deepEqual(codesOf(findings), ['ROLLING']);
    assert.match(findings?.[0]?.message ?? '', /Nobody knows when its login ends, which is by 2026-01-01T12:00Z/);
    s.clock.leap(13 * hour);
    assert.deepEqual(codesOf((await s.slot('web')).findings), ['ROLLING', 'LOGIN_ENDED']);
  });

  test('is told at a task that has ended as well, with its very end', async () => {
    const template = { RestartPolicy: { Condition: 'none' } };
    await using s = await rig({ services: [{ spec: specOf('once', { template }), login: loginOf('token-1') }] });
    await s.give('once', 'token-2');
    const { id } = s.fake.service('once');
    const task = { ID: 't1', Slot: 1, DesiredState: 'shutdown', Status: { State: 'complete' } };
    s.fake.fault = ({ path }) => (path.startsWith('/tasks') && path.includes(id) ? { status: 200, json: [task] } : undefined);
    const slot = await s.slot('once');
    assert.equal((await failing(s.deliver(slot, given(host)))).code, 'BUSY');
    assert.match((await s.slot('once')).findings?.[0]?.message ?? '', /The login of the service once ends at 2026-01-01T12:00Z/);
    s.clock.leap(13 * hour);
    const { findings, holds } = await s.slot('once');
    assert.deepEqual(codesOf(findings), ['ENDED', 'LOGIN_ENDED']);
    assert.match(findings?.[1]?.message ?? '', /ended at 2026-01-01T12:00Z/);
    assert.ok(holds);
  });
});

describe('what others write', () => {
  const services = [{ spec: specOf('web'), login: loginOf('token-1') }];

  test('a deployment is followed by a fresh login once it has ended', async () => {
    await using s = await rig({ services });
    await s.give('web', 'token-2');
    assert.equal((await s.slot('web')).state, 'present');
    s.fake.rotate(host, 'token-2');
    s.fake.deploy(specOf('web', { image: `${host}/team/app:2` }));
    assert.deepEqual(codesOf((await s.slot('web')).findings), ['ROLLING']);
    s.clock.leap(hour);
    assert.equal((await s.slot('web')).state, 'drifted');
    await s.give('web', 'token-3');
    assert.equal((await s.slot('web')).state, 'present');
    assert.equal(s.fake.service('web').login?.password, 'token-3');
  });

  test('a bad version and the good one again, with a login that has ended: seen, although the Spec is ours', async () => {
    await using s = await rig({ services });
    await s.give('web', 'token-2');
    s.fake.rotate(host, 'token-2');
    s.fake.deploy(specOf('web', { image: `${host}/team/missing:1` }));
    assert.equal(s.fake.service('web').state, 'paused');
    s.fake.deploy(specOf('web'), loginOf('stale'));
    s.clock.leap(hour);
    s.fake.progress('web', 'completed');
    assert.equal((await s.slot('web')).state, 'drifted');
    await s.give('web', 'token-2');
    assert.equal(s.fake.service('web').login?.password, 'token-2');
  });

  test('the same Spec once more, with another login: two updates, so that a rollback returns to a good one', async () => {
    await using s = await rig({ services });
    await s.give('web', 'token-2');
    const before = s.updates().length;
    for (const password of ['stale', 'staler']) {
      s.fake.deploy(specOf('web'), loginOf(password));
      s.clock.leap(60_000);
      assert.equal((await s.slot('web')).state, 'drifted');
      await s.give('web', 'token-2');
      const { login, previousLogin } = s.fake.service('web');
      assert.deepEqual([login?.password, previousLogin?.password], ['token-2', 'token-2']);
    }
    assert.equal(s.updates().length - before, 4);
  });

  test('between the first look and the first update: both Specs hold a good login all the same', async () => {
    await using s = await rig({ services });
    const slot = await s.slot('web');
    s.fake.deploy(specOf('web', { labels: { ...enabled, by: 'somebody' } }));
    await s.deliver(slot, givenAt(s.clock.wall(), 'token-2'));
    const { login, previousLogin } = s.fake.service('web');
    assert.deepEqual([login?.password, previousLogin?.password], ['token-2', 'token-2']);
  });

  for (const [when, gets] of [
    ['just after the first', 1],
    ['just before the second', 2],
  ] as const)
    test(`between the two updates at first, ${when}: one more follows, so that both Specs hold a good login`, async () => {
      await using s = await rig({ services: [{ spec: specOf('web', { replicas: 0 }), login: loginOf('token-1') }] });
      const slot = await s.slot('web');
      const updates = () => s.updates().length;
      let reads = 0;
      s.fake.fault = ({ method, path }) => {
        if (method === 'GET' && path.startsWith('/services/') && updates() === 1 && ++reads === gets)
          s.fake.deploy(specOf('web', { replicas: 0, labels: { ...enabled, by: 'somebody' } }), loginOf('of somebody'));
        return undefined;
      };
      await s.deliver(slot, givenAt(s.clock.wall(), 'token-2'));
      assert.equal(s.fake.service('web').previousLogin?.password, 'of somebody');
      const later = await s.slot('web');
      assert.equal(later.state, 'drifted');
      await s.deliver(later, givenAt(s.clock.wall(), 'token-2'));
      assert.equal(updates(), 3);
      const { login, previousLogin } = s.fake.service('web');
      assert.deepEqual([login?.password, previousLogin?.password], ['token-2', 'token-2']);
      assert.equal((await s.slot('web')).state, 'present');
    });

  test('a rollback brings the former login back, and is followed by a fresh one', async () => {
    await using s = await rig({ services });
    await s.give('web', 'token-2');
    s.clock.leap(6 * hour);
    await s.give('web', 'token-3');
    s.fake.rollBack('web');
    s.clock.leap(hour);
    assert.deepEqual([s.fake.service('web').state, s.fake.service('web').login?.password], ['rollback_completed', 'token-2']);
    assert.equal((await s.slot('web')).state, 'drifted');
    await s.give('web', 'token-3');
    assert.equal((await s.slot('web')).state, 'present');
    assert.equal(s.fake.service('web').login?.password, 'token-3');
  });

  test('is seen although it came just after our own write', async () => {
    await using s = await rig({ services });
    await s.give('web', 'token-2');
    const slot = await s.slot('web');
    let posts = 0;
    s.fake.fault = ({ method, path }) => {
      if (method === 'POST') posts++;
      if (posts > 0 && method === 'GET' && path.startsWith('/services/') && s.fake.service('web').spec.Labels !== null) {
        s.fake.fault = undefined;
        s.fake.deploy(specOf('web', { labels: { ...enabled, by: 'somebody' } }));
      }
      return undefined;
    };
    assert.equal((await s.deliver(slot, given(host, 'token-3'))).change, 'updated');
    assert.equal((await s.slot('web')).state, 'drifted');
  });
});

describe('a manager that has just become the leader may answer with what was before', () => {
  const services = ['web', 'api'].map(name => ({ spec: specOf(name, { replicas: 0 }), login: loginOf('token-1') }));
  const isList = ({ path }: Seen): boolean => path === '/services';
  const listed = async (s: SwarmRig): Promise<readonly object[]> =>
    (await fetch(`${s.fake.url}/services`).then(answer => answer.json())) as readonly object[];

  /** Answers as the engine does, with another body. */
  const answers = (json: unknown) => ({ status: 200, headers: { 'Api-Version': '1.41' }, json });

  test('with no services at all: none is forgotten by that, and a moment later none is written', async () => {
    await using s = await rig({ services });
    for (const name of ['web', 'api']) await s.give(name, 'token-2');
    const ids = ['web', 'api'].map(name => s.fake.service(name).id);
    s.fake.fault = request => (isList(request) ? answers([]) : undefined);
    const { slots, unseen } = await s.discover();
    assert.deepEqual([slots, unseen?.toSorted()], [[], ids.toSorted()]);
    s.fake.fault = undefined;
    const after = await s.discover();
    assert.deepEqual([after.slots.map(({ state }) => state), after.unseen], [['present', 'present'], []]);
    assert.ok(
      after.slots.every(({ holds }) => holds),
      'whose login it is, is known still',
    );
  });

  test('with a service that was removed it is believed after a moment', async () => {
    await using s = await rig({ services });
    await s.discover();
    s.fake.clear();
    assert.equal((await s.discover()).unseen?.length, 2);
    s.clock.leap(60_000);
    assert.deepEqual((await s.discover()).unseen, []);
  });

  test('with older versions: they are no write of somebody else', async () => {
    await using s = await rig({ services });
    const before = await listed(s);
    for (const name of ['web', 'api']) await s.give(name, 'token-2');
    s.fake.fault = request => (isList(request) ? answers(before) : undefined);
    const { slots, unseen } = await s.discover();
    assert.deepEqual([slots.length, unseen?.length], [0, 2]);
    s.clock.leap(60_000);
    const states = (await s.discover()).slots.map(({ state }) => state);
    assert.deepEqual(states, ['drifted', 'drifted'], 'what lasts is a Swarm from a backup');
    s.fake.fault = undefined;
    assert.equal((await s.slot('web')).state, 'present');
  });

  test('to a single question too: nothing is written, and nobody is said to have written', async () => {
    await using s = await rig({ services });
    const slot = await s.slot('web');
    const before: unknown = await fetch(`${s.fake.url}/services/${slot.id}`).then(answer => answer.json());
    await s.deliver(slot, given(host));
    const count = s.updates().length;
    s.fake.fault = ({ method, path }) => (method === 'GET' && path === `/services/${slot.id}` ? answers(before) : undefined);
    const { code, message, stops } = await failing(s.deliver(slot, given(host, 'newer')));
    assert.deepEqual([code, stops, s.updates().length], ['UNREACHABLE', 'slot', count]);
    assert.match(message, /older state of the service web/);
  });
});

describe('a manager that becomes the leader gives all services another version', () => {
  const two = ['web', 'api'].map(name => ({ spec: specOf(name), login: loginOf('token-1') }));
  async function written(setup: Parameters<typeof rig>[0]): Promise<SwarmRig> {
    const s = await rig(setup);
    for (const name of ['web', 'api']) await s.give(name, 'token-2');
    await s.slot('web');
    return s;
  }

  test('nobody has written to them: nothing is repaired, and what they hold is known', async () => {
    await using s = await written({ services: two });
    for (let terms = 0; terms < 3; terms++) {
      s.clock.leap(60_000);
      s.fake.elect();
      const { state, holds } = await s.slot('web');
      assert.deepEqual([state, holds !== undefined], ['present', true]);
    }
  });

  test('a service that was only seen so far counts as before as well', async () => {
    await using s = await rig({ services: two });
    await s.discover();
    s.fake.elect();
    assert.equal((await s.slot('web')).state, 'present');
  });

  for (const [what, meddle] of [
    ['deployed another version', s => s.fake.deploy(specOf('web', { labels: { ...enabled, by: 'somebody' } }))],
    ['rolled back', s => s.fake.rollBack('web')],
    [
      'deployed another version and this one again',
      s => {
        s.fake.deploy(specOf('web', { labels: { ...enabled, by: 'somebody' } }));
        s.fake.deploy(specOf('web'), loginOf('stale'));
      },
    ],
  ] as readonly (readonly [string, (s: SwarmRig) => void])[])
    test(`somebody has ${what} in the same minute: that is seen`, async () => {
      await using s = await written({ services: two });
      meddle(s);
      s.clock.leap(60_000);
      s.fake.service('web');
      s.fake.elect();
      assert.deepEqual([(await s.slot('web')).state, (await s.slot('api')).state], ['drifted', 'present']);
    });

  test('somebody writes the same Spec afterwards: that is seen', async () => {
    await using s = await written({ services: two });
    s.fake.elect();
    await s.discover();
    s.fake.deploy(specOf('web'), loginOf('stale'));
    assert.deepEqual([(await s.slot('web')).state, (await s.slot('api')).state], ['drifted', 'present']);
  });

  test('the end of the login of a service that has to wait is known as exactly as before', async () => {
    const template = { RestartPolicy: { Condition: 'none' } };
    await using s = await rig({ services: [...two, { spec: specOf('once', { template }), login: loginOf('token-1') }] });
    await s.give('once', 'token-2');
    const { id } = s.fake.service('once');
    const task = { ID: 't1', Slot: 1, DesiredState: 'shutdown', Status: { State: 'complete' } };
    s.fake.fault = ({ path }) => (path.startsWith('/tasks') && path.includes(id) ? { status: 200, json: [task] } : undefined);
    await failing(s.deliver(await s.slot('once'), given(host)));
    const before = (await s.slot('once')).findings;
    assert.deepEqual(codesOf(before), ['ENDED']);
    s.fake.elect();
    assert.deepEqual((await s.slot('once')).findings, before);
  });

  test('over a restart of the courier it is taken for a write, as nobody looked meanwhile', async () => {
    let text: string | undefined;
    const memory = { recall: () => Promise.resolve(text), remember: (next: string) => void (text = next) };
    await using s = await written({ services: two, memory });
    s.fake.elect();
    await using again = await restarted(s, s.clock, memory);
    assert.equal((await again.slot('web')).state, 'drifted');
    await again.give('web', 'token-2');
    await using third = await restarted(s, s.clock, memory);
    assert.equal((await third.slot('web')).state, 'present');
  });

  test('and what was learned of it is remembered', async () => {
    let text: string | undefined;
    const memory = { recall: () => Promise.resolve(text), remember: (next: string) => void (text = next) };
    await using s = await written({ services: two, memory });
    s.fake.elect();
    await s.discover();
    await using again = await restarted(s, s.clock, memory);
    assert.equal((await again.slot('web')).state, 'present');
  });
});

describe('after a restart', () => {
  const services = [{ spec: specOf('web'), login: loginOf('token-1') }];
  const memory = () => {
    let text: string | undefined;
    return { recall: () => Promise.resolve(text), remember: (next: string) => void (text = next) };
  };

  test('nothing need be written where the version is the one that was written last', async () => {
    const kept = memory();
    await using s = await rig({ services, memory: kept });
    await s.give('web', 'token-2');
    await using again = await restarted(s, s.clock, kept);
    const { holds, state } = await again.slot('web');
    assert.equal(state, 'present');
    assert.ok(holds && 'fingerprint' in holds && holds.expiresAt.getTime() > s.clock.wall() + 11 * hour);
  });

  test('services that are gone are forgotten', async () => {
    const kept = memory();
    await using s = await rig({ services, memory: kept });
    await s.give('web', 'token-2');
    const { id } = s.fake.service('web');
    assert.ok((await kept.recall())?.includes(id));
    s.fake.clear();
    s.fake.deploy(specOf('next'));
    await s.discover();
    s.clock.leap(60_000);
    await s.give('next', 'token-2');
    assert.ok(!(await kept.recall())?.includes(id));
  });

  test('a rollback that came meanwhile is seen', async () => {
    const kept = memory();
    await using s = await rig({ services, memory: kept });
    await s.give('web', 'token-2');
    s.fake.rollBack('web');
    s.clock.leap(hour);
    await using again = await restarted(s, s.clock, kept);
    assert.equal((await again.slot('web')).state, 'drifted');
  });

  test('without a memory a service is written twice, as nobody knows to which login a rollback would return', async () => {
    await using s = await rig({ services });
    s.fake.deploy(specOf('web'), loginOf('of somebody else'));
    const { updates } = await restarted(s, s.clock);
    await using again = await restarted(s, s.clock);
    assert.equal((await again.slot('web')).holds, undefined);
    const before = updates().length;
    await again.give('web', 'token-3');
    assert.equal(updates().length - before, 2);
    const { login, previousLogin } = s.fake.service('web');
    assert.deepEqual([login?.password, previousLogin?.password], ['token-3', 'token-3'], 'although both Specs were the same');
  });
});

describe('a login that ended while it was held', () => {
  const late = async (image: string) => {
    const s = await rig({ services: [{ spec: specOf('web', { image, replicas: 0 }), login: loginOf('token-1') }] });
    await s.give('web', 'token-2');
    s.clock.leap(14 * hour);
    return s;
  };

  test('is told with the service and the time, as tasks may run an older image since then', async () => {
    await using s = await late(`${host}/team/app:1`);
    const { findings = [] } = await s.give('web', 'token-3');
    assert.deepEqual(codesOf(findings), ['EXPIRED_WHILE_HELD']);
    assert.match(findings[0]?.message ?? '', /service web had ended by 2026-01-01T12:00Z and was replaced at 2026-01-01T14:00Z/);
    for (const password of ['token-4', 'token-5']) {
      s.clock.leap(6 * hour);
      assert.deepEqual((await s.slot('web')).findings, findings, 'and goes on being told');
      await s.give('web', password);
    }
    assert.deepEqual((await s.slot('web')).findings, findings, 'after other logins as well');
    assert.equal(swarm.findings.EXPIRED_WHILE_HELD.until, 'next report', 'by the report alone, so that it is told once');
    s.clock.leap(24 * hour);
    assert.deepEqual(codesOf((await s.slot('web')).findings), [], 'for a day');
  });

  test('is told until somebody deploys anew', async () => {
    await using s = await late(`${host}/team/app:1`);
    await s.give('web', 'token-1');
    s.fake.deploy(specOf('web', { image: `${host}/team/app:2` }));
    s.clock.leap(hour);
    assert.deepEqual(codesOf((await s.slot('web')).findings), []);
    await s.give('web', 'token-1');
    assert.deepEqual(codesOf((await s.slot('web')).findings), []);
  });

  test('is told as what may be where somebody wrote meanwhile, as that may have kept the login', async () => {
    await using s = await rig({ services: [{ spec: specOf('web', { replicas: 0 }), login: loginOf('token-1') }] });
    await s.give('web', 'token-2');
    s.clock.leap(11 * hour);
    s.fake.deploy(specOf('web', { replicas: 0, labels: { ...enabled, by: 'somebody' } }));
    s.clock.leap(3 * hour);
    const { findings = [] } = await s.give('web', 'token-3');
    assert.deepEqual(codesOf(findings), ['EXPIRED_WHILE_HELD']);
    assert.match(findings[0]?.message ?? '', /may have ended by 2026-01-01T12:00Z \(somebody else wrote/);
  });

  test('does no harm where the image is named with its digest', async () => {
    await using s = await late(`${host}/team/app:1@sha256:${'0'.repeat(64)}`);
    assert.deepEqual(await s.give('web', 'token-3'), { change: 'updated' });
  });

  test('is told of a service that nobody had served for half a day', async () => {
    await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    s.clock.leap(13 * hour);
    assert.deepEqual(codesOf((await s.give('web', 'token-2')).findings), ['EXPIRED_WHILE_HELD']);
    await using fresh = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    fresh.clock.leap(11 * hour);
    assert.equal((await fresh.give('web', 'token-2')).findings, undefined);
  });
});

describe('a rehearsal', () => {
  test('writes nothing, asks whether a write would be let through, and says what becomes of a rollback', async () => {
    await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    const slot = await s.slot('web');
    const before = s.fake.service('web');
    const { change, findings } = await s.rehearse(slot, given(host));
    assert.deepEqual([change, codesOf(findings)], ['updated', ['ROLLBACK_POINT']]);
    assert.deepEqual(s.fake.service('web'), before);
    s.fake.fault = ({ method }) => (method === 'POST' ? { status: 403, text: '<html>403 Forbidden</html>' } : undefined);
    const failure = await failing(s.rehearse(slot, given(host)));
    assert.equal(failure.code, 'FORBIDDEN');
    assert.match(failure.remedy, /POST \/vN\/services\/ID\/update/);
  });

  test('says of a service that waits why it does', async () => {
    await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    const slot = await s.slot('web');
    s.fake.progress('web', 'paused');
    assert.equal((await failing(s.rehearse(slot, given(host)))).code, 'BUSY');
  });
});

describe('a proxy in front of Docker that removes the header with the login', () => {
  const services = ['web', 'api'].map(name => ({ spec: specOf(name, { replicas: 0 }), login: loginOf('token-1') }));

  test('is found before anything is written, as Docker would answer 200 and keep the former login', async () => {
    await using s = await rig({ services });
    const slot = await s.slot('web');
    s.fake.quirks.strips = 'x-registry-auth';
    for (const ask of [s.rehearse, s.deliver]) {
      const { code, message, remedy } = await failing(ask(slot, given(host)));
      assert.equal(code, 'MISCONFIGURED');
      assert.match(message, /removes the header X-Registry-Auth .* would keep the login/);
      assert.match(remedy, /pass on that header/);
    }
    assert.deepEqual(s.updates(), []);
    s.fake.quirks.strips = '';
    await s.deliver(slot, given(host));
    assert.equal(s.fake.service('web').login?.password, 'new-token');
  });

  test('is found by a newer Docker, which knows no origin of logins but two, in a service that was never updated', async () => {
    const fault = ({ path }: Seen) =>
      path.includes('registryAuthFrom=nowhere') ? { status: 400, json: { message: "invalid registryAuthFrom 'nowhere'" } } : undefined;
    await using s = await rig({ services, fault });
    const questions = (): number => s.asked().filter(line => line.includes('registryAuthFrom')).length;
    s.fake.deploy(specOf('api', { replicas: 0, labels: { ...enabled, by: 'somebody' } }));
    const [web, api] = [await s.slot('web'), await s.slot('api')];
    s.fake.quirks.strips = 'x-registry-auth';
    await s.deliver(api, given(host));
    assert.equal(questions(), 1, 'once for two updates, as the answer tells nothing');
    const count = s.updates().length;
    assert.equal((await failing(s.deliver(web, given(host)))).code, 'MISCONFIGURED');
    assert.equal(s.updates().length, count);
  });

  test('is found as well where it came later, and not asked for at each update', async () => {
    await using s = await rig({ services });
    const questions = (): number => s.asked().filter(line => line.includes('registryAuthFrom')).length;
    for (const name of ['web', 'api']) await s.give(name, 'token-2');
    assert.equal(questions(), 1);
    s.clock.leap(6 * hour);
    s.fake.quirks.strips = 'x-registry-auth';
    const [slot, before] = [await s.slot('web'), s.updates().length];
    assert.equal((await failing(s.deliver(slot, given(host)))).code, 'MISCONFIGURED');
    assert.equal(s.updates().length, before);
  });

  test('is not taken for there where something in between lets only known queries through', async () => {
    const fault = ({ path }: Seen) => (path.includes('registryAuthFrom') ? { status: 403, text: 'Forbidden' } : undefined);
    await using s = await rig({ services, fault });
    assert.equal((await s.rehearse(await s.slot('web'), given(host))).change, 'updated');
    await s.give('web', 'token-2');
    assert.equal(s.fake.service('web').login?.password, 'token-2');
  });
});

describe('what is not a manager of a Swarm', () => {
  const words: readonly (readonly [name: string, status: number, message: string, code: string, said: RegExp])[] = [
    [
      'a Docker without a Swarm, or a manager in the first seconds after its start',
      503,
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
      'UNREACHABLE',
      /manages no Swarm, or has just been started/,
    ],
    [
      'a manager that is not ready',
      503,
      'This node is not a swarm manager. Manager is being prepared or has trouble connecting to the cluster.',
      'UNREACHABLE',
      /has just been started/,
    ],
    [
      'a worker',
      503,
      "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state.",
      'MISCONFIGURED',
      /manages no Swarm/,
    ],
    ['a locked one', 503, 'Swarm is encrypted and needs to be unlocked before it can be used.', 'UNREACHABLE', /is locked/],
    [
      'one with expired certificates',
      503,
      'Swarm certificates have expired. To replace them, leave the swarm and join again.',
      'MISCONFIGURED',
      /is shut out of its Swarm/,
    ],
    [
      'one without a leader',
      500,
      "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online.",
      'UNREACHABLE',
      /no leader/,
    ],
    [
      'one that lost the leadership meanwhile',
      500,
      'rpc error: code = Unknown desc = raft: failed to process the request: node lost leader status',
      'UNREACHABLE',
      /do not agree at the moment/,
    ],
    [
      'one that has lost the other managers a moment ago',
      500,
      'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
      'UNREACHABLE',
      /do not agree at the moment/,
    ],
    ['something else', 404, 'page not found', 'MISCONFIGURED', /There is no manager of a Swarm/],
  ];
  for (const [name, status, message, code, said] of words)
    test(name, async () => {
      await using s = await rig({ fault: () => ({ status, json: { message } }) });
      const failure = await failing(s.discover());
      assert.equal(failure.code, code);
      assert.match(failure.message, said);
    });

  for (const [name, answer] of [
    ['a page', { status: 404, text: '<html><head><title>404 Not Found</title></head></html>' }],
    ['a page of a server for files', { status: 405, text: '<!doctype html><title>405 Not Allowed</title>' }],
    ['another API', { status: 404, json: { error: 'not found' } }],
    ['words', { status: 404, text: '404 page not found\n' }],
  ] as const)
    test(`another server, which answers with ${name}, is asked whether it is Docker at all`, async () => {
      await using s = await rig({ fault: () => answer });
      const failure = await failing(s.discover());
      assert.equal(failure.code, name.startsWith('a page') ? 'MISCONFIGURED' : 'NOT_FOUND');
      assert.match(failure.message, /http:.* 40[45].*[^.]\. Is that Docker’s API\?$/);
      assert.match(failure.remedy, /unix:\/\/\/var\/run\/docker\.sock/);
    });

  for (const [status, text] of [
    [405, 'Method Not Allowed'],
    [405, '<html><title>405 Not Allowed</title></html>'],
    [404, ''],
    [403, 'Forbidden'],
  ] as const)
    for (const [what, isMeant] of [
      ['tasks', ({ path }: Seen) => path.startsWith('/tasks')],
      ['updates', ({ method }: Seen) => method === 'POST'],
    ] as const)
      test(`a proxy that answers ${status} ${JSON.stringify(text)} to ${what}: it must let them through`, async () => {
        const template = { RestartPolicy: { Condition: 'none' } };
        await using s = await rig({ services: [{ spec: specOf('web', { template }), login: loginOf('first') }] });
        const slot = await s.slot('web');
        s.fake.fault = request => (isMeant(request) ? { status, text } : undefined);
        for (const ask of [s.deliver, s.rehearse]) {
          const { code, message, remedy } = await failing(ask(slot, given(host)));
          assert.equal(code, status === 404 ? 'NOT_FOUND' : 'FORBIDDEN');
          assert.doesNotMatch(message, /Is that Docker/);
          assert.match(remedy, /^Let the proxy .* POST \/vN\/services\/ID\/update/);
        }
      });

  test('what refuses is told apart: a plugin of Docker, and something in front of it', async () => {
    await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    const slot = await s.slot('web');
    s.fake.fault = ({ method }) =>
      method === 'POST' ? { status: 403, json: { message: 'authorization denied by plugin: no' } } : undefined;
    const denied = await failing(s.deliver(slot, given(host)));
    assert.match(denied.remedy, /^Allow it in the authorization plugin of Docker\. Then/);
    s.fake.fault = () => ({ status: 401, text: 'Unauthorized' });
    const { code, message } = await failing(s.discover());
    assert.deepEqual([code, message.startsWith('Something in front of Docker refused')], ['AUTH', true]);
  });

  test('an engine of another version behind the same address', async () => {
    const message = 'client version 1.47 is too new. Maximum supported API version is 1.41';
    await using s = await rig({ services: [{ spec: specOf('web'), login: loginOf('token-1') }] });
    const slot = await s.slot('web');
    s.fake.fault = ({ method }) => (method === 'POST' ? { status: 400, json: { message } } : undefined);
    assert.match((await failing(s.deliver(slot, given(host)))).message, /different versions/);
  });
});

test('a socket of this machine is an address as any other, and `registries` are of no use', async () => {
  await using directory = await folder({});
  await using s = await rig({
    socket: directory.at('docker.sock'),
    services: [{ spec: specOf('web', { replicas: 0 }) }],
    wanted: [absent],
  });
  assert.match(s.target.address, /^unix:\/\/\/.*docker\.sock$/);
  const { slots, findings } = await s.discover();
  assert.deepEqual([slots.length, codesOf(findings)], [1, ['REGISTRIES_UNUSED']]);
  await s.deliver(slots[0], given(host));
  assert.equal(s.fake.service('web').login?.password, 'new-token');
});

test('a version of the API at the end of an address is left out: nothing is asked in an older one', async () => {
  for (const end of ['', '/', '/v1.41', '/v1.24/']) {
    await using s = await rig({ services: [{ spec: specOf('web') }], end });
    assert.equal(s.target.address, s.fake.url);
    await s.deliver(await s.slot('web'), given(host));
    assert.deepEqual(
      s.fake.requests.map(({ method, path }) => `${method} ${path}`).filter(line => /v1\.\d+\/v|v1\.24|GET \/v1/.test(line)),
      [],
    );
  }
});

test('two ways to one Swarm are known by its oldest service, and another Swarm is another', async () => {
  const services = [{ spec: specOf('foreign', { image: 'nginx', labels: {} }) }, { spec: specOf('web') }];
  await using s = await rig({ services });
  await using again = await restarted(s, s.clock);
  await using other = await rig({ services });
  const reached = async ({ discover }: Pick<typeof s, 'discover'>) => (await discover()).about?.reaches;
  const [oldest, ...more] = (await reached(s)) ?? [];
  assert.ok(['foreign', 'web'].some(name => s.fake.service(name).id === oldest) && more.length === 0);
  assert.deepEqual(await reached(again), [oldest]);
  assert.notDeepEqual(await reached(other), [oldest]);
  s.clock.leap(hour);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) s.fake.deploy(specOf(name));
  assert.deepEqual(await reached(s), [oldest], 'later ones do not count');
  const list = (await fetch(`${s.fake.url}/services`).then(answer => answer.json())) as readonly object[];
  const headers = { 'Api-Version': '1.41' };
  s.fake.fault = ({ path }) => (path === '/services' ? { status: 200, headers, json: list.toReversed() } : undefined);
  assert.deepEqual(await reached(s), [oldest], 'in whichever order they are told');
  s.fake.fault = undefined;
  s.fake.clear();
  assert.equal(await reached(s), undefined);
});

test('images of ECR Public are served with a source for them alone', async () => {
  const services = [{ spec: specOf('web', { image: 'public.ecr.aws/team/app:1', labels: {} }) }];
  await using without = await rig({ services, choice: 'all' });
  assert.deepEqual(await without.discover().then(({ slots, findings }) => [slots, findings]), [[], []]);
  await using s = await rig({ services, choice: 'all', publicSource: 'configured' });
  const slot = await s.slot('web');
  await s.deliver(slot, givenAt(s.clock.wall(), 'public', 'public.ecr.aws'));
  assert.equal(s.fake.service('web').login?.password, 'public');
});
