import type { Slot } from '../../../src/contract/target.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import type { Rule } from '../../fakes/kubernetes/access.ts';
import { type FakeKubernetes, leastRules } from '../../fakes/kubernetes.ts';
import { host } from '../rig.ts';
import { type Options, rig, secretName, seed } from './rig.ts';

export const image = `${host}/team/app:1`;
const pods: Rule = { apiGroups: [''], resources: ['pods'], verbs: ['list', 'delete'] };
const accounts: Rule = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch', 'patch'] };
export const rules: readonly Rule[] = [...leastRules(), accounts, pods];

/** The message of a registry that wants a login, as containerd and the kubelet hand it on. */
const refusal = `ErrImagePull: failed to pull and unpack image "${image}": failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`;
/** The status of a container that waits for its image. */
export const waitsFor = (name = 'app', more: { readonly reason?: string; readonly message?: string; readonly last?: object } = {}) => ({
  name,
  state: {
    waiting: { reason: more.reason ?? 'ImagePullBackOff', message: more.message ?? `Back-off pulling image "${image}": ${refusal}` },
  },
  ...(more.last && { lastState: more.last }),
});

export interface Parts {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
  readonly owner?: object;
}

/** Makes a stuck pod of a ReplicaSet, with these parts in place of the usual ones. */
export const stuckPod = (name: string, { metadata, spec, status, owner }: Parts = {}, namespace = 'team-a'): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace,
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d9', uid: 'uid-of-web', controller: true, ...owner }],
    ...metadata,
  },
  spec: { nodeName: 'node-1', containers: [{ name: 'app', image }], ...spec },
  status: { phase: 'Pending', containerStatuses: [waitsFor()], ...status },
});

interface Cluster {
  readonly namespaces?: readonly string[];
  readonly rules?: readonly Rule[];
  readonly hosts?: readonly string[];
  readonly expiresAt?: Date;
}

/**
 * Opens a target on a cluster with these pods, of an account that names the Secret since. Time is virtual, and the pods
 * are two minutes old.
 */
export async function stuckRig(objects: readonly object[], more: Partial<Options> = {}, cluster: Cluster = {}) {
  const { namespaces = ['team-a'], hosts = [host], expiresAt } = cluster;
  const clock = createVirtualClock();
  const account = (namespace: string): object => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
  const made = await rig(
    { serviceAccounts: ['default'], restartStuckPods: true, ...more },
    {
      wanted: [host],
      clock,
      cluster: { clock, namespaces, objects: [...namespaces.map(account), ...objects], rules: cluster.rules ?? rules },
    },
  );
  for (const namespace of namespaces) {
    await seed(made.fake, namespace, hosts, undefined, undefined, undefined, expiresAt);
    attach(made.fake, namespace);
  }
  await clock.advance(120_000);
  return { ...made, clock };
}

/** Lets the account of a namespace name the Secret. */
export const attach = (fake: FakeKubernetes, namespace = 'team-a'): unknown =>
  fake.edit('serviceaccounts', namespace, 'default', { imagePullSecrets: [{ name: secretName }] });

/** Sets the status of a pod, as its kubelet would. */
export function setStatus({ get, store }: FakeKubernetes, name: string, status: object): void {
  const [kind, pod] = [store.kinds.find(one => one.resource === 'pods'), get('pods', 'team-a', name)];
  if (kind && pod) store.put(kind, { ...pod, status });
}

export const podSlots = <Ref>({ slots }: { readonly slots: readonly Slot<Ref>[] }): Slot<Ref>[] =>
  slots.filter(({ id }) => id.includes('/pod/'));
