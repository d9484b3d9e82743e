import { type Member, membersAt, valueOf } from './json-text.ts';

/** A value to write into JSON text without changing the rest: a text, or a map of such values. */
export type Json = string | { readonly [key: string]: Json };

/** The white space between a position and the last thing before it. */
const blanksBefore = (text: string, at: number): string => text.slice(text.slice(0, at).trimEnd().length, at);

/**
 * How a text is written: the white space before a member, one step of indentation, and what stands between key and
 * value.
 */
interface Style {
  readonly before: string;
  readonly step: string;
  readonly colon: string;
}

/** The text with one member replaced; those around it stay where they are. */
export function replaceMember(text: string, member: Member, key: string, given: Json): string {
  const before = blanksBefore(text, member.at);
  return text.slice(0, member.at) + written(key, given, { ...styleOf(text), before }) + text.slice(member.end);
}

/** The text without one of its members. `members` are all of its map, in their order. */
export function removeMember(text: string, member: Member, members: readonly Member[]): string {
  const beside = members.filter(({ map }) => map === member.map);
  const at = beside.indexOf(member);
  const [former, next] = [beside[at - 1], beside[at + 1]];
  if (next) return text.slice(0, member.at) + text.slice(next.at);
  if (former) return text.slice(0, former.end) + text.slice(member.end);
  const rest = text.slice(member.end).trimStart();
  return text.slice(0, member.at).trimEnd() + rest;
}

/** The text with one more member at the end of the map at `path`. Creates the map if it is missing. */
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

/** The white space before a further member: the same as before its neighbours. On one line `": "` goes with `", "`. */
function blanksBetween(map: string, members: readonly Member[]): string {
  const [first, last] = [members[0], members.at(-1)];
  const before = last ? blanksBefore(map, last.at) : '';
  if (first !== last || before !== '') return before;
  return styleOf(map).colon.endsWith(' ') ? ' ' : '';
}

/** The last map at exactly these names, or the innermost one before the first name that is missing. */
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

/** The style of a text, taken from its first member. A text without members is written as Docker writes its own. */
function styleOf(text: string): Omit<Style, 'before'> & { readonly line: string } {
  const line = text.includes('\r\n') ? '\r\n' : '\n';
  const [first] = membersAt(text, []);
  if (!first) return { line, step: '\t', colon: ': ' };
  const before = blanksBefore(text, first.at);
  const key = /^"[^"\\]*(?:\\.[^"\\]*)*"/s.exec(text.slice(first.at))?.[0] ?? '';
  const between = text.slice(first.at + key.length, first.start);
  // If the first map begins on a line of its own, its members still have their values beside them.
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
