import assert from 'node:assert/strict';
import { test } from 'node:test';
import convict from 'convict';
import { mistakesOf, read, readText } from './support.ts';

// The behavior of convict itself beside what the configuration makes of it. A new version that behaves differently
// fails here.

const env = { DEPOT_URL: 'https://depot:9443', DEPOT_API_KEY: 'k3y-k3y-k3y' };

test('convict takes any text but false for true; ours takes the words for yes and no, and refuses the rest', async () => {
  const naive = convict({ verify: { default: true, format: Boolean } }, { env: {}, args: [] }).load({ verify: 'no' });
  const words = { true: true, YES: true, on: true, '1': true, False: false, no: false, off: false, '0': false };

  assert.equal(naive.get('verify'), true);
  for (const [word, expected] of Object.entries(words)) {
    const { targets } = await read({ env: { ...env, DEPOT_INSECURE_SKIP_VERIFY: word } });
    assert.equal(targets[0]?.tls.insecureSkipVerify, expected, word);
  }
  for (const [word, named] of [
    ['maybe', 'is maybe and '],
    ['2', ''],
  ] as const)
    assert.deepEqual(await mistakesOf(read({ env: { ...env, DEPOT_INSECURE_SKIP_VERIFY: word } })), [
      `DEPOT_INSECURE_SKIP_VERIFY: ${named}must be true or false (also yes, no, on, off, 1, 0)`,
    ]);
});

test('a word that YAML leaves a text is read as the switch that it means', async () => {
  const { targets } = await readText(
    'targets: [{kind: depot, url: "https://depot", apiKey: k3y-k3y-k3y, insecureSkipVerify: no, create: yes, ping: off}]',
  );

  assert.equal(targets[0]?.tls.insecureSkipVerify, false);
  assert.equal(targets[0]?.create, true);
  assert.equal(targets[0]?.options['ping'], false);
});

test('convict reads 12abc as 12; ours reads digits alone', async () => {
  const naive = convict({ port: { default: 1, format: 'int' } }, { env: {}, args: [] }).load({ port: '12abc' });

  assert.equal(naive.get('port'), 12);
  for (const text of ['12abc', '0x10', '1e3', '5 5', '5.5', '-1', 'Infinity', '65536'])
    assert.deepEqual(await mistakesOf(read({ env: { LISTEN_PORT: text } })), ['LISTEN_PORT: must be a whole number from 0 to 65535'], text);
  assert.equal((await read({ env: { LISTEN_PORT: '9000' } })).server.listen.port, 9000);
});

test('an empty variable is unset, where convict would read NaN', async () => {
  const { server, targets } = await read({
    env: { LISTEN_PORT: '', ECR_COURIER_LISTEN: '', DEPOT_URL: '', DEPOT_API_KEY: '', ECR_COURIER_WHATEVER: '' },
  });

  assert.deepEqual(server.listen, { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(targets, []);
});

test('convict keeps empty entries of a list; ours trims and drops them', async () => {
  const naive = convict({ list: { default: [], format: Array } }, { env: {}, args: [] }).load({ list: 'a,b,,c' });
  const { targets } = await read({ env: { ...env, DEPOT_SHELVES: ' a, b,,c ,' } });

  assert.equal(naive.get('list').length, 4);
  assert.deepEqual(targets[0]?.options['shelves'], ['a', 'b', 'c']);
});

test('variables reach only the target that is named like its kind', async () => {
  const text = `targets:
  - {kind: depot, url: "https://one", apiKey: one-one-one}
  - {kind: depot, url: "https://two", apiKey: two-two-two}
  - {kind: depot, name: third, url: "https://three", apiKey: three-three}`;

  const { targets } = await readText(text, { env: { DEPOT_URL: 'https://env', DEPOT_CREATE: 'true' } });

  assert.deepEqual(
    targets.map(({ name, create, options }) => [name, create, options['url']]),
    [
      ['depot', true, 'https://env'],
      ['depot-2', false, 'https://two'],
      ['third', false, 'https://three'],
    ],
  );
});

test('convict validates with a word on stdout; a key that is not known is a mistake here', async () => {
  assert.deepEqual(await mistakesOf(readText('log: {levle: debug}')), [
    'log: levle is not known here: did you mean level? (courier.yaml:1:7)',
  ]);
});

test('a class with private members does not survive the copies of convict, so secrets are made after it', async () => {
  const { targets } = await read({ env });
  const ref = targets[0]?.options['apiKey'];

  assert.ok(typeof ref === 'object' && 'secret' in ref);
  assert.equal(ref.secret.reveal(), 'k3y-k3y-k3y');
});

test('JSON has places too', async () => {
  const text = '{\n\t"log": {\n\t\t"level": "loud"\n\t}\n}\n';

  assert.deepEqual(await mistakesOf(readText(text)), [
    'log.level: is loud and must be one of debug, info, warn, error (courier.yaml:3:12)',
  ]);
});

test('a fingerprint may be spelled as openssl, a browser or Node does', async () => {
  const pairs = Array.from({ length: 32 }, () => '5F').join(':');
  const bare = '5f'.repeat(32);
  for (const text of [
    pairs,
    bare,
    `sha256 Fingerprint=${pairs}`,
    `SHA256 Fingerprint=${pairs.toLowerCase()}\n`,
    `sha256:${bare}`,
    ` ${pairs} `,
  ]) {
    const { targets } = await read({ env: { ...env, DEPOT_TLS_FINGERPRINT: text } });
    assert.equal(targets[0]?.tls.fingerprint, pairs, text);
  }
  for (const text of [`SHA1 Fingerprint=${pairs}`, `${pairs}:5F`, `md5=${bare}`])
    assert.equal((await mistakesOf(read({ env: { ...env, DEPOT_TLS_FINGERPRINT: text } }))).length, 1, text);
});
