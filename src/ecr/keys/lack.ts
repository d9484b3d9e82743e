import { credentialsIn } from './ini.ts';
import type { Section, Shared } from './shared.ts';

/** Why a profile can visibly give no keys, as the rest of a sentence that begins with it; undefined where it may. */
export function lackOf(name: string, shared: Shared): string | undefined {
  const lineage = shared.lineage(name);
  for (const one of lineage) {
    const section = shared.profile(one);
    const lack = lackIn(section) ?? lostSession(section ?? {}, shared);
    if (lack) return one === name ? lack : `builds upon the profile "${one}", which ${lack}`;
  }
  // The lineage ends where a profile has no source, or where one comes a second time.
  const again = shared.profile(lineage.at(-1) ?? name)?.['source_profile'];
  return again === undefined || hasBoth(shared.profile(again)) ? undefined : 'leads back to itself by source_profile';
}

/** The SDK would fail on this in words of its own code. */
function lostSession(section: Section, { section: sectionOf, paths }: Shared): string | undefined {
  const { sso_session: session } = section;
  if (session === undefined || !credentialsIn(section).every(option => option.startsWith('sso_'))) return undefined;
  const isThere = Object.keys(sectionOf('sso-session', session)).length > 0;
  return isThere ? undefined : `has sso_session = ${session}, and ${paths.configFilepath} has no [sso-session ${session}]`;
}

/** An access key and its secret. */
export const hasBoth = (section: Section | undefined): boolean =>
  Boolean(section?.['aws_access_key_id'] && section['aws_secret_access_key']);

function lackIn(section: Section | undefined): string | undefined {
  if (!section) return 'is in no file';
  const found = credentialsIn(section);
  if (found.length === 0) return 'names no credentials';
  if (hasBoth(section)) return undefined;
  const from = ['source_profile', 'credential_source', 'web_identity_token_file'].some(option => section[option] !== undefined);
  if (section['role_arn'] !== undefined && !from) return 'has role_arn without source_profile or credential_source';
  if (section['source_profile'] !== undefined && section['credential_source'] !== undefined)
    return 'has both source_profile and credential_source: keep one';
  if (found.every(option => option === 'source_profile' || option === 'web_identity_token_file'))
    return `has ${found.join(' and ')} without role_arn`;
  if (found.every(option => option === 'aws_access_key_id')) return 'has aws_access_key_id without aws_secret_access_key';
  return found.every(option => option === 'aws_secret_access_key') ? 'has aws_secret_access_key without aws_access_key_id' : undefined;
}
