import { isMap, misfit, saidOf } from '../../adapters/docker-config/types.ts';
import { shownAddress } from '../contract/text.ts';
import type { Client } from './client.ts';

/** What a client sends, or does instead. */
export type Sent =
  | {
      readonly kind: 'login';
      readonly password: string;
      readonly key: string;
      readonly token?: 'identity token';
      readonly plainHttp?: true;
    }
  | { readonly kind: 'token'; readonly token: 'identity token' | 'registry token'; readonly key: string }
  | { readonly kind: 'helper'; readonly program: string; readonly role: 'helper' | 'store' }
  /** Nobody is logged in; `empty login` is a colon without a name and password. */
  | { readonly kind: 'nothing' | 'empty login'; readonly why: string }
  | { readonly kind: 'undecoded'; readonly why: string }
  | { readonly kind: 'fails'; readonly why: string };

type Members = Readonly<Record<string, unknown>>;
const textIn = (members: Members, name: string): string | undefined => {
  const value = members[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** What a client makes of one entry; undefined for an entry that it passes over. */
export function sentOf(value: unknown, key: string, client: Client): Sent | undefined {
  const wrong = client.types.entries === 'what it was asked for' ? ofWrongType(value, key, client) : undefined;
  if (wrong) return wrong;
  const members: Members = typeof value === 'object' && value !== null ? (value as Members) : {};
  const [auth, username, password] = ['auth', 'username', 'password'].map(name => textIn(members, name));
  const [identity, registry] = [textIn(members, 'identitytoken'), textIn(members, 'registrytoken')];
  const plain = username !== undefined && password !== undefined && client.plain !== 'ignored' ? password : undefined;
  if (auth !== undefined && plain !== undefined && client.plain === 'fails beside auth')
    return fails(key, 'has both `auth` and `username`');
  const decoded = auth === undefined ? undefined : decode(auth, client);
  if (decoded && 'trouble' in decoded) return inTrouble(decoded.trouble, key, client);
  if (identity && client.identityToken === 'instead') return { kind: 'token', token: 'identity token', key };
  const chosen = client.plain === 'preferred' ? (plain ?? decoded?.password) : (decoded?.password ?? plain);
  if (chosen !== undefined)
    return {
      kind: 'login',
      password: chosen,
      key,
      ...(identity && client.identityToken === 'beside the login' && { token: 'identity token' }),
    };
  if (identity && client.identityToken === 'beside the login') return { kind: 'token', token: 'identity token', key };
  if (registry && client.registryToken === 'read') return { kind: 'token', token: 'registry token', key };
  if (client.emptyEntry === 'is passed over') return undefined;
  const why = `the entry ${shownAddress(key)} has no login that it reads`;
  return { kind: client.emptyEntry === 'empty login' ? 'empty login' : client.nothing, why };
}

type Trouble = 'undecodable' | 'withoutColon';

/** Whether an entry of any host stops this client when it loads the file. */
export function stopsAll(value: unknown, key: string, client: Client): Sent | undefined {
  const wrong = client.types.entries === 'all' ? ofWrongType(value, key, client) : undefined;
  if (wrong) return wrong;
  if (client.decodes !== 'all when it loads') return undefined;
  const auth = textIn(typeof value === 'object' && value !== null ? (value as Members) : {}, 'auth');
  const decoded = auth === undefined ? undefined : decode(auth, client);
  return decoded && 'trouble' in decoded ? inTrouble(decoded.trouble, key, client) : undefined;
}

function ofWrongType(value: unknown, key: string, { types, nothing }: Client): Sent | undefined {
  if (value === null && types.nullEntry === 'is empty') return undefined;
  const wrong = isMap(value) ? misfit(Object.entries(value), types.entry) : undefined;
  if (isMap(value) && !wrong) return undefined;
  return {
    kind: types.wrong === 'fails' ? 'fails' : nothing,
    why: `the entry ${shownAddress(key)} ${wrong ? saidOf(wrong) : 'is no map'}`,
  };
}

function decode(auth: string, { base64, nul }: Client): { readonly password: string } | { readonly trouble: Trouble } {
  const isStandard = /^[A-Za-z0-9+/]*={0,2}$/;
  const text = base64 === 'of one line, padded or not' ? auth : auth.replaceAll(/[\r\n]/g, '');
  if (base64 !== 'anything' && (!isStandard.test(text) || (base64 === 'padded' && text.length % 4 !== 0)))
    return { trouble: 'undecodable' };
  const login = Buffer.from(text, 'base64').toString('utf8');
  const colon = login.indexOf(':');
  if (colon < 0) return { trouble: 'withoutColon' };
  const password = login.slice(colon + 1);
  return { password: nul === 'cut off' ? trimNul(password) : password };
}

const trimNul = (text: string): string => {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
};

const words: Readonly<Record<Trouble, string>> = {
  undecodable: 'has an `auth` that it cannot decode',
  withoutColon: 'has an `auth` without a colon',
};

function inTrouble(trouble: Trouble, key: string, client: Client): Sent {
  const comes = client[trouble];
  if (comes === 'empty password') return { kind: 'login', password: '', key };
  if (comes === 'undecoded')
    return {
      kind: 'undecoded',
      why: `the entry ${shownAddress(key)} ${words[trouble]}: of the whole file it takes some entries and not others, at random`,
    };
  if (comes === 'fails') return fails(key, words[trouble]);
  return { kind: client.nothing, why: `the entry ${shownAddress(key)} ${words[trouble]}` };
}

const fails = (key: string, why: string): Sent => ({ kind: 'fails', why: `the entry ${shownAddress(key)} ${why}` });
