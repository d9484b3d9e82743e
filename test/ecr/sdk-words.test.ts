import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { environmentNotes } from '../../src/ecr/keys/notes.ts';
import { wordsOf } from '../../src/ecr/keys/sdk-words.ts';
import { type Reply, startServer } from '../fakes/server.ts';
import { failureOf, fetchFrom, keys, sourceAt, useStaticKeys } from './support.ts';

const home = await mkdtemp(join(tmpdir(), 'courier-words-'));
after(() => rm(home, { recursive: true }));
const role = 'role_arn = arn:aws:iam::123456789012:role/pull\n';
const sso = 'sso_account_id = 123456789012\nsso_role_name = pull\n';
const session = '[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://sso.test/start\n';
const ownKeys = `aws_access_key_id = ${keys.id}\naws_secret_access_key = ${keys.secret}\n`;
const nowhere = 'http://127.0.0.1:1';

/** Returns what a failed fetch and the notes say on a machine with these files and variables. */
async function said(files: { config?: string; credentials?: string }, env: Record<string, string> = { AWS_PROFILE: 'p' }) {
  useStaticKeys();
  const at = async (name: 'config' | 'credentials') => {
    await writeFile(join(home, name), files[name] ?? '');
    return join(home, name);
  };
  const paths = { AWS_CONFIG_FILE: await at('config'), AWS_SHARED_CREDENTIALS_FILE: await at('credentials'), HOME: home };
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true', ...paths, ...env });
  const { message, remedy, short } = await failureOf(fetchFrom(sourceAt(nowhere)));
  return { message, remedy, short, notes: (await environmentNotes([{}], process.env, Date.now())).join(' ') };
}

const written = (json: unknown): string => `credential_process = echo '${JSON.stringify(json)}'\n`;

/** Profiles that give no keys, and the whole reason that is shown. */
const reasons: Readonly<Record<string, readonly [lines: string, why: string]>> = {
  'an unknown source of keys': [
    `${role}credential_source = environment\n`,
    'it has a credential_source that is none of Environment, Ec2InstanceMetadata, EcsContainer',
  ],
  'keys of the environment that are not there': [
    `${role}credential_source = Environment\n`,
    'it takes the keys of the environment (credential_source), and AWS_ACCESS_KEY_ID is not set',
  ],
  'keys of no container': [
    `${role}credential_source = EcsContainer\n`,
    'it takes the keys of a container (credential_source), and AWS_CONTAINER_CREDENTIALS_FULL_URI and ..._RELATIVE_URI are not set',
  ],
  'keys of no instance': [`${role}credential_source = Ec2InstanceMetadata\n`, 'the instance metadata cannot be reached'],
  'a code that nobody can type': [
    `${role}source_profile = q\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n[profile q]\n${ownKeys}`,
    'it has mfa_serial, and nobody is here to type its code',
  ],
  'a session of SSO that is over': [
    `sso_session = s\n${sso}${session}`,
    'its SSO session has expired, or was never begun: `aws sso login` begins one',
  ],
  'the same without a section for it': [
    `sso_region = eu-west-1\nsso_start_url = https://sso.test/start\n${sso}`,
    'its SSO session has expired, or was never begun: `aws sso login` begins one',
  ],
  'half of SSO': [`sso_start_url = https://sso.test/start\n${sso}`, 'it has settings of SSO without sso_region'],
  'half of a session of SSO': [
    `sso_session = s\n${sso}[sso-session s]\nsso_region = eu-west-1\n`,
    'it has settings of SSO without sso_start_url',
  ],
  'a login that is over': [
    'login_session = arn:aws:iam::123456789012:user/me\n',
    'its login session has expired, or was never begun: `aws login` begins one',
  ],
  'a process without a version': [
    written({ AccessKeyId: 'a', SecretAccessKey: 'b' }),
    'credential_process failed: what echo wrote has no "Version": 1',
  ],
  'a process that writes null': [written(null), 'credential_process failed: what echo wrote has no "Version": 1'],
  'a process without a secret': [
    written({ Version: 1, AccessKeyId: 'a' }),
    'credential_process failed: what echo wrote has no SecretAccessKey',
  ],
  'a process with old keys': [
    written({ Version: 1, AccessKeyId: 'a', SecretAccessKey: 'b', Expiration: '2001-01-01T00:00:00Z' }),
    'credential_process failed: what echo wrote holds keys that have expired',
  ],
  'a process with no end': [
    written({ Version: 1, AccessKeyId: 'a', SecretAccessKey: 'b', Expiration: 'soon' }),
    'credential_process failed: what echo wrote has an Expiration that is not a time',
  ],
  'a process whose keys end at a time of no zone': [
    written({ Version: 1, AccessKeyId: 'a', SecretAccessKey: 'b', Expiration: '2031-01-02T03:04:05' }),
    'credential_process failed: what echo wrote has an Expiration without a time zone: 2031-01-02T03:04:05Z has one',
  ],
};

for (const [name, [lines, why]] of Object.entries(reasons))
  test(`why a profile gives no keys is told in our words: ${name}`, async () => {
    const metadata = { AWS_EC2_METADATA_DISABLED: '', AWS_EC2_METADATA_SERVICE_ENDPOINT: nowhere };
    const { message } = await said({ config: `[profile p]\n${lines}` }, { AWS_PROFILE: 'p', ...metadata });
    assert.ok(message.endsWith(`, profile "p" (${why}).`), message);
  });

test('a session that is over: the remedy has the whole command', async () => {
  const over = await said({ config: `[profile p]\nsso_session = s\n${sso}${session}` });
  assert.match(over.remedy, /^Run `aws sso login --profile p` as the user of this process\. No other identity is taken/);
  assert.match(over.short, /its session is over \(`aws sso login` begins one\)$/);
  assert.match((await said({ config: '[profile p]\nlogin_session = arn\n' })).remedy, /^Run `aws login --profile p` as/);
  const built = `[profile p]\n${role}source_profile = q\n[profile q]\nsso_session = s\n${sso}${session}`;
  assert.match((await said({ config: built })).remedy, /^Run `aws sso login --profile q`/, 'the command refuses a profile without SSO');
});

test('a process that fails: the remedy is to run it', async () => {
  const { remedy } = await said({ config: "[profile p]\ncredential_process = /bin/sh -c 'exit 3'\n" });
  assert.match(remedy, /^Run the line of credential_process of the profile "p" \(\/bin\/sh\) as the user of this process/);
});

test('a file that a profile does not need is not told', async () => {
  const gone = { AWS_SHARED_CREDENTIALS_FILE: join(home, 'gone') };
  const over = await said({ config: `[profile p]\nsso_session = s\n${sso}${session}` }, { AWS_PROFILE: 'p', ...gone });
  assert.ok(over.message.includes('profile "p" (its SSO session'), over.message);
  const built = await said({ config: `[profile p]\n${role}source_profile = q\n` }, { AWS_PROFILE: 'p', ...gone });
  assert.match(built.message, /gone does not exist; it builds upon the profile "q", which is in no file/);
});

test('SSO that is answered by somebody else: the host and the status', async () => {
  let reply: Reply = { status: 407 };
  await using other = await startServer(() => reply);
  const cache = join(home, '.aws', 'sso', 'cache');
  await mkdir(cache, { recursive: true });
  const token = {
    accessToken: 'sso-access-token',
    expiresAt: '2100-01-01T00:00:00Z',
    startUrl: 'https://sso.test/start',
    region: 'eu-west-1',
  };
  await writeFile(join(cache, `${createHash('sha1').update('s').digest('hex')}.json`), JSON.stringify(token));
  const ask = (answer: Reply) => {
    reply = answer;
    return said({ config: `[profile p]\nsso_session = s\n${sso}${session}` }, { AWS_PROFILE: 'p', AWS_ENDPOINT_URL_SSO: other.url });
  };
  for (const [answer, status] of [
    [{ status: 407 }, 407],
    [{ status: 302, headers: { location: 'https://login.test/' } }, 302],
    [{ status: 403, text: '<html>blocked</html>' }, 403],
  ] as const) {
    const { message, remedy, short } = await ask(answer);
    assert.match(message, new RegExp(`^127\\.0\\.0\\.1:\\d+ answered with HTTP ${status}, not in a form that AWS uses\\.`));
    assert.match(remedy, /^Does a proxy, a captive portal or an endpoint override answer/);
    assert.doesNotMatch(`${message} ${short}`, /Unknown/);
  }
  const over = await ask({ status: 401, json: { __type: 'UnauthorizedException', message: 'Session token not found or invalid' } });
  assert.match(over.remedy, /aws sso login/, over.message);
  const refused = await ask({ status: 403, json: { __type: 'ForbiddenException', message: 'No access' } });
  assert.match(refused.message, /SSO gives its user no access to that sso_role_name in that sso_account_id\)/);
});

test('a header that is not read is told with its line, and nothing beside it says the contrary', async () => {
  const cases: readonly [kind: 'config' | 'credentials', header: string, profile: string, told: string][] = [
    ['config', '[ default ]', '', '[ default ] is not read: write [default]'],
    ['credentials', '[ default ]', '', '[ default ] is not read: write [default]'],
    ['credentials', '["default"]', '', '["default"] is not read: write [default]'],
    ['credentials', '[profile default]', '', '[profile default] is not read: write [default]'],
    ['credentials', '[Default]', '', '[Default] is another profile than [default], which is in lower case'],
    ['config', '[ prod ]', 'prod', '[ prod ] is not read: write [profile prod]'],
    ['config', '[profile  prod]', 'prod', '[profile  prod] is not read: write [profile prod]'],
    ['credentials', '[profile prod]', 'prod', '[profile prod] is not read: write [prod]'],
  ];
  for (const [kind, header, profile, told] of cases) {
    const { message, notes } = await said({ [kind]: `${header}\n${ownKeys}` }, { AWS_PROFILE: profile });
    const line = `${join(home, kind)}, line 1: ${told}`;
    assert.ok(message.endsWith(` profile "${profile || 'default'}" (${line}).`), message);
    assert.ok(notes.includes(line), notes);
    assert.doesNotMatch(notes, /is in no file(?! in that spelling)/);
  }
  const built = `[profile p]\n${role}source_profile = q\n[ profile q ]\n${ownKeys}`;
  assert.match((await said({ config: built })).message, /builds upon the profile "q", which is in no file in that spelling\)/);
});

test('what other places of keys answer is told without the words of the SDK', () => {
  const cases: readonly [said: string, told: RegExp][] = [
    ['URL not accepted. It must either be HTTPS or match one of the following:\n  - loopback', /^nothing was sent: plain http is for/],
    ['Server responded with status: 403', /^it answered 403$/],
    ['HTTP credential provider response not of the required format, an object matching: {', /^its answer holds no keys/],
    ['SyntaxError: Unexpected token \'<\', "<html>" is not valid JSON', /^its answer is not JSON$/],
    [`Expected ',' or '}' after property value in JSON at position 12 (line 1 column 13)`, /^its answer is not JSON$/],
    [`Unexpected token '}', ..."t+key/hid",}" is not valid JSON`, /^its answer is not JSON$/],
    ['Unexpected end of JSON input', /^its answer is not JSON$/],
    ['Error: connect ECONNREFUSED 127.0.0.1:1', /^connect ECONNREFUSED/],
    ['TimeoutError from instance metadata service', /^the instance metadata service does not answer in time$/],
    ['Conflicting SSO region configurations in profile p and sso-session s', /^its sso_region is another one/],
    ['Token is expired. To refresh this SSO session run', /^its SSO session has expired/],
  ];
  for (const [text, told] of cases) assert.match(wordsOf(new Error(text)), told);
});
