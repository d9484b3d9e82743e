import { createHash } from 'node:crypto';
import type { Credential } from '../../contract/credential.ts';
import type { Registry } from '../../contract/registry.ts';
import { fipsAsked } from '../aws/endpoints.ts';
import { type Env, formOf, keyVariables, namedProfile, pathsOf } from '../aws/variables.ts';
import { isGiven } from '../sources/choice.ts';
import { halfKeys } from './environment.ts';
import { contentsOf, hiddenOf, wholeAddresses } from './hidden.ts';
import { describeIdentity, type IdentitySpec } from './identity.ts';
import type { WebToken } from './role.ts';

/** Whether a token is to end with the session of the role that fetched it. */
export const endsWithSession = (env: Env): boolean => env['ECR_COURIER_TOKEN_ENDS_WITH_SESSION'] === 'true';

/** Files that say whose keys are taken. */
export function identityFiles(env: Env): readonly string[] {
  const form = formOf(keyVariables.id, env);
  const keyFile = form === keyVariables.id || form === undefined ? undefined : env[form];
  return [...pathsOf(env), ...(keyFile ? [keyFile] : [])];
}

/** Whether the environment has half a key, of which no identity comes. What a whole one has fetched is for another. */
export const hasHalfKeys = (spec: IdentitySpec, env: Env): boolean =>
  namedProfile(spec.profile, env) === undefined && formOf(keyVariables.id, env) !== undefined && halfKeys(env) !== undefined;

const noFiles = { AWS_CONFIG_FILE: '(no config)', AWS_SHARED_CREDENTIALS_FILE: '(no credentials)' };

/** What decides which answer is given for a registry, beside service and region. */
export type AskedFor = Pick<Registry, 'service' | 'account' | 'fips'>;

/**
 * The identity of an answer: as the source describes it, and a digest of all else that decides it. So a profile that is
 * changed is another one, as is another pod at the same address, or another content of the file of tokens. What
 * somebody else fetches may be for one account alone. Who has to use FIPS gets nothing that another address of AWS
 * gave; plain and dual-stack names share theirs. Asks nobody.
 */
export async function identityOf(spec: IdentitySpec, env: Env, registry: AskedFor): Promise<string> {
  const { account } = registry;
  const whose = isGiven(spec) && account !== undefined ? `, for account ${account}` : '';
  if (spec.file !== undefined) return `${describeIdentity(spec, env)}, holding ${digestOf([await contentsOf(spec.file)])}${whose}`;
  const files = await Promise.all(identityFiles(env).map(contentsOf));
  const texts = [...files, ...(await hiddenOf(spec, env, files))];
  // It ends earlier than another answer of the same identity.
  const end = `${endsWithSession(env) ? ', to the end of its session' : ''}${whose}${addressAsked(spec, env, registry, files)}`;
  // Where there is nothing in them it makes no difference where they would be: users of one machine have its role.
  if (texts.every(text => text === '')) return `${describeIdentity(spec, { ...env, ...noFiles })}${end}`;
  return `${describeIdentity(spec, env)}, files ${digestOf(texts)}${end}`;
}

/** Whoever is asked in the place of ECR has one address, whatever the name of the registry. */
function addressAsked(spec: IdentitySpec, env: Env, registry: AskedFor, texts: readonly string[]): string {
  const fips = fipsAsked(spec, isGiven(spec) ? { ...registry, fips: false } : registry, env, texts);
  return { yes: ', by FIPS', no: ', not by FIPS', profile: '' }[fips];
}

/**
 * What a credential says that has just been fetched: nothing where keys or files were changed meanwhile, as nobody can
 * say whose of them it is.
 */
export async function unchanged(
  before: string | undefined,
  askedAs: () => Promise<string | undefined>,
): Promise<Pick<Credential, 'askedAs'>> {
  return before !== undefined && before === (await askedAs()) ? { askedAs: before } : {};
}

const digestOf = (texts: readonly string[]): string => createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);

/**
 * The identity of an answer that a token of a service account opens. By the token itself: whoever has another one may
 * not be let in by AWS. So images of one pod share an answer, and pods do not.
 */
export async function identityByToken({ roleArn, token }: WebToken, spec: IdentitySpec, env: Env, registry: AskedFor): Promise<string> {
  const secrets = [token.reveal(), ...wholeAddresses(spec, env)];
  const digest = createHash('sha256').update(JSON.stringify(secrets)).digest('hex').slice(0, 32);
  const files = await Promise.all(identityFiles(env).map(contentsOf));
  const address = addressAsked(spec, env, registry, files);
  // Which keys the source would take makes no difference; its roles and addresses do.
  return `service account token ${digest} for ${roleArn.replaceAll(/\s/g, ' ')}, then the roles of: ${describeIdentity(spec, env)}${address}`;
}
