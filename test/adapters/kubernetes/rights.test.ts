import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '../../fakes/clock.ts';
import type { Rule } from '../../fakes/kubernetes/access.ts';
import { adminToken, courierToken, leastRules } from '../../fakes/kubernetes.ts';
import { codesOf, failing, given, host, only, other } from '../rig.ts';
import { authsOf, rig, secretName, seed, watched } from './rig.ts';

const [secretsRule, namespacesRule] = leastRules() as [Rule, Rule];
const teams = { namespaces: ['team-a', 'team-b'] };
const without = (rule: Rule, ...verbs: readonly string[]): Rule => ({ ...rule, verbs: rule.verbs.filter(verb => !verbs.includes(verb)) });
const quota = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'q', namespace: 'team-a' },
  spec: { hard: { secrets: '0' } },
  status: { hard: { secrets: '0' }, used: { secrets: '0' } },
};

describe('a right that is missing', () => {
  test('to write is a finding with the rule as YAML, and the failure of a write names it, too', async () => {
    await using t = await rig(
      {},
      { wanted: [host], cluster: { ...teams, rules: [without(secretsRule, 'patch', 'create'), namespacesRule] } },
    );
    const { slots, findings } = await t.discover();
    assert.deepEqual(codesOf(findings), ['RIGHT_MISSING']);
    const rule = '- {apiGroups: [""], resources: ["secrets"], resourceNames: ["ecr-courier"], verbs: ["create", "patch"]}';
    assert.match(findings[0]?.message ?? '', /may not create, patch secrets with the name ecr-courier in the cluster/);
    const failure = await failing(t.deliver(slots[0], given([host])));
    assert.equal(failure.code, 'FORBIDDEN');
    assert.ok(failure.remedy.includes(rule), failure.remedy);
  });

  test('is none where nothing is created: neither to make a Secret nor to have a ServiceAccount name it', async () => {
    const accounts = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch'], resourceNames: ['default'] };
    const rules = [without(secretsRule, 'create'), namespacesRule, accounts];
    await using t = await rig({ serviceAccounts: ['default'] }, { creates: 'nothing', cluster: { ...teams, rules } });
    await seed(t.fake, 'team-a', [host]);
    const { slots, findings } = await t.discover();
    assert.deepEqual(codesOf(findings), []);
    assert.deepEqual(await t.deliver(slots[0], given([host], 'new')), { change: 'updated' });
    const user = t.fake.tokens.get(courierToken) ?? assert.fail('nobody');
    user.rules = user.rules.map(rule => (rule === rules[0] ? without(rule, 'patch') : rule));
    const { remedy } = await failing(t.deliver(slots[0], given([host], 'newer')));
    assert.match(remedy, /resources: \["secrets"\], resourceNames: \["ecr-courier"\], verbs: \["patch"\]/);
  });

  test('to list stops the target, with all rules that are missing', async () => {
    const missing = async (rules: Rule[], more: Parameters<typeof rig>[0] = {}): Promise<string> => {
      await using t = await rig(more, { cluster: { ...teams, rules } });
      const failure = await failing(t.discover());
      assert.equal(failure.code, 'FORBIDDEN');
      return failure.remedy;
    };
    const rule = (resource: string, verbs: string, named = '') =>
      `- {apiGroups: [""], resources: ["${resource}"]${named}, verbs: [${verbs}]}`;
    const ofNamespaces = rule('namespaces', '"list", "watch"');
    const ofSecrets = rule('secrets', '"list", "watch", "create", "patch", "delete"', ', resourceNames: ["ecr-courier"]');
    const seen = 'The courier notices it within two minutes; `ecr-courier refresh` looks at once.';
    const then = `${seen} Where the API server has just started, this passes by itself.`;
    assert.equal(await missing([secretsRule]), `Add this rule to the ClusterRole of the courier: ${ofNamespaces}. ${then}`);
    assert.equal(
      await missing([], { replace: true, onlyWithImages: true, serviceAccounts: ['default', 'build'] }),
      `Add these rules to the ClusterRole of the courier: ${[
        ofNamespaces,
        ofSecrets,
        rule('serviceaccounts', '"list", "watch", "patch"', ', resourceNames: ["default", "build"]'),
        rule('pods', '"list", "watch"'),
      ].join(' and ')}. ${then}`,
    );
    const remedy = await missing([], { replace: true, onlyWithImages: true, namespaces: ['team-a', 'team-b'] });
    const ofEach = ['team-a', 'team-b'].map(
      name =>
        `Add these rules to a Role in the namespace ${name}, or to the ClusterRole, of the courier: ${ofSecrets} and ${rule('pods', '"list", "watch"')}.`,
    );
    assert.equal(remedy, [...ofEach, then].join(' '));
    const many = Array.from({ length: 12 }, (_, at) => `n${at}`);
    assert.match(await missing([], { namespaces: many }), /The same is missing in 2 other namespaces\. The courier/);
  });

  test('to list is asked for again soon, as a server that has just started refuses everything, and then every minute', async () => {
    const clock = createVirtualClock();
    await using t = await rig({}, { cluster: { ...teams, rules: [] }, clock });
    const pauseAfter = async (ms: number): Promise<number | undefined> => {
      await clock.advance(ms);
      const { facts, remedy } = await failing(t.discover());
      assert.equal(/has just started, this passes/.test(remedy), (facts.tryAgainMs ?? 0) < 30_000);
      return facts.tryAgainMs;
    };
    assert.deepEqual([await pauseAfter(0), await pauseAfter(2000), await pauseAfter(3000)], [2000, 2000, 5000]);
    assert.deepEqual([await pauseAfter(30_000), await pauseAfter(60_000)], [35_000, 60_000]);
    const user = t.fake.tokens.get(courierToken) ?? assert.fail('nobody');
    const [before, granted] = [user.rules, [...leastRules(), ...user.rules]];
    user.rules = granted;
    await t.discover();
    user.rules = before;
    assert.equal(await pauseAfter(0), 2000);
  });

  test('to watch is told, and the cluster is looked at instead', async () => {
    const rules = [without(secretsRule, 'watch'), without(namespacesRule, 'watch')];
    await using t = await rig({}, { wanted: [host], cluster: { ...teams, rules } });
    const { findings, slots } = await t.discover();
    assert.deepEqual(codesOf(findings), ['NOT_WATCHED', 'NOT_WATCHED']);
    assert.equal(slots.length, 2);
    assert.equal(t.target.watch?.(AbortSignal.timeout(1000)), undefined);
  });

  test('is asked for by name, and not again while none is missing', async () => {
    await using t = await rig({}, { wanted: [host], cluster: { ...teams, rules: leastRules() } });
    const reviews = () => t.fake.requests.filter(({ path }) => path.includes('selfsubjectaccessreviews')).length;
    await t.discover();
    const asked = reviews();
    await t.discover();
    assert.equal(reviews(), asked);
  });

  const giveRules = ({ fake }: Awaited<ReturnType<typeof rig>>, rules: readonly Rule[]): void => {
    const courier = fake.tokens.get(courierToken) ?? assert.fail('there is no such token');
    const ofEverybody = courier.rules.filter(({ resources = [] }) => !/^(secrets|namespaces)$/.test(resources.join()));
    fake.tokens.set(courierToken, { ...courier, rules: [...rules, ...ofEverybody] });
  };
  const poor = [without(secretsRule, 'create'), namespacesRule];

  test('and comes ends the watch within a minute, so that a look says so', async () => {
    const clock = createVirtualClock();
    await using t = await rig({}, { wanted: [host], cluster: { ...teams, rules: poor }, clock });
    assert.deepEqual(codesOf((await t.discover()).findings), ['RIGHT_MISSING']);
    await using watch = watched(t, 2);
    await watch.ready;
    giveRules(t, leastRules());
    const ended = watch.sighting();
    await clock.advance(61_000);
    assert.equal(await ended, undefined);
    assert.deepEqual(codesOf((await t.discover()).findings), []);
  });

  test('and was there is noticed within a minute after a write was refused, and not before ten minutes else', async () => {
    for (const refused of ['a write', 'nothing'] as const) {
      const clock = createVirtualClock();
      await using t = await rig({}, { wanted: [host], cluster: { ...teams, rules: leastRules() }, clock });
      const { slots } = await t.discover();
      await using watch = watched(t, 2);
      await watch.ready;
      giveRules(t, poor);
      let isEnded = false;
      const ended = watch.sighting().then(() => (isEnded = true));
      if (refused === 'a write') assert.equal((await failing(t.deliver(slots[0], given([host])))).code, 'FORBIDDEN');
      else {
        await clock.advance(9 * 60_000);
        assert.ok(!isEnded);
      }
      await clock.advance(refused === 'a write' ? 61_000 : 2 * 60_000);
      await ended;
      assert.deepEqual(codesOf((await t.discover()).findings), ['RIGHT_MISSING']);
    }
  });

  test('to list is told with all others, although a moment ago all were there', async () => {
    await using t = await rig({}, { wanted: [host], cluster: { ...teams, rules: leastRules() } });
    await t.discover();
    giveRules(t, []);
    const { remedy } = await failing(t.discover());
    assert.match(remedy, /resources: \["namespaces"\], verbs: \["list", "watch"\].*verbs: \["list", "watch", "create", "patch"\]/);
  });

  test('to see ServiceAccounts leaves the Secrets', async () => {
    await using t = await rig({ serviceAccounts: ['*'] }, { wanted: [host], cluster: teams });
    const { findings, slots } = await t.discover();
    assert.deepEqual(codesOf(findings), ['RIGHT_MISSING']);
    assert.equal(slots.length, 2);
  });

  test('to see one of two ServiceAccounts is told by its name, also where nobody answers what we may', async () => {
    const accounts: Rule = {
      apiGroups: [''],
      resources: ['serviceaccounts'],
      verbs: ['list', 'watch', 'patch'],
      resourceNames: ['default'],
    };
    for (const answers of [true, false]) {
      const fault = ({ path }: { path: string }) => (!answers && path.includes('/selfsubjectaccessreviews') ? { status: 500 } : undefined);
      const cluster = { ...teams, rules: [...leastRules(), accounts], fault };
      await using t = await rig({ serviceAccounts: ['default', 'build'] }, { wanted: [host], cluster });
      const { findings } = await t.discover();
      assert.deepEqual(codesOf(findings), ['RIGHT_MISSING']);
      assert.match(findings[0]?.message ?? '', /may not list.* serviceaccounts with the name build in the cluster/);
      await using watch = watched(t, 3);
      await watch.ready;
    }
  });

  test('to patch two ServiceAccounts is one finding with both', async () => {
    const accounts: Rule = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch'] };
    await using t = await rig({ serviceAccounts: ['default', 'build'] }, { cluster: { ...teams, rules: [...leastRules(), accounts] } });
    const { findings } = await t.discover();
    assert.deepEqual(codesOf(findings), ['RIGHT_MISSING']);
    assert.match(findings[0]?.message ?? '', /may not patch serviceaccounts with the name default, build/);
  });

  test('to see pods writes nothing where only namespaces with images are meant', async () => {
    await using t = await rig({ onlyWithImages: true }, { wanted: [host], cluster: teams });
    await seed(t.fake, 'team-a', [host]);
    const { findings, slots } = await t.discover();
    assert.deepEqual(codesOf(findings).sort(), ['PODS_UNKNOWN', 'RIGHT_MISSING']);
    assert.deepEqual(slots, [], 'nor renews what is there: nothing says that pods asked for it');
  });
});

describe('without any right in the cluster', () => {
  const inNamespace = (namespace: string): Rule => ({ ...secretsRule, namespace });
  const named = { namespaces: ['team-a', 'team-b'] };

  test('the namespaces that are named one by one are served', async () => {
    await using t = await rig(named, { wanted: [host], cluster: { ...teams, rules: [inNamespace('team-a'), inNamespace('team-b')] } });
    await seed(t.fake, 'team-a', [other]);
    const { slots, findings } = await t.discover();
    assert.deepEqual(
      slots.map(({ id, state }) => [id, state]),
      [
        ['team-a/ecr-courier', 'present'],
        ['team-b/ecr-courier', 'absent'],
      ],
    );
    assert.deepEqual(codesOf(findings), []);
    for (const slot of slots) await t.deliver(slot, given(slot.registries.map(one => one.host)));
    assert.deepEqual(Object.keys(authsOf(t.fake, 'team-b')), [host]);
  });

  test('what the Secret of each does is watched there', async () => {
    await using t = await rig(named, { wanted: [host], cluster: { ...teams, rules: [inNamespace('team-a'), inNamespace('team-b')] } });
    await seed(t.fake, 'team-a', [host]);
    await t.discover();
    await using watch = watched(t, 2);
    await watch.ready;
    t.fake.remove('secrets', 'team-a', secretName);
    const slot = await watch.next();
    assert.deepEqual([slot.id, slot.state], ['team-a/ecr-courier', 'absent']);
  });

  const mayRead = (namespace: string): Rule => ({ apiGroups: [''], resources: ['namespaces'], verbs: ['get'], namespace });

  test('one that is opted out is left alone at once where it may be read, and its Secret is told', async () => {
    const rules = [inNamespace('team-a'), inNamespace('team-b'), mayRead('team-a')];
    await using t = await rig(named, { wanted: [host], cluster: { ...teams, rules } });
    for (const namespace of teams.namespaces) await seed(t.fake, namespace, [host], 'old', adminToken, 'target');
    const { slots } = await t.discover();
    await using watch = watched(t, 2);
    await watch.ready;
    const optOut = { metadata: { annotations: { 'ecr-courier/enabled': 'false' } } };
    for (const namespace of teams.namespaces) t.fake.edit('namespaces', undefined, namespace, optOut);
    const receipts = await Promise.all(slots.map(slot => t.deliver(slot, given([host]))));
    assert.deepEqual(
      receipts.map(({ change, findings }) => [change, ...codesOf(findings)]),
      [['unchanged', 'LEFT_ALONE'], ['updated']],
      'the other one may not be read',
    );
    assert.deepEqual(await watch.sighting(), { gone: 'team-a/ecr-courier' }, 'nobody takes it for fresh until the next look');
    const later = await t.discover();
    assert.deepEqual(
      later.slots.map(({ id }) => id),
      ['team-b/ecr-courier'],
    );
    assert.deepEqual(codesOf(later.findings), ['LEFT_BEHIND']);
    assert.match(later.findings[0]?.message ?? '', /still in the namespace team-a, which is not chosen any more/);
  });

  test('one that may not be looked at, or is not there, does not stop the others', async () => {
    const rules = [inNamespace('team-a'), { ...inNamespace('gone'), verbs: ['list'] }, mayRead('gone')];
    await using t = await rig({ namespaces: ['team-a', 'team-b', 'gone'] }, { wanted: [host], cluster: { ...teams, rules } });
    const { slots, findings, unseen } = await t.discover();
    assert.deepEqual(
      slots.map(({ id }) => id),
      ['team-a/ecr-courier'],
    );
    assert.deepEqual(unseen, ['team-b']);
    assert.deepEqual(codesOf(findings).sort(), ['NAMESPACE_MISSING', 'NAMESPACE_REFUSED', 'RIGHT_MISSING']);
    const lacking = findings.find(({ code }) => code === 'RIGHT_MISSING');
    assert.match(lacking?.message ?? '', /list, watch, create, patch secrets .* in the namespace team-b/);
    const refused = findings.find(({ code }) => code === 'NAMESPACE_REFUSED');
    assert.match(refused?.message ?? '', /cannot list resource "secrets" in API group "" in the namespace "team-b"/);
    await seed(t.fake, 'team-a', [host]);
    await t.discover();
    await using watch = watched(t, 1);
    await watch.ready;
    t.fake.remove('secrets', 'team-a', secretName);
    assert.equal((await watch.next()).id, 'team-a/ecr-courier', 'the others are watched');
  });

  test('one that may not be watched is told, and the others are watched', async () => {
    const rules = [inNamespace('team-a'), without(inNamespace('team-b'), 'watch')];
    await using t = await rig(named, { wanted: [host], cluster: { ...teams, rules } });
    assert.deepEqual(codesOf((await t.discover()).findings), ['NOT_WATCHED']);
    await using watch = watched(t, 1);
    await watch.ready;
  });

  test('of more than 64 the others are told', async () => {
    const namespaces = Array.from({ length: 66 }, (_, at) => `n${at}`);
    await using t = await rig({ namespaces }, { wanted: [host], cluster: { namespaces, rules: namespaces.map(inNamespace) } });
    const { findings } = await t.discover();
    assert.deepEqual(codesOf(findings), ['NOT_WATCHED']);
    assert.match(findings[0]?.message ?? '', /Of 66 lists of single namespaces 64 are watched/);
    await using watch = watched(t, 64);
    await watch.ready;
  });

  test('where none may be looked at the target does not work', async () => {
    await using t = await rig(named, { wanted: [host], cluster: { ...teams, rules: [] } });
    assert.equal((await failing(t.discover())).code, 'FORBIDDEN');
  });

  test('with rights in the cluster the same names are listed at once', async () => {
    await using t = await rig(named, { wanted: [host], cluster: { namespaces: ['team-a', 'team-b', 'team-c'], rules: leastRules() } });
    assert.deepEqual(
      (await t.discover()).slots.map(({ id }) => id),
      ['team-a/ecr-courier', 'team-b/ecr-courier'],
    );
    assert.equal(t.asked().filter(line => line.includes('/secrets')).length, 1);
  });
});

describe('a write that is refused says by whom', () => {
  const refusals: readonly (readonly [what: string, cluster: object, code: string, message: RegExp, remedy: RegExp])[] = [
    ['a quota', { objects: [quota] }, 'REJECTED', /ResourceQuota .* exceeded quota: q/, /Raise the quota/],
    [
      'an admission policy',
      { policies: [{ name: 'no-secrets', message: 'not here' }] },
      'REJECTED',
      /admission policy .*no-secrets/,
      /Exempt/,
    ],
    [
      'a webhook',
      { policies: [{ name: 'hook.test', kind: 'webhook', message: 'no' }] },
      'REJECTED',
      /admission policy .*hook\.test/,
      /Exempt/,
    ],
    [
      'a webhook that says with which status',
      { policies: [{ name: 'hook.test', kind: 'webhook', status: 403, message: 'no' }] },
      'REJECTED',
      /admission policy .*hook\.test/,
      /Exempt/,
    ],
    [
      'a missing right',
      { rules: [without(secretsRule, 'patch'), namespacesRule] },
      'FORBIDDEN',
      /cannot patch resource "secrets"/,
      /verbs: \["create", "patch"\]/,
    ],
  ];
  for (const [what, cluster, code, message, remedy] of refusals)
    test(what, async () => {
      await using t = await rig({}, { wanted: [host], cluster: { ...teams, rules: leastRules(), ...cluster } });
      const slot = (await t.discover()).slots.find(({ id }) => id.startsWith('team-a/'));
      for (const attempt of [t.deliver, t.rehearse]) {
        const failure = await failing(attempt(slot, given([host])));
        assert.equal(failure.code, code);
        assert.match(failure.message, message);
        assert.match(failure.remedy, remedy);
        assert.equal(failure.stops, 'slot');
        assert.equal(/tried again within five minutes/.test(failure.remedy), code === 'REJECTED');
      }
    });

  test('a namespace that is being deleted is not a failure', async () => {
    await using t = await rig({}, { wanted: [host], cluster: teams });
    const { slots } = await t.discover();
    t.fake.remove('namespaces', undefined, 'team-a');
    const receipt = await t.deliver(slots[0], given([host]));
    assert.deepEqual([receipt.change, codesOf(receipt.findings)], ['unchanged', ['NAMESPACE_ENDED']]);
    t.fake.finalize('team-a');
    assert.deepEqual(codesOf((await t.deliver(slots[0], given([host]))).findings), ['NAMESPACE_ENDED'], 'nor is one that is gone');
    assert.deepEqual(
      (await t.discover()).slots.map(({ id }) => id),
      ['team-b/ecr-courier'],
    );
  });
});

describe('the token', () => {
  test('is read anew when the cluster does not take it any more', async () => {
    await using t = await rig({}, { wanted: [host], cluster: teams });
    const { slots } = await t.discover();
    t.fake.rotate(courierToken, 'next-token');
    assert.equal((await failing(t.deliver(slots[0], given([host])))).code, 'AUTH');
    await t.file.write('next-token');
    assert.equal((await t.deliver(slots[0], given([host]))).change, 'created');
  });

  test('is read again after a minute', async () => {
    const clock = createVirtualClock();
    await using t = await rig({}, { wanted: [host], cluster: teams, clock });
    const last = () => t.fake.requests.at(-1)?.headers.authorization;
    const { slots } = await t.discover();
    await t.file.write('next-token');
    t.fake.tokens.set('next-token', t.fake.tokens.get(courierToken) as never);
    await t.deliver(slots[0], given([host]));
    assert.equal(last(), `Bearer ${courierToken}`);
    await clock.advance(61_000);
    await t.deliver(slots[0], given([host]));
    assert.equal(last(), 'Bearer next-token');
  });

  test('that is missing is a failure with the way out', async () => {
    await using t = await rig({}, { wanted: [host], cluster: teams });
    await t.file.write(' ');
    const failure = await failing(t.discover());
    assert.equal(failure.code, 'AUTH');
    assert.match(failure.remedy, /automountServiceAccountToken/);
  });

  test('of a ServiceAccount says whose it is', async () => {
    const token = `x.${Buffer.from(JSON.stringify({ sub: 'system:serviceaccount:tools:courier' })).toString('base64url')}.y`;
    await using t = await rig({}, { wanted: [host], cluster: teams });
    t.fake.rotate(courierToken, token);
    await t.file.write(token);
    const { product, principal, shares } = (await t.discover()).about ?? {};
    assert.deepEqual([product, principal], ['Kubernetes v1.36.3', 'system:serviceaccount:tools:courier']);
    assert.deepEqual(shares, [t.fake.url, t.fake.get('namespaces', undefined, 'kube-system')?.metadata.uid], 'which cluster it is');
  });
});

test('more than 99 namespaces with one image on one node are told, where pods may be listed', async () => {
  const names = Array.from({ length: 100 }, (_, at) => `ns-${at}`);
  const pod = (namespace: string, at: number) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace },
    spec: { nodeName: 'node-1', containers: [{ name: 'c', image: `${host}/app:${at}` }], imagePullSecrets: [{ name: secretName }] },
  });
  const account = (namespace: string) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
  const listPods = { apiGroups: [''], resources: ['pods'], verbs: ['list'] };
  const crowd = async (count: number, rules: readonly Rule[]) => {
    const objects = names.slice(0, count).flatMap((name, at) => [account(name), pod(name, at)]);
    await using t = await rig({}, { wanted: [host], cluster: { namespaces: names, objects, rules } });
    return (await t.discover()).findings;
  };
  const [found] = await crowd(100, [...leastRules(), listPods]);
  assert.equal(found?.code, 'CROWDED_NODE');
  assert.match(found.message, /100 namespaces use .*\/app on the node node-1/);
  assert.deepEqual(await crowd(99, [...leastRules(), listPods]), []);
  assert.deepEqual(await crowd(100, leastRules()), []);
});

test('with onlyWithImages, a namespace counts once a pod of it has an ECR image, with the host of that image', async () => {
  const pods: Rule = { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'team-a' } };
  const pod = (name: string, image: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'team-a' },
    spec: { containers: [{ name: 'c', image }] },
  });
  await using t = await rig(
    { onlyWithImages: true },
    {
      wanted: [],
      cluster: {
        ...teams,
        rules: [...leastRules(), pods],
        objects: [account, pod('plain', 'nginx:1'), pod('public', 'public.ecr.aws/nginx/nginx:1')],
      },
    },
  );
  assert.deepEqual((await t.discover()).slots, []);
  await using watch = watched(t, 3);
  await watch.ready;
  t.fake.make(pod('ours', `${other}/app@sha256:00`));
  const { id, state, registries } = await watch.next();
  assert.deepEqual([id, state, registries.map(one => one.host)], ['team-a/ecr-courier', 'absent', [other]]);
  assert.equal(only((await t.discover()).slots).id, 'team-a/ecr-courier');
});

describe('what goes between a look and a write is not an error', () => {
  const accounts: Rule = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch', 'patch'] };
  const mine = [
    { ...secretsRule, namespace: 'team-a' },
    { ...accounts, namespace: 'team-a' },
  ];
  const mayRead: Rule = { apiGroups: [''], resources: ['namespaces'], verbs: ['get'], namespace: 'team-a' };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'team-a' } };
  const ways: readonly (readonly [what: string, rules: readonly Rule[], seeded: boolean])[] = [
    ['with rights in the cluster', [...leastRules(), accounts], false],
    ['in a namespace that may be read', [...mine, mayRead], false],
    ['in a namespace whose Secret was seen', mine, true],
  ];
  for (const [what, rules, seeded] of ways)
    test(`a namespace, ${what}`, async () => {
      const cluster = { namespaces: ['team-a'], objects: [account], rules };
      await using t = await rig({ namespaces: ['team-a'], serviceAccounts: ['default'] }, { cluster });
      if (seeded) await seed(t.fake, 'team-a', [host]);
      const { slots } = await t.discover();
      assert.equal(slots.length, 2);
      if (seeded) t.fake.remove('secrets', 'team-a', secretName);
      t.fake.remove('serviceaccounts', 'team-a', 'default');
      t.fake.remove('namespaces', undefined, 'team-a');
      for (const slot of slots) {
        const { change, findings } = await t.deliver(slot, given(slot.registries.map(one => one.host)));
        assert.deepEqual([change, ...codesOf(findings)], ['unchanged', 'NAMESPACE_ENDED'], slot.id);
      }
    });

  test('a ServiceAccount, and another one in its place is attached', async () => {
    const cluster = { namespaces: ['team-a'], objects: [account], rules: [...leastRules(), accounts] };
    await using t = await rig({ serviceAccounts: ['default'] }, { cluster });
    const { slots } = await t.discover();
    t.fake.remove('serviceaccounts', 'team-a', 'default');
    const { change, findings } = await t.deliver(slots[1], new Map());
    assert.deepEqual([change, ...codesOf(findings)], ['unchanged', 'NAMESPACE_ENDED']);
    t.fake.make(account);
    assert.equal((await t.deliver((await t.discover()).slots[1], new Map())).change, 'created');
  });
});
