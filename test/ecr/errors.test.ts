import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { failures } from '../../src/contract/failures.ts';
import { awsFailure } from '../../src/ecr/aws/errors.ts';
import { openWire } from '../../src/ecr/aws/wire.ts';
import { openOnce } from '../../src/io/once.ts';
import { raw } from '../io/servers.ts';

const of = (code: string, more: { message?: string; status?: number } = {}) => {
  const thrown = Object.assign(new Error(more.message ?? 'as ordered'), code && { code });
  const call = { host: 'api.ecr.test', ...(more.status !== undefined && { status: more.status }) };
  return awsFailure(thrown, { action: 'ecr:GetAuthorizationToken', region: 'eu-west-1', call });
};

test('what went wrong before, on and after the way is told apart', () => {
  const cases: readonly [code: string, failure: string, words: RegExp][] = [
    ['ERR_INVALID_CHAR', 'MISCONFIGURED', /could not be sent: as ordered/],
    ['UND_ERR_INVALID_ARG', 'MISCONFIGURED', /could not be sent/],
    ['ERR_INVALID_URL', 'MISCONFIGURED', /could not be sent/],
    ['', 'MISCONFIGURED', /could not be sent/],
    ['ECONNABORTED', 'UNREACHABLE', /connection to api\.ecr\.test failed \(ECONNABORTED\)/],
    ['UND_ERR_DESTROYED', 'UNREACHABLE', /UND_ERR_DESTROYED/],
    ['UND_ERR_HEADERS_TIMEOUT', 'TIMEOUT', /did not answer/],
    ['HPE_INVALID_CONSTANT', 'UNREACHABLE', /is not HTTP/],
  ];
  for (const [code, failure, words] of cases) {
    const { code: found, message, remedy } = of(code);
    assert.equal(found, failure, code);
    assert.match(message, words);
    assert.doesNotMatch(`${message} ${remedy}`, /answered|please report/);
  }
  const aborted = new AbortController();
  aborted.abort();
  const cut = awsFailure(aborted.signal.reason, { action: 'ecr:GetAuthorizationToken', region: 'eu-west-1' });
  assert.deepEqual([cut.code, /did not answer/.test(cut.message)], ['TIMEOUT', true]);
  assert.match(of('', { status: 200 }).message, /api\.ecr\.test answered/);
});

test('each refusal of AWS comes with something to do that concerns AWS', () => {
  const actions = ['ecr:GetAuthorizationToken', 'ecr-public:GetAuthorizationToken', 'sts:AssumeRole', 'sts:GetCallerIdentity'] as const;
  const names = [
    'Unknown',
    'ServerException',
    'InternalFailure',
    'ValidationException',
    'UnauthorizedOperation',
    'SomethingNew',
    'toString',
  ];
  for (const action of actions)
    for (const name of names)
      for (const status of [200, 301, 400, 401, 403, 404, 413, 418, 500, 501, 502, 504])
        for (const refusal of ['oops', '', '<html>oops</html>']) {
          const thrown = Object.assign(new Error(refusal), { name, $metadata: { httpStatusCode: status } });
          const { code, remedy } = awsFailure(thrown, { action, region: 'eu-west-1', call: { host: 'api.ecr.test', status, refusal } });
          const usual: readonly string[] = Object.values(failures).map(failure => failure.remedy);
          assert.ok(!usual.includes(remedy), `${action} ${name} ${status}: ${code} ${remedy}`);
          assert.doesNotMatch(remedy, /supported version/);
        }
  const endpoint = Object.assign(new Error('no rule'), { name: 'EndpointError' });
  assert.match(awsFailure(endpoint, { action: 'sts:AssumeRole', region: 'moon' }).remedy, /Look at the region/);
});

test('a proxy that nobody configured and that wants a login: the remedy names the variable', () => {
  const thrown = Object.assign(new Error('auth'), { name: 'Unknown', $metadata: { httpStatusCode: 407 } });
  const call = { host: 'api.ecr.test', status: 407, refusal: 'auth' };
  const { code, message, remedy } = awsFailure(thrown, { action: 'ecr:GetAuthorizationToken', region: 'eu-west-1', call });
  assert.equal(code, 'MISCONFIGURED');
  assert.match(message, /api\.ecr\.test answered .* HTTP 407/);
  assert.match(remedy, /Set HTTPS_PROXY to its address with user and password/);
});

test('a connection that never comes about is told apart from a request that is not answered', async () => {
  await using mute = await raw(() => undefined);
  const failureAt = async (url: string) => {
    const wire = openWire(openOnce({ env: {} }), clock, new AbortController().signal);
    const request = { method: 'POST', url: new URL(url), headers: {}, body: '{}' };
    const thrown: unknown = await wire.send(request, { attemptMs: 300 }).catch((error: unknown) => error);
    return awsFailure(thrown, { action: 'ecr:GetAuthorizationToken', region: 'eu-west-1', call: wire.last });
  };
  const handshake = await failureAt(mute.url.replace('http:', 'https:'));
  assert.equal(handshake.code, 'UNREACHABLE');
  assert.match(handshake.message, /^No connection to 127\.0\.0\.1:\d+: no answer within 0\.3 s\.$/);
  const answer = await failureAt(mute.url);
  assert.equal(answer.code, 'TIMEOUT');
  assert.match(answer.message, /^127\.0\.0\.1:\d+ took the request and did not answer\.$/);
});
