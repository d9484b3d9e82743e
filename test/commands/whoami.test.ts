import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { folder } from '../config/support.ts';
import { keys } from '../ecr/support.ts';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { startMetadata } from '../fakes/metadata.ts';
import { command, type Ended } from './cli.ts';

const role = 'arn:aws:iam::210987654321:role/pull';
const secrets = [keys.secret, 'session-token', 'jwt-of-the-pod'];
const ini = `aws_access_key_id = ${keys.id}\naws_secret_access_key = ${keys.secret}\n`;
let aws: FakeEcr;
let files: Awaited<ReturnType<typeof folder>>;

before(async () => {
  aws = await startEcr({ keys: [keys], allows: (_, action) => !action.startsWith('ecr:') });
  files = await folder({
    config: `[profile prod]\nrole_arn = ${role}\nsource_profile = base\n[profile spoke]\nrole_arn = arn:aws:iam::210987654321:role/spoke\nsource_profile = prod\n[profile base]\n${ini}[profile empty]\nregion = eu-west-1\n`,
    credentials: '',
    jwt: 'jwt-of-the-pod',
    'sources.yaml': `sources:\n  - name: default\n  - name: other\n    accounts: ["210987654321"]\n    roleArn: ${role}\n  - name: gone\n    accounts: ["333333333333"]\n    profile: nope\n`,
  });
});
after(async () => {
  await aws[Symbol.asyncDispose]();
  await files[Symbol.asyncDispose]();
});

/** Runs `whoami`. The AWS client reads the variables of the process, so these are set too. */
async function whoami(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended> {
  const all = {
    HOME: files.path,
    AWS_CONFIG_FILE: files.at('config'),
    AWS_SHARED_CREDENTIALS_FILE: files.at('credentials'),
    AWS_ENDPOINT_URL: aws.url,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...env,
  };
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, all);
  const ended = await command(['whoami', ...args], all);
  for (const secret of secrets) assert.ok(!`${ended.stdout}${ended.stderr}`.includes(secret), secret);
  return ended;
}
const own = { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret };

test('keys of the environment: who they are, and by which place; no right of ECR is needed', async () => {
  const { code, stdout, stderr } = await whoami(own);
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(
    stdout,
    [
      'source default',
      `  is         ${keys.arn}`,
      '  account    123456789012',
      '  by         environment (AWS_ACCESS_KEY_ID): AWS_ACCESS_KEY_ID is set',
      '',
    ].join('\n'),
  );
});

test('a profile with a role: why it counts, what was passed over, when the session ends, and who differs', async () => {
  const { code, stdout, stderr } = await whoami({ ...own, AWS_PROFILE: 'prod' });
  assert.equal(code, 0);
  assert.match(stderr, /^warning: AWS_PROFILE and AWS_ACCESS_KEY_ID are both set: the courier takes the role /);
  assert.match(stdout, /^ {2}is {9}arn:aws:sts::210987654321:assumed-role\/pull\//m);
  assert.match(stdout, /^ {2}by {9}profile "prod" \(AWS_PROFILE\): AWS_PROFILE is set to prod, and the source profile of prod is base$/m);
  assert.match(stdout, /^ {2}session {4}ends in 1 h, at 20/m);
  assert.match(stdout, /^ {2}looked at {2}environment: skipped, because AWS_PROFILE is set to prod; AWS_ACCESS_KEY_ID is set$/m);
  assert.match(stdout, /^ {2}elsewhere {2}aws-cli and the Go tools: the keys of AWS_ACCESS_KEY_ID$/m);
});

test('web identity, container and machine say by which variable', async () => {
  const webIdentity = { AWS_WEB_IDENTITY_TOKEN_FILE: files.at('jwt'), AWS_ROLE_ARN: role };
  assert.match((await whoami(webIdentity)).stdout, new RegExp(`by {9}web identity \\(${role}\\): AWS_WEB_IDENTITY_TOKEN_FILE is set`));
  await using metadata = await startMetadata({ accessKeyId: keys.id, secretAccessKey: keys.secret });
  const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${metadata.url}/container` };
  assert.match((await whoami(container)).stdout, /by {9}container or Pod identity .*: AWS_CONTAINER_CREDENTIALS_FULL_URI is set/);
  const machine = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url };
  assert.match((await whoami(machine)).stdout, /by {9}instance metadata: no other place is meant to have keys/);
});

test('a profile that builds upon others: each of them, and the roles in between', async () => {
  const { stdout, stderr } = await whoami({ AWS_PROFILE: 'spoke' });
  assert.match(
    stdout,
    /by {9}profile "spoke" \(AWS_PROFILE\): AWS_PROFILE is set to spoke, and the source profile of spoke is prod, and the source profile of prod is base\n/,
    stderr,
  );
  assert.match(stdout, /is {9}arn:aws:sts::210987654321:assumed-role\/spoke/);
  assert.match(
    stdout,
    /roles {6}arn:aws:iam::210987654321:role\/pull, assumed with these keys\n {13}arn:aws:iam::210987654321:role\/spoke, assumed/,
  );
  const told = JSON.parse((await whoami({ AWS_PROFILE: 'spoke' }, '--json')).stdout) as { sources: { roles: string[] }[] };
  assert.deepEqual(told.sources[0]?.roles, [role, 'arn:aws:iam::210987654321:role/spoke']);
});

test('a role that this SDK does not assume is not said to be assumed', async () => {
  const own = `aws_access_key_id = ${keys.id}\naws_secret_access_key = ${keys.secret}\n`;
  const written = JSON.stringify({ Version: 1, AccessKeyId: keys.id, SecretAccessKey: keys.secret });
  for (const lines of [own, `${own}web_identity_token_file = ${files.at('jwt')}\n`, `credential_process = echo '${written}'\n`]) {
    await writeFile(files.at('unassumed'), `[profile p]\nrole_arn = ${role}\n${lines}`);
    const { stdout, stderr } = await whoami({ AWS_PROFILE: 'p', AWS_CONFIG_FILE: files.at('unassumed') });
    assert.match(stdout, new RegExp(`is {9}${keys.arn}\\n`), stdout);
    assert.doesNotMatch(stdout, /^ {2}roles/m);
    assert.match(stderr, /the courier takes the (keys|credential process) of the profile "p", .*the Go tools take the role /);
    assert.doesNotMatch(stderr, /none is taken/);
  }
});

test('sources: each on its own, with the roles on top; some without an identity are exit 3', async () => {
  const { code, stdout } = await whoami(own, '--config', files.at('sources.yaml'), '--json');
  assert.equal(code, 3);
  const { schema, sources } = JSON.parse(stdout) as { schema: number; sources: Record<string, unknown>[] };
  assert.equal(schema, 1);
  assert.deepEqual(
    sources.map(({ source, arn, roles, elsewhere }) => [source, arn, roles, elsewhere]),
    [
      ['default', keys.arn, [], []],
      [
        'other',
        'arn:aws:sts::210987654321:assumed-role/pull/ecr-courier',
        [role],
        ['aws-cli', 'the Go tools'].map(tool => ({ tool, takes: 'the same keys, without the roles of the source', fails: null })),
      ],
      ['gone', null, [], ['aws-cli', 'the Go tools'].map(tool => ({ tool, takes: 'the keys of AWS_ACCESS_KEY_ID', fails: null }))],
    ],
  );
  assert.deepEqual(Object.keys(sources[0] ?? {}), [
    'source',
    'tokensFrom',
    'arn',
    'account',
    'keysFrom',
    'because',
    'roles',
    'sessionEndsAt',
    'passed',
    'elsewhere',
    'failure',
  ]);
  const one = await whoami(own, '--config', files.at('sources.yaml'), '--source', 'other');
  assert.equal(one.code, 0);
  assert.match(one.stdout, /^source other\n.*assumed-role\/pull[\s\S]*roles {6}arn:aws:iam::210987654321:role\/pull, assumed/);
  const none = await whoami(own, '--config', files.at('sources.yaml'), '--source', 'typo');
  assert.deepEqual([none.code, /there is no source typo; there are default, other, gone/.test(none.stderr)], [2, true]);
});

test('sources whose tokens come from somebody else: no keys are looked for, or those that may ask a function', async () => {
  await using given = await folder({
    'given.yaml': `sources:
  - {name: relay, accounts: ["123456789012"], file: /run/relay/token}
  - {name: vault, accounts: ["123456789013"], command: [/usr/bin/vault, read, "token=SECRET"], region: eu-west-1}
  - {name: fn, accounts: ["123456789014"], lambda: "ecr-token:live", region: eu-west-1}
`,
  });
  const one = (name: string, env = {}) => whoami(env, '--config', given.at('given.yaml'), '--source', name);
  const { code, stdout, stderr } = await one('relay');
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(
    stdout,
    'source relay\n  is         no AWS identity: no keys are looked for\n  tokens     come from the file /run/relay/token\n',
  );
  const vault = (await one('vault')).stdout;
  assert.match(vault, /tokens {5}come from the command \/usr\/bin\/vault$/m);
  assert.doesNotMatch(vault, /SECRET/);
  const fn = (await one('fn', own)).stdout;
  assert.match(fn, new RegExp(`is {9}${keys.arn}[\\s\\S]*tokens {5}come from the function ecr-token \\(alias live\\)`));
  // The variables that select AWS keys do not matter to a source that reads a file.
  assert.equal((await one('relay', { ...own, AWS_PROFILE: 'prod' })).stderr, '');
});

test('without any keys every place is told with its reason, and what to do', async () => {
  const { code, stdout } = await whoami({});
  assert.equal(code, 1);
  assert.match(stdout, /fails {6}No AWS credentials\.\n {2}looked at {2}environment: AWS_ACCESS_KEY_ID is not set\n/);
  for (const place of ['profile "default"', 'web identity', 'container or Pod identity', 'instance metadata'])
    assert.match(stdout, new RegExp(`^ {13}${place}: \\S`, 'm'));
  assert.match(stdout, /^ {2}do {9}Give the courier keys/m);
  const empty = await whoami({ AWS_PROFILE: 'empty' });
  assert.equal(empty.code, 1);
  assert.match(empty.stdout, /^ {13}profile "empty": it names no credentials/m);
  assert.match(empty.stdout, /^ {2}elsewhere {2}aws-cli: none, as there are no keys|^ {2}do {9}Mend the profile/m);
});

test('keys that AWS does not know, and a role that nobody may take: what was found is told all the same', async () => {
  const unknown = await whoami({ AWS_ACCESS_KEY_ID: 'AKIAI44QH8DHBEXAMPLE', AWS_SECRET_ACCESS_KEY: keys.secret });
  assert.equal(unknown.code, 1);
  assert.match(unknown.stdout, /by {9}environment \(AWS_ACCESS_KEY_ID\)[\s\S]*fails {6}.*sts:GetCallerIdentity .*InvalidClientTokenId/);
  await using refusing = await startEcr({ keys: [keys], allows: (_, action) => action !== 'sts:AssumeRole' });
  const denied = await whoami({ ...own, ECR_COURIER_ROLE_ARN: role, AWS_ENDPOINT_URL: refusing.url });
  assert.equal(denied.code, 1);
  assert.match(denied.stdout, /by {9}environment[\s\S]*roles {6}arn:[^,]*\n[\s\S]*fails {6}.*may not do sts:AssumeRole of arn/);
});

test('STS is asked in the region that is said, else where the role is at home', async () => {
  const regionOf = async (env: Readonly<Record<string, string>>, ...args: string[]): Promise<string | undefined> => {
    aws.calls.splice(0);
    await whoami({ ...own, ...env }, ...args);
    return aws.calls.find(({ action }) => action === 'GetCallerIdentity')?.region;
  };
  assert.equal(await regionOf({}), 'us-east-1');
  assert.equal(await regionOf({ AWS_REGION: 'eu-west-1' }), 'eu-west-1');
  assert.equal(await regionOf({ AWS_REGION: 'eu-west-1' }, '--region', 'ap-south-1'), 'ap-south-1');
  assert.equal(await regionOf({ ECR_COURIER_ROLE_ARN: 'arn:aws-cn:iam::210987654321:role/pull' }), 'cn-north-1');
  assert.match((await whoami(own, '--region', 'moon')).stderr, /moon is not an AWS region/);
});
