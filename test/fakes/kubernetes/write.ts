import { jsonPatch, mergePatch, Unfit } from '../patches.ts';
import type { Seen } from '../server.ts';
import { demand } from './access.ts';
import { appliedBody, mediaOf, objectIn, patchedObject, patchIn, unsupportedMedia } from './body.ts';
import { decoded } from './decode.ts';
import { aboutOf, change, make, type Own, serverOwn, type Write } from './keep.ts';
import { applied, ownedByUpdate } from './managers.ts';
import { type Draft, type KubeObject, textOf, treeOf } from './objects.ts';
import { type WriteOptions, writeOptions } from './options.ts';
import { broken, conflict, invalid, notFound, refuse } from './refusal.ts';
import { keyOf } from './store.ts';

export interface Written {
  readonly status: 200 | 201;
  readonly object: KubeObject;
}

const agentOf = ({ headers }: Seen): string => headers['user-agent'] ?? '';

export function create(write: Write): Written {
  const { request, query, place } = write;
  const options = writeOptions('CreateOptions', query, agentOf(request));
  const draft = objectIn(request, place, options, write.warn);
  if (draft.metadata?.['resourceVersion'] !== undefined) broken('resourceVersion should not be set on objects to be created');
  return { status: 201, object: make(write, draft, options, whole(write, options)) };
}

export function update(write: Write): Written {
  const { cluster, request, query, place } = write;
  const options = writeOptions('UpdateOptions', query, agentOf(request));
  const draft = objectIn(request, place, options, write.warn);
  const live = cluster.store.get(place.kind, place.namespace, place.name ?? '');
  if (!live && place.kind.put === 'create') {
    sameUid(write, draft);
    return { status: 201, object: make(write, draft, options, whole(write, options)) };
  }
  if (!live) return notFound(aboutOf(place));
  if (place.kind.versioned && draft.metadata?.['resourceVersion'] === undefined)
    invalid(aboutOf(place), [
      { reason: 'FieldValueInvalid', message: 'Invalid value: 0: must be specified for an update', field: 'metadata.resourceVersion' },
    ]);
  sameUid(write, draft, live.metadata.uid);
  return { status: 200, object: change(write, live, draft, options, whole(write, options)) };
}

/**
 * Throws a conflict if the body has another uid. `stored` is empty if there is no such object, and the PUT then creates
 * none (recorded).
 */
function sameUid({ place }: Write, { metadata }: Draft, stored = ''): void {
  const uid = metadata?.['uid'];
  if (uid === undefined || uid === stored) return;
  const key = `/registry/${place.kind.resource}/${keyOf(place.namespace, place.name ?? '')}`;
  const why = `Precondition failed: UID in precondition: ${textOf(uid)}, UID in object meta: ${stored}`;
  conflict(aboutOf(place), `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`);
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
  const patched = (media.includes('json-patch') ? fitted(() => jsonPatch(live, body)) : mergePatch(live, body)) as Draft;
  const draft = patchedObject(patched, place, options, write.warn);
  return { status: 200, object: change(write, live, draft, options, whole(write, options)) };
}

/** All unsuitable patches get the same response (recorded). */
function fitted<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    return refuse({ code: 422, message: 'the server rejected our request due to an error in our request', reason: 'Invalid', details: {} });
  }
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
  const { kind, namespace, name } = place;
  const allow = (): void => demand(user, { verb: 'create', group: kind.group, resource: kind.resource, namespace, name });
  return { status: 201, object: make(write, body, options, own, allow) };
}

function whole({ cluster, place }: Write, { fieldManager }: WriteOptions): Own {
  return (next, before) => ownedByUpdate(place.kind, before, next, { manager: fieldManager, now: cluster.now() });
}
