import { Failure } from '../contract/failures.ts';
import type { Registry } from '../contract/registry.ts';
import { cannotRun } from './command.ts';
import { apiOf, type Own, settingsOf } from './endpoints.ts';
import { halfKeys } from './environment.ts';
import { credentialsIn } from './ini.ts';
import { lackOf } from './lack.ts';
import { readShared, type Section, type Shared } from './shared.ts';
import { type Env, fileVariables, formOf, keyVariables, namedProfile } from './variables.ts';

/** What a source says of where its keys are, and of addresses. */
type Naming = Own & { readonly service?: Registry['service'] | undefined };

/** The environment, as far as one source looks at it. */
interface View {
  readonly source: Naming;
  readonly env: Env;
  /** In milliseconds since the epoch. */
  readonly now: number;
  readonly shared: Shared;
  /** Of the source, else of AWS_PROFILE. */
  readonly named: string | undefined;
  readonly byVariable: boolean;
  /** Of the named profile, else of the default one. */
  readonly section: Section | undefined;
}
/** A sentence for people; undefined where all is plain. */
type Note = (view: View) => string | undefined;

/**
 * What a person should know of the environment before anything fails: where the AWS tools take different identities,
 * what is not read as it is meant, and what was taken in its place by former versions. Reads ~/.aws, asks nobody.
 */
export async function environmentNotes(sources: readonly Naming[], env: Env, now: number): Promise<readonly string[]> {
  const shared = await readShared(env);
  const views = sources.map((source): View => {
    const { profile } = source;
    const named = namedProfile(profile, env);
    return { source, env, now, shared, named, byVariable: !profile && named !== undefined, section: shared.profile(named ?? 'default') };
  });
  const found = views.flatMap(view => [...disagreements, ...changes, misnamed].map(note => note(view)));
  const odd = views.flatMap(({ named = 'default' }) => shared.odd(named).map(({ said }) => `${said}.`));
  const commands = await Promise.all(views.map(unusable));
  return [...new Set([...found, ...odd, ...views.map(disobeyed), ...commands].filter(said => said !== undefined))];
}

const hasKeys = (env: Env): boolean => formOf(keyVariables.id, env) !== undefined;
const sayProfile = ({ named, byVariable }: View): string => `the profile "${named ?? 'default'}"${byVariable ? ' of AWS_PROFILE' : ''}`;
const namesCredentials = ({ section }: View): boolean => credentialsIn(section ?? {}).length > 0;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * Where other tools take another identity: seen with botocore 1.44 (aws-cli) and aws-sdk-go-v2 1.41
 * (docker-credential-ecr-login).
 */
const disagreements: readonly Note[] = [
  view => {
    if (!view.byVariable || !view.env['AWS_ACCESS_KEY_ID']) return undefined;
    const others = view.section?.['credential_source'] === 'Environment' ? 'aws-cli takes' : 'aws-cli and the Go tools take';
    return `AWS_PROFILE and AWS_ACCESS_KEY_ID are both set: the courier takes ${sayProfile(view)}, ${others} the keys as they are. Remove one of the two.`;
  },
  view =>
    view.env['AWS_WEB_IDENTITY_TOKEN_FILE'] && (view.byVariable || (!view.named && !hasKeys(view.env) && namesCredentials(view)))
      ? `The courier takes ${sayProfile(view)} before the web identity of AWS_WEB_IDENTITY_TOKEN_FILE; aws-cli and the Go tools take the web identity. Remove one of the two.`
      : undefined,
  ({ env, named }) =>
    env['AWS_DEFAULT_PROFILE'] && env['AWS_DEFAULT_PROFILE'] !== (named ?? 'default') && (named ?? !env['AWS_ACCESS_KEY_ID'])
      ? 'AWS_DEFAULT_PROFILE is not read by the courier, only by aws-cli and the Go tools. Set AWS_PROFILE.'
      : undefined,
  ({ env }) => (env['AWS_PROFILE'] === '' ? 'AWS_PROFILE is empty: that counts as unset here, and aws-cli refuses it.' : undefined),
  ({ env, named }) =>
    !named && hasKeys(env) && env['AWS_SECURITY_TOKEN'] && !env['AWS_SESSION_TOKEN']
      ? 'AWS_SECURITY_TOKEN is read by aws-cli alone: set AWS_SESSION_TOKEN.'
      : undefined,
  ({ env, named, now }) =>
    !named && hasKeys(env) && Date.parse(env['AWS_CREDENTIAL_EXPIRATION'] ?? '') < now
      ? 'AWS_CREDENTIAL_EXPIRATION is past: aws-cli refuses these keys, the courier tries them. Give it new ones.'
      : undefined,
  ({ env, named }) => {
    const secret = named || hasKeys(env) ? undefined : formOf(keyVariables.secret, env);
    return (
      secret &&
      `${secret} is set, but AWS_ACCESS_KEY_ID is not: the secret is not used, and another identity may be taken. Set both, or none.`
    );
  },
  ({ env }) =>
    !hasKeys(env) && (env['AWS_ACCESS_KEY'] ?? env['AWS_SECRET_KEY'])
      ? 'AWS_ACCESS_KEY and AWS_SECRET_KEY are read by the Go tools alone: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.'
      : undefined,
  ({ env }) => {
    const variable = ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'].find(name => env[name]?.startsWith('~'));
    return variable && `${variable} begins with ~, which the Go tools do not understand. Write the whole path.`;
  },
  view =>
    view.section?.['web_identity_token_file'] && (view.section['aws_access_key_id'] ?? view.section['source_profile'])
      ? `${capital(sayProfile(view))} names a web identity beside other keys: the courier takes the other keys, aws-cli takes the web identity. Remove one of the two.`
      : undefined,
];

/** What former versions went on from to the next place, which was another identity. */
const changes: readonly Note[] = [
  view => {
    const meant = view.named !== undefined || (!hasKeys(view.env) && namesCredentials(view));
    const lack = meant ? lackOf(view.named ?? 'default', view.shared) : undefined;
    return (
      lack &&
      `${capital(sayProfile(view))} ${lack}. Former versions took another identity in its place, such as the role of the machine; now none is taken. Mend the profile${view.named === undefined ? '' : ', or do not name it'}.`
    );
  },
  ({ env, named }) =>
    !named && hasKeys(env) && halfKeys(env)
      ? `${halfKeys(env)}. Former versions took another identity then; now none is taken. Set both, or none.`
      : undefined,
  view =>
    !view.named && !hasKeys(view.env) && !namesCredentials(view) && view.env['AWS_WEB_IDENTITY_TOKEN_FILE'] && !view.env['AWS_ROLE_ARN']
      ? 'AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN. Former versions took another identity then; now none is taken. Set both, or none.'
      : undefined,
  ({ shared, env, named }) => {
    const hidden = shared.files.find(file => file.hidden);
    return hidden && !named && !hasKeys(env)
      ? `${hidden.path} ${hidden.problem}. Former versions took another identity then; now none is taken. ${hidden.remedy ?? 'Let the courier read it.'}`
      : undefined;
  },
];

/** A file that somebody named and that is not there: what is in none of them is not missed. */
function misnamed({ env, shared, named }: View): string | undefined {
  const missing = shared.files.find(({ kind, problem, hidden }) => problem !== undefined && !hidden && env[fileVariables[kind]]);
  return missing && !named && !hasKeys(env)
    ? `${fileVariables[missing.kind]} names ${missing.path}, which ${missing.problem}: it counts as empty, and another identity may be taken.`
    : undefined;
}

/** A setting that fails with the first fetch, or two that contradict each other. */
function disobeyed({ source, env, shared }: View): string | undefined {
  const registry = { service: source.service ?? 'ecr', region: 'us-east-1', fips: false, dualStack: false } as const;
  try {
    settingsOf(source, registry, env, shared).address(apiOf(registry), registry.region);
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${error.message} ${error.remedy}`;
  }
}

/** A credential process that cannot run here is named before it is needed. */
async function unusable(view: View): Promise<string | undefined> {
  const line = view.section?.['credential_process'];
  const why = line && (await cannotRun(line));
  return why && `${capital(sayProfile(view))}: ${why}.`;
}
