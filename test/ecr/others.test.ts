import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { environmentNotes } from '../../src/ecr/keys/notes.ts';
import { cliTakes, courierTakes, goTakes } from '../../src/ecr/keys/others.ts';
import { readShared } from '../../src/ecr/keys/shared.ts';
import type { Taken } from '../../src/ecr/keys/taken.ts';

const home = await mkdtemp(join(tmpdir(), 'courier-others-'));
after(() => rm(home, { recursive: true }));

const keys = 'aws_access_key_id = ID\naws_secret_access_key = SECRET\n';
const role = 'role_arn = arn:aws:iam::123456789012:role/r\n';
const arn = 'arn:aws:iam::123456789012:role/r';
const own = { AWS_ACCESS_KEY_ID: 'ID', AWS_SECRET_ACCESS_KEY: 'SECRET' };
const web = { AWS_WEB_IDENTITY_TOKEN_FILE: '/jwt', AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/irsa' };
const irsa = 'web identity /jwt arn:aws:iam::123456789012:role/irsa';
const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1/creds' };
const p = { AWS_PROFILE: 'p' };
const envKeys = 'keys of AWS_ACCESS_KEY_ID';
const of = (name: string, kind = 'keys'): string => `${kind} of profile ${name}`;

interface Row {
  /** The profile of the source. */
  readonly profile?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: string;
  readonly credentials?: string;
  /** The identity that the courier, aws-cli and the Go tools each take, or `fails`. One text where all three agree. */
  readonly take: string | readonly [courier: string, cli: string, go: string];
}

/**
 * Identities as recorded with one double of AWS and one environment for all three: the SDK of the courier, botocore
 * 1.44.8, aws-sdk-go-v2 1.41.2.
 */
const rows: Readonly<Record<string, Row>> = {
  'env keys + AWS_PROFILE static': { env: { ...own, ...p }, credentials: `[p]\n${keys}`, take: [of('p'), envKeys, envKeys] },
  'env keys + AWS_PROFILE not in files': { env: { ...own, ...p }, take: 'fails' },
  'env keys + AWS_PROFILE=""': { env: { ...own, AWS_PROFILE: '' }, take: [envKeys, 'fails', envKeys] },
  'env keys + AWS_PROFILE=default static': {
    env: { ...own, AWS_PROFILE: 'default' },
    credentials: `[default]\n${keys}`,
    take: [of('default'), envKeys, envKeys],
  },
  'env keys + [default] static': { env: own, credentials: `[default]\n${keys}`, take: envKeys },
  'env key id only + [default] static': {
    env: { AWS_ACCESS_KEY_ID: 'ID' },
    credentials: `[default]\n${keys}`,
    take: ['fails', 'fails', of('default')],
  },
  'env empty key id and secret + [default]': {
    env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    credentials: `[default]\n${keys}`,
    take: of('default'),
  },
  'AWS_DEFAULT_PROFILE=p only': {
    env: { AWS_DEFAULT_PROFILE: 'p' },
    credentials: `[default]\n${keys}[p]\n${keys}`,
    take: [of('default'), of('p'), of('p')],
  },
  'AWS_DEFAULT_PROFILE=a + AWS_PROFILE=b': {
    env: { AWS_DEFAULT_PROFILE: 'a', AWS_PROFILE: 'b' },
    credentials: `[a]\n${keys}[b]\n${keys}`,
    take: [of('b'), of('a'), of('b')],
  },
  'web identity env + [default] static': { env: web, credentials: `[default]\n${keys}`, take: [of('default'), irsa, irsa] },
  'web identity env + [default] with region only': { env: web, config: '[default]\nregion = eu-west-1\n', take: irsa },
  'web identity env + env keys': { env: { ...web, ...own }, take: envKeys },
  'web identity env + AWS_PROFILE static': { env: { ...web, ...p }, credentials: `[p]\n${keys}`, take: [of('p'), irsa, irsa] },
  'web identity env + container uri': { env: { ...web, ...container }, take: irsa },
  'container full uri + [default] static': { env: container, credentials: `[default]\n${keys}`, take: of('default') },
  'container uri + IMDS': { env: container, take: 'container' },
  'container RELATIVE uri and FULL uri both': {
    env: { ...container, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/creds' },
    take: 'container',
  },
  'IMDS only': { take: 'instance' },
  'IMDS only, AWS_EC2_METADATA_DISABLED=TRUE': { env: { AWS_EC2_METADATA_DISABLED: 'TRUE' }, take: 'fails' },
  'IMDS only, AWS_EC2_METADATA_DISABLED=1': { env: { AWS_EC2_METADATA_DISABLED: '1' }, take: ['fails', 'instance', 'instance'] },
  'IMDS only, AWS_EC2_METADATA_DISABLED=false': { env: { AWS_EC2_METADATA_DISABLED: 'false' }, take: 'instance' },
  'AWS_SECURITY_TOKEN legacy': { env: { ...own, AWS_SECURITY_TOKEN: 't' }, take: [envKeys, 'AWS_SECURITY_TOKEN', envKeys] },
  'AWS_CREDENTIAL_EXPIRATION past': {
    env: { ...own, AWS_SESSION_TOKEN: 't', AWS_CREDENTIAL_EXPIRATION: '2025-12-31T00:00:00Z' },
    take: [envKeys, 'fails', envKeys],
  },
  'AWS_ACCESS_KEY/AWS_SECRET_KEY legacy': {
    env: { AWS_ACCESS_KEY: 'ID', AWS_SECRET_KEY: 'SECRET' },
    take: ['instance', 'instance', 'keys of AWS_ACCESS_KEY'],
  },
  'tilde in AWS_SHARED_CREDENTIALS_FILE': {
    env: { AWS_SHARED_CREDENTIALS_FILE: '~/credentials' },
    credentials: `[default]\n${keys}`,
    take: [of('default'), of('default'), 'instance'],
  },
  'AWS_ROLE_ARN without token file + [default]': {
    env: { AWS_ROLE_ARN: arn },
    credentials: `[default]\n${keys}`,
    take: of('default'),
  },
  '[default] role_arn source_profile in config, static for source in credentials': {
    config: `[default]\n${role}source_profile = src\nexternal_id = EXT\n`,
    credentials: `[src]\n${keys}`,
    take: `${arn} by ${of('src')}`,
  },
  'config [profile p] with static + role_arn source_profile=self': {
    env: p,
    config: `[profile p]\n${keys}${role}source_profile = p\n`,
    take: `${arn} by ${of('p')}`,
  },
  'static in credentials [p], role_arn+source in config [profile p]': {
    env: p,
    config: `[profile p]\n${role}source_profile = src\n`,
    credentials: `[p]\n${keys}[src]\n${keys}`,
    take: `${arn} by ${of('src')}`,
  },
  'static + web identity in profile': {
    env: p,
    config: `[profile p]\n${keys}${role}web_identity_token_file = /jwt\n`,
    take: [of('p'), `web identity /jwt ${arn}`, `${arn} by ${of('p')}`],
  },
  'role_arn + web identity file + source_profile': {
    env: p,
    config: `[profile p]\n${role}web_identity_token_file = /jwt\nsource_profile = src\n`,
    credentials: `[src]\n${keys}`,
    take: [`${arn} by ${of('src')}`, `web identity /jwt ${arn}`, 'fails'],
  },
  'role_arn + credential_source=Environment': {
    env: { ...p, ...own },
    config: `[profile p]\n${role}credential_source = Environment\n`,
    take: [`${arn} by ${envKeys}`, envKeys, envKeys],
  },
  'role_arn + credential_source=EcsContainer': {
    env: { ...p, ...container },
    config: `[profile p]\n${role}credential_source = EcsContainer\n`,
    take: `${arn} by container`,
  },
  'role_arn + credential_source=Ec2InstanceMetadata': {
    env: p,
    config: `[profile p]\n${role}credential_source = Ec2InstanceMetadata\n`,
    take: `${arn} by instance`,
  },
  'role_arn alone (no source)': { env: p, config: `[profile p]\n${role}`, take: ['fails', 'fails', `${arn} by instance`] },
  'chain of two roles a->b->static': {
    env: { AWS_PROFILE: 'a' },
    config: `[profile a]\nrole_arn = A\nsource_profile = b\n[profile b]\nrole_arn = B\nsource_profile = src\n`,
    credentials: `[src]\n${keys}`,
    take: `A by B by ${of('src')}`,
  },
  'role_arn + credential_process': {
    env: p,
    config: `[profile p]\n${role}credential_process = /bin/true\n`,
    take: [of('p', 'credential process'), 'fails', `${arn} by ${of('p', 'credential process')}`],
  },
  'role of source_profile with credential_process': {
    env: p,
    config: `[profile p]\nrole_arn = A\nsource_profile = src\n[profile src]\ncredential_process = /bin/true\n`,
    take: `A by ${of('src', 'credential process')}`,
  },
  'static + credential_process same profile': {
    env: p,
    config: `[profile p]\ncredential_process = /bin/true\n`,
    credentials: `[p]\n${keys}`,
    take: of('p'),
  },
  'AWS_PROFILE=p credential_process + env keys': {
    env: { ...p, ...own },
    config: `[profile p]\ncredential_process = /bin/true\n`,
    take: [of('p', 'credential process'), envKeys, envKeys],
  },
  'AWS_PROFILE typo, no env keys, IMDS there': { env: p, take: 'fails' },
  'AWS_PROFILE typo, web identity there': { env: { ...p, ...web }, take: 'fails' },
  'AWS_PROFILE exists but has only region, env keys there': {
    env: { ...p, ...own },
    config: '[profile p]\nregion = eu-west-1\n',
    take: ['fails', envKeys, envKeys],
  },
  'AWS_PROFILE exists but has only region, IMDS there': {
    env: p,
    config: '[profile p]\nregion = eu-west-1\n',
    take: ['fails', 'instance', 'instance'],
  },
  'AWS_PROFILE role with source_profile missing, IMDS there': {
    env: p,
    config: `[profile p]\n${role}source_profile = none\n`,
    take: 'fails',
  },
  'AWS_PROFILE sso no cached token, IMDS there': {
    env: p,
    config:
      '[profile p]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://sso.test\n',
    take: of('p', 'SSO'),
  },
  'role with mfa_serial': {
    env: p,
    config: `[profile p]\n${role}source_profile = src\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n`,
    credentials: `[src]\n${keys}`,
    // aws-cli prompts for the code; without a terminal it fails too.
    take: ['fails', `${arn} by ${of('src')}`, 'fails'],
  },
  'loop a->b->a': {
    env: { AWS_PROFILE: 'a' },
    config: `[profile a]\nrole_arn = A\nsource_profile = b\n[profile b]\nrole_arn = B\nsource_profile = a\n`,
    take: 'fails',
  },
  'source default profile: nope; profile typo + IMDS': { profile: 'nope', take: ['fails', 'instance', 'instance'] },
  'source default profile: nope; profile typo + web identity': { profile: 'nope', env: web, take: ['fails', irsa, irsa] },
  'source default profile: nope; profile typo + container': { profile: 'nope', env: container, take: ['fails', 'container', 'container'] },
  'source default profile: p; env keys': {
    profile: 'p',
    env: own,
    credentials: `[p]\n${keys}`,
    take: [of('p'), envKeys, envKeys],
  },
  'a source profile with a role alone': {
    env: p,
    config: `[profile p]\n${role}source_profile = b\n[profile b]\n${role}`,
    take: 'fails',
  },
  'an empty section is a profile': { env: { ...p, ...own }, config: '[profile p]\n', take: ['fails', envKeys, envKeys] },
  'web identity in profile + AWS_ROLE_ARN': {
    env: { ...p, AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/irsa' },
    config: `[profile p]\n${role}web_identity_token_file = /jwt\n`,
    take: [`web identity /jwt ${arn}`, irsa, `web identity /jwt ${arn}`],
  },
  'UTF-8 BOM': { credentials: `\uFEFF[default]\n${keys}`, take: [of('default'), 'fails', 'instance'] },
  'duplicate key': { credentials: `[default]\n${keys}aws_access_key_id = SECOND\n`, take: [of('default'), 'fails', of('default')] },
  'duplicate section': { credentials: `[default]\n${keys}[default]\n${keys}`, take: [of('default'), 'fails', of('default')] },
  'junk line without = in other section': {
    env: own,
    config: '[profile other]\njunk\n',
    credentials: `[default]\n${keys}`,
    take: [envKeys, 'fails', envKeys],
  },
  'indented lines and comments are not mistake': {
    config: '[default]\ns3 =\n  max_concurrent_requests = 20\n  max_queue_size = 20\n# a comment\n; another\n',
    credentials: `[default]\n${keys}`,
    take: of('default'),
  },
  // Not recorded, but read in the sources of botocore 1.43.11 and aws-sdk-go-v2/config 1.32.27.
  'AWS_DEFAULT_PROFILE not in files': { env: { AWS_DEFAULT_PROFILE: 'nope' }, take: ['instance', 'fails', 'instance'] },
  'web identity env without role': { env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/jwt' }, take: 'fails' },
  'web identity env + AWS_PROFILE with a role': {
    env: { ...web, ...p },
    config: `[profile p]\n${role}source_profile = src\n`,
    credentials: `[src]\n${keys}`,
    take: [`${arn} by ${of('src')}`, `${arn} by ${of('src')}`, irsa],
  },
  'SSO + static in one profile': {
    env: p,
    config:
      '[profile p]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://sso.test\n',
    credentials: `[p]\n${keys}`,
    take: [of('p'), of('p', 'SSO'), of('p')],
  },
  'half of a key in a profile': {
    credentials: '[default]\naws_access_key_id = ID\n',
    take: 'fails',
  },
  'the halves of a key in two files': {
    config: '[default]\naws_secret_access_key = SECRET\n',
    credentials: '[default]\naws_access_key_id = ID\n',
    take: [of('default'), 'fails', 'fails'],
  },
  'the halves of a key in two files, the other way round': {
    env: p,
    config: '[profile p]\naws_access_key_id = ID\n',
    credentials: '[p]\naws_secret_access_key = SECRET\n',
    take: [of('p'), 'fails', 'fails'],
  },
  'half of a key in credentials, a whole one in config': {
    config: `[default]\n${keys}`,
    credentials: '[default]\naws_access_key_id = ID\n',
    take: [of('default'), 'fails', 'fails'],
  },
  'a secret in credentials, a whole key in config': {
    config: `[default]\n${keys}`,
    credentials: '[default]\naws_secret_access_key = SECRET\n',
    take: [of('default'), of('default'), 'fails'],
  },
  'a whole key in credentials, half of one in config': {
    config: '[default]\naws_access_key_id = ID\n',
    credentials: `[default]\n${keys}`,
    take: of('default'),
  },
  'the halves of a key in two files, beside keys of the environment': {
    env: own,
    config: '[default]\naws_secret_access_key = SECRET\n',
    credentials: '[default]\naws_access_key_id = ID\n',
    take: [envKeys, envKeys, 'fails'],
  },
  'the halves of the key of a source profile in two files': {
    env: p,
    config: `[profile p]\n${role}source_profile = src\n[profile src]\naws_secret_access_key = SECRET\n`,
    credentials: '[src]\naws_access_key_id = ID\n',
    take: [`${arn} by ${of('src')}`, 'fails', 'fails'],
  },
  'a name that every object knows': { env: { AWS_PROFILE: 'constructor' }, credentials: `[default]\n${keys}`, take: 'fails' },
  'source_profile without role_arn': {
    env: p,
    config: `[profile p]\nsource_profile = src\n[profile src]\n${keys}`,
    take: ['fails', 'instance', 'fails'],
  },
  'a web identity without role_arn in a profile, beside keys': {
    env: p,
    config: `[profile p]\nweb_identity_token_file = /jwt\n${keys}`,
    take: [of('p'), 'fails', 'fails'],
  },
  'half of a key in a source profile': {
    env: p,
    config: `[profile p]\n${role}source_profile = src\n[profile src]\naws_access_key_id = ID\n`,
    take: 'fails',
  },
  'an SSO session that is not there': {
    env: p,
    config: '[profile p]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n',
    take: 'fails',
  },
  'SSO without its region': {
    env: p,
    config: '[profile p]\nsso_start_url = https://sso.test\nsso_account_id = 123456789012\nsso_role_name = r\n',
    take: ['fails', 'fails', of('p', 'SSO')],
  },
  'an SSO session that is not there, beside keys of the environment': {
    env: { ...own, ...p },
    config: '[profile p]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n',
    take: ['fails', envKeys, 'fails'],
  },
  'keys in files': {
    env: { AWS_ACCESS_KEY_ID_FILE: '/id', AWS_SECRET_ACCESS_KEY_FILE: '/s' },
    take: ['keys of AWS_ACCESS_KEY_ID_FILE', 'instance', 'instance'],
  },
  'a source profile with a role and keys': {
    env: { AWS_PROFILE: 'a' },
    config: `[profile a]\nrole_arn = A\nsource_profile = b\n[profile b]\nrole_arn = B\nsource_profile = c\n${keys}[profile c]\n${keys}`,
    take: [`A by ${of('b')}`, `A by ${of('b')}`, `A by B by ${of('b')}`],
  },
};

const told = (taken: Taken): string => ('id' in taken ? taken.id : 'fails');

for (const [name, { profile, env = {}, config = '', credentials = '', take }] of Object.entries(rows))
  test(`who takes which identity: ${name}`, async () => {
    await writeFile(join(home, 'config'), config);
    await writeFile(join(home, 'credentials'), credentials);
    const files = { HOME: home, AWS_CONFIG_FILE: join(home, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials') };
    const all = { ...files, ...env };
    const around = { env: all, now: Date.UTC(2026, 0, 1), shared: await readShared(all), profile };
    const [courier, cli, go] = typeof take === 'string' ? [take, take, take] : take;
    assert.deepEqual({ courier: told(courierTakes(around)), cli: told(cliTakes(around)), go: told(goTakes(around)) }, { courier, cli, go });
    // There is no note where AWS_ACCESS_KEY_ID_FILE provides the keys, or where a profile is set for the courier alone.
    const isMeant = profile !== undefined || courier === 'keys of AWS_ACCESS_KEY_ID_FILE';
    const differs = courier !== 'fails' && !isMeant && (cli !== courier || go !== courier);
    const notes = await environmentNotes([{ profile }], all, around.now);
    assert.equal(notes.filter(note => note.includes(': the courier takes ')).length, differs ? 1 : 0, notes.join('\n'));
  });
