import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { asFailure, Failure } from '../../src/contract/failures.ts';
import { redact, redactQuoted, Secret } from '../../src/contract/secret.ts';

const value = 'eyJwYXlsb2FkIjoi/+SEC:RET"\\=="';
const secret = new Secret(value);

test('a secret prints as [secret], however it is printed', () => {
  const error = new Error('failed', { cause: { secret } });
  for (const text of [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { secret } }),
    inspect(error),
  ]) {
    assert.ok(text.includes('[secret]'), text);
    assert.ok(!text.includes('SEC'), text);
  }
  assert.equal(secret.reveal(), value);
});

const each = (text: string, escape: (code: number) => string): string => Array.from(text, letter => escape(letter.charCodeAt(0))).join('');
const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

const encodings: Record<string, string> = {
  'in hex': Buffer.from(value).toString('hex'),
  'in HEX': Buffer.from(value).toString('hex').toUpperCase(),
  'in a URL with small letters': encodeURIComponent(value).replaceAll(/%../g, escape => escape.toLowerCase()),
  'in a URL, every byte escaped': each(value, code => `%${hex(code, 2)}`),
  'in JSON as Go writes it': JSON.stringify({ Password: value }).replaceAll(/[<>&+]/g, letter => `\\u${hex(letter.charCodeAt(0), 4)}`),
  'in JSON, every letter escaped': each(value, code => `\\u${hex(code, 4)}`),
  'in JSON with slashes escaped': JSON.stringify(value).replaceAll('/', '\\/'),
  'in JSON in JSON': JSON.stringify(JSON.stringify({ Password: value })),
  'in JSON in a URL': encodeURIComponent(JSON.stringify({ Password: value })),
  'in JavaScript': each(value, code => `\\x${hex(code, 2)}`),
  'in HTML': value.replaceAll('"', '&quot;').replaceAll('/', '&#x2F;').replaceAll('=', '&#61;'),
  plain: value,
  'in JSON': JSON.stringify({ Password: value }),
  'in a URL': `https://host/?password=${encodeURIComponent(value)}&x=1`,
  'base64 of itself': Buffer.from(value).toString('base64'),
  'base64 behind AWS:': Buffer.from(`AWS:${value}`).toString('base64'),
  'base64 behind one letter': Buffer.from(`x${value}and more`).toString('base64'),
  'base64 behind two letters': Buffer.from(`xy${value}`).toString('base64'),
  'base64url behind AWS:': Buffer.from(`AWS:${value}`).toString('base64url'),
};
for (const [name, text] of Object.entries(encodings)) {
  test(`filtered out: ${name}`, () => {
    const clean = redact(`before ${text} after`);
    assert.ok(clean.startsWith('before ') && clean.endsWith(' after'));
    assert.ok(clean.includes('[secret]'), clean);
    // The first and last characters of base64 may also encode bits of the neighboring text.
    for (const form of Secret.forms(secret)) assert.ok(!clean.includes(form.slice(3, -3)), clean);
  });
}

test('what stands beside a secret that is escaped stays as it is', () => {
  const odd = new Secret('p&ss w"rd\u00e9-and-more');
  const text = `{"a":"50 % \\n","b":"${JSON.stringify(odd.reveal()).slice(1, -1).replace('&', '\\u0026')}","c":"%41&amp;"}`;
  assert.equal(redact(text), '{"a":"50 % \\n","b":"[secret]","c":"%41&amp;"}');
  const partly = encodeURIComponent(odd.reveal()).slice(0, 15).toLowerCase();
  assert.equal(redactQuoted(`GET /?p=${partly}&x=1`), 'GET /?p=[secret]&x=1');
});

test('a piece of a secret in a text from outside is filtered out, ordinary words are not', () => {
  const clean = redactQuoted(`cannot unmarshal "Password":"${value.slice(0, 14)}" into a Go struct field`);
  assert.ok(!clean.includes(value.slice(0, 10)), clean);
  assert.match(clean, /^cannot unmarshal "Password":".*" into a Go struct field$/);
});

test('failures carry no secret, not even when an unknown error quotes one', () => {
  assert.ok(!new Failure('UNEXPECTED', `said: ${value}`).message.includes(value));
  let thrown: unknown;
  try {
    JSON.parse(value);
  } catch (error) {
    thrown = error;
  }
  assert.ok(!asFailure(thrown).message.includes(value.slice(0, 9)), asFailure(thrown).message);
});

test('a short secret leaves texts alone', () => {
  const short = new Secret('admin');
  assert.equal(redact('the admin page'), 'the admin page');
  assert.equal(short.reveal(), 'admin');
});

test('a secret that nobody refers to is collected, however often texts are filtered', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const secret = ((): WeakRef<Secret> => new WeakRef(new Secret('nobody-refers-to-this')))();
  await turn();
  redact('a line of the log');
  collect();
  assert.equal(secret.deref(), undefined);
});

test('of secrets with the same value, one that is left is still hidden when another is collected', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const value = 'held-by-two-of-them';
  const left = new Secret(value);
  const gone = ((): WeakRef<Secret> => new WeakRef(new Secret(value)))();
  assert.equal(redact(`${value}.`), '[secret].');
  await turn();
  collect();
  assert.equal(gone.deref(), undefined);
  await turn();
  assert.equal(redact(`${value}.`), '[secret].');
  assert.equal(left.reveal(), value);
});
