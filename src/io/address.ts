import { Failure } from '../contract/failures.ts';
import { type OptionNames, setting } from './tls.ts';

/**
 * Where a server is. `origin` is fit for people: no credential in it. `prefix`: the path before every request's path,
 * without a slash at its end.
 */
export interface Base {
  readonly origin: string;
  readonly prefix: string;
}

export interface Address {
  readonly url: string;
  readonly allowHttp?: boolean | undefined;
  readonly names?: OptionNames | undefined;
}

/** Reads a configured address. Throws MISCONFIGURED, and never quotes an address that may hold a password. */
export function baseOf({ url: address, allowHttp, names = {} }: Address): Base {
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
