import { containerUri, type Env, keyVariables } from '../aws/variables.ts';
import { credentialsIn } from './ini.ts';
import type { Section, Shared } from './shared.ts';

/** Why a profile visibly gives no keys, as the rest of a sentence that begins with it. undefined: it may give some. */
export function lackOf(name: string, shared: Shared, env: Env): string | undefined {
  const lineage = shared.lineage(name);
  for (const one of lineage) {
    const section = shared.profile(one);
    const lack = section ? (lackIn(section) ?? lackOfSso(section, shared) ?? lackAround(section, env)) : absence(one, shared);
    if (lack) return one === name ? lack : `builds upon the profile "${one}", which ${lack}`;
  }
  // The lineage ends at a profile without a source, or before one that would come a second time.
  const again = shared.profile(lineage.at(-1) ?? name)?.['source_profile'];
  return again === undefined || hasBoth(shared.profile(again)) ? undefined : 'leads back to itself by source_profile';
}

/** Why a profile is missing. A person who reads the file may see its header, spelled differently. */
const absence = (name: string, { odd, files }: Shared): string =>
  files.some(({ hidden }) => hidden)
    ? 'is in no file that can be read'
    : name !== name.trim()
      ? 'is in no file: its name begins or ends with a blank'
      : odd(name).some(({ section }) => section.toLowerCase() === name.toLowerCase())
        ? 'is in no file in that spelling'
        : 'is in no file';

const ofAccount = ['sso_account_id', 'sso_role_name'];
const ofSession = ['sso_region', 'sso_start_url'];

/** What the SSO settings of a profile lack, where it has no other kind of credentials. */
const lackOfSso = (section: Section, shared: Shared): string | undefined =>
  credentialsIn(section).every(option => option.startsWith('sso_')) ? flawOfSso(section, shared) : undefined;

/** What is wrong with the SSO settings of a profile, as the rest of a sentence that begins with it. */
export function flawOfSso(section: Section, { section: sectionOf, paths }: Pick<Shared, 'section' | 'paths'>): string | undefined {
  const { sso_session: name } = section;
  const session = name === undefined ? {} : sectionOf('sso-session', name);
  if (name !== undefined && Object.keys(session).length === 0)
    return `has sso_session = ${name}, and ${paths.configFilepath} has no [sso-session ${name}]`;
  const missing = [...ofAccount.filter(option => !section[option]), ...ofSession.filter(option => !section[option] && !session[option])];
  return missing.length > 0 ? `has settings of SSO without ${missing.join(' and ')}` : undefined;
}

const sources = ['Environment', 'Ec2InstanceMetadata', 'EcsContainer'];

/** Why there are no keys in the place from which a profile borrows them. */
function lackAround({ credential_source: source }: Section, env: Env): string | undefined {
  const [missing] = [keyVariables.id, keyVariables.secret].filter(name => !env[name]);
  if (source === 'Environment' && missing)
    return `takes the keys of the environment (credential_source), and ${missing} is not set${env[`${missing}_FILE`] ? '; its file does not count there' : ''}`;
  return source === 'EcsContainer' && !containerUri(env)
    ? 'takes the keys of a container (credential_source), and AWS_CONTAINER_CREDENTIALS_FULL_URI and ..._RELATIVE_URI are not set'
    : undefined;
}

/** Whether a section has an access key without its secret, or the secret alone. */
export const hasHalf = ({ aws_access_key_id: id, aws_secret_access_key: secret }: Section): boolean =>
  (id === undefined) !== (secret === undefined);

/** Whether a section has an access key and its secret. */
export const hasBoth = (section: Section | undefined): boolean =>
  Boolean(section?.['aws_access_key_id'] && section['aws_secret_access_key']);

function lackIn(section: Section): string | undefined {
  const found = credentialsIn(section);
  if (found.length === 0) return 'names no credentials';
  if (hasBoth(section)) return undefined;
  const from = ['source_profile', 'credential_source', 'web_identity_token_file'].some(option => section[option] !== undefined);
  // The SDK takes these without the role.
  const others = found.some(option => /^(credential_process$|sso_|login_session$)/.test(option));
  if (section['role_arn'] !== undefined && !from && !others) return 'has role_arn without source_profile or credential_source';
  if (section['source_profile'] !== undefined && section['credential_source'] !== undefined)
    return 'has both source_profile and credential_source: keep one';
  if (section['credential_source'] !== undefined && !sources.includes(section['credential_source']))
    return `has a credential_source that is none of ${sources.join(', ')}`;
  if (from && section['mfa_serial'] !== undefined && section['role_arn'] !== undefined && section['web_identity_token_file'] === undefined)
    return 'has mfa_serial, and nobody is here to type its code';
  if (found.every(option => option === 'source_profile' || option === 'web_identity_token_file'))
    return `has ${found.join(' and ')} without role_arn`;
  if (found.every(option => option === 'aws_access_key_id')) return 'has aws_access_key_id without aws_secret_access_key';
  return found.every(option => option === 'aws_secret_access_key') ? 'has aws_secret_access_key without aws_access_key_id' : undefined;
}
