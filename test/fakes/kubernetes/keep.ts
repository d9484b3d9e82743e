import { randomBytes, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Seen } from '../server.ts';
import type { User } from './access.ts';
import { admitFirst, admitLast, admitNamespace, admitPod, type Policy } from './admission.ts';
import type { Place } from './body.ts';
import { apiVersionOf, type Kind } from './kinds.ts';
import { type Draft, type KubeObject, secondsText, textOf, treeOf } from './objects.ts';
import type { WriteOptions } from './options.ts';
import { type About, alreadyExists, broken, conflict, invalid, stale } from './refusal.ts';
import type { Store } from './store.ts';
import { validate } from './validate.ts';

/** The cluster that a write changes. */
export interface Cluster {
  readonly store: Store;
  readonly policies: readonly Policy[];
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface Write {
  readonly cluster: Cluster;
  readonly user: User;
  readonly request: Seen;
  readonly query: URLSearchParams;
  readonly place: Place;
  warn(text: string): void;
}

export const aboutOf = ({ kind, name }: Place): About & { readonly name: string } => ({
  group: kind.group,
  kind: kind.resource,
  name: name ?? '',
});

/** Returns the object to store, with updated field managers. `next` has the server's own members. */
export type Own = (next: KubeObject, before: KubeObject | undefined) => KubeObject;

export function make(write: Write, draft: Draft, options: WriteOptions, own: Own, allow: () => void = () => undefined): KubeObject {
  const { cluster, place } = write;
  const { kind, namespace } = place;
  const metadata = treeOf(draft.metadata);
  const prefix = metadata['generateName'];
  const name = textOf(metadata['name'] || (prefix ? `${textOf(prefix)}${randomBytes(3).toString('hex').slice(1)}` : ''));
  const { resourceVersion: _, deletionTimestamp: __, ...given } = metadata;
  const creationTimestamp = secondsText(cluster.now());
  const made = own(
    objectOf(kind, draft, { ...given, name, ...(namespace !== undefined && { namespace }), uid: randomUUID(), creationTimestamp }),
    undefined,
  );
  admitNamespace(cluster.store, kind, made);
  const next = admitFirst(cluster.policies, kind, born(cluster.store, kind, made));
  validate(kind, next, undefined);
  allow();
  admitLast(cluster.store, cluster.policies, kind, next, undefined);
  if (cluster.store.get(kind, namespace, name)) alreadyExists({ ...aboutOf(place), name });
  return options.dryRun === 'yes' ? next : cluster.store.put(kind, next);
}

function objectOf({ kind, ...rest }: Kind, draft: Draft, metadata: Record<string, unknown>): KubeObject {
  return { ...draft, kind, apiVersion: apiVersionOf({ kind, ...rest }), metadata } as unknown as KubeObject;
}

/** Members of an Event that the server always shows. */
const eventDefaults = { eventTime: null, reportingComponent: '', reportingInstance: '' };

/** Adds what the server itself sets on a new object. */
function born(store: Store, { kind }: Kind, object: KubeObject): KubeObject {
  if (kind === 'Namespace') return { ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
  if (kind === 'Pod') return admitPod(store, object);
  if (kind === 'Event') return { ...eventDefaults, ...object };
  return object;
}

export function change(write: Write, live: KubeObject, draft: Draft, options: WriteOptions, own: Own): KubeObject {
  const { cluster, place } = write;
  const { kind } = place;
  const { uid, resourceVersion, ...given } = treeOf(draft.metadata);
  const owned = own(lasting(kind, objectOf(kind, draft, { ...given, ...serverOwn(live.metadata) }), live), live);
  const next = admitFirst(cluster.policies, kind, owned);
  demandVersion(place, live, textOf(resourceVersion));
  if (uid !== undefined && uid !== live.metadata.uid) {
    const fixed = {
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(uid)}: field is immutable`,
      field: 'metadata.uid',
    };
    invalid({ group: kind.group, kind: kind.kind, name: live.metadata.name }, [fixed, fixed]);
  }
  validate(kind, next, live);
  admitLast(cluster.store, cluster.policies, kind, next, live);
  if (isDeepStrictEqual(next, live)) return live;
  return options.dryRun === 'yes' ? next : cluster.store.put(kind, next);
}

/** Throws a conflict if the requested version is not the current one. An empty version matches any. */
function demandVersion(place: Place, { metadata }: KubeObject, asked: string): void {
  if (asked === '' || asked === metadata.resourceVersion) return;
  if (!/^\d+$/.test(asked)) broken(`strconv.ParseUint: parsing ${JSON.stringify(asked)}: invalid syntax`);
  conflict(aboutOf(place), stale);
}

/** Returns the members of metadata that only the server sets. */
export function serverOwn({
  name,
  namespace,
  uid,
  resourceVersion,
  creationTimestamp,
  deletionTimestamp,
}: KubeObject['metadata']): Record<string, unknown> {
  const own = { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp };
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
}

/** Restores the members that no write of an object can change. */
function lasting({ kind }: Kind, next: KubeObject, live: KubeObject): KubeObject {
  if (kind === 'Namespace') return { ...next, spec: live['spec'], status: live['status'] };
  if (kind === 'Pod') return { ...next, status: live['status'] };
  if (kind === 'Event') return { ...eventDefaults, ...next };
  return next;
}
