import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { Secret } from '../../src/contract/secret.ts';
import { makeProve } from '../../src/ecr/registry/prove.ts';
import { sourceByToken } from '../../src/ecr/sources/source.ts';
import { openOnce } from '../../src/io/once.ts';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { startServer } from '../fakes/server.ts';
import { failureOf, fetchFrom, keys, registryOf, sourceAt, useStaticKeys, withoutNetwork } from './support.ts';

const host = 'public.ecr.aws';
const role = 'arn:aws:iam::123456789012:role/puller';
let ecr: FakeEcr;
beforeEach(async () => {
  useStaticKeys();
  ecr = await startEcr({ keys: [keys] });
});
afterEach(() => ecr[Symbol.asyncDispose]());

const publicSource = (more: object = {}) => sourceAt(ecr.url, { service: 'ecr-public', ...more });
/** Returns the host that a fetch calls first, with the region and service of the signature. */
async function firstCall(env: Record<string, string>, at: string, spec: object = {}): Promise<string> {
  const asked: string[] = [];
  const once = withoutNetwork(({ url, headers }) => {
    const scope = /\/([a-z0-9-]+\/[a-z-]+)\/aws4_request/.exec(headers['authorization'] ?? '')?.[1];
    asked.push(`${url.host} ${scope}`);
  });
  Object.assign(process.env, env);
  await failureOf(fetchFrom(sourceAt('', { service: 'ecr-public', endpoint: undefined, stsEndpoint: undefined, ...spec }, { once }), at));
  return asked[0] ?? '';
}

test('a token of ECR Public: its own API and signature, and no registry of the account is named', async () => {
  const credential = await fetchFrom(publicSource(), host);
  assert.equal(credential.username, 'AWS');
  assert.equal(ecr.judge('us-east-1', credential.password.reveal()), 'good');
  assert.equal(credential.own, undefined);
  assert.deepEqual(
    ecr.calls.map(({ service, action, region }) => [service, action, region]),
    [['ecr-public', 'GetAuthorizationToken', 'us-east-1']],
  );
  assert.match(credential.scope, /\/ecr-public\/us-east-1$/);
});

test('both rights are named where one is missing', async () => {
  ecr.trouble = () => 'denied';
  const { code, message, remedy } = await failureOf(fetchFrom(publicSource(), host));
  assert.equal(code, 'FORBIDDEN');
  assert.match(message, /may not do ecr-public:GetAuthorizationToken in us-east-1: .*sts:GetServiceBearerToken/);
  assert.match(remedy, /"Action":\["ecr-public:GetAuthorizationToken","sts:GetServiceBearerToken"\]/);
});

test('the addresses of ECR Public, and of STS for it', async () => {
  const api = 'api.ecr-public.us-east-1.amazonaws.com us-east-1/ecr-public';
  assert.equal(await firstCall({ AWS_REGION: 'eu-west-1' }, host), api);
  assert.equal(await firstCall({}, 'ecr-public.aws.com'), 'ecr-public.us-east-1.api.aws us-east-1/ecr-public');
  assert.equal(await firstCall({ AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://own.test' }, host), 'own.test us-east-1/ecr-public');
  delete process.env['AWS_ENDPOINT_URL_ECR_PUBLIC'];
  assert.equal(await firstCall({}, host, { roleArn: role }), 'sts.eu-west-1.amazonaws.com eu-west-1/sts');
  assert.equal(await firstCall({}, host, { roleArn: role, region: 'eu-north-1' }), 'sts.eu-north-1.amazonaws.com eu-north-1/sts');
  delete process.env['AWS_REGION'];
  assert.equal(await firstCall({}, host, { roleArn: role }), 'sts.us-east-1.amazonaws.com us-east-1/sts');
});

/** Imitates ECR Public: takes Basic only at the address of its challenge. */
async function startPublicRegistry(password: string, realm = (url: string) => `${url}/token/`) {
  const server = await startServer(({ path, headers }) => {
    const challenge = `Bearer realm="${realm(server.url)}",service="public.ecr.aws",scope="aws"`;
    if (path === '/v2/') return { status: 401, headers: { 'www-authenticate': challenge }, text: 'Not Authorized' };
    const good = headers.authorization === `Basic ${Buffer.from(`AWS:${password}`).toString('base64')}`;
    return path === '/token/?service=public.ecr.aws&scope=aws' && good ? { status: 200, json: { token: 't' } } : { status: 403 };
  });
  return server;
}

test('a token is proven where the challenge says, and given to no other host', async () => {
  const credential = await fetchFrom(publicSource(), host);
  const prove = (url: string) =>
    makeProve(
      async (asked, headers, signal) => {
        const answer = await openOnce({}).send({ method: 'GET', url: new URL(asked), headers }, signal);
        for await (const _ of answer.body);
        return { status: answer.status, text: '', challenge: String(answer.headers['www-authenticate']) };
      },
      () => url,
    )(registryOf(host), credential, new AbortController().signal);
  await using good = await startPublicRegistry(credential.password.reveal());
  assert.deepEqual(await prove(good.url), { ok: true });
  await using other = await startPublicRegistry('another');
  const refused = await prove(other.url);
  assert.ok(!refused.ok && refused.refused);
  await using elsewhere = await startPublicRegistry('another', () => `${good.url}/token/`);
  const before = good.requests.length;
  const unasked = await prove(elsewhere.url);
  assert.ok(!unasked.ok && !unasked.refused);
  assert.equal(good.requests.length, before);
});

test('a token of a service account opens a role, unsigned, and the end of the session is told', async () => {
  delete process.env['AWS_ACCESS_KEY_ID'];
  const webToken = { roleArn: role, token: new Secret('service-account-token-1'), sessionName: 'ecr-courier-credential-provider' };
  const spec = { name: 'default', endpoint: ecr.url, stsEndpoint: ecr.url };
  const source = sourceByToken(webToken, spec, { once: openOnce({}), clock, env: {} });
  const credential = await fetchFrom(source);
  assert.deepEqual(
    ecr.calls.map(({ action, region, accessKeyId, input }) => [action, region, accessKeyId.slice(0, 4), input['RoleSessionName']]),
    [
      ['AssumeRoleWithWebIdentity', '', '', 'ecr-courier-credential-provider'],
      ['GetAuthorizationToken', 'eu-west-1', 'ASIA', undefined],
    ],
  );
  assert.equal(credential.identity?.from, `service account token for ${role}`);
  assert.ok(Math.abs((credential.sessionEndsAt?.getTime() ?? 0) - Date.now() - 3_600_000) < 60_000);
  const other = sourceByToken({ ...webToken, token: new Secret('service-account-token-2') }, spec, { once: openOnce({}), clock, env: {} });
  assert.notEqual(source.scope(registryOf()), other.scope(registryOf()));
  ecr.trouble = ({ action }) => (action === 'AssumeRoleWithWebIdentity' ? 'denied' : undefined);
  const { code, message } = await failureOf(fetchFrom(source), ['service-account-token-1']);
  assert.equal(code, 'FORBIDDEN');
  assert.match(message, /sts:AssumeRoleWithWebIdentity/);
});
