import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { makeFollowing } from '../../../adapters/kubernetes/stuck/following.ts';
import { until } from '../../commands/cli.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import { codesOf, failing, given, host, other } from '../rig.ts';
import { rig, secretName, seed, watched } from './rig.ts';
import { attach, image, type Parts, podSlots, rules, setStatus, stuckPod, stuckRig, waitsFor } from './stuck-rig.ts';

const idsOf = (report: Parameters<typeof podSlots>[0]): string[] => podSlots(report).map(({ id }) => id);
const done = { terminated: { exitCode: 0 } };

test('a pod that was made before its account named the Secret is deleted, in the state that was read and with its grace', async () => {
  await using t = await stuckRig([stuckPod('web-1')]);
  const { slots } = await t.discover();
  const [slot] = podSlots({ slots });
  assert.deepEqual(
    [slot?.id, slot?.title, slot?.state, slot?.after],
    ['team-a/pod/web-1', 'Pod team-a/web-1', 'drifted', 'team-a/ecr-courier'],
  );
  const { uid, resourceVersion } = t.fake.get('pods', 'team-a', 'web-1')?.metadata ?? {};
  const receipt = await t.deliver(slot, new Map());
  const said = `Pod team-a/web-1 was deleted: without the Secret it cannot pull ${image}. Its ServiceAccount names the Secret by now, so the pod that ReplicaSet web-5d9 makes in its place can.`;
  assert.deepEqual([receipt.change, receipt.findings], ['updated', [{ code: 'POD_RESTARTED', message: said }]]);
  const sent = t.fake.requests.filter(({ method }) => method === 'DELETE').map(({ body }) => JSON.parse(body.toString()));
  assert.deepEqual(sent, [{ kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid, resourceVersion } }]);
  assert.equal(t.fake.get('pods', 'team-a', 'web-1')?.metadata['deletionGracePeriodSeconds'], 30);
  const line = { namespace: 'team-a', pod: 'web-1', owner: 'ReplicaSet web-5d9', images: [image] };
  assert.deepEqual(t.logged, [['stuck pod deleted', line]]);

  const later = await t.discover();
  assert.deepEqual([idsOf(later), later.findings.map(({ message }) => message)], [[], [said]]);
  await t.clock.advance(3_600_000);
  assert.deepEqual((await t.discover()).findings, [], 'an hour later nobody needs to know');
});

const init = { initContainers: [{ name: 'setup', image }] };
describe('a pod is restarted, too,', () => {
  const also: Readonly<Record<string, Parts>> = {
    'where an init container waits for its image': {
      spec: init,
      status: { containerStatuses: [], initContainerStatuses: [waitsFor('setup')] },
    },
    'where its init containers have done their work': {
      spec: init,
      status: { initContainerStatuses: [{ name: 'setup', state: done }] },
    },
    'where it has just failed': { status: { containerStatuses: [waitsFor('app', { reason: 'ErrImagePull' })] } },
    'whose tag is a word of other failures': {
      spec: { containers: [{ name: 'app', image: `${host}/team/app:proxy-certificate` }] },
      status: {
        containerStatuses: [
          waitsFor('app', { message: `Head "https://${host}/v2/team/app/manifests/proxy-certificate": 401 Unauthorized` }),
        ],
      },
    },
    'where an older kubelet does not say why': {
      status: { containerStatuses: [waitsFor('app', { message: `Back-off pulling image "${image}"` })] },
    },
    'where it has only other names, from its account': { metadata: { name: 'other-names' } },
    'of a DaemonSet': { owner: { kind: 'DaemonSet' } },
    'of a StatefulSet': { owner: { kind: 'StatefulSet' } },
    'of a ReplicationController': { owner: { kind: 'ReplicationController', apiVersion: 'v1' } },
  };
  for (const [what, parts] of Object.entries(also))
    test(what, async () => {
      await using t = await stuckRig([]);
      const isNamed = what.includes('other names');
      t.fake.edit('serviceaccounts', 'team-a', 'default', { imagePullSecrets: isNamed ? [{ name: 'corp' }] : null });
      const { metadata } = t.fake.make(stuckPod('web-1', parts));
      assert.deepEqual(t.fake.get('pods', 'team-a', metadata.name)?.['spec'] !== undefined, true);
      attach(t.fake);
      await t.clock.advance(120_000);
      assert.deepEqual(idsOf(await t.discover()), [`team-a/pod/${metadata.name}`]);
    });
});

describe('a pod is left alone', () => {
  const unknown = `ErrImagePull: reading manifest 2 in ${host}/auth/app: name unknown: The repository with name 'auth/app' does not exist`;
  const notFound = `ErrImagePull: rpc error: code = NotFound desc = failed to resolve reference "${host}/auth/app:2": ${host}/auth/app:2: not found`;
  const alone: Readonly<Record<string, Parts>> = {
    'that nobody makes again': { metadata: { ownerReferences: [] } },
    'of a node': { owner: { kind: 'Node', apiVersion: 'v1' } },
    'of a Job, to which it would be a failure': { owner: { kind: 'Job', apiVersion: 'batch/v1' } },
    'of a controller of somebody else': { owner: { apiVersion: 'example.org/v1' } },
    'whose owner does not control it': { owner: { controller: false } },
    'that names the Secret': { spec: { imagePullSecrets: [{ name: secretName }] } },
    'whose template names Secrets of its own': { spec: { imagePullSecrets: [{ name: 'corp' }] } },
    'of which a container runs': {
      status: { containerStatuses: [waitsFor(), { name: 'side', state: { running: {} } }] },
    },
    'of which a container has run': {
      status: { containerStatuses: [waitsFor(), { name: 'side', state: { waiting: {} }, lastState: done }] },
    },
    'of which a sidecar runs': { status: { initContainerStatuses: [{ name: 'proxy', state: { running: {} } }] } },
    'in which somebody looks for the reason': { status: { ephemeralContainerStatuses: [{ name: 'debug', state: { running: {} } }] } },
    'that pulled before': { spec: init, status: { containerStatuses: [], initContainerStatuses: [waitsFor('setup', { last: done })] } },
    'that is not pending': { status: { phase: 'Running' } },
    'whose image is elsewhere': { spec: { containers: [{ name: 'app', image: 'docker.io/team/app:1' }] } },
    'whose image is in a registry that the Secret does not open': { spec: { containers: [{ name: 'app', image: `${other}/app:1` }] } },
    'of which another image is missing, too': {
      spec: {
        containers: [
          { name: 'app', image },
          { name: 'side', image: 'docker.io/side:1' },
        ],
      },
      status: { containerStatuses: [waitsFor(), waitsFor('side')] },
    },
    'whose image does not exist': {
      spec: { containers: [{ name: 'app', image: `${host}/auth/app:2` }] },
      status: { containerStatuses: [waitsFor('app', { message: `Back-off pulling image "${host}/auth/app:2": ${notFound}` })] },
    },
    'whose repository does not exist': {
      spec: { containers: [{ name: 'app', image: `${host}/auth/app:2` }] },
      status: { containerStatuses: [waitsFor('app', { message: unknown })] },
    },
    ...Object.fromEntries(
      [
        'failed to do request: tls: failed to verify certificate: x509: certificate signed by unknown authority',
        `failed to do request: Head "https://${host}/v2/team/app/manifests/1": proxyconnect tcp: Forbidden`,
        'failed to do request: Proxy Authentication Required',
        'dial tcp 10.0.0.1:443: connect: permission denied',
        'failed to extract layer sha256:0a1: mount callback failed: chown: permission denied',
        'httpReadSeeker: failed open: unexpected status code https://prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com/a: 403 Forbidden',
      ].map(message => [`of which the kubelet says: ${message}`, { status: { containerStatuses: [waitsFor('app', { message })] } }]),
    ),
    'that waits for something else': { status: { containerStatuses: [waitsFor('app', { reason: 'ContainerCreating', message: '' })] } },
    'whose account does not name the Secret': { spec: { serviceAccountName: 'build' } },
  };
  for (const [what, parts] of Object.entries(alone))
    test(what, async () => {
      await using t = await stuckRig([]);
      t.fake.edit('serviceaccounts', 'team-a', 'default', { imagePullSecrets: null });
      t.fake.make({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'build', namespace: 'team-a' } });
      t.fake.make(stuckPod('web-1', parts));
      attach(t.fake);
      await t.clock.advance(120_000);
      assert.deepEqual(idsOf(await t.discover()), []);
    });

  test('that was made since', async () => {
    await using t = await stuckRig([]);
    t.fake.make(stuckPod('web-1'));
    await t.clock.advance(120_000);
    assert.deepEqual(t.fake.get('pods', 'team-a', 'web-1')?.['spec'], {
      nodeName: 'node-1',
      containers: [{ name: 'app', image }],
      serviceAccountName: 'default',
      imagePullSecrets: [{ name: secretName }],
    });
    assert.deepEqual(idsOf(await t.discover()), []);
  });

  test('with other names of which nobody knows who gave them', async () => {
    await using t = await stuckRig([stuckPod('web-1', { spec: { imagePullSecrets: [{ name: 'corp' }] } })]);
    const pod = t.fake.get('pods', 'team-a', 'web-1') ?? assert.fail();
    const { managedFields: _, ...metadata } = pod.metadata;
    t.fake.store.put(t.fake.store.kinds.find(({ resource }) => resource === 'pods') ?? assert.fail(), { ...pod, metadata });
    assert.deepEqual(idsOf(await t.discover()), []);
  });

  test('that is being deleted', async () => {
    await using t = await stuckRig([stuckPod('web-1')]);
    const [slot] = podSlots(await t.discover());
    await t.deliver(slot, new Map());
    t.fake.requests.length = 0;
    assert.deepEqual(await t.deliver(slot, new Map()), { change: 'unchanged' });
    assert.ok(!t.fake.requests.some(({ method }) => method === 'DELETE'));
  });

  test('that was just made', async () => {
    await using t = await stuckRig([]);
    t.fake.edit('serviceaccounts', 'team-a', 'default', { imagePullSecrets: null });
    t.fake.make(stuckPod('web-1'));
    attach(t.fake);
    await t.clock.advance(58_000);
    assert.deepEqual(idsOf(await t.discover()), []);
    await t.clock.advance(3000);
    assert.deepEqual(idsOf(await t.discover()), ['team-a/pod/web-1']);
  });

  test('while its namespace is not chosen', async () => {
    await using t = await stuckRig([stuckPod('web-1')], { excludeNamespaces: ['team-a', 'default', 'kube-*'] });
    assert.deepEqual(idsOf(await t.discover()), []);
  });

  test('unless the target says otherwise', async () => {
    await using t = await stuckRig([stuckPod('web-1')], { restartStuckPods: false });
    assert.deepEqual(idsOf(await t.discover()), []);
    assert.ok(!t.fake.requests.some(({ path }) => path.includes('Pending')));
  });
});

describe('nothing is deleted for a Secret', () => {
  test('whose password has ended', async () => {
    await using t = await stuckRig([stuckPod('web-1')], {}, { expiresAt: new Date('2026-01-01T00:01:00Z') });
    assert.deepEqual(idsOf(await t.discover()), []);
  });
  test('that somebody has changed', async () => {
    await using t = await stuckRig([stuckPod('web-1')]);
    t.fake.edit('secrets', 'team-a', secretName, { data: { '.dockerconfigjson': 'e30=' } });
    assert.deepEqual(idsOf(await t.discover()), []);
  });
  test('at which the kubelet stops', async () => {
    await using t = await stuckRig([stuckPod('web-1')]);
    const stored = JSON.parse(t.fake.stored('team-a', secretName) ?? '') as { auths: object };
    const text = JSON.stringify({ auths: { ...stored.auths, 'hub.test': { auth: '?' } } });
    t.fake.edit('secrets', 'team-a', secretName, { data: { '.dockerconfigjson': Buffer.from(text).toString('base64') } });
    const [slot] = (await t.discover()).slots;
    await t.deliver(slot, given([host]));
    const report = await t.discover();
    assert.deepEqual([codesOf(report.slots[0]?.findings), idsOf(report)], [['UNDECODABLE_ENTRY'], []]);
  });
  test('that another target keeps by now', async () => {
    await using t = await stuckRig([stuckPod('web-1')]);
    const [slot] = podSlots(await t.discover());
    await seed(t.fake, 'team-a', [host], 'theirs', undefined, 'another');
    assert.deepEqual(codesOf((await t.discover()).slots[0]?.findings), ['KEPT_BY_ANOTHER']);
    assert.deepEqual(await t.deliver(slot, new Map()), { change: 'unchanged' });
    assert.equal(t.fake.get('pods', 'team-a', 'web-1')?.metadata.deletionTimestamp, undefined);
  });
  test('of somebody else', async () => {
    await using t = await stuckRig([stuckPod('web-1')]);
    t.fake.edit('secrets', 'team-a', secretName, { metadata: { labels: { 'app.kubernetes.io/managed-by': 'helm' } } });
    assert.deepEqual(idsOf(await t.discover()), []);
  });
});

describe('a deletion', () => {
  test('is not repeated for the pod that comes in its place, as that does not help', async () => {
    await using t = await stuckRig([stuckPod('web-1'), stuckPod('api-1', { owner: { uid: 'uid-of-api' } })]);
    for (const slot of podSlots(await t.discover())) await t.deliver(slot, new Map());
    // Something takes the names away from each new pod.
    t.fake.edit('serviceaccounts', 'team-a', 'default', { imagePullSecrets: null });
    for (const name of ['web-1', 'api-1']) t.fake.remove('pods', 'team-a', name);
    t.fake.make(stuckPod('web-2'));
    t.fake.make(stuckPod('new-1', { owner: { uid: 'uid-of-new' } }));
    attach(t.fake);
    await t.clock.advance(120_000);
    assert.deepEqual(idsOf(await t.discover()), ['team-a/pod/new-1']);
  });

  test('of all pods that an owner had goes on', async () => {
    const names = Array.from({ length: 7 }, (_, at) => `web-${at}`);
    await using t = await stuckRig(names.map(name => stuckPod(name)));
    const first = podSlots(await t.discover());
    assert.equal(first.length, 5, 'a few a minute');
    assert.equal(podSlots(await t.discover()).length, 5, 'those are still to come');
    await t.clock.advance(61_000);
    assert.equal(podSlots(await t.discover()).length, 5, 'and others have to wait for them');
    for (const slot of first) await t.deliver(slot, new Map());
    assert.equal(podSlots(await t.discover()).length, 0);
    await t.clock.advance(61_000);
    assert.equal(podSlots(await t.discover()).length, 2);
  });

  test('comes thirty times a minute in the whole cluster', async () => {
    // Those that are not served count for nothing.
    const namespaces = ['kube', 'team'].flatMap(name => Array.from({ length: 8 }, (_, at) => `${name}-${at}`));
    const pods = namespaces.flatMap(name => Array.from({ length: 5 }, (_, at) => stuckPod(`web-${at}`, { owner: { uid: name } }, name)));
    await using t = await stuckRig(pods, {}, { namespaces });
    assert.equal(podSlots(await t.discover()).length, 30);
  });

  test('that fails for ten minutes gives its place to pods that were not tried, also of other namespaces', async () => {
    const refused = Array.from({ length: 6 }, (_, at) => `barred-${at}`);
    const six = Array.from({ length: 6 }, (_, at) => `web-${at}`);
    const pods = refused.flatMap(namespace => six.slice(1).map(name => stuckPod(name, {}, namespace)));
    await using t = await stuckRig([...pods, ...six.map(name => stuckPod(name))], {}, { namespaces: [...refused, 'team-a'] });
    assert.ok(
      idsOf(await t.discover()).every(id => id.startsWith('barred-')),
      'the first thirty',
    );
    await t.clock.advance(540_000);
    assert.ok(idsOf(await t.discover()).every(id => id.startsWith('barred-')));
    await t.clock.advance(61_000);
    assert.equal(idsOf(await t.discover()).filter(id => id.startsWith('team-a/')).length, 5);
  });

  for (const [outcome, change] of [
    ['updated', { phase: 'Pending', containerStatuses: [waitsFor('app', { reason: 'ErrImagePull' })] }],
    ['unchanged', { phase: 'Running', containerStatuses: [{ name: 'app', state: { running: {} } }] }],
  ] as const)
    test(`that meets a change of the pod reads it again, and is ${outcome === 'updated' ? 'repeated' : 'left out when it runs'}`, async () => {
      await using t = await stuckRig([stuckPod('web-1')]);
      const [slot] = podSlots(await t.discover());
      t.fake.latencyMs = 200;
      const work = t.deliver(slot, new Map());
      await until(() => t.fake.requests.some(({ path }) => path.includes('name%3Dweb-1')), 'that it reads the pod');
      setStatus(t.fake, 'web-1', change);
      assert.equal((await work).change, outcome);
      const tried = t.fake.requests.filter(({ method }) => method === 'DELETE').length;
      assert.equal(tried, outcome === 'updated' ? 2 : 1);
    });

  test('that a policy refuses says what to do about a pod', async () => {
    await using t = await stuckRig([stuckPod('web-1')]);
    const [slot] = podSlots(await t.discover());
    assert.equal(slot?.deed, 'restarted');
    const message = 'admission webhook "guard.test" denied the request: nobody deletes pods';
    t.fake.fault = ({ method }) => (method === 'DELETE' ? { status: 403, json: { kind: 'Status', code: 403, message } } : undefined);
    const failure = await failing(t.deliver(slot, new Map()));
    assert.deepEqual([failure.code, failure.message], ['REJECTED', `An admission policy refuses Pod team-a/web-1: ${message}`]);
    assert.match(failure.remedy, /^Exempt the ServiceAccount of the courier in that policy, or delete the pod yourself/);
    assert.doesNotMatch(failure.remedy, /Secret/);
  });

  test('does not hit another pod of the same name', async () => {
    await using t = await stuckRig([stuckPod('web-0', { owner: { kind: 'StatefulSet' } })]);
    const [slot] = podSlots(await t.discover());
    t.fake.remove('pods', 'team-a', 'web-0');
    t.fake.edit('serviceaccounts', 'team-a', 'default', { imagePullSecrets: null });
    t.fake.make(stuckPod('web-0', { owner: { kind: 'StatefulSet' } }));
    attach(t.fake);
    await t.clock.advance(120_000);
    assert.deepEqual(await t.deliver(slot, new Map()), { change: 'unchanged' });
  });

  test('is not told again by a watch', async () => {
    await using t = await stuckRig([stuckPod('web-1')]);
    const [slot] = podSlots(await t.discover());
    await using watch = watched(t, 3);
    await watch.ready;
    const seen = async (source: string, count: number): Promise<string[]> => {
      t.fake.edit('namespaces', undefined, 'team-a', { metadata: { annotations: { 'ecr-courier/source': source } } });
      const ids: string[] = [];
      while (ids.length < count) ids.push((await watch.next()).id);
      return ids;
    };
    assert.deepEqual(await seen('a', 3), ['team-a/ecr-courier', 'team-a/sa/default', 'team-a/pod/web-1']);
    await t.deliver(slot, new Map());
    const both = ['team-a/ecr-courier', 'team-a/sa/default'];
    assert.deepEqual([...(await seen('b', 2)), ...(await seen('c', 2))], [...both, ...both]);
  });

  test('is rehearsed as a dry run, and says what would be deleted', async () => {
    await using t = await stuckRig([stuckPod('web-1')]);
    const [slot] = podSlots(await t.discover());
    const { change, findings = [] } = await t.rehearse(slot, new Map());
    assert.equal(change, 'updated');
    assert.match(findings[0]?.message ?? '', /^Pod team-a\/web-1 would be deleted: /);
    assert.equal(t.fake.get('pods', 'team-a', 'web-1')?.metadata.deletionTimestamp, undefined);
    assert.deepEqual(t.logged, []);
  });
});

describe('rights', () => {
  test('that are missing are one finding, and no pod is a slot then', async () => {
    const without = rules.map(rule => (rule.resources?.includes('pods') ? { ...rule, verbs: ['list'] } : rule));
    await using t = await stuckRig([stuckPod('web-1')], {}, { rules: without });
    const report = await t.discover();
    assert.deepEqual([codesOf(report.findings), idsOf(report)], [['RIGHT_MISSING'], []]);
    assert.match(report.findings[0]?.remedy ?? '', /- \{apiGroups: \[""\], resources: \["pods"\], verbs: \["delete"\]\}$/);
  });

  test('to list that are missing leave all else as it is', async () => {
    await using t = await stuckRig([stuckPod('web-1')], {}, { rules: rules.filter(({ resources }) => !resources?.includes('pods')) });
    const report = await t.discover();
    assert.deepEqual([codesOf(report.findings), report.slots.length], [['RIGHT_MISSING'], 2]);
  });

  test('are not in doubt when a list fails: what is known of pods stands', async () => {
    await using t = await stuckRig([stuckPod('web-1')]);
    await t.discover();
    t.fake.fault = ({ path }) => (path.includes('/pods?') ? { status: 500 } : undefined);
    const report = await t.discover();
    assert.deepEqual([codesOf(report.findings), idsOf(report)], [[], ['team-a/pod/web-1']]);
  });

  test('in single namespaces are enough', async () => {
    const inOne = rules
      .slice(0, 1)
      .concat(rules.slice(2))
      .map(rule => ({ ...rule, namespace: 'team-a' }));
    await using t = await stuckRig([stuckPod('web-1')], { namespaces: ['team-a'] }, { rules: inOne });
    assert.deepEqual(idsOf(await t.discover()), ['team-a/pod/web-1']);
  });
});

test('without serviceAccounts there is nothing to wait for, and that is a mistake', async () => {
  const failure = await failing(rig({ restartStuckPods: true }));
  assert.deepEqual(
    [failure.code, failure.message],
    ['MISCONFIGURED', '`restartStuckPods` is about pods of `serviceAccounts`, and none is named.'],
  );
});

describe('between looks', () => {
  test('the namespace of an account that begins to name the Secret is looked at, later and later', async () => {
    await using t = await stuckRig([stuckPod('web-1', { status: { containerStatuses: [] } })]);
    t.fake.edit('serviceaccounts', 'team-a', 'default', { imagePullSecrets: null });
    await t.discover();
    await using watch = watched(t, 3);
    await watch.ready;
    attach(t.fake);
    assert.equal((await watch.next()).state, 'present');
    const lists = (): number => t.fake.requests.filter(({ path }) => path.includes('team-a/pods?fieldSelector=status.phase')).length;
    const seen = watch.next();
    await t.clock.advance(61_000);
    await until(() => lists() === 1, 'a look');
    setStatus(t.fake, 'web-1', { phase: 'Pending', containerStatuses: [waitsFor()] });
    await t.clock.advance(61_000);
    await wait(100);
    assert.equal(lists(), 1, 'not yet');
    await t.clock.advance(61_000);
    assert.equal((await seen).id, 'team-a/pod/web-1');
  });

  test('pods that must wait for their turn are looked at each minute, and others for a quarter of an hour', async () => {
    const clock = createVirtualClock();
    const following = makeFollowing(clock);
    const pauses = async (...found: Parameters<typeof following.looked>[1][]): Promise<number[]> => {
      const minutes: number[] = [];
      for (const one of found) {
        let passed = 0;
        for (; following.due().length === 0 && passed < 60; passed++) await clock.advance(60_000);
        minutes.push(passed);
        following.looked('team-a', one);
      }
      return minutes;
    };
    following.begin('team-a');
    const [waits, may] = ['some must wait', 'some may become stuck'] as const;
    assert.deepEqual(await pauses(waits, waits, waits, may, may, may, may, may), [1, 1, 1, 1, 2, 4, 8, 60]);
    following.begin('team-a');
    assert.deepEqual(await pauses('nothing', may), [1, 60]);
  });
});
