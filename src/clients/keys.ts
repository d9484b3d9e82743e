import { isMatch, readKey } from '../../adapters/docker-config/entries.ts';
import type { HelperKeyRule, KeyRule } from './client.ts';

/** What is pulled: the host as it stands in the image, and the path behind it. */
export interface Image {
  readonly host: string;
  /** Empty where only the host is known. */
  readonly repository: string;
}

/**
 * How near a key comes to the image, by the rule of a client: the lowest number is looked at first, undefined never.
 * Equal numbers are tried in the order of the file, but for Go's clients, which take one of them at random.
 */
export const nearness: Readonly<Record<KeyRule, (key: string, image: Image) => number | undefined>> = {
  docker: (key, { host }) => (key === host ? 0 : hostOf(key) === host ? 1 : undefined),
  'go-containerregistry': (key, image) =>
    image.repository && key === `${image.host}/${image.repository}` ? -1 : nearness.docker(key, image),
  regclient: (key, { host }) => (key === host ? 0 : key.replace(/^https?:\/\//, '').replace(/\/$/, '') === host ? 1 : undefined),
  containers(key, { host, repository }) {
    const bare = withoutScheme(key);
    const parts = repository.split('/').filter(Boolean);
    const at = [...parts.map((_, skipped) => [host, ...parts.slice(0, parts.length - skipped)].join('/')), host].indexOf(bare);
    return at < 0 ? undefined : at + (key === bare ? 0 : 0.5);
  },
  nerdctl(key, { host }) {
    const at = ofNerdctl(host).indexOf(key);
    const cut = hostOf(key);
    return at >= 0 ? at : cut === `${host}:443` ? 2.5 : cut === host ? 6 : undefined;
  },
  kubelet(key, { host, repository }) {
    const { host: pattern, port, path } = readKey(key.replace(/\/v[12]\/?$/, ''));
    const fits = port === '' && isMatch(pattern, host) && repository.startsWith(path);
    // The longest first, wildcards last.
    return fits ? (pattern.includes('*') ? 1 : 0) - (pattern.length + path.length) / 10_000 : undefined;
  },
  testcontainers: (key, { host }) => (key.replace(/^https?:\/\//, '') === host ? 0 : undefined),
  jib: (key, { host }) =>
    key === host ? 0 : key === `https://${host}` ? 1 : hostOf(key) === host && !key.startsWith('http:') ? 2 : undefined,
  docker_credential: (key, { host }) => (key === host ? 0 : withoutScheme(key) === host ? 1 : undefined),
};

const ofNerdctl = (host: string): readonly string[] => [`${host}:443`, host].flatMap(name => [name, `https://${name}`, `http://${name}`]);

/** The same of the keys of `credHelpers`. */
export const helperNearness: Readonly<Record<HelperKeyRule, (key: string, image: Image) => number | undefined>> = {
  none: () => undefined,
  host: (key, { host }) => (key === host ? 0 : undefined),
  'host or https': (key, { host }) => (key === host ? 0 : key === `https://${host}` ? 1 : undefined),
  nerdctl(key, { host }) {
    const at = ofNerdctl(host).indexOf(key);
    return at < 0 ? undefined : at;
  },
  jib: (key, image) => nearness.jib(key, image),
};

/** A key with a scheme is one for the whole host, whatever stands behind. */
const withoutScheme = (key: string): string => (/^https?:\/\//.test(key) ? hostOf(key) : key);

/** As Docker cuts a key down to a host: the port stays, and so does the case. */
const hostOf = (key: string): string => key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
