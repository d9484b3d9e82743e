import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/contract/secret.ts';
import { describeIdentity, type IdentitySpec } from '../../src/ecr/keys/identity.ts';
import { keys } from './support.ts';

const home = { HOME: '/home/ci' };
const role = 'arn:aws:iam::123456789012:role/pull';
const web = { AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token', AWS_ROLE_ARN: role };
const files = '/home/ci/.aws/credentials and /home/ci/.aws/config';

const lines: readonly [name: string, spec: IdentitySpec, env: NodeJS.ProcessEnv, line: string][] = [
  ['a profile of AWS_PROFILE', {}, { AWS_PROFILE: 'team', AWS_ACCESS_KEY_ID: keys.id }, `profile "team" of ${files}`],
  ['a profile of the source', { profile: 'mine' }, { AWS_PROFILE: 'team' }, `profile "mine" of ${files}`],
  ['keys of the environment', {}, { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret, ...web }, `access key ${keys.id}`],
  ['keys in a file', {}, { AWS_ACCESS_KEY_ID_FILE: '/run/secrets/id' }, 'access key of the file /run/secrets/id'],
  ['a web identity', {}, web, `default chain of ${files} and web identity ${role}`],
  [
    'a container',
    {},
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://me:pw@169.254.170.23/v1?a=b' },
    `default chain of ${files} and container http://169.254.170.23/v1`,
  ],
  ['nothing', {}, {}, `default chain of ${files} and this machine`],
  ['other files', {}, { AWS_CONFIG_FILE: '~/c', AWS_SHARED_CREDENTIALS_FILE: '/k' }, 'default chain of /k and /home/ci/c and this machine'],
  [
    'roles',
    { roles: [{ roleArn: 'arn:aws:iam::1:role/hop', externalId: new Secret('ext-1') }], roleArn: role },
    { AWS_ACCESS_KEY_ID: keys.id },
    `access key ${keys.id}, then arn:aws:iam::1:role/hop, then ${role}`,
  ],
  [
    'another ECR',
    {},
    { AWS_ACCESS_KEY_ID: keys.id, AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' },
    `access key ${keys.id}, then ECR at http://127.0.0.1:4566`,
  ],
  ['a line break', { profile: 'a\nb' }, {}, `profile "a b" of ${files}`],
];
for (const [name, spec, env, line] of lines)
  test(`the identity of a source in one line: ${name}`, () => assert.equal(describeIdentity(spec, { ...home, ...env }), line));

test('a new session of the same keys, and another external id, are the same identity', () => {
  const env = { ...home, AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret };
  assert.equal(describeIdentity({}, env), describeIdentity({}, { ...env, AWS_SECRET_ACCESS_KEY: 'x', AWS_SESSION_TOKEN: 'y' }));
  assert.equal(describeIdentity({ roleArn: role }, env), describeIdentity({ roleArn: role, externalId: 'x' } as IdentitySpec, env));
});
