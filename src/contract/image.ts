import { lookAlike } from './look-alike.ts';
import { type Address, type Aliases, parseAddress, privateRegistryHost, type Registry } from './registry.ts';
import { label } from './text.ts';

/** An image of ECR, as a client would pull it. */
export interface Image {
  readonly registry: Registry;
  /** Where the name has one, and it is another than that of https. */
  readonly port?: number;
  readonly repository: string;
  /** The digest, else the tag, else `latest`. */
  readonly reference: string;
  /** Something in the spelling with which clients go wrong: a sentence. */
  readonly remark?: string;
}

/** As people write it: HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST. */
export function nameOfImage({ registry: { host }, port, repository, reference }: Omit<Image, 'remark'>): string {
  const address = port === undefined ? host : `${host}:${port}`;
  return `${address}/${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
}

/** What a text is in the place of an image of ECR. */
export interface NoImage {
  /** A sentence for people, without secrets. */
  readonly wrong: string;
  /** The text, without secrets and on one line. */
  readonly shown: string;
  /** foreign: of another registry. Otherwise nobody could pull it as it is written. */
  readonly is: 'foreign' | 'malformed';
}

/** A component of a repository's name, a tag and a digest (OCI distribution specification 1.1, "Pulling manifests"). */
const component = /^[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*$/;
const tagForm = /^\w[\w.-]{0,127}$/;
const digestForm = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,128}$/i;

/** Whether a text may stand behind `/blobs/` or `/manifests/` of a request. */
export const isDigest = (text: unknown): text is string => typeof text === 'string' && digestForm.test(text);

/** The longest name that ECR gives a repository, host and tag beside it. In characters. */
const longest = 1024;

/**
 * The registry of ECR from which an engine pulls the image of a container; undefined: from another one. What stands
 * before the first slash is a host only where it has a dot or a colon, or is `localhost`. All else lies at Docker Hub,
 * `HOST:TAG` as well (distribution, reference/normalize.go). At another port than that of https is another registry.
 * read: a stored address.
 */
export function registryOfImage(image: string, read: (address: string) => Address | undefined): Registry | undefined {
  const [, host = '', port] = /^([\w.-]+)(?::(\d+))?\//.exec(image) ?? [];
  const isHost = host.includes('.') || host === 'localhost' || port !== undefined;
  return isHost && (port ?? '443') === '443' ? read(host)?.registry : undefined;
}

/**
 * `[SCHEME://]HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]`, for every host that `parseAddress` takes, upper case included.
 */
export function readImage(text: string, aliases?: Aliases): Image | NoImage {
  const { image: given, isLayer } = asked(text.trim());
  const shown = shownImage(text.trim());
  const no = (wrong: string, is: NoImage['is'] = 'malformed'): NoImage => ({ wrong, shown, is });
  const arn = /^arn:[\w-]+:ecr:(?<region>[\w-]+):(?<account>\d{12}):repository\/(?<name>\S+)$/.exec(given)?.groups;
  if (arn) return no(`${shown} is an ARN: write ${privateRegistryHost(arn['account'] ?? '', arn['region'] ?? '')}/${arn['name']}`);
  const { host = '', path = '' } =
    /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?<host>[^/]*?)(?:@sha256:[0-9a-f]{64})?(?<path>\/.*)?$/is.exec(given)?.groups ?? {};
  if (given.length > longest || !/^[\w.:-]+$/.test(host)) return no(`${shown} is no name of an image`);
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

/** The address of a request, as clients print it in errors: `https://HOST/v2/NAME/manifests/TAG`. */
const request = /^https?:\/\/(?<host>[^/]+)\/v2\/(?<name>[^?#\s]+)\/(?<of>manifests|blobs|tags)\/(?<reference>[^/?#\s]+)(?:[?#].*)?$/i;

/** The image of which a text speaks, and whether it is a layer that was asked for. */
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
  // A short name: no dot and no port before its first slash.
  if (path === '' || !/[.:]/.test(host)) return `${shown} is an image of Docker Hub, and none of ECR: ${expected}`;
  return `${host} is no registry of ECR: ${expected}`;
}

/** Without what stands before an @ in the place of the host: it may be a password. */
function shownImage(image: string): string {
  const {
    scheme = '',
    host = '',
    path = '',
  } = /^(?<scheme>[a-z][a-z0-9+.-]*:\/\/)?(?<host>[^/]*)(?<path>\/.*)?$/is.exec(image)?.groups ?? {};
  const hidden = /@(?!sha\d+:)/.test(host) || (/@/.test(path) && !/@sha\d+:/.test(path));
  return label(hidden ? `${scheme}${host.replace(/^.*@/s, '')}${path.replace(/^.*@/s, '/')}` : image.replace(/[?#].*$/s, ''), 200);
}
