import type { Json } from './format.d.ts';

/** The values of a scenario's names. */
export type Values = Map<string, Json>;

/** A part of a text: a literal, a name, or a function of a text that may contain names itself. */
export type Part = string | { readonly name: string } | { readonly make: (text: string) => string; readonly of: readonly Part[] };

const makers: ReadonlyMap<string, (text: string) => string> = new Map([
  ['long', long],
  ['b64', (text: string) => Buffer.from(text).toString('base64')],
  ['b64raw', (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '')],
  ['enc', encodeURIComponent],
  ['cut', (text: string) => text.slice(0, -1)],
]);

/** Expands `N` or `N:seed` to exactly N characters that reveal a missing end. */
function long(spec: string): string {
  const [length, seed = 'token'] = spec.split(/:(.*)/s);
  const end = '-end';
  return `${`${seed}-`.padEnd(Number(length) - end.length, 'x')}${end}`;
}

/** Splits a text at its `${...}`. An unclosed one is literal. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let literal = 0;
  for (let at = text.indexOf('${'); at >= 0; at = text.indexOf('${', literal)) {
    const end = closingBrace(text, at + 1);
    if (end < 0) break;
    if (at > literal) parts.push(text.slice(literal, at));
    parts.push(partOf(text.slice(at + 2, end)));
    literal = end + 1;
  }
  if (literal < text.length) parts.push(text.slice(literal));
  return parts;
}

/** Returns the end of a placeholder, in which braces balance, as in `${b64:{"registryId":${id}}}`. */
function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

function partOf(inner: string): Part {
  const repeated = /^(.)\*(\d+)$/s.exec(inner);
  if (repeated) return (repeated[1] ?? '').repeat(Number(repeated[2]));
  const colon = inner.indexOf(':');
  const make = makers.get(inner.slice(0, Math.max(colon, 0)));
  return make ? { make, of: partsOf(inner.slice(colon + 1)) } : { name: inner };
}

/** Returns the name of a text that is a single `${name}`, which stands for a value with its JSON type. */
export function nameAlone(parts: readonly Part[]): string | undefined {
  const [only, more] = parts;
  return only !== undefined && more === undefined && typeof only === 'object' && 'name' in only ? only.name : undefined;
}

/** Returns the text of a part, or undefined if a name has no value. */
export function partText(part: Part, values: Values): string | undefined {
  if (typeof part === 'string') return part;
  if ('make' in part) {
    const inner = part.of.map(piece => partText(piece, values));
    return inner.includes(undefined) ? undefined : part.make(inner.join(''));
  }
  const value = values.get(part.name);
  return value === undefined ? undefined : textOf(value);
}

export const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/**
 * Fills all names in the texts and keys of a value. `missing` is called once for each name without a value, and returns
 * its value.
 */
export function fill<T extends Json>(value: T, values: Values, missing: (name: string) => Json): T {
  const give = (parts: readonly Part[]): void => {
    for (const part of parts) {
      if (typeof part !== 'object') continue;
      if ('make' in part) give(part.of);
      else if (!values.has(part.name)) values.set(part.name, missing(part.name));
    }
  };
  const text = (template: string): Json => {
    const parts = partsOf(template);
    give(parts);
    const alone = nameAlone(parts);
    return alone === undefined ? parts.map(part => partText(part, values)).join('') : (values.get(alone) ?? null);
  };
  const walk = (node: Json): Json => {
    if (typeof node === 'string') return text(node);
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [textOf(text(key)), walk(member)]));
  };
  return walk(value) as T;
}
