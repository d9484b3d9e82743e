import { containerUri, type Env, formOf, keyVariables, plainAddress } from '../aws/variables.ts';
import { assumersFor } from './assumers.ts';
import { programOf } from './command-line.ts';
import { seeWhy } from './container.ts';
import { handlerFor } from './handler.ts';
import { credentialsIn } from './ini.ts';
import { lackOf } from './lack.ts';
import { kindForCourier } from './others-profile.ts';
import { type Place, remedyOfFile, silent, type Walk } from './place.ts';
import { loadSdk } from './providers.ts';
import { loginIn, wordsOf } from './sdk-words.ts';
import { handTokens, type Shared } from './shared.ts';

/** The environment as a place that is skipped, because a profile is named. */
export function skippedEnvironment({ profile, env }: Walk): Place {
  const why = profile ? 'the source names a profile' : `AWS_PROFILE is set to ${env['AWS_PROFILE']}`;
  const form = formOf(keyVariables.id, env);
  const absent = `skipped, because ${why}; ${form ?? keyVariables.id} is ${form ? 'set' : 'not set'}`;
  return { name: 'environment', absent, because: '', keys: () => Promise.reject(new Error(absent)), shown: '' };
}

/**
 * The profile `default` where no profile is named. It counts if it is meant to hold credentials, in any spelling, or if
 * that cannot be known.
 */
export function defaultProfile(walk: Walk): Place {
  const { shared } = walk;
  const section = shared.profile('default');
  const place = profilePlace('default', walk);
  const named = credentialsIn(section ?? {});
  if (named.length > 0) return { ...place, because: `the profile "default" holds ${named.join(', ')}` };
  if (shared.odd('default').length > 0 || isHidden(shared)) return place;
  const why = section ? ['it names no credentials'] : ['there is no such profile', ...othersIn(shared)];
  const unread = walk.env['AWS_DEFAULT_PROFILE'] ? ['AWS_DEFAULT_PROFILE is set, but only AWS_PROFILE is read'] : [];
  return { ...place, absent: [...problemsOf(shared), ...why, ...unread].join('; ') };
}

/** The profile of this name, and no other identity: the SDK's own chain would go on to that of the machine. */
export function profilePlace(name: string, walk: Walk): Place {
  const { profile, env, shared, settings, commandEnv } = walk;
  const byVariable = !profile && Boolean(env['AWS_PROFILE']);
  const process = processOf(name, shared);
  const lender = borrowsOfContainer(name, shared) ? plainAddress(containerUri(env) ?? '') : undefined;
  const late = process?.late ?? (lender && seeWhy(lender));
  const { roles, from } = assumedBy(name, shared);
  const meant = byVariable ? `AWS_PROFILE is set to ${name}` : profile ? 'the source names it' : 'it may hold keys, as far as one can see';
  return {
    name: `profile "${name}"`,
    waiting: `the profile "${name}" (${process ? `its credential process ${process.program}` : lender ? `keys of ${lender}` : 'its SSO or role'})`,
    ...(late && { late }),
    async keys() {
      if (shared.odd(name).some(({ mixed }) => mixed)) throw new Error('lines of two profiles are mixed');
      const sdk = await loadSdk(commandEnv);
      await handTokens(shared.lineage(name).map(shared.profile), sdk.externalDataInterceptor);
      return await sdk.fromIni({
        profile: name,
        ...shared.paths,
        logger: silent,
        ...assumersFor(shared.profile(name)?.['region'], walk),
        // With its own limit, the SDK complains on the console and goes on waiting.
        ...(lender !== undefined && { timeout: 0 }),
        // No region here: it would replace that of an SSO session.
        clientConfig: {
          requestHandler: handlerFor(walk, sdk),
          logger: silent,
          maxAttempts: settings.patience.attempts,
          useFipsEndpoint: settings.switched.fips,
          useDualstackEndpoint: settings.switched.dualStack,
        },
      })();
    },
    because: [meant, ...from].join(', and '),
    roles,
    shown: `profile "${name}"${byVariable ? ' (AWS_PROFILE)' : profile ? ' (of the source)' : ''}`,
    explain: error => whyNone(name, error, shared, env),
    remedy(reason, error) {
      if (isHidden(shared))
        return [
          'Let the user of this process read the files named above.',
          ...new Set(shared.files.flatMap(file => file.remedy ?? [])),
        ].join(' ');
      const login = loginIn(reason);
      const mend = login
        ? `Run \`${login} --profile ${whoLogsIn(name, shared)}\` as the user of this process.`
        : reason.includes('credential_process failed')
          ? process?.late
          : remedyOfFile(error);
      return `${mend ?? 'Mend the profile.'} No other identity is taken in its place${byVariable ? ': for that, remove AWS_PROFILE' : ''}.`;
    },
  };
}

/**
 * The roles that a profile assumes, beginning at the root of its lineage, and the source profiles whose keys it uses.
 */
function assumedBy(name: string, shared: Shared): { readonly roles: readonly string[]; readonly from: readonly string[] } {
  const lineage = shared.lineage(name);
  const kinds = lineage.map((one, at) => kindForCourier(shared.profile(one) ?? {}, at === 0 ? 'first' : 'source'));
  const end = kinds.findIndex(kind => kind !== 'role');
  const used = end < 0 ? lineage : lineage.slice(0, end + 1);
  const assuming = used.filter((_, at) => kinds[at] === 'role' || kinds[at] === 'web identity');
  return {
    roles: assuming.flatMap(one => shared.profile(one)?.['role_arn'] ?? []).toReversed(),
    from: used.slice(1).map((source, at) => `the source profile of ${used[at]} is ${source}`),
  };
}

/** The credential process of a profile or of one that it builds upon, and what to do when the process does not end. */
function processOf(name: string, shared: Shared) {
  for (const profile of shared.lineage(name)) {
    const line = shared.profile(profile)?.['credential_process'];
    if (line === undefined) continue;
    const program = programOf(line);
    return {
      program,
      late: `Run the line of credential_process of the profile "${profile}" (${program}) as the user of this process and without a terminal: it must write the keys and end. A program that asks somebody, or opens a browser, cannot do that here.`,
    };
  }
  return undefined;
}

/** The profile of the lineage that has the session. `aws sso login` takes no other. */
const whoLogsIn = (name: string, { lineage, profile }: Shared): string =>
  lineage(name).find(one => Object.keys(profile(one) ?? {}).some(option => /^(sso_|login_session$)/.test(option))) ?? name;

const borrowsOfContainer = (name: string, { lineage, profile }: Shared): boolean =>
  lineage(name).some(one => profile(one)?.['credential_source'] === 'EcsContainer');

const isHidden = ({ files }: Shared): boolean => files.some(({ hidden }) => hidden);

const problemsOf = ({ files }: Shared): string[] =>
  files.flatMap(({ path, problem }) => (problem === undefined ? [] : `${path} ${problem}`));

/** The names of the profiles, in which a user can find a misspelled one. */
const othersIn = ({ names }: Shared): string[] => (names.length > 0 ? [`there are the profiles ${names.slice(0, 10).join(', ')}`] : []);

/** Why a profile gives no keys. The SDK's own words are used only where files and profile do not explain it. */
function whyNone(name: string, error: unknown, shared: Shared, env: Env): string {
  const section = shared.profile(name);
  const odd = shared.odd(name).map(({ said }) => said);
  // A misread header explains everything: the profile is in the file, but not for the SDK.
  if (!section && odd.length > 0) return [...problemsOf(shared), ...odd].join('; ');
  const lack = lackOf(name, shared, env);
  // Most profiles need only one of the two files.
  const isWhole = shared.lineage(name).every(one => shared.profile(one) !== undefined);
  const problems = isWhole && !isHidden(shared) ? [] : problemsOf(shared);
  return [...problems, ...odd, lack ? `it ${lack}` : wordsOf(error), ...(section ? [] : othersIn(shared))].join('; ');
}
