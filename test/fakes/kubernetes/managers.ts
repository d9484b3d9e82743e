import { isDeepStrictEqual } from 'node:util';
import { appliedBy, compareFields, type FieldSet, fieldsV1, overlay, pathText, setOf, without } from './fields.ts';
import { apiVersionOf, type Kind } from './kinds.ts';
import { type KubeObject, type ManagedFields, secondsText, type Tree } from './objects.ts';
import { refuse } from './refusal.ts';

/** The manager that writes, and the time in milliseconds since the epoch. */
export interface Writer {
  readonly manager: string;
  readonly now: number;
}

interface Owner {
  readonly entry: Omit<ManagedFields, 'fieldsV1' | 'time'>;
  readonly set: Set<string>;
  /** The entry as it was before this write. */
  readonly was?: ManagedFields;
}

const ownersOf = (object: KubeObject): Owner[] =>
  (object.metadata.managedFields ?? []).map(was => ({ entry: was, set: setOf(was.fieldsV1), was }));

function ownerFor(owners: Owner[], kind: Kind, manager: string, operation: ManagedFields['operation']): Owner {
  const apiVersion = apiVersionOf(kind);
  const found = owners.find(({ entry }) => entry.manager === manager && entry.operation === operation && entry.apiVersion === apiVersion);
  if (found) return found;
  const owner: Owner = { entry: { manager, operation, apiVersion, fieldsType: 'FieldsV1' }, set: new Set() };
  owners.push(owner);
  return owner;
}

/**
 * Returns the entries in the order of the server. Only the writer's entry gets a new time, and only if the write
 * changed something. A manager that became an owner of unchanged fields has no time (recorded on 1.36.3).
 */
function entriesOf(owners: readonly Owner[], writer: Owner | undefined, now: number | undefined): ManagedFields[] {
  const order = ({ operation, time: at = '', manager }: ManagedFields): string => [operation, at, manager].join(' ');
  return owners
    .filter(({ set }) => set.size > 0)
    .map(owner => {
      const { entry, set, was } = owner;
      const { manager, operation, apiVersion, fieldsType } = entry;
      const fields = fieldsV1(set);
      if (was && isDeepStrictEqual(was.fieldsV1, fields)) return was;
      const time = owner === writer && now !== undefined ? secondsText(now) : was?.time;
      return { manager, operation, apiVersion, ...(time !== undefined && { time }), fieldsType, fieldsV1: fields };
    })
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function withOwners(object: KubeObject, owners: readonly Owner[], writer: Owner | undefined, now: number | undefined): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  const entries = entriesOf(owners, writer, now);
  return { ...object, metadata: { ...metadata, ...(entries.length > 0 && { managedFields: entries }) } };
}

const drop = (from: Set<string>, paths: FieldSet): void => {
  for (const path of paths) from.delete(path);
};

/**
 * Updates the owners after POST, PUT and patches other than apply: the writer becomes the only owner of the changed
 * fields. An object without owners stays without (recorded on 1.36.3).
 */
export function ownedByUpdate(kind: Kind, before: KubeObject | undefined, after: KubeObject, { manager, now }: Writer): KubeObject {
  if (before && before.metadata.managedFields === undefined) return withOwners(after, [], undefined, now);
  const owners = before ? ownersOf(before) : [];
  const { changed, removed } = compareFields(before ?? {}, after, kind.shape);
  for (const { set } of owners) {
    drop(set, changed);
    drop(set, removed);
  }
  const own = ownerFor(owners, kind, manager, 'Update');
  for (const path of changed) own.set.add(path);
  return withOwners(after, owners, own, now);
}

/**
 * Merges the body of a server-side apply into the object. Throws 409 with the other owners of changed fields, unless
 * forced.
 */
export function applied(
  kind: Kind,
  live: KubeObject | undefined,
  body: Tree,
  { manager, now }: Writer,
  clash: 'force' | 'refuse',
): KubeObject {
  const owners = live ? adopted(kind, live) : [];
  const own = ownerFor(owners, kind, manager, 'Apply');
  const others = owners.filter(owner => owner !== own);
  const set = appliedBy(body, kind.shape);
  const isOthers = (path: string): boolean => others.some(owner => owner.set.has(path));
  const abandoned = [...own.set].filter(path => !set.has(path) && !isOthers(path));
  const merged = without(overlay(live ?? {}, body, kind.shape), abandoned) as KubeObject;
  const { changed, removed } = compareFields(live ?? {}, merged, kind.shape);
  const conflicts = others.flatMap(owner => [...owner.set].filter(path => changed.has(path)).map(path => ({ owner, path })));
  if (conflicts.length > 0 && clash === 'refuse') refuseConflicts(conflicts);
  for (const owner of others) {
    drop(owner.set, changed);
    drop(owner.set, removed);
  }
  const renewed = { ...own, set };
  const next = owners.map(owner => (owner === own ? renewed : owner));
  const isChange = !live || changed.size > 0 || removed.size > 0;
  return withOwners(merged, next, renewed, isChange ? now : undefined);
}

/**
 * Returns the owners of an object. Fields of an object without managedFields belong to the manager before-first-apply.
 */
function adopted(kind: Kind, live: KubeObject): Owner[] {
  if (live.metadata.managedFields !== undefined) return ownersOf(live);
  const { changed } = compareFields({}, live, kind.shape);
  const owners: Owner[] = [];
  for (const path of changed) ownerFor(owners, kind, 'before-first-apply', 'Update').set.add(path);
  return owners;
}

function refuseConflicts(conflicts: readonly { readonly owner: Owner; readonly path: string }[]): never {
  const title = ({ entry }: Owner): string => `"${entry.manager}"${entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''}`;
  const causes = conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${title(owner)}`,
    field: pathText(path),
  }));
  const [first] = causes;
  const groups = Map.groupBy(conflicts, ({ owner }) => title(owner));
  const lines = [...groups.keys()].sort().map(name => {
    const paths = groups.get(name)?.map(({ path }) => `- ${pathText(path)}`) ?? [];
    return [`conflicts with ${name}:`, ...paths].join('\n');
  });
  const told =
    causes.length === 1 && first ? `1 conflict: ${first.message}: ${first.field}` : `${causes.length} conflicts: ${lines.join('\n')}`;
  return refuse({ code: 409, message: `Apply failed with ${told}`, reason: 'Conflict', details: { causes } });
}
