import { createHash } from 'node:crypto';
import type { Credential } from '../../contract/credential.ts';
import { Failure } from '../../contract/failures.ts';
import type { Registry } from '../../contract/registry.ts';
import { fipsAsked } from '../aws/endpoints.ts';
import { type Env, formOf, keyVariables, namedProfile, pathsOf } from '../aws/variables.ts';
import { isGiven } from '../sources/choice.ts';
import { halfKeys } from './environment.ts';
import { contentsOf, hiddenOf, wholeAddresses } from './hidden.ts';
import { describeIdentity, type IdentitySpec } from './identity.ts';
import type { WebToken } from './role.ts';

/** Whether a token ends with the session of the role that fetched it. */
export const endsWithSession = (env: Env): boolean => env['ECR_COURIER_TOKEN_ENDS_WITH_SESSION'] === 'true';

const switches = [
  'ECR_COURIER_TOKEN_ENDS_WITH_SESSION',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
];

/**
 * Throws MISCONFIGURED: whoever wrote `yes` would not learn that tokens are kept for longer, or do not come from FIPS.
 */
export function demandClearSwitches(env: Env): void {
  const unclear = switches.find(name => !['', 'true', 'false'].includes(env[name] ?? ''));
  if (unclear !== undefined)
    throw new Failure('MISCONFIGURED', `${unclear} is neither true nor false.`, { remedy: 'Write one of both, in lower case.' });
}

/** The files that decide whose keys are taken. */
export function identityFiles(env: Env): readonly string[] {
  const form = formOf(keyVariables.id, env);
  const keyFile = form === keyVariables.id || form === undefined ? undefined : env[form];
  return [...pathsOf(env), ...(keyFile ? [keyFile] : [])];
}

/**
 * Whether the environment has an access key without its secret, which is not an identity. Answers that were fetched
 * with a whole key belong to another one.
 */
export const hasHalfKeys = (spec: IdentitySpec, env: Env): boolean =>
  namedProfile(spec.profile, env) === undefined && formOf(keyVariables.id, env) !== undefined && halfKeys(env) !== undefined;

const noFiles = { AWS_CONFIG_FILE: '(no config)', AWS_SHARED_CREDENTIALS_FILE: '(no credentials)' };

/** The parts of a registry that the identity of an answer depends on. */
type AskedFor = Pick<Registry, 'service' | 'account' | 'fips'>;

/**
 * The identity of an answer: the source's description, and a digest of everything else that decides the answer. So a
 * changed profile is another identity, and so is another pod at the same address or a token file with other contents. A
 * function, command or file may give a token for one account alone, so the account counts there. A host that requires
 * FIPS gets no answer from another AWS address; plain and dual-stack names share theirs. Asks no server.
 */
export async function identityOf(spec: IdentitySpec, env: Env, registry: AskedFor): Promise<string> {
  const { account } = registry;
  const whose = isGiven(spec) && account !== undefined ? `, for account ${account}` : '';
  if (spec.file !== undefined) return `${describeIdentity(spec, env)}, holding ${digestOf([await contentsOf(spec.file)])}${whose}`;
  const files = await Promise.all(identityFiles(env).map(contentsOf));
  const texts = [...files, ...(await hiddenOf(spec, env, files))];
  // An answer that ends with the session ends earlier than others of the same identity.
  const end = `${endsWithSession(env) ? ', to the end of its session' : ''}${whose}${addressAsked(spec, env, registry, files)}`;
  // The paths of empty files make no difference: all users of a machine have its role.
  if (texts.every(text => text === '')) return `${describeIdentity(spec, { ...env, ...noFiles })}${end}`;
  return `${describeIdentity(spec, env)}, files ${digestOf(texts)}${end}`;
}

/**
 * The suffix for the kind of AWS address. Functions, commands and files are asked in the same way whatever the
 * registry's name.
 */
function addressAsked(spec: IdentitySpec, env: Env, registry: AskedFor, texts: readonly string[]): string {
  const fips = fipsAsked(spec, isGiven(spec) ? { ...registry, fips: false } : registry, env, texts);
  return { yes: ', by FIPS', no: ', not by FIPS', profile: '' }[fips];
}

/**
 * The `askedAs` of a credential that has just been fetched. It is missing where keys or files were changed during the
 * fetch, because then nobody can say which of them the credential belongs to.
 */
export async function unchanged(
  before: string | undefined,
  askedAs: () => Promise<string | undefined>,
): Promise<Pick<Credential, 'askedAs'>> {
  return before !== undefined && before === (await askedAs()) ? { askedAs: before } : {};
}

const digestOf = (texts: readonly string[]): string => createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);

/**
 * The identity of an answer that was fetched with a service account's token. It depends on the token itself, because
 * AWS may refuse the holder of another one. So images of one pod share an answer, and pods do not.
 */
export async function identityByToken({ roleArn, token }: WebToken, spec: IdentitySpec, env: Env, registry: AskedFor): Promise<string> {
  const secrets = [token.reveal(), ...wholeAddresses(spec, env)];
  const digest = createHash('sha256').update(JSON.stringify(secrets)).digest('hex').slice(0, 32);
  const files = await Promise.all(identityFiles(env).map(contentsOf));
  const address = addressAsked(spec, env, registry, files);
  // The source's own keys make no difference; its roles and addresses do.
  return `service account token ${digest} for ${roleArn.replaceAll(/\s/g, ' ')}, then the roles of: ${describeIdentity(spec, env)}${address}`;
}
