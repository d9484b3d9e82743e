import { capital } from '../../contract/text.ts';
import { type Env, fileVariables, formOf, keyVariables } from '../aws/variables.ts';
import { hasBoth, hasHalf } from './lack.ts';
import { compared, othersInWords, unreadFiles } from './others.ts';
import { sayProfile, type View } from './view.ts';

/**
 * Describes a case in which other tools take another identity than the courier, unless that looks intended. undefined:
 * there is none.
 */
export function disagreement(view: View): string | undefined {
  const { source, env, shared, named = 'default' } = view;
  // A profile of the source, or a file with keys, is set for the courier on purpose: other tools read neither.
  const isMeant = Boolean(source.profile) || (view.named === undefined && formOf(keyVariables.id, env) === `${keyVariables.id}_FILE`);
  if (isMeant || shared.odd(named).length > 0 || shared.files.some(({ hidden }) => hidden)) return undefined;
  const { courier, others } = compared({ env, now: view.now, shared });
  // Missing keys of the courier are reported elsewhere, with their reason.
  if ('fails' in courier || others.length === 0) return undefined;
  const cause = causes.find(({ applies }) => applies(view)) ?? manyKinds;
  return `${capital(cause.is(view))}: the courier takes ${courier.words}, ${othersInWords(others)}. ${cause.remedy}`;
}

/** A reason why tools disagree, and how to make them agree. */
interface Cause {
  applies(view: View): boolean;
  is(view: View): string;
  readonly remedy: string;
}

const isSet =
  (...names: readonly string[]) =>
  ({ env }: View): boolean =>
    names.every(name => Boolean(env[name]));
const oneOfThem = 'Remove one of the two.';

/** The first cause that applies is reported. */
const causes: readonly Cause[] = [
  {
    applies: ({ shared }) => unreadFiles(shared).length > 0,
    is: () => 'aws-cli cannot read a file of ~/.aws',
    remedy: 'Mend the file.',
  },
  {
    applies: view => splitIn(view) !== undefined,
    is: view => `a file of ~/.aws has half of the key of the profile "${splitIn(view)}"`,
    remedy: 'Write both halves into one file, and none into the other.',
  },
  {
    applies: ({ env }) => env['AWS_PROFILE'] === '' && !env['AWS_DEFAULT_PROFILE'],
    is: () => 'AWS_PROFILE is empty, which counts as unset here',
    remedy: 'Remove it.',
  },
  {
    applies: ({ env, named }) => Boolean(env['AWS_DEFAULT_PROFILE']) && env['AWS_DEFAULT_PROFILE'] !== (named ?? 'default'),
    is: () => 'AWS_DEFAULT_PROFILE is set, which the courier does not read',
    remedy: 'Set AWS_PROFILE alone.',
  },
  {
    // Without its keys, such a profile has none, so neither of the two can go.
    applies: view => isSet('AWS_PROFILE', 'AWS_ACCESS_KEY_ID')(view) && view.section?.['credential_source'] === 'Environment',
    is: view => `${sayProfile(view)} assumes a role with AWS_ACCESS_KEY_ID (credential_source)`,
    remedy: 'Put the keys into a profile of their own, and name that as its source_profile.',
  },
  {
    applies: isSet('AWS_PROFILE', 'AWS_ACCESS_KEY_ID'),
    is: () => 'AWS_PROFILE and AWS_ACCESS_KEY_ID are both set',
    remedy: oneOfThem,
  },
  {
    applies: ({ env, section }) => Boolean(env['AWS_ROLE_ARN'] && section?.['web_identity_token_file']),
    is: view => `AWS_ROLE_ARN is set, and ${sayProfile(view)} has a web identity with a role of its own`,
    remedy: 'Remove the variable.',
  },
  {
    applies: isSet('AWS_WEB_IDENTITY_TOKEN_FILE'),
    is: view => `AWS_WEB_IDENTITY_TOKEN_FILE is set, and ${sayProfile(view)} has keys`,
    remedy: oneOfThem,
  },
  {
    applies: isSet('AWS_ACCESS_KEY_ID', 'AWS_SECURITY_TOKEN'),
    is: () => 'AWS_SECURITY_TOKEN is set, which aws-cli alone reads',
    remedy: 'Set AWS_SESSION_TOKEN in its place.',
  },
  {
    applies: isSet('AWS_ACCESS_KEY_ID', 'AWS_CREDENTIAL_EXPIRATION'),
    is: () => 'AWS_CREDENTIAL_EXPIRATION is past',
    remedy: 'Give it new keys.',
  },
  {
    applies: ({ env }) => Boolean(env['AWS_ACCESS_KEY'] ?? env['AWS_SECRET_KEY']),
    is: () => 'AWS_ACCESS_KEY and AWS_SECRET_KEY are set, which the Go tools alone read',
    remedy: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  },
  {
    applies: ({ env }) => homely(env) !== undefined,
    is: ({ env }) => `${homely(env)} begins with ~, which the Go tools do not understand`,
    remedy: 'Write the whole path.',
  },
];

/** The profile whose key this SDK joins from two files. */
const splitIn = ({ shared: { lineage, profile, part }, named = 'default' }: View): string | undefined =>
  lineage(named).find(name => hasBoth(profile(name)) && (['credentials', 'config'] as const).some(kind => hasHalf(part(kind, name) ?? {})));

const homely = (env: Env): string | undefined => Object.values(fileVariables).find(name => env[name]?.startsWith('~'));

const manyKinds: Omit<Cause, 'applies'> = {
  is: view => `${sayProfile(view)} names several kinds of credentials`,
  remedy: 'Keep one kind.',
};
