import { parseAddress } from '../contract/registry.ts';

/**
 * A test of the host that a message is about. `host`: the one in the message, undefined where it names none. `nearby`:
 * the one in the messages around it.
 */
export type Of = (host: string | undefined, nearby?: string) => boolean;

/**
 * Matches a registry whose account or region is masked, as in `XXXX.dkr.ecr.eu-west-1.amazonaws.com`: the end of the
 * name remains.
 */
const masked =
  /(^|\.)dkr[.-]ecr(-fips)?\.[\w*<>.-]*\b(amazonaws\.(com|eu)|on\.aws|amazonwebservices\.com)(\.cn)?$|\.dkr[.-]ecr(-fips)?\.[\w.-]+\.(c2s\.ic|sc2s\.sgov|csp\.hci\.ic)\.gov$/;
const layers = /(^|[.-])starport-layer-bucket\b/;
const s3 = /(^|\.)s3([.-][a-z0-9*<>_-]+)*\.amazonaws\.com(\.cn)?$/;
const apis = /^(api\.)?ecr(-public|-fips)?\.[\w.*<>-]*(amazonaws|api\.aws|amazonwebservices)/;

export const isPrivate: Of = host => host !== undefined && (parseAddress(host)?.registry.service === 'ecr' || masked.test(host));
export const isPublic: Of = host => host !== undefined && parseAddress(host)?.registry.service === 'ecr-public';
export const isRegistry: Of = host => isPrivate(host) || isPublic(host);

/**
 * Whether the host is the bucket of ECR's layers, `prod-REGION-starport-layer-bucket` (ECR user guide, VPC endpoints).
 */
export const isLayers: Of = host => host !== undefined && layers.test(host);
/** Whether the host is any bucket of S3. */
export const isS3: Of = host => host !== undefined && (s3.test(host) || layers.test(host));
/** Whether the host is an API of ECR, which issues tokens. */
const isApi: Of = host => host !== undefined && apis.test(host);
const isSts: Of = host => host !== undefined && /^sts[.-][\w.*<>-]*amazonaws/.test(host);
const isLambda: Of = host => host !== undefined && /^lambda\.[\w.*<>-]*amazonaws/.test(host);
/**
 * Whether the host is a part of AWS that fetching a token or pulling needs. Other services also end in amazonaws.com:
 * databases, buckets of any customer.
 */
export const isAws: Of = host => [isRegistry, isLayers, isApi, isSts, isLambda].some(of => of(host));
/** Whether the host is an ECR registry or its API. */
export const isEcr: Of = host => isRegistry(host) || isApi(host);

/** Accepts what `of` accepts, and a text that names no host at all. */
export const orUnsaid =
  (of: Of): Of =>
  (host, nearby) =>
    (host ?? nearby) === undefined || of(host ?? nearby);
