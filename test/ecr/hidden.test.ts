import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hiddenOf } from '../../src/ecr/keys/hidden.ts';
import type { IdentitySpec } from '../../src/ecr/keys/identity.ts';

const folder = await mkdtemp(join(tmpdir(), 'hidden-'));
after(() => rm(folder, { recursive: true }));
const [a, b] = ['a', 'b'].map(name => join(folder, name)) as [string, string];
await writeFile(a, 'token-a');
await writeFile(b, 'token-b');

const uri = 'http://169.254.170.23/v1/credentials';
const full = { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri };
const web = { AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_ROLE_ARN: 'arn:aws:iam::1:role/a' };
const id = { AWS_ACCESS_KEY_ID: 'AKIA1' };
type Env = Readonly<Record<string, string>>;
interface Pair {
  readonly env: readonly [Env, Env];
  readonly texts?: readonly string[];
  readonly spec?: readonly [IdentitySpec, IdentitySpec];
}

const lent = ['[profile p]\nrole_arn = x\ncredential_source = EcsContainer\n'];
const apart: Readonly<Record<string, Pair>> = {
  'the query of a container': {
    env: [{ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${uri}?role=a` }, { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${uri}?role=b` }],
  },
  'the token of a pod': {
    env: [
      { ...full, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'a' },
      { ...full, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'b' },
    ],
  },
  'the token file of a pod': {
    env: [
      { ...full, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: a },
      { ...full, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: b },
    ],
  },
  'a profile that takes the keys of the container': { env: [{ AWS_PROFILE: 'p', ...full }, { AWS_PROFILE: 'p' }], texts: lent },
  'a profile that takes the keys of the environment': {
    env: [
      { AWS_PROFILE: 'p', ...id },
      { AWS_PROFILE: 'p', AWS_ACCESS_KEY_ID: 'AKIA2' },
    ],
    texts: lent,
  },
  'the metadata of another machine': { env: [{ AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://a' }, {}] },
  'metadata that is switched off': { env: [{ AWS_EC2_METADATA_DISABLED: 'true' }, {}] },
  'another STS of the environment': { env: [{ ...id, AWS_ENDPOINT_URL_STS: 'http://a' }, id] },
  'another STS of the source': { env: [id, id], spec: [{ stsEndpoint: 'http://a' }, {}] },
  'the query of an endpoint': {
    env: [
      { ...id, AWS_ENDPOINT_URL_ECR: 'http://a/?x=1' },
      { ...id, AWS_ENDPOINT_URL_ECR: 'http://a/?x=2' },
    ],
  },
};
for (const [name, { env, texts = [], spec = [{}, {}] }] of Object.entries(apart))
  test(`tells identities apart: ${name}`, async () =>
    assert.notDeepEqual(await hiddenOf(spec[0], env[0], texts), await hiddenOf(spec[1], env[1], texts)));

test('what has no say does not count', async () => {
  const token = { ...full, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'a' };
  for (const env of [{ ...id, ...token }, { AWS_PROFILE: 'p', ...token }, { ...web, ...token }, { AWS_ACCESS_KEY_ID_FILE: '/id' }])
    assert.deepEqual(await hiddenOf({}, env, []), []);
  assert.deepEqual(await hiddenOf({ profile: 'p' }, token, []), []);
});
