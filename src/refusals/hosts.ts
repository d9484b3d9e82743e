import { parseAddress } from '../contract/registry.ts';

/**
 * Whether a text is about something. `host`: that of the message, undefined where it names none. `nearby`: that of the
 * messages around it.
 */
export type Of = (host: string | undefined, nearby?: string) => boolean;

/**
 * People mask account and region before they paste: `XXXX.dkr.ecr.eu-west-1.amazonaws.com`. The end of the name stays.
 */
const masked =
  /(^|\.)dkr[.-]ecr(-fips)?\.[\w*<>.-]*\b(amazonaws\.(com|eu)|on\.aws|amazonwebservices\.com)(\.cn)?$|\.dkr[.-]ecr(-fips)?\.[\w.-]+\.(c2s\.ic|sc2s\.sgov|csp\.hci\.ic)\.gov$/;
const layers = /(^|[.-])starport-layer-bucket\b/;
const s3 = /(^|\.)s3([.-][a-z0-9*<>_-]+)*\.amazonaws\.com(\.cn)?$/;
const apis = /^(api\.)?ecr(-public|-fips)?\.[\w.*<>-]*(amazonaws|api\.aws|amazonwebservices)/;

export const isPrivate: Of = host => host !== undefined && (parseAddress(host)?.registry.service === 'ecr' || masked.test(host));
export const isPublic: Of = host => host !== undefined && parseAddress(host)?.registry.service === 'ecr-public';
export const isRegistry: Of = host => isPrivate(host) || isPublic(host);

/** Where ECR's layers lie: `prod-REGION-starport-layer-bucket` (ECR user guide, VPC endpoints). */
export const isLayers: Of = host => host !== undefined && layers.test(host);
/** Any bucket. */
export const isS3: Of = host => host !== undefined && (s3.test(host) || layers.test(host));
/** What gives tokens of ECR. */
export const isApi: Of = host => host !== undefined && apis.test(host);
export const isSts: Of = host => host !== undefined && /^sts[.-][\w.*<>-]*amazonaws/.test(host);
export const isLambda: Of = host => host !== undefined && /^lambda\.[\w.*<>-]*amazonaws/.test(host);
/** All that a token and a pull need of AWS. Much else ends in amazonaws.com: databases, buckets of everybody. */
export const isAws: Of = host => [isRegistry, isLayers, isApi, isSts, isLambda].some(of => of(host));
/** A private registry, or what it is asked through. */
export const isEcr: Of = host => isRegistry(host) || isApi(host);

/** As `of`, and a text that names no host at all is taken. */
export const orUnsaid =
  (of: Of): Of =>
  (host, nearby) =>
    (host ?? nearby) === undefined || of(host ?? nearby);
