import { Failure } from '../contract/failures.ts';
import { type OptionNames, setting } from './tls.ts';

/**
 * Where a server is. `origin` is safe to print: it holds no credential; for a socket it is unix:///PATH. `prefix`
 * precedes the path of every request and has no trailing slash.
 */
interface Base {
  readonly origin: string;
  readonly prefix: string;
}

interface Address {
  readonly url: string;
  readonly allowHttp?: boolean | undefined;
  readonly names?: OptionNames | undefined;
}

/** Parses a configured address. Throws MISCONFIGURED, and never quotes an address that may hold a password. */
export function baseOf({ url: address, allowHttp, names = {} }: Address): Base {
  const url = URL.parse(address);
  if (url?.protocol === 'unix:') {
    socketIn(url);
    return { origin: url.href, prefix: '' };
  }
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Failure('MISCONFIGURED', 'The address is not of the form https://HOST:PORT or unix:///PATH.');
  if (url.username || url.password)
    throw new Failure(
      'MISCONFIGURED',
      `The address of ${url.host} holds a user name or password; put them into the options made for them.`,
    );
  if (url.protocol === 'http:' && !allowHttp) {
    const allow = setting(names.allowHttp ?? 'allowHttp', 'true');
    const text = `${url.origin} is plain http: everybody on the way can read key and tokens. To allow it, inside a compose network for example: ${allow}`;
    throw new Failure('MISCONFIGURED', text, { remedy: `Use https, or set ${allow}.` });
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, '') };
}

/** The maximum length of a unix socket's path, in bytes (sockaddr_un, minus its terminating zero). */
const mostOfPath = 107;

/** The path of the socket that unix:///PATH names. Throws MISCONFIGURED. */
export function socketIn({ href }: URL): string {
  const path = textOf(/^unix:\/\/(\/[^?#]*[^?#/])$/.exec(href)?.[1] ?? '');
  if (!path) throw new Failure('MISCONFIGURED', 'The address of a socket is not of the form unix:///PATH.');
  if (Buffer.byteLength(path) > mostOfPath)
    throw new Failure('MISCONFIGURED', `The path of a socket can have ${mostOfPath} bytes, and ${path} has more.`, {
      remedy: 'Let the socket be made at a shorter path, or make a link with a shorter name to its directory.',
    });
  return path;
}

/** Returns undefined when the escapes are invalid. */
function textOf(escaped: string): string | undefined {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return undefined;
  }
}
