import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { neededRights as neededByArgo } from '../../adapters/argocd/rights.ts';
import { leaseRight } from '../../src/lease/store.ts';
import { chart, configIn, deploy, manifests, manifestText, objectsIn, only, ruleOf, rulesFor } from '../deploy/chart.ts';
import { helm, manifestOf, type Release, rendered } from './helm.ts';
import { part } from './needs.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
/** Merges the values of `over` into `under`, map by map. */
function merged(under: object, over: object): object {
  const both: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const below = both[name];
    const areMaps = [below, value].every(one => typeof one === 'object' && one !== null && !Array.isArray(one));
    both[name] = areMaps ? merged(below as object, value as object) : (value as unknown);
  }
  return both;
}

const podOf = (values: object) =>
  (only(objectsIn(rendered(values)), 'Deployment') as unknown as { spec: { template: Template } }).spec.template;
interface Template {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly automountServiceAccountToken: boolean;
    readonly containers: readonly {
      readonly ports: readonly { readonly containerPort: number }[];
      readonly env: readonly { readonly name: string; readonly value: string }[];
    }[];
    readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
  };
}

const shown = { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true }, dashboard: { enabled: true } };

part('the chart', { programs: ['helm'] }, () => {
  test('passes the lint of Helm', () => {
    const { status, stdout, stderr } = helm(['lint', '--strict', chart], { target: { registries: [host] } });
    assert.equal(status, 0, stdout + stderr);
  });

  const settings = [
    {},
    { secret: 'pull' },
    { replace: true },
    { serviceAccounts: ['default'] },
    { serviceAccounts: ['a', 'b', 'c', 'd'] },
    { serviceAccounts: ['a', 'b', 'c', 'd', 'e'] },
    { serviceAccounts: ['build-*'] },
    { onlyWithImages: true },
    { events: true },
    { create: false },
    { create: 'no', serviceAccounts: ['default'] },
    { create: null, serviceAccounts: ['default'] },
    { create: false, replace: true },
    { serviceAccounts: ['default'], restartStuckPods: true },
    { serviceAccounts: ['default'], restartStuckPods: true, onlyWithImages: true },
    { secret: 'pull', replace: true, serviceAccounts: ['default'], onlyWithImages: true, restartStuckPods: true, events: true },
  ];
  for (const target of settings)
    test(`gives the rights that the courier asks for: ${JSON.stringify(target)}`, () => {
      const { create = null, ...options } = target;
      const wanted = { ...options, mayCreate: create === null };
      const inAll = objectsIn(rendered({ target }));
      assert.deepEqual(only(inAll, 'ClusterRole').rules, rulesFor(wanted, 'cluster'));
      const namespaces = ['shop', 'billing'];
      const inEach = objectsIn(rendered({ target: { ...target, namespaces }, rbac: { mode: 'namespaces', readNamespaces: false } }));
      const roles = inEach.filter(({ kind }) => kind === 'Role');
      assert.deepEqual(
        roles.map(({ metadata, rules }) => [metadata.namespace, rules]),
        namespaces.map(namespace => [namespace, rulesFor(wanted, 'namespace')]),
      );
      assert.ok(!inEach.some(({ kind }) => kind.startsWith('Cluster')));
    });

  test('gives what nobody has to give where its values say so', () => {
    const given = { prune: true, countPods: true };
    const pods = { apiGroups: [''], resources: ['pods'], verbs: ['list'] };
    const inAll = (target: object) => only(objectsIn(rendered({ target, rbac: given })), 'ClusterRole').rules;
    assert.deepEqual(inAll({}), [...rulesFor({ replace: true }, 'cluster'), pods]);
    assert.deepEqual(inAll({ onlyWithImages: true }), rulesFor({ replace: true, onlyWithImages: true }, 'cluster'));
    const inEach = rendered({ target: { namespaces: ['shop'] }, rbac: { ...given, mode: 'namespaces', readNamespaces: false } });
    assert.deepEqual(only(objectsIn(inEach), 'Role').rules, rulesFor({ replace: true }, 'namespace'));
  });

  test('runs one pod after the other, or several of which a Lease says who works, with the right to that alone', () => {
    type Deployment = { readonly spec: { readonly replicas: number; readonly strategy?: { readonly type: string } } };
    const specOf = (values: object) => (only(objectsIn(rendered(values)), 'Deployment') as unknown as Deployment).spec;
    const lease = (values: object) => podOf(values).spec.containers[0]?.env.find(({ name }) => name === 'ECR_COURIER_LEASE')?.value;
    assert.deepEqual([specOf({}).replicas, specOf({}).strategy?.type, lease({})], [1, 'Recreate', undefined]);
    assert.ok(!rendered({}).includes('coordination.k8s.io'));
    const two = { replicas: 2, fullnameOverride: 'pulls' };
    assert.deepEqual([specOf(two).replicas, specOf(two).strategy?.type, lease(two)], [2, 'RollingUpdate', 'pulls']);
    const [role] = objectsIn(rendered(two)).filter(({ kind }) => kind === 'Role');
    assert.deepEqual([role?.metadata.namespace, role?.rules], ['ecr-courier', [ruleOf(leaseRight('pulls'))]]);
    assert.match(rendered(two), /preferredDuringScheduling[^]*topologyKey: kubernetes\.io\/hostname/, 'on two nodes');
    assert.ok(
      !rendered({}).includes('podAntiAffinity') && !rendered({ ...two, affinity: { nodeAffinity: {} } }).includes('podAntiAffinity'),
    );
    assert.ok(
      podOf({ replicas: 2, target: null, existingConfigMap: 'mine' }).spec.automountServiceAccountToken,
      'the Lease needs the token, too',
    );
    assert.ok(!objectsIn(rendered({ ...two, rbac: { create: false } })).some(({ kind }) => kind.includes('Role')));
  });

  test('gives the rights of all targets in this cluster, wherever they are configured, each once', () => {
    const away = [
      { kind: 'kubernetes', name: 'away', kubeconfig: '/k', secret: 'away' },
      { kind: 'kubernetes', name: 'far', url: 'https://far:6443', tokenFile: '/t', secret: 'far' },
    ];
    const [first, second] = [{ secret: 'pull' }, { secret: 'other', replace: true, serviceAccounts: ['default'], onlyWithImages: true }];
    const config = (more: object) => ({ targets: [...away, { kind: 'kubernetes', name: 'second', ...second, ...more }] });
    const [all, some] = [rulesFor(first, 'cluster'), rulesFor(second, 'cluster')];
    const inAll = (values: object) => only(objectsIn(rendered(values)), 'ClusterRole').rules;
    assert.deepEqual(inAll({ target: first, config: config({}) }), [...all, ...some.slice(1)], 'the rule for namespaces is there once');
    assert.deepEqual(inAll({ target: null, config: config({}) }), some);
    assert.deepEqual(inAll({ target: { url: 'https://x', tokenFile: '/t' }, config: config({}) }), some);
    assert.equal(podOf({ target: null, config: config({}) }).spec.automountServiceAccountToken, true);

    const values = { target: { ...first, namespaces: ['shop', 'both'] }, rbac: { mode: 'namespaces', readNamespaces: false } };
    const roles = objectsIn(rendered({ ...values, config: config({ namespaces: ['both', 'billing'] }) })).filter(
      ({ kind }) => kind === 'Role',
    );
    const [inFirst, inSecond] = [rulesFor(first, 'namespace'), rulesFor(second, 'namespace')];
    assert.deepEqual(
      roles.map(({ metadata, rules }) => [metadata.namespace, rules]),
      [
        ['shop', inFirst],
        ['both', [...inFirst, ...inSecond]],
        ['billing', inSecond],
      ],
    );
  });

  test('gives a target that is an Argo CD in this cluster the rights that the courier asks for, in its namespace alone', () => {
    const argocd = (more: object) => ({ kind: 'argocd', ...more });
    const rolesOf = (targets: readonly object[], rbac: object = {}) => {
      const values = { target: null, rbac, config: { targets } };
      assert.equal(podOf(values).spec.automountServiceAccountToken, true);
      const objects = objectsIn(rendered(values));
      assert.ok(!objects.some(({ kind }) => kind.startsWith('Cluster')));
      return objects.flatMap(({ kind, metadata, rules }) => (kind === 'Role' ? [[metadata.name, metadata.namespace, rules]] : []));
    };
    const own = ['helm', 'oci'].map(form => `ecr-courier-${form}-${host}`);
    const needed = (names: readonly string[] | undefined, made: readonly string[]) => neededByArgo(names, made).map(ruleOf);
    const name = 'ecr-courier:ecr-courier:argocd';
    assert.deepEqual(rolesOf([argocd({})]), [[name, 'argocd', needed(undefined, [])]]);
    const named = { registries: [` https://${host.toUpperCase()}.:443/x `] };
    assert.deepEqual(rolesOf([argocd(named)], { prune: true }), [
      [name, 'argocd', [...needed(undefined, []), ruleOf({ verbs: ['delete'], resource: 'secrets', names: own })]],
    ]);
    assert.deepEqual(rolesOf([argocd({ ...named, secrets: ['a'], create: false })]), [[name, 'argocd', needed(['a', ...own], [])]]);
    const wanted = { ...named, create: 'yes' };
    assert.deepEqual(rolesOf([argocd(wanted)]), [[name, 'argocd', needed(undefined, own)]]);
    assert.deepEqual(rolesOf([argocd({ ...wanted, secrets: 'a, b', namespace: 'gitops' })]), [
      [name, 'gitops', needed(['a', 'b', ...own], own)],
    ]);
    assert.deepEqual(rolesOf([argocd({ ...wanted, templates: 'oci' }), argocd({ name: 'b', secrets: ['b'] })], { prune: true }), [
      [
        name,
        'argocd',
        [...needed(undefined, own.slice(1)), ruleOf({ verbs: ['delete'], resource: 'secrets', names: own.slice(1) }), ...needed(['b'], [])],
      ],
    ]);
    const unknown = rolesOf([argocd({ create: true, registries: ['own'], secrets: ['a'] })], { prune: true });
    assert.deepEqual(unknown, [[name, 'argocd', [...needed(undefined, []), ruleOf({ verbs: ['create'], resource: 'secrets' })]]]);
    const away = objectsIn(rendered({ target: null, config: { targets: [argocd({ kubeconfig: '/k' })] } }));
    assert.ok(!away.some(({ kind }) => kind.includes('Role')));
  });

  test('gives the rights that options ask for as the courier reads them', () => {
    const texts = { secret: '', replace: 'no', onlyWithImages: 'off', events: '0', serviceAccounts: 'a, b', namespaces: 'shop,billing' };
    const roles = (target: object) =>
      objectsIn(rendered({ target, rbac: { mode: 'namespaces' } })).flatMap(({ kind, metadata, rules }) =>
        kind === 'Role' ? [[metadata.namespace, rules]] : [],
      );
    const read = { serviceAccounts: ['a', 'b'], namespaces: ['shop', 'billing'] };
    assert.deepEqual(roles(texts), roles(read));
    assert.deepEqual(
      roles({ ...texts, replace: 'Yes', onlyWithImages: '1', events: 'on' }),
      roles({ ...read, replace: true, onlyWithImages: true, events: true }),
    );
  });

  test('names what it installs as Kubernetes takes it, whatever the release and its namespace are called', () => {
    const label = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
    const long = `${'a.'.repeat(26)}b`;
    const names = ['a.b', '1.5', '1', '0x1f', 'true', 'null', '1e3', 'on', '9.ecr-courier', long];
    const namespaces = ['pulls', '123', 'on', 'null'];
    const roles = { rbac: { mode: 'namespaces' }, target: { namespaces: ['123', 'on', 'shop'] } };
    for (const [at, name] of names.entries()) {
      const namespace = namespaces[at % namespaces.length] ?? '';
      for (const { kind, metadata, ...more } of objectsIn(
        rendered({ ...shown, replicas: 2, ...(at % 2 ? roles : {}) }, { name, namespace }),
      )) {
        // The shapes have shown that all of it is text.
        const isWide = kind.includes('Role');
        const [own = '', ...rest] = metadata.name
          .split(':')
          .toReversed()
          .filter(part => part !== 'lease');
        assert.match(own, label, kind);
        assert.ok(own.length <= 63 || kind === 'ConfigMap', own);
        assert.deepEqual(rest, isWide ? [namespace] : []);
        for (const subject of (more['subjects'] as { namespace: string }[] | undefined) ?? []) assert.equal(subject.namespace, namespace);
      }
    }
  });

  test('gives no two releases of one cluster the same name outside of their namespaces', () => {
    const wide = (release: Release, values: object) =>
      objectsIn(rendered(values, release)).flatMap(({ kind, metadata: { name, namespace } }) =>
        namespace === release.namespace ? [] : `${kind} ${namespace} ${name}`,
      );
    const releases = [
      { name: 'ecr-courier', namespace: 'a' },
      { name: 'ecr-courier', namespace: 'b' },
      { name: 'b-c', namespace: 'a' },
      { name: 'c', namespace: 'a-b' },
    ];
    for (const values of [{}, { rbac: { mode: 'namespaces' }, target: { namespaces: ['shop'] } }]) {
      const names = releases.flatMap(release => wide(release, values));
      assert.equal(names.length, 8);
      assert.equal(new Set(names).size, 8, names.join('\n'));
    }
  });

  test('gives a right to the Lease that the courier takes, in its namespace', () => {
    const leases = (values: object) =>
      objectsIn(rendered(values)).flatMap(({ metadata, rules }) =>
        (rules ?? []).flatMap(({ apiGroups, resourceNames }) => (apiGroups[0] === '' ? [] : [[metadata.namespace, resourceNames?.join()]])),
      );
    const share = (value: string) => [{ name: 'ECR_COURIER_SHARD', value }];
    const cases: readonly (readonly [object, readonly (readonly string[])[]])[] = [
      [{}, []],
      [{ replicas: 2 }, [['ecr-courier', 'ecr-courier']]],
      [{ replicas: 2, config: { engine: { shard: '0/3' } } }, [['ecr-courier', 'ecr-courier-0-of-3']]],
      [{ replicas: 2, existingConfigMap: 'mine', extraEnv: share('02/03') }, [['ecr-courier', 'ecr-courier-2-of-3']]],
      [{ replicas: 2, extraEnv: share('0/1') }, [['ecr-courier', 'ecr-courier']]],
      [{ replicas: 1, extraEnv: share('0/3') }, []],
      [{ config: { lease: { name: 'one' } } }, [['ecr-courier', 'one']]],
      [{ replicas: 2, config: { lease: { name: 'one', namespace: 'leases' } } }, [['leases', 'one']]],
      [{ extraEnv: [{ name: 'ECR_COURIER_LEASE', value: 'mine' }] }, [['ecr-courier', 'mine']]],
      [{ replicas: 2, config: { lease: { kubeconfig: '/k', namespace: 'far' } } }, []],
    ];
    for (const [values, expected] of cases) {
      assert.deepEqual(leases(values), expected, JSON.stringify(values));
      assert.equal(podOf({ ...values, target: { kubeconfig: '/k' } }).spec.automountServiceAccountToken, expected.length > 0);
    }
    const named = podOf({ replicas: 2, config: { lease: { name: 'one' } } }).spec.containers[0]?.env;
    assert.deepEqual(
      named?.find(({ name }) => name === 'ECR_COURIER_LEASE')?.value,
      'one',
      'the courier takes the one of the configuration',
    );
  });

  test('is asked where the courier listens, and gives each variable once', () => {
    const container = (values: object) => podOf(values).spec.containers[0];
    const port = (values: object) => container(values)?.ports[0]?.containerPort;
    const listens = (value: string) => ({ extraEnv: [{ name: 'LISTEN_PORT', value }] });
    assert.equal(port({}), 8080);
    assert.equal(port({ config: { server: { port: 9090 } } }), 9090);
    assert.equal(port({ config: { server: { port: '9091' } } }), 9091);
    assert.equal(port({ config: { server: { listen: '0.0.0.0:9093' } } }), 9093);
    assert.equal(port({ config: { server: { listen: '[::]:9093', port: 9090 } } }), 9090);
    assert.equal(port({ extraEnv: [{ name: 'ECR_COURIER_LISTEN', value: '0.0.0.0:9094' }] }), 9094);
    const listen = container({ config: { server: { listen: '[::]:9093' } } })?.env.find(({ name }) => name === 'ECR_COURIER_LISTEN');
    assert.equal(listen?.value, '[::]:9093', 'the variable of the image would win');
    assert.equal(port({ config: { server: { port: 9090 } }, ...listens('9092') }), 9092);
    const env = (values: object) => container(values)?.env.map(({ name, value }) => [name, value]);
    const usual = ['ECR_COURIER_CONFIG', '/etc/ecr-courier/courier.yaml'];
    assert.deepEqual(env({ existingConfigMap: 'mine' }), [usual, ['LISTEN_PORT', '8080']], 'whatever the ConfigMap says');
    assert.deepEqual(env({ existingConfigMap: 'mine', ...listens('9092') }), [usual, ['LISTEN_PORT', '9092']]);
    const own = [
      { name: 'AWS_REGION', value: 'eu-west-2' },
      { name: 'ECR_COURIER_LEASE', value: 'mine' },
    ];
    const mine = own.map(({ name, value }) => [name, value]);
    assert.deepEqual(env({ replicas: 2, aws: { region: 'eu-west-1' }, extraEnv: own }), [usual, ...mine]);
  });

  test('is rendered alike each time', () => {
    const values = { ...shown, replicas: 2, extraEnv: [{ name: 'A', value: 'b' }], podLabels: { c: 'd', a: 'b' } };
    assert.equal(rendered(values), rendered(values));
    assert.equal(
      rendered(merged(values, {})),
      rendered(Object.fromEntries(Object.entries(values).toReversed())),
      'in whatever order values are',
    );
  });

  test('gives no right in this cluster for a target that is another one', () => {
    for (const target of [{ url: 'https://other:6443', tokenFile: '/t' }, { kubeconfig: '/k' }]) {
      for (const mode of ['cluster', 'namespaces']) {
        const values = { target, rbac: { mode } };
        assert.ok(!objectsIn(rendered(values)).some(({ kind }) => kind.includes('Role')), JSON.stringify(values));
        assert.equal(podOf(values).spec.automountServiceAccountToken, false);
      }
      const two = { target, replicas: 2 };
      assert.deepEqual(
        objectsIn(rendered(two)).flatMap(({ kind, metadata }) => (kind.includes('Role') ? metadata.name : [])),
        ['ecr-courier:ecr-courier:lease', 'ecr-courier:ecr-courier:lease'],
      );
      assert.equal(podOf(two).spec.automountServiceAccountToken, true);
    }
  });

  test('gives no right where there is no target in the cluster, or somebody else gives them', () => {
    const elsewhere = { target: null, config: { targets: [{ kind: 'portainer', url: 'https://portainer', apiKeyFile: '/k' }] } };
    const without = objectsIn(rendered(elsewhere));
    assert.ok(!without.some(({ kind }) => kind.includes('Role')));
    assert.equal(podOf(elsewhere).spec.automountServiceAccountToken, false);
    assert.ok(!objectsIn(rendered({ rbac: { create: false } })).some(({ kind }) => kind.includes('Role')));
  });

  test('refuses values that nobody would read, or that would not work', () => {
    const namespaces = { mode: 'namespaces' };
    const byField = { name: 'ECR_COURIER_SHARD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };
    for (const [values, why] of [
      [{ rbac: namespaces }, /target\.namespaces: must be the names of the namespaces/],
      [{ rbac: namespaces, target: { namespaces: ['team-*'] } }, /target\.namespaces\[0\]: is a pattern/],
      [{ rbac: namespaces, target: { namespaces: 'a,team-?' } }, /target\.namespaces\[1\]: is a pattern/],
      [{ rbac: namespaces, target: { namespaces: ['a', '!b'] } }, /target\.namespaces\[1\]: is a pattern/],
      [{ rbac: namespaces, target: { namespaces: ['a'], optIn: true } }, /target: rbac\.mode namespaces knows no optIn/],
      [{ rbac: namespaces, target: { namespaces: ['a'], namespaceSelector: 'a' } }, /knows no optIn and no namespaceSelector/],
      [
        { rbac: namespaces, target: { namespaces: ['a'] }, config: { targets: [{ kind: 'kubernetes', namespaces: ['b-*'] }] } },
        /config\.targets\[0\]\.namespaces\[0\]: is a pattern/,
      ],
      [{ rbac: namespaces, target: null, config: { targets: [{ kind: 'kubernetes' }] } }, /config\.targets\[0\]\.namespaces: must be/],
      [{ rbac: { mode: 'some' } }, /rbac/],
      [{ replicas: 0 }, /replicas/],
      [{ nameOverride: 'Pulls' }, /nameOverride/],
      [{ fullnameOverride: 'a.b' }, /fullnameOverride/],
      [{ existingConfigMap: 'a..b' }, /existingConfigMap/],
      [{ podLabels: { team: 'a b' } }, /podLabels/],
      [{ podAnnotations: { 'a b': 'x' } }, /podAnnotations/],
      [{ serviceMonitor: { enabled: true, interval: '30 s' } }, /interval/],
      [{ extraEnv: [{ value: 'a' }] }, /extraEnv\/0': missing property 'name'/],
      [{ aws: { region: 'eu-west-1a' } }, /aws\.region: must be a region/],
      [{ replicas: 2, extraEnv: [byField] }, /extraEnv\[0\] \(ECR_COURIER_SHARD\): has valueFrom/],
      [{ existingConfigMap: 'mine', config: { log: { level: 'debug' } } }, /config\.log: is not read/],
      [{ existingConfigMap: 'mine', config: { targets: [] } }, /config\.targets: is not read/],
      [{ existingConfigMap: 'mine', target: { registries: [host] } }, /target\.registries: is not read/],
      [{ existingConfigMap: 'mine', target: { name: 'here' } }, /target\.name: is not read/],
      [{ existingConfigMap: 'mine', target: { excludeNamespaces: ['ops'] } }, /target\.excludeNamespaces: is not read/],
      [{ podLabels: { 'app.kubernetes.io/name': 'a' } }, /podLabels: app\.kubernetes\.io\/name is set by the chart/],
      [{ podAnnotations: { 'checksum/config': 'a' } }, /podAnnotations: checksum\/config is set by the chart/],
      [
        {
          extraEnv: [
            { name: 'A', value: 'a' },
            { name: 'A', value: 'b' },
          ],
        },
        /extraEnv\[1\]\.name: is taken already by extraEnv\[0\]/,
      ],
      [{ extraVolumes: [{ name: 'tmp', emptyDir: {} }] }, /extraVolumes\[0\]\.name: is that of a volume of the chart/],
      [{ image: { tag: 'a b' } }, /\/image\/tag/],
      [
        { replicas: 2, extraEnv: [{ name: 'ECR_COURIER_LEASE', value: '' }] },
        /extraEnv\[0\] \(ECR_COURIER_LEASE\): is empty, and would take the place of what the chart says/,
      ],
      [{ extraEnv: [{ name: 'ECR_COURIER_CONFIG' }] }, /extraEnv\[0\] \(ECR_COURIER_CONFIG\): is empty/],
      [{ config: { server: { listen: '127.0.0.1:8080' } } }, /must serve every interface in a pod/],
      [{ extraEnv: [{ name: 'ECR_COURIER_LISTEN', value: 'localhost:8080' }] }, /must serve every interface in a pod/],
      [{ extraEnv: [{ ...byField, name: 'LISTEN_PORT' }] }, /extraEnv\[0\] \(LISTEN_PORT\): has valueFrom/],
      [
        { admin: { existingSecret: 'a' }, extraEnv: [{ name: 'ECR_COURIER_ADMIN_TOKEN', value: 'a-token-of-somebody' }] },
        /is given twice: here and as ECR_COURIER_ADMIN_TOKEN_FILE \(admin\.existingSecret\)/,
      ],
      [
        { aws: { existingSecret: 'a' }, extraEnv: [{ ...byField, name: 'AWS_ACCESS_KEY_ID' }] },
        /is given twice: here and as AWS_ACCESS_KEY_ID_FILE \(aws\.existingSecret\)/,
      ],
      [{ config: { server: { port: 0 } } }, /config\.server\.port.*must not be 0/],
      [{ serviceAccount: { create: false, annotations: { a: 'b' } } }, /serviceAccount\.annotations: are for/],
    ] as const) {
      const { status, stderr } = helm(['template', 'ecr-courier', chart], values);
      assert.notEqual(status, 0, JSON.stringify(values));
      assert.match(stderr, why);
    }
  });

  test('takes a key with nothing behind it for nothing, or says that it must be there', () => {
    const lists = ['extraEnv', 'extraVolumes', 'extraVolumeMounts', 'imagePullSecrets', 'podLabels', 'podAnnotations', 'nodeSelector'];
    for (const key of [...lists, 'config', 'existingConfigMap', 'nameOverride', 'resources', 'affinity', 'tolerations'])
      assert.match(rendered({ [key]: null }), /kind: Deployment/, key);
    const maps = ['image', 'aws', 'admin', 'serviceAccount', 'rbac', 'service', 'serviceMonitor', 'prometheusRule', 'dashboard'];
    for (const key of [...maps, 'replicas', 'podSecurityContext', 'securityContext']) {
      const { stderr } = helm(['template', 'ecr-courier', chart], { [key]: null });
      assert.match(stderr, new RegExp(`missing propert(y|ies) '${key}'`));
    }
    for (const values of [
      { rbac: { create: null } },
      { rbac: { mode: null } },
      { image: { repository: null } },
      { service: { port: null } },
    ])
      assert.match(helm(['template', 'ecr-courier', chart], values).stderr, /missing property '\w+'/, JSON.stringify(values));
  });

  test('carries the configuration, and starts the pod anew for another one', async () => {
    const config = { sources: [{ name: 'shop', roleArn: 'arn:aws:iam::123456789012:role/shop', slots: ['kubernetes/shop-*/*'] }] };
    const values = { target: { registries: [host], namespaces: ['!kube-*', 'on', 'no'] }, config };
    const { targets, sources, warnings } = await configIn(objectsIn(rendered(values)));
    assert.deepEqual(warnings, []);
    assert.ok(sources.some(({ name }) => name === 'shop'));
    assert.deepEqual(
      targets.map(({ options }) => (options as { namespaces: string[] }).namespaces),
      [['!kube-*', 'on', 'no']],
    );
    const sum = (more: object) => podOf(more).metadata.annotations['checksum/config'];
    assert.equal(sum(values), sum(values));
    assert.notEqual(sum(values), sum({ ...values, target: { registries: [] } }));
  });

  test('takes Secrets that exist, as files', () => {
    const { spec } = podOf({ aws: { existingSecret: 'keys' }, admin: { existingSecret: 'door' }, serviceAccount: { name: 'mine' } });
    const secrets = spec.volumes.flatMap(({ secret }) => secret?.secretName ?? []);
    assert.deepEqual(secrets, ['keys', 'door']);
    const names = spec.containers.flatMap(({ env }) => env.map(({ name }) => name));
    for (const name of ['AWS_ACCESS_KEY_ID_FILE', 'AWS_SECRET_ACCESS_KEY_FILE', 'ECR_COURIER_ADMIN_TOKEN_FILE'])
      assert.ok(names.includes(name), name);
  });

  test('annotates the ServiceAccount for IRSA', () => {
    const annotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/ecr-pull' };
    const account = only(objectsIn(rendered({ serviceAccount: { annotations } })), 'ServiceAccount');
    assert.deepEqual(account.metadata.annotations, annotations);
  });

  test('brings the alerts and the dashboard of deploy/', () => {
    const enabled = { enabled: true };
    const objects = objectsIn(rendered({ serviceMonitor: enabled, prometheusRule: enabled, dashboard: enabled }));
    const rules = parse(readFileSync(join(deploy, 'prometheus/ecr-courier.rules.yml'), 'utf8')) as object;
    assert.deepEqual(only(objects, 'PrometheusRule')['spec'], rules);
    const config = { server: { publicUrl: 'https://courier.example.com/' } };
    const linked = JSON.stringify(only(objectsIn(rendered({ prometheusRule: enabled, config })), 'PrometheusRule'));
    assert.match(linked, /"status_url":"https:\/\/courier\.example\.com\/\?target=\{\{ \$labels\.target \}\}"/);
    assert.doesNotMatch(linked, /http:\/\/\{\{ \$labels\.instance/);
    const { endpoints } = only(objectsIn(rendered({ serviceMonitor: enabled, nameOverride: 'pulls' })), 'ServiceMonitor')['spec'] as {
      readonly endpoints: readonly { readonly relabelings: readonly object[] }[];
    };
    assert.deepEqual(endpoints[0]?.relabelings, [{ targetLabel: 'job', replacement: 'ecr-courier' }], 'as the alerts expect it');
    const board = objects.find(({ metadata }) => metadata.name === 'ecr-courier-dashboard')?.data?.['ecr-courier.json'];
    assert.deepEqual(JSON.parse(board ?? ''), JSON.parse(readFileSync(join(deploy, 'grafana/ecr-courier.json'), 'utf8')));
  });

  /** A value other than the default for each entry in values.yaml. */
  const others: Readonly<Record<string, unknown>> = {
    replicas: 2,
    'image.repository': 'registry.example.com/courier',
    'image.tag': '9.9.9',
    'image.digest': `sha256:${'0'.repeat(64)}`,
    'image.pullPolicy': 'Always',
    imagePullSecrets: [{ name: 'mirror' }],
    nameOverride: 'pulls',
    fullnameOverride: 'pulls',
    'target.name': 'here',
    'target.registries': [host],
    'target.excludeNamespaces': ['ops'],
    config: { log: { level: 'debug' } },
    existingConfigMap: 'mine',
    'aws.existingSecret': 'keys',
    'aws.region': 'eu-west-1',
    'admin.existingSecret': 'door',
    'serviceAccount.create': false,
    'serviceAccount.name': 'mine',
    'serviceAccount.annotations': { a: 'b' },
    'rbac.create': false,
    'rbac.mode': 'namespaces',
    'rbac.readNamespaces': false,
    'rbac.prune': true,
    'rbac.countPods': true,
    extraEnv: [{ name: 'DEBUG', value: '1' }],
    extraVolumes: [{ name: 'more', emptyDir: {} }],
    extraVolumeMounts: [{ name: 'tmp', mountPath: '/more' }],
    podAnnotations: { a: 'b' },
    podLabels: { a: 'b' },
    priorityClassName: 'high',
    nodeSelector: { a: 'b' },
    tolerations: [{ operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    'podSecurityContext.fsGroup': 4711,
    'securityContext.readOnlyRootFilesystem': false,
    'resources.limits': { memory: '1Gi' },
    'service.port': 80,
    'serviceMonitor.enabled': false,
    'serviceMonitor.interval': '10s',
    'serviceMonitor.labels': { a: 'b' },
    'prometheusRule.enabled': false,
    'prometheusRule.labels': { a: 'b' },
    'dashboard.enabled': false,
    'dashboard.labels': { a: 'b' },
  };
  /** The value that matters in one mode only. */
  const alone = 'rbac.readNamespaces';

  test('every value changes what is installed', () => {
    const known = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as Record<string, unknown>;
    const tops = new Set(Object.keys(others).map(name => name.split('.')[0]));
    assert.deepEqual(tops, new Set(Object.keys(known)));
    const usual = merged({ target: { namespaces: ['shop'] } }, shown);
    const text = rendered(usual);
    for (const [name, value] of Object.entries(others)) {
      const before = name === alone ? merged(usual, { rbac: { mode: 'namespaces' } }) : usual;
      const [top = '', below] = name.split('.');
      const after = rendered(merged(before, { [top]: below === undefined ? value : { [below]: value } }));
      assert.notEqual(after, name === alone ? rendered(before) : text, name);
      objectsIn(after);
    }
  });

  test('tells how to see whether it works', () => {
    const { stdout } = helm(['install', 'ecr-courier', chart, '--namespace', 'pulls', '--dry-run=client'], { target: { secret: 'pull' } });
    assert.match(stdout, /kubectl -n pulls exec deployment\/ecr-courier -- ecr-courier check/);
    assert.match(stdout, /imagePullSecrets: \[\{name: pull\}\]/);
  });

  for (const [name, values] of Object.entries(manifests) as [keyof typeof manifests, object][])
    test(`renders ${name} as it is here`, () => {
      assert.equal(manifestText(name), manifestOf(name, values), 'it is stale: npx node test/real/manifests.ts');
    });
});
