/** A line of a shared AWS file that the SDK does not read as it is meant. */
export interface Oddity {
  /** The profile that the line belongs to, or refers to. */
  readonly section: string;
  /** The place, what is wrong, and what to write. Never a value, which may be a key. */
  readonly said: string;
  /** The SDK reads lines of another profile as part of this one, so its keys may be the other's. */
  readonly mixed?: true;
}

/** A header with a prefix, as the SDK parses it (@smithy/core 3, parseIni). */
const prefixed = /^(?<prefix>[\w-]+)\s(?<quote>["'])?(?<name>[\w-@+.%:/]+)\k<quote>$/;
/** A name that the SDK accepts behind `profile`. */
const plainName = /^[\w-@+.%:/]+$/;

/** Options that are credentials, or say where credentials come from. The SDK knows the lower-case spelling alone. */
const credentialOptions = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'role_arn',
  'source_profile',
  'credential_source',
  'credential_process',
  'web_identity_token_file',
  'sso_session',
  'sso_start_url',
  'sso_region',
  'sso_account_id',
  'sso_role_name',
  'login_session',
];
const otherOptions = [
  'external_id',
  'role_session_name',
  'duration_seconds',
  'mfa_serial',
  'region',
  'ca_bundle',
  'endpoint_url',
  'services',
  'max_attempts',
  'retry_mode',
  'defaults_mode',
  'use_fips_endpoint',
  'use_dualstack_endpoint',
  'ignore_configured_endpoint_urls',
  'ec2_metadata_v1_disabled',
];
const known = new Set([...credentialOptions, ...otherOptions]);

/** The options of a section that are credentials or say where credentials come from, in any spelling. */
export const credentialsIn = (section: Readonly<Record<string, string | undefined>>): string[] =>
  Object.keys(section).filter(name => credentialOptions.includes(name.toLowerCase()));

/** The profiles that have a header, as the SDK reads headers. The SDK itself drops empty sections. */
export const profilesIn = (text: string, kind: 'credentials' | 'config'): string[] =>
  [...text.matchAll(/^\s*\[([^\]]*)\]/gm)].flatMap(([, header = '']) => readAs(header, kind) ?? []);

/** The lines that the SDK does not read as they are meant, each with the way to mend it. */
export function oddities(text: string, kind: 'credentials' | 'config', path: string): Oddity[] {
  const found: Oddity[] = [];
  /** The profile of the current line. undefined: above the first header. */
  let section: string | undefined;
  for (const [at, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const content = (line.split(/(?:^|\s)[;#]/)[0] ?? '').trim();
    const place = `${path}, line ${at + 1}`;
    const header = /^\[(.*)\]$/.exec(content)?.[1] ?? /^\[([^\]]*)/.exec(content)?.[1];
    const broken = content.endsWith(']') ? undefined : header;
    const wrong = header === undefined ? wrongOption(content, section) : broken === undefined ? wrongHeader(header, kind) : unended(header);
    // The SDK takes the lines that follow for part of the section above.
    if (broken !== undefined && section)
      found.push({ section, said: `${place}: ${unended(broken)}; what stands below is read as part of [${section}]`, mixed: true });
    if (header !== undefined) section = meant(header);
    if (wrong && section !== '') found.push({ section: section ?? 'default', said: `${place}: ${wrong}` });
  }
  return kind === 'config' ? [...found, ...droppedDefault(text, path)] : found;
}

/**
 * `[default]` with credentials beside `[profile default]`: the SDK drops the first, wherever it stands. aws-cli takes
 * the last of them.
 */
function droppedDefault(text: string, path: string): Oddity[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const headerOf = (line = ''): string | undefined => /^\s*\[([^\]]*)\]/.exec(line)?.[1];
  if (!lines.some(line => /^profile\s+default$/.test(headerOf(line) ?? ''))) return [];
  return lines.flatMap((line, at) => {
    if (headerOf(line) !== 'default') return [];
    const end = lines.findIndex((next, below) => below > at && headerOf(next) !== undefined);
    const options = lines.slice(at + 1, end < 0 ? undefined : end).map(one => /^\s*(\w+)\s*=/.exec(one)?.[1] ?? '');
    return options.some(option => credentialOptions.includes(option))
      ? [{ section: 'default', said: `${path}, line ${at + 1}: [default] is not read, as there is [profile default]: keep one of the two` }]
      : [];
  });
}

const unended = (header: string): string => `[${header.slice(0, 80)} is not read: end the line with ], or with a blank and a comment`;

/** The name of the profile that a header means, however it is spelled. Empty: it means no profile. */
function meant(header: string): string {
  const name = header.trim();
  if (/^(services|sso-session)\s/i.test(name)) return '';
  return name
    .replace(/^profile\s+/i, '')
    .replace(/^(["'])(.*)\1$/, '$2')
    .trim();
}

function wrongHeader(header: string, kind: 'credentials' | 'config'): string | undefined {
  const name = meant(header);
  if (/^default$/i.test(name) && name !== 'default') return `[${header}] is another profile than [default], which is in lower case`;
  if (!name || readAs(header, kind) === name) return undefined;
  const shown = `[${header.slice(0, 80)}] is not read`;
  if (!plainName.test(name))
    return `${shown}: a name may hold letters, digits and _-@+.%:/ alone, no blanks. Give the profile another name`;
  return `${shown}: write [${kind === 'credentials' || name === 'default' ? name : `profile ${name}`}]`;
}

/** The profile that the SDK takes a header for. undefined: none. */
function readAs(header: string, kind: 'credentials' | 'config'): string | undefined {
  const { prefix, name } = prefixed.exec(header)?.groups ?? {};
  if (prefix !== undefined) return kind === 'config' && prefix === 'profile' ? name : undefined;
  return kind === 'credentials' || header === 'default' ? header : undefined;
}

/** The sorted letters of a name, without doubled ones and separators. */
const lettersOf = (name: string): string =>
  name
    .replace(/[^a-z]/g, '')
    .replace(/(.)\1+/g, '$1')
    .split('')
    .sort()
    .join('');
/** Names that other programs use for these options. */
const otherNames = new Map([
  ['aws_access_key', 'aws_access_key_id'],
  ['aws_secret_key', 'aws_secret_access_key'],
]);

/** The credential option that a misspelled name stands for. */
const misspelled = (name: string): string | undefined =>
  otherNames.get(name) ?? credentialOptions.find(option => [name, `aws_${name}`].some(one => lettersOf(one) === lettersOf(option)));

/** What is wrong with the form of a line that is meant to set a credential option. */
function wrongLine(content: string): string | undefined {
  const [, word = '', after = ''] = /^([\w-]+)\s*(.*)$/.exec(content) ?? [];
  const [, exported = ''] = /^(?:export|set)\s+([\w-]+)\s*=/i.exec(content) ?? [];
  const isCredential = (name: string): boolean => credentialOptions.includes(name.toLowerCase());
  if (isCredential(exported)) return `${word} ${exported} is not read: write ${exported.toLowerCase()} = VALUE`;
  const isOption = /^[:=]/.test(after);
  if (!isOption) return isCredential(word) ? `${word} is not read: write ${word.toLowerCase()} = VALUE` : undefined;
  const meant = known.has(word.toLowerCase()) ? undefined : misspelled(word.toLowerCase());
  if (meant) return `${word} is not read: write ${meant}`;
  const second = isCredential(word) ? [...after.matchAll(/\s([\w-]+)\s*=/g)].map(([, name = '']) => name).find(isCredential) : undefined;
  return second && `${second} stands in the same line as ${word}: let it begin a line of its own`;
}

function wrongOption(content: string, section: string | undefined): string | undefined {
  const { option = '', sign = '', value = '' } = /^(?<option>[A-Za-z0-9_]+)\s*(?<sign>[:=])\s*(?<value>.*)$/.exec(content)?.groups ?? {};
  const lower = option.toLowerCase();
  const wrong = section === undefined ? undefined : wrongLine(content);
  if (wrong) return wrong;
  if (!known.has(lower)) return undefined;
  if (section === undefined && !credentialOptions.includes(lower)) return undefined;
  if (section === undefined) return `${option} stands above every profile: write [default] in a line above it`;
  if (sign === ':') return `${option} is not read: write ${lower} = VALUE, with = in the place of the colon`;
  if (option !== lower) return `${option} is not read: write ${lower} in lower case`;
  if (value === '' && credentialOptions.includes(lower)) return `${option} has no value`;
  return /^(["']).*\1$/.test(value) ? `the quotes around the value of ${option} are taken as part of it: take them away` : undefined;
}
