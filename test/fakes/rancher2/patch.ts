import { isDeepStrictEqual } from 'node:util';
import { refuse } from './refusal.ts';

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON merge patch (RFC 7386). For a Secret the strategic one comes to the same. */
export function merge(target: unknown, patch: unknown): unknown {
  if (!isTree(patch)) return patch;
  const merged: Tree = isTree(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

/** JSON patch (RFC 6902) as far as maps go: a Secret has no lists. Any operation that does not fit fails alike. */
export function patchJson(target: object, operations: unknown): unknown {
  const root = structuredClone(target) as Tree;
  for (const operation of Array.isArray(operations) ? (operations as Tree[]) : unfit()) apply(root, operation);
  return root;
}

function apply(root: Tree, { op, path, value }: Tree): void {
  const keys = String(path)
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop();
  let parent: unknown = root;
  for (const key of keys) parent = isTree(parent) ? parent[key] : undefined;
  if (last === undefined || !isTree(parent)) return unfit();
  const there = Object.hasOwn(parent, last);
  if (op === 'add' || (op === 'replace' && there)) parent[last] = value;
  else if (op === 'remove' && there) delete parent[last];
  else if (op !== 'test' || !isDeepStrictEqual(parent[last], value)) unfit();
}

const unfit = (): never => refuse(422, 'Invalid', 'the server rejected our request due to an error in our request');
