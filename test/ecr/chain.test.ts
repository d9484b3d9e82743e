import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import { clock } from '../../src/contract/clock.ts';
import { asFailure } from '../../src/contract/failures.ts';
import { makeSources, type SourceSpec } from '../../src/ecr/sources/source.ts';
import { openOnce } from '../../src/io/once.ts';
import { reachAws } from '../../src/io/reach.ts';
import { startEcr, type Trouble } from '../fakes/ecr.ts';
import { startMetadata } from '../fakes/metadata.ts';
import { type Reply, startServer } from '../fakes/server.ts';
import { raw, serving } from '../io/servers.ts';
import { failureOf, fetchFrom, keys, sourceAt, useStaticKeys } from './support.ts';

const home = await mkdtemp(join(tmpdir(), 'courier-chain-'));
after(() => rm(home, { recursive: true, force: true }));
await mkdir(join(home, '.aws'));
const ecr = await startEcr({ keys: [keys] });
after(() => ecr[Symbol.asyncDispose]());

interface Outcome {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  /** The error as `inspect` prints it, hidden members included. */
  readonly whole: string;
  /** Where the keys came from. */
  readonly identity?: string | undefined;
}

/**
 * Fetches from the fake with this environment alone. Call it sequentially: the AWS client reads the environment of the
 * process. Instance metadata is disabled unless a test enables it.
 */
async function fetchWith(env: Record<string, string>, spec: Partial<SourceSpec> = {}): Promise<Outcome> {
  const all = { HOME: home, PATH: process.env['PATH'], AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL: ecr.url, ...env };
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(all, name)) delete process.env[name];
  Object.assign(process.env, all);
  const [source] = makeSources([{ name: 'default', ...spec }], { once: openOnce(reachAws({ env: all })), clock, env: process.env }).all;
  assert.ok(source);
  try {
    const { identity } = await fetchFrom(source);
    return { code: 'ok', message: '', remedy: '', whole: '', identity: identity?.from };
  } catch (error) {
    const { code, message, remedy } = asFailure(error);
    return { code, message, remedy, whole: inspect(error, { depth: 10, showHidden: true }) };
  }
}
const file = async (name: string, text: string): Promise<void> => writeFile(join(home, '.aws', name), text);
const ini = ({ id, secret } = keys): string => `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;

test('without anything: every place is named with its reason', async () => {
  const { code, message } = await fetchWith({});
  assert.equal(code, 'AUTH');
  assert.match(message, /environment \(AWS_ACCESS_KEY_ID is not set\)/);
  assert.match(message, /profile "default" \(.*\.aws\/credentials does not exist; .*\.aws\/config does not exist/);
  assert.match(message, /web identity \(AWS_WEB_IDENTITY_TOKEN_FILE is not set\)/);
  assert.match(message, /container or Pod identity \(AWS_CONTAINER_CREDENTIALS_FULL_URI and \.\.\._RELATIVE_URI are not set\)/);
  assert.match(message, /instance metadata \(switched off by AWS_EC2_METADATA_DISABLED=true\)/);
});

test('keys of the environment; half of them is said', async () => {
  const env = { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret };
  assert.equal((await fetchWith(env)).code, 'ok');
  const half = await fetchWith({ AWS_ACCESS_KEY_ID: keys.id });
  assert.match(half.message, /AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not/);
  assert.match(half.remedy, /^Set both /);
});

test('keys in files: read at every fetch, and what is wrong with a file is said with its variable', async () => {
  const env = { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY_FILE: join(home, 'secret') };
  assert.match((await fetchWith(env)).message, /AWS_SECRET_ACCESS_KEY_FILE: .*secret does not exist/);
  const contents: readonly [text: string, words: RegExp | undefined][] = [
    [`${keys.secret}\n`, undefined],
    [`\uFEFF${keys.secret}\r\n`, undefined],
    ['', /secret is empty/],
    [`"${keys.secret}"`, /has quotes around it/],
    [`${keys.secret}\nsecond\n`, /more than one line/],
    [`AWS_SECRET_ACCESS_KEY=${keys.secret}`, /a name and a value/],
  ];
  for (const [text, words] of contents) {
    await writeFile(join(home, 'secret'), text);
    const { code, message, remedy, whole, identity } = await fetchWith(env);
    assert.equal(code, words ? 'AUTH' : 'ok', message);
    if (words) {
      assert.match(message, words);
      assert.equal(remedy, 'Let AWS_SECRET_ACCESS_KEY_FILE name a file that holds the value and nothing else.');
    } else assert.equal(identity, 'environment (AWS_ACCESS_KEY_ID)');
    assert.ok(!whole.includes(keys.secret));
  }
  const token = { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret, AWS_SESSION_TOKEN_FILE: join(home, 'none') };
  assert.match((await fetchWith(token)).remedy, /^Let AWS_SESSION_TOKEN_FILE name a file/);
  await writeFile(join(home, 'id'), keys.secret);
  await writeFile(join(home, 'secret'), keys.id);
  const swapped = await fetchWith({ AWS_ACCESS_KEY_ID_FILE: join(home, 'id'), AWS_SECRET_ACCESS_KEY_FILE: join(home, 'secret') });
  assert.match(swapped.message, /AWS_ACCESS_KEY_ID_FILE: .* holds a character that no access key ID has/);
  await writeFile(join(home, 'id'), keys.id);
  await writeFile(join(home, 'secret'), keys.secret);
  const { identity } = await fetchWith({ AWS_ACCESS_KEY_ID_FILE: join(home, 'id'), AWS_SECRET_ACCESS_KEY_FILE: join(home, 'secret') });
  assert.equal(identity, 'environment (AWS_ACCESS_KEY_ID_FILE)');
});

test('spellings that the SDK does not read are named with their line, and nothing untrue is said', async () => {
  const path = join(home, 'spelled');
  const files = { AWS_CONFIG_FILE: join(home, 'none'), AWS_SHARED_CREDENTIALS_FILE: '~/spelled' };
  const written = async (text: string, profile: string) => {
    await writeFile(path, text);
    return (await fetchWith({ ...files, AWS_PROFILE: profile })).message;
  };
  assert.match(await written(`[ prod ]\n${ini()}`, 'prod'), /spelled, line 1: \[ prod \] is not read: write \[prod\]/);
  assert.match(await written(`[my prof]\n${ini()}`, 'my prof'), /line 1: .*Give the profile another name/);
  const colons = await written(`[prod]\n${ini().replaceAll(' =', ':')}`, 'prod');
  assert.match(colons, /line 2: aws_access_key_id is not read: write aws_access_key_id = VALUE.*line 3: aws_secret_access_key is not read/);
  assert.match(await written(`[prod]\n${ini().toUpperCase()}`, 'prod'), /line 2: AWS_ACCESS_KEY_ID is not read: write .* in lower case/);
  const other = await written(`[Prod]\n${ini()}[dev]\n${ini()}`, 'prod');
  assert.match(other, /there are the profiles Prod, dev/);
  assert.doesNotMatch(other, /spelled does not exist/);
  assert.equal((await fetchWith({ ...files, AWS_PROFILE: 'dev' })).identity, 'profile "dev" (AWS_PROFILE)');
});

test('a profile hides the keys of the environment, and the message says so', async () => {
  const env = { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret };
  const byVariable = await fetchWith({ ...env, AWS_PROFILE: 'nope' });
  assert.equal(byVariable.code, 'AUTH');
  assert.match(byVariable.message, /environment \(skipped, because AWS_PROFILE is set to nope; AWS_ACCESS_KEY_ID is set\)/);
  assert.match(byVariable.message, /profile "nope" \([^)]*it is in no file\)\./);
  assert.match((await fetchWith(env, { profile: 'other' })).message, /because the source names a profile/);
});

test('profiles: keys, a failing process, an SSO session that is over, a missing source profile', async () => {
  const sso =
    'sso_session = s\nsso_account_id = 123456789012\nsso_role_name = x\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://sso.test/start\n';
  await file(
    'config',
    `[profile keys]\n${ini()}[profile process]\ncredential_process = /bin/sh -c 'echo the vault is sealed >&2; exit 3' hidden-argument\n[profile sso]\n${sso}[profile role]\nrole_arn = arn:aws:iam::444455556666:role/puller\nsource_profile = nowhere\n`,
  );
  assert.equal((await fetchWith({}, { profile: 'keys' })).code, 'ok');
  const process = await fetchWith({ AWS_PROFILE: 'process' });
  assert.match(process.message, /credential_process failed: the vault is sealed/);
  assert.ok(!process.whole.includes('hidden-argument'));
  assert.match((await fetchWith({ AWS_PROFILE: 'sso' })).message, /aws sso login/);
  assert.match((await fetchWith({ AWS_PROFILE: 'role' })).message, /it builds upon the profile "nowhere", which is in no file\)/);
});

/** Other identities that are available beside a profile. */
const neighbours: Readonly<Record<string, (metadata: string) => Record<string, string>>> = {
  'keys of the environment': () => ({ AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret }),
  'an instance with a role': metadata => ({ AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata }),
  'a container with a role': metadata => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${metadata}/container` }),
  'a service account': () => ({ AWS_ROLE_ARN: 'arn:aws:iam::444455556666:role/pod', AWS_WEB_IDENTITY_TOKEN_FILE: join(home, 'jwt') }),
};

for (const [neighbour, envOf] of Object.entries(neighbours)) {
  test(`a profile that fails is never replaced by another identity: ${neighbour}`, async () => {
    await using metadata = await startMetadata({ accessKeyId: keys.id, secretAccessKey: keys.secret });
    await writeFile(join(home, 'jwt'), 'web-token');
    const files = { AWS_CONFIG_FILE: join(home, 'failing'), AWS_SHARED_CREDENTIALS_FILE: join(home, 'none') };
    await writeFile(
      files.AWS_CONFIG_FILE,
      [
        '[profile process]\ncredential_process = /bin/sh -c "exit 1"',
        '[profile role]\nrole_arn = arn:aws:iam::444455556666:role/puller\nsource_profile = nowhere',
        '[profile one]\nrole_arn = arn:aws:iam::444455556666:role/one\nsource_profile = two',
        '[profile two]\nrole_arn = arn:aws:iam::444455556666:role/two\nsource_profile = one',
        '[profile region]\nregion = eu-west-1',
        '[profile half]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE',
        '[profile lonely]\nrole_arn = arn:aws:iam::444455556666:role/puller',
      ].join('\n'),
    );
    const env = { ...files, ...envOf(metadata.url) };
    const names = ['nope', 'process', 'role', 'one', 'region', 'half', 'lonely'];
    for (const name of names)
      for (const { code, message } of [await fetchWith({ ...env, AWS_PROFILE: name }), await fetchWith(env, { profile: name })]) {
        assert.equal(code, 'AUTH', `${name}: ${message}`);
        assert.match(message, new RegExp(`profile "${name}" \\(`));
      }
    assert.equal(metadata.requests.length, 0);
    const unreadable = await fetchWith({ ...env, AWS_PROFILE: 'prod', AWS_SHARED_CREDENTIALS_FILE: home });
    assert.match(unreadable.message, /is a directory/);
  });
}

test('the default profile is an identity too, where something in it is meant to be credentials', async () => {
  await using metadata = await startMetadata({ accessKeyId: keys.id, secretAccessKey: keys.secret });
  const env = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url };
  const withDefault = async (text: string | Buffer, more: Record<string, string> = {}) => {
    const path = join(await mkdtemp(join(home, 'default-')), 'config');
    await writeFile(path, text);
    return await fetchWith({ ...env, AWS_CONFIG_FILE: path, AWS_SHARED_CREDENTIALS_FILE: join(home, 'none'), ...more });
  };
  const outcomes = [
    await withDefault('[default]\ncredential_process = /bin/sh -c "exit 1"\n'),
    await withDefault('[ default ]\naws_access_key_id = x\naws_secret_access_key = y\n'),
    await withDefault('[default]\naws_access_key_id: x\naws_secret_access_key: y\n'),
    await withDefault(`[default\n${ini()}`),
    await withDefault(`[default]# mine\n${ini()}`),
    await withDefault(`[Default]\n${ini()}`),
    await withDefault(ini()),
    await withDefault(Buffer.from(`\uFEFF[default]\n${ini()}`, 'utf16le')),
    await withDefault('', { AWS_CONFIG_FILE: home }),
    await withDefault('', { AWS_ACCESS_KEY_ID: keys.id }),
    await withDefault('', { AWS_WEB_IDENTITY_TOKEN_FILE: join(home, 'jwt') }),
  ];
  assert.deepEqual(
    outcomes.map(({ code }) => code),
    outcomes.map(() => 'AUTH'),
  );
  assert.equal(metadata.requests.length, 0);
  assert.equal((await withDefault('[default]\nregion = eu-west-1\n')).identity, 'instance metadata');
  const none = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
  assert.equal((await withDefault('', none)).identity, 'instance metadata');
});

test('keys of a profile whose header is not read are not taken for those of the profile above', async () => {
  await file('credentials', `[default]\n${ini()}[prod]# of the shop\n${ini()}`);
  const outcomes = [await fetchWith({}), await fetchWith({ AWS_PROFILE: 'default' })];
  await rm(join(home, '.aws', 'credentials'));
  for (const { code, message } of outcomes) {
    assert.equal(code, 'AUTH');
    assert.match(message, /line 4: \[prod is not read: .* read as part of \[default\]; lines of two profiles are mixed/);
  }
});

test('a profile with a secret alone, two sources of its role, or an address that is none says so', async () => {
  const both = '[profile both]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = half\ncredential_source = Environment\n';
  await file('config', `${both}[profile half]\naws_secret_access_key = x\n[profile port]\n${ini()}endpoint_url = http://localhost:99999\n`);
  assert.match((await fetchWith({ AWS_PROFILE: 'half' })).message, /it has aws_secret_access_key without aws_access_key_id/);
  await writeFile(
    join(home, 'lone'),
    `[profile web]\nweb_identity_token_file = /jwt\n[profile number]\ncredential_process = echo '{"Version":1,"AccessKeyId":1,"SecretAccessKey":"s"}'\n`,
  );
  const lone = { AWS_CONFIG_FILE: join(home, 'lone') };
  assert.match((await fetchWith({ ...lone, AWS_PROFILE: 'web' })).message, /it has web_identity_token_file without role_arn/);
  assert.match((await fetchWith({ ...lone, AWS_PROFILE: 'number' })).message, /the access key ID is not text/);
  assert.match((await fetchWith({ AWS_PROFILE: 'both' })).message, /it has both source_profile and credential_source/);
  const { code, message } = await fetchWith({ AWS_PROFILE: 'port', AWS_ENDPOINT_URL: '' });
  assert.equal(code, 'MISCONFIGURED');
  assert.match(message, /endpoint_url of the profile "port" is not a URL/);
});

test('what a profile lacks is named, and never in words of the SDK’s code', async () => {
  await file(
    'config',
    '[profile lost]\nsso_session = x\nsso_account_id = 123456789012\nsso_role_name = r\n[profile plain]\ncredential_process = /bin/echo hello\n',
  );
  const { code, message } = await fetchWith({ AWS_PROFILE: 'lost' });
  assert.equal(code, 'AUTH');
  assert.match(message, /it has sso_session = x, and .*config has no \[sso-session x\]/);
  assert.doesNotMatch(message, /Cannot read/);
  assert.match((await fetchWith({ AWS_PROFILE: 'plain' })).message, /what \/bin\/echo wrote is not JSON/);
  await file('config', '');
  await file('credentials', '');
  assert.match((await fetchWith({ AWS_DEFAULT_PROFILE: 'lost' })).message, /AWS_DEFAULT_PROFILE is set, but only AWS_PROFILE is read/);
});

test('a role of a profile is refused: STS speaks for itself', async () => {
  await file('config', `[profile base]\n${ini()}[profile role]\nrole_arn = arn:aws:iam::444455556666:role/puller\nsource_profile = base\n`);
  ecr.trouble = ({ action }) => (action === 'AssumeRole' ? 'denied' : undefined);
  const outcome = await fetchWith({ AWS_PROFILE: 'role' });
  ecr.trouble = undefined;
  assert.equal(outcome.code, 'FORBIDDEN');
  assert.match(outcome.message, /sts:AssumeRole of arn:aws:iam::444455556666:role\/puller/);
  assert.equal((await fetchWith({ AWS_PROFILE: 'role' })).code, 'ok');
});

test('a file that is there and cannot be read is not called missing', async () => {
  // A symlink loop, because even root cannot read it.
  const loop = join(home, 'loop');
  await symlink(loop, loop);
  const { message, remedy } = await fetchWith({ AWS_SHARED_CREDENTIALS_FILE: loop });
  assert.match(message, /loop is a link that leads back to itself/);
  assert.match(remedy, /read the files/);
});

test('a profile that is not there: which ones are, and a blank in its name', async () => {
  await writeFile(join(home, 'misspelled'), `[defualt]\n${ini()}`);
  const files = { AWS_CONFIG_FILE: join(home, 'none'), AWS_SHARED_CREDENTIALS_FILE: join(home, 'misspelled') };
  assert.match((await fetchWith(files)).message, /profile "default" \(.*there is no such profile; there are the profiles defualt\)/);
  const blank = await fetchWith({ ...files, AWS_PROFILE: 'defualt ' });
  assert.match(blank.message, /it is in no file: its name begins or ends with a blank; there are the profiles defualt/);
});

test('what is to be done about a file is the remedy, wherever it is named', async () => {
  // A symlink loop stands for an unreadable file, because root can read files of other users.
  const loop = join(home, 'ring');
  await symlink(loop, loop);
  await writeFile(join(home, 'web'), `[profile web]\nrole_arn = arn:aws:iam::444455556666:role/pod\nweb_identity_token_file = ${loop}\n`);
  const files = [
    { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY_FILE: loop },
    { AWS_ROLE_ARN: 'arn:aws:iam::444455556666:role/pod', AWS_WEB_IDENTITY_TOKEN_FILE: loop },
    { AWS_PROFILE: 'web', AWS_CONFIG_FILE: join(home, 'web') },
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1/creds', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: loop },
  ];
  for (const env of files) {
    const { message, remedy } = await fetchWith(env);
    assert.match(message, /ring is a link that leads back to itself/);
    assert.match(remedy, /^Remove the link, or let it lead to a file\./);
  }
});

test('web identity: the session of the service account; a token file that is missing', async () => {
  const env = { AWS_ROLE_ARN: 'arn:aws:iam::444455556666:role/pod', AWS_WEB_IDENTITY_TOKEN_FILE: join(home, 'token') };
  const gone = await fetchWith(env);
  assert.match(gone.message, /web identity \(.*token for arn:aws:iam::444455556666:role\/pod: .*token does not exist/);
  assert.match(gone.remedy, /^Let the user of this process read the token file.*remove AWS_WEB_IDENTITY_TOKEN_FILE\.$/);
  for (const [text, words] of [
    ['', /token is empty/],
    [Buffer.from('web-token', 'utf16le'), /token holds no token of one line/],
    ['web-token\nanother\n', /token holds no token of one line/],
  ] as const) {
    await writeFile(join(home, 'token'), text);
    const asked = ecr.calls.length;
    const { message, remedy } = await fetchWith(env);
    assert.match(message, words);
    assert.match(remedy, /^Let whoever makes the token/);
    assert.equal(ecr.calls.length, asked, 'nothing was sent');
  }
  await writeFile(join(home, 'token'), '\uFEFFweb-token\r\n');
  assert.equal((await fetchWith(env)).code, 'ok');
  const refusedAs = async (trouble: Trouble) => {
    ecr.trouble = ({ action }) => (action === 'AssumeRoleWithWebIdentity' ? trouble : undefined);
    const refused = await fetchWith(env);
    ecr.trouble = undefined;
    return refused;
  };
  const expired = await refusedAs('web token expired');
  assert.equal(expired.code, 'AUTH');
  assert.match(expired.message, /answered sts:AssumeRoleWithWebIdentity with .*Token expired/);
  assert.match(expired.remedy, /^The token for the role has expired\./);
  const unknown = await refusedAs('no identity provider');
  assert.match(unknown.remedy, /iss, aud, exp.*policy web-identity/);
  for (const { remedy } of [expired, unknown]) assert.doesNotMatch(remedy, /keys/, 'there are none');
});

test('the token file of a web identity is never waited for', async () => {
  const pipe = join(home, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await file('config', `[profile web]\nrole_arn = arn:aws:iam::444455556666:role/pod\nweb_identity_token_file = ${pipe}\n`);
  assert.match((await fetchWith({ AWS_PROFILE: 'web' })).message, /profile "web" \(.*pipe is not a regular file/);
  const env = { AWS_ROLE_ARN: 'arn:aws:iam::444455556666:role/pod', AWS_WEB_IDENTITY_TOKEN_FILE: pipe };
  assert.match((await fetchWith(env)).message, /web identity \(.*pipe is not a regular file/);
  await file('config', `[profile web]\nrole_arn = arn:aws:iam::444455556666:role/pod\nweb_identity_token_file = ${join(home, 'token')}\n`);
  assert.equal((await fetchWith({ AWS_PROFILE: 'web' })).identity, 'profile "web" (AWS_PROFILE)');
});

test('container endpoint: with its token, and refused', async () => {
  await using metadata = await startMetadata({ accessKeyId: keys.id, secretAccessKey: keys.secret, authorization: 'pod-token' });
  const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${metadata.url}/container` };
  assert.equal((await fetchWith({ ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod-token' })).code, 'ok');
  const withFile = { ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(home, 'pod-file') };
  assert.match((await fetchWith(withFile)).message, /AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: .*pod-file does not exist/);
  await writeFile(join(home, 'pod-file'), 'pod-token\n');
  assert.equal((await fetchWith(withFile)).code, 'ok');
  await writeFile(join(home, 'pod-file'), 'pod-token\nanother\n');
  assert.match((await fetchWith(withFile)).message, /AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: .*pod-file holds no token of one line/);
  const { code, message, remedy } = await fetchWith({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://10.0.0.1/x' });
  assert.match(remedy, /^Give the task \(ECS\).*remove AWS_CONTAINER_CREDENTIALS_FULL_URI\.$/);
  assert.equal(code, 'AUTH');
  assert.match(message, /container or Pod identity \(http:\/\/10\.0\.0\.1\/x: nothing was sent: plain http is for loopback/);
});

test('instance metadata: an answer in place of keys is told as one', async () => {
  let reply: Reply = { status: 200, text: '' };
  await using other = await startServer(() => reply);
  const told = async (answer: Reply, url = other.url) => {
    reply = answer;
    return await fetchWith({ AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url });
  };
  for (const answer of [
    { status: 200, json: { Code: 'AssumeRoleUnauthorizedAccess' } },
    { status: 200, text: '<html>\n' },
    { status: 200, text: `{"SecretAccessKey":"${keys.secret}",}` },
  ]) {
    const { message, remedy } = await told(answer);
    assert.ok(!message.includes(keys.secret.slice(-5)), message);
    assert.match(message, /instance metadata \(http:\S+ answered with something else than keys[:( ]/);
    assert.match(remedy, /the trust policy of the role must allow sts:AssumeRole to ec2\.amazonaws\.com/);
    assert.doesNotMatch(message + remedy, /no answer|hop/);
  }
  const refused = await told({ status: 200 }, 'http://127.0.0.1:1');
  assert.match(refused.message, /no answer from http:\S+ \(ECONNREFUSED\): not EC2\)/);
});

test('container endpoint: what it answers in place of keys is told, and no key in it', async () => {
  let reply: Reply = { status: 200, text: '' };
  await using agent = await startServer(() => reply);
  const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/v1/keys?pod=1`, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'token-of-the-pod' };
  const told = async (answer: Reply) => {
    reply = answer;
    return await fetchWith(env);
  };
  assert.match((await told({ status: 200, text: keys.secret })).message, /\/v1\/keys: its answer is not JSON\)/);
  assert.match((await told({ status: 200, json: { AccessKeyId: 'A', SecretAccessKey: keys.secret } })).message, /its answer holds no keys/);
  const denied = await told({ status: 400, text: '[x]: AccessDeniedException: no association, token-of-the-pod' });
  assert.match(denied.message, /it answered 400: \[x\]: AccessDeniedException: no association, /);
  assert.ok(!denied.whole.includes('token-of-the-pod') && !denied.whole.includes(keys.secret));
  assert.match((await told({ status: 401 })).remedy, /^Let AWS_CONTAINER_AUTHORIZATION_TOKEN hold the token that this endpoint knows/);
  const tries = agent.requests.length;
  assert.match((await told({ status: 503, text: '<html>busy</html>' })).message, /it answered 503\)/);
  assert.equal(agent.requests.length, tries + 3, 'an error that may pass is tried again');
  assert.equal(agent.requests[0]?.headers.authorization, 'token-of-the-pod');
});

test('instance metadata: a role, none, and a bridged container that gets no answer', async () => {
  const at = (url: string) => ({ AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url });
  await using metadata = await startMetadata({ accessKeyId: keys.id, secretAccessKey: keys.secret });
  await using without = await startMetadata({ accessKeyId: keys.id, secretAccessKey: keys.secret, noRole: true });
  await using silent = await startMetadata({ accessKeyId: '', secretAccessKey: '', fault: () => 'hang' });
  const [role, none, bridged] = [await fetchWith(at(metadata.url)), await fetchWith(at(without.url)), await fetchWith(at(silent.url))];
  assert.equal(role.code, 'ok');
  assert.match(none.message, /answered 404: the instance has no role/);
  assert.match(bridged.message, /no answer from http:\/\/127\.0\.0\.1:\d+.*hop limit/);
  assert.match(bridged.remedy, /aws ec2 modify-instance-metadata-options .*--http-put-response-hop-limit 2.*host networking/);
});

test('rotated keys in ~/.aws are seen by the next fetch of the same source', async () => {
  const old = { ...keys, id: 'AKIAIOSFODNN7OLDKEY1' };
  await using both = await startEcr({ keys: [old, keys] });
  useStaticKeys();
  delete process.env['AWS_ACCESS_KEY_ID'];
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(home, 'rotating');
  const source = sourceAt(both.url);
  for (const { id, secret } of [old, keys]) {
    await writeFile(join(home, 'rotating'), `[default]\n${ini({ ...keys, id, secret })}`);
    await fetchFrom(source);
  }
  await rm(join(home, 'rotating'));
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  assert.equal((await failureOf(fetchFrom(source))).code, 'AUTH');
  assert.deepEqual(
    both.calls.map(({ accessKeyId }) => accessKeyId),
    [old.id, keys.id],
  );
});

/** A proxy that forwards plain requests to the fake, whatever their host, refuses tunnels, and records the requests. */
async function startProxy(): Promise<AsyncDisposable & { readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { method, headers } = request;
    request.pipe(
      forward(`${ecr.url}/`, { method, headers }, answer => answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers))),
    );
  });
  proxy.on('connect', (request, socket) => {
    asked.push(`${request.method} ${request.url}`);
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, asked, [Symbol.asyncDispose]: async () => void proxy.close() };
}
const withRole = { roleArn: 'arn:aws:iam::444455556666:role/puller' };
const inEnvironment = { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret };

test('a proxy of the environment is used for STS and ECR, and NO_PROXY is obeyed', async () => {
  await using proxy = await startProxy();
  const env = { ...inEnvironment, HTTP_PROXY: proxy.url, AWS_ENDPOINT_URL: 'http://aws.invalid' };
  assert.equal((await fetchWith(env, withRole)).code, 'ok');
  assert.deepEqual(proxy.asked, ['POST http://aws.invalid/', 'POST http://aws.invalid/']);
  assert.equal((await fetchWith({ ...env, NO_PROXY: 'aws.invalid' }, withRole)).code, 'UNREACHABLE');
  assert.equal(proxy.asked.length, 2);
});

test('what fails behind a proxy names it: an answer that AWS did not give, a connection that breaks', async () => {
  await using wrong = await serving((_, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>'));
  await using cutting = await raw(socket => socket.destroy());
  for (const [proxy, code] of [
    [wrong, 'UNREACHABLE'],
    [cutting, 'UNREACHABLE'],
  ] as const) {
    const env = { ...inEnvironment, HTTP_PROXY: proxy.url, AWS_ENDPOINT_URL: 'http://aws.invalid' };
    const outcome = await fetchWith(env);
    assert.equal(outcome.code, code, outcome.message);
    assert.ok(outcome.message.includes(`the proxy ${proxy.url} (HTTP_PROXY)`), outcome.message);
  }
});

test('a proxy that answers in place of AWS: the proxy is told, its own variable, and what it speaks', async () => {
  await using wanting = await serving((_, response) => response.writeHead(407, { 'proxy-authenticate': 'NTLM' }).end());
  const plain = await fetchWith({ ...inEnvironment, HTTP_PROXY: wanting.url, AWS_ENDPOINT_URL: 'http://aws.invalid' }, withRole);
  assert.equal(plain.code, 'MISCONFIGURED');
  assert.match(plain.message, /^The proxy .* \(HTTP_PROXY\) wants a login by NTLM on the way to http:\/\/aws\.invalid \(407\)/);
  assert.match(plain.remedy, /in HTTP_PROXY/);
  const connecting = createServer().on('connect', (_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n<h1>Blocked</h1>'));
  });
  await new Promise<void>(resolve => connecting.listen(0, '127.0.0.1', resolve));
  const { port } = connecting.address() as { port: number };
  const paged = await fetchWith({ ...inEnvironment, HTTPS_PROXY: `http://127.0.0.1:${port}`, AWS_ENDPOINT_URL: '' });
  connecting.close();
  assert.match(paged.message, /^api\.ecr\.eu-west-1\.amazonaws\.com does not speak TLS .*\(through the proxy /);
  assert.match(paged.remedy, /^The proxy .* may answer in the place of .*NO_PROXY/);
  const bare = await fetchWith({ ...inEnvironment, AWS_ENDPOINT_URL: ecr.url.replace('http:', 'https:') });
  assert.match(bare.message, /does not speak TLS/);
  assert.match(bare.remedy, /If AWS_ENDPOINT_URL or one of its kin sets that address, write http:\/\/ there/);
});

test('AWS on the machine itself is reached directly', async () => {
  const env = { ...inEnvironment, HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' };
  assert.equal((await fetchWith(env)).code, 'ok');
});

test('a proxy that wants a password: named with its status, for the real names of AWS', async () => {
  await using proxy = await startProxy();
  const outcome = await fetchWith({ ...inEnvironment, HTTPS_PROXY: proxy.url, AWS_ENDPOINT_URL: '' }, withRole);
  assert.equal(outcome.code, 'MISCONFIGURED', outcome.message);
  assert.match(
    outcome.message,
    /proxy .*\(HTTPS_PROXY\) wants a user and a password on the way to https:\/\/sts\.eu-west-1\.amazonaws\.com \(407\)/,
  );
  assert.equal(proxy.asked[0], 'CONNECT sts.eu-west-1.amazonaws.com:443');
});

test('no secret shows in any failure', async () => {
  const env = { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: `${keys.secret}-wrong` };
  const { code, whole, remedy } = await fetchWith(env);
  assert.equal(code, 'AUTH');
  assert.ok(!`${whole}${remedy}`.includes(keys.secret));
});
