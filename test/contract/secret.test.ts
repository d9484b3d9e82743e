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

const encodings: Record<string, string> = {
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
    // At the ends of base64 a letter may stand that also belongs to the neighbour.
    for (const form of Secret.forms(secret)) assert.ok(!clean.includes(form.slice(3, -3)), clean);
  });
}

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
