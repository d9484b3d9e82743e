import { isMap } from '../../src/contract/shapes.ts';
import { label } from '../../src/contract/text.ts';
import { addMember, type Json, removeMember, replaceMember } from '../common/json-edit.ts';
import { brokenAt, firstValue, folded, type Member, membersAt, valueOf } from '../common/json-text.ts';
import { authOf, entriesIn, isBest, type Login, readAuth, relationOf } from './entries.ts';

/** Why a text is not JSON map with maps of entries: the end of a sentence that starts with the file. */
interface Unreadable {
  readonly why: string;
  readonly remedy: string;
}

const mark = '\uFEFF';
/** The text without a byte order mark, at which nine of fifteen clients fail. */
export const withoutMark = (text: string): string => (text.startsWith(mark) ? text.slice(1) : text);
/**
 * The text of a UTF-16 file, as PowerShell writes it, that was read as UTF-8; undefined if it is none. Only ASCII
 * characters survive.
 */
export const narrowed = (text: string): string | undefined =>
  /^(?:\ufffd{2})?(?:\0[^\0]|[^\0]\0)/.test(text) ? text.replaceAll('\0', '').replace(/^\ufffd+/, '') : undefined;
export const isEmpty = (text: string): boolean => text.trim() === '';

const comment = 'JSON has no comments: remove them.';
const wrong = 'Correct it there; Docker and the others cannot read it either.';
const behind = 'Remove what stands there, behind the JSON: some clients read what is before it, others nothing at all.';

export function unreadable(whole: string, path: readonly string[]): Unreadable | undefined {
  const text = withoutMark(whole);
  if (isEmpty(text)) return undefined;
  if (narrowed(text) !== undefined)
    return { why: 'is in UTF-16', remedy: 'Save it in UTF-8 without a byte order mark: Docker and most others cannot read it.' };
  const broken = brokenAt(text);
  if (broken) {
    const { line, column, offset } = broken;
    const isComment = /^(\/[/*]|#)/.test(text.slice(offset, offset + 2));
    return {
      why: `is not JSON from line ${line}, column ${column} on`,
      remedy: isComment ? comment : firstValue(text) === undefined ? wrong : behind,
    };
  }
  if (!text.trimStart().startsWith('{')) {
    const none = 'Write `{}` into it: that means the same to Docker, and others read it as well.';
    return {
      why: 'holds JSON that is not a map',
      remedy: text.trim() === 'null' ? none : 'Name a config.json, an auth.json or a pull secret.',
    };
  }
  const [name] = path;
  // Go reads null as an empty map.
  const isWrong = (value: unknown): boolean => value !== null && !isMap(value);
  const misfit = membersAt(text, []).find(member => member.key.toLowerCase() === name?.toLowerCase() && isWrong(valueOf(text, member)));
  if (misfit) return { why: `has a member \`${label(misfit.key)}\` that is not a map`, remedy: `Make it a map: \`"${name}": {}\`.` };
  return undefined;
}

/**
 * The text with this login for the host: a single entry under the bare host, with only `auth`, in place of all other
 * spellings. Entries for paths of the host stay. undefined if the text has it already.
 */
export function withLogin(whole: string, path: readonly string[], host: string, login: Login): string | undefined {
  const entry = { auth: authOf(login) };
  const [map] = path;
  let text = map === undefined ? withoutMark(whole) : withoutNulls(withoutMark(whole), map);
  const present = entriesIn(text, path).filter(isOf(host));
  const [only, ...others] = present;
  const isThere = only?.key === host && others.length === 0 && isBest(only.value) && isSame(only.value, login);
  if (isThere && text === whole && only.map === homeOf(text, path)) return undefined;
  for (;;) {
    const members = entriesIn(text, path);
    const found = members.filter(isOf(host));
    const at = homeOf(text, path);
    const home = found.find(({ map }) => map === at);
    const other = found.find(member => member !== home);
    if (!other) return home ? replaceMember(text, home, host, entry) : addMember(text, path, host, entry);
    text = removeMember(text, other, members);
  }
}

const isOf =
  (host: string) =>
  ({ key }: Pick<Member, 'key'>): boolean =>
    ['bare', 'spelling'].includes(relationOf(key, host) ?? '');

const isSame = (value: unknown, { username, password }: Login): boolean => {
  const held = readAuth((value as { auth: string }).auth).login;
  return held?.username === username && held.password === password;
};

/** The offset of the map of entries that every client reads: the last one with exactly this name; undefined if none. */
export function homeOf(text: string, [name]: readonly string[]): number | undefined {
  return name === undefined ? text.indexOf('{') : membersAt(text, []).findLast(({ key }) => key === name)?.start;
}

/**
 * The text without members of this name that are null, if there is a map as well. To Go such a member empties the map
 * before it, and other clients read the last member.
 */
export function withoutNulls(whole: string, map: string): string {
  let text = whole;
  for (;;) {
    const members = membersAt(text, []);
    const named = members.filter(({ key }) => folded(key) === folded(map));
    const now = text;
    const empty = named.find(member => valueOf(now, member) === null);
    if (!empty || named.length < 2) return text;
    text = removeMember(text, empty, members);
  }
}

/** The text with a member of a top-level map set, in place or at the end of that map. */
export function withMember(whole: string, map: string, key: string, value: Json): string {
  const text = withoutNulls(withoutMark(whole), map);
  const home = homeOf(text, [map]);
  const there = membersAt(text, [map.toLowerCase()]).findLast(member => member.key === key && member.map === home);
  if (!there) return addMember(text, [map], key, value);
  return valueOf(text, there) === value ? text : replaceMember(text, there, key, value);
}
