import { fromBase64 } from '../../../contract/expiry.ts';
import { parseAddress } from '../../../contract/registry.ts';
import { isMap } from '../../../contract/shapes.ts';
import { label } from '../../../contract/text.ts';
import { withoutKeys } from '../masked.ts';
import { valueIn } from './notations.ts';
import { odd, one, type Reading, type Said, together } from './said.ts';
import { readText } from './text.ts';

/** How deep shapes may be nested, such as JSON in the body of a response in a list. */
const deepest = 8;

/** Names of members, ignoring case, `_` and `-`. Earlier ones take precedence. */
const names = {
  token: ['authorizationtoken', 'auth'],
  password: [
    'password',
    'secret',
    'pass',
    'passwd',
    'token',
    'ecrtoken',
    'authtoken',
    'logintoken',
    'loginpassword',
    'ecrpassword',
    'registrypassword',
    'dockerpassword',
    'registrytoken',
    'accesstoken',
  ],
  username: ['username', 'user', 'login', 'ecrusername', 'registryusername', 'dockerusername'],
  expires: [
    'expiresat',
    'expireat',
    'expiredat',
    'tokenexpiresat',
    'expires',
    'expiration',
    'expirationtime',
    'expirationdate',
    'expiretime',
    'expiry',
    'expirytime',
    'expirydate',
    'validto',
    'validuntil',
    'notafter',
    'exp',
  ],
  lasts: ['expiresin', 'ttl', 'ttlseconds', 'validfor', 'lifetime'],
  host: [
    'proxyendpoint',
    'registry',
    'registryurl',
    'registryhost',
    'registryendpoint',
    'serverurl',
    'serveraddress',
    'server',
    'host',
    'url',
  ],
  region: ['region', 'awsregion', 'regionname'],
  maps: ['auths', 'auth'],
  wrappers: [
    'authorizationdata',
    'secretstring',
    'secretbinary',
    'body',
    'credentials',
    'credential',
    'authorization',
    'data',
    'result',
    'results',
    'output',
    'payload',
    'response',
    'login',
    'token',
    'value',
    'registries',
    'tokens',
    'ecr',
    'auths',
    'dockerconfigjson',
    'dockerauthconfig',
    'command',
    'logincommand',
    'dockerlogin',
    'dockerlogincommand',
  ],
} as const;

type Members = ReadonlyMap<string, unknown>;

/** Reads a text of any shape: maps in some notation, maps in strings in maps, or plain text. */
export function readPayload(text: string, depth = 0): Reading {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  const noted = valueIn(trimmed);
  if (noted) return readValue(noted.value, depth + 1);
  return /^[[{"]/.test(trimmed) ? odd('a text that is neither JSON nor a token') : readText(trimmed);
}

function readValue(value: unknown, depth: number): Reading {
  if (depth > deepest) return odd('shapes within shapes, and no credential');
  if (value === null || value === undefined) return odd('null');
  if (typeof value === 'string') return readPayload(value, depth);
  if (typeof value !== 'object') return odd(`a ${typeof value}, and no credential`);
  if (Array.isArray(value)) return together(value.map(entry => readValue(entry, depth + 1)));
  return readMap(value as Readonly<Record<string, unknown>>, depth);
}

function readMap(map: Readonly<Record<string, unknown>>, depth: number): Reading {
  const members: Members = new Map(Object.entries(map).map(([name, value]) => [name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''), value]));
  const reading = readMembers(map, members, depth);
  // Docker's config.json holds no login where it names a store.
  const isElsewhere = members.has('credsstore') || members.has('credhelpers');
  return reading.kind === 'odd' && isElsewhere ? odd('no login: its logins lie in a credential store (credsStore, credHelpers)') : reading;
}

function readMembers(map: Readonly<Record<string, unknown>>, members: Members, depth: number): Reading {
  const status = Number(members.get('statuscode') ?? Number.NaN);
  if (status < 200 || status >= 300) return { kind: 'error', type: `statusCode ${status}`, words: wordsIn(map) };
  const direct = credentialIn(members);
  if (direct) return direct;
  if (members.has('errortype') || members.has('errormessage'))
    return { kind: 'error', type: textOf(members, ['errortype']) ?? '', words: wordsIn(map) };
  const byHost = [...names.maps.map(name => members.get(name)), map].find(isByHost);
  if (byHost) return together(Object.entries(byHost).map(([host, entry]) => handDown({ host }, readValue(entry, depth + 1))));
  if (members.has('secretaccesskey') || members.has('accesskeyid')) return odd('access keys of AWS, and no ECR token');
  const inner = [...insideOf(members), ...(members.size === 1 ? [...members.values()].filter(value => typeof value === 'object') : [])];
  const readings = inner.map(value => handDown(factsIn(members), readValue(value, depth + 1)));
  const found = readings.find(({ kind }) => kind === 'said') ?? readings.find(({ kind }) => kind === 'error');
  const failed = [...members.keys()].find(name => /^(error|errors|errorcode|message|fault|exception)$/.test(name));
  return found ?? (failed ? { kind: 'error', type: '', words: wordsIn(map) } : (readings[0] ?? unlike(map)));
}

/** The values of members that can hold a credential. The body of an API Gateway response may be base64. */
function insideOf(members: Members): unknown[] {
  const encoded = String(members.get('isbase64encoded')) === 'true';
  return names.wrappers
    .filter(name => members.has(name))
    .map(name => {
      const value = members.get(name);
      return name === 'body' && encoded && typeof value === 'string' ? (fromBase64(value) ?? value) : value;
    })
    .filter(value => value !== undefined && value !== null);
}

/**
 * Whether a map has an ECR registry among its keys, like `auths` of a config.json or `auth` of a kubelet's provider.
 */
const isByHost = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isMap(value) && Object.entries(value).some(([host, entry]) => parseAddress(host) && entry !== null);

const firstOf = (members: Members, wanted: readonly string[]): unknown =>
  wanted.map(name => members.get(name)).find(value => value !== undefined && value !== null);
const textOf = (members: Members, wanted: readonly string[]): string | undefined =>
  wanted.map(name => members.get(name)).find(value => typeof value === 'string');

type Facts = Omit<Said, 'secret' | 'form'>;

const factsIn = (members: Members): Facts => ({
  username: textOf(members, names.username),
  expires: firstOf(members, names.expires),
  lasts: firstOf(members, names.lasts),
  host: textOf(members, names.host),
  region: textOf(members, names.region),
});

/** Applies the facts of a map to the credentials inside it, unless these say otherwise. */
function handDown(outer: Facts, reading: Reading): Reading {
  if (reading.kind !== 'said') return reading;
  const given = (facts: object): object => Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return { kind: 'said', all: reading.all.map(said => ({ ...outer, ...given(said), secret: said.secret })) };
}

function credentialIn(members: Members): Reading | undefined {
  const facts = factsIn(members);
  const password = firstOf(members, names.password);
  const token = textOf(members, names.token);
  if (typeof password === 'string' && (password || !token))
    return password ? one({ ...facts, secret: password }) : odd('an empty password');
  if (token !== undefined) return token ? one({ ...facts, secret: token, form: 'token' }) : odd('an empty token');
  if (members.has('password')) return odd('a password that is not text');
  return facts.username !== undefined && ![...names.wrappers, ...names.maps].some(name => members.has(name))
    ? odd('a user name and no password')
    : undefined;
}

/**
 * The message of an error, wherever it stands. It may hold anything, so the caller must filter it before showing it.
 */
function wordsIn(value: unknown, depth = 0): string {
  if (typeof value === 'string') {
    try {
      if (/^\s*[[{"]/.test(value) && depth < deepest) return wordsIn(JSON.parse(value), depth + 1);
    } catch {
      // Not JSON: use the text itself.
    }
    return value;
  }
  if (Array.isArray(value)) return depth < deepest ? wordsIn(value[0], depth + 1) : '';
  if (!isMap(value) || depth >= deepest) return '';
  const members = new Map(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]));
  const telling = ['errormessage', 'message', 'error', 'errors', 'body', 'fault', 'exception', 'detail'];
  return telling.map(name => wordsIn(members.get(name), depth + 1)).find(Boolean) ?? '';
}

/**
 * The reading of a map without a credential. Keys are shown only if they look like names: one of them may be a token.
 */
function unlike(map: object): Reading {
  const shown = Object.keys(map).filter(name => /^[A-Za-z][\w-]{0,30}$/.test(name));
  return shown.length > 0
    ? odd(`no credential, but lines or members named ${withoutKeys(label(shown.slice(0, 8).join(', ')))}`)
    : odd('an empty map');
}
