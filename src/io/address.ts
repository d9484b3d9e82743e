import { Failure } from '../contract/failures.ts';
import { type OptionNames, setting } from './tls.ts';

/** Where a server is. `origin` is fit for people: no credential in it. `prefix`: the path before every request's path, without a slash at its end. */
export interface Base {
  readonly origin: string;
  readonly prefix: string;
}

/** Reads a configured address. Throws MISCONFIGURED, and never quotes an address that may hold a password. */
export function baseOf(address: string, allowHttp: boolean | undefined, names: OptionNames): Base {
  const url = URL.parse(address);
  if (!url || !/^https?:$/.test(url.protocol)) throw new Failure('MISCONFIGURED', 'The address is not of the form https://HOST:PORT.');
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

/** The proxy of HTTP_PROXY or HTTPS_PROXY, lower case first as everywhere; empty for none. Throws MISCONFIGURED without quoting the value. */
export function proxyOf(env: NodeJS.ProcessEnv, name: 'HTTP_PROXY' | 'HTTPS_PROXY'): string {
  const value = env[name.toLowerCase()] || env[name] || '';
  if (!value) return '';
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  // SOCKS proxies are refused: connections through them would bypass the check of certificates in http.ts.
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Failure('MISCONFIGURED', `${name} does not hold the address of an HTTP proxy: http://HOST:PORT.`);
  return url.href;
}
