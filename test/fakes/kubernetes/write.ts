import { randomBytes, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Seen } from '../server.ts';
import { demand, type User } from './access.ts';
import { admitLast, admitNamespace, admitPod, type Policy } from './admission.ts';
import { appliedBody, mediaOf, objectIn, type Place, patchedObject, patchIn, unsupportedMedia } from './body.ts';
import { decoded } from './decode.ts';
import { apiVersionOf, type Kind } from './kinds.ts';
import { applied, ownedByUpdate } from './managers.ts';
import { type Draft, type KubeObject, secondsText, textOf, treeOf } from './objects.ts';
import { type WriteOptions, writeOptions } from './options.ts';
import { jsonPatch, mergePatch } from './patch.ts';
import { type About, alreadyExists, conflict, invalid, notFound, stale } from './refusal.ts';
import type { Store } from './store.ts';
import { validate } from './validate.ts';

/** What a write goes by. */
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

export interface Written {
  readonly status: 200 | 201;
  readonly object: KubeObject;
}

const aboutOf = ({ kind, name }: Place): About & { readonly name: string } => ({
  group: kind.group,
  kind: kind.resource,
  name: name ?? '',
});
const agentOf = ({ headers }: Seen): string => headers['user-agent'] ?? '';

export function create(write: Write): Written {
  const { request, query, place } = write;
  const options = writeOptions('CreateOptions', query, agentOf(request));
  const draft = objectIn(request, place, options, write.warn);
  return { status: 201, object: make(write, draft, options, whole(write, options)) };
}

export function update(write: Write): Written {
  const { cluster, request, query, place } = write;
  const options = writeOptions('UpdateOptions', query, agentOf(request));
  const draft = objectIn(request, place, options, write.warn);
  const live = cluster.store.get(place.kind, place.namespace, place.name ?? '');
  if (!live && place.kind.put === 'create') return { status: 201, object: make(write, draft, options, whole(write, options)) };
  if (!live) return notFound(aboutOf(place));
  if (place.kind.versioned && draft.metadata?.['resourceVersion'] === undefined)
    invalid(aboutOf(place), [
      { reason: 'FieldValueInvalid', message: 'Invalid value: 0: must be specified for an update', field: 'metadata.resourceVersion' },
    ]);
  return { status: 200, object: change(write, live, draft, options, whole(write, options)) };
}

export function patch(write: Write): Written {
  const { cluster, request, query, place } = write;
  const media = mediaOf(request);
  if (!/^application\/(apply-patch\+yaml|(strategic-merge|merge|json)-patch\+json)$/.test(media)) unsupportedMedia();
  const isApply = media === 'application/apply-patch+yaml';
  const options = writeOptions(isApply ? 'apply' : 'PatchOptions', query, agentOf(request));
  const live = cluster.store.get(place.kind, place.namespace, place.name ?? '');
  if (isApply) return apply(write, live, options);
  if (!live) return notFound(aboutOf(place));
  const body = patchIn(request);
  const draft = patchedObject(media.includes('json-patch') ? jsonPatch(live, body) : mergePatch(live, body), place, options, write.warn);
  return { status: 200, object: change(write, live, draft, options, whole(write, options)) };
}

function apply(write: Write, live: KubeObject | undefined, options: WriteOptions): Written {
  const { cluster, user, request, place } = write;
  const body = appliedBody(request, place);
  const own: Own = (next, before) => {
    const { apiVersion, kind } = body;
    const writer = { manager: options.fieldManager, now: cluster.now() };
    const { metadata, ...merged } = applied(place.kind, before, body, writer, options.clash);
    const { managedFields } = metadata;
    const typed = decoded(place.kind, { ...merged, apiVersion, kind, metadata: { ...metadata, ...serverOwn(next.metadata) } });
    return { ...typed, metadata: { ...treeOf(typed.metadata), ...(managedFields && { managedFields }) } } as KubeObject;
  };
  if (live) return { status: 200, object: change(write, live, body, options, own) };
  const uid = body.metadata?.['uid'];
  if (uid !== undefined)
    conflict(aboutOf(place), `uid mismatch: the provided object specified uid ${textOf(uid)}, and no existing object was found`);
  if (body.metadata?.['resourceVersion'] !== undefined) conflict(aboutOf(place), stale);
  const { kind, namespace, name } = place;
  const allow = (): void => demand(user, { verb: 'create', group: kind.group, resource: kind.resource, namespace, name });
  return { status: 201, object: make(write, body, options, own, allow) };
}

/** What is kept of a draft, with the managers of its fields. `next` has the server's own members. */
type Own = (next: KubeObject, before: KubeObject | undefined) => KubeObject;

function whole({ cluster, place }: Write, { fieldManager }: WriteOptions): Own {
  return (next, before) => ownedByUpdate(place.kind, before, next, { manager: fieldManager, now: cluster.now() });
}

function make(write: Write, draft: Draft, options: WriteOptions, own: Own, allow: () => void = () => undefined): KubeObject {
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
  const next = born(cluster.store, kind, made);
  validate(kind, next, undefined);
  allow();
  admitLast(cluster.store, cluster.policies, kind, next, undefined);
  if (cluster.store.get(kind, namespace, name)) alreadyExists({ ...aboutOf(place), name });
  return options.dryRun === 'yes' ? next : cluster.store.put(kind, next);
}

function objectOf({ kind, ...rest }: Kind, draft: Draft, metadata: Record<string, unknown>): KubeObject {
  return { ...draft, kind, apiVersion: apiVersionOf({ kind, ...rest }), metadata } as unknown as KubeObject;
}

/** What the server itself gives to a new object. */
function born(store: Store, { kind }: Kind, object: KubeObject): KubeObject {
  if (kind === 'Namespace') return { ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
  if (kind === 'Pod') return admitPod(store, object);
  if (kind === 'Event') return { ...object, eventTime: null, reportingComponent: '', reportingInstance: '' };
  return object;
}

function change(write: Write, live: KubeObject, draft: Draft, options: WriteOptions, own: Own): KubeObject {
  const { cluster, place } = write;
  const { kind } = place;
  const { uid, resourceVersion, ...given } = treeOf(draft.metadata);
  if (uid !== undefined && uid !== live.metadata.uid)
    conflict(aboutOf(place), `Precondition failed: UID in precondition: ${textOf(uid)}, UID in object meta: ${live.metadata.uid}`);
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== live.metadata.resourceVersion)
    conflict(aboutOf(place), stale);
  const next = own(lasting(kind, objectOf(kind, draft, { ...given, ...serverOwn(live.metadata) }), live), live);
  validate(kind, next, live);
  admitLast(cluster.store, cluster.policies, kind, next, live);
  if (isDeepStrictEqual(next, live)) return live;
  return options.dryRun === 'yes' ? next : cluster.store.put(kind, next);
}

/** The members of metadata that nobody else sets. */
function serverOwn({
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

/** What no write of an object changes. */
function lasting({ kind }: Kind, next: KubeObject, live: KubeObject): KubeObject {
  if (kind === 'Namespace') return { ...next, spec: live['spec'], status: live['status'] };
  if (kind === 'Pod') return { ...next, status: live['status'] };
  if (kind === 'Event') return { ...next, eventTime: null, reportingComponent: '', reportingInstance: '' };
  return next;
}
