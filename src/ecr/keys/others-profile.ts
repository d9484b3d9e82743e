import { containerVariable, fileVariables, formOf, keyVariables } from '../aws/variables.ts';
import { profilesIn } from './ini.ts';
import { flawOfSso, hasBoth, hasHalf } from './lack.ts';
import type { Section, Shared } from './shared.ts';
import { instance, keysOf, nothing, type Surroundings, type Taken, theContainer, theMachine } from './taken.ts';

/** Kinds of credentials in a profile. role: assumed with the keys of another profile or place. */
type Kind = 'role' | 'keys' | 'web identity' | 'credential process' | 'SSO' | 'login';

/** How a tool reads profiles. */
interface Rules {
  readonly shared: Pick<Shared, 'section' | 'paths'>;
  profile(name: string): Section | undefined;
  /** The kind of credentials in a profile that counts. undefined: there are none. */
  kindOf(name: string, section: Section, depth: 'first' | 'source'): Kind | undefined;
  /** Why credentials of that kind are unusable, as the rest of a sentence that begins with the profile. */
  flawOf?(kind: Kind, section: Section, name: string): string | undefined;
  /** Whether the tool finds half of a key in the file that counts for it. It does not join halves of two files. */
  readonly isHalf?: (name: string) => boolean;
  /** The identity that a `credential_source` stands for. */
  placeOf(source: string): Taken;
  /** Whether the tool asks for the MFA code that a role requires, or refuses such a role. */
  readonly code: 'asked' | 'refused';
  /**
   * The fallback of a tool that assumes the role of a profile with any keys in that profile, else with those of the
   * machine.
   */
  readonly bare?: () => Taken;
}

const needsCode = 'the role wants the code of a device (mfa_serial), and nobody can be asked for it';

/** The identity that a tool takes from a profile. */
export function ofProfile(name: string, rules: Rules, seen: readonly string[] = []): Taken {
  const section = rules.profile(name);
  if (!section) return { fails: `there is no profile "${name}"` };
  const kind = rules.kindOf(name, section, seen.length > 0 ? 'source' : 'first');
  const flaw = kind && rules.flawOf?.(kind, section, name);
  if (flaw) return { fails: `the profile "${name}" ${flaw}` };
  if (kind === 'role') return assumed(section, sourceOf(name, section, rules, seen), rules);
  const own: Taken | undefined =
    kind === undefined
      ? rules.bare?.()
      : kind === 'web identity'
        ? {
            id: `web identity ${section['web_identity_token_file']} ${section['role_arn']}`,
            words: `the web identity of the profile "${name}"`,
          }
        : { id: `${kind} of profile ${name}`, words: `the ${kind} of the profile "${name}"` };
  if (!own) return { fails: `the profile "${name}" names no credentials` };
  const isBare = rules.bare && kind !== 'web identity' && section['role_arn'] !== undefined && !seen.includes(name);
  return isBare ? assumed(section, own, rules) : own;
}

function sourceOf(name: string, section: Section, rules: Rules, seen: readonly string[]): Taken {
  const { source_profile: source, credential_source: place } = section;
  if (source !== undefined && place !== undefined) return { fails: `the profile "${name}" has both source_profile and credential_source` };
  if (place !== undefined) return rules.placeOf(place);
  if (source === undefined) return { fails: `the profile "${name}" has role_arn without source_profile or credential_source` };
  const isLoop = [...seen, name].includes(source) && !(source === name && hasBoth(section));
  return isLoop ? { fails: `the profile "${name}" leads back to itself by source_profile` } : ofProfile(source, rules, [...seen, name]);
}

function assumed({ role_arn: role, mfa_serial: device }: Section, by: Taken, { code }: Rules): Taken {
  if ('fails' in by) return by;
  if (device && code === 'refused') return { fails: needsCode };
  return { id: `${role} by ${by.id}`, words: `the role ${role} by ${by.words}` };
}

const hasSso = (section: Section): boolean => Object.keys(section).some(option => option.startsWith('sso_'));

/** The first kind of the list that is present. */
const firstOf = (kinds: readonly (readonly [Kind, boolean])[]): Kind | undefined => kinds.find(([, isThere]) => isThere)?.[0];

/** What this SDK takes of a profile (@aws-sdk/credential-provider-ini 3.972). */
export const kindForCourier = (section: Section, depth: 'first' | 'source'): Kind | undefined =>
  firstOf([
    ['keys', depth === 'source' && hasBoth(section)],
    ['role', section['role_arn'] !== undefined && (section['source_profile'] ?? section['credential_source']) !== undefined],
    ['keys', hasBoth(section)],
    ['web identity', Boolean(section['web_identity_token_file'] && section['role_arn'])],
    ['credential process', section['credential_process'] !== undefined],
    ['SSO', hasSso(section)],
    ['login', section['login_session'] !== undefined],
  ]);

export const courierRules = (around: Surroundings): Rules => ({
  shared: around.shared,
  profile: name => around.shared.profile(name),
  kindOf: (_, section, depth) => kindForCourier(section, depth),
  placeOf: source => (source === 'Environment' && !around.env[keyVariables.id] ? nothing : placeOf(source, around, 'courier')),
  code: 'refused',
});

/** botocore 1.43 and 1.44: create_credential_resolver, ProfileProviderBuilder */
export const cliRules = (around: Surroundings): Rules => ({
  shared: around.shared,
  profile: name => around.shared.profile(name),
  kindOf(name, section, depth) {
    const { aws_access_key_id: id, aws_secret_access_key: secret } = section;
    const assumes = section['role_arn'] !== undefined && section['web_identity_token_file'] === undefined;
    const isFirst = depth === 'first' || (id ?? secret) === undefined;
    return firstOf([
      ['role', assumes && isFirst],
      ['web identity', section['web_identity_token_file'] !== undefined],
      ['SSO', (section['sso_role_name'] ?? section['sso_account_id']) !== undefined],
      ['keys', around.shared.part('credentials', name)?.['aws_access_key_id'] !== undefined],
      ['login', section['login_session'] !== undefined],
      ['credential process', section['credential_process'] !== undefined],
      ['keys', id !== undefined],
    ]);
  },
  flawOf(kind, section, name) {
    if (kind === 'SSO') return flawOfSso(section, around.shared);
    if (kind === 'web identity' && section['role_arn'] === undefined) return 'has web_identity_token_file without role_arn';
    const parts = [around.shared.part('credentials', name), around.shared.part('config', name)];
    const holder = parts.find(part => part?.['aws_access_key_id'] !== undefined);
    return kind === 'keys' && !hasBoth(holder) ? 'has half of a key' : undefined;
  },
  placeOf: source => placeOf(source, around, 'cli'),
  code: 'asked',
});

/** aws-sdk-go-v2/config 1.32: resolveCredsFromProfile */
export function goRules(around: Surroundings): Rules {
  const { env, shared } = around;
  // The values of the credentials file win.
  const read = shared.files.filter(({ kind }) => !env[fileVariables[kind]]?.startsWith('~')).toReversed();
  // A byte order mark hides the first header and the section below it.
  const isLost = (text: string, kind: 'credentials' | 'config', name: string): boolean =>
    text.startsWith('\uFEFF') && profilesIn(text.slice(1), kind)[0] === name;
  const partsOf = (name: string): Section[] =>
    read.flatMap(({ kind, text }) => (isLost(text, kind, name) ? [] : [shared.part(kind, name)])).filter(part => part !== undefined);
  return {
    shared,
    // The last file that has the profile decides.
    isHalf: name => partsOf(name).slice(-1).some(hasHalf),
    profile(name) {
      const parts = partsOf(name);
      return parts.length > 0 ? Object.assign({}, ...parts) : undefined;
    },
    kindOf: (_, section, depth) =>
      firstOf([
        ['keys', depth === 'source' && hasBoth(section)],
        ['role', (section['source_profile'] ?? (hasBoth(section) ? undefined : section['credential_source'])) !== undefined],
        ['keys', hasBoth(section)],
        ['web identity', section['web_identity_token_file'] !== undefined],
        ['SSO', hasSso(section)],
        ['login', section['login_session'] !== undefined],
        ['credential process', section['credential_process'] !== undefined],
      ]),
    placeOf: source => placeOf(source, around, 'go'),
    code: 'refused',
    bare: () => theMachine(around, 'go'),
  };
}

const kindsOfGo = ['source_profile', 'credential_source', 'credential_process', 'web_identity_token_file'];

/** Why a Go tool fails while it reads a profile, whatever other keys there are. undefined: it does not fail. */
export function goRefuses(name: string, rules: Rules, seen: readonly string[] = []): string | undefined {
  const section = rules.profile(name);
  if (!section) return seen.length > 0 ? `there is no profile "${name}"` : undefined;
  const { role_arn: role, source_profile: source } = section;
  if (rules.isHalf?.(name)) return `the profile "${name}" has half of a key`;
  const kinds = kindsOfGo.filter(option => section[option] !== undefined);
  const needsRole = kinds.filter(option => option !== 'credential_process');
  if (!seen.includes(name) && needsRole.length > 0 && role === undefined)
    return `the profile "${name}" has ${needsRole[0]} without role_arn`;
  if (seen.length > 0 && hasBoth(section)) return undefined;
  if (kinds.length > 1) return `the profile "${name}" has both ${kinds[0]} and ${kinds[1]}`;
  const { sso_session: session } = section;
  if (session !== undefined && Object.keys(rules.shared.section('sso-session', session)).length === 0)
    return `the profile "${name}" names an SSO session that is not there`;
  if (source === undefined) return undefined;
  if ([...seen, name].includes(source) && !(source === name && hasBoth(section)))
    return `the profile "${name}" leads back to itself by source_profile`;
  const refused = goRefuses(source, rules, [...seen, name]);
  const from = rules.profile(source) ?? {};
  const gives = hasBoth(from) || hasSso(from) || kindsOfGo.some(option => from[option] !== undefined);
  return refused ?? (gives ? undefined : `the profile "${source}" names no credentials`);
}

function placeOf(source: string, around: Surroundings, who: 'courier' | 'cli' | 'go'): Taken {
  if (source === 'EcsContainer') return containerVariable(around.env) ? theContainer : nothing;
  if (source === 'Ec2InstanceMetadata') return instance(around, who);
  if (source !== 'Environment') return { fails: `${source} is not a credential_source` };
  const form = formOf(keyVariables.id, around.env);
  return form === keyVariables.id && around.env[keyVariables.secret] ? keysOf(form) : nothing;
}
