import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/contract/failures.ts';
import { credentialIn, type Giver } from '../../../src/ecr/sources/given/given.ts';
import { timeIn } from '../../../src/ecr/sources/given/time.ts';
import { failureOf, registryOf } from '../support.ts';

const now = new Date('2026-11-29T22:00:00Z');
const inHours = (hours: number): Date => new Date(now.getTime() + hours * 3_600_000);
const seconds = (date: Date): number => date.getTime() / 1000;
const encoded = (text: string): string => Buffer.from(text).toString('base64');
/** A password in ECR's format: base64 of JSON that contains its expiration. */
const password = encoded(
  JSON.stringify({ payload: 'pay+load/'.repeat(20), datakey: 'AQE', version: '2', type: 'DATA_KEY', expiration: seconds(inHours(11)) }),
);
const token = encoded(`AWS:${password}`);
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const inVirginia = '123456789012.dkr.ecr.us-east-1.amazonaws.com';

const giver: Giver = {
  gave: 'The function f answered with',
  remedy: 'Return a token.',
  renew: 'Ask for a new one.',
  region: 'eu-west-1',
  says: 'Set `region`.',
  issuedAt: now,
  receivedAt: now,
  madeAt: now,
  from: { source: 'a', scope: 's' },
  failed: (type, words) => new Failure('UNEXPECTED', `failed: ${type} ${words}`),
};
const read = (payload: unknown, more: Partial<Giver> = {}, at = host) =>
  credentialIn(typeof payload === 'string' ? payload : JSON.stringify(payload), registryOf(at), { ...giver, ...more });
const login = { username: 'AWS', password };

const good: Readonly<Record<string, unknown>> = {
  'user and password': login,
  'a password alone': { password },
  'further members': { ...login, comment: 'x', nested: { a: [1] } },
  'other names': { User: 'AWS', ecr_token: password },
  'API Gateway': { statusCode: 200, headers: {}, body: JSON.stringify(login) },
  'API Gateway, body as a map': { statusCode: 200, body: login },
  'API Gateway, status as text and body in base64': { statusCode: '200', isBase64Encoded: true, body: encoded(JSON.stringify(login)) },
  'the answer of ECR': { authorizationData: [{ authorizationToken: token, proxyEndpoint: `https://${host}` }], ResponseMetadata: {} },
  'the answer of ECR Public': { authorizationData: { authorizationToken: token } },
  'one entry of it': { authorizationToken: token, proxyEndpoint: `https://${host}` },
  'a list of it': [{ authorizationToken: token }],
  'nested Credentials with an undecoded token': { Credentials: { Username: 'AWS', Password: token } },
  'JSON in JSON': JSON.stringify(JSON.stringify(login)),
  'a bare token': token,
  'a bare token as JSON': JSON.stringify(token),
  'a bare password with line breaks': `\n${password}\r\n`,
  'a byte order mark': `\uFEFF${password}`,
  'user:password': `AWS:${password}\n`,
  'base64 in lines': (token.match(/.{1,76}/g) ?? []).join('\n'),
  'bytes of Python': { token: `b'${token}'` },
  'an HTTP header': `Authorization: Basic ${token}`,
  base64url: { password: token.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') },
  'a token in a token': { auth: encoded(`AWS:${token}`) },
  'docker login': `docker login -u AWS -p ${password} -e none https://${host}`,
  'docker login, long options': `sudo podman login --username=AWS --password ${password} ${host}`,
  'docker login for several': [inVirginia, host]
    .map(at => `docker login -u AWS -p ${at === host ? password : 'other'} https://${at}`)
    .join('\n'),
  'a credential helper': { ServerURL: host, Username: 'AWS', Secret: password },
  'config.json': { auths: { 'https://index.docker.io/v1/': { auth: encoded('me:you') }, [host]: { auth: token } }, credsStore: 'x' },
  'auths for the other account of the region': { auths: { [host.replace('1234', '9999')]: { auth: token } } },
  'the provider of a kubelet': { kind: 'CredentialProviderResponse', cacheDuration: '1h', auth: { [host]: login } },
  'a map of Python': `{'username': 'AWS', 'password': '${password}', 'expiresAt': datetime.datetime(2026, 11, 30, 10, 0, tzinfo=tzlocal()), 'more': None}`,
  'JSON in base64 without a mark': { statusCode: 200, body: encoded(JSON.stringify(login)) },
  'an invocation in an answer': { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: JSON.stringify(login) },
  'lines of variables': `export ECR_USERNAME=AWS\nexport ECR_PASSWORD="${password}"\n`,
  'one line of a variable': `export ECR_PASSWORD=${password}`,
  'a variable with logins': `DOCKER_AUTH_CONFIG='${JSON.stringify({ auths: { [host]: { auth: token } } })}'`,
  'a Secret of Kubernetes': {
    kind: 'Secret',
    data: { '.dockerconfigjson': encoded(JSON.stringify({ auths: { [host]: { auth: token } } })) },
  },
  'a secret of Secrets Manager': {
    ARN: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:ecr',
    Name: 'ecr',
    SecretString: JSON.stringify(login),
  },
  'a binary secret of Secrets Manager': { Name: 'ecr', SecretBinary: encoded(JSON.stringify(login)) },
  'a parameter of SSM': { Parameter: { Name: '/ecr', Type: 'SecureString', Value: password } },
  'the answer of ECR as text of the AWS CLI': `AUTHORIZATIONDATA\t${token}\t2026-11-30T10:00:00+00:00\thttps://${host}\n`,
  'that of ECR Public as text': `AUTHORIZATIONDATA\t${token}\t2026-11-30T10:00:00+00:00`,
  'a line in JSON': { command: `docker login -u AWS -p ${password} https://${host}` },
  'the Secret of a member': { data: { result: { token } } },
};
for (const [shape, payload] of Object.entries(good)) {
  test(`a credential: ${shape}`, () => {
    const credential = read(payload);
    assert.deepEqual([credential.username, credential.password.reveal()], ['AWS', password]);
    assert.deepEqual(credential.expiresAt, inHours(11), 'the end that the password tells');
  });
}

const bad: readonly [payload: unknown, said: RegExp][] = [
  ['', /answered with nothing/],
  ['null', /answered with null/],
  ['"null"', /answered with null/],
  ['{}', /an empty map/],
  [{ auths: { [host]: {} }, credsStore: 'desktop' }, /no login: its logins lie in a credential store/],
  [{ auths: {}, credHelpers: { [host]: 'ecr-login' } }, /no login: its logins lie in a credential store/],
  ['[]', /an empty list/],
  ['true', /a boolean/],
  ['0', /a number/],
  ['""', /nothing/],
  ['"None"', /a word that is not a token/],
  ['undefined', /a word that is not a token/],
  ['Simple Lambda happy path OK', /a text that is not a token/],
  ['<html><body>login</body></html>', /a page/],
  ['{"username":"AWS","pass', /neither JSON nor a token/],
  [`"${password}`, /neither JSON nor a token/],
  ["{'username': 'AWS', 'pass", /neither JSON nor a token/],
  [{ id: 'a8f5f167f44f4964e6c998dee827110c' }, /no credential, but lines or members named id/],
  [{ username: 'AWS' }, /a user name and no password/],
  [{ username: 'AWS', password: '' }, /an empty password/],
  [{ username: 'AWS', password: null }, /a password that is not text/],
  [{ username: 'AWS', password: 7 }, /a password that is not text/],
  [{ username: 'admin', password }, /another user name than AWS/],
  [{ username: '<token>', password }, /another user name than AWS/],
  [{ authorizationToken: encoded(`<token>:${password}`) }, /not base64 of a user name and a password/],
  [{ authorizationToken: encoded(`admin:${password}`) }, /another user name than AWS/],
  [`admin:${password}`, /another user name than AWS/],
  [{ username: password, password: 'AWS' }, /another user name than AWS/],
  [{ authorizationToken: '%%% not base64' }, /not base64/],
  [{ authorizationToken: encoded('no colon') }, /not base64 of a user name and a password/],
  [{ authorizationToken: encoded('AWS:') }, /an empty password/],
  [{ username: 'AWS', password: '${TOKEN}' }, /placeholder/],
  [{ password: 'x'.repeat(900) }, /a password that is a placeholder, such as xxxx or CHANGEME, and no ECR password; nothing/],
  ['CHANGEME-NOW-1', /a text that is a placeholder/],
  [{ AKIAIOSFODNN7EXAMPLE: 'x' }, /members named AKIA\[secret\];/],
  [{ username: 'AWS', password: 'two words' }, /holds a blank, as no ECR password does; nothing/],
  [{ username: 'AWS', password: 'two\nlines' }, /more than one line/],
  [{ AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'x', SessionToken: 'y' }, /access keys of AWS/],
  [{ statusCode: 200, body: null }, /no credential, but lines or members named statusCode, body/],
  ['https://example.com/token', /holds a reference to a secret, as no ECR password does; nothing/],
];
for (const [payload, said] of bad) {
  test(`no credential: ${said.source}, of ${JSON.stringify(payload).slice(0, 40)}`, async () => {
    const failure = await failureOf((async () => read(payload))(), [password, token]);
    assert.match(failure.message, said);
    assert.match(failure.message, /nothing is delivered/);
    assert.equal(failure.code, 'UNEXPECTED');
  });
}

test('an error in the place of a credential is told as one, wherever its words stand', () => {
  const words = (payload: unknown): string => {
    try {
      read(payload);
    } catch (error) {
      return (error as Error).message;
    }
    return 'none';
  };
  assert.equal(
    words({ errorType: 'NameError', errorMessage: "name 'base64' is not defined" }),
    "failed: NameError name 'base64' is not defined",
  );
  assert.equal(words({ statusCode: 500, body: '{"message":"no rights"}' }), 'failed: statusCode 500 no rights');
  assert.equal(words({ statusCode: '403', body: 'Forbidden' }), 'failed: statusCode 403 Forbidden');
  assert.equal(words({ error: { message: 'broken' } }), 'failed:  broken');
  assert.equal(words({ message: 'Internal Server Error' }), 'failed:  Internal Server Error');
});

const noEnd = 'a-password-of-a-double';
const ends = (payload: object, more: Partial<Giver> = {}): Date => read({ username: 'AWS', password: noEnd, ...payload }, more).expiresAt;

test('the end: as it is said, in any form, and never later than twelve hours or than the password says', () => {
  assert.deepEqual(ends({ expiresAt: seconds(inHours(3)) }), inHours(3));
  assert.deepEqual(ends({ expiresAt: String(seconds(inHours(3))) }), inHours(3));
  assert.deepEqual(ends({ expiresAt: inHours(3).getTime() }), inHours(3));
  assert.deepEqual(ends({ expires_at: '2026-11-30 01:00:00+00:00' }), inHours(3));
  assert.deepEqual(ends({ Expiration: '2026-11-30T01:00:00Z' }), inHours(3));
  for (const name of ['expireAt', 'expired_at', 'validTo', 'ExpiryDate', 'expirationTime'])
    assert.deepEqual(ends({ [name]: seconds(inHours(3)) }), inHours(3), name);
  for (const span of [3 * 3600, '10800', '10800s', '3h', '2h60m', 'PT3H', 'PT2H60M', '180m', '3 hours', '180 minutes'])
    assert.deepEqual(ends({ expiresIn: span }), inHours(3), String(span));
  for (const none of ['', 'soon', '0', '-5', 'P', 'PT', null]) assert.deepEqual(ends({ expiresIn: none }), inHours(11.75), String(none));
  assert.deepEqual(ends({ expiresAt: seconds(inHours(24 * 365)) }), inHours(12));
  assert.deepEqual(read({ ...login, expiresAt: seconds(inHours(12)) }).expiresAt, inHours(11));
  assert.deepEqual(read({ ...login, expiresAt: seconds(inHours(2)) }).expiresAt, inHours(2));
});

test('without an end it is twelve hours, less the time for which a function can run, after it was made', () => {
  assert.deepEqual(ends({}), inHours(11.75));
  assert.deepEqual(ends({ expiresAt: 'soon' }), inHours(11.75));
  assert.deepEqual(ends({}, { madeAt: inHours(-4) }), inHours(7.75));
});

test('what has ended is told with its end, and asked for again soon', async () => {
  const failure = await failureOf((async () => read({ ...login, expiresAt: '2026-11-29 21:59:59' }))(), [password]);
  assert.equal(failure.code, 'MISCONFIGURED');
  assert.match(failure.message, /a token that expired at 2026-11-29T21:59:59\.000Z/);
  assert.equal(failure.facts.retryAfterMs, 60_000);
  await failureOf((async () => read({ username: 'AWS', password: noEnd }, { madeAt: inHours(-13) }))());
});

test('a token goes to its own region alone', async () => {
  const refused = async (payload: unknown, more: Partial<Giver> = {}, at = host): Promise<string> => {
    const failure = await failureOf((async () => read(payload, more, at))(), [password]);
    assert.equal(failure.code, 'MISCONFIGURED');
    return failure.message;
  };
  assert.match(
    await refused({ authorizationToken: token, proxyEndpoint: `https://${inVirginia}` }),
    /a token for 123456789012\.dkr\.ecr\.us-east-1\.amazonaws\.com, and 123456789012\.dkr\.ecr\.eu-west-1\S+ is in eu-west-1/,
  );
  assert.match(await refused({ ...login, region: 'us-east-1' }), /a token for us-east-1/);
  assert.match(await refused({ ...login, region: password }), /a token for another region/);
  assert.match(await refused(login, {}, inVirginia), /a token for eu-west-1, and \S+ is in us-east-1/);
  assert.match(await refused(login, { region: undefined }), /a token that does not say its region/);
  assert.match(await refused({ auths: { [inVirginia]: { auth: token } } }), /a token for \S+us-east-1/);
  assert.match(
    await refused({ authorizationToken: token, proxyEndpoint: 'https://123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn' }),
    /cn-north-1/,
  );
  assert.match(await refused({ ...login, proxyEndpoint: `https://${host}` }, {}, 'public.ecr.aws'), /public\.ecr\.aws is in us-east-1/);
});

test('what names its registry needs no region, and says whose account it is of', () => {
  const named = read({ authorizationToken: token, proxyEndpoint: `https://${inVirginia}` }, { region: undefined }, inVirginia);
  assert.equal(named.own?.account, '123456789012');
  const other = read({ authorizationToken: token, proxyEndpoint: `https://${host}` }, {}, host.replace('1234', '9999'));
  assert.equal(other.own?.account, '123456789012', 'a token serves other accounts of its region');
  assert.equal(read(login).own, undefined);
  assert.equal(read(login, { region: undefined }, 'public.ecr.aws').username, 'AWS');
});

test('of several the one for the very registry is taken', () => {
  const other = host.replace('1234', '9999');
  const payload = { auths: { [other]: { auth: encoded('AWS:the-other-one') }, [host]: { auth: token } } };
  assert.equal(read(payload).password.reveal(), password);
  assert.equal(read(payload, {}, other).password.reveal(), 'the-other-one');
});

test('times as they are written', () => {
  const wanted = '2026-11-30T10:30:00.000Z';
  for (const said of [
    1796034600,
    1796034600000,
    '1796034600',
    1796034600000000,
    '2026-11-30T10:30:00Z',
    '2026-11-30T12:30:00+02:00',
    '2026-11-30T10:30:00',
    '2026-11-30 10:30:00+00:00',
    '2026-11-30 10:30:00.000123+00:00',
    '2026-11-30 10:30:00 +0000 UTC',
    'Mon, 30 Nov 2026 10:30:00 GMT',
    'Mon Nov 30 2026 11:30:00 GMT+0100 (Central European Standard Time)',
    'datetime.datetime(2026, 11, 30, 10, 30, tzinfo=tzlocal())',
    '20261130T103000Z',
  ])
    assert.equal(timeIn(said)?.toISOString(), wanted, String(said));
  for (const said of [undefined, null, '', 'soon', '2026', '2026-11-30', true, {}, Number.NaN, -1])
    assert.equal(timeIn(said), undefined, JSON.stringify(said));
});
