import { isIPv4 } from 'node:net';
import type { NamedProxy } from '../contract/http.ts';
import { Secret } from '../contract/secret.ts';
import { type Exception, entriesOf, isLoopback, readException } from './no-proxy.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** An HTTP proxy, and the variable that names it. */
export interface Proxy {
  /** http://proxy:3128, without user and password. */
  readonly origin: string;
  /** The name of the setting, as spelled: https_proxy, proxy-url. */
  readonly variable: string;
  /** The value of `Proxy-Authorization`. */
  readonly authorization?: Secret;
  /** Held so that texts are redacted for it. */
  readonly password?: Secret;
  /** It is the proxy of one server, whatever the environment says. */
  readonly isFixed?: true;
}

/** What lets requests go past a proxy, for a sentence. */
export const wayPast = ({ isFixed, variable }: Proxy): string => (isFixed ? `leave ${variable} out` : 'put the host into NO_PROXY');

/**
 * How a destination is reached: through a proxy, or directly. `exception` and `loopback` say why a configured proxy is
 * not used.
 */
interface Way {
  readonly proxy?: Proxy;
  readonly exception?: Exception;
  readonly loopback?: true;
  /** The configured proxy cannot be used as it is written. */
  readonly mistake?: ProxyMistake;
}

/** An invalid value of a proxy variable. The message never quotes the value. */
interface ProxyMistake {
  readonly variable: string;
  readonly message: string;
}

/** The configuration in HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in upper or lower case. */
export interface Proxies {
  wayTo(url: URL): Way;
  readonly mistakes: readonly ProxyMistake[];
  /** Entries of NO_PROXY that cannot be parsed, verbatim. */
  readonly unknown: readonly string[];
}

/** The name of a proxy for people: `the proxy http://proxy:3128 (HTTPS_PROXY)`. */
export const nameOf = ({ origin, variable }: Proxy): string => `the proxy ${origin} (${variable})`;

/**
 * The effective spelling of a variable. Lower case takes precedence, as everywhere but in Go. Empty variables do not
 * count.
 */
export function spellingInForce(env: Env, name: 'HTTP_PROXY' | 'HTTPS_PROXY'): string | undefined {
  return [name.toLowerCase(), name].find(spelling => env[spelling]?.trim());
}

/** Merges both spellings: Go reads one of them and curl the other, and each bypasses the proxy for what it reads. */
const noProxyOf = (env: Env): string => [env['no_proxy'], env['NO_PROXY']].filter(Boolean).join(',');

export function proxiesOf(env: Env): Proxies {
  const read = { 'http:': readProxy(env, 'HTTP_PROXY'), 'https:': readProxy(env, 'HTTPS_PROXY') };
  const entries = [...new Set(entriesOf(noProxyOf(env)))].map(text => ({ text, exception: readException(text) }));
  const exceptions = entries.flatMap(({ exception }) => exception ?? []);
  return {
    wayTo(url) {
      const found = read[url.protocol as keyof typeof read];
      const destination = { hostname: url.hostname, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)) };
      if (!found) return {};
      const exception = exceptions.find(({ covers }) => covers(destination));
      if (exception) return { exception };
      if (isLoopback(destination)) return { loopback: true };
      return 'message' in found ? { mistake: found } : { proxy: found };
    },
    mistakes: Object.values(read).flatMap(found => (found && 'message' in found ? found : [])),
    unknown: entries.flatMap(({ text, exception }) => (exception ? [] : text)),
  };
}

/** Uses one proxy for every server, regardless of the environment. Unix sockets are always reached directly. */
export function fixedProxy({ address, login, named }: NamedProxy): Pick<Proxies, 'wayTo'> {
  const read = parseProxy(login ? address.replace('//', () => `//${login.reveal()}@`) : address, named);
  const way = 'message' in read ? { mistake: read } : { proxy: { ...read, isFixed: true } as const };
  return { wayTo: ({ protocol }) => (protocol === 'unix:' ? {} : way) };
}

function readProxy(env: Env, name: 'HTTP_PROXY' | 'HTTPS_PROXY'): Proxy | ProxyMistake | undefined {
  const variable = spellingInForce(env, name);
  return variable === undefined ? undefined : parseProxy((env[variable] ?? '').trim(), variable);
}

/** Characters that some URL parsers take for the end of user and password, and how to escape them. */
const escapes: readonly (readonly [RegExp, string])[] = [
  [/%(?![0-9a-f]{2})/i, '% as %25'],
  [/#/, '# as %23'],
  [/\//, '/ as %2F'],
  [/\?/, '? as %3F'],
  [/\\/, '\\ as %5C'],
  [/\s/, 'a blank as %20'],
];
const form = 'must be http://HOST:PORT or http://USER:PASSWORD@HOST:PORT';

/** Parses the address without a URL parser, because parsers differ in how they treat the characters of a password. */
function parseProxy(address: string, variable: string): Proxy | ProxyMistake {
  const mistake = (message: string): ProxyMistake => ({ variable, message });
  if (/^["']|["']$/.test(address)) return mistake('holds quotes as part of its value: leave them out');
  const [, scheme = 'http', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(address) ?? [];
  if (/^socks/i.test(scheme)) return mistake(`names a SOCKS proxy, and only HTTP proxies are supported: it ${form}`);
  if (!/^https?$/i.test(scheme)) return mistake(form);
  const at = rest.lastIndexOf('@');
  const [userInfo, place] = [rest.slice(0, Math.max(0, at)), rest.slice(at + 1)];
  const found = escapes.flatMap(([pattern, how]) => (pattern.test(userInfo) ? how : []));
  if (found.length > 0) return mistake(`holds characters in user or password that an address cannot hold: write ${found.join(', ')}`);
  if (/[/?#\\]./s.test(place))
    return mistake(`${form}, and nothing behind it${at < 0 ? ': in a password write # as %23, / as %2F, ? as %3F' : ''}`);
  const url = URL.parse(`${scheme}://${place}`);
  if (!url || !isHost(url.hostname, place) || url.port === '0') return mistake(form);
  return { origin: url.origin, variable, ...(at >= 0 && loginOf(userInfo)) };
}

/** URL accepts almost anything as a host, and reads a bare number as an address: 3128 is 0.0.12.56. */
const isHost = (hostname: string, place: string): boolean =>
  isIPv4(hostname) ? place.startsWith(hostname) : /^(\[.+\]|[a-z0-9._-]+)$/.test(hostname);

/** Decodes the escapes to bytes, in whatever encoding the proxy expects. */
function loginOf(userInfo: string): Pick<Proxy, 'authorization' | 'password'> {
  const [, user = '', password = ''] = /^([^:]*):?(.*)$/s.exec(userInfo) ?? [];
  const login = Buffer.concat([bytesOf(user), Buffer.from(':'), bytesOf(password)]);
  return { authorization: new Secret(`Basic ${login.toString('base64')}`), password: new Secret(bytesOf(password).toString()) };
}

function bytesOf(escaped: string): Buffer {
  const pieces = escaped.match(/(?:%[0-9a-f]{2})+|[^%]+/gi) ?? [];
  return Buffer.concat(pieces.map(piece => (piece.startsWith('%') ? Buffer.from(piece.replaceAll('%', ''), 'hex') : Buffer.from(piece))));
}
