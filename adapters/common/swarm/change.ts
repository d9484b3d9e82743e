import { isMap } from '../../../src/contract/shapes.ts';
/**
 * The difference between two versions of a Spec. lost: only members are missing, at these paths. An engine that does
 * not know a member drops it, but another client may have removed it too. other: another client wrote it, because no
 * engine adds members or changes values.
 */
export type Change = 'none' | 'other' | { readonly lost: readonly string[] };

/** Compares two texts of a Spec. */
export function changeOf(before: string, after: string): Change {
  if (before === after) return 'none';
  const lost = lostIn(JSON.parse(before), JSON.parse(after), []);
  return lost && lost.length > 0 ? { lost } : 'other';
}

/** Whether a Spec has members at all these paths. */
export function hasAll(text: string, paths: Iterable<string>): boolean {
  const members = new Set(pathsIn(JSON.parse(text), []));
  return [...paths].every(path => members.has(path));
}

type Path = readonly string[];
const pathOf = (path: Path): string => path.join('.');
const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

/** The lost paths; undefined if a value was added or changed. */
function lostIn(before: unknown, after: unknown, path: Path): readonly string[] | undefined {
  if (isEmpty(after)) return isEmpty(before) ? [] : [pathOf(path)];
  const all = (parts: readonly (readonly string[] | undefined)[]) =>
    parts.includes(undefined) ? undefined : parts.flatMap(part => part ?? []);
  if (isMap(before) && isMap(after)) {
    const isMore = Object.keys(after).some(key => !Object.hasOwn(before, key) && !isEmpty(after[key]));
    return isMore ? undefined : all(Object.entries(before).map(([key, value]) => lostIn(value, after[key], [...path, key])));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return all(before.map((value, at) => lostIn(value, after[at], path)));
  return Object.is(before, after) ? [] : undefined;
}

/** The paths of all members. Elements of a list have the path of the list. */
function pathsIn(value: unknown, path: Path): readonly string[] {
  if (isEmpty(value)) return [];
  const inside = Array.isArray(value)
    ? value.flatMap(one => pathsIn(one, path))
    : isMap(value)
      ? Object.entries(value).flatMap(([key, one]) => pathsIn(one, [...path, key]))
      : [];
  return [pathOf(path), ...inside];
}
