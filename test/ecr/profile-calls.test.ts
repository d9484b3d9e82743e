import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { makeSources, type SourceSpec } from '../../src/ecr/sources/source.ts';
import type { Once } from '../../src/io/once.ts';
import { failureOf, fetchFrom, keys } from './support.ts';

const home = await mkdtemp(join(tmpdir(), 'courier-profile-calls-'));
after(() => rm(home, { recursive: true, force: true }));
const cache = join(home, '.aws', 'sso', 'cache');
await mkdir(cache, { recursive: true });
const end = new Date(Date.now() + 3_600_000).toISOString();
const session = join(cache, `${createHash('sha1').update('one').digest('hex')}.json`);
await writeFile(session, JSON.stringify({ accessToken: 'sso-token', expiresAt: end }));
await writeFile(join(home, 'token'), 'web-token');

const base = `[profile base]\naws_access_key_id = ${keys.id}\naws_secret_access_key = ${keys.secret}\n`;
const kinds = {
  role: `${base}[profile p]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\n`,
  web: `[profile p]\nrole_arn = arn:aws:iam::123456789012:role/x\nweb_identity_token_file = ${join(home, 'token')}\n`,
  sso: '[sso-session one]\nsso_region = us-east-1\nsso_start_url = https://sso.test/start\n[profile p]\nsso_session = one\nsso_account_id = 123456789012\nsso_role_name = x\n',
};
type Kind = keyof typeof kinds;

interface Given {
  readonly env?: Record<string, string>;
  readonly lines?: string;
  readonly spec?: Partial<SourceSpec>;
  readonly host?: string;
}

/**
 * Returns the hosts that a fetch calls before it has keys, where every server answers that it is busy, and how the
 * fetch ends.
 */
async function callsOf(kind: Kind, { env = {}, lines = '', spec = { profile: 'p' }, host }: Given) {
  await writeFile(join(home, '.aws', 'config'), `${kinds[kind]}${lines}`);
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, { HOME: home, ...env });
  const called: string[] = [];
  const once: Once = {
    routeTo: origin => ({ origin, names: {}, certified: false }),
    async send({ url }) {
      called.push(`${url.host}${url.pathname.replace(/(?<=.)\/federation.*/, '')}`);
      const body = '<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>';
      return { status: 429, headers: {}, body: [Buffer.from(body)] as never };
    },
  };
  const [source] = makeSources([{ name: 'default', ...spec }], { once, clock, env: process.env }).all;
  assert.ok(source);
  const failure = await failureOf(fetchFrom(source, host ?? '123456789012.dkr.ecr.us-east-1.amazonaws.com'));
  return { called, failure };
}

const once = { AWS_MAX_ATTEMPTS: '1' };
const fips = '123456789012.dkr.ecr-fips.us-east-1.amazonaws.com';
const services =
  'services = s\n[services s]\nsts =\n  endpoint_url = https://sts.test/base\nsso =\n  endpoint_url = https://sso.test/base\n';
const cases: readonly [about: string, kinds: readonly Kind[], given: Given, host: string][] = [
  ['nothing is set', ['role', 'web'], {}, 'sts.us-east-1.amazonaws.com/'],
  ['stsEndpoint of the source', ['role', 'web'], { spec: { profile: 'p', stsEndpoint: 'https://sts.test' } }, 'sts.test/'],
  ['services of the profile', ['role', 'web'], { lines: services }, 'sts.test/base'],
  ['services of the profile', ['sso'], { lines: services }, 'sso.test/base'],
  ['endpoint_url of the profile', ['role', 'web'], { lines: 'endpoint_url = https://all.test\n' }, 'all.test/'],
  ['AWS_ENDPOINT_URL_STS', ['role', 'web'], { env: { AWS_ENDPOINT_URL_STS: 'https://sts.test' } }, 'sts.test/'],
  ['use_fips_endpoint', ['role', 'web'], { lines: 'use_fips_endpoint = true\n' }, 'sts-fips.us-east-1.amazonaws.com/'],
  ['a FIPS host', ['role', 'web'], { host: fips }, 'sts-fips.us-east-1.amazonaws.com/'],
  ['use_dualstack_endpoint', ['role', 'web'], { lines: 'use_dualstack_endpoint = true\n' }, 'sts.us-east-1.api.aws/'],
  ['a region of its own', ['role'], { lines: 'region = eu-central-1\n' }, 'sts.eu-central-1.amazonaws.com/'],
];
for (const [about, all, given, host] of cases)
  for (const kind of all)
    test(`a profile of the kind ${kind} calls ${host}: ${about}`, async () => {
      const { called } = await callsOf(kind, { ...given, env: { ...once, ...given.env } });
      assert.deepEqual(called, [host]);
      // A profile that AWS_PROFILE names leads to the same calls.
      const byVariable = await callsOf(kind, {
        ...given,
        env: { ...once, ...given.env, AWS_PROFILE: 'p' },
        spec: { ...given.spec, profile: undefined },
      });
      assert.deepEqual(byVariable.called, [host]);
    });

test('the calls of SSO obey FIPS, dual-stack and addresses of the profile', async () => {
  const hosts = async (lines: string) => (await callsOf('sso', { env: once, lines })).called.join();
  assert.match(await hosts('use_fips_endpoint = true\n'), /^portal\.sso-fips\.us-east-1\.amazonaws\.com/);
  assert.match(await hosts('use_dualstack_endpoint = true\n'), /^portal\.sso\.us-east-1\.api\.aws/);
  assert.match(await hosts(''), /^portal\.sso\.us-east-1\.amazonaws\.com/);
});

for (const kind of ['role', 'web', 'sso'] as const)
  test(`max_attempts of a profile of the kind ${kind} is obeyed, and AWS_MAX_ATTEMPTS before it`, async () => {
    assert.equal((await callsOf(kind, { lines: 'max_attempts = 1\n' })).called.length, 1);
    assert.equal((await callsOf(kind, { lines: 'max_attempts = 1\n', env: { AWS_MAX_ATTEMPTS: '2' } })).called.length, 2);
  });

for (const [kind, option] of [
  ['role', 'sts'],
  ['web', 'sts'],
  ['sso', 'sso'],
] as const)
  test(`two settings of a profile of the kind ${kind} that contradict each other are named, and nothing is sent`, async () => {
    const lines = `use_fips_endpoint = true\nservices = s\n[services s]\n${option} =\n  endpoint_url = https://x.test\n`;
    const { called, failure } = await callsOf(kind, { lines });
    assert.equal(failure.code, 'MISCONFIGURED');
    assert.match(failure.message, /use_fips_endpoint of the profile "p" .*endpoint_url of \[services s\]/);
    assert.deepEqual(called, []);
  });

test('a profile that wants a code of a device is refused before anybody is asked', async () => {
  const { called, failure } = await callsOf('role', { lines: 'mfa_serial = arn:aws:iam::123456789012:mfa/x\n' });
  assert.equal(failure.code, 'AUTH');
  assert.deepEqual(called, []);
});
