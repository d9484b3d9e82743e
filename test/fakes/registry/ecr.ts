import { randomBytes } from 'node:crypto';
import { parseAddress } from '../../../src/contract/registry.ts';
import type { Reply, Seen } from '../server.ts';
import { envelope, plain, version } from './answers.ts';
import { blobIn, type Content, manifestIn, parsed, type Route, routeOf } from './content.ts';
import { rangeOf } from './docker-registry.ts';

/** How IAM refuses an action: the kind of policy that is missing or denies, or a refusal without a body. */
export type Denial = 'identity' | 'resource' | 'explicit' | 'no body';

/** The rights of the caller in ECR, and the setup behind them. */
export interface Rights {
  /** The principal of the token, for refusals. */
  readonly principal?: string;
  /** Denials by action (`ecr:BatchGetImage`). */
  readonly deny?: Readonly<Record<string, Denial>>;
  /** Prefixes of repositories that come from a pull-through cache. */
  readonly cachePrefixes?: readonly string[];
  /** The address of the bucket that redirects lead to. Defaults to that of ECR. */
  readonly bucket?: string;
}

/** Answers a request with a valid token like ECR, after its documentation (not recorded). */
export function likeEcr(request: Seen, host: string, content: Content, rights: Rights): Reply {
  if (request.path === '/v2/') return { status: 200, headers: version };
  const route = routeOf(request.path);
  if (!route) return plain(404, '404 page not found\n');
  const action = actionOf(request, route);
  const denial = rights.deny?.[action];
  const isCached = underCache(route, rights);
  const isThere = Object.hasOwn(content.repositories, route.repository);
  const missingImport = isCached && !isThere ? rights.deny?.[importing] : undefined;
  if (missingImport) return refusal(importing, missingImport, host, route, rights);
  if (denial) return refusal(action, denial, host, route, rights);
  if (!isThere) return envelope(404, 'NAME_UNKNOWN', unknownName(route, host));
  return route.kind === 'manifests' ? manifest(route, content) : blob(request, route, { host, content, rights });
}

const importing = 'ecr:BatchImportUpstreamImage';

function actionOf({ method }: Seen, { kind }: Route): string {
  if (kind === 'manifests') return 'ecr:BatchGetImage';
  if (kind === 'tags') return 'ecr:ListImages';
  return method === 'GET' ? 'ecr:GetDownloadUrlForLayer' : 'ecr:BatchCheckLayerAvailability';
}

const underCache = ({ repository }: Route, { cachePrefixes = [] }: Rights): boolean =>
  cachePrefixes.some(prefix => repository.startsWith(`${prefix}/`));

const accountOf = (host: string): string | undefined => parseAddress(host)?.registry.account;

const unknownName = ({ repository }: Route, host: string): string =>
  `The repository with name '${repository}' does not exist in the registry with id '${accountOf(host)}'`;

const reasons: Readonly<Record<Exclude<Denial, 'no body'>, (action: string) => string>> = {
  identity: action => `because no identity-based policy allows the ${action} action`,
  resource: action => `because no resource-based policy allows the ${action} action`,
  explicit: () => 'with an explicit deny',
};

function refusal(
  action: string,
  denial: Denial,
  host: string,
  { repository }: Route,
  { principal = 'arn:aws:iam::123456789012:user/ci' }: Rights,
): Reply {
  if (denial === 'no body') return { status: 403, headers: version };
  const { region, account, partition } = parseAddress(host)?.registry ?? { region: 'eu-west-1', partition: 'aws' };
  const resource = `arn:${partition}:ecr:${region}:${account}:repository/${repository}`;
  const words = `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} ${reasons[denial](action)}`;
  return envelope(403, 'DENIED', words);
}

function manifest(route: Route, content: Content): Reply {
  const digest = manifestIn(content, route);
  const bytes = digest && content.blobs.get(digest);
  if (!bytes) return envelope(404, 'MANIFEST_UNKNOWN', 'Requested image not found');
  const { mediaType = 'application/vnd.oci.image.manifest.v1+json' } = parsed(bytes);
  return { status: 200, headers: { ...version, 'content-type': mediaType, 'docker-content-digest': digest }, text: bytes };
}

function blob({ method }: Seen, route: Route, { host, content, rights }: { host: string; content: Content; rights: Rights }): Reply {
  const { service, region } = parseAddress(host)?.registry ?? { service: 'ecr', region: 'eu-west-1' };
  // Not recorded, but often reported of ECR Public.
  if (method === 'HEAD' && service === 'ecr-public') return { status: 403, headers: version };
  const bytes = blobIn(content, route);
  if (!bytes) return envelope(404, 'BLOB_UNKNOWN', 'The layer does not exist.');
  if (method === 'HEAD')
    return { status: 200, headers: { ...version, 'content-length': bytes.length, 'docker-content-digest': route.reference } };
  const { bucket = `https://prod-${region}-starport-layer-bucket.s3.${region}.amazonaws.com` } = rights;
  const query = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Date': new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''),
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Expires': '3600',
    'X-Amz-Credential': `ASIA/${region}/s3/aws4_request`,
    'X-Amz-Signature': randomBytes(32).toString('hex'),
  });
  return { status: 307, headers: { ...version, location: `${bucket}/${route.reference.replace(':', '-')}?${query}` } };
}

/** Answers a pre-signed request like S3, or returns undefined if the request is not for a bucket. */
export function likeBucket({ path, headers }: Seen, { blobs }: Content): Reply | undefined {
  if (path.startsWith('/v2') || !path.includes('X-Amz-Algorithm=')) return undefined;
  if (headers.authorization !== undefined)
    return xml(
      400,
      'InvalidArgument',
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    );
  const bytes = blobs.get(path.slice(1).replace(/\?.*$/, '').replace('-', ':'));
  if (!bytes) return xml(404, 'NoSuchKey', 'The specified key does not exist.');
  const part = rangeOf(headers.range, bytes);
  return part ? { status: 206, headers: { 'content-range': part.range }, text: part.bytes } : { status: 200, text: bytes };
}

const xml = (status: number, code: string, message: string): Reply => ({
  status,
  headers: { 'content-type': 'application/xml' },
  text: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});
