import { type Member, membersAt } from '../common/json-text.ts';

/** How Secrets hold logins of registries, by type: the key of the data, and the path of the entries in its JSON. */
export const forms: Readonly<Record<string, { readonly key: string; readonly path: readonly string[] }>> = {
  'kubernetes.io/dockerconfigjson': { key: '.dockerconfigjson', path: ['auths'] },
  'kubernetes.io/dockercfg': { key: '.dockercfg', path: [] },
};

/** One login: its address, the text of its value, and the position of that text. */
export interface Entry {
  readonly address: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The entries of a text; none where it is not JSON or holds no such map. The kubelet and Docker ignore the case of
 * member names, and join maps that occur twice. Other clients take the last map, or the one that is spelled exactly so.
 * So all of them count, and the same address may occur more than once.
 */
export function entriesOf(text: string, path: readonly string[]): Entry[] {
  try {
    JSON.parse(text);
  } catch {
    return [];
  }
  return membersAt(text, path).map(({ key, start, end }) => ({ address: key, text: text.slice(start, end), start, end }));
}

/**
 * The most entries for ECR that are kept fresh in one Secret. Kubernetes takes 1 MiB, in which tokens of ECR fill a few
 * hundred entries. More come only from somebody who wants the courier to run out of memory.
 */
export const mostLogins = 1_000;

const normans = new Set(['username', 'password', 'auth', 'email', 'description']);

/**
 * The only entry of a text, if Norman can replace it without loss: it writes `auths` alone, and of an entry the texts
 * that it knows.
 */
export function onlyLogin(text: string): Entry | undefined {
  const [only, ...others] = entriesOf(text, ['auths']);
  const [auths, ...beside] = only ? membersAt(text, []) : [];
  const isAlone = others.length === 0 && beside.length === 0 && auths?.key === 'auths';
  const isKnown = ({ key, start }: Member): boolean => normans.has(key) && only?.text[start] === '"';
  return only && isAlone && membersAt(only.text, []).every(isKnown) ? only : undefined;
}

/**
 * Whether every client that reads the entry logs in as ECR requires. The kubelet and Docker prefer `auth`; others do
 * not know it.
 */
export function isWhole({ text }: Entry): boolean {
  const values = new Map(
    membersAt(text, []).map(({ key, start, end }) => [key.toLowerCase(), JSON.parse(text.slice(start, end)) as unknown]),
  );
  const [username, password, auth] = ['username', 'password', 'auth'].map(name => values.get(name));
  const readings = [
    ...(typeof auth === 'string' && auth ? [Buffer.from(auth, 'base64').toString()] : []),
    ...(typeof username === 'string' && typeof password === 'string' ? [`${username}:${password}`] : []),
  ];
  return readings.length > 0 && readings.every(isOfEcr);
}

/** Whether USER:PASSWORD is a login as ECR requires it. */
export const isOfEcr = (login: string): boolean => /^AWS:./s.test(login);

/**
 * The members that are removed from an entry, in any spelling: the old login, and tokens that clients would prefer to
 * the password.
 */
const replaced = new Set(['username', 'password', 'auth', 'identitytoken', 'registrytoken']);

/**
 * The text of the entry with a new login; everything else in it stays as it is written. undefined: it holds that login
 * already.
 */
export function renewed({ text }: Entry, username: string, password: string): string | undefined {
  const login = { username, password, auth: Buffer.from(`${username}:${password}`).toString('base64') };
  const members = membersAt(text, []);
  const old = members.filter(({ key }) => replaced.has(key.toLowerCase()));
  const held = new Map(old.map(({ key, start, end }) => [key, JSON.parse(text.slice(start, end)) as unknown]));
  if (old.length === 3 && Object.entries(login).every(([key, value]) => held.get(key) === value)) return undefined;
  const kept = members.filter(member => !old.includes(member)).map(({ at, end }) => text.slice(at, end));
  return `{${[...kept, JSON.stringify(login).slice(1, -1)].join(',')}}`;
}

/** The text with new values for some of its entries, given in their order; every other byte stays. */
export function replaceEntries(text: string, values: readonly { readonly entry: Entry; readonly value: string }[]): string {
  let result = '';
  let copied = 0;
  for (const { entry, value } of values) {
    result += text.slice(copied, entry.start) + value;
    copied = entry.end;
  }
  return result + text.slice(copied);
}
