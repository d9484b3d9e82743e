import assert from 'node:assert/strict';
import { createServer as createNetServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Failure, type FailureCode } from '../../src/contract/failures.ts';
import type { HttpRequest } from '../../src/contract/http.ts';
import { Secret } from '../../src/contract/secret.ts';
import { awsDispatcher, type HttpOptions, openHttp } from '../../src/io/http.ts';
import type { Writes } from '../../src/io/writes.ts';
import { certificate, failing, failingNow, listening, open, raw, serving, soon } from './servers.ts';

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

test('headers that are frozen go with every request, and its body says the type', async () => {
  await using server = await serving((_, response) => response.end('{}'));
  await using http = open(server.url);
  const headers: Record<string, string> = Object.freeze({ 'x-more': 'm' });
  const changing = { 'x-more': 'a' };
  for (const more of [{ headers, body: {} }, { headers }, { headers, body: {} }, { headers: changing }])
    await http('PUT', '/', { signal: soon(), ...more });
  changing['x-more'] = 'b';
  await http('PUT', '/', { signal: soon(), headers: changing });
  const json = 'application/json';
  assert.deepEqual(
    server.requests.map(request => [request.headers['x-more'], request.headers['content-type']]),
    [
      ['m', json],
      ['m', undefined],
      ['m', json],
      ['a', undefined],
      ['b', undefined],
    ],
  );
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

test('a body that JSON cannot write is a mistake of the adapter, and not of the connection', async () => {
  await using server = await serving((_, response) => void response.end());
  await using http = open(server.url);
  const circle: Record<string, unknown> = {};
  circle['itself'] = circle;
  for (const body of [circle, Object.freeze({ circle }), { many: 1n }, () => 1])
    await assert.rejects(http('PUT', '/', { signal: soon(), body }), {
      code: 'UNEXPECTED',
      message: 'The body of a request cannot be written as JSON. Nothing was sent.',
    });
  assert.equal(server.requests.length, 0);
});

test('clients that ask once share connections, and what one of them ends is no end of those', async () => {
  await using web = await serving((_, response) => response.end('{}'), 'good');
  const dispatcher = awsDispatcher({ env: { AWS_CA_BUNDLE: certificate('ca') } });
  const ports = new Set<number | undefined>();
  for (let client = 0; client < 3; client++) {
    await using http = openHttp({ url: web.url, env: {}, dispatcher });
    assert.equal((await http('GET', '/v2/', { signal: soon() })).status, 200);
    ports.add(web.requests.at(-1)?.socket.remotePort);
    // The connection becomes free a moment after the response has arrived.
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
    const secret = new Secret('token-secret-value-of-this-test');
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
    // What a list holds may be secret, so the answer is told by its form.
    await assert.rejects(list('/object'), { message: /the answer is not a list, but \{data\}\.$/ });
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
    // Accepts connections and leaves the handshake unanswered.
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

  test('a read does not wait for writes that hang, nor for as many reads', async () => {
    await using server = await serving((request, response) => request.url === '/fine' && response.end('ok'));
    await using http = open(server.url, { connections: 1 });
    const ends = new AbortController();
    const hanging = ['PUT', 'PUT', 'GET'].map(method => failing(http(method, '/hangs', { signal: ends.signal })));
    assert.equal((await http('GET', '/fine', { signal: soon() })).text, 'ok');
    ends.abort();
    for (const { code } of await Promise.all(hanging)) assert.equal(code, 'TIMEOUT');
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
    ends.abort(new Failure('TIMEOUT', 'No end in time.'));
    const { message, facts } = await hanging;
    assert.equal(facts.mayLand, true);
    assert.match(message, /^No end in time \(PUT \/hangs at \S+\)\.$/);
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

  test('who may not write sends nothing that may, and is asked before each request', async () => {
    await using server = await serving((_, response) => response.end());
    let writes: Writes = 'refused';
    await using http = open(server.url, { writes: () => writes });
    await http('GET', '/', { signal: soon() });
    await http('POST', '/', { signal: soon(), reads: true });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) await failing(http(method, '/', { signal: soon() }));
    assert.deepEqual(
      server.requests.map(({ method }) => method),
      ['GET', 'POST'],
    );
    writes = 'allowed';
    await http('PUT', '/', { signal: soon() });
    writes = 'lost';
    const failure = await failing(http('PUT', '/', { signal: soon() }));
    assert.match(failure.message, /^PUT \/ at .* would write, and another courier may lead by now\. Nothing was sent\.$/);
    assert.equal(server.requests.length, 3);
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

test('a JSON text is sent as it is, and as JSON', async () => {
  await using server = await serving(
    (request, response) => void text(request).then(body => response.end(JSON.stringify([body, request.headers['content-type']]))),
  );
  await using http = open(server.url);
  const json = '{ "Memory":9223372036854775807, "a" :1.0,"a":2, "b":"\\u003c" }';
  const answer = await http('POST', '/', { signal: soon(), json, headers: { 'x-more': 'm' } });
  assert.deepEqual(answer.json(), [json, 'application/json']);
  assert.deepEqual((await http('POST', '/', { signal: soon(), json })).json(), [json, 'application/json']);
});
