import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { settingsOf } from '../../src/ecr/aws/endpoints.ts';
import { environmentNotes } from '../../src/ecr/keys/notes.ts';
import { readShared } from '../../src/ecr/keys/shared.ts';
import { openOnce } from '../../src/io/once.ts';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { failureOf, fetchFrom, keys, registryOf, sourceAt, useStaticKeys } from './support.ts';

const folder = await mkdtemp(join(tmpdir(), 'courier-settings-'));
after(() => rm(folder, { recursive: true }));
const config = join(folder, 'config');
const fips = '123456789012.dkr.ecr-fips.us-east-1.amazonaws.com';

/** Sets the environment of static keys plus these variables, and writes these lines into the default profile. */
async function given(env: Record<string, string>, lines: readonly string[] = []): Promise<void> {
  useStaticKeys();
  await writeFile(config, ['[default]', ...lines, ''].join('\n'));
  Object.assign(process.env, { AWS_CONFIG_FILE: config, ...env });
}
/** A source without endpoints of its own. */
const plain = () => sourceAt('', { endpoint: undefined, stsEndpoint: undefined });
const fetched = async (ecr: FakeEcr, host?: string): Promise<number> => {
  const before = ecr.calls.length;
  await fetchFrom(plain(), host);
  return ecr.calls.length - before;
};

test('an address that somebody set is called, wherever it is set, also for a FIPS host', async () => {
  await using ecr = await startEcr({ keys: [keys] });
  await given({}, [`endpoint_url = ${ecr.url}`]);
  assert.equal(await fetched(ecr, fips), 1);
  await given({}, ['services = dev', '[services dev]', 'ecr =', `  endpoint_url = ${ecr.url}`]);
  assert.equal(await fetched(ecr), 1);
  await given({ AWS_ENDPOINT_URL: ecr.url }, ['endpoint_url = http://127.0.0.1:1']);
  assert.equal(await fetched(ecr), 1);
  await given({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_ECR: ecr.url });
  assert.equal(await fetched(ecr, fips), 1);
  await given({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
  await fetchFrom(sourceAt(ecr.url));
});

test('FIPS or dual-stack beside an address that is set: both settings are named, and nothing is sent', async () => {
  await using ecr = await startEcr({ keys: [keys] });
  const cases: readonly [env: Record<string, string>, lines: readonly string[], switched: string, set: string][] = [
    [{ AWS_USE_FIPS_ENDPOINT: 'true', AWS_ENDPOINT_URL_ECR: ecr.url }, [], 'AWS_USE_FIPS_ENDPOINT=true', 'AWS_ENDPOINT_URL_ECR'],
    [
      { AWS_USE_FIPS_ENDPOINT: 'true' },
      [`endpoint_url = ${ecr.url}`],
      'AWS_USE_FIPS_ENDPOINT=true',
      'endpoint_url of the profile "default"',
    ],
    [{ AWS_ENDPOINT_URL: ecr.url }, ['use_fips_endpoint = true'], 'use_fips_endpoint of the profile "default"', 'AWS_ENDPOINT_URL'],
    [
      { AWS_USE_DUALSTACK_ENDPOINT: 'true' },
      ['services = dev', '[services dev]', 'ecr =', `  endpoint_url = ${ecr.url}`],
      'AWS_USE_DUALSTACK_ENDPOINT=true',
      'endpoint_url of [services dev]',
    ],
  ];
  for (const [env, lines, switched, set] of cases) {
    await given(env, lines);
    const { code, message, remedy } = await failureOf(fetchFrom(plain(), fips));
    assert.equal(code, 'MISCONFIGURED');
    for (const name of [switched, set]) assert.ok(message.includes(name) && remedy.includes(name), `${message} ${remedy}`);
    assert.deepEqual(await environmentNotes([{}], process.env, Date.now()), [`${message} ${remedy}`]);
  }
  await given({ AWS_USE_FIPS_ENDPOINT: 'true' });
  assert.match((await failureOf(fetchFrom(sourceAt(ecr.url)))).message, /endpoint of the source/);
  assert.equal(ecr.calls.length, 0);
});

test('a contradiction about STS is named where STS is needed, and holds up nothing else', async () => {
  await using ecr = await startEcr({ keys: [keys] });
  await given({ AWS_USE_DUALSTACK_ENDPOINT: 'true', AWS_ENDPOINT_URL_STS: ecr.url });
  const called: string[] = [];
  const direct = openOnce({});
  const once: typeof direct = {
    ...direct,
    async send(request, signal) {
      called.push(request.url.origin);
      return await direct.send({ ...request, url: new URL(ecr.url) }, signal);
    },
  };
  const source = (spec: object) => sourceAt('', { endpoint: undefined, stsEndpoint: undefined, ...spec }, { once, tells: 'principal' });
  const { identity } = await fetchFrom(source({}));
  assert.equal(identity?.arn, undefined);
  assert.deepEqual(called, ['https://ecr.eu-west-1.api.aws']);
  const role = { roleArn: 'arn:aws:iam::444455556666:role/puller' };
  assert.match((await failureOf(fetchFrom(source(role)))).message, /AWS_USE_DUALSTACK_ENDPOINT=true.*address of STS.*AWS_ENDPOINT_URL_STS/);
});

test('a switch of the profile that is neither true nor false is named', async () => {
  for (const option of ['use_fips_endpoint', 'use_dualstack_endpoint', 'ignore_configured_endpoint_urls', 'ec2_metadata_v1_disabled']) {
    await given({}, [`${option} = True`]);
    const { code, message, remedy } = await failureOf(fetchFrom(plain()));
    assert.equal(code, 'MISCONFIGURED');
    assert.match(message, new RegExp(`${option} of the profile "default" is neither true nor false`));
    assert.match(remedy, /in lower case/);
  }
});

test('a setting of the profile that the SDK would not obey, or fail on without naming it, is named; so does config check', async () => {
  const wrong: Readonly<Record<string, readonly string[]>> = {
    retry_mode: ['Standard', 'on'],
    max_attempts: ['many', '0', '3.5', '-1', '100'],
    defaults_mode: ['fast'],
    duration_seconds: ['1h', '60', '50000'],
    ec2_metadata_service_endpoint_mode: ['ipv6'],
    ec2_metadata_service_endpoint: ['169.254.169.254'],
    metadata_service_timeout: ['x', '0'],
    metadata_service_num_attempts: ['many'],
    sts_regional_endpoints: ['global'],
    region: ['eu west', 'EU-WEST-1', 'eu-west-1a'],
    sso_region: ['Ireland'],
    role_arn: ['arn:foo', 'pull'],
    role_session_name: ['my session'],
  };
  for (const [option, values] of Object.entries(wrong))
    for (const value of values) {
      await given({}, [`${option} = ${value}`]);
      const { code, message } = await failureOf(fetchFrom(plain()));
      assert.equal(code, 'MISCONFIGURED', `${option} = ${value}`);
      assert.match(message, new RegExp(`^${option} of the profile "default" is no`));
      const notes = await environmentNotes([{}], process.env, Date.now());
      assert.ok(
        notes.some(note => note.startsWith(`${option} of the profile "default" is no`)),
        notes.join(),
      );
    }
  await given({}, ['retry_mode = adaptive', 'max_attempts = 4', 'defaults_mode = Standard', 'duration_seconds = 3600']);
  assert.deepEqual(await environmentNotes([{}], process.env, Date.now()), []);
});

test('AWS_MAX_ATTEMPTS is obeyed, and max_attempts of the profile', async () => {
  await using ecr = await startEcr({ keys: [keys] });
  ecr.trouble = () => 'broken';
  const attempts = async (): Promise<number> => {
    const before = ecr.calls.length;
    assert.equal((await failureOf(fetchFrom(sourceAt(ecr.url)))).code, 'UNEXPECTED');
    return ecr.calls.length - before;
  };
  await given({ AWS_MAX_ATTEMPTS: '1' });
  assert.equal(await attempts(), 1);
  await given({}, ['max_attempts = 2']);
  assert.equal(await attempts(), 2);
});

test('for how long the metadata of the machine are asked, and how often, is said as aws-cli reads it', async () => {
  const metadata = async () => settingsOf({}, registryOf(), process.env, await readShared(process.env)).metadata;
  await given({});
  assert.deepEqual(await metadata(), { timeoutMs: 1000, retries: 0 });
  await given({}, ['metadata_service_timeout = 4', 'metadata_service_num_attempts = 3']);
  assert.deepEqual(await metadata(), { timeoutMs: 4000, retries: 2 });
  await given({ AWS_METADATA_SERVICE_TIMEOUT: '5', AWS_METADATA_SERVICE_NUM_ATTEMPTS: '2' }, ['metadata_service_timeout = 4']);
  assert.deepEqual(await metadata(), { timeoutMs: 5000, retries: 1 });
});

test('ca_bundle of the profile is trusted, unless AWS_CA_BUNDLE is set', async () => {
  const certificates = join(import.meta.dirname, '../io/certificates');
  const [cert, key] = await Promise.all(['good.pem', 'server.key'].map(name => readFile(join(certificates, name), 'utf8')));
  await using ecr = await startEcr({ keys: [keys], tls: { cert: cert ?? '', key: key ?? '' } });
  const url = ecr.url.replace('127.0.0.1', 'localhost');
  const lines = [`ca_bundle = ${join(certificates, 'ca.pem')}`];
  await given({});
  assert.match((await failureOf(fetchFrom(sourceAt(url)))).message, /certificate|TLS/);
  await given({}, lines);
  const source = sourceAt(url);
  await fetchFrom(source);
  // Proofs trust the same CA.
  assert.deepEqual(source.trusts?.(), { file: join(certificates, 'ca.pem'), name: 'ca_bundle of the profile "default"' });
  await given({}, ['ca_bundle = /nonexistent/bundle.pem']);
  assert.match((await failureOf(fetchFrom(sourceAt(url)))).message, /ca_bundle of the profile "default": \/nonexistent\/bundle\.pem/);
  await given({ AWS_CA_BUNDLE: '/nonexistent' }, lines);
  assert.match((await failureOf(fetchFrom(sourceAt(url)))).message, /AWS_CA_BUNDLE: \/nonexistent does not exist/);
});

test('a bundle that is missing is not the fault of a proxy, nor of the way to AWS', async t => {
  t.after(() => void delete process.env['HTTPS_PROXY']);
  const byRole = ['role_arn = arn:aws:iam::123456789012:role/pull', 'credential_source = Environment'];
  const cases: readonly [env: Record<string, string>, lines: readonly string[], told: string][] = [
    [{ AWS_CA_BUNDLE: '/nonexistent' }, [], 'AWS_CA_BUNDLE: /nonexistent does not exist.'],
    [{}, ['ca_bundle = /nonexistent'], 'ca_bundle of the profile "default": /nonexistent does not exist.'],
    [{}, [`ca_bundle = ${config}`], `ca_bundle of the profile "default": ${config} holds no certificate in PEM.`],
    [{ AWS_CA_BUNDLE: '/nonexistent', AWS_PROFILE: 'default' }, byRole, 'AWS_CA_BUNDLE: /nonexistent does not exist.'],
    [
      { AWS_PROFILE: 'default' },
      ['ca_bundle = /nonexistent', ...byRole],
      'ca_bundle of the profile "default": /nonexistent does not exist.',
    ],
  ];
  for (const proxy of ['http://127.0.0.1:1', 'https://127.0.0.1:1'])
    for (const [env, lines, told] of cases) {
      await given({ ...env, HTTPS_PROXY: proxy }, lines);
      const { code, message, remedy } = await failureOf(fetchFrom(plain()));
      assert.deepEqual([code, message], ['MISCONFIGURED', told]);
      assert.match(
        remedy,
        /^(Put the file there, or name another one in (AWS_CA_BUNDLE|ca_bundle of the profile "default")|Change the option)/,
      );
    }
});

test('a key that one region does not know: region and session are named, and never that the key is gone', async () => {
  await using ecr = await startEcr({ keys: [keys] });
  await given({});
  const source = sourceAt(ecr.url);
  ecr.trouble = ({ region }) => (region === 'me-south-1' ? 'unknown key' : undefined);
  const refused = () => failureOf(fetchFrom(source, '123456789012.dkr.ecr.me-south-1.amazonaws.com'));
  const before = await refused();
  assert.match(before.remedy, /the region not enabled in the account.*a session from the global STS endpoint.*a key that was deleted/);
  await fetchFrom(source);
  const { code, message, remedy } = await refused();
  assert.equal(code, 'AUTH');
  assert.match(message, /UnrecognizedClientException.*The same identity is accepted in eu-west-1\./);
  assert.match(remedy, /the region not enabled in the account.*a session from the global STS endpoint/);
  assert.doesNotMatch(`${message} ${remedy}`, /deleted|does not exist|partition/);
});

test('a key that is not known in a region of all accounts: it is the key, and not the region', async () => {
  await using ecr = await startEcr({ keys: [keys] });
  await given({});
  ecr.trouble = () => 'unknown key';
  const { remedy } = await failureOf(fetchFrom(sourceAt(ecr.url)));
  assert.match(remedy, /Possible causes: a key that was deleted or switched off; a key of another partition.*; a session token/);
  assert.doesNotMatch(remedy, /not enabled|global STS/);
});

test('what never left the machine is nobody’s answer', async () => {
  await using ecr = await startEcr({ keys: [keys] });
  const cases: readonly [env: Record<string, string>, lines: readonly string[], words: RegExp][] = [
    [{ AWS_ACCESS_KEY_ID: `${keys.id}\n` }, [], /environment \(the access key ID holds a line break/],
    [{ AWS_SESSION_TOKEN: 'a b' }, [], /the session token holds a blank/],
    [{ AWS_ENDPOINT_URL_ECR: '127.0.0.1:1/x' }, [], /AWS_ENDPOINT_URL_ECR is not a URL/],
    [{}, ['endpoint_url = no address'], /endpoint_url of the profile "default" is not a URL/],
    [{}, ['defaults_mode = fast'], /defaults_mode of the profile "default" is none of auto/],
  ];
  for (const [env, lines, words] of cases) {
    await given(env, lines);
    const { message, remedy } = await failureOf(fetchFrom(plain()));
    assert.match(message, words);
    assert.doesNotMatch(`${message} ${remedy}`, /answered|report/);
  }
  assert.equal(ecr.calls.length, 0);
});
