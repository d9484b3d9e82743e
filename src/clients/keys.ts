import { isMatch } from '../../adapters/docker-config/entries.ts';
import type { AskRule, Client, KeyRule } from './client.ts';

/** The image that is pulled: its host as spelled, with the port, and the path after it. */
export interface Image {
  readonly host: string;
  /** Empty where only the host is known. */
  readonly repository: string;
}

/** Stands for a repository that is not known. No key contains it. */
const someRepository = '\0';

/** The names that a client looks up, in its order, each as if it were a host. */
export const asked: Readonly<Record<AskRule, (image: Image) => readonly string[]>> = {
  'the host': ({ host }) => [host],
  'the repository, then the host': ({ host, repository }) => [`${host}/${repository || someRepository}`, host],
  'spellings of the host': ({ host }) => withAndWithoutPort(host).flatMap(name => [name, `https://${name}`, `http://${name}`]),
};

/**
 * How near a key is to the image, by the rule of a client. The lowest number is looked at first; undefined: never. Of
 * equal numbers a client takes the first in the file, or one at random (`Client.ties`).
 */
export const nearness: Readonly<Record<KeyRule, (key: string, image: Image) => number | undefined>> = {
  docker: (key, { host }) => (key === host ? 0 : (hostOfAddress(key) ?? hostBehindScheme(key) ?? hostOf(key)) === host ? 1 : undefined),
  'docker 28': (key, { host }) => (key === host ? 0 : (hostOfAddress(key) ?? hostOf(key)) === host ? 1 : undefined),
  oras: (key, { host }) => (key === host ? 0 : hostOf(withoutHttp(key)) === host ? 1 : undefined),
  'docker-py': (key, { host }) => (key === host ? 0 : hostOf(key.replaceAll(/https?:\/\//g, '')) === host ? 1 : undefined),
  regclient: (key, { host }) => (key === host ? 0 : withoutHttp(key).replace(/\/$/, '') === host ? 1 : undefined),
  containers(key, { host, repository }) {
    const bare = wholeHost(key);
    const parts = repository.split('/').filter(Boolean);
    const at = [...parts.map((_, skipped) => [host, ...parts.slice(0, parts.length - skipped)].join('/')), host].indexOf(bare);
    return at < 0 ? undefined : at + (key === bare ? 0 : 0.5);
  },
  kubelet(key, { host, repository }) {
    const {
      pattern = '',
      port = '',
      path = '',
    } = /^(?:[^/?#]*@)?(?<pattern>[a-z0-9.*-]+)(?::(?<port>\d*))?(?<path>\/[^?#]*)?(?:[?#]|$)/i.exec(withoutHttp(key))?.groups ?? {};
    const [name = '', asked = ''] = host.split(':');
    const below = path.replace(/^\/v[12](?=\/)/, '').replace(/^\/$/, '');
    if (port !== asked || !isMatch(pattern, name) || !`/${repository}`.startsWith(below)) return undefined;
    // The longest comes first, wildcards come last.
    return (pattern.includes('*') ? 1 : 0) - (pattern.length + below.length) / 10_000;
  },
  testcontainers: (key, { host }) => (key === host || key.endsWith(`://${host}`) ? 0 : undefined),
  jib(key, { host }) {
    const at = [key === host, key === `https://${host}`, key.startsWith(`${host}/`), key.startsWith(`https://${host}/`)].findIndex(Boolean);
    return at < 0 ? undefined : at;
  },
  docker_credential: (key, { host }) => (key === host ? 0 : wholeHost(key) === host ? 1 : undefined),
};

/** The host with and without its port. Only the usual port may be left out. */
function withAndWithoutPort(host: string): readonly string[] {
  const [bare, port] = host.split(':');
  return port === undefined || port === '443' ? [`${bare}:443`, bare ?? ''] : [host];
}

/** How near a key of `credHelpers` is to `name`, which is looked up. */
export function helperNearness({ keys, helpers }: Client, key: string, name: string): number | undefined {
  if (helpers.keys === 'none') return undefined;
  return helpers.keys === 'as auths' ? nearness[keys](key, { host: name, repository: '' }) : key === name ? 0 : undefined;
}

const withoutHttp = (key: string): string => key.replace(/^https?:\/\//, '');
const hostOf = (key: string): string => key.replace(/\/.*$/s, '');

/** The host of a key with a scheme, which is for the whole host, whatever follows; otherwise the key. */
const wholeHost = (key: string): string => (/^https?:\/\//.test(key) ? hostOf(withoutHttp(key)) : key);

/**
 * The host of an address of any scheme, as Go parses it: without user and query; port and case stay. undefined: it is
 * no address.
 */
function hostOfAddress(key: string): string | undefined {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?(?<host>[^/?#]+)/i.exec(key)?.groups?.['host'];
  return host === undefined || /[\s%<>"]|:\D/.test(host) ? undefined : host.replace(/:$/, '');
}

/** The host that docker/cli 29 takes from what is not an address. */
const hostBehindScheme = (key: string): string | undefined => /^.*?:\/\/(?<host>[^/]+)/s.exec(key)?.groups?.['host'];
