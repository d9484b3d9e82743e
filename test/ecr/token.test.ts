import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/contract/failures.ts';
import { decodeToken, readToken, type TokenAnswer } from '../../src/ecr/aws/token.ts';

const hour = 3_600_000;
const issuedAt = new Date('2026-11-21T10:00:00Z');
const at = (ms: number): Date => new Date(issuedAt.getTime() + ms);
const encoded = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const decode = (answer: TokenAnswer) => decodeToken(answer, { source: 'prod', scope: 'prod/k', host: 'api.ecr.test', issuedAt });
const withToken = (authorizationToken: string, expiresAt?: Date) => decode({ authorizationData: [{ authorizationToken, expiresAt }] });

test('a good answer becomes a credential', () => {
  const credential = withToken(encoded('AWS:pass'), at(12 * hour));
  assert.deepEqual(
    { ...credential, password: credential.password.reveal() },
    {
      username: 'AWS',
      password: 'pass',
      issuedAt,
      expiresAt: at(12 * hour),
      source: 'prod',
      scope: 'prod/k',
    },
  );
});

test('only the first colon separates', () => {
  const { username, password } = withToken(encoded('AWS:a:b::c'), at(hour));
  assert.equal(username, 'AWS');
  assert.equal(password.reveal(), 'a:b::c');
});

const bad: Record<string, TokenAnswer> = {
  'no list': {},
  'an empty list': { authorizationData: [] },
  'no token': { authorizationData: [{ expiresAt: at(hour) }] },
  'an empty token': { authorizationData: [{ authorizationToken: '', expiresAt: at(hour) }] },
};
const badTokens: Record<string, string> = {
  'not base64': '%%% not base64',
  'base64 with a blank': `${encoded('AWS:passw')} `,
  'base64 with a foreign letter': `Q${encoded('AWS:password').slice(1, -1)}!`,
  'bytes that are not text': encoded(Buffer.from([0x41, 0x57, 0x53, 0x3a, 0xff])),
  'no colon': encoded('AWS'),
  'no user name': encoded(':pass'),
  'no password': encoded('AWS:'),
  'a blank password': encoded('AWS:  '),
  'the user that says an identity token to clients': encoded('<token>:pass'),
  'another user': encoded('somebody:pass'),
  'the user in lower case': encoded('aws:pass'),
  'a blank behind the user': encoded('AWS :pass'),
  'a line break': encoded('AWS:pass\nword'),
  'a NUL': encoded('AWS:pass\0'),
  'a C1 control character': encoded('AWS:pass\u0085'),
};
for (const [name, answer] of [
  ...Object.entries(bad),
  ...Object.entries(badTokens).map(
    ([name, token]) => [name, { authorizationData: [{ authorizationToken: token, expiresAt: at(hour) }] }] as const,
  ),
]) {
  test(`nothing is delivered from an answer with ${name}`, () => {
    assert.throws(
      () => decode(answer),
      (error: unknown) => error instanceof Failure && error.code === 'UNEXPECTED' && /nothing is delivered/.test(error.message),
    );
  });
}

const inPassword = (expiration: unknown): string => encoded(`AWS:${encoded(JSON.stringify({ payload: 'x', expiration }))}`);
const expiries: readonly [name: string, token: string, answered: Date | undefined, expected: Date][] = [
  ['as answered', encoded('AWS:pass'), at(3 * hour), at(3 * hour)],
  ['to the millisecond', encoded('AWS:pass'), at(60_123), at(60_123)],
  ['12 h where nobody says', encoded('AWS:pass'), undefined, at(12 * hour)],
  ['12 h where the date is none', encoded('AWS:pass'), new Date(Number.NaN), at(12 * hour)],
  ['as the password says where the answer does not', inPassword(issuedAt.getTime() / 1000 + 1800), undefined, at(1_800_000)],
  ['12 h where the password says nonsense', inPassword('soon'), undefined, at(12 * hour)],
  ['12 h where the password is JSON of nothing', encoded(`AWS:${encoded('null')}`), undefined, at(12 * hour)],
  ['a little more than 12 h is the clocks', encoded('AWS:pass'), at(12 * hour + 60_000), at(12 * hour + 60_000)],
  ['absurd ones are cut to 12 h', encoded('AWS:pass'), at(100_000 * hour), at(12 * hour)],
  ['absurd ones in the password too', inPassword(1e12), undefined, at(12 * hour)],
];
for (const [name, token, answered, expected] of expiries) {
  test(`expiry: ${name}`, () => assert.deepEqual(withToken(token, answered).expiresAt, expected));
}

test('an expired token is never a credential, and the message says when it expired', () => {
  for (const answered of [new Date('2015-01-01T00:00:00Z'), issuedAt])
    assert.throws(
      () => withToken(encoded('AWS:123456789012-auth-token'), answered),
      (error: unknown) =>
        error instanceof Failure && error.message.includes(answered.toISOString()) && !error.message.includes('auth-token'),
    );
});

const answering = (proxyEndpoint?: string | number) => {
  const data = { authorizationToken: encoded('AWS:pass'), expiresAt: at(hour).getTime() / 1000, proxyEndpoint };
  return decode(readToken(JSON.stringify({ authorizationData: [data] })));
};
for (const host of [
  '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
  '123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov',
  '123456789012.dkr-ecr.eu-west-1.on.aws',
]) {
  test(`the answer names the registry of the caller's own account: ${host}`, () => {
    assert.equal(answering(`https://${host}`).own?.host, host);
  });
}
for (const [what, proxyEndpoint] of Object.entries({
  nothing: undefined,
  'an empty text': '',
  'the address of a double': 'http://localhost:4510',
  'a look-alike': 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.com',
  'ECR Public': 'https://public.ecr.aws',
  'a number': 5,
})) {
  test(`an answer that names ${what} is a good credential, and names no registry`, () => {
    const credential = answering(proxyEndpoint);

    assert.equal(credential.password.reveal(), 'pass');
    assert.ok(!('own' in credential));
  });
}
