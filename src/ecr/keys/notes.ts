import { Failure } from '../../contract/failures.ts';
import { capital } from '../../contract/text.ts';
import { apiAsked, settingsOf } from '../aws/endpoints.ts';
import { type Env, fileVariables, formOf, keyVariables, namedProfile } from '../aws/variables.ts';
import { asksAws } from '../sources/choice.ts';
import { cannotRun } from './command.ts';
import { disagreement } from './disagreements.ts';
import { halfKeys } from './environment.ts';
import { lackOf } from './lack.ts';
import { readShared } from './shared.ts';
import { hasKeys, type Naming, namesCredentials, sayProfile, type View } from './view.ts';

/** A sentence for people. undefined: there is nothing to say. */
type Note = (view: View) => string | undefined;

/**
 * What a person should know of the environment before anything fails: where AWS tools take different identities, what
 * is not read as it is meant, and where former versions took another identity. Reads ~/.aws and asks no server.
 */
export async function environmentNotes(sources: readonly Naming[], env: Env, now: number): Promise<readonly string[]> {
  const shared = await readShared(env);
  const views = sources.filter(asksAws).map((source): View => {
    const { profile } = source;
    const named = namedProfile(profile, env);
    return { source, env, now, shared, named, byVariable: !profile && named !== undefined, section: shared.profile(named ?? 'default') };
  });
  const found = views.flatMap(view => [disagreement, unread, unassumed, ...changes, misnamed].map(note => note(view)));
  const odd = views.flatMap(({ named = 'default' }) => shared.odd(named).map(({ said }) => `${said}.`));
  const commands = await Promise.all(views.map(unusable));
  return [...new Set([...found, ...odd, ...views.map(disobeyed), ...commands].filter(said => said !== undefined))];
}

/** A secret without an access key, which is not used. */
const unread: Note = ({ env, named }) => {
  const secret = named || hasKeys(env) ? undefined : formOf(keyVariables.secret, env);
  return (
    secret &&
    `${secret} is set, but AWS_ACCESS_KEY_ID is not: the secret is not used, and another identity may be taken. Set both, or none.`
  );
};

/** AWS_ROLE_ARN without a web identity token, which is not assumed. */
const unassumed: Note = ({ source, env, section }) =>
  env['AWS_ROLE_ARN'] && !env['AWS_WEB_IDENTITY_TOKEN_FILE'] && !section?.['web_identity_token_file'] && !source.roleArn && !source.roles
    ? 'AWS_ROLE_ARN is set, but AWS_WEB_IDENTITY_TOKEN_FILE is not: the AWS tools assume no role then. For a role that other keys open, set ECR_COURIER_ROLE_ARN.'
    : undefined;

/** Cases in which former versions went on to the next place, which was another identity. */
const changes: readonly Note[] = [
  view => {
    const meant = view.named !== undefined || (!hasKeys(view.env) && namesCredentials(view));
    const lack = meant ? lackOf(view.named ?? 'default', view.shared, view.env) : undefined;
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
  view => {
    const { shared, env, named } = view;
    const hidden = shared.files.find(file => file.hidden);
    if (!hidden || (!named && hasKeys(env))) return undefined;
    const what = namesCredentials(view)
      ? `: what it says of ${sayProfile(view)} does not count.`
      : named
        ? '.'
        : '. Former versions took another identity then; now none is taken.';
    return `${hidden.path} ${hidden.problem}${what} ${hidden.remedy ?? 'Let the courier read it.'}`;
  },
];

/** A shared file that a variable names but that is not there. It counts as empty, so another identity may be taken. */
function misnamed({ env, shared, named }: View): string | undefined {
  const missing = shared.files.find(({ kind, problem, hidden }) => problem !== undefined && !hidden && env[fileVariables[kind]]);
  return missing && !named && !hasKeys(env)
    ? `${fileVariables[missing.kind]} names ${missing.path}, which ${missing.problem}: it counts as empty, and another identity may be taken.`
    : undefined;
}

/** A setting that would fail the first fetch, or two that contradict each other. */
function disobeyed({ source, env, shared }: View): string | undefined {
  const registry = { service: source.service ?? 'ecr', region: 'us-east-1', fips: false, dualStack: false } as const;
  try {
    settingsOf(source, registry, env, shared).address(apiAsked(source), registry.region);
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${error.message} ${error.remedy}`;
  }
}

/** A credential process that cannot run here, reported before it is needed. */
async function unusable(view: View): Promise<string | undefined> {
  const line = view.section?.['credential_process'];
  const why = line && (await cannotRun(line));
  return why && `${capital(sayProfile(view))}: ${why}.`;
}
