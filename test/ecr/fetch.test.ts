import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as turn } from 'node:timers/promises';
import type { FailureCode } from '../../src/contract/failures.ts';
import { type EcrOptions, type FakeEcr, startEcr, type Trouble } from '../fakes/ecr.ts';
import { failureOf, fetchFrom, keys, sourceAt, useStaticKeys } from './support.ts';

useStaticKeys();
const start = (options: EcrOptions = {}): Promise<FakeEcr> => startEcr({ keys: [keys], ...options });
const role = 'arn:aws:iam::444455556666:role/team/puller';

test('a token for the region of the host, with the times of the server', async () => {
  await using ecr = await start();
  const serverTime = Date.now() + 100_000;
  ecr.now = () => serverTime;
  const credential = await fetchFrom(sourceAt(ecr.url), '999999999999.dkr.ecr.ap-south-1.amazonaws.com');
  assert.equal(credential.username, 'AWS');
  assert.equal(ecr.judge('ap-south-1', credential.password.reveal()), 'good');
  assert.equal(credential.issuedAt.getTime(), Math.floor(serverTime / 1000) * 1000);
  assert.equal(credential.expiresAt.getTime(), serverTime + 12 * 3_600_000);
  assert.deepEqual(
    ecr.calls.map(({ action, region, accessKeyId, input }) => ({ action, region, accessKeyId, input })),
    [{ action: 'GetAuthorizationToken', region: 'ap-south-1', accessKeyId: keys.id, input: {} }],
  );
});

test('a role is assumed with external id and session name, and fetches the token', async () => {
  await using ecr = await start({ externalIds: { [role]: 'shared-external-id' } });
  await fetchFrom(sourceAt(ecr.url, { roleArn: role, externalId: 'shared-external-id' }));
  const [assume, ask] = ecr.calls;
  assert.equal(assume?.input['ExternalId'], 'shared-external-id');
  assert.equal(assume?.input['RoleSessionName'], 'ecr-courier');
  assert.equal(assume?.region, 'eu-west-1');
  assert.equal(ask?.principal, 'arn:aws:sts::444455556666:assumed-role/puller/ecr-courier');
});

test('the registry that is our own is that of the identity which asked, in the region that was asked', async () => {
  await using ecr = await start();
  const [chain, china, assumed] = [
    await fetchFrom(sourceAt(ecr.url), '999999999999.dkr.ecr.ap-south-1.amazonaws.com'),
    await fetchFrom(sourceAt(ecr.url), '999999999999.dkr.ecr.cn-north-1.amazonaws.com.cn'),
    await fetchFrom(sourceAt(ecr.url, { roleArn: role })),
  ].map(({ own }) => own?.host);
  assert.equal(chain, '123456789012.dkr.ecr.ap-south-1.amazonaws.com');
  assert.equal(china, '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn');
  assert.equal(assumed, '444455556666.dkr.ecr.eu-west-1.amazonaws.com');
});

test('roles are assumed one after the other, each with the keys of the one before', async () => {
  await using ecr = await start();
  await fetchFrom(sourceAt(ecr.url, { roles: [{ roleArn: 'arn:aws:iam::111122223333:role/hop' }], roleArn: role }));
  assert.deepEqual(
    ecr.calls.map(({ principal, input }) => [principal, input['RoleArn']]),
    [
      [keys.arn, 'arn:aws:iam::111122223333:role/hop'],
      ['arn:aws:sts::111122223333:assumed-role/hop/ecr-courier', role],
      ['arn:aws:sts::444455556666:assumed-role/puller/ecr-courier', undefined],
    ],
  );
});

test('the identity is told: where the keys came from, and who AWS says that it is, where it is asked', async () => {
  await using ecr = await start();
  const [place, principal, assumed] = [
    await fetchFrom(sourceAt(ecr.url)),
    await fetchFrom(sourceAt(ecr.url, {}, { tells: 'principal' })),
    await fetchFrom(sourceAt(ecr.url, { roleArn: role }, { tells: 'principal' })),
  ].map(({ identity }) => identity);
  const from = 'environment (AWS_ACCESS_KEY_ID)';
  assert.deepEqual(place, { from, account: '123456789012' });
  assert.deepEqual(principal, { from, account: '123456789012', arn: keys.arn });
  assert.deepEqual(assumed, {
    from: `${from}, then ${role}`,
    account: '444455556666',
    arn: 'arn:aws:sts::444455556666:assumed-role/puller/ecr-courier',
  });
  ecr.trouble = ({ action }) => (action === 'GetCallerIdentity' ? 'unavailable' : undefined);
  const { identity } = await fetchFrom(sourceAt(ecr.url, {}, { tells: 'principal' }));
  assert.deepEqual(identity, { from, account: '123456789012' });
});

test('nothing is kept: every fetch asks anew, and a fetch after a failure works', async () => {
  await using ecr = await start();
  const source = sourceAt(ecr.url);
  ecr.trouble = () => 'denied';
  await failureOf(fetchFrom(source));
  ecr.trouble = undefined;
  const [first, second] = [await fetchFrom(source), await fetchFrom(source)];
  assert.notEqual(first.password.reveal(), second.password.reveal());
  assert.equal(first.scope, second.scope);
});

const troubles: readonly [trouble: Trouble, code: FailureCode, words: RegExp, attempts: number][] = [
  ['denied', 'FORBIDDEN', /user\/ci may not do ecr:GetAuthorizationToken .*because no identity-based policy/, 1],
  ['denied explicitly', 'FORBIDDEN', /explicit deny/, 1],
  ['not opted in', 'FORBIDDEN', /OptInRequired/, 1],
  ['unknown key', 'AUTH', /UnrecognizedClientException/, 1],
  ['expired keys', 'AUTH', /ExpiredTokenException/, 1],
  ['bad signature', 'AUTH', /secret access key does not belong/, 1],
  ['bad parameter', 'UNEXPECTED', /InvalidParameterException/, 1],
  ['throttled', 'BUSY', /Rate exceeded/, 3],
  ['unavailable', 'BUSY', /HTTP 503/, 3],
  ['broken', 'UNEXPECTED', /HTTP 500 ServerException/, 3],
  ['expired', 'MISCONFIGURED', /expired at 2015-01-01T00:00:00.000Z/, 1],
  ['empty', 'UNEXPECTED', /no authorization data/, 1],
  ['no token', 'UNEXPECTED', /no token/, 1],
  ['no colon', 'UNEXPECTED', /without a colon/, 1],
  ['no user', 'UNEXPECTED', /user name/, 1],
  ['another user', 'UNEXPECTED', /another user name than AWS/, 1],
  ['no password', 'UNEXPECTED', /empty password/, 1],
  ['control characters', 'UNEXPECTED', /control characters/, 1],
  ['not base64', 'UNEXPECTED', /not base64/, 1],
  ['not text', 'UNEXPECTED', /not base64 of a text/, 1],
];
for (const [trouble, code, words, attempts] of troubles) {
  test(`AWS answers "${trouble}": ${code}`, async () => {
    await using ecr = await start();
    ecr.trouble = () => trouble;
    const failure = await failureOf(fetchFrom(sourceAt(ecr.url)));
    assert.equal(failure.code, code, failure.message);
    assert.match(failure.message, words);
    assert.equal(ecr.calls.length, attempts);
  });
}

test('a denial says which statement to paste where', async () => {
  await using ecr = await start();
  ecr.trouble = ({ action }) => (action === 'GetAuthorizationToken' ? 'denied' : undefined);
  const { remedy } = await failureOf(fetchFrom(sourceAt(ecr.url, { roleArn: role })));
  assert.match(remedy, /role puller in account 444455556666/);
  assert.match(remedy, /\{"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"\*"\}/);
});

test('a wrong external id: names role, right and both sides', async () => {
  await using ecr = await start({ externalIds: { [role]: 'right-external-id' } });
  const failure = await failureOf(fetchFrom(sourceAt(ecr.url, { roleArn: role, externalId: 'wrong-external-id' })));
  assert.equal(failure.code, 'FORBIDDEN');
  assert.match(failure.message, /sts:AssumeRole of arn:aws:iam::444455556666:role\/team\/puller.*external id gives the same answer/);
  assert.match(failure.remedy, /trust policy/);
});

test('refusals in XML, as moto sends them, are understood', async () => {
  const dress = ({ code, message }: { code: string; message: string }) => ({
    status: 403,
    headers: { 'content-type': 'text/html' },
    text: `<?xml version="1.0"?><ErrorResponse><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors></ErrorResponse>`,
  });
  await using ecr = await start({ keys: [], dress });
  assert.equal((await failureOf(fetchFrom(sourceAt(ecr.url)))).code, 'AUTH');
});

test('Retry-After of a busy AWS is passed on', async () => {
  await using ecr = await start({ fault: () => ({ status: 429, headers: { 'retry-after': '1' }, text: '' }) });
  const failure = await failureOf(fetchFrom(sourceAt(ecr.url)));
  assert.equal(failure.code, 'BUSY');
  assert.equal(failure.facts.retryAfterMs, 1000);
});

test('whoever asks for a long pause is asked once; a connection that is cut is tried twice', async () => {
  await using busy = await start({ fault: () => ({ status: 503, headers: { 'retry-after': '60' }, text: '' }) });
  assert.equal((await failureOf(fetchFrom(sourceAt(busy.url)))).facts.retryAfterMs, 60_000);
  assert.equal(busy.server.requests.length, 1);
  await using cut = await start({ fault: () => 'reset' });
  assert.equal((await failureOf(fetchFrom(sourceAt(cut.url)))).code, 'UNREACHABLE');
  assert.equal(cut.server.requests.length, 2);
});

test('the clock is left as it is where somebody wants that', async () => {
  await using ecr = await start();
  ecr.now = () => Date.now() + 90 * 60_000;
  process.env['AWS_DISABLE_CLOCK_SKEW_CORRECTION'] = 'true';
  const { code } = await failureOf(fetchFrom(sourceAt(ecr.url)));
  delete process.env['AWS_DISABLE_CLOCK_SKEW_CORRECTION'];
  assert.equal(code, 'MISCONFIGURED');
});

test('another clock is corrected by the second attempt', async () => {
  await using ecr = await start();
  ecr.now = () => Date.now() + 90 * 60_000;
  const credential = await fetchFrom(sourceAt(ecr.url));
  assert.ok(credential.issuedAt.getTime() > Date.now() + 89 * 60_000);
  assert.equal(ecr.calls.length, 2);
});

test('a clock that stays refused is named in minutes', async () => {
  await using ecr = await start();
  ecr.now = () => Date.now() - 20 * 60_000;
  ecr.trouble = () => 'bad signature';
  const failure = await failureOf(fetchFrom(sourceAt(ecr.url)));
  assert.equal(failure.code, 'MISCONFIGURED');
  assert.match(failure.message, /clock is 20 minutes ahead of/);
});

for (const [fault, code] of [
  ['hang', 'TIMEOUT'],
  ['drip', 'TIMEOUT'],
  ['huge', 'TOO_LARGE'],
  ['reset', 'UNREACHABLE'],
] as const) {
  test(`a server that answers with "${fault}": ${code}, and no socket is left`, async () => {
    await using ecr = await start({ fault: () => fault });
    const sockets = () => process.getActiveResourcesInfo().filter(kind => kind === 'TCPSocketWrap').length;
    const before = sockets();
    const failure = await failureOf(fetchFrom(sourceAt(ecr.url, {}, { fetchMs: code === 'TIMEOUT' ? 400 : 20_000 })));
    assert.equal(failure.code, code);
    assert.match(failure.message, /127\.0\.0\.1:\d+/);
    assert.doesNotMatch(failure.remedy, /write|address, port|the limit/);
    for (let tries = 0; tries < 500 && sockets() > before; tries++) await turn(10);
    assert.ok(sockets() <= before);
  });
}

test('a silent STS ends at the deadline, which names the role', async () => {
  await using ecr = await start({ fault: () => 'hang' });
  const failure = await failureOf(fetchFrom(sourceAt(ecr.url, { roleArn: role }, { fetchMs: 300 })));
  assert.equal(failure.code, 'TIMEOUT');
  assert.match(failure.message, /assuming arn:aws:iam::444455556666:role\/team\/puller/);
});

test('the caller can stop a fetch, before and while it runs', async () => {
  await using ecr = await start({ fault: () => 'hang' });
  assert.equal((await failureOf(fetchFrom(sourceAt(ecr.url), undefined, AbortSignal.abort()))).code, 'TIMEOUT');
  assert.equal(ecr.server.requests.length, 0);
  assert.match((await failureOf(fetchFrom(sourceAt(ecr.url), undefined, AbortSignal.timeout(100)))).message, /Stopped while/);
});

test('nothing listens, nobody is known by that name', async () => {
  assert.match(
    (await failureOf(fetchFrom(sourceAt('http://127.0.0.1:1')))).message,
    /127\.0\.0\.1:1: nothing listens there \(ECONNREFUSED\)/,
  );
  const unknown = await failureOf(fetchFrom(sourceAt('http://api.ecr.moon-1.invalid')));
  assert.equal(unknown.code, 'UNREACHABLE');
  assert.match(unknown.message, /api\.ecr\.moon-1\.invalid: .*region/);
});

test('a good answer that cannot be parsed is not quoted', async () => {
  const token = Buffer.from('AWS:the-secret-password').toString('base64');
  const cut = {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    text: `{"authorizationData":[{"authorizationToken":"${token}" oops`,
  };
  await using ecr = await start({ fault: () => cut });
  const failure = await failureOf(fetchFrom(sourceAt(ecr.url)), [token, token.slice(0, 10), token.slice(-10), 'the-secret-password']);
  assert.equal(failure.code, 'UNEXPECTED');
});

test('the session token, which AWS quotes in some errors, is filtered', async () => {
  await using ecr = await start();
  let session = '';
  ecr.server.fault = request => {
    session = String(request.headers['x-amz-security-token'] ?? '');
    return session
      ? {
          status: 400,
          headers: { 'content-type': 'application/x-amz-json-1.1' },
          text: JSON.stringify({ __type: 'InvalidParameterException', message: `x-amz-security-token:${session}` }),
        }
      : undefined;
  };
  const failure = await failureOf(fetchFrom(sourceAt(ecr.url, { roleArn: role })));
  assert.ok(session.length > 50);
  assert.ok(!failure.message.includes(session.slice(0, 8)), failure.message);
});
