import { readText } from '../../io/files.ts';
import { Unreadable } from '../../io/unreadable.ts';
import { apiAsked, endpointSetBy } from '../aws/endpoints.ts';
import { containerUri, type Env, formOf, keyVariables, namedProfile } from '../aws/variables.ts';
import type { IdentitySpec } from './identity.ts';

/** The largest file that is read, in bytes. A larger one is not a configuration. */
const mostBytes = 1024 * 1024;

/**
 * The contents of a file, empty where it does not exist. A file that cannot be read yields its error code, so that it
 * differs from an empty one.
 */
export const contentsOf = (path: string): Promise<string> =>
  readText(path, mostBytes).catch((error: unknown) => (error instanceof Unreadable && error.code !== 'ENOENT' ? error.code : ''));

/** The AWS addresses that source and environment set, in full. Parts of them may be secret: show only a digest. */
export function wholeAddresses(spec: IdentitySpec, env: Env): readonly string[] {
  const api = endpointSetBy(spec, apiAsked(spec), env);
  const sts = endpointSetBy({ endpoint: spec.stsEndpoint }, 'STS', env);
  return api || sts ? [api?.value ?? '', sts?.value ?? ''] : [];
}

/**
 * Everything else that decides whose keys are taken. It is left out of `describeIdentity`, because it may be secret or
 * tells people nothing: show only a digest. `texts` are the contents of the files that the AWS tools share.
 */
export async function hiddenOf(spec: IdentitySpec, env: Env, texts: readonly string[]): Promise<readonly string[]> {
  const addresses = wholeAddresses(spec, env);
  // Such a profile borrows the keys of the environment, the container or the machine.
  const borrows = texts.some(text => /credential_source/i.test(text));
  if (borrows) return [...addresses, env[keyVariables.id] ?? '', ...(await lender(env))];
  const isNamed = namedProfile(spec.profile, env) !== undefined || formOf(keyVariables.id, env) !== undefined;
  const isWeb = Boolean(env['AWS_WEB_IDENTITY_TOKEN_FILE'] && env['AWS_ROLE_ARN']);
  return isNamed || isWeb ? addresses : [...addresses, ...(await lender(env))];
}

/**
 * What identifies the lender of keys where none are configured: the container's endpoint, else this machine. All pods
 * of a cluster use one address, and differ by their token.
 */
async function lender(env: Env): Promise<readonly string[]> {
  const uri = containerUri(env);
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token = '' } = env;
  if (uri) return [uri, file ? await contentsOf(file) : token];
  return [...metadataVariables.map(name => env[name] ?? ''), await contentsOf(bootIdFile)];
}

/** The variables that decide where the keys of this machine are requested. */
export const metadataVariables = [
  'AWS_EC2_METADATA_DISABLED',
  'AWS_EC2_METADATA_SERVICE_ENDPOINT',
  'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE',
] as const;

/**
 * Tells apart Linux machines that share a home directory. /etc/machine-id does not: copies of a machine share it, and
 * containers have one of their own, though their keys are those of the host.
 */
export const bootIdFile = '/proc/sys/kernel/random/boot_id';
