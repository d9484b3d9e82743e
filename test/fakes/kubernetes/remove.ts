import { goJsonFlaw } from '../go-json.ts';
import type { Seen } from '../server.ts';
import type { Cluster, Write } from './keep.ts';
import type { Kind } from './kinds.ts';
import { type KubeObject, secondsText, textOf, treeOf } from './objects.ts';
import { writeOptions } from './options.ts';
import { badRequest, conflict, forbidden, notFound } from './refusal.ts';
import { selectorOf } from './select.ts';
import type { Store } from './store.ts';

const immortal = ['default', 'kube-public', 'kube-system'];

/**
 * Deletes an object. Returns the object if its kind says so or if it is a namespace, which only begins to terminate, as
 * does a pod on a node. Otherwise returns a Status.
 */
export function remove({ cluster, request, query, place }: Write): object {
  const { kind, namespace, name = '' } = place;
  const { dryRun, preconditions, gracePeriodSeconds } = deleteOptions(request, query);
  const { uid, resourceVersion } = treeOf(preconditions);
  const live = cluster.store.get(kind, namespace, name) ?? notFound({ group: kind.group, kind: kind.resource, name });
  const { metadata } = live;
  const about = { group: kind.group, kind: kind.kind, name };
  const differs = (what: string, asked: unknown, there: string | undefined): string =>
    `the ${what} in the precondition (${textOf(asked)}) does not match the ${what} in record (${there}). The object might have been`;
  if (uid !== undefined && uid !== metadata.uid) conflict(about, `${differs('UID', uid, metadata.uid)} deleted and then recreated`);
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    conflict(about, `${differs('ResourceVersion', resourceVersion, metadata.resourceVersion)} modified`);
  if (kind.kind === 'Namespace' && immortal.includes(name)) forbidden({ kind: 'namespaces', name }, 'this namespace may not be deleted');
  if (kind.kind === 'Namespace') return dryRun === 'yes' ? live : terminate(cluster.store, kind, live, cluster.now());
  const graceSeconds = kind.kind === 'Pod' ? graceOf(live, gracePeriodSeconds) : 0;
  if (graceSeconds > 0) return end(cluster, kind, live, graceSeconds, dryRun);
  if (dryRun === 'no') cluster.store.remove(kind, namespace, name);
  if (kind.deleted === 'object') return live;
  const details = { name, ...(kind.group && { group: kind.group }), kind: kind.resource, uid: metadata.uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** Deletes all objects that the selectors match, and returns them. */
export function removeAll({ cluster: { store }, request, query, place: { kind, namespace } }: Write): readonly KubeObject[] {
  const { dryRun } = deleteOptions(request, query);
  const matches = selectorOf(kind, query) ?? (() => true);
  const chosen = [...store.shelf(kind).objects.values()].filter(
    object => (namespace === undefined || object.metadata.namespace === namespace) && matches(object),
  );
  if (dryRun === 'no') for (const { metadata } of chosen) store.remove(kind, metadata.namespace, metadata.name);
  return chosen;
}

/** Parses the options of a DELETE. With a body, the query is ignored (recorded on 1.36). */
function deleteOptions({ body }: Seen, query: URLSearchParams) {
  const text = body.toString();
  if (text === '') {
    const asked = query.get('gracePeriodSeconds');
    return {
      ...writeOptions('DeleteOptions', query, ''),
      preconditions: undefined,
      gracePeriodSeconds: asked === null ? undefined : Number(asked),
    };
  }
  const flaw = goJsonFlaw(text);
  if (flaw !== undefined) return badRequest(`couldn't get version/kind; json parse error: ${flaw}`);
  const { dryRun, preconditions, gracePeriodSeconds } = treeOf(JSON.parse(text));
  const inBody = new URLSearchParams();
  for (const value of Array.isArray(dryRun) ? dryRun : []) inBody.append('dryRun', textOf(value));
  return { ...writeOptions('DeleteOptions', inBody, ''), preconditions, gracePeriodSeconds };
}

/** Marks a namespace as terminating. Its finalizer keeps it until it has been emptied. */
function terminate(store: Store, kind: Kind, live: KubeObject, now: number): KubeObject {
  if (live.metadata.deletionTimestamp !== undefined) return live;
  const metadata = { ...live.metadata, deletionTimestamp: secondsText(now) };
  return store.put(kind, { ...live, metadata, status: { ...treeOf(live['status']), phase: 'Terminating' } });
}

/**
 * How long a pod goes on after its deletion, in seconds. One without a node, or that has ended, goes at once (source,
 * pkg/registry/core/pod/strategy.go of 1.36.3).
 */
function graceOf({ spec, status }: KubeObject, asked: unknown): number {
  const { nodeName, terminationGracePeriodSeconds = 30 } = treeOf(spec);
  if (!nodeName || ['Succeeded', 'Failed'].includes(textOf(treeOf(status)['phase']))) return 0;
  return Number(asked ?? terminationGracePeriodSeconds);
}

/** Marks a pod as being deleted. Its kubelet removes it later. A second deletion counts only if it is shorter. */
function end({ store, now }: Cluster, kind: Kind, live: KubeObject, seconds: number, dryRun: 'yes' | 'no'): KubeObject {
  if (Number(live.metadata['deletionGracePeriodSeconds'] ?? Number.POSITIVE_INFINITY) <= seconds) return live;
  const deletionTimestamp = secondsText(now() + seconds * 1000);
  const next = { ...live, metadata: { ...live.metadata, deletionTimestamp, deletionGracePeriodSeconds: seconds } };
  return dryRun === 'yes' ? next : store.put(kind, next);
}
