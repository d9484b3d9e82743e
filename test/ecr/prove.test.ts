import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'undici';
import { Failure } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';
import { type Ask, makeProve } from '../../src/ecr/registry/prove.ts';
import { proxiesOf } from '../../src/io/proxies.ts';
import { startEcr } from '../fakes/ecr.ts';
import { startRegistry } from '../fakes/registry.ts';
import { fetchFrom, registryOf, sourceAt, useStaticKeys } from './support.ts';

useStaticKeys();
const { signal } = new AbortController();
const registry = registryOf();
const ask: Ask = async (url, headers, stop) => {
  const { statusCode, body } = await request(url, { headers, signal: stop });
  return { status: statusCode, text: await body.text() };
};
const credential = {
  username: 'AWS',
  password: new Secret('a-password-of-ours'),
  issuedAt: new Date(),
  expiresAt: new Date(),
  source: 's',
  scope: 'k',
};

test('a new token is accepted, a rotated one refused in each form that ECR has', async () => {
  await using ecr = await startEcr();
  await using door = await startRegistry(ecr);
  const prove = makeProve(ask, () => door.url);
  const fetched = await fetchFrom(sourceAt(ecr.url));
  assert.deepEqual(await prove(registry, fetched, signal), { ok: true });
  assert.equal(door.server.requests[0]?.path, '/v2/');
  ecr.rotate();
  for (const form of ['403 envelope', '401 envelope', '403 text'] as const) {
    door.expiredForm = form;
    const proof = await prove(registry, fetched, signal);
    assert.ok(!proof.ok && proof.refused);
    assert.match(proof.message, new RegExp(`^${registry.host} answered ${form.slice(0, 3)} \\(Your authorization token has expired`));
  }
});

test('a credential that the registry never gave out', async () => {
  await using ecr = await startEcr();
  await using door = await startRegistry(ecr);
  const proof = await makeProve(ask, () => door.url)(registry, credential, signal);
  assert.ok(!proof.ok && proof.refused);
  assert.match(proof.message, /401 \(Not Authorized\)/);
});

test('an answer that came through a proxy names it, whoever gave it', async () => {
  const { proxy } = proxiesOf({ HTTPS_PROXY: 'http://proxy.test:3128' }).wayTo(new URL(`https://${registry.host}`));
  for (const status of [403, 502]) {
    const proof = await makeProve(async () => ({ status, text: '', proxy }))(registry, credential, signal);
    assert.ok(!proof.ok);
    assert.match(proof.message, new RegExp(`answered ${status} through the proxy http://proxy\\.test:3128 \\(HTTPS_PROXY\\)`));
  }
});

const answers: readonly [name: string, status: number, text: string, refused: boolean, words: RegExp][] = [
  ['an empty 403', 403, '', true, /answered 403: it does not/],
  ['an envelope without errors', 401, '{"errors":null}', true, /answered 401: /],
  ['a message that is none', 403, '{"errors":[{"message":{"a":1}}]}', true, /answered 403: /],
  ['a redirect', 307, '', false, /could not be asked: it answered 307/],
  ['a page of a proxy', 502, '<html>bad gateway</html>', false, /502 \(a page of HTML\)/],
  ['a rate limit', 429, '{"errors":[{"code":"TOOMANYREQUESTS","message":"Rate exceeded"}]}', false, /429 \(Rate exceeded\)/],
];
for (const [name, status, text, refused, words] of answers) {
  test(`the registry answers with ${name}`, async () => {
    const proof = await makeProve(async () => ({ status, text }))(registry, credential, signal);
    assert.ok(!proof.ok);
    assert.equal(proof.refused, refused);
    assert.match(proof.message, words);
  });
}

test('no way to the registry: could not be asked, and why', async () => {
  const failing: Ask = async () => {
    throw new Failure('UNREACHABLE', 'No connection: nothing listens there.');
  };
  const proof = await makeProve(failing)(registry, credential, signal);
  assert.ok(!proof.ok && !proof.refused);
  assert.match(proof.message, /could not be asked: No connection/);
});

test('the credential goes out as Basic to the host itself, and is not repeated when an answer quotes it', async () => {
  const seen: string[] = [];
  const quoting: Ask = async (url, headers) => {
    seen.push(url);
    return { status: 401, text: `you sent ${headers['authorization']}, that is a-password-of-ours` };
  };
  const proof = await makeProve(quoting)(registry, credential, signal);
  assert.deepEqual(seen, [`https://${registry.host}/v2/`]);
  assert.ok(!proof.ok);
  for (const secret of ['a-password', Buffer.from('AWS:a-password-of-ours').toString('base64').slice(8, 20)])
    assert.ok(!proof.message.includes(secret), proof.message);
});
