import { isMap } from '../../src/contract/shapes.ts';
import { type Member, membersAt, valueOf } from '../common/json-text.ts';
import { entryShapes, misfit, type Shapes, saidOf, text } from './types.ts';

/** The parts of a key of `auths`. */
interface Key {
  readonly scheme: string;
  /** The host as it is written, without user name and password. */
  readonly host: string;
  readonly port: string;
  /** The path without slashes around it, and without a query. */
  readonly path: string;
}

export function readKey(key: string): Key {
  const {
    scheme = '',
    host = '',
    port = '',
    path = '',
  } = /^(?:(?:(?<scheme>[^/?#]*):)?\/\/)*(?:[^/?#]*@)?(?<host>[^/:?#]*)(?::(?<port>\d*))?(?<path>\/[^?#]*)?(?:[?#].*)?$/is.exec(key.trim())
    ?.groups ?? {};
  return { scheme: scheme.toLowerCase(), host, port, path: path.replaceAll(/^\/+|\/+$/g, '') };
}

/**
 * How a key relates to a host. spelling: clients that find it take it for the host (scheme, slash, port 443, upper
 * case, a user name, the API versions that Docker once appended). path: it is for repositories below that path.
 */
type Relation = 'bare' | 'spelling' | 'path';

export function relationOf(key: string, host: string): Relation | undefined {
  if (key === host) return 'bare';
  const { host: named, port, path } = readKey(key);
  if (named.toLowerCase().replace(/\.$/, '') !== host || !['', '443', '80'].includes(port.replace(/^0+/, ''))) return undefined;
  return /^(v[12])?$/.test(path) ? 'spelling' : 'path';
}

/**
 * Whether a host matches a pattern by the kubelet's rules: label by label, with `*` for any characters of one label.
 */
export function isMatch(pattern: string, host: string): boolean {
  const [labels, parts] = [pattern.split('.'), host.split('.')];
  const fits = (label: string, part: string | undefined): boolean =>
    part !== undefined && new RegExp(`^${label.replaceAll(/[^a-z0-9*-]/gi, '').replaceAll('*', '[^.]*')}$`).test(part);
  return labels.length === parts.length && labels.every((label, at) => fits(label, parts[at]));
}

/** One entry of `auths` with its position. */
export interface Entry extends Member {
  readonly value: unknown;
}

/**
 * The path of the entries: `auths`, or the top level of an old `.dockercfg`. The file name decides, as for the kubelet.
 */
export const pathOfEntries = (file: string): readonly string[] => (/(^|[/\\])\.dockercfg$/.test(file) ? [] : ['auths']);

export const entriesIn = (text: string, path: readonly string[]): Entry[] =>
  membersAt(text, path).map(member => ({ ...member, value: valueOf(text, member) }));

/** The helpers that a file names, by host and for all hosts. Member names are case-insensitive, as in Go. */
export function helpersIn(text: string): { readonly byHost: ReadonlyMap<string, string>; readonly store: string | undefined } {
  const isText = (value: unknown): value is string => typeof value === 'string';
  const byHost = membersAt(text, ['credhelpers']).map(member => [member.key, valueOf(text, member)] as const);
  const stores = membersAt(text, []).filter(({ key }) => key.toLowerCase() === 'credsstore');
  const store = stores.map(member => valueOf(text, member)).findLast(isText);
  return {
    byHost: new Map(byHost.filter((pair): pair is readonly [string, string] => isText(pair[1]))),
    store: store === '' ? undefined : store,
  };
}

export interface Login {
  readonly username: string;
  readonly password: string;
}
/** The meaning of an entry's `auth`: a login, nothing, or the reason why Go's strict reader rejects the whole file. */
type Reading = { readonly login?: Login; readonly broken?: string };

/**
 * Reads an entry as docker, crane and nerdctl do: padded standard base64 of USER:PASSWORD, without regard to line
 * breaks. Measured on docker 28.2.2, docker/cli 29.9.3 and go-containerregistry 0.22.1.
 */
export function readEntry(value: unknown): Reading {
  if (value === null) return {};
  if (!isMap(value)) return { broken: 'is not a map' };
  const wrong = misfit(Object.entries(value), typed);
  if (wrong) return { broken: saidOf(wrong) };
  const auth = Object.entries(value).findLast(([name]) => name.toLowerCase() === 'auth')?.[1];
  return typeof auth === 'string' && auth !== '' ? readAuth(auth) : {};
}

/** Shapes by the kubelet's reader, which also checks `email`. */
const typed: Shapes = { ...entryShapes, email: text };

export function readAuth(auth: string): Reading {
  const encoded = auth.replaceAll(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==|[A-Za-z0-9+/]=))?$/.test(encoded))
    return { broken: 'has an `auth` that is not base64 with padding' };
  const login = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = login.indexOf(':');
  if (colon < 0) return { broken: 'has an `auth` without a colon between user name and password' };
  if (colon === 0) return { broken: 'has an `auth` without a user name' };
  return { login: { username: login.slice(0, colon), password: login.slice(colon + 1) } };
}

/** Whether an entry contains a password or a token. */
export const holdsSecret = (value: unknown): boolean =>
  isMap(value) &&
  ['auth', 'password', 'identitytoken', 'registrytoken'].some(name =>
    Object.entries(value).some(([key, held]) => key.toLowerCase() === name && held !== '' && held !== null),
  );

/** The value of `auth`. An entry with only this member is the one form that every measured client reads. */
export const authOf = ({ username, password }: Login): string => Buffer.from(`${username}:${password}`).toString('base64');

/** Whether the entry has the form that every measured client reads. */
export function isBest(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const [[name, auth] = [], ...more] = Object.entries(value as Readonly<Record<string, unknown>>);
  const login = name === 'auth' && more.length === 0 && typeof auth === 'string' ? readAuth(auth).login : undefined;
  return login !== undefined && authOf(login) === auth;
}
