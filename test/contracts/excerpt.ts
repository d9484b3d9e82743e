import type { Json } from './format.d.ts';

/** Parses JSON. Returns undefined for any other text. */
export function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Reduces a body to the members that the recording kept. */
export function excerptOf(json: Json, paths: readonly (readonly string[])[]): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  const inner = (name: string): string[][] => paths.filter(([head]) => head === name).map(path => path.slice(1));
  const kept = Object.entries(json).filter(([name]) => inner(name).length > 0);
  return Object.fromEntries(
    kept.map(([name, value]) => [name, inner(name).some(path => path.length === 0) ? value : excerptOf(value, inner(name))]),
  );
}

/** Parses the lines of a stream. A line that is not JSON stays a text. */
export const linesOf = (text: string): Json[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => parse(line) ?? line);

/** Whether a line is compared. Bookmarks are not, because servers send them at any time. */
export function isEvent(line: Json): boolean {
  return typeof line !== 'object' || line === null || Array.isArray(line) || line['type'] !== 'BOOKMARK';
}
