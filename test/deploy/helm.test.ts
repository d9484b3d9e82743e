import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { command } from '../commands/cli.ts';
import { chart, chartDigest, configIn, deploy, manifests, manifestText, objectsIn, only, rulesFor } from './chart.ts';
import { faultsOf } from './shapes.ts';

const textOf = (...path: string[]): string => readFileSync(join(chart, ...path), 'utf8');
const { version } = JSON.parse(readFileSync(join(deploy, '../package.json'), 'utf8')) as { version: string };
type Tree = { readonly [key: string]: unknown };
const values = parse(textOf('values.yaml')) as Tree;

test('the chart is of the version of the program', () => {
  const said = parse(textOf('Chart.yaml')) as Tree;
  assert.equal(said['version'], version);
  assert.equal(said['appVersion'], version);
});

test('the schema of the values knows those of values.yaml, and no others at the top', () => {
  const schema = JSON.parse(textOf('values.schema.json')) as { properties: Record<string, { properties?: Tree }> };
  assert.deepEqual(
    Object.keys(schema.properties)
      .filter(key => key !== 'global')
      .sort(),
    Object.keys(values).sort(),
  );
  for (const [key, value] of Object.entries(values)) {
    const known = schema.properties[key]?.properties;
    if (known && value !== null) for (const name of Object.keys(value as Tree)) assert.ok(name in known, `${key}.${name}`);
  }
});

test('what the templates read stands in values.yaml, and all of it is read', () => {
  const texts = readdirSync(join(chart, 'templates')).map(name => textOf('templates', name));
  const read = new Set(texts.flatMap(text => [...text.matchAll(/\.Values\.(\w+)/g)].map(([, name = '']) => name)));
  assert.deepEqual([...read].sort(), Object.keys(values).sort());
});

test('what is rendered follows from values and release alone: no lookup in the cluster, no chance, no clock, no hook', () => {
  for (const name of readdirSync(join(chart, 'templates')))
    assert.doesNotMatch(
      textOf('templates', name),
      /\blookup\b|\brand(Alpha|Numeric|Ascii|Int|Bytes)|\b(now|uuidv4|shuffle|htpasswd|getHostByName)\b|\bgen(CA|SignedCert|SelfSignedCert|PrivateKey)|\.Capabilities|\.Release\.(Revision|IsInstall|IsUpgrade|Service)|helm\.sh\/hook/,
      name,
    );
});

for (const name of Object.keys(manifests) as (keyof typeof manifests)[])
  describe(name, () => {
    const objects = objectsIn(manifestText(name));
    const namespaces: readonly string[] = name === 'ecr-courier.yaml' ? [] : manifests['ecr-courier-namespaces.yaml'].target.namespaces;

    test('is rendered from the chart as it is now', () => {
      assert.ok(manifestText(name).includes(`# Chart: ${chartDigest()}`), 'it is stale: npx node test/real/manifests.ts');
    });

    test('gives the rights that the courier asks for, and no others', async () => {
      const { targets } = await configIn(objects);
      const [settings] = targets.map(({ options }) => options as Parameters<typeof rulesFor>[0]);
      if (namespaces.length === 0) return assert.deepEqual(only(objects, 'ClusterRole').rules, rulesFor(settings ?? {}, 'cluster'));
      const roles = objects.filter(({ kind }) => kind === 'Role');
      assert.deepEqual(
        roles.map(({ metadata }) => metadata.namespace),
        namespaces,
      );
      for (const { rules, metadata } of roles) {
        const own = { apiGroups: [''], resources: ['namespaces'], resourceNames: [metadata.namespace ?? ''], verbs: ['get'] };
        assert.deepEqual(rules, [...rulesFor(settings ?? {}, 'namespace'), own]);
      }
      assert.ok(!objects.some(({ kind }) => kind.startsWith('Cluster')));
    });

    test('has a configuration without a warning', async () => {
      const { targets, warnings } = await configIn(objects);
      assert.deepEqual(warnings, []);
      assert.deepEqual(
        targets.map(({ kind }) => kind),
        ['kubernetes'],
      );
    });

    test('starts one pod, as the Pod Security Standard `restricted` wants it', () => {
      const { spec } = only(objects, 'Deployment') as unknown as {
        spec: { replicas: number; strategy: object; template: { spec: { securityContext: Tree; containers: readonly Tree[] } } };
      };
      assert.equal(spec.replicas, 1);
      assert.deepEqual(spec.strategy, { type: 'Recreate' });
      const { securityContext, containers } = spec.template.spec;
      assert.equal(securityContext['runAsNonRoot'], true);
      assert.deepEqual(securityContext['seccompProfile'], { type: 'RuntimeDefault' });
      const secure = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };
      assert.deepEqual(
        containers.map(container => container['securityContext']),
        [secure],
      );
      assert.deepEqual(
        containers.map(container => container['image']),
        [`ghcr.io/ecr-courier/ecr-courier:${version}`],
      );
    });
  });

test('the DaemonSet installs what the kubelet is told of, with the program of this version, and writes to nothing else of the node', async () => {
  const objects = objectsIn(manifestText('kubelet-provider.yaml'));
  const { spec } = (only(objects, 'DaemonSet') as unknown as { spec: { template: { spec: Nodes } } }).spec.template;
  const [{ args, image, securityContext, volumeMounts }] = spec.initContainers;
  assert.equal(image, `ghcr.io/ecr-courier/ecr-courier:${version}`);
  assert.deepEqual(securityContext['capabilities'], { drop: ['ALL'] });
  const place = '/var/lib/rancher/credentialprovider';
  assert.deepEqual(args, ['kubelet', 'install', '--root=/node', `--bin-dir=${place}/bin`, `--config=${place}/config.yaml`]);
  assert.deepEqual(
    volumeMounts.map(({ name, mountPath, readOnly }) => [
      spec.volumes.find(volume => volume.name === name)?.hostPath.path,
      mountPath,
      readOnly,
    ]),
    [
      ['/', '/node', true],
      [place, `/node${place}`, undefined],
    ],
  );
  const { stderr } = await command(args.map(arg => arg.replace('/node', '/nowhere')));
  assert.match(stderr, /would not run on this node/, 'the command takes these options');
});

interface Nodes {
  readonly initContainers: readonly [
    {
      readonly args: readonly string[];
      readonly image: string;
      readonly securityContext: Tree;
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
    },
  ];
  readonly volumes: readonly { readonly name: string; readonly hostPath: { readonly path: string } }[];
}

test('an object that the API would not take is found', () => {
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'a' } };
  assert.deepEqual(faultsOf(role), ['Role has no rules']);
  assert.deepEqual(faultsOf({ ...role, apiVersion: 'v1', rules: [] } as never), ['Role is of rbac.authorization.k8s.io/v1, not v1']);
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: 'list', names: [] }];
  assert.deepEqual(faultsOf({ ...role, rules } as never), [
    'Role.rules[0].verbs is not texts: "list"',
    'Role.rules[0] has no member names',
  ]);
});
