import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { request } from 'undici';
import type { HttpRequest } from '../../src/contract/adapter.ts';
import { Failure, type FailureCode } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';
import { awsDispatcher, type HttpOptions, openHttp } from '../../src/io/http.ts';

const certificate = (name: string): string => join(import.meta.dirname, 'certificates', `${name}.pem`);
const key = readFileSync(join(import.meta.dirname, 'certificates', 'server.key'));
const names = { caFile: 'X_CA_FILE', serverName: 'X_TLS_SERVER_NAME', fingerprint: 'X_TLS_FINGERPRINT', allowHttp: 'X_ALLOW_HTTP' };
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

interface Running extends AsyncDisposable {
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
}

async function listening(server: Server): Promise<Running> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

type Web = Running & { readonly url: string; readonly requests: IncomingMessage[] };

/** A server that answers with `handle` and keeps what it saw. `cert`: speaks TLS with that certificate. */
async function serving(handle: RequestListener, cert?: string): Promise<Web> {
  const requests: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request);
    handle(request, response);
  };
  const server = cert ? createTlsServer({ key, cert: readFileSync(certificate(cert)) }, listener) : createServer(listener);
  const running = await listening(server);
  return { ...running, url: `${cert ? 'https' : 'http'}://127.0.0.1:${running.port}`, requests };
}

/** A server of bytes: `handle` gets each connection when its first bytes have arrived. */
async function raw(handle: (socket: Socket) => void): Promise<Running & { url: string }> {
  const running = await listening(createNetServer(socket => socket.once('data', () => handle(socket))));
  return { ...running, url: `http://127.0.0.1:${running.port}` };
}

/** A proxy that connects every CONNECT to `port` here, whatever host was asked for. */
async function proxying(port: number, refusal?: number): Promise<Running & { url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('by the proxy');
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url ?? '');
    if (refusal) {
      socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
  });
  const running = await listening(server);
  return { ...running, url: `http://127.0.0.1:${running.port}`, asked };
}

const open = (url: string, more: Partial<HttpOptions> = {}) => openHttp({ url, allowHttp: true, env: {}, names, ...more });

async function failing(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof Failure, String(error));
  return error;
}
function failingNow(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Failure);
    return error;
  }
  return assert.fail('it did not fail');
}

test('sends JSON below the prefix of the address, with our name and nothing of a browser; any status is an answer', async () => {
  await using server = await serving((_, response) => {
    response.writeHead(418, { 'set-cookie': ['a=1', 'b=2'], 'X-Upper': 'yes' });
    response.end('{"ok":true}');
  });
  await using http = open(`${server.url}/portainer/`, { headers: { 'X-API-Key': 'k' } });
  const answer = await http('PUT', '/api/registries/7?x=1', { signal: soon(), body: { a: 1 }, headers: { 'x-more': 'm' } });
  await http('GET', '/again', { signal: soon() });
  assert.equal(answer.status, 418);
  assert.deepEqual(answer.json(), { ok: true });
  assert.equal(answer.headers.get('set-cookie'), 'a=1, b=2');
  assert.equal(answer.headers.get('x-upper'), 'yes');
  const [first, second] = server.requests;
  assert.equal(first?.url, '/portainer/api/registries/7?x=1');
  assert.equal(first?.headers['x-api-key'], 'k');
  assert.equal(first?.headers['x-more'], 'm');
  assert.equal(first?.headers['content-type'], 'application/json');
  assert.match(String(first?.headers['user-agent']), /^ecr-courier\/\d+\.\d+\.\d+/);
  for (const header of ['origin', 'cookie', 'referer', 'authorization', 'sec-fetch-site']) assert.equal(second?.headers[header], undefined);
});

test('a frozen body is encoded once for all requests, any other as it is when it is sent; headers of one request are not those of the next', async () => {
  const bodies: string[] = [];
  await using server = await serving((request, response) => void text(request).then(body => response.end(String(bodies.push(body)))));
  await using http = open(server.url, { headers: { 'X-API-Key': 'k' } });
  let encoded = 0;
  const toJSON = (): object => ({ time: ++encoded });
  const changing = { a: 1 };
  for (const body of [Object.freeze({ toJSON }), changing]) {
    await http('PUT', '/', { signal: soon(), body, headers: { 'x-more': 'm', 'x-api-key': 'other' } });
    changing.a++;
    await http('PUT', '/', { signal: soon(), body });
  }
  await http('GET', '/', { signal: soon() });
  assert.deepEqual(bodies, ['{"time":1}', '{"time":1}', '{"a":2}', '{"a":3}', '']);
  const sent = server.requests.map(({ headers }) => [headers['x-more'], headers['x-api-key'], headers['content-type']]);
  const json = 'application/json';
  const [own, usual] = [
    ['m', 'other', json],
    [undefined, 'k', json],
  ];
  assert.deepEqual(sent, [own, usual, own, usual, [undefined, 'k', undefined]]);
});

test('clients that ask once share connections, and what one of them ends is no end of those', async () => {
  await using web = await serving((_, response) => response.end('{}'), 'good');
  const dispatcher = awsDispatcher({ env: { AWS_CA_BUNDLE: certificate('ca') } });
  const ports = new Set<number | undefined>();
  for (let client = 0; client < 3; client++) {
    await using http = openHttp({ url: web.url, env: {}, dispatcher });
    assert.equal((await http('GET', '/v2/', { signal: soon() })).status, 200);
    ports.add(web.requests.at(-1)?.socket.remotePort);
    // The connection is free a moment after its answer has come.
    await turn();
  }
  assert.equal(ports.size, 1);
  await dispatcher.destroy();
});

describe('what a status means', () => {
  const table: readonly [number, FailureCode, { write?: boolean }?][] = [
    [301, 'MISCONFIGURED'],
    [303, 'MISCONFIGURED'],
    [400, 'REJECTED'],
    [401, 'AUTH'],
    [403, 'FORBIDDEN'],
    [404, 'NOT_FOUND'],
    [405, 'UNEXPECTED'],
    [407, 'MISCONFIGURED'],
    [408, 'BUSY'],
    [409, 'CONFLICT'],
    [413, 'TOO_LARGE'],
    [418, 'UNEXPECTED'],
    [422, 'REJECTED'],
    [429, 'BUSY'],
    [500, 'UNEXPECTED'],
    [502, 'UNREACHABLE', { write: true }],
    [503, 'BUSY'],
    [504, 'UNREACHABLE', { write: true }],
    [520, 'UNREACHABLE', { write: true }],
    [522, 'UNREACHABLE', { write: true }],
    [530, 'UNREACHABLE', { write: true }],
    [531, 'UNEXPECTED'],
  ];
  for (const [status, code, mayLand] of table)
    test(`${status} is ${code}`, async () => {
      await using server = await serving((_, response) => response.writeHead(status).end('no'));
      await using http = open(server.url);
      const write = http.failure(await http('PUT', '/x', { signal: soon() }));
      const read = http.failure(await http('POST', '/x', { signal: soon(), reads: true }));
      assert.equal(write.code, code);
      assert.equal(write.facts.mayLand, mayLand ? true : undefined);
      assert.equal(read.facts.mayLand, undefined);
      assert.match(write.message, new RegExp(`PUT /x at http://127\\.0\\.0\\.1:\\d+ was .*${status}`));
    });

  test('Retry-After is seconds, or a date by the clock of the server', async () => {
    let header = '7';
    await using server = await serving((_, response) => {
      response.sendDate = false;
      response.writeHead(503, { 'retry-after': header, date: 'Wed, 21 Oct 2015 07:28:00 GMT' }).end();
    });
    await using http = open(server.url);
    const waits: unknown[] = [];
    for (header of ['7', 'Wed, 21 Oct 2015 07:29:30 GMT', 'Wed, 21 Oct 2015 07:20:00 GMT', 'tomorrow', '9'.repeat(400)])
      waits.push(http.failure(await http('GET', '/', { signal: soon() })).facts.retryAfterMs);
    assert.deepEqual(waits, [7_000, 90_000, 0, undefined, 86_400_000]);
  });

  test('a quotation is short, in one line, and without pieces of a secret', async () => {
    const secret = new Secret('token-secret-value-0123456789');
    const texts: Record<string, string> = {
      '/long': `a\r\n\tb\u0007 ${'x'.repeat(5_000)}`,
      '/piece': '{"details":"cannot unmarshal \\"...Password\\":\\"token-secret-val..."}',
      '/page': '<!DOCTYPE html><title>Log in</title>',
    };
    await using server = await serving((request, response) => response.writeHead(400).end(texts[request.url ?? '']));
    await using http = open(server.url);
    const said = async (path: string): Promise<string> => http.failure(await http('GET', path, { signal: soon() }), 'No').message;
    assert.equal(await said('/long'), `No: a b ${'x'.repeat(296)}...`);
    assert.match(await said('/piece'), /\[secret\]/);
    assert.doesNotMatch(await said('/piece'), /secret-val/);
    assert.equal(await said('/page'), `No: an HTML page "Log in". Is this the right address? (GET /page at ${server.url})`);
    assert.equal(secret.toString(), '[secret]');
  });

  test('an answer that should be JSON and is not: the failure says where, and what stands there, and quotes nothing else', async () => {
    const login = '<!DOCTYPE html><html><head><title>\n Sign in\u0007 \n</title></head><body>password</body></html>';
    const table: readonly (readonly [path: string, body: string, stands: string])[] = [
      ['/json', '{"password":"p"', 'something that is not JSON'],
      ['/empty', '', 'nothing'],
      ['/page', login, 'an HTML page "Sign in" of cloudflare'],
      ['/bare', '<html>', 'an HTML page of cloudflare'],
    ];
    await using server = await serving(({ url }, response) => {
      response.setHeader('server', 'cloudflare');
      response.end(table.find(([path]) => path === url)?.[1]);
    });
    await using http = open(server.url);
    for (const [path, , stands] of table) {
      const answer = await http('GET', path, { signal: soon() });
      const failure = failingNow(() => answer.json());
      assert.equal(failure.code, 'UNEXPECTED');
      assert.equal(failure.message, `GET ${path} at ${server.url} was answered 200 with ${stands} instead of JSON.`);
    }
  });

  test('a 5xx of a CDN names the address and the page, whatever the adapter says', async () => {
    const page = '<html><head><title>portainer.example | 522: Connection timed out</title></head></html>';
    await using server = await serving((_, response) => response.writeHead(522, { server: 'cloudflare' }).end(page));
    await using http = open(server.url);
    const answer = await http('GET', '/x', { signal: soon() });
    const stands = 'an HTML page "portainer.example | 522: Connection timed out" of cloudflare. Is this the right address?';
    assert.equal(http.failure(answer).message, `GET /x at ${server.url} was answered with 522: ${stands}`);
    assert.equal(http.failure(answer, 'Portainer said no').message, `Portainer said no: ${stands} (GET /x at ${server.url})`);
    assert.match(http.failure(answer).remedy, /in front of the manager/);
  });

  test('the elements of a list come one by one and are not kept; another status is an answer as ever, and anything else than a whole list a failure', async () => {
    const rows = Array.from({ length: 5_000 }, (_, Id) => ({ Id, Name: 'ö'.repeat(50) }));
    const bodies: Readonly<Record<string, string>> = {
      '/rows': JSON.stringify(rows),
      '/refused': '[1]',
      '/empty': '',
      '/page': '<!doctype html><title>Log in</title>',
      '/object': '{"data":[1]}',
      '/broken': '[1, 2',
    };
    await using server = await serving(({ url = '' }, response) => {
      if (url === '/refused') response.statusCode = 403;
      if (url !== '/cut') return void response.end(bodies[url]);
      response.setHeader('content-length', 1000);
      response.write('[1, 2, ');
      setTimeout(() => response.destroy(), 50);
    });
    await using http = open(server.url);
    const list = async (path: string) => {
      const elements: unknown[] = [];
      const answer = await http('GET', path, { signal: soon(), each: element => elements.push(element) });
      return { elements, text: answer.text };
    };

    assert.deepEqual(await list('/rows'), { elements: rows, text: '[]' });
    assert.deepEqual(await list('/refused'), { elements: [], text: '[1]' });
    for (const path of ['/empty', '/page', '/object', '/broken']) await assert.rejects(list(path), { code: 'UNEXPECTED' }, path);
    await assert.rejects(list('/cut'), { code: 'UNREACHABLE' });
  });

  test('an answer that comes byte by byte is read like any other', async () => {
    const text = JSON.stringify([{ Name: 'ö€🙂"\\' }, 2]);
    await using server = await raw(socket => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      for (const byte of Buffer.from(text.repeat(2_000)))
        socket.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]));
      socket.write('0\r\n\r\n');
    });
    await using http = open(server.url);
    assert.equal((await http('GET', '/', { signal: soon() })).text, text.repeat(2_000));
  });

  test('a redirect is not followed, and its text names where it points', async () => {
    await using other = await serving((_, response) => response.end());
    await using server = await serving((_, response) => response.writeHead(307, { location: `${other.url}/p?token=t` }).end());
    await using http = open(server.url, { headers: { 'x-api-key': 'k' } });
    const failure = http.failure(await http('PUT', '/x', { signal: soon(), body: {} }));
    assert.equal(failure.code, 'MISCONFIGURED');
    assert.ok(failure.message.includes(other.url));
    assert.doesNotMatch(failure.message, /token/);
    assert.equal(other.requests.length, 0);
  });
});

describe('when no answer comes', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
  const faults: Record<string, { code: FailureCode; deadline?: true; play: (socket: Socket) => void }> = {
    'it hangs': { code: 'TIMEOUT', deadline: true, play: () => undefined },
    'it hangs in the middle': { code: 'TIMEOUT', deadline: true, play: socket => socket.write(`${head}content-length: 9\r\n\r\n{`) },
    'it drips': {
      code: 'TIMEOUT',
      deadline: true,
      play(socket) {
        socket.write(`${head}content-length: 9999\r\n\r\n`);
        const drip = setInterval(() => socket.write(' '), 20);
        socket.on('close', () => clearInterval(drip));
      },
    },
    'it drips the head': {
      code: 'TIMEOUT',
      deadline: true,
      play(socket) {
        socket.write('HTTP/1.1 200 OK\r\nx: ');
        const drip = setInterval(() => socket.write('x'), 20);
        socket.on('close', () => clearInterval(drip));
      },
    },
    'it resets': { code: 'UNREACHABLE', play: socket => socket.resetAndDestroy() },
    'it closes': { code: 'UNREACHABLE', play: socket => socket.end() },
    'it resets in the middle': {
      code: 'UNREACHABLE',
      play: socket => socket.write(`${head}content-length: 9\r\n\r\n{`, () => socket.resetAndDestroy()),
    },
    'it ends too early': { code: 'UNREACHABLE', play: socket => socket.end(`${head}content-length: 9\r\n\r\n{`) },
    'it speaks something else': { code: 'UNREACHABLE', play: socket => socket.end('220 smtp.example ESMTP password=hunter2\r\n') },
    'its answer is huge': { code: 'TOO_LARGE', play: socket => socket.write(`${head}\r\n${' '.repeat(200_000)}`) },
  };
  for (const [name, { code, deadline, play }] of Object.entries(faults))
    test(`${name}: ${code}; only a write may land`, async () => {
      await using server = await raw(play);
      await using http = open(server.url, { maxBytes: 100_000 });
      const ask = async (method: string, more: Partial<HttpRequest> = {}): Promise<Failure> => {
        const ends = new AbortController();
        const timer = deadline && setTimeout(() => ends.abort(new Failure('TIMEOUT', 'no answer within 75 s')), 150);
        const failure = await failing(http(method, '/x', { signal: ends.signal, ...more }));
        clearTimeout(timer);
        return failure;
      };
      const [write, bare, read, marked] = await Promise.all([
        ask('PUT', { body: {} }),
        ask('DELETE'),
        ask('GET'),
        ask('POST', { reads: true, body: {} }),
      ]);
      for (const failure of [write, bare, read, marked]) {
        assert.equal(failure.code, code);
        assert.doesNotMatch(failure.message, /hunter2/);
        assert.match(failure.message, /\/x at http:/);
        if (deadline) assert.match(failure.message, /no answer within 75 s/);
      }
      assert.deepEqual(
        [write, bare, read, marked].map(failure => failure.facts.mayLand),
        [true, true, undefined, undefined],
      );
    });

  test('nobody listens, no such name, connecting takes too long: UNREACHABLE, and nothing can land', async () => {
    const gone = await raw(() => undefined);
    await gone[Symbol.asyncDispose]();
    // It takes the connection and leaves the handshake unanswered.
    await using mute = await raw(() => undefined);
    for (const [url, says] of [
      [gone.url, /ECONNREFUSED/],
      ['http://nobody.invalid', /nobody\.invalid/],
      [mute.url.replace('http:', 'https:'), /CONNECT_TIMEOUT/],
    ] as const) {
      await using http = open(url, { connectMs: 200 });
      const failure = await failing(http('PUT', '/x', { signal: soon(), body: {} }));
      assert.equal(failure.code, 'UNREACHABLE');
      assert.equal(failure.facts.mayLand, undefined);
      assert.match(failure.message, says);
    }
  });

  test('a write that waits for a connection ends at its deadline, was not sent, and never will be', async () => {
    let released: Socket | undefined;
    let bytes = '';
    await using server = await listening(
      createNetServer(socket => {
        released = socket;
        socket.on('data', data => (bytes += data.toString()));
      }),
    );
    await using http = open(`http://127.0.0.1:${server.port}`, { connections: 1 });
    const first = http('PUT', '/first', { signal: soon() });
    const second = await failing(http('PUT', '/second', { signal: AbortSignal.timeout(100) }));
    assert.equal(second.code, 'TIMEOUT');
    assert.equal(second.facts.mayLand, undefined);
    released?.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    await first;
    const third = http('PUT', '/third', { signal: soon() });
    await new Promise(resolve => setTimeout(resolve, 50));
    released?.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    await third;
    assert.match(bytes, /first[^]*third/);
    assert.doesNotMatch(bytes, /second/);
  });

  test('a signal that is aborted already sends nothing; a foreign reason is TIMEOUT', async () => {
    await using server = await serving((_, response) => response.end());
    await using http = open(server.url);
    const failure = await failing(http('PUT', '/x', { signal: AbortSignal.abort() }));
    assert.equal(failure.code, 'TIMEOUT');
    assert.equal(failure.facts.mayLand, undefined);
    assert.equal(server.requests.length, 0);
  });

  test('an abort closes the socket; disposing closes the rest', async () => {
    await using server = await serving((request, response) => void (request.url === '/fine' && response.end()));
    const http = open(server.url);
    await http('GET', '/fine', { signal: soon() });
    const ends = new AbortController();
    const hanging = failing(http('PUT', '/hangs', { signal: ends.signal, body: {} }));
    while (server.requests.length < 2) await new Promise(resolve => setTimeout(resolve, 5));
    ends.abort(new Failure('TIMEOUT', 'stopped'));
    assert.equal((await hanging).facts.mayLand, true);
    await http[Symbol.asyncDispose]();
    while (server.sockets.size > 0) await new Promise(resolve => setTimeout(resolve, 5));
  });
});

describe('what cannot be used is said at once, and never quotes a secret', () => {
  const table: readonly [string, Partial<HttpOptions>, RegExp][] = [
    ['http://portainer:9000', { allowHttp: false }, /plain http.*X_ALLOW_HTTP=true/],
    ['https://me:hunter2@portainer:9443', {}, /portainer:9443 holds a user name or password/],
    ['portainer:9443', {}, /https:\/\/HOST:PORT/],
    ['ftp://portainer', {}, /https:\/\/HOST:PORT/],
    ['', {}, /https:\/\/HOST:PORT/],
    ['https://portainer', { tls: { fingerprint: 'AA:BB' } }, /X_TLS_FINGERPRINT/],
  ];
  for (const [url, more, says] of table)
    test(`${url} ${JSON.stringify(more)}`, () => {
      const failure = failingNow(() => open(url, more));
      assert.equal(failure.code, 'MISCONFIGURED');
      assert.match(failure.message, says);
      assert.doesNotMatch(failure.message, /hunter2/);
    });

  test('a key that no header can carry', async () => {
    await using server = await serving((_, response) => response.end());
    for (const value of ['hunter2\nmore', 'hunter2\0', 'hunter2\u20ac']) {
      await using http = open(server.url, { headers: { 'X-API-Key': value } });
      const failure = await failing(http('GET', '/', { signal: soon() }));
      assert.equal(failure.code, 'MISCONFIGURED');
      assert.match(failure.message, /X-API-Key/);
      assert.doesNotMatch(failure.message, /hunter2/);
    }
    assert.equal(server.requests.length, 0);
  });

  test('readonly sends nothing that may write', async () => {
    await using server = await serving((_, response) => response.end());
    await using http = open(server.url, { readonly: true });
    await http('GET', '/', { signal: soon() });
    await http('POST', '/', { signal: soon(), reads: true });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) await failing(http(method, '/', { signal: soon() }));
    assert.deepEqual(
      server.requests.map(({ method }) => method),
      ['GET', 'POST'],
    );
  });
});

describe('TLS', () => {
  const pin = '5F:A5:20:F6:87:6F:1A:35:E2:0A:FC:99:9B:47:7C:52:38:02:6F:8E:E7:F1:26:49:C9:4E:33:7C:05:22:10:F0';
  const distrusted: readonly [string, HttpOptions['tls'], FailureCode, RegExp, RegExp][] = [
    ['self-signed', {}, 'MISCONFIGURED', new RegExp(`X_TLS_FINGERPRINT=${pin}`), /X_CA_FILE/],
    ['self-signed', { fingerprint: 'AB'.repeat(32) }, 'MISCONFIGURED', new RegExp(`expected AB:AB.*seen ${pin}`), /X_TLS_FINGERPRINT/],
    ['self-signed', { fingerprint: 'AB'.repeat(32), insecureSkipVerify: true }, 'MISCONFIGURED', /expected AB:AB/, /in between/],
    ['good', {}, 'MISCONFIGURED', /no known authority/, /X_CA_FILE/],
    [
      'good',
      { caFile: certificate('ca'), serverName: 'elsewhere.test' },
      'MISCONFIGURED',
      /another name: .*localhost/,
      /X_TLS_SERVER_NAME/,
    ],
    ['other-name', { caFile: certificate('ca') }, 'MISCONFIGURED', /another name: .*portainer\.test/, /X_TLS_SERVER_NAME/],
    ['expired', { caFile: certificate('ca') }, 'UNREACHABLE', /expired on Jan +1 00:00:00 2021/, /Renew/],
  ];
  const trusted: readonly [string, NonNullable<HttpOptions['tls']>][] = [
    ['self-signed', { fingerprint: pin }],
    ['self-signed', { fingerprint: `sha256 Fingerprint=${pin.toLowerCase()}` }],
    ['self-signed', { fingerprint: pin.replaceAll(':', '') }],
    ['self-signed', { insecureSkipVerify: true }],
    ['expired', { insecureSkipVerify: true }],
    ['good', { caFile: certificate('ca') }],
    ['other-name', { caFile: certificate('ca'), serverName: 'portainer.test' }],
  ];
  for (const through of ['directly', 'through a proxy'] as const) {
    const opened = async (server: Web, tls: HttpOptions['tls']) => {
      const proxy = through === 'directly' ? undefined : await proxying(server.port);
      // The machine itself is never reached through a proxy.
      const url = proxy ? server.url.replace('127.0.0.1', 'server.test') : server.url;
      const http = open(url, { tls, env: proxy ? { HTTPS_PROXY: proxy.url } : {} });
      return { http, proxy, [Symbol.asyncDispose]: async () => (await http[Symbol.asyncDispose](), await proxy?.[Symbol.asyncDispose]()) };
    };
    for (const [cert, tls, code, says, remedy] of distrusted)
      test(`${through}: ${cert} with ${Object.keys(tls ?? {}).join(' and ') || 'nothing'} is ${code}, before a byte of the request`, async () => {
        await using server = await serving((_, response) => response.end(), cert);
        await using client = await opened(server, tls);
        const failure = await failing(client.http('PUT', '/', { signal: soon(), body: {} }));
        assert.equal(failure.code, code);
        const told = `${failure.message} ${failure.remedy}`;
        if (!client.proxy) {
          assert.match(failure.message, says);
          assert.match(failure.remedy, remedy);
        } else {
          assert.ok(failure.message.includes(`the proxy ${client.proxy.url} (HTTPS_PROXY)`), failure.message);
          // It may be the certificate of the proxy.
          assert.ok(!told.includes(new X509Certificate(readFileSync(certificate(cert))).fingerprint256), told);
        }
        assert.equal(failure.facts.mayLand, undefined);
        assert.equal(server.requests.length, 0);
      });
    for (const [cert, tls] of trusted.map(
      ([cert, tls]) => [cert, through === 'directly' || cert !== 'good' ? tls : { ...tls, serverName: 'localhost' }] as const,
    ))
      test(`${through}: ${cert} with ${JSON.stringify(Object.keys(tls))} works`, async () => {
        await using server = await serving((_, response) => response.end('yes'), cert);
        await using client = await opened(server, tls);
        assert.equal((await client.http('GET', '/', { signal: soon() })).text, 'yes');
        assert.equal(client.proxy?.asked.length ?? 1, 1);
      });
  }

  test('a CA file that was wrong is read again at the next request', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ca-'));
    const caFile = join(folder, 'ca.pem');
    await using server = await serving((_, response) => response.end(), 'good');
    await using http = open(server.url, { tls: { caFile } });
    assert.match((await failing(http('GET', '/', { signal: soon() }))).message, /X_CA_FILE: .*ENOENT/);
    copyFileSync(certificate('self-signed'), caFile);
    assert.match((await failing(http('GET', '/', { signal: soon() }))).message, /no known authority/);
    copyFileSync(certificate('ca'), caFile);
    assert.equal((await http('GET', '/', { signal: soon() })).status, 200);
    rmSync(folder, { recursive: true });
  });

  test('http to an https port and https to an http port are explained', async () => {
    await using plain = await serving((_, response) => response.end());
    await using tls = await serving((_, response) => response.end(), 'good');
    await using tooSecure = open(plain.url.replace('http:', 'https:'));
    assert.match((await failing(tooSecure('GET', '/', { signal: soon() }))).remedy, /http:\/\//);
    await using goServer = await serving((_, response) => response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n'));
    await using tooPlain = open(goServer.url);
    const failure = tooPlain.failure(await tooPlain('GET', '/', { signal: soon() }));
    assert.equal(failure.code, 'MISCONFIGURED');
    assert.match(failure.remedy, /https:\/\//);
    await using cut = open(tls.url.replace('https:', 'http:'));
    assert.equal((await failing(cut('GET', '/', { signal: soon() }))).code, 'UNREACHABLE');
  });
});

describe('proxies', () => {
  const at = (port: number | string, scheme = 'http'): string => `${scheme}://server.test:${port}`;

  test('HTTP_PROXY carries http, HTTPS_PROXY carries https, neither the other, and NO_PROXY and loopback go past both', async () => {
    await using server = await serving((_, response) => response.end('by the server'));
    await using proxy = await proxying(server.port);
    const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
    const address = proxy.url.replace('http://', '');
    const table: readonly [NodeJS.ProcessEnv, 'server' | 'proxy', url?: string][] = [
      [{}, 'server'],
      [{ HTTP_PROXY: proxy.url }, 'proxy'],
      [{ HTTPS_PROXY: proxy.url }, 'server'],
      [{ http_proxy: address }, 'proxy'],
      [{ HTTP_PROXY: proxy.url, NO_PROXY: 'a.test,server.test' }, 'server'],
      [{ HTTP_PROXY: proxy.url, NO_PROXY: 'server.test', no_proxy: '' }, 'server'],
      [{ HTTP_PROXY: proxy.url, no_proxy: '*' }, 'server'],
      [{ HTTP_PROXY: proxy.url }, 'server', server.url],
      [{ HTTP_PROXY: proxy.url }, 'server', `http://localhost:${server.port}`],
    ];
    for (const [env, by, url = at(server.port)] of table) {
      await using http = open(url, { env, lookup });
      assert.equal((await http('GET', '/', { signal: soon() })).text, `by the ${by}`, JSON.stringify(env));
    }
  });

  test('a request for plain HTTP is sent on whole: address, host, login', async () => {
    await using proxy = await serving(({ url, headers }, response) => {
      response.end(JSON.stringify([url, headers.host, headers['proxy-authorization'], headers['x-api-key']]));
    });
    const HTTP_PROXY = proxy.url.replace('//', '//me:hunter2%25@');
    await using http = open(`${at(9000)}/base`, { env: { HTTP_PROXY }, headers: { 'X-API-Key': 'k' } });
    assert.deepEqual((await http('GET', '/x?y=1', { signal: soon() })).json(), [
      `${at(9000)}/base/x?y=1`,
      'server.test:9000',
      `Basic ${Buffer.from('me:hunter2%').toString('base64')}`,
      'k',
    ]);
  });

  test('a proxy that refuses, is dead, or is no proxy is named as the one at fault, with its variable and without its password', async () => {
    await using refusing = await proxying(0, 403);
    await using wanting = await proxying(0, 407);
    await using dead = await raw(() => undefined);
    await dead[Symbol.asyncDispose]();
    await using cutting = await raw(socket => socket.destroy());
    await using mute = await raw(() => undefined);
    await using ssh = await raw(socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await using tls = await serving((_, response) => response.end(), 'self-signed');
    const withLogin = wanting.url.replace('//', '//me:hunter2@');
    const table: readonly [HTTPS_PROXY: string, FailureCode, says: RegExp, remedy: RegExp][] = [
      [refusing.url, 'MISCONFIGURED', /did not connect to https:\/\/server\.test: it answered 403/, /lets .* through.*NO_PROXY/],
      [
        wanting.url,
        'MISCONFIGURED',
        /wants a user and a password on the way to https:\/\/server\.test \(407\)/,
        /USER:PASSWORD@HOST:PORT in HTTPS_PROXY/,
      ],
      [withLogin, 'MISCONFIGURED', /does not accept our user and password/, /% as %25/],
      [dead.url, 'UNREACHABLE', /^No connection to the proxy .*nothing listens there \(ECONNREFUSED\)/, /HTTPS_PROXY/],
      [dead.url.replace('//', '//me:hunter2@'), 'UNREACHABLE', /nothing listens there/, /HTTPS_PROXY/],
      ['http://proxy.invalid:1', 'UNREACHABLE', /^No connection to the proxy .*name is not known|DNS/, /HTTPS_PROXY/],
      [cutting.url, 'UNREACHABLE', /it was cut/, /HTTPS_PROXY/],
      [mute.url, 'UNREACHABLE', /CONNECT_TIMEOUT/, /HTTPS_PROXY/],
      [ssh.url, 'MISCONFIGURED', /does not speak HTTP/, /https:\/\//],
      [dead.url.replace('http:', 'https:'), 'UNREACHABLE', /nothing listens there/, /HTTPS_PROXY/],
      [refusing.url.replace('http:', 'https:'), 'MISCONFIGURED', /does not speak TLS/, /http:\/\/ in HTTPS_PROXY/],
      [tls.url, 'MISCONFIGURED', /shows a certificate that is not trusted/, /NODE_EXTRA_CA_CERTS/],
      ['socks5://me:hunter2@127.0.0.1:1', 'MISCONFIGURED', /SOCKS/, /option/],
    ];
    for (const [address, code, says, remedy] of table) {
      await using http = open('https://server.test', { env: { HTTPS_PROXY: address }, connectMs: 500 });
      const failure = await failing(http('PUT', '/', { signal: soon() }));
      assert.equal(failure.code, code, failure.message);
      assert.match(failure.message, says);
      assert.match(failure.remedy, remedy);
      assert.match(failure.message, /HTTPS_PROXY/);
      assert.doesNotMatch(`${failure.message} ${failure.remedy}`, /hunter2|[0-9A-F]{2}:[0-9A-F]{2}:/);
      assert.equal(failure.facts.mayLand, undefined);
    }
  });

  test('what fails behind the proxy names it, too', async () => {
    await using server = await raw(socket => socket.resetAndDestroy());
    await using plain = await serving((_, response) => response.writeHead(502).end('no'));
    await using proxy = await proxying(server.port);
    await using toPlain = await proxying(plain.port);
    const through = async (HTTPS_PROXY: string): Promise<Failure> => {
      await using http = open(at(443, 'https'), { env: { HTTPS_PROXY } });
      return await failing(http('GET', '/', { signal: soon() }));
    };
    assert.ok((await through(proxy.url)).message.includes(`(through the proxy ${proxy.url} (HTTPS_PROXY))`));
    const noTls = await through(toPlain.url);
    assert.match(noTls.message, /server\.test does not speak TLS/);
    assert.ok(noTls.message.includes(toPlain.url));
    await using forwarded = open(at(9000), { env: { HTTP_PROXY: plain.url } });
    const answer = await forwarded('GET', '/', { signal: soon() });
    assert.ok(forwarded.failure(answer).message.includes(`(through the proxy ${plain.url} (HTTP_PROXY))`));
    assert.ok(forwarded.failure(answer, 'Portainer said no').message.includes(plain.url));
    assert.ok(failingNow(() => answer.json()).message.includes(plain.url));
  });

  test('a server that cannot be reached without a proxy is named, and the entry of NO_PROXY that leads past one', async () => {
    const tries = async (url: string, env: NodeJS.ProcessEnv) => {
      await using http = open(url, { env });
      return await failing(http('GET', '/', { signal: soon() }));
    };
    for (const url of ['https://127.0.0.1:1', 'http://localhost:1', 'https://portainer.invalid'])
      assert.match((await tries(url, {})).message, /^No connection to http/, url);
    const past = await tries('https://127.0.0.1:1', { HTTPS_PROXY: 'http://proxy.test', NO_PROXY: 'x, 127.0.0.0/8' });
    assert.match(past.remedy, /directly because of 127\.0\.0\.0\/8 in NO_PROXY/);
  });

  test('AWS is reached by the same rules: proxy, and AWS_CA_BUNDLE beside the known authorities', async () => {
    await using server = await serving((_, response) => response.end('aws'), 'other-name');
    await using plain = await serving((_, response) => response.end('plain'));
    await using proxy = await proxying(server.port);
    const ask = async (env: NodeJS.ProcessEnv, url = 'https://portainer.test'): Promise<string> => {
      const dispatcher = awsDispatcher({ env });
      try {
        return await (await request(url, { dispatcher, signal: soon() })).body.text();
      } finally {
        await dispatcher.destroy();
      }
    };
    const AWS_CA_BUNDLE = certificate('ca');
    assert.equal(await ask({ https_proxy: proxy.url, AWS_CA_BUNDLE }), 'aws');
    assert.deepEqual(proxy.asked, ['portainer.test:443']);
    assert.equal(await ask({ http_proxy: proxy.url }, 'http://aws.test/x'), 'by the proxy');
    assert.equal(await ask({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }, plain.url), 'plain');
    await using localhost = await serving((_, response) => response.end('aws'), 'good');
    assert.match((await failing(ask({}, localhost.url))).remedy, /AWS_CA_BUNDLE/);
    assert.equal(await ask({ HTTPS_PROXY: 'http://127.0.0.1:1', AWS_CA_BUNDLE }, localhost.url), 'aws');
    assert.match((await failing(ask({ HTTPS_PROXY: 'http://127.0.0.1:1' }))).message, /the proxy .*HTTPS_PROXY.*nothing listens/);
    assert.match((await failing(ask({ HTTPS_PROXY: 'socks5://127.0.0.1:1' }))).message, /HTTPS_PROXY .*SOCKS/);
  });
});

describe('lines', () => {
  const collect = async (lines: AsyncIterable<string>): Promise<{ seen: string[]; failure?: Failure }> => {
    const seen: string[] = [];
    try {
      for await (const line of lines) seen.push(line);
    } catch (failure) {
      assert.ok(failure instanceof Failure);
      return { seen, failure };
    }
    return { seen };
  };
  test('come as they are sent, across chunks and characters; silence, a refusal and an endless line are failures', async () => {
    const euro = Buffer.from('\u20ac\n');
    await using server = await serving((request, response) => {
      if (request.url === '/no') response.writeHead(410).end('gone');
      if (request.url === '/endless') response.end('x'.repeat(1_000));
      if (response.writableEnded) return;
      response.write('one\ntw');
      setTimeout(() => response.write(Buffer.concat([Buffer.from('o\n'), euro.subarray(0, 1)])), 20);
      setTimeout(() => (response.write(euro.subarray(1)), request.url === '/ends' && response.end('last')), 40);
    });
    await using http = open(server.url, { maxBytes: 100 });
    assert.deepEqual(await collect(http.lines('/ends', { signal: soon(), idleMs: 5_000 })), { seen: ['one', 'two', '\u20ac', 'last'] });
    const silent = await collect(http.lines('/silent', { signal: soon(), idleMs: 200 }));
    assert.deepEqual([silent.seen, silent.failure?.code], [['one', 'two', '\u20ac'], 'TIMEOUT']);
    assert.equal((await collect(http.lines('/no', { signal: soon(), idleMs: 200 }))).failure?.code, 'UNEXPECTED');
    assert.equal((await collect(http.lines('/endless', { signal: soon(), idleMs: 200 }))).failure?.code, 'TOO_LARGE');
    assert.equal((await collect(http.lines('/silent', { signal: AbortSignal.timeout(100), idleMs: 5_000 }))).failure?.code, 'TIMEOUT');
  });
});
