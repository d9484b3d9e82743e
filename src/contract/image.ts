import { lookAlike } from './look-alike.ts';
import { type Address, type Aliases, parseAddress, privateRegistryHost, type Registry } from './registry.ts';
import { label } from './text.ts';

/** An ECR image, as a client would pull it. */
export interface Image {
  readonly registry: Registry;
  /** The port in the name, unless it is missing or the one of https. */
  readonly port?: number;
  readonly repository: string;
  /** The digest, else the tag, else `latest`. */
  readonly reference: string;
  /** A sentence about a spelling that some clients mishandle. */
  readonly remark?: string;
}

/** The usual notation: HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST. */
export function nameOfImage({ registry: { host }, port, repository, reference }: Omit<Image, 'remark'>): string {
  const address = port === undefined ? host : `${host}:${port}`;
  return `${address}/${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
}

/** Why a text does not name an image in ECR. */
export interface NoImage {
  /** A sentence for people, without secrets. */
  readonly wrong: string;
  /** The text on one line, without secrets. */
  readonly shown: string;
  /** foreign: an image in another registry. malformed: no client could pull it as written. */
  readonly is: 'foreign' | 'malformed';
}

/**
 * The forms of a component of a repository's name, of a tag and of a digest (OCI distribution specification 1.1,
 * "Pulling manifests").
 */
const component = /^[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*$/;
const tagForm = /^\w[\w.-]{0,127}$/;
const digestForm = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,128}$/i;

/** Whether a text may follow `/blobs/` or `/manifests/` in a request. */
export const isDigest = (text: unknown): text is string => typeof text === 'string' && digestForm.test(text);

/**
 * The maximum length of an image name that is parsed, in characters: the longest repository name of ECR, host and tag.
 */
const longest = 1024;

/**
 * The ECR registry from which a container engine pulls an image; undefined for other registries. The part before the
 * first slash is a host only when it has a dot or a colon, or is `localhost`. Everything else is on Docker Hub,
 * including `HOST:TAG` (distribution, reference/normalize.go). A host with a port other than that of https is another
 * registry. read: parses a stored address.
 */
export function registryOfImage(image: string, read: (address: string) => Address | undefined): Registry | undefined {
  const [, host = '', port] = /^([\w.-]+)(?::(\d+))?\//.exec(image) ?? [];
  const isHost = host.includes('.') || host === 'localhost' || port !== undefined;
  return isHost && (port ?? '443') === '443' ? read(host)?.registry : undefined;
}

/**
 * Parses `[SCHEME://]HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]` for every host that `parseAddress` accepts, in any case.
 */
export function readImage(text: string, aliases?: Aliases): Image | NoImage {
  const { image: given, isLayer } = asked(text.trim());
  const shown = shownImage(text.trim());
  const no = (wrong: string, is: NoImage['is'] = 'malformed'): NoImage => ({ wrong, shown, is });
  const arn = /^arn:[\w-]+:ecr:(?<region>[\w-]+):(?<account>\d{12}):repository\/(?<name>\S+)$/.exec(given)?.groups;
  if (arn) return no(`${shown} is an ARN: write ${privateRegistryHost(arn['account'] ?? '', arn['region'] ?? '')}/${arn['name']}`);
  const { host = '', path = '' } =
    /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?<host>[^/]*?)(?:@sha256:[0-9a-f]{64})?(?<path>\/.*)?$/is.exec(given)?.groups ?? {};
  if (given.length > longest || !/^[\w.:-]+$/.test(host)) return no(`${shown} is not a name of an image`);
  const registry = parseAddress(host, aliases)?.registry;
  const like = registry ? undefined : lookAlike(host);
  if (like) return no(`${like.host} ${like.is}. ${like.remedy}`);
  if (!registry) return no(foreign(host, path, shown), 'foreign');
  const [named = '', digest, ...more] = path.slice(1).split('@');
  const [, repository = '', tag] = /^([^:]*)(?::(.*))?$/s.exec(named) ?? [];
  if (repository === '') return no(`${host} is a registry, and no image in it: write ${registry.host}/REPOSITORY`);
  if (isLayer) return no(`${shown} is the address of a layer, and of no image: write ${registry.host}/${repository}:TAG`);
  const wrong = more.length > 0 ? 'has two digests' : wrongIn(repository, tag, digest);
  if (wrong) return no(`${shown} ${wrong}`);
  const port = Number(/:(\d+)$/.exec(host)?.[1] ?? 443);
  return {
    registry,
    ...(port !== 443 && { port }),
    repository,
    reference: digest ?? tag ?? 'latest',
    ...(/[A-Z]/.test(host) && { remark: `Clients look for a login under the host as it is spelled, ${host}: write ${registry.host}.` }),
  };
}

/** The URL of a registry request, as clients print it in errors: `https://HOST/v2/NAME/manifests/TAG`. */
const request = /^https?:\/\/(?<host>[^/]+)\/v2\/(?<name>[^?#\s]+)\/(?<of>manifests|blobs|tags)\/(?<reference>[^/?#\s]+)(?:[?#].*)?$/i;

/** The image that a text names, and whether the text is a request for a layer. */
function asked(text: string): { readonly image: string; readonly isLayer: boolean } {
  const { host, name, of, reference } = request.exec(text)?.groups ?? {};
  if (host === undefined) return { image: text.replace(/^(https?:\/\/[^/]+)\/v2\/?$/i, '$1'), isLayer: false };
  const isImage = of?.toLowerCase() === 'manifests';
  const end = isImage ? `${isDigest(reference) ? '@' : ':'}${reference}` : '';
  return { image: `${host}/${name}${end}`, isLayer: of?.toLowerCase() === 'blobs' };
}

function wrongIn(repository: string, tag: string | undefined, digest: string | undefined): string | undefined {
  if (!repository.split('/').every(part => component.test(part)))
    return /[A-Z]/.test(repository)
      ? `has a repository in upper case, which no registry takes: ${repository.toLowerCase()}`
      : 'has no valid name of a repository: lower-case letters and digits, with single dots, dashes, underscores and slashes between';
  if (tag !== undefined && !tagForm.test(tag))
    return 'has no valid tag: at most 128 letters, digits, dots, dashes and underscores, and neither a dot nor a dash at the beginning';
  return digest === undefined || digestForm.test(digest) ? undefined : 'has no valid digest: sha256: and 64 hex digits';
}

function foreign(host: string, path: string, shown: string): string {
  const expected = 'ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY or public.ecr.aws/NAME/REPOSITORY is expected';
  // A short name has neither a dot nor a port before its first slash.
  if (path === '' || !/[.:]/.test(host)) return `${shown} is an image of Docker Hub, and not of ECR: ${expected}`;
  return `${host} is not an ECR registry: ${expected}`;
}

/** Removes everything before an @ in the host: it may be a password. */
function shownImage(image: string): string {
  const {
    scheme = '',
    host = '',
    path = '',
  } = /^(?<scheme>[a-z][a-z0-9+.-]*:\/\/)?(?<host>[^/]*)(?<path>\/.*)?$/is.exec(image)?.groups ?? {};
  const hidden = /@(?!sha\d+:)/.test(host) || (/@/.test(path) && !/@sha\d+:/.test(path));
  return label(hidden ? `${scheme}${host.replace(/^.*@/s, '')}${path.replace(/^.*@/s, '/')}` : image.replace(/[?#].*$/s, ''), 200);
}
