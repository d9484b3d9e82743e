import { isDeepStrictEqual } from 'node:util';
import { isTree } from './kubernetes/objects.ts';

/** Thrown for a JSON patch that does not fit the object. */
export class Unfit extends Error {}

/**
 * Applies a JSON merge patch (RFC 7386). A strategic patch gives the same for the kinds here, as none of their lists
 * merges.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isTree(patch)) return patch;
  const merged: Record<string, unknown> = isTree(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/**
 * Applies a JSON patch (RFC 6902). Throws `Unfit` if it does not fit. A missing member of a map can be replaced, copied
 * and tested as if it were null; a missing element of a list cannot (recorded on 1.36.3).
 */
export function jsonPatch(target: object, operations: unknown): unknown {
  const root = structuredClone(target);
  for (const operation of Array.isArray(operations) ? (operations as unknown[]) : unfit())
    step(root, isTree(operation) ? operation : unfit());
  return root;
}

function step(root: unknown, { op, path, from, value }: { readonly [member: string]: unknown }): void {
  if (op === 'add') return insert(root, path, value);
  if (op === 'copy') return insert(root, path, isThere(root, from) ? structuredClone(read(root, from)) : null);
  if (op === 'move') return insert(root, path, take(root, from));
  if (op === 'test') return isDeepStrictEqual(isThere(root, path) ? read(root, path) : null, value) ? undefined : unfit();
  if (op === 'remove') return void take(root, path);
  if (op !== 'replace') unfit();
  if (isThere(root, path)) take(root, path);
  insert(root, path, value);
}

const unfit = (): never => {
  throw new Unfit();
};

function keysOf(path: unknown): string[] {
  if (typeof path !== 'string' || !path.startsWith('/')) return unfit();
  return path
    .slice(1)
    .split('/')
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

type Place = { readonly parent: Record<string, unknown> | unknown[]; readonly key: string };

function placeOf(root: unknown, path: unknown): Place {
  const keys = keysOf(path);
  const key = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((node, name) => memberOf(node, name), root);
  return Array.isArray(parent) || isTree(parent) ? { parent: parent as Place['parent'], key } : unfit();
}

function memberOf(node: unknown, key: string): unknown {
  if (Array.isArray(node)) return /^\d+$/.test(key) && Number(key) < node.length ? (node as unknown[])[Number(key)] : unfit();
  return isTree(node) && Object.hasOwn(node, key) ? node[key] : unfit();
}

/** Whether the target exists. Elements of lists always count as existing; later steps refuse missing ones. */
function isThere(root: unknown, path: unknown): boolean {
  const { parent, key } = placeOf(root, path);
  return Array.isArray(parent) || Object.hasOwn(parent, key);
}

function read(root: unknown, path: unknown): unknown {
  const { parent, key } = placeOf(root, path);
  return memberOf(parent, key);
}

function take(root: unknown, path: unknown): unknown {
  const { parent, key } = placeOf(root, path);
  const found = memberOf(parent, key);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return found;
}

function insert(root: unknown, path: unknown, value: unknown): void {
  const { parent, key } = placeOf(root, path);
  if (!Array.isArray(parent)) parent[key] = value;
  else if (key === '-') parent.push(value);
  else if (/^\d+$/.test(key) && Number(key) <= parent.length) parent.splice(Number(key), 0, value);
  else unfit();
}
