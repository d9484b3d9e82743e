import { fingerprintOf } from '../../src/contract/credential.ts';
import { type Member, membersAt, valueOf } from '../common/json-text.ts';
import { authOf, type Login, relationOf } from '../docker-config/entries.ts';
import { mapOf } from './objects.ts';

/**
 * What is known of the hosts in a Secret. replaced: hosts that get a new login. written: fingerprints of the passwords
 * that the courier has written, by host.
 */
interface Known {
  readonly replaced?: Pick<ReadonlySet<string>, 'has'>;
  readonly written?: ReadonlyMap<string, { readonly fingerprint: string }>;
}

/** The parsed text of a pull Secret. Keys are those of its `auths`. */
export interface Reading {
  /** Logins of the requested hosts, by host: that under the bare host, or else under another spelling of it. */
  readonly logins: ReadonlyMap<string, Login>;
  /** Keys that are other spellings of the requested hosts. */
  readonly spellings: readonly string[];
  /** Entries for hosts that are not requested, and entries that cannot be read. They stay as they are written. */
  readonly others: readonly string[];
  /** The keys of `others`. */
  readonly keys: readonly string[];
  /** Members of the top level other than `auths`, as they are written. */
  readonly beside: readonly string[];
  /** Keys of other writers that the kubelet fails to decode, with the reason. No pod with this Secret starts then. */
  readonly broken: readonly (readonly [key: string, why: string])[];
  /** Keys of other writers for a path below one of the hosts. The kubelet prefers them to the host itself. */
  readonly paths: readonly string[];
  /** Keys of other writers whose entry has an email, which counts as part of the credential. */
  readonly emails: readonly string[];
}

/**
 * Parses the text of a pull Secret. undefined: the text is not JSON with a map `auths`, so the kubelet finds nothing in
 * it. An unreadable entry of a requested host belongs to `others` unless the host gets a new login, as the courier must
 * not remove it. An entry that the courier wrote for a host that is no longer requested is dropped.
 */
export function readEntries(text: string, hosts: readonly string[], { replaced, written }: Known = {}): Reading | undefined {
  const top = topOf(text);
  if (!top) return undefined;
  const logins = new Map<string, Login>();
  const found = {
    spellings: [] as string[],
    others: [] as string[],
    keys: [] as string[],
    broken: [] as [string, string][],
    paths: [] as string[],
    emails: [] as string[],
  };
  const members = membersAt(text, ['auths']).map(member => {
    const { key } = member;
    return { member, key, host: hosts.find(one => isOf(key, one)), value: valueOf(text, member) };
  });
  for (const { key, host, value } of members) {
    const login = host === undefined ? undefined : loginIn(value);
    if (host !== undefined && login && (key === host || !logins.has(host))) logins.set(host, login);
  }
  for (const { member, key, host, value } of members) {
    if (host !== undefined && (logins.has(host) || replaced?.has(host))) {
      if (key !== host) found.spellings.push(key);
      continue;
    }
    if (host === undefined && isFormer(value, written?.get(key))) continue;
    found.others.push(text.slice(member.at, member.end));
    found.keys.push(key);
    const why = undecodable(value);
    if (why !== undefined) found.broken.push([key, why]);
    if (hosts.some(one => relationOf(key, one) === 'path')) found.paths.push(key);
    if (hasEmail(value)) found.emails.push(key);
  }
  const beside = top.filter(({ key }) => folded(key) !== 'auths');
  const unread = beside.filter(member => folded(member.key) === 'httpheaders' && !isMapOfTexts(valueOf(text, member)));
  for (const { key } of unread) found.broken.push([key, 'is not a map of texts']);
  return { logins, ...found, beside: beside.map(({ at, end }) => text.slice(at, end)) };
}

function isFormer(value: unknown, written: { readonly fingerprint: string } | undefined): boolean {
  const login = written && loginIn(value);
  return login !== undefined && fingerprintOf(login.password) === written?.fingerprint;
}

const isOf = (key: string, host: string): boolean => {
  const relation = relationOf(key, host);
  return relation === 'bare' || relation === 'spelling';
};

/** The members of the top level. undefined: `auths` is missing or not a map, or the text is not JSON. */
function topOf(text: string): readonly Member[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const members = membersAt(text, []);
  const auths = members.filter(({ key }) => folded(key) === 'auths');
  return auths.length > 0 && auths.every(({ start }) => text[start] === '{') ? members : undefined;
}

/** The text of a pull Secret: an entry under each bare host, and the parts of other writers as they are written. */
export function writeEntries(
  logins: ReadonlyMap<string, Login>,
  kept: Pick<Reading, 'others' | 'beside'> = { others: [], beside: [] },
): string {
  const ours = [...logins].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([host, login]) => `${JSON.stringify(host)}:${entryOf(login)}`);
  return `{${[...kept.beside, `"auths":{${[...ours, ...kept.others].join(',')}}`].join(',')}}`;
}

/**
 * An entry with exactly these three members. Any other member would count as part of the credential when the kubelet
 * compares two.
 */
const entryOf = (login: Login): string => JSON.stringify({ username: login.username, password: login.password, auth: authOf(login) });

/** Folds the case of a name as Go does when it matches members, which also takes the long s for an s. */
const folded = (name: string): string => name.toLowerCase().replaceAll('\u017f', 's');

/** Whether Go can decode the value as a map of strings. It accepts null for the map and for a string. */
const isMapOfTexts = (value: unknown): boolean =>
  value === null ||
  (typeof value === 'object' && !Array.isArray(value) && Object.values(value).every(one => one === null || typeof one === 'string'));

/** The member of that name, matched without regard to case, as Go does. */
const memberOf = (value: unknown, name: string): unknown => Object.entries(mapOf(value)).findLast(([key]) => folded(key) === name)?.[1];

function loginIn(value: unknown): Login | undefined {
  if (undecodable(value) !== undefined) return undefined;
  const auth = memberOf(value, 'auth');
  if (typeof auth === 'string' && auth !== '') {
    const login = decoded(auth);
    const colon = login.indexOf(':');
    return { username: login.slice(0, colon), password: login.slice(colon + 1) };
  }
  const [username, password] = [memberOf(value, 'username'), memberOf(value, 'password')];
  return typeof username === 'string' && typeof password === 'string' && password !== '' ? { username, password } : undefined;
}

const hasEmail = (value: unknown): boolean => {
  const email = memberOf(value, 'email');
  return typeof email === 'string' && email !== '';
};

/**
 * Why the kubelet cannot decode an entry, as the rest of a sentence (k8s.io/kubernetes 1.37.2, measured). undefined: it
 * can. The kubelet takes base64 with and without padding, and fails at everything else.
 */
export function undecodable(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return 'is not a map';
  for (const name of ['username', 'password', 'email', 'auth']) {
    const member = memberOf(value, name);
    if (member !== undefined && member !== null && typeof member !== 'string') return `has a member \`${name}\` that is not text`;
  }
  const auth = memberOf(value, 'auth');
  if (typeof auth !== 'string' || auth === '') return undefined;
  const bare = auth.replaceAll(/[\r\n]/g, '');
  const isPadded = bare.trimEnd().endsWith('=');
  const isSound = isPadded
    ? /^[A-Za-z0-9+/]+={1,2}$/.test(bare) && bare.length % 4 === 0
    : /^[A-Za-z0-9+/]*$/.test(bare) && bare.length % 4 !== 1;
  if (!isSound) return 'has an `auth` that is not base64';
  return decoded(auth).includes(':') ? undefined : 'has an `auth` without a colon between user name and password';
}

const decoded = (auth: string): string => Buffer.from(auth.replaceAll(/[\r\n]/g, ''), 'base64').toString();
