/**
 * JSON as text, for files and maps that belong to other programs: foreign content stays as it is written. Members may
 * occur twice, and each program reads repeated ones differently; so a text is scanned instead of parsed. Brackets are
 * counted, so that no depth of nesting can exhaust the stack.
 */

/**
 * A member of a map, by offsets: `at` is where the key begins, `start` and `end` delimit the value, and `map` is where
 * its map begins.
 */
export interface Member {
  readonly key: string;
  readonly map: number;
  readonly at: number;
  readonly start: number;
  readonly end: number;
}
interface Open {
  readonly isMap: boolean;
  readonly start: number;
  key: string | undefined;
  at: number;
}

/** The form in which Go compares names: ignoring case, and with `ſ` as an s. */
export const folded = (name: string): string => name.replaceAll('\u017f', 's').toLowerCase();

/** The members of every map at `path` (names in lower case). The text must be JSON. */
export function membersAt(text: string, path: readonly string[]): Member[] {
  const found: Member[] = [];
  const open: Open[] = [];
  const close = (start: number, end: number): void => {
    const around = open.at(-1);
    const isHere = open.length === path.length + 1 && path.every((name, depth) => folded(open[depth]?.key ?? '') === name);
    if (isHere && around?.isMap && around.key !== undefined) found.push({ key: around.key, map: around.start, at: around.at, start, end });
  };
  for (const { 0: token, index } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},]|[^\s[\]{},:"]+/gs)) {
    const around = open.at(-1);
    const end = index + token.length;
    if (token === '{' || token === '[') open.push({ isMap: token === '{', start: index, key: undefined, at: index });
    else if (token === '}' || token === ']') close(open.pop()?.start ?? index, end);
    else if (token === ',') {
      if (around) around.key = undefined;
    } else if (around?.isMap && around.key === undefined) Object.assign(around, { key: JSON.parse(token) as string, at: index });
    else close(index, end);
  }
  return found;
}

/** The deepest nesting of lists and maps. */
export function deepest(json: string): number {
  let [open, most] = [0, 0];
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/gs))
    if (token === '{' || token === '[') most = Math.max(most, ++open);
    else if (token === '}' || token === ']') open--;
  return most;
}

/** The value of a member. The text must be JSON. */
export const valueOf = (text: string, { start, end }: Member): unknown => JSON.parse(text.slice(start, end)) as unknown;

/** Where a text stops being JSON. undefined: it is JSON. Line and column count from 1. */
export function brokenAt(text: string): { readonly line: number; readonly column: number; readonly offset: number } | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const offset = firstFault(text);
    const before = text.slice(0, offset).split(/\r\n|\n/);
    return { line: before.length, column: (before.at(-1) ?? '').length + 1, offset };
  }
}

/**
 * The first JSON value of a text, which may be followed by something else. undefined: the text does not begin with one.
 */
export function firstValue(text: string): string | undefined {
  const broken = brokenAt(text);
  if (!broken) return text;
  const value = text.slice(0, broken.offset);
  return value.trim() !== '' && !brokenAt(value) ? value : undefined;
}

const blank = /[ \t\r\n]*/y;
const value =
  // oxlint-disable-next-line no-control-regex -- these may not stand in a text
  /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[[{]/y;

/**
 * The offset of the first fault. The parser's own message names no place, or quotes the text around it, which may be a
 * secret.
 */
function firstFault(text: string): number {
  const open: string[] = [];
  let at = 0;
  let wants: 'value' | 'value or end' | 'key' | 'key or end' | 'rest' = 'value';
  const token = (): string => {
    blank.lastIndex = at;
    at += blank.exec(text)?.[0].length ?? 0;
    value.lastIndex = at;
    return value.exec(text)?.[0] ?? text.slice(at, at + 1);
  };
  for (let found = token(); at < text.length; at += found.length, found = token()) {
    const ends = found === (open.at(-1) === '{' ? '}' : ']') && open.length > 0;
    if (ends && wants !== 'value' && wants !== 'key') {
      open.pop();
      wants = 'rest';
    } else if (wants === 'rest') {
      if (found !== ',' || open.length === 0) return at;
      wants = open.at(-1) === '{' ? 'key' : 'value';
    } else if (wants === 'key' || wants === 'key or end') {
      if (!found.startsWith('"') || found.length < 2) return at;
      at += found.length;
      if (token() !== ':') return at;
      found = ':';
      wants = 'value';
    } else {
      value.lastIndex = at;
      if (!value.test(text)) return at;
      const opens = found === '{' || found === '[';
      if (opens) open.push(found);
      wants = opens ? (found === '{' ? 'key or end' : 'value or end') : 'rest';
    }
  }
  return at;
}
