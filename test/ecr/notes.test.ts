import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { environmentNotes } from '../../src/ecr/keys/notes.ts';

const folder = await mkdtemp(join(tmpdir(), 'courier-notes-'));
after(() => rm(folder, { recursive: true }));
const path = join(folder, 'config');
const staticKeys = 'aws_access_key_id = a\naws_secret_access_key = b\n';
const webIdentity = { AWS_WEB_IDENTITY_TOKEN_FILE: '/jwt', AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/pod' };
const environmentKeys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };

async function notesOf(
  env: Record<string, string>,
  config = '',
  sources: readonly { profile?: string }[] = [{}],
): Promise<readonly string[]> {
  await writeFile(path, config);
  return await environmentNotes(sources, { AWS_CONFIG_FILE: path, AWS_SHARED_CREDENTIALS_FILE: '/dev/null', ...env }, Date.UTC(2026, 0, 1));
}

test('a plain environment is not remarked upon', async () => {
  const prod = `[profile prod]\n${staticKeys}`;
  assert.deepEqual(await notesOf({}), []);
  assert.deepEqual(await notesOf(environmentKeys), []);
  assert.deepEqual(await notesOf({ AWS_PROFILE: 'prod', AWS_DEFAULT_PROFILE: 'prod' }, prod), []);
  assert.deepEqual(await notesOf(webIdentity, '[default]\nregion = eu-west-1\n'), []);
  assert.deepEqual(await notesOf(environmentKeys, prod, [{ profile: 'prod' }, {}]), []);
  assert.deepEqual(await notesOf({ ...environmentKeys, ...webIdentity }, `[default]\n${staticKeys}`), []);
});

test('a profile that gives keys to itself, or by a process, SSO or a session, lacks nothing', async () => {
  for (const lines of [
    `${staticKeys}role_arn = arn:aws:iam::111122223333:role/x\nsource_profile = prod\n`,
    'credential_process = /bin/true\n',
    'sso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://sso.test\n',
    'login_session = arn\n',
    'role_arn = arn:aws:iam::111122223333:role/x\ncredential_source = Ec2InstanceMetadata\n',
    'role_arn = arn:aws:iam::111122223333:role/x\nweb_identity_token_file = /jwt\n',
  ])
    assert.deepEqual(await notesOf({ AWS_PROFILE: 'prod' }, `[profile prod]\n${lines}`), []);
});

test('a file that cannot be read: what it takes away, and nothing that nobody can know', async () => {
  // A symlink loop, because root can read files of other users.
  const loop = join(folder, 'loop');
  await symlink(loop, loop);
  const config = `[default]\n${staticKeys}`;
  const mend = 'Remove the link, or let it lead to a file.';
  const unread = { AWS_SHARED_CREDENTIALS_FILE: loop };
  const why = `${loop} is a link that leads back to itself`;
  assert.deepEqual(await notesOf(unread, config), [`${why}: what it says of the profile "default" does not count. ${mend}`]);
  const [taken = ''] = await notesOf(unread);
  assert.equal(taken, `${why}. Former versions took another identity then; now none is taken. ${mend}`);
  const named = await notesOf({ ...unread, AWS_PROFILE: 'prod' }, config);
  assert.match(named.join('\n'), /^The profile "prod" of AWS_PROFILE is in no file that can be read\./);
  assert.ok(named.includes(`${why}. ${mend}`), named.join('\n'));
  assert.deepEqual(await notesOf({ ...unread, ...environmentKeys }, config), [], 'the keys of the environment come first');
});

test('where the AWS tools take different identities, one sentence says who takes which', async () => {
  const prod = `[profile prod]\n${staticKeys}`;
  const cases: readonly [env: Record<string, string>, config: string, words: RegExp][] = [
    [
      { ...environmentKeys, AWS_PROFILE: 'prod' },
      prod,
      /^AWS_PROFILE and AWS_ACCESS_KEY_ID are both set: the courier takes the keys of the profile "prod", aws-cli and the Go tools take the keys of AWS_ACCESS_KEY_ID\. Remove one of the two\.$/,
    ],
    [
      webIdentity,
      `[default]\n${staticKeys}`,
      /^AWS_WEB_IDENTITY_TOKEN_FILE is set, and the profile "default" has keys: the courier takes the keys of the profile "default", aws-cli and the Go tools take the web identity/,
    ],
    [
      { ...webIdentity, AWS_PROFILE: 'prod' },
      prod,
      /^AWS_WEB_IDENTITY_TOKEN_FILE is set, and the profile "prod" of AWS_PROFILE has keys: .* take the web identity of AWS_WEB_IDENTITY_TOKEN_FILE for arn:aws:iam::111122223333:role\/pod\./,
    ],
    [
      { ...environmentKeys, AWS_PROFILE: 'env' },
      '[profile env]\nrole_arn = arn:aws:iam::111122223333:role/x\ncredential_source = Environment\n',
      /^The profile "env" of AWS_PROFILE assumes a role with .*: the courier takes the role \S+ by the keys of AWS_ACCESS_KEY_ID, aws-cli and the Go tools take the keys of AWS_ACCESS_KEY_ID\. Put the keys into a profile of their own, and name that as its source_profile\.$/,
    ],
    [
      { AWS_PROFILE: 'prod', AWS_ROLE_ARN: 'y' },
      '[profile prod]\nrole_arn = arn:aws:iam::111122223333:role/x\nweb_identity_token_file = /jwt\n',
      /^AWS_ROLE_ARN is set, and the profile "prod" of AWS_PROFILE has a web identity .* aws-cli takes the web identity of the profile "prod" for y\. Remove the variable\.$/,
    ],
    [
      { ...environmentKeys, AWS_CREDENTIAL_EXPIRATION: '2025-12-31T23:59:59Z' },
      '',
      /^AWS_CREDENTIAL_EXPIRATION is past: the courier takes the keys of AWS_ACCESS_KEY_ID, aws-cli fails \(AWS_CREDENTIAL_EXPIRATION is past\)\. Give/,
    ],
    [
      { AWS_DEFAULT_PROFILE: 'prod' },
      prod,
      /^AWS_DEFAULT_PROFILE is set, which the courier does not read: .* take the keys of the profile "prod"\. Set AWS_PROFILE alone/,
    ],
    [
      { AWS_PROFILE: '' },
      '',
      /^AWS_PROFILE is empty, which .*: the courier takes the role of the machine, aws-cli fails \(the name of the profile is empty\)\. Remove it/,
    ],
    [{ ...environmentKeys, AWS_SECURITY_TOKEN: 't' }, '', /^AWS_SECURITY_TOKEN/],
    [{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: 's' }, '', /^AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not/],
    [{ AWS_ACCESS_KEY: 'a', AWS_SECRET_KEY: 'b' }, '', /^AWS_ACCESS_KEY and AWS_SECRET_KEY/],
    [
      { AWS_SHARED_CREDENTIALS_FILE: '~/config', HOME: folder, AWS_CONFIG_FILE: '/dev/null' },
      `[default]\n${staticKeys}`,
      /^AWS_SHARED_CREDENTIALS_FILE begins with ~/,
    ],
    [
      { AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/keys' },
      '',
      /^AWS_SHARED_CREDENTIALS_FILE names \/nonexistent\/keys, which does not exist/,
    ],
    [
      { AWS_PROFILE: 'prod' },
      `${prod}web_identity_token_file = /jwt\nrole_arn = arn:aws:iam::111122223333:role/x\n`,
      /^The profile "prod" of AWS_PROFILE names several kinds of credentials: the courier takes the keys .* aws-cli takes the web identity of the profile "prod", the Go tools take the role \S+ by the keys/,
    ],
  ];
  for (const [env, config, words] of cases) {
    const [first = '', ...more] = await notesOf(env, config);
    assert.match(first, words);
    assert.deepEqual(more, []);
  }
});

test('where former versions took another identity, a sentence says so with the cure', async () => {
  const cases: readonly [env: Record<string, string>, config: string, words: RegExp][] = [
    [
      { AWS_PROFILE: 'nope' },
      '',
      /^The profile "nope" of AWS_PROFILE is in no file\. Former versions .*Mend the profile, or do not name it/,
    ],
    [{ AWS_PROFILE: 'prod' }, '[profile prod]\nregion = eu-west-1\n', /names no credentials/],
    [
      { AWS_PROFILE: 'a' },
      '[profile a]\nrole_arn = arn:aws:iam::111122223333:role/x\n',
      /has role_arn without source_profile or credential_source\. Former/,
    ],
    [
      { AWS_PROFILE: 'a' },
      '[profile a]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = b\n',
      /builds upon the profile "b", which is in no file\. Former/,
    ],
    [
      { AWS_PROFILE: 'a' },
      '[profile a]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = a\n',
      /leads back to itself by source_profile\. Former/,
    ],
    [{}, '[default]\naws_access_key_id = a\n', /^The profile "default" has aws_access_key_id without .*Mend the profile\.$/],
    [{ AWS_ACCESS_KEY_ID: 'a' }, '', /^AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not\. Former versions/],
    [{ AWS_WEB_IDENTITY_TOKEN_FILE: '/jwt' }, '', /without AWS_ROLE_ARN\. Former versions/],
    [{ AWS_SHARED_CREDENTIALS_FILE: folder }, '', /is a directory\. Former versions/],
  ];
  for (const [env, config, words] of cases) {
    const [first = '', ...more] = await notesOf(env, config);
    assert.match(first, words);
    assert.deepEqual(more, []);
  }
  assert.match((await notesOf({}, '', [{ profile: 'gone' }]))[0] ?? '', /^The profile "gone" is in no file/);
  assert.match(
    (await notesOf({}, `[ default ]\n${staticKeys}`))[0] ?? '',
    /config, line 1: \[ default \] is not read: write \[default\]\.$/,
  );
});

test('a role that nobody assumes is named, unless somebody assumes it', async () => {
  const AWS_ROLE_ARN = 'arn:aws:iam::111122223333:role/pod';
  assert.match(
    (await notesOf({ AWS_ROLE_ARN })).join(),
    /^AWS_ROLE_ARN is set, but AWS_WEB_IDENTITY_TOKEN_FILE is not: .*ECR_COURIER_ROLE_ARN\.$/,
  );
  assert.deepEqual(await notesOf(webIdentity), []);
  assert.deepEqual(await environmentNotes([{ roleArn: AWS_ROLE_ARN }], { AWS_ROLE_ARN, AWS_CONFIG_FILE: '/dev/null' }, 0), []);
});
