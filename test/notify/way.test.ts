import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import { secretAddress } from '../../src/contract/receiver.ts';
import { createLine } from '../../src/notify/line.ts';
import { send, type Way } from '../../src/notify/send.ts';
import { certificate, failing, proxying, raw, serving } from '../io/servers.ts';

const way = (more: Partial<Way> = {}): Way => ({ clock, env: {}, caFile: undefined, caFileNamed: 'notify.hook.caFile', ...more });
const { signal } = new AbortController();
const post = (url: string, by: Way) => send({ method: 'POST', url: new URL(url), body: { a: 1 } }, by, signal);

test('an authority of its own is trusted when its file is named, and the sentence without it names the option', async () => {
  await using server = await serving((_, response) => response.end('ok'), 'good');

  assert.equal((await post(`${server.url}/hooks/s3cr3t-s3cr3t`, way({ caFile: certificate('ca') }))).status, 200);
  const failure = await failing(post(`${server.url}/hooks/s3cr3t-s3cr3t`, way()));

  assert.match(failure.remedy, /notify\.hook\.caFile/);
  assert.ok(!`${failure.message}${failure.remedy}`.includes('s3cr3t'));
  assert.equal(server.requests.length, 1, 'nothing was sent to whoever that is');
});

test('a receiver is reached through the proxy of the environment', async () => {
  await using server = await serving((_, response) => response.end('ok'), 'other-name');
  await using proxy = await proxying(server.port);

  const failure = await failing(post('https://hooks.test/x', way({ env: { HTTPS_PROXY: proxy.url }, caFile: certificate('ca') })));

  assert.deepEqual(proxy.asked, ['hooks.test:443']);
  assert.match(failure.message, /another name/);
});

test('slashes and queries of an address stay as they are', async () => {
  await using server = await serving((_, response) => response.end('ok'));
  for (const path of ['/', '/a', '/a/', '/a?b=c%2Fd', '/a/?b', '/%C3%A4/b']) await post(server.url + path, way());
  assert.deepEqual(
    server.requests.map(({ url }) => url),
    ['/', '/a', '/a/', '/a?b=c%2Fd', '/a/?b', '/%C3%A4/b'],
  );
});

test('a receiver that is silent is given up, one that speaks no HTTP or cuts the connection is a failure', async () => {
  const impatient = { ...clock, sleep: (ms: number, ends: AbortSignal) => clock.sleep(ms / 100, ends) };
  await using silent = await raw(() => undefined);
  await using odd = await raw(socket => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
  await using cut = await raw(socket => socket.destroy());

  assert.equal((await failing(post(silent.url, way({ clock: impatient })))).code, 'TIMEOUT');
  for (const { url } of [odd, cut]) assert.equal((await failing(post(url, way()))).code, 'UNREACHABLE');
});

test('an address that is put anew into its file is used at once, whatever pause there is', async () => {
  await using server = await serving(
    ({ url }, response) => void ((response.statusCode = url === '/good-hook-1' ? 200 : 404), response.end()),
  );
  let path = '/wrong-hook-1';
  let now = 0;
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const open = async () => secretAddress(server.url + path);
  const configured = { name: 'hook', format: 'webhook', caFile: undefined, caFileNamed: '', host: undefined, open };
  const line = createLine(configured, { clock, env: {}, log, now: () => now, random: () => 0, signal });
  const bring = async () => await line.bring(url => ({ method: 'POST', url, body: {} }));

  assert.equal(await bring(), 'failed');
  now = 60_000;
  assert.equal(await line.isFree(), false, 'the pause after a 404 is longer');
  path = '/good-hook-1';
  assert.equal(await line.isFree(), true);
  assert.equal(await bring(), 'taken');
  assert.equal(line.state.trouble, undefined);
});

test('what a receiver says is quoted without what is secret in its address', async () => {
  await using server = await serving(({ url }, response) => void ((response.statusCode = 400), response.end(`no such hook: ${url}`)));
  const address = secretAddress(`${server.url}/hooks/k3yOfTh3H00k77?token=t0kenOfTh3H00k`);

  const failure = await failing(send({ method: 'POST', url: address.reveal(), body: {} }, way(), signal));

  assert.ok(failure instanceof Failure);
  assert.match(failure.message, /no such hook: \/hooks\/\[secret\]\?token=\[secret\]/);
  assert.equal(address.parts.length, 2);
});
