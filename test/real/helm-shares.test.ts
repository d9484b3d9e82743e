import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenFile } from '../adapters/kubernetes/rig.ts';
import { until } from '../commands/cli.ts';
import { type KubeObject, objectsIn, only } from '../deploy/chart.ts';
import { createAuthority } from '../fakes/authority.ts';
import { adminToken, courierToken, startFakeKubernetes } from '../fakes/kubernetes.ts';
import { host, startDaemon } from '../operating/support.ts';
import { rendered } from './helm.ts';
import { part } from './needs.ts';

const namespace = 'ecr-courier';
const authority = createAuthority();

/** Makes a kubeconfig for the cluster at this address with one token. */
const kubeconfigOf = (server: string, token: string): string =>
  JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      {
        name: 'c',
        cluster: { server, 'tls-server-name': 'cluster.test', 'certificate-authority-data': Buffer.from(authority.ca).toString('base64') },
      },
    ],
    users: [{ name: 'u', user: { token } }],
  });

type Env = readonly { readonly name: string; readonly value: string }[];
const envOf = (objects: readonly KubeObject[]): Readonly<Record<string, string>> => {
  const { spec } = only(objects, 'Deployment') as unknown as { spec: { template: { spec: { containers: readonly { env: Env }[] } } } };
  const env = Object.fromEntries(spec.template.spec.containers[0]?.env.map(({ name, value }) => [name, value]) ?? []);
  const { ECR_COURIER_LEASE, ECR_COURIER_SHARD } = env;
  return { ECR_COURIER_LEASE: ECR_COURIER_LEASE ?? '', ECR_COURIER_SHARD: ECR_COURIER_SHARD ?? '' };
};
/** Returns the rules of a release's ServiceAccount, which are exactly those of its Roles. */
const rulesOf = (objects: readonly KubeObject[]) =>
  objects.flatMap(({ kind, metadata, rules = [] }) =>
    kind === 'Role' ? rules.map(rule => ({ ...rule, namespace: metadata.namespace ?? '' })) : [],
  );

part('shares of one configuration, each a release of the chart', { programs: ['helm'] }, () => {
  /** One release for each share, with a leading and a standby pod, as in docs/kubernetes.md. */
  const releases = ['0/3', '1/3', '2/3'].map((share, at) =>
    objectsIn(
      rendered(
        { existingConfigMap: 'shared', target: null, replicas: 2, extraEnv: [{ name: 'ECR_COURIER_SHARD', value: share }] },
        { name: `share-${at}`, namespace },
      ),
    ),
  );

  test('have Leases of their own, and the rules name these', () => {
    const names = releases.map(objects => rulesOf(objects).flatMap(({ resourceNames }) => resourceNames ?? []));
    assert.deepEqual(names, [['share-0-ecr-courier-0-of-3'], ['share-1-ecr-courier-1-of-3'], ['share-2-ecr-courier-2-of-3']]);
  });

  for (const [at, objects] of releases.entries())
    test(`are ready: both pods of share ${at}`, async () => {
      const tls = authority.certificateFor('cluster.test');
      await using fake = await startFakeKubernetes({ tls, namespaces: [namespace, 'team-a'], rules: rulesOf(objects) });
      const [ofPod, ofTarget] = await Promise.all([courierToken, adminToken].map(token => tokenFile(kubeconfigOf(fake.url, token))));
      const target = { kind: 'kubernetes', kubeconfig: ofTarget?.path, namespaces: ['team-a'], registries: [host] };
      // Stands in for the ServiceAccount token, with which a pod finds its cluster.
      const lease = { kubeconfig: ofPod?.path, namespace };
      const files = { 'courier.json': JSON.stringify({ targets: [target], engine: { shardBy: 'target' }, lease }) };
      await using first = await startDaemon(files, envOf(objects));
      await using second = await startDaemon(files, envOf(objects));
      const states = async () =>
        (await Promise.all([first, second].map(pod => pod.status()))).map(({ lease, ready }) => `${ready} ${lease?.state}`);
      await until(async () => (await states()).toSorted().join() === 'true leading,true standing by', 'one works, and one stands by');
      for (const file of [ofPod, ofTarget]) await file?.[Symbol.asyncDispose]();
    });
});
