import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { resolveHeaders } from '../../config/headers.ts';
import type { Config } from '../../config/load.ts';
import { folder, mistakesOf, read, readText } from './support.ts';

const env = { DEPOT_URL: 'https://depot:9443', DEPOT_API_KEY: 'k3y-k3y-k3y' };

async function headersOf({ targets: [target] }: Config): Promise<string[][]> {
  assert.ok(target);
  const { headers } = await resolveHeaders(target.headers, target.name);
  return headers.map(({ name, value }) => [name, value.reveal()]);
}
const inFile = (headers: string): Promise<Config> =>
  readText(`targets: [{kind: depot, url: "https://depot", apiKey: k3y-k3y-k3y, headers: ${headers}}]`);

test('headers are a map in a file, and lines in a variable or a file of their own; their values are secrets', async () => {
  const expected = [
    ['CF-Access-Client-Id', 'abc.access'],
    ['CF-Access-Client-Secret', 'a: b, c="d"'],
  ];
  const lines = 'CF-Access-Client-Id: abc.access\r\n\n  CF-Access-Client-Secret : a: b, c="d"  \n';
  await using files = await folder({ headers: lines });

  const map = await inFile(`{CF-Access-Client-Id: abc.access, "CF-Access-Client-Secret": 'a: b, c="d"'}`);
  assert.deepEqual(await headersOf(map), expected);
  assert.deepEqual(await headersOf(await read({ env: { ...env, DEPOT_HEADERS: lines } })), expected);
  assert.deepEqual(await headersOf(await read({ env: { ...env, DEPOT_HEADERS_FILE: files.at('headers') } })), expected);
  assert.deepEqual(await headersOf(await inFile(JSON.stringify(lines))), expected);
  assert.deepEqual(await headersOf(await inFile('{}')), []);
  assert.equal(map.settings.find(({ path }) => path === 'targets.depot.headers')?.value, '[secret]');
});

describe('what is not a header is a mistake that shows nothing of it', () => {
  const table: readonly (readonly [headers: string, says: string])[] = [
    ['{X-Zeros: 0123}', 'entry 1 must have a text as its value: put it in quotes'],
    ['{X-Map: {a: b}}', 'entry 1 must have a text as its value: put it in quotes'],
    ['{X-A: b, "X A": hunter2}', 'entry 2 must be a name and a value, with a colon between them'],
    ['{X-A: ""}', 'entry 1 must have a value'],
    ['{Host: hunter2}', 'entry 1 is a header that the courier sets itself'],
    ['{Proxy-Authorization: hunter2}', 'entry 1 is a header that the courier sets itself'],
    ['{Content-Type: hunter2}', 'entry 1 is a header that the courier sets itself'],
    ['{X-A: "hunter2\\u20ac"}', 'entry 1 has a value with characters that a header cannot carry'],
    ['{X-A: b, x-a: hunter2}', 'entry 2 has the name of another one'],
    ['hunter2', 'entry 1 must be a name and a value, with a colon between them'],
    ['[{name: x, value: y}]', 'must be a list of plain values'],
    ['7', 'must be a map of names and values'],
  ];
  for (const [headers, says] of table)
    test(headers, async () => {
      assert.deepEqual(await mistakesOf(inFile(headers)), [`targets.depot.headers: ${says} (courier.yaml:1:77)`]);
    });

  test('both forms at once', async () => {
    const [told] = await mistakesOf(read({ env: { ...env, DEPOT_HEADERS: 'X-A: b', DEPOT_HEADERS_FILE: '/run/secrets/headers' } }));
    assert.match(told ?? '', /is given twice/);
  });
});

test('a file of headers is waited for as a key is, and says what is wrong with it', async () => {
  await using files = await folder({ empty: '', wrong: 'X-A: b\nhunter2\n' });
  const failing = async (name: string): Promise<void> => {
    const { targets } = await read({ env: { ...env, DEPOT_HEADERS_FILE: files.at(name) } });
    await resolveHeaders(targets[0]?.headers ?? [], 'depot');
  };
  await assert.rejects(failing('none'), {
    code: 'MISCONFIGURED',
    message: /^DEPOT_HEADERS_FILE: .*none \(the headers of depot\) does not exist/,
  });
  await assert.rejects(failing('empty'), /is empty/);
  await assert.rejects(failing('wrong'), { message: /holds something else: entry 2 must be a name and a value[^]*\.$/ });
});

test('a certificate goes with its key, and files that everybody may read are told', async () => {
  await using files = await folder({ 'client.key': 'k', headers: 'X-A: b' });
  await chmod(files.at('client.key'), 0o644);
  await chmod(files.at('headers'), 0o644);
  const certificates = { DEPOT_CLIENT_CERT_FILE: '/client.pem', DEPOT_CLIENT_KEY_FILE: files.at('client.key') };

  const { targets, warnings } = await read({ env: { ...env, ...certificates, DEPOT_HEADERS_FILE: files.at('headers') } });

  assert.equal(targets[0]?.tls.clientCertFile, '/client.pem');
  assert.equal(targets[0]?.spelling.clientKeyFile, 'DEPOT_CLIENT_KEY_FILE');
  assert.deepEqual(
    warnings.map(warning => /^DEPOT_(?:HEADERS|CLIENT_KEY)_FILE: .*(client\.key|headers) holds a secret and everybody/.exec(warning)?.[1]),
    ['headers', 'client.key'],
  );
  for (const [name, other] of [
    ['DEPOT_CLIENT_CERT_FILE', 'DEPOT_CLIENT_KEY_FILE'],
    ['DEPOT_CLIENT_KEY_FILE', 'DEPOT_CLIENT_CERT_FILE'],
  ] as const) {
    const [told] = await mistakesOf(read({ env: { ...env, [name]: '/client.pem' } }));
    assert.match(told ?? '', new RegExp(`^${name}: needs ${other}, too$`));
  }
});

test('the name in a certificate is bare', async () => {
  for (const name of ['https://depot', 'depot:9443', 'a b', '*.depot'])
    assert.equal((await mistakesOf(read({ env: { ...env, DEPOT_TLS_SERVER_NAME: name } }))).length, 1, name);
  for (const name of ['depot', 'depot.internal', '10.1.2.3', 'fd00::1', 'my_depot'])
    assert.equal((await read({ env: { ...env, DEPOT_TLS_SERVER_NAME: name } })).targets[0]?.tls.serverName, name);
});
