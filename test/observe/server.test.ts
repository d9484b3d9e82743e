import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '../../src/contract/adapter.ts';
import { clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Entry } from '../../src/courier/ledger.ts';
import { takesGzip } from '../../src/observe/compress.ts';
import { createServer, type DoorDeps, type ServerPlace } from '../../src/observe/server.ts';
import { statusOf } from '../../src/observe/status.ts';
import { until } from '../commands/cli.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { fastClock } from '../fakes/fast-clock.ts';
import { entry, euWest, kept, ledgerOf, outcome, scopeOf, specs, target } from './fixture.ts';

const adminToken = 'an-admin-token-of-the-tests';
const served = ledgerOf([target('portainer', [entry('7', scopeOf(euWest), kept(0))])]);
const unserved = ledgerOf([target('portainer', [entry('7', scopeOf(euWest))])]);

/** Opens doors with a healthy ledger and an admin token, and records requests and log lines. */
async function open(t: TestContext, more: Partial<DoorDeps> = {}, place: Partial<ServerPlace> = {}) {
  const asked: string[] = [];
  const logged: string[] = [];
  const note = (message: string, data?: object) => void logged.push(`${message} ${JSON.stringify(data)}`);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const result = (what: string) => (asked.push(what), Promise.resolve({ ok: true, message: 'begun' }));
  const deps: DoorDeps = {
    status: () => statusOf(served, { version: '1.2.3', findings: specs }),
    metrics: () => Promise.resolve('ecr_courier_build_info 1\n'),
    adminToken: () => Promise.resolve(new Secret(adminToken)),
    bundle: () => Promise.resolve('a bundle\n'),
    actions: { refresh: of => result(`refresh ${of ?? 'all'}`), reload: () => result('reload') },
    clock,
    log,
    ...more,
  };
  const server = await createServer(deps, { host: '127.0.0.1', port: 0, ...place });
  t.after(() => server.close());
  return { server, asked, logged, ask: (options: RequestOptions & { body?: string }) => ask(server.url, options) };
}

async function ask(url: string, { body, ...options }: RequestOptions & { body?: string }) {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(url, { agent: false, ...options }, resolve)
      .once('error', reject)
      .end(body);
  });
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}
const post = (path: string, headers: Record<string, string> = {}) => ({
  method: 'POST',
  path,
  headers: { authorization: `Bearer ${adminToken}`, ...headers },
});

const doors = [
  { path: '/', status: 200, type: 'text/html; charset=utf-8', body: /<h1>ecr-courier/ },
  { path: '/?still', status: 200, type: 'text/html; charset=utf-8', body: /update by itself/ },
  { path: '/api/status', status: 200, type: 'application/json; charset=utf-8', body: /"schema": 1/ },
  { path: '/api/status/schema', status: 200, type: 'application/json; charset=utf-8', body: /json-schema\.org/ },
  { path: '/metrics', status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: /^ecr_courier_build_info 1\n$/ },
  { path: '/livez', status: 200, type: 'text/plain; charset=utf-8', body: /^live\n$/ },
  { path: '/healthz', status: 200, type: 'text/plain; charset=utf-8', body: /^live\n$/ },
  {
    path: '/readyz',
    status: 200,
    type: 'text/plain; charset=utf-8',
    body: /^ready\n\[\+\] configuration loaded\n\[\+\] portainer: discovered\n/,
  },
  { path: '/ping', status: 200, type: 'text/plain; charset=utf-8', body: /^pong!\n$/ },
  { path: '/nothing', status: 404, type: 'text/plain; charset=utf-8', body: /^Nothing here/ },
  { path: '/-/', status: 404, type: 'text/plain; charset=utf-8', body: /^Nothing here/ },
  { path: '//', status: 404, type: 'text/plain; charset=utf-8', body: /^Nothing here/ },
];
for (const { path, status, type, body } of doors) {
  test(`GET and HEAD ${path}`, async t => {
    const { ask } = await open(t);
    const get = await ask({ path });
    const head = await ask({ path, method: 'HEAD' });
    assert.deepEqual([get.status, get.headers['content-type']], [status, type]);
    assert.match(get.body, body);
    assert.deepEqual([head.status, head.body, head.headers['content-length']], [status, '', get.headers['content-length']]);
  });
}

test('gzip for those who take it, of what is worth it; to all others and in words the same', async t => {
  const { server, ask } = await open(t);
  for (const path of ['/', '/api/status/schema']) {
    const plain = await ask({ path });
    const headers = { 'accept-encoding': 'br, gzip' };
    const small = await fetch(`${server.url}${path}`, { headers });
    assert.deepEqual([plain.headers['content-encoding'], small.headers.get('content-encoding')], [undefined, 'gzip'], path);
    assert.deepEqual([plain.headers.vary, small.headers.get('vary')], ['accept-encoding', 'accept-encoding']);
    assert.equal(await small.text(), plain.body);
    assert.ok(Number(small.headers.get('content-length')) < plain.body.length / 2);
    const head = await ask({ path, method: 'HEAD', headers });
    assert.equal(head.headers['content-length'], small.headers.get('content-length'));
  }
  assert.equal((await ask({ path: '/livez', headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'], undefined);
});

for (const [accepts, expected] of [
  [undefined, false],
  ['', false],
  ['identity', false],
  ['br;q=1.0, GZIP ; q=0.5', true],
  ['x-gzip', true],
  ['*', true],
  ['gzip;q=0, *', false],
  ['*;q=0', false],
  ['gzip;q=zero', false],
] as const)
  test(`Accept-Encoding ${accepts}`, () => assert.equal(takesGzip(accepts), expected));

test('a hundred targets are at most 200 kB on the wire, also when all slots of all of them fail', async t => {
  const scope = scopeOf(euWest);
  const failing = (id: string) =>
    entry(id, scope, kept(0, id), { trouble: { failure: new Failure('FORBIDDEN', `It refuses ${id}.`), since: 0, count: 1 } });
  const outcomes = Array.from({ length: 30 }, (_, at) => outcome(`${at}`, -at, 'FORBIDDEN', { message: `It refuses ${at}.` }));
  const hundred = (slots: number, slot: (id: string) => Entry) =>
    Array.from({ length: 100 }, (_, at) =>
      target(
        `t${at}`,
        Array.from({ length: slots }, (_, row) => slot(`${at}-${row}`)),
        { outcomes },
      ),
    );
  for (const targets of [hundred(20, id => entry(id, scope, kept(0, id))), hundred(100, failing)]) {
    const { ask } = await open(t, { status: () => statusOf(ledgerOf(targets), { version: '1', findings: specs }) });
    const { headers } = await ask({ path: '/', headers: { 'accept-encoding': 'gzip' } });
    const bytes = Number(headers['content-length']);
    assert.ok(bytes <= 200_000, `${bytes} bytes`);
  }
});

test('every answer forbids what a page of ours never needs', async t => {
  const { ask } = await open(t);
  for (const path of ['/', '/nothing', '/api/status', '/metrics']) {
    const { headers } = await ask({ path });
    const csp = String(headers['content-security-policy']);
    for (const rule of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"])
      assert.ok(csp.includes(rule), rule);
    assert.doesNotMatch(csp, /unsafe/);
    assert.deepEqual([headers['cache-control'], headers['x-content-type-options']], ['no-store', 'nosniff']);
  }
});

test('not live and not ready are 503, with the reason', async t => {
  const stalled = await open(t, { status: () => statusOf(ledgerOf([], { sinceStepMs: 61_000 }), { version: '1', findings: specs }) });
  assert.equal((await stalled.ask({ path: '/livez' })).status, 503);
  const waiting = await open(t, { status: () => statusOf(unserved, { version: '1', findings: specs }) });
  const answer = await waiting.ask({ path: '/readyz' });
  assert.equal(answer.status, 503);
  assert.match(
    answer.body,
    /^not ready\n.*\n\[-\] portainer: slots hold credentials\n {4}portainer, ecr-7 \(row 7\): no credential for \S+ was delivered yet\.\n$/s,
  );
  assert.equal((await waiting.ask({ path: '/livez' })).status, 200);
});

test('names of managers begin no line, steer no terminal and turn no text', async t => {
  const name = 'a\u001b[2J\r\n[+] b\u009bc\u202ed\u2028e\u0085';
  const trouble = { failure: new Failure('AUTH', `No: ${name}`), since: 0, count: 1 };
  const odd = ledgerOf([
    target('portainer', [entry('7', scopeOf(euWest), undefined, { slotOf: { title: name } })]),
    target('other', [], { discoveredAt: undefined, trouble, about: { product: name } }),
  ]);
  const { ask } = await open(t, { status: () => statusOf(odd, { version: '1', findings: specs }) });
  for (const path of ['/readyz', '/api/status', '/']) {
    const { body } = await ask({ path });
    assert.doesNotMatch(body, /(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/u, path);
    assert.doesNotMatch(body, /^\[\+\] b/m, path);
  }
});

test('liveness is asked for without the whole status, when it can be', async t => {
  const status = () => assert.fail('made for nothing');
  for (const [live, expected] of [
    [true, 200],
    [false, 503],
  ] as const)
    assert.equal((await (await open(t, { status, live: () => live })).ask({ path: '/livez' })).status, expected);
});

for (const [method, path, allow] of [
  ['POST', '/', 'GET, HEAD'],
  ['DELETE', '/api/status', 'GET, HEAD'],
  ['OPTIONS', '/metrics', 'GET, HEAD'],
  ['GET', '/-/refresh', 'POST'],
  ['HEAD', '/-/reload', 'POST'],
] as const) {
  test(`${method} ${path} is not allowed, nothing happens`, async t => {
    const { ask, asked } = await open(t);
    const answer = await ask({ method, path, headers: { authorization: `Bearer ${adminToken}` } });
    assert.deepEqual([answer.status, answer.headers.allow, asked], [405, allow, []]);
  });
}

test('with the admin token, refresh and reload are done', async t => {
  const { ask, asked } = await open(t);
  const answers = [await ask(post('/-/refresh')), await ask(post('/-/refresh?target=team%20a')), await ask(post('/-/reload'))];
  for (const answer of answers) assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { ok: true, message: 'begun' }]);
  assert.deepEqual(asked, ['refresh all', 'refresh team a', 'reload']);
});

for (const [path, says] of [
  ['/-/refresh?Target=team%20a', /There is no parameter Target\. There is: target\./],
  ['/-/refresh?targets=team%20a&target=b', /There is no parameter targets/],
  ['/-/refresh?target=a&target=b', /The parameter target is there more than once/],
  ['/-/refresh?%1b%5b2J', /There is no parameter \[2J/],
  ['/-/reload?target=a', /There is no parameter target\. This needs none\./],
] as const)
  test(`${path} means nothing, so nothing is done`, async t => {
    const { ask, asked } = await open(t);
    const { status, body } = await ask(post(path));
    assert.equal(status, 422);
    assert.match(body, says);
    assert.deepEqual(asked, []);
  });

const refused: { name: string; headers: Record<string, string>; token?: DoorDeps['adminToken']; status: number }[] = [
  { name: 'no token', headers: { authorization: '' }, status: 401 },
  { name: 'a wrong token', headers: { authorization: 'Bearer wrong' }, status: 401 },
  { name: 'another scheme', headers: { authorization: `Basic ${adminToken}` }, status: 401 },
  { name: 'a longer token', headers: { authorization: `Bearer ${adminToken}x` }, status: 401 },
  { name: 'a foreign origin', headers: { origin: 'https://evil.example' }, status: 403 },
  { name: 'an opaque origin', headers: { origin: 'null' }, status: 403 },
  { name: 'a cross-site request', headers: { 'sec-fetch-site': 'cross-site' }, status: 403 },
  { name: 'a same-site request', headers: { 'sec-fetch-site': 'same-site' }, status: 403 },
  { name: 'no admin token set', headers: {}, token: () => Promise.resolve(undefined), status: 403 },
  { name: 'an empty admin token set', headers: { authorization: 'Bearer ' }, token: () => Promise.resolve(new Secret('')), status: 403 },
  {
    name: 'an unreadable admin token',
    headers: {},
    token: () => Promise.reject(new Failure('MISCONFIGURED', 'cannot read it')),
    status: 500,
  },
];
for (const { name, headers, token, status } of refused) {
  test(`refused: ${name}`, async t => {
    const { ask, asked, logged } = await open(t, token ? { adminToken: token } : {});
    const answer = await ask(post('/-/refresh', headers));
    const read = await ask({ ...post('/-/bundle', headers), method: 'GET' });
    assert.deepEqual([answer.status, read.status, read.body, asked], [status, status, answer.body, []]);
    assert.match(answer.body, /^[A-Z].*\.\n$/);
    assert.equal(answer.headers['www-authenticate'], status === 401 ? 'Bearer' : undefined);
    assert.ok(!(answer.body + logged.join('')).includes(adminToken));
  });
}

for (const [name, token, sent] of [
  ['blanks in it', 'two words of it', 'two words of it'],
  ['blanks at its ends', '  a-token\t', '  a-token\t'],
  ['letters beyond ASCII, as UTF-8', 'schlüssel-鍵', Buffer.from('schlüssel-鍵').toString('latin1')],
  ['letters beyond ASCII, as Latin-1', 'schlüssel', 'schlüssel'],
] as const)
  test(`an admin token with ${name} matches`, async t => {
    const { ask } = await open(t, { adminToken: () => Promise.resolve(new Secret(token)) });
    assert.equal((await ask(post('/-/refresh', { authorization: `Bearer ${sent}` }))).status, 200);
    assert.equal((await ask(post('/-/refresh', { authorization: `Bearer ${sent}x` }))).status, 401);
  });

test('letters of which Latin-1 keeps a part are not those letters', async t => {
  const { ask } = await open(t, { adminToken: () => Promise.resolve(new Secret('\u0141\u0142')) });
  assert.equal((await ask(post('/-/refresh', { authorization: 'Bearer AB' }))).status, 401);
});

test('wrong tokens are answered one after the other; who has the token does not wait, and who has too many waiting is not heard', async t => {
  const virtual = createVirtualClock();
  const { ask } = await open(t, { clock: virtual });
  const wrong = Array.from({ length: 8 }, () => ask(post('/-/refresh', { authorization: 'Bearer wrong' })));
  const done: number[] = [];
  wrong.forEach((answer, at) => void answer.then(({ status }) => done.push(status ?? 0, at)));
  while (virtual.sleepers < 8) await wait(5);
  assert.equal((await ask(post('/-/refresh', { authorization: 'Bearer wrong' }))).status, 429);
  assert.equal(done.length, 0);
  await virtual.advance(250);
  await Promise.race(wrong);
  assert.equal((await ask(post('/-/refresh'))).status, 200);
  await virtual.advance(250 * 7);
  for (const answer of await Promise.all(wrong)) assert.equal(answer.status, 401);
});

test('whoever holds hundreds of connections and asks nothing, or half, shuts nobody out', async t => {
  const { server, ask } = await open(t, { metrics: () => new Promise(() => undefined) });
  const port = Number(new URL(server.url).port);
  const held = Array.from({ length: 600 }, (_, at) => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    if (at % 3 === 1) socket.write('GET / HTTP/1.1\r\nhost:');
    if (at % 3 === 2) socket.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n');
    return socket;
  });
  await Promise.all(held.map(socket => new Promise(resolve => socket.once('connect', resolve))));
  for (let times = 0; times < 20; times++) assert.equal((await ask({ path: '/livez' })).status, 200);
  for (const socket of held) socket.destroy();
});

/** A status that takes long to make: `cost` ms of the clock. `made` counts. */
async function costly(t: TestContext, cost: number, more: Partial<DoorDeps> = {}) {
  const virtual = createVirtualClock();
  let spent = 0;
  const seen = { made: 0 };
  const make = () => {
    seen.made++;
    spent += cost;
    return statusOf(served, { version: `${seen.made}`, findings: specs });
  };
  const slow = { ...virtual, mono: () => virtual.mono() + spent };
  return { ...(await open(t, { status: make, clock: slow, ...more })), seen, virtual };
}

test('what takes long to make is made once for all who ask within nine times that time; what does not, for each', async t => {
  const slow = await costly(t, 100);
  const bodies = await Promise.all(Array.from({ length: 50 }, () => slow.ask({ path: '/api/status' })));
  for (const path of ['/', '/?target=portainer', '/readyz', '/readyz']) assert.equal((await slow.ask({ path })).status, 200);
  assert.equal(new Set(bodies.map(({ body }) => body)).size, 1);
  // Once for the status and its page, and once for readiness.
  assert.equal(slow.seen.made, 2);
  await slow.virtual.advance(899);
  await slow.ask({ path: '/api/status' });
  assert.equal(slow.seen.made, 2);
  await slow.virtual.advance(2);
  assert.equal((JSON.parse((await slow.ask({ path: '/api/status' })).body) as { version: string }).version, '3');
  const cheap = await costly(t, 1);
  for (let times = 0; times < 5; times++) await cheap.ask({ path: '/api/status' });
  assert.equal(cheap.seen.made, 5);
});

test('nothing old is shown for more than three seconds, however long it takes to make', async t => {
  const { ask, seen, virtual } = await costly(t, 10_000);
  await ask({ path: '/api/status' });
  await virtual.advance(3_001);
  await ask({ path: '/api/status' });
  assert.equal(seen.made, 2);
});

test('whoever asks for much and reads nothing is cut off before it fills the memory; the newest answer comes whole', async t => {
  const mebibyte = 1024 * 1024;
  let made = 0;
  // Larger than what the system keeps of an unread connection.
  const metrics = () => Promise.resolve(`# ${++made} ${'x'.repeat(12 * mebibyte)}\n`);
  const { server, ask } = await open(t, { metrics });
  const cut: number[] = [];
  const readers = Array.from({ length: 6 }, (_, at) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1').pause();
    return socket.on('error', () => undefined).once('close', () => cut.push(at));
  });
  for (const [at, socket] of readers.entries()) {
    socket.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await until(() => made === at + 1, 'the answer is made');
  }
  const { body } = await ask({ path: '/metrics' });
  assert.ok(body.length > 12 * mebibyte && body.endsWith('x\n'));
  // A paused socket learns only by reading that the other side is gone.
  for (const socket of readers) socket.resume();
  await until(() => cut.length >= 5, 'five are cut off');
  assert.deepEqual(
    cut.toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4],
    'those that have waited longest',
  );
  for (const socket of readers) socket.destroy();
});

test('a page of our own origin, and a program with the token, pass', async t => {
  const { ask, asked, server } = await open(t);
  const { host, origin } = new URL(server.url);
  assert.equal((await ask(post('/-/refresh', { origin, host, 'sec-fetch-site': 'same-origin' }))).status, 200);
  assert.deepEqual(asked, ['refresh all']);
});

test('a few at once, then one a second; a wrong token uses up nothing', async t => {
  let mono = 0;
  const { ask, asked } = await open(t, { clock: { ...clock, mono: () => mono } });
  for (let at = 0; at < 10; at++) await ask(post('/-/refresh', { authorization: 'Bearer wrong' }));
  const statuses: (number | undefined)[] = [];
  for (let at = 0; at < 7; at++) statuses.push((await ask(post('/-/refresh'))).status);
  mono += 1000;
  for (let at = 0; at < 2; at++) statuses.push((await ask(post('/-/refresh'))).status);
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429, 200, 429]);
  assert.equal(asked.length, 6);
});

test('a refused action is 422, a broken one 500 without its message', async t => {
  const refresh = () => Promise.resolve({ ok: false, message: 'There is no target x.' });
  const reload = () => Promise.reject(new Error('inner detail'));
  const { ask, logged } = await open(t, { actions: { refresh, reload } });
  assert.deepEqual([(await ask(post('/-/refresh'))).status, (await ask(post('/-/reload'))).status], [422, 500]);
  assert.doesNotMatch((await ask(post('/-/reload'))).body, /inner/);
  assert.match(logged.join(''), /door failed .*inner detail/);
});

test('a body is ignored, an endless one is cut off', async t => {
  const { ask, server } = await open(t);
  assert.equal((await ask({ ...post('/-/refresh'), body: 'x'.repeat(10_000) })).status, 200);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('POST /nothing HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n');
  const flood = () => socket.write(`4000\r\n${'x'.repeat(0x4000)}\r\n`, error => error ?? setImmediate(flood));
  flood();
  await new Promise(resolve => socket.once('close', resolve));
  assert.ok(socket.bytesWritten < 20e6, `${socket.bytesWritten} bytes`);
});

test('a taken port is a failure that names the variable', async t => {
  const { server } = await open(t);
  const port = Number(new URL(server.url).port);
  await assert.rejects(open(t, {}, { port }), error => {
    assert.ok(error instanceof Failure && error.code === 'MISCONFIGURED');
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}.*another program listens there`));
    assert.match(error.remedy, /ECR_COURIER_LISTEN/);
    return true;
  });
});

test('close ends whatever clients do: one keeps its connection, one never finishes, one is never answered', {
  timeout: 20_000,
}, async t => {
  const { server } = await open(t, { metrics: () => new Promise(() => undefined) });
  const port = Number(new URL(server.url).port);
  const [kept, slow, unanswered] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  const ended = Promise.all(
    [kept, slow, unanswered].map(socket => new Promise(resolve => socket.on('error', () => undefined).once('close', resolve))),
  );
  slow.write('GET / HTTP/1.1\r\nhost:');
  unanswered.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n');
  kept.write('GET /ping HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await new Promise(resolve => kept.once('data', resolve));
  await server.close();
  await ended;
});

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'doors-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

test('the socket: for its owner only, needs no token', async t => {
  const path = join(await folder(t), 'run', 'courier.sock');
  const { server, asked } = await open(t, { adminToken: () => Promise.resolve(undefined) }, { socket: path });
  assert.equal(server.socket, path);
  const modes = [(await stat(path)).mode & 0o777, (await stat(join(path, '..'))).mode & 0o777];
  assert.deepEqual(modes, [0o600, 0o700]);
  const local = (options: RequestOptions) => ask('http://localhost', { socketPath: path, ...options });
  assert.equal((await local({ path: '/-/refresh?target=a', method: 'POST' })).status, 200);
  assert.match((await local({ path: '/api/status' })).body, /"schema": 1/);
  assert.deepEqual(asked, ['refresh a']);
  await server.close();
  await assert.rejects(stat(path));
});

test('a socket that a dead daemon left is replaced', async t => {
  const path = join(await folder(t), 'courier.sock');
  const code = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', code]);
  assert.ok((await stat(path)).isSocket());
  const { server } = await open(t, {}, { socket: path });
  assert.equal(server.socket, path);
  assert.equal((await ask('http://localhost', { socketPath: path, path: '/ping' })).status, 200);
});

test('a socket that lives, and what is none, are left alone with a warning; the doors open all the same', async t => {
  const base = await folder(t);
  const [living, file] = [join(base, 'living.sock'), join(base, 'file')];
  const other = createNetServer().listen(living);
  t.after(() => other.close());
  await new Promise(resolve => other.once('listening', resolve));
  await writeFile(file, 'kept');
  for (const [path, reason] of [
    [living, /another ecr-courier/],
    [file, /is not a socket/],
    [join(file, 'x.sock'), /EEXIST|ENOTDIR/],
  ] as const) {
    const { server, logged, ask } = await open(t, {}, { socket: path });
    assert.equal(server.socket, undefined);
    assert.equal((await ask({ path: '/ping' })).status, 200);
    assert.equal(logged.length, 1);
    assert.match(logged[0] ?? '', /^no socket /);
    assert.match(logged[0] ?? '', reason);
  }
  assert.ok((await stat(file)).isFile() && (await stat(living)).isSocket());
});

test('only the last directory of a socket is made; where none can be, the daemon goes on', async t => {
  const runtime = await folder(t);
  // Below /proc, Node's recursive mkdir never ends.
  for (const path of ['/proc/x/courier.sock', '/proc/x/y/courier.sock', join(runtime, 'a', 'b', 'courier.sock')]) {
    const { server, logged } = await open(t, {}, { socket: path });
    assert.equal(server.socket, undefined);
    assert.match(logged[0] ?? '', /^no socket .*its directory cannot be made \(ENOENT.*those above it have to be there/, path);
  }
  const one = join(runtime, 'a', 'courier.sock');
  assert.equal((await open(t, {}, { socket: one })).server.socket, one);
  assert.equal((await stat(join(runtime, 'a'))).mode & 0o777, 0o700);
});

test('a socket that vanished with its directory is made anew, and that is said once', async t => {
  const runtime = join(await folder(t), 'runtime');
  const path = join(runtime, 'courier.sock');
  const { server, logged } = await open(t, { clock: fastClock(100) }, { socket: path });
  const answers = () =>
    ask('http://localhost', { socketPath: path, path: '/ping' }).then(
      ({ status }) => status === 200,
      () => false,
    );
  await rm(runtime, { recursive: true });
  await until(answers, 'the socket');
  await wait(500);
  assert.equal(server.socket, path);
  assert.deepEqual(logged, [`socket made anew ${JSON.stringify({ path })}`]);

  await rm(runtime, { recursive: true });
  await writeFile(runtime, 'in the way');
  await until(() => server.socket === undefined, 'the loss');
  await wait(500);
  assert.equal(logged.length, 2);
  assert.match(logged[1] ?? '', /^no socket /);
});

test('a socket that another daemon had is taken over when that has ended', async t => {
  const path = join(await folder(t), 'courier.sock');
  const first = await open(t, {}, { socket: path });
  const second = await open(t, { clock: fastClock(100) }, { socket: path });
  await wait(500);
  assert.equal(second.server.socket, undefined);
  assert.equal(second.logged.length, 1, 'said once');
  await first.server.close();
  await until(() => second.server.socket === path, 'the socket');
  assert.equal((await ask('http://localhost', { socketPath: path, path: '/ping' })).status, 200);
});

test('who names a port means the daemon of that port, at the socket too', async t => {
  const path = join(await folder(t), 'courier.sock');
  const { server, asked } = await open(t, {}, { socket: path });
  const refresh = (host: string) => ask('http://localhost', { socketPath: path, path: '/-/refresh', method: 'POST', headers: { host } });
  const { port } = new URL(server.url);
  const other = await refresh('localhost:9');
  assert.deepEqual([other.status, other.body], [421, `This is the daemon of port ${port}, not of 9.\n`]);
  assert.deepEqual(asked, []);
  for (const host of ['localhost', `localhost:${port}`]) assert.equal((await refresh(host)).status, 200);
});

test('on loopback, a name that somebody made to resolve to this machine is refused; on all interfaces any name will do', async t => {
  const near = await open(t);
  for (const host of ['evil.example', 'evil.example:8080', '10.0.0.1'])
    assert.equal((await near.ask({ path: '/api/status', headers: { host } })).status, 421, host);
  for (const host of ['localhost:8080', '127.0.0.1', '[::1]:8080', 'courier.localhost'])
    assert.equal((await near.ask({ path: '/api/status', headers: { host } })).status, 200, host);
  const everywhere = await open(t, {}, { host: '0.0.0.0' });
  assert.equal((await everywhere.ask({ path: '/api/status', headers: { host: 'courier.example' } })).status, 200);
});
