import { readText } from '../../io/files.ts';
import { Unreadable } from '../../io/unreadable.ts';
import { apiAsked, endpointSetBy } from '../aws/endpoints.ts';
import { containerUri, type Env, formOf, keyVariables, namedProfile } from '../aws/variables.ts';
import type { IdentitySpec } from './identity.ts';

/** Larger ones are no configuration. */
const mostBytes = 1024 * 1024;

/** A file that cannot be read is another thing than an empty one. */
export const contentsOf = (path: string): Promise<string> =>
  readText(path, mostBytes).catch((error: unknown) => (error instanceof Unreadable && error.code !== 'ENOENT' ? error.code : ''));

/** Addresses of AWS that source and environment set, whole. Parts of them may be secret: only a digest may be shown. */
export function wholeAddresses(spec: IdentitySpec, env: Env): readonly string[] {
  const api = endpointSetBy(spec, apiAsked(spec), env);
  const sts = endpointSetBy({ endpoint: spec.stsEndpoint }, 'STS', env);
  return api || sts ? [api?.value ?? '', sts?.value ?? ''] : [];
}

/**
 * What decides whose keys are taken, and does not stand in `describeIdentity`, as it may be secret or tells people
 * nothing. Only a digest may be shown. `texts`: of the files that the AWS tools share.
 */
export async function hiddenOf(spec: IdentitySpec, env: Env, texts: readonly string[]): Promise<readonly string[]> {
  const addresses = wholeAddresses(spec, env);
  // Such a profile takes keys from where it is said: environment, container or machine.
  const borrows = texts.some(text => /credential_source/i.test(text));
  if (borrows) return [...addresses, env[keyVariables.id] ?? '', ...(await lender(env))];
  const isNamed = namedProfile(spec.profile, env) !== undefined || formOf(keyVariables.id, env) !== undefined;
  const isWeb = Boolean(env['AWS_WEB_IDENTITY_TOKEN_FILE'] && env['AWS_ROLE_ARN']);
  return isNamed || isWeb ? addresses : [...addresses, ...(await lender(env))];
}

/** Who lends keys without being configured. All pods of a cluster ask one address, and differ by their token. */
async function lender(env: Env): Promise<readonly string[]> {
  const uri = containerUri(env);
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token = '' } = env;
  if (uri) return [uri, file ? await contentsOf(file) : token];
  return [...metadataVariables.map(name => env[name] ?? ''), await contentsOf(bootIdFile)];
}

/** Variables that say whom to ask for the keys of this machine. */
export const metadataVariables = [
  'AWS_EC2_METADATA_DISABLED',
  'AWS_EC2_METADATA_SERVICE_ENDPOINT',
  'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE',
] as const;

/**
 * Tells machines apart that share a home, on Linux. Copies of a machine share /etc/machine-id, and containers have one
 * of their own, though the keys are those of their host.
 */
export const bootIdFile = '/proc/sys/kernel/random/boot_id';
