import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import { parseAddress } from '../../src/contract/registry.ts';
import type { SourceSpec } from '../../src/ecr/sources/choice.ts';
import { type Asker, answerFor, keyOf, type Reply } from '../../src/pull/answer.ts';
import { hostsListed } from '../../src/pull/list.ts';
import { keys, useStaticKeys } from '../ecr/support.ts';
import { startEcr } from '../fakes/ecr.ts';

const folder = await mkdtemp(join(tmpdir(), 'pull-'));
const aws = await startEcr();
after(async () => {
  await rm(folder, { recursive: true });
  await aws[Symbol.asyncDispose]();
});

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
let made = 0;
// The AWS client reads the variables of the process.
beforeEach(async () => {
  useStaticKeys();
  const home = join(folder, `${made++}`);
  await mkdir(home);
  Object.assign(process.env, { HOME: home, AWS_ENDPOINT_URL: aws.url });
  for (const name of ['XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'ECR_COURIER_CONFIG', 'ECR_COURIER_CACHE']) delete process.env[name];
  aws.calls.splice(0);
  aws.trouble = undefined;
});

const ask = (asked: string, more: Partial<Asker> = {}): Promise<Reply> =>
  answerFor(asked, { env: process.env, clock, signal: new AbortController().signal, unconfiguredPublic: 'not served', ...more });
async function tokenFor(asked: string, more: Partial<Asker> = {}): Promise<string> {
  const reply = await ask(asked, more);
  assert.equal(reply.kind, 'answer', JSON.stringify(reply));
  return reply.kind === 'answer' ? reply.answer.password.reveal() : '';
}
async function failureFor(asked: string, more: Partial<Asker> = {}): Promise<Failure> {
  const reply = await ask(asked, more);
  assert.ok(reply.kind === 'failed', JSON.stringify(reply));
  return reply.failure;
}
const later = (ms: number) => ({ clock: { ...clock, wall: () => clock.wall() + ms } });
const hour = 3_600_000;

async function configure(text: string): Promise<void> {
  process.env['ECR_COURIER_CONFIG'] = join(process.env['HOME'] ?? '', 'config.yaml');
  await writeFile(process.env['ECR_COURIER_CONFIG'], text);
}

test('one call serves every spelling and every account of a region', async () => {
  const first = await tokenFor(`https://me@${host.toUpperCase()}:443/team/app`);
  for (const spelling of [
    host,
    `http://${host}`,
    `${host}/${'team/'.repeat(400)}`,
    '444455556666.dkr-ecr.eu-west-1.on.aws',
    host.replace('.dkr.ecr.', '.dkr.ecr-fips.'),
  ])
    assert.equal(await tokenFor(spelling), first);
  assert.equal(aws.calls.length, 1);
  assert.notEqual(await tokenFor(host.replace('west-1', 'west-2')), first);
});

test('what is none of ours: other registries, other schemes, ECR Public without a source', async () => {
  for (const foreign of ['docker.io', 'https://index.docker.io/v1/', `ftp://${host}`, `${host}.evil.test`, 'public.ecr.aws', '://', '@'])
    assert.equal((await ask(foreign)).kind, 'foreign', foreign);
  assert.deepEqual(await ask('public.ecr.aws'), { kind: 'foreign' }, 'which nobody has to hear of');
  const vpce = await ask('vpce-0a-b1.dkr.ecr.us-east-1.vpce.amazonaws.com');
  assert.match(vpce.kind === 'foreign' ? (vpce.why ?? '') : '', /VPC endpoint.*aliases/);
  assert.equal(aws.calls.length, 0);
});

test('from half of its life on a token is fetched anew; where that fails it is answered until its end, and said', async () => {
  const first = await tokenFor(host);
  assert.equal(await tokenFor(host, later(6 * hour - 60_000)), first);
  aws.trouble = () => 'denied';
  const late = await ask(host, later(7 * hour));
  assert.ok(late.kind === 'answer' && late.answer.password.reveal() === first);
  assert.match(late.remarks.join(), /could not be refreshed.*ecr:GetAuthorizationToken/);
  assert.match((await failureFor(host, later(12 * hour))).message, /GetAuthorizationToken/);
  aws.trouble = undefined;
  assert.notEqual(await tokenFor(host, later(7 * hour)), first);
});

test('an answer from before the clock was set back is not trusted', async () => {
  const first = await tokenFor(host, later(2 * hour));
  assert.notEqual(await tokenFor(host), first);
});

for (const aheadMs of [13 * hour, -13 * hour])
  test(`an answer lasts for its life on a clock that is ${aheadMs / hour} h ahead of AWS's`, async () => {
    const first = await tokenFor(host, later(aheadMs));
    const asked = aws.calls.length;
    assert.equal(await tokenFor(host, later(aheadMs + 6 * hour - 60_000)), first);
    assert.equal(aws.calls.length, asked);
    aws.trouble = () => 'denied';
    assert.equal(await tokenFor(host, later(aheadMs + 12 * hour - 60_000)), first);
    assert.match((await failureFor(host, later(aheadMs + 12 * hour))).message, /GetAuthorizationToken/);
  });

test('no identity gets the answer of another: keys, profiles, files, roles, endpoints', async () => {
  const home = process.env['HOME'] ?? '';
  const tokens = [await tokenFor(host)];
  process.env['AWS_ACCESS_KEY_ID'] = keys.id.replace('7', '8');
  tokens.push(await tokenFor(host));
  const profile = (id: string) => `[team]\naws_access_key_id = ${id}\naws_secret_access_key = x\n`;
  Object.assign(process.env, { AWS_PROFILE: 'team', AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials') });
  await writeFile(join(home, 'credentials'), profile('AKIATEAM00000000'));
  tokens.push(await tokenFor(host));
  await writeFile(join(home, 'credentials'), profile('AKIATEAM00000001'));
  tokens.push(await tokenFor(host));
  await configure('sources: [{ name: default, roleArn: "arn:aws:iam::123456789012:role/pull" }]');
  tokens.push(await tokenFor(host));
  process.env['AWS_ENDPOINT_URL'] = aws.url.replace('127.0.0.1', 'localhost');
  tokens.push(await tokenFor(host));
  assert.equal(new Set(tokens).size, tokens.length);
});

test('who has to use FIPS gets nothing that another AWS address gave', async () => {
  const home = process.env['HOME'] ?? '';
  const identityFor = async (name: string, env: Record<string, string> = {}, spec: SourceSpec = { name: 'default' }): Promise<string> => {
    const registry = parseAddress(name)?.registry ?? assert.fail(name);
    return (await keyOf(spec, registry, { HOME: home, AWS_ACCESS_KEY_ID: keys.id, ...env })).identity;
  };
  const [plain, dual] = [host, '123456789012.dkr-ecr.eu-west-1.on.aws'];
  const [fips, both] = [host.replace('.ecr.', '.ecr-fips.'), '123456789012.dkr-ecr-fips.eu-west-1.on.aws'];
  const inEach = (env: Record<string, string> = {}, spec?: SourceSpec) =>
    Promise.all([plain, dual, fips, both].map(name => identityFor(name, env, spec)));
  const [one, two, three, four] = await inEach();
  assert.deepEqual([one === two, three === four, one === three], [true, true, false]);
  assert.deepEqual(new Set(await inEach({ AWS_USE_FIPS_ENDPOINT: 'true' })), new Set([three]), 'for all');
  assert.equal(await identityFor(plain, { AWS_USE_FIPS_ENDPOINT: 'false' }), one, 'nothing is switched off');
  assert.equal(new Set(await inEach({ AWS_ENDPOINT_URL: aws.url })).size, 1, 'an address that is set is asked for all');
  assert.equal(new Set(await inEach({}, { name: 'given', lambda: 'tokens' })).size, 1, 'who is asked in the place of ECR is one');
  await mkdir(join(home, '.aws'));
  await writeFile(join(home, '.aws/config'), '[default]\nuse_fips_endpoint = true\n');
  assert.notEqual(await identityFor(plain, { AWS_USE_FIPS_ENDPOINT: 'false' }), await identityFor(plain), 'of the profile');
});

test('half a key is refused, although there is an answer', async () => {
  await tokenFor(host);
  const { AWS_SECRET_ACCESS_KEY: secret, ...env } = process.env;
  assert.ok(secret);
  assert.match((await failureFor(host, { env })).message, /AWS_SECRET_ACCESS_KEY is not/);
});

test('a private registry that no source serves has a failure, as nobody pulls from it without a name', async () => {
  await configure('sources: [{ name: default, accounts: ["444455556666"] }]');
  const { code, message, remedy } = await failureFor(host);
  assert.deepEqual([code, /No source .*123456789012/.test(message), /accounts/.test(remedy)], ['MISCONFIGURED', true, true]);
});

test('the configuration says which identity serves which account; mistakes among the targets do not matter', async () => {
  await configure(
    `sources:\n  - { name: other, accounts: ["444455556666"], roleArn: "arn:aws:iam::444455556666:role/pull" }\ntargets: [{ kind: nonsense, url: 1 }]\nserver: { prot: 1 }\naliases: [{ host: ecr.corp.example, registry: ${host} }]`,
  );
  await tokenFor('444455556666.dkr.ecr.eu-west-1.amazonaws.com');
  assert.deepEqual(
    aws.calls.map(({ action }) => action),
    ['AssumeRole', 'GetAuthorizationToken'],
  );
  assert.equal(await tokenFor(host), await tokenFor('ecr.corp.example'));
  assert.deepEqual(await hostsListed({ env: process.env, clock }), [
    [host, 'AWS'],
    ['444455556666.dkr.ecr.eu-west-1.amazonaws.com', 'AWS'],
    ['ecr.corp.example', 'AWS'],
  ]);
});

test('a host that the configuration names is listed before anybody has asked for it; patterns and what nobody serves are not', async () => {
  await configure(
    `sources:
  - { name: team, registries: [${host}, "444455556666.dkr.ecr.*", "444455556666.dkr.ecr.eu-west-?.amazonaws.com", docker.io, ecr.corp.example] }
  - { name: default, accounts: ["777788889999"], registries: ["555566667777.dkr.ecr.us-east-1.amazonaws.com"] }
  - { name: shop, profile: shop, accounts: ["111111111111", "222222222222"], region: eu-west-1 }
  - { name: open, service: ecr-public }
targets:
  - { kind: portainer, url: [wrong], registries: "444455556666.dkr.ecr.ap-south-1.amazonaws.com, own" }
  - { kind: helper-cache, registries: ["444455556666.dkr.ecr.eu-west-1.amazonaws.com", "777788889999.dkr.ecr.us-east-1.amazonaws.com"] }
aliases: [{ host: ecr.corp.example, registry: ${host} }]`,
  );
  const named = [
    ['111111111111.dkr.ecr.eu-west-1.amazonaws.com', 'AWS'],
    [host, 'AWS'],
    ['222222222222.dkr.ecr.eu-west-1.amazonaws.com', 'AWS'],
    ['444455556666.dkr.ecr.ap-south-1.amazonaws.com', 'AWS'],
    ['444455556666.dkr.ecr.eu-west-1.amazonaws.com', 'AWS'],
    ['ecr.corp.example', 'AWS'],
    ['public.ecr.aws', 'AWS'],
  ];
  assert.deepEqual(await hostsListed({ env: process.env, clock }), named);
  await tokenFor(host);
  assert.deepEqual(await hostsListed({ env: process.env, clock }), named, 'once, although there is an answer');
  assert.equal(aws.calls.length, 1, 'and nobody was asked for the list');
});

const wrong: readonly (readonly [name: string, text: string, said: RegExp])[] = [
  ['a mistake of a source', 'sources: [{ name: default, rolArn: x }]', /rolArn/],
  ['a mistyped list', 'source: []', /did you mean sources/],
  ['no YAML', 'sources: [', /not YAML/],
];
for (const [name, text, said] of wrong)
  test(`a configuration that may hide a source stops the answer: ${name}`, async () => {
    await configure(text);
    const { message } = await failureFor(host);
    assert.match(message, said);
    assert.doesNotMatch(message, /\n|: {2}|\?\./, 'one line, of whole sentences');
    assert.equal((await ask('docker.io')).kind, 'foreign');
    assert.equal(aws.calls.length, 0);
  });

test('a configuration that is named and not there stops the answer; the first of the usual ones is read', async () => {
  const home = process.env['HOME'] ?? '';
  process.env['ECR_COURIER_CONFIG'] = join(home, 'nothing.yaml');
  assert.match((await failureFor(host)).message, /nothing\.yaml.*does not exist|does not exist.*nothing\.yaml/);
  delete process.env['ECR_COURIER_CONFIG'];
  await mkdir(join(home, '.config/ecr-courier'), { recursive: true });
  await writeFile(join(home, '.config/ecr-courier/config.yaml'), 'sources: [{ name: default, profile: nope }]');
  assert.match((await failureFor(host)).message, /nope/);
});

test('where nothing can be kept the token is handed out, with a word', async () => {
  const directory = join(process.env['HOME'] ?? '', 'open');
  await mkdir(directory);
  await chmod(directory, 0o777);
  process.env['ECR_COURIER_CACHE'] = directory;
  const reply = await ask(host);
  assert.ok(reply.kind === 'answer');
  assert.match(reply.remarks.join(), /can be written by others/);
});

test('the switch of the Go helper turns the disk off', async () => {
  process.env['AWS_ECR_DISABLE_CACHE'] = '1';
  assert.notEqual(await tokenFor(host), await tokenFor(host));
  assert.deepEqual(await hostsListed({ env: process.env, clock }), []);
});

test('the end of the asker is the end of the answer', async () => {
  const ending = new AbortController();
  const asked = ask(host, { signal: ending.signal });
  ending.abort(new Failure('TIMEOUT', 'No answer within 13 s.'));
  const reply = await asked;
  assert.ok(reply.kind === 'failed');
  assert.equal(reply.failure.message, 'No answer within 13 s.');
});
