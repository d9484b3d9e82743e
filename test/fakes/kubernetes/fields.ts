import { isDeepStrictEqual } from 'node:util';
import type { Shape } from './kinds.ts';
import { isTree, type Tree, treeOf } from './objects.ts';

/** Paths of fields: f:data, f:.dockerconfigjson, between them a separator that no key has. */
export type FieldSet = ReadonlySet<string>;

const separator = '\0';
/** What stands for a map itself, beside its keys. */
const theMap = Symbol('map');

/** The fields that an object has, with their values. Maps are among them, structs are not. */
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

/** What an applied body owns: of maps the keys alone. */
export function appliedBy(object: Tree, shape: Shape): Set<string> {
  const fields = [...fieldsOf(object, shape)].filter(([, value]) => value !== theMap);
  return new Set(fields.map(([path]) => path));
}

/** Fields that are new or have another value, and fields that are gone. */
export function compareFields(before: Tree, after: Tree, shape: Shape): { readonly changed: Set<string>; readonly removed: Set<string> } {
  const old = fieldsOf(before, shape);
  const next = fieldsOf(after, shape);
  const differs = ([path, value]: readonly [string, unknown]): boolean => !old.has(path) || !isDeepStrictEqual(old.get(path), value);
  return {
    changed: new Set([...next].filter(differs).map(([path]) => path)),
    removed: new Set([...old.keys()].filter(path => !next.has(path))),
  };
}

/** As managedFields writes a set. */
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

/** As a conflict names a field: .data..dockerconfigjson */
export const pathText = (path: string): string =>
  path
    .split(separator)
    .map(element => `.${element.slice(2)}`)
    .join('');

/** The object without these fields. Maps that are empty then go as well. */
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

/** Lays an applied body over an object: structs and maps member by member, leaves as a whole. */
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

/** The first member that the schema does not know, as a path. */
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
