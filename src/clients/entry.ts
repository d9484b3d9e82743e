import { shownAddress } from '../contract/text.ts';
import { decode, type Login, type Trouble } from './auth.ts';
import type { Client } from './client.ts';
import { named, type Pair, pairsIn, valueIn } from './reading.ts';
import { ofWrongType } from './wrong-type.ts';

/** What a client sends, or does instead. */
export type Sent =
  | {
      readonly kind: 'login';
      readonly username: string;
      readonly password: string;
      readonly key: string;
      /** The file or variable that has the entry, unless it is the file of Docker. */
      readonly of?: string;
      readonly token?: 'identity token';
      readonly plainHttp?: true;
    }
  | { readonly kind: 'token'; readonly token: 'identity token' | 'registry token'; readonly key: string; readonly of?: string }
  | { readonly kind: 'helper'; readonly program: string; readonly role: 'helper' | 'store'; readonly plainHttp?: true }
  /**
   * No login is sent; `empty login` is a colon without name and password. final: an entry was found, so nothing else is
   * looked up.
   */
  | { readonly kind: 'nothing' | 'empty login'; readonly why: string; readonly final?: true }
  | { readonly kind: 'undecoded'; readonly why: string }
  | { readonly kind: 'fails'; readonly why: string }
  /** The result depends on something that the file does not show, such as the version of the language. */
  | { readonly kind: 'not predicted'; readonly why: string };

/** One entry as a client reads it. A missing member is undefined. */
interface Read {
  readonly auth: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly identity: string | undefined;
  readonly registry: string | undefined;
  /** Whether there is such a member, whatever it holds. */
  readonly hasIdentity: boolean;
}

function read({ json }: Pair, { json: { entry: names }, types, emptyAuth }: Client): Read {
  const pairs = pairsIn(json);
  const of = (name: string): string | undefined => {
    const values = named(pairs, name, names).map(valueIn);
    // Go ignores a null or a wrong type, and keeps the value that was there before.
    const value = names === 'folded' ? values.findLast(one => typeof one === 'string') : values.at(-1);
    if (typeof value === 'string') return value;
    return types.scalars === 'are texts' && (typeof value === 'number' || typeof value === 'boolean') ? String(value) : undefined;
  };
  const auth = of('auth');
  return {
    auth: auth === '' && emptyAuth === 'none' ? undefined : auth,
    username: of('username'),
    password: of('password'),
    identity: of('identitytoken'),
    registry: of('registrytoken'),
    hasIdentity: named(pairs, 'identitytoken', names).length > 0,
  };
}

/**
 * What a client sends for one entry. undefined: it passes the entry over. `undecoded` is the reason why it decodes no
 * `auth` of the file.
 */
export function sentOf(entry: Pair, client: Client, undecoded?: string): Sent | undefined {
  const { name: key } = entry;
  const wrong = client.types.entries === 'what it was asked for' ? ofWrongType(entry, client) : undefined;
  if (wrong) return wrong;
  const { auth, identity, registry, hasIdentity, ...plain } = read(entry, client);
  const isTaken = client.identityToken === 'instead' ? identity : client.identityToken === 'instead, if it is there' && hasIdentity;
  if (isTaken) return identity ? { kind: 'token', token: 'identity token', key } : withoutLogin(key, client);
  if (auth !== undefined && plain.username !== undefined && client.plain === 'fails beside auth')
    return fails(key, 'has both `auth` and `username`');
  if (auth !== undefined && undecoded !== undefined) return { kind: 'undecoded', why: undecoded };
  if (registry && client.registryToken === 'preferred') return { kind: 'token', token: 'registry token', key };
  const decoded = auth === undefined ? undefined : decode(auth, client);
  if (decoded && 'trouble' in decoded) return inTrouble(decoded, key, client);
  const beside = identity && client.identityToken === 'beside the login' ? ({ token: 'identity token' } as const) : undefined;
  const login = chosen(plain, decoded, client);
  if (login) return ofLogin(login, key, client, beside);
  if (beside) return { kind: 'token', ...beside, key };
  if (registry && client.registryToken === 'read') return { kind: 'token', token: 'registry token', key };
  return client.emptyEntry === 'is passed over' ? undefined : withoutLogin(key, client);
}

/** What is sent for a login whose user name or password may be empty. */
function ofLogin(login: Login, key: string, { incomplete }: Client, beside?: { readonly token: 'identity token' }): Sent | undefined {
  const isWhole = login.username !== '' && login.password !== '';
  if (!isWhole && incomplete === 'is passed over') return undefined;
  if (!isWhole && incomplete === 'nothing') return { kind: 'nothing', why: `the entry ${shownAddress(key)} has half a login`, final: true };
  return login.username || login.password ? { kind: 'login', ...login, key, ...beside } : emptyLogin(key);
}

/** The login that counts: the plain one or the decoded one. */
function chosen(
  { username, password }: Pick<Read, 'username' | 'password'>,
  decoded: Login | undefined,
  client: Client,
): Login | undefined {
  const pair = { username: username ?? '', password: password ?? '' };
  const isThere = { ignored: false, read: Boolean(username || password), preferred: username !== undefined || password !== undefined };
  const both = username !== undefined && password !== undefined;
  const plain = (Object.hasOwn(isThere, client.plain) ? isThere[client.plain as keyof typeof isThere] : both) ? pair : undefined;
  return client.plain === 'preferred' ? (plain ?? decoded) : (decoded ?? plain);
}

const emptyLogin = (key: string): Sent => ({
  kind: 'empty login',
  why: `the entry ${shownAddress(key)} has an empty user name and password`,
});

const withoutLogin = (key: string, { emptyEntry, nothing }: Client): Sent => ({
  kind: emptyEntry === 'empty login' ? 'empty login' : nothing,
  why: `the entry ${shownAddress(key)} has no login that it reads`,
});

/**
 * What this client does if an entry, of any host, stops it when it loads the file. undefined: the entry does not stop
 * it.
 */
export function stopsAll(entry: Pair, client: Client): Sent | undefined {
  if (client.decodes === 'what it was asked for') return undefined;
  const { auth, hasIdentity } = read(entry, client);
  if (auth === undefined || (client.identityToken === 'instead, if it is there' && hasIdentity)) return undefined;
  const decoded = decode(auth, client);
  return 'trouble' in decoded ? inTrouble(decoded, entry.name, client) : undefined;
}

export const hasAuth = (entry: Pair, client: Client): boolean => read(entry, client).auth !== undefined;

/** Whether the `auth` of an entry cannot be decoded. */
export function isBroken(entry: Pair, client: Client): boolean {
  const { auth } = read(entry, client);
  return auth !== undefined && 'trouble' in decode(auth, client);
}

const words: Readonly<Record<Trouble, string>> = {
  undecodable: 'has an `auth` that it cannot decode',
  withoutColon: 'has an `auth` without a colon',
  emptyUser: 'has an `auth` without a user name',
};

function inTrouble({ trouble, text }: { readonly trouble: Trouble; readonly text: string }, key: string, client: Client): Sent {
  const comes = trouble === 'undecodable' ? client.undecodable : client.withoutColon;
  if (comes === 'empty password') return text === '' ? emptyLogin(key) : { kind: 'login', username: text, password: '', key };
  if (comes === 'undecoded')
    return {
      kind: 'undecoded',
      why: `the entry ${shownAddress(key)} ${words[trouble]}: of the whole file it takes some entries and not others, at random`,
    };
  if (comes === 'fails') return fails(key, words[trouble]);
  return { kind: client.nothing, why: `the entry ${shownAddress(key)} ${words[trouble]}` };
}

const fails = (key: string, why: string): Sent => ({ kind: 'fails', why: `the entry ${shownAddress(key)} ${why}` });
