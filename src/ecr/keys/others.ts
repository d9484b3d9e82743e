import { formOf, keyVariables, namedProfile } from '../aws/variables.ts';
import { credentialsIn } from './ini.ts';
import { lackOf } from './lack.ts';
import { cliRules, courierRules, goRefuses, goRules, ofProfile } from './others-profile.ts';
import { unreadByPython } from './python-ini.ts';
import { keysOf, type Surroundings, type Taken, theMachine } from './taken.ts';

/** Other AWS tools, by the names that people use. */
export const tools = { cli: 'aws-cli', go: 'the Go tools' } as const;
type Tool = keyof typeof tools;

/** What a tool takes where the courier takes something else, or nothing. */
export interface Other {
  readonly tool: Tool;
  readonly takes: Taken;
}

/** The identity that the courier would take, and the tools that would take a different one. Does no I/O. */
export function compared(around: Surroundings): { readonly courier: Taken; readonly others: readonly Other[] } {
  const courier = courierTakes(around);
  const all: readonly Other[] = [
    { tool: 'cli', takes: cliTakes(around) },
    { tool: 'go', takes: goTakes(around) },
  ];
  return { courier, others: all.filter(({ takes }) => idOf(takes) !== idOf(courier)) };
}

/** Says which tool takes what, as the rest of a sentence. Tools that take the same are named together. */
export function othersInWords(others: readonly Other[]): string {
  const groups = Map.groupBy(others, ({ takes }) => ('fails' in takes ? `fail (${takes.fails})` : `take ${takes.words}`));
  return [...groups]
    .map(([does, ones]) => {
      const isOne = ones.length === 1 && ones[0]?.tool === 'cli';
      return `${ones.map(({ tool }) => tools[tool]).join(' and ')} ${isOne ? does.replace(/^\w+/, '$&s') : does}`;
    })
    .join(', ');
}

/** All failures compare equal: none of them yields keys. */
const idOf = (taken: Taken): string => ('id' in taken ? taken.id : 'none');

const webIdentity = (file: string, role: string | undefined): Taken =>
  role
    ? { id: `web identity ${file} ${role}`, words: `the web identity of AWS_WEB_IDENTITY_TOKEN_FILE for ${role}` }
    : { fails: 'AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not' };

/** The identity that the courier takes. It follows the order of `chain.ts`. */
export function courierTakes(around: Surroundings): Taken {
  const { env, shared, profile } = around;
  const named = namedProfile(profile, env);
  const form = formOf(keyVariables.id, env);
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file } = env;
  if (named === undefined) {
    if (form) return formOf(keyVariables.secret, env) ? keysOf(form) : { fails: `${form} is set without its secret` };
    if (credentialsIn(shared.profile('default') ?? {}).length === 0)
      return file ? webIdentity(file, env['AWS_ROLE_ARN']) : theMachine(around, 'courier');
  }
  const name = named ?? 'default';
  const lack = lackOf(name, shared, env);
  return lack ? { fails: `the profile "${name}" ${lack}` } : ofProfile(name, courierRules(around));
}

/** The shared files that aws-cli refuses, each with the reason. */
export const unreadFiles = ({ files }: Surroundings['shared']): string[] =>
  files.flatMap(({ path, text }) => {
    const why = unreadByPython(text);
    return why === undefined ? [] : `${path} ${why}`;
  });

/** The identity that aws-cli takes (botocore 1.43 and 1.44). AWS_DEFAULT_PROFILE comes before AWS_PROFILE. */
export function cliTakes(around: Surroundings): Taken {
  const { env, now, shared } = around;
  const broken = unreadFiles(shared)[0];
  if (broken) return { fails: broken };
  const named = env['AWS_DEFAULT_PROFILE'] ?? env['AWS_PROFILE'];
  if (named === '') return { fails: 'the name of the profile is empty' };
  if (named !== undefined && !shared.profile(named)) return { fails: `there is no profile "${named}"` };
  const { AWS_ACCESS_KEY_ID: id, AWS_SECURITY_TOKEN: token, AWS_WEB_IDENTITY_TOKEN_FILE: file } = env;
  if (id) {
    if (!env['AWS_SECRET_ACCESS_KEY']) return { fails: 'AWS_ACCESS_KEY_ID is set without its secret' };
    if (Date.parse(env['AWS_CREDENTIAL_EXPIRATION'] ?? '') < now) return { fails: 'AWS_CREDENTIAL_EXPIRATION is past' };
    const isOther = token !== undefined && token !== (env['AWS_SESSION_TOKEN'] ?? '');
    return isOther
      ? { id: 'AWS_SECURITY_TOKEN', words: 'the same keys with the session of AWS_SECURITY_TOKEN' }
      : keysOf('AWS_ACCESS_KEY_ID');
  }
  const name = named ?? 'default';
  const section = shared.profile(name) ?? {};
  // A role assumed with another profile's keys comes before the variable; everything else of a profile comes after it.
  const assumes = section['role_arn'] !== undefined && section['web_identity_token_file'] === undefined;
  if (file && !assumes) return webIdentity(file, env['AWS_ROLE_ARN'] ?? section['role_arn']);
  const { web_identity_token_file: own } = section;
  const { AWS_ROLE_ARN: role } = env;
  // The variable also comes before the role of the profile.
  if (own && role) return { id: `web identity ${own} ${role}`, words: `the web identity of the profile "${name}" for ${role}` };
  const rules = cliRules(around);
  // Options that mean nothing without role_arn, such as source_profile alone, count as no credentials.
  return rules.kindOf(name, section, 'first') === undefined ? theMachine(around, 'cli') : ofProfile(name, rules);
}

/**
 * The identity that the Go tools take (aws-sdk-go-v2 1.41). They know former names of the keys, and expand no tilde in
 * paths.
 */
export function goTakes(around: Surroundings): Taken {
  const { env } = around;
  const rules = goRules(around);
  const named = env['AWS_PROFILE'] || undefined;
  const name = named ?? (env['AWS_DEFAULT_PROFILE'] || 'default');
  if (named !== undefined && !rules.profile(named)) return { fails: `there is no profile "${named}"` };
  // A profile is read as a whole before anything else counts.
  const refused = goRefuses(name, rules);
  if (refused) return { fails: refused };
  const id = ['AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY'].find(variable => env[variable]);
  const secret = ['AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY'].find(variable => env[variable]);
  if (id && secret) return keysOf(id);
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file } = env;
  if (file) return webIdentity(file, env['AWS_ROLE_ARN']);
  return credentialsIn(rules.profile(name) ?? {}).length > 0 ? ofProfile(name, rules) : theMachine(around, 'go');
}
