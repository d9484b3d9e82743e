import { type Kind, kindOf } from './kinds.ts';
import { type KubeObject, textOf, treeOf } from './objects.ts';
import { forbidden, notFound, refuse } from './refusal.ts';
import type { Store } from './store.ts';

/** A rule that denies or changes objects: a policy with its binding, or a webhook. */
export interface Policy {
  readonly name: string;
  readonly kind?: 'policy' | 'webhook';
  /** The status that a webhook returns. 400 by default; 403 has the reason Forbidden. */
  readonly status?: 400 | 403;
  /** The message of a denial. */
  readonly message: string;
  /** The namespaces that the policy applies to. Defaults to all. */
  readonly namespaces?: readonly string[];
  readonly resources?: readonly string[];
  readonly denies?: (object: KubeObject) => boolean;
  /** Returns the changed object. Such a policy denies nothing. Field owners stay as they are (recorded on 1.36). */
  readonly changes?: (object: KubeObject) => KubeObject;
}

/** Applies the changes of policies and webhooks before an object is validated. */
export const admitFirst = (policies: readonly Policy[], kind: Kind, object: KubeObject): KubeObject =>
  policies.reduce((next, policy) => (policy.changes && concerns(policy, kind, next) ? policy.changes(next) : next), object);

/** Throws, before validation, if the namespace of an object does not exist or is being terminated. */
export function admitNamespace(store: Store, kind: Kind, { metadata: { namespace, name } }: KubeObject): void {
  const namespaces = kindOf('', 'namespaces');
  if (kind.scope === 'cluster' || namespace === undefined || !namespaces) return;
  const there = store.get(namespaces, undefined, namespace) ?? notFound({ kind: 'namespaces', name: namespace });
  if (treeOf(there['status'])['phase'] !== 'Terminating') return;
  const causes = [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }];
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  forbidden({ group: kind.group, kind: kind.resource, name }, why, causes);
}

/** Sets what a pod gets from its ServiceAccount. This happens only at creation. */
export function admitPod(store: Store, pod: KubeObject): KubeObject {
  const spec = treeOf(pod['spec']);
  const account = textOf(spec['serviceAccountName'] ?? 'default');
  const { name, namespace } = pod.metadata;
  const accounts = kindOf('', 'serviceaccounts');
  const found = accounts && store.get(accounts, namespace, account);
  const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
  const { imagePullSecrets } = found ?? forbidden({ kind: 'pods', name }, why);
  const own = listOf(spec['imagePullSecrets']).length > 0 ? spec['imagePullSecrets'] : imagePullSecrets;
  const status = { phase: 'Pending', ...treeOf(pod['status']) };
  return { ...pod, spec: { ...spec, serviceAccountName: account, ...(own !== undefined && { imagePullSecrets: own }) }, status };
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Runs policies and quotas after validation. Policies also see updates, quotas only new objects. */
export function admitLast(store: Store, policies: readonly Policy[], kind: Kind, next: KubeObject, before: KubeObject | undefined): void {
  for (const policy of policies) if (!policy.changes && concerns(policy, kind, next)) deny(policy, kind, next.metadata.name);
  if (!before) admitQuota(store, kind, next);
}

function concerns({ namespaces, resources = ['secrets'], denies }: Policy, kind: Kind, next: KubeObject): boolean {
  return resources.includes(kind.resource) && (namespaces?.includes(next.metadata.namespace ?? '') ?? true) && (denies?.(next) ?? true);
}

function deny({ name: policy, kind: sort = 'policy', status = 400, message }: Policy, { group, resource }: Kind, name: string): never {
  if (sort === 'webhook') {
    const denied = `admission webhook "${policy}" denied the request: ${message}`;
    return refuse({ code: status, message: denied, ...(status === 403 && { reason: 'Forbidden' }) });
  }
  const why = `ValidatingAdmissionPolicy '${policy}' with binding '${policy}' denied request: ${message}`;
  const about = group ? `${resource}.${group}` : resource;
  const details = { name, group, kind: resource, causes: [{ message: why }] };
  return refuse({ code: 422, message: `${about} "${name}" is forbidden: ${why}`, reason: 'Invalid', details });
}

function admitQuota(store: Store, kind: Kind, { metadata: { namespace, name } }: KubeObject): void {
  const quotas = kindOf('', 'resourcequotas');
  if (namespace === undefined || !quotas || kind === quotas) return;
  const counted = kind.group ? [`count/${kind.resource}.${kind.group}`] : [kind.resource, `count/${kind.resource}`];
  for (const quota of store.shelf(quotas).objects.values()) {
    if (quota.metadata.namespace !== namespace) continue;
    const hard = treeOf(treeOf(quota['spec'])['hard']);
    const key = counted.find(one => hard[one] !== undefined);
    if (key === undefined) continue;
    const used = [...store.shelf(kind).objects.values()].filter(object => object.metadata.namespace === namespace).length;
    const why = `exceeded quota: ${quota.metadata.name}, requested: ${key}=1, used: ${key}=${used}, limited: ${key}=${textOf(hard[key])}`;
    if (used >= Number(hard[key])) forbidden({ group: kind.group, kind: kind.resource, name }, why);
  }
}
