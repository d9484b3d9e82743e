/**
 * JSON as text, for files and maps that belong to somebody else: what is not ours stays as it is written. Members may
 * be there twice, and everybody reads those in another way; so a text is walked over instead of parsed. Brackets are
 * counted, so that no depth of nesting can exhaust the stack.
 */

/** at: where the key begins; start and end: of the value; map: where the map begins that it belongs to. */
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

/** As Go compares names: without regard to case, and `ſ` is an s. */
export const folded = (name: string): string => name.replaceAll('\u017f', 's').toLowerCase();

/** The members of every map at `path` (names in lower case) of a text that must be JSON. */
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

/** The value of a member of a text that must be JSON. */
export const valueOf = (text: string, { start, end }: Member): unknown => JSON.parse(text.slice(start, end)) as unknown;

/** Where a text ceases to be JSON; undefined when it is JSON. Both count from 1. */
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

/** The first JSON value of a text, which something else may follow; undefined when the text does not begin with one. */
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

/** The parser's own words say no place, or quote what stands around it, which may be a secret. */
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

/** A text, or a map of such. */
export type Json = string | { readonly [key: string]: Json };

/** What stands between a place and the last thing before it. */
const blanksBefore = (text: string, at: number): string => text.slice(text.slice(0, at).trimEnd().length, at);

/** How a text is written: what stands before a member, one step of indentation, what stands between key and value. */
interface Style {
  readonly before: string;
  readonly step: string;
  readonly colon: string;
}

/** The text with another member in the place of one; those around it stay where they are. */
export function replaceMember(text: string, member: Member, key: string, given: Json): string {
  const before = blanksBefore(text, member.at);
  return text.slice(0, member.at) + written(key, given, { ...styleOf(text), before }) + text.slice(member.end);
}

/** The text without one of these members, which are all of its map, in their order. */
export function removeMember(text: string, member: Member, members: readonly Member[]): string {
  const beside = members.filter(({ map }) => map === member.map);
  const at = beside.indexOf(member);
  const [former, next] = [beside[at - 1], beside[at + 1]];
  if (next) return text.slice(0, member.at) + text.slice(next.at);
  if (former) return text.slice(0, former.end) + text.slice(member.end);
  const rest = text.slice(member.end).trimStart();
  return text.slice(0, member.at).trimEnd() + rest;
}

/** The text with one more member at the end of the map at `path`, which is made where it is missing. */
export function addMember(text: string, path: readonly string[], key: string, given: Json): string {
  const root = text.trim() === '' ? '{}' : text;
  const found = lastMap(root, path);
  const [name, ...rest] = path.slice(found.depth);
  if (name !== undefined) {
    const value = rest.reduceRight<Json>((inner, one) => ({ [one]: inner }), { [key]: given });
    const empty = membersAt(
      root,
      path.slice(0, found.depth).map(one => one.toLowerCase()),
    ).findLast(member => member.key === name && member.map === found.start && valueOf(root, member) === null);
    return empty ? replaceMember(root, empty, name, value) : addMember(root, path.slice(0, found.depth), name, value);
  }
  const members = membersAt(root.slice(found.start, found.end), []);
  const last = members.at(-1);
  const style = styleOf(root);
  if (last) {
    const before = blanksBetween(root.slice(found.start, found.end), members);
    const end = found.start + last.end;
    return `${root.slice(0, end)},${before}${written(key, given, { ...style, before })}${root.slice(end)}`;
  }
  const outer = found.depth === 0 ? style.line : found.before;
  const before = outer === '' ? '' : outer + style.step;
  return `${root.slice(0, found.start)}{${before}${written(key, given, { ...style, before })}${outer}}${root.slice(found.end)}`;
}

/** What stands before a further member: as before its neighbours. On one line `": "` goes with `", "`. */
function blanksBetween(map: string, members: readonly Member[]): string {
  const [first, last] = [members[0], members.at(-1)];
  const before = last ? blanksBefore(map, last.at) : '';
  if (first !== last || before !== '') return before;
  return styleOf(map).colon.endsWith(' ') ? ' ' : '';
}

/** The last map of exactly these names, or the one around the first name that is missing. */
function lastMap(text: string, path: readonly string[]) {
  let found = { start: text.indexOf('{'), end: text.lastIndexOf('}') + 1, depth: 0, before: '' };
  for (const name of path) {
    const inner = text.slice(found.start, found.end);
    const member = membersAt(inner, []).findLast(({ key, start }) => key === name && inner[start] === '{');
    if (!member) break;
    const before = blanksBefore(inner, member.at);
    found = { start: found.start + member.start, end: found.start + member.end, depth: found.depth + 1, before };
  }
  return found;
}

/** By the first member of the text; a text without one is written as Docker writes its own. */
function styleOf(text: string): Omit<Style, 'before'> & { readonly line: string } {
  const line = text.includes('\r\n') ? '\r\n' : '\n';
  const [first] = membersAt(text, []);
  if (!first) return { line, step: '\t', colon: ': ' };
  const before = blanksBefore(text, first.at);
  const key = /^"[^"\\]*(?:\\.[^"\\]*)*"/s.exec(text.slice(first.at))?.[0] ?? '';
  const between = text.slice(first.at + key.length, first.start);
  // Where the first map begins on a line of its own, its members still have their values beside them.
  const colon = between.includes('\n') ? ': ' : between;
  return { line: before.includes('\n') ? line : '', step: before.includes('\n') ? before.slice(before.lastIndexOf('\n') + 1) : '', colon };
}

function written(key: string, given: Json, style: Style): string {
  return `${JSON.stringify(key)}${style.colon}${writtenValue(given, style)}`;
}

function writtenValue(given: Json, style: Style): string {
  if (typeof given === 'string') return JSON.stringify(given);
  const inner = style.before.includes('\n') ? style.before + style.step : '';
  const members = Object.entries(given).map(([key, one]) => `${inner}${written(key, one, { ...style, before: inner })}`);
  return members.length === 0 ? '{}' : `{${members.join(',')}${inner && style.before}}`;
}
