import { isDeepStrictEqual } from 'node:util';
import type { Shape } from './kinds.ts';
import { isTree, type Tree, treeOf } from './objects.ts';

/** A set of field paths: f:data, f:.dockerconfigjson ..., joined by a separator that no key contains. */
export type FieldSet = ReadonlySet<string>;

const separator = '\0';
/** The value of a map itself, as opposed to its keys. */
const theMap = Symbol('map');

/** Returns the fields of an object with their values. Maps count as fields, structs do not. */
export function fieldsOf(object: Tree, shape: Shape): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  const walk = (value: unknown, inner: Shape, path: string): void => {
    if (inner === 'plain' || value === undefined || value === null) return;
    if (inner === 'leaf') return void found.set(path, value);
    if (inner === 'map') {
      found.set(path, theMap);
      for (const [key, member] of Object.entries(treeOf(value))) found.set(`${path}${separator}f:${key}`, member);
      return;
    }
    for (const [member, below] of Object.entries(inner)) walk(treeOf(value)[member], below, `${path}${path && separator}f:${member}`);
  };
  walk(object, shape, '');
  return found;
}

/** Returns the fields that an applied body owns. A map itself is not owned, only its keys. */
export function appliedBy(object: Tree, shape: Shape): Set<string> {
  const fields = [...fieldsOf(object, shape)].filter(([, value]) => value !== theMap);
  return new Set(fields.map(([path]) => path));
}

/** Compares two objects. Returns the fields that are new or have another value, and the removed fields. */
export function compareFields(before: Tree, after: Tree, shape: Shape): { readonly changed: Set<string>; readonly removed: Set<string> } {
  const old = fieldsOf(before, shape);
  const next = fieldsOf(after, shape);
  const differs = ([path, value]: readonly [string, unknown]): boolean => !old.has(path) || !isDeepStrictEqual(old.get(path), value);
  return {
    changed: new Set([...next].filter(differs).map(([path]) => path)),
    removed: new Set([...old.keys()].filter(path => !next.has(path))),
  };
}

/** Formats a set as in managedFields. */
export function fieldsV1(set: FieldSet): Tree {
  const root: Record<string, unknown> = {};
  for (const path of [...set].sort()) {
    let node = root;
    for (const element of path.split(separator)) node = (node[element] ??= {}) as Record<string, unknown>;
  }
  for (const path of set) {
    const node = path.split(separator).reduce<Tree>((tree, element) => treeOf(tree[element]), root) as Record<string, unknown>;
    if (Object.keys(node).some(key => key !== '.')) node['.'] = {};
  }
  return root;
}

export function setOf(fields: Tree): Set<string> {
  const set = new Set<string>();
  const walk = (node: Tree, path: string): void => {
    const members = Object.entries(node).filter(([key]) => key !== '.');
    if (path !== '' && (members.length === 0 || '.' in node)) set.add(path);
    for (const [key, below] of members) walk(treeOf(below), `${path}${path && separator}${key}`);
  };
  walk(fields, '');
  return set;
}

/** Formats a field as in a conflict message: .data..dockerconfigjson */
export const pathText = (path: string): string =>
  path
    .split(separator)
    .map(element => `.${element.slice(2)}`)
    .join('');

/** Returns a copy of the object without these fields. Maps that become empty stay here; `decoded` drops them. */
export function without(object: Tree, paths: readonly string[]): Tree {
  if (paths.length === 0) return object;
  const copy = structuredClone(object) as Record<string, unknown>;
  for (const path of paths) {
    const keys = path.split(separator).map(element => element.slice(2));
    const last = keys.pop() ?? '';
    const parent = keys.reduce<unknown>((tree, key) => (isTree(tree) ? tree[key] : undefined), copy);
    if (isTree(parent)) delete (parent as Record<string, unknown>)[last];
  }
  return copy;
}

/** Merges an applied body into an object: structs and maps member by member, leaves as a whole. */
export function overlay(live: Tree, applied: Tree, shape: Shape): Tree {
  if (shape === 'map') return { ...live, ...applied };
  if (typeof shape === 'string') return applied;
  const merged: Record<string, unknown> = { ...live };
  for (const [member, inner] of Object.entries(shape)) {
    const value = applied[member];
    if (value === undefined || value === null || inner === 'plain') continue;
    merged[member] = inner === 'leaf' ? value : overlay(treeOf(merged[member]), treeOf(value), inner);
  }
  return merged;
}

/** Returns the path of the first member that is not in the schema. */
export function strangerIn(object: Tree, shape: Shape, path = ''): string | undefined {
  if (typeof shape === 'string') return undefined;
  for (const [member, value] of Object.entries(object)) {
    const inner = Object.hasOwn(shape, member) ? shape[member] : undefined;
    if (inner === undefined) return `${path}.${member}`;
    const deeper = strangerIn(treeOf(value), inner, `${path}.${member}`);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}
