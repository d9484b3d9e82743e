import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { suite, test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { createVirtualClock } from './clock.ts';
import type { User } from './portainer/state.ts';
import { adminKey, adminPassword, type FakePortainer, type PortainerOptions, startFakePortainer } from './portainer.ts';
import type { Fault } from './server.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const row = { Id: 7, Name: 'ecr-main', URL: host, Authentication: true, Username: 'AWS', Password: 'token-1', TLS: true };

const start = (options: PortainerOptions = {}): Promise<FakePortainer> => startFakePortainer({ registries: [row], ...options });
const credential = (Password: string): string => JSON.stringify({ Authentication: true, Username: 'AWS', Password });

interface More {
  readonly body?: string;
  readonly key?: string;
  readonly signal?: AbortSignal;
}
function ask(fake: FakePortainer, method: string, path: string, { body, key = adminKey, signal }: More = {}): Promise<Response> {
  return fetch(`${fake.url}/api${path}`, { method, headers: { 'x-api-key': key }, body: body ?? null, signal: signal ?? null });
}
const put = (fake: FakePortainer, password: string, signal?: AbortSignal): Promise<Response> =>
  ask(fake, 'PUT', '/registries/7', { body: credential(password), ...(signal && { signal }) });

/** Waits until the fake has done what it does after the client is gone. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !condition(); turn++) await after(5);
}

suite('faults', () => {
  const faults: { fault: Fault; stored: string }[] = [
    { fault: 'hang', stored: 'token-1' },
    { fault: 'reset', stored: 'token-1' },
    { fault: 'mute', stored: 'token-2' },
    { fault: 'lost', stored: 'token-2' },
    { fault: 'drip', stored: 'token-2' },
  ];
  for (const { fault, stored } of faults) {
    test(`${JSON.stringify(fault)} ends without an answer, stored is ${stored}`, async () => {
      await using fake = await start({ fault: () => fault });

      const patience = new AbortController();
      const failed = assert.rejects(async () => (await put(fake, 'token-2', patience.signal)).text());
      await until(() => fake.requests.length === 1 && fake.passwordOf(7) === stored);
      patience.abort();
      await failed;

      assert.equal(fake.passwordOf(7), stored);
      assert.equal(fake.requests.length, 1);
    });
  }

  test('huge does not end', async () => {
    await using fake = await start({ fault: () => 'huge' });
    const response = await put(fake, 'token-2');
    let bytes = 0;

    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > 4_000_000) break;
    }

    assert.ok(bytes > 4_000_000);
  });

  test('a late one is applied after the client has gone', async () => {
    await using fake = await start({ fault: () => ({ lateMs: 200 }) });
    const patience = new AbortController();
    const failed = assert.rejects(put(fake, 'token-2', patience.signal));
    await until(() => fake.requests.length === 1);
    patience.abort();
    await failed;

    assert.equal(fake.passwordOf(7), 'token-1');
    await until(() => fake.passwordOf(7) === 'token-2');

    assert.equal(fake.passwordOf(7), 'token-2');
  });

  test('an answer given instead applies nothing', async () => {
    await using fake = await start({ fault: () => ({ status: 408, text: 'backup' }) });

    assert.equal((await put(fake, 'token-2')).status, 408);

    assert.equal(fake.passwordOf(7), 'token-1');
  });

  test('a fault can be set and lifted while it runs', async () => {
    await using fake = await start();
    fake.fault = request => (request.method === 'PUT' ? { status: 502 } : undefined);
    assert.equal((await ask(fake, 'GET', '/registries')).status, 200);
    assert.equal((await put(fake, 'token-2')).status, 502);
    fake.fault = undefined;

    assert.equal((await put(fake, 'token-3')).status, 200);
  });
});

suite('what lies behind', () => {
  test('a callback decides which password a registry takes', async () => {
    let current = 'token-1';
    await using fake = await start({
      accepts: (name, user, password) => (name === host ? user === 'AWS' && password === current : undefined),
    });
    const ping = async (URL: string, Password: string) =>
      (
        await ask(fake, 'POST', '/registries/ping', { body: JSON.stringify({ Type: 3, URL, Username: 'AWS', Password, TLS: true }) })
      ).json();

    assert.deepEqual(await ping(host, 'token-1'), { success: true, message: 'Registry connection successful' });
    current = 'token-2';
    assert.match(JSON.stringify(await ping(host, 'token-1')), /"success":false,"message":"Access token invalid/);
    assert.match(JSON.stringify(await ping('other.example', 'token-1')), /connection refused/);
  });

  test('a grant made while a credential PUT waits for the cluster is lost', async () => {
    const cluster = { endpoint: 1, namespaces: ['team-a'], mode: 'ok' as const, delayMs: 5_000, secrets: [] };
    const clock = createVirtualClock();
    await using fake = await start({
      clock,
      registries: [{ ...row, RegistryAccesses: { 1: { Namespaces: ['team-a'] } } }],
      endpoints: [
        { Id: 1, Name: 'cluster', kind: 'kubernetes-agent', users: [] },
        { Id: 2, Name: 'engine', kind: 'docker', users: [] },
      ],
      upstream: { kubernetes: cluster },
    });
    const waiting = put(fake, 'token-2');
    await until(() => fake.clusterCalls.length > 0);

    assert.equal(
      (await ask(fake, 'PUT', '/endpoints/2/registries/7', { body: JSON.stringify({ UserAccessPolicies: { 5: { RoleId: 0 } } }) })).status,
      204,
    );
    assert.deepEqual(Object.keys(fake.rows()[0]?.RegistryAccesses ?? {}), ['1', '2']);
    await clock.advance(10_000);
    assert.equal((await waiting).status, 200);

    assert.deepEqual(Object.keys(fake.rows()[0]?.RegistryAccesses ?? {}), ['1']);
  });

  test('a cluster that is down fails the PUT, and nothing is stored', async () => {
    const cluster = { endpoint: 1, namespaces: ['team-a'], mode: 'down' as const, delayMs: 0, secrets: [] };
    await using fake = await start({
      registries: [{ ...row, RegistryAccesses: { 1: { Namespaces: ['team-a'] } } }],
      endpoints: [{ Id: 1, Name: 'cluster', kind: 'kubernetes-agent', users: [] }],
      upstream: { kubernetes: cluster },
    });

    const response = await put(fake, 'token-2');

    assert.equal(response.status, 500);
    assert.match(await response.text(), /Unable to update access to registry.*Failed removing secret.*connection refused/);
    assert.equal(fake.passwordOf(7), 'token-1');
  });
});

suite('paths, from the source', () => {
  const paths: { method?: string; path: string; status: number; location?: string }[] = [
    { path: '/api/registries/', status: 404 },
    { path: '/api/registries/7/', status: 404 },
    { path: '/api/registriesX', status: 404 },
    { path: '/api/nothing', method: 'POST', status: 404 },
    { path: '/api', status: 404 },
    { path: '/', status: 404 },
    { path: '/index.html', status: 301, location: './' },
    { path: '/timeout.html', status: 307, location: '/' },
    { path: '/api/registries//7?x=1', status: 301, location: '/registries/7?x=1' },
    { path: '/api/registries/%37', status: 200 },
    { path: '/api/registries%2F7', status: 200 },
    { path: '/api/registries/%3', status: 400 },
    { path: '/api/status/', status: 404 },
    { path: '/api/registries', method: 'DELETE', status: 405 },
    { path: '/api/registries', method: 'OPTIONS', status: 405 },
    { path: '/api/endpoints/1/docker/version', status: 404 },
  ];
  for (const { method = 'GET', path, status, location } of paths)
    test(`${method} ${path} is ${status}`, async () => {
      await using fake = await start({ endpoints: [{ Id: 1, Name: 'engine', kind: 'docker', users: [] }] });
      const answer = await new Promise<IncomingMessage>((resolve, reject) =>
        request({ port: fake.port, method, path, headers: { 'x-api-key': adminKey } }, resolve)
          .on('error', reject)
          .end(),
      );
      answer.resume();
      assert.deepEqual([answer.statusCode, answer.headers.location], [status, location]);
    });
});

suite('who asks, from the source', () => {
  const login = async (fake: FakePortainer): Promise<string> => {
    const body = JSON.stringify({ Username: 'ADMIN', Password: adminPassword });
    return ((await (await fetch(`${fake.url}/api/auth`, { method: 'POST', body })).json()) as { jwt: string }).jwt;
  };
  test('a cookie counts before a token, and an empty one of either is a wrong one', async () => {
    await using fake = await start();
    const jwt = await login(fake);
    const told = async (headers: Record<string, string>): Promise<string> => {
      const response = await fetch(`${fake.url}/api/users/me`, { headers });
      return response.ok ? 'ok' : ((await response.json()) as { message: string }).message;
    };
    assert.equal(await told({ authorization: `Bearer ${jwt}` }), 'ok');
    assert.equal(await told({ authorization: `Bearer ${jwt}`, cookie: 'portainer_api_key=stale' }), 'Invalid JWT token');
    assert.equal(await told({ authorization: 'Bearer stale', cookie: `portainer_api_key=${jwt}` }), 'ok');
    assert.equal(await told({ authorization: '' }), 'Invalid JWT token');
    assert.equal(await told({}), 'A valid authorization token is missing');
  });

  test('a new key wants a session, its own user, and then the password', async () => {
    const dev: User = { id: 2, name: 'dev', password: 'a-long-dev-password', role: 'standard', apiKey: 'ptr_dev' };
    const admin: User = { id: 1, name: 'admin', password: adminPassword, role: 'administrator', apiKey: adminKey };
    await using fake = await start({ users: [admin, dev] });
    const jwt = await login(fake);
    const make = async (id: number, body: object, headers: Record<string, string> = { authorization: `Bearer ${jwt}` }) => {
      const answer = await fetch(`${fake.url}/api/users/${id}/tokens`, { method: 'POST', headers, body: JSON.stringify(body) });
      return [answer.status, ((await answer.json()) as { details?: string }).details];
    };
    assert.deepEqual(await make(1, {}, {}), [401, 'Unauthorized']);
    assert.deepEqual(await make(1, {}, { 'x-api-key': adminKey }), [401, 'Authentication required']);
    assert.deepEqual(await make(2, { description: 'x' }), [403, 'Unauthorized']);
    assert.deepEqual(await make(1, { description: ' ' }), [400, 'Invalid description: cannot contain only whitespaces']);
    assert.deepEqual(await make(1, { description: 'x' }), [400, 'Invalid password: cannot be empty']);
    assert.equal((await ask(fake, 'DELETE', '/users/1')).status, 403);
    assert.equal((await ask(fake, 'DELETE', '/users/1/tokens/9')).status, 500);
  });
});

suite('what the client for Kubernetes says of an answer, from the source', () => {
  const unknown = 'an error on the server ("unknown") has prevented the request from succeeding';
  const answers = [
    { mode: 502, details: 'an error on the server ("") has prevented the request from succeeding' },
    {
      mode: { status: 500, type: 'text/html; charset=utf-8', text: '\n<h1>Oh "no"</h1>\n' },
      details: 'an error on the server ("<h1>Oh \\"no\\"</h1>") has',
    },
    { mode: { status: 500, type: 'application/json', text: '{"message":"agent"}' }, details: unknown },
    { mode: { status: 503, text: 'busy' }, details: 'the server is currently unable to handle the request' },
    {
      mode: { status: 401, type: 'application/json', text: '{"message":"x"}' },
      details: 'the server has asked for the client to provide credentials',
    },
    { mode: { status: 403, type: 'text/plain', text: 'no\n' }, details: 'no' },
    // Seen with client-go 0.36.3: a Status has its kind, and members of the right types.
    { mode: { status: 403, type: 'application/json', text: '{"status":"Failure","message":"x"}' }, details: 'unknown' },
    { mode: { status: 403, type: 'application/json', text: '{"kind":"Secret","apiVersion":"v1","status":"Failure"}' }, details: 'unknown' },
    { mode: { status: 403, type: 'application/json', text: '{"kind":"Status","status":"Failure","code":"403"}' }, details: 'unknown' },
    { mode: { status: 403, type: 'application/json', text: '{"kind":"Status","status":"Failure"} more' }, details: 'unknown' },
    {
      mode: { status: 500, type: 'text/plain', text: 'bell \x07 del \x7f é \u2028 \xa0 end' },
      details: 'an error on the server ("bell \\a del \\x7f é \\u2028 \\u00a0 end") has',
    },
    { mode: { status: 418 }, details: 'the server responded with the status code 418 but did not return more information' },
  ] as const;
  for (const { mode, details } of answers)
    test(`${JSON.stringify(mode)} is quoted as ${details}`, async () => {
      await using fake = await start({
        registries: [{ ...row, RegistryAccesses: { 1: { Namespaces: ['team-a'] } } }],
        endpoints: [{ Id: 1, Name: 'cluster', kind: 'kubernetes-agent', users: [] }],
        upstream: { kubernetes: { endpoint: 1, namespaces: ['team-a'], mode, delayMs: 0, secrets: [] } },
      });
      const told = (await (await put(fake, 'token-2')).json()) as { details: string };
      assert.ok(told.details.startsWith(`Failed removing secret: ${details}`), told.details);
      assert.ok(told.details.endsWith('(delete secrets registry-7)'), told.details);
      assert.equal((await ask(fake, 'DELETE', '/registries/7')).status, 204);
      assert.deepEqual(fake.rows(), []);
    });

  test('a Status is told in its own words, and one that there is no such Secret is not an error', async () => {
    const status = (code: number, message: string) => ({
      status: code,
      type: 'application/json',
      text: JSON.stringify({ kind: 'Status', status: 'Failure', message, code }),
    });
    const kubernetes = { endpoint: 1, namespaces: ['team-a'], mode: status(403, 'secrets is forbidden'), delayMs: 0, secrets: [] };
    await using fake = await start({
      registries: [{ ...row, RegistryAccesses: { 1: { Namespaces: ['team-a'] } } }],
      endpoints: [{ Id: 1, Name: 'cluster', kind: 'kubernetes-agent', users: [] }],
      upstream: { kubernetes },
    });
    assert.match(await (await put(fake, 'token-2')).text(), /Failed removing secret: secrets is forbidden"/);
    Object.assign(fake.state.upstream.kubernetes ?? {}, { mode: status(404, 'not found') });
    assert.match(await (await put(fake, 'token-2')).text(), /Failed saving secret: not found"/);
  });
});

test('seen on 2.43.0: what rows of Quay and GitLab keep, pages of environments, and a cookie in quotes', async () => {
  const endpoints = [1, 2, 3].map(Id => ({ Id, Name: `engine-${Id}`, kind: 'docker' as const, users: [] }));
  await using fake = await start({ endpoints });
  const create = (more: object) => ask(fake, 'POST', '/registries', { body: JSON.stringify({ ...row, Id: 0, ...more }) });
  const gitlab = (Name: string, ProjectPath: string) => create({ Name, URL: 'gitlab.test', Type: 4, Gitlab: { ProjectPath } });
  assert.deepEqual(
    [(await gitlab('one', 'p1')).status, (await gitlab('two', 'p2')).status, (await gitlab('three', 'p1')).status],
    [200, 200, 409],
  );
  const quay = (await (
    await create({ Name: 'q', URL: 'quay.test', Type: 1, Quay: { UseOrganisation: true, OrganisationName: 'o' } })
  ).json()) as object;
  assert.deepEqual('Quay' in quay && quay.Quay, { UseOrganisation: true, OrganisationName: 'o' });
  const changed = (await (await ask(fake, 'PUT', '/registries/7', { body: '{"Quay":{"OrganisationName":"z"}}' })).json()) as object;
  assert.deepEqual('Quay' in changed && changed.Quay, { OrganisationName: 'z' });

  const page = await ask(fake, 'GET', '/endpoints?start=2&limit=1');
  assert.deepEqual([page.headers.get('x-total-count'), ((await page.json()) as { Id: number }[]).map(({ Id }) => Id)], ['3', [2]]);

  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ Username: 'admin', Password: adminPassword });
  const { jwt } = (await (await fetch(`${fake.url}/api/auth`, { method: 'POST', headers, body })).json()) as { jwt: string };
  const listed = await fetch(`${fake.url}/api/registries`, { headers: { cookie: `portainer_api_key="${jwt}"` } });
  assert.equal(listed.status, 200);
});

suite('access to environments (2.43.0, api/http/handler)', () => {
  const joe: User = { id: 2, name: 'joe', password: adminPassword, role: 'standard', apiKey: 'ptr_joe' };
  const admin: User = { id: 1, name: 'admin', password: adminPassword, role: 'administrator', apiKey: adminKey };
  const endpoints = [
    { Id: 1, Name: 'cluster', kind: 'kubernetes-agent', users: ['joe'] },
    { Id: 2, Name: 'engine', kind: 'docker', users: ['joe'] },
    { Id: 3, Name: 'other', kind: 'docker', users: [] },
  ] as const;
  const world = () => start({ users: [admin, joe], endpoints: structuredClone([...endpoints]) as PortainerOptions['endpoints'] & object });
  const cases: readonly [what: string, method: string, path: string, status: number, message?: string, details?: string][] = [
    ['a user there, without a grant', 'GET', '/registries/7?endpointId=2', 403, 'Access denied to resource', 'Access denied to resource'],
    [
      'a grant elsewhere',
      'PUT',
      '/endpoints/3/registries/7',
      403,
      'Permission denied to access environment',
      'Access denied to environment',
    ],
    ['a grant by a user', 'PUT', '/endpoints/2/registries/7', 403, 'User is not authorized', 'User is not authorized'],
    ['a namespace', 'GET', '/endpoints/1/registries?namespace=team-a', 403, 'User is not authorized to use namespace'],
    ['the namespace default', 'GET', '/endpoints/1/registries?namespace=default', 200],
    [
      'a word for the registry comes before an unknown environment',
      'PUT',
      '/endpoints/9/registries/x',
      400,
      'Invalid registry identifier route variable',
      'Strconv.Atoi: parsing "x": invalid syntax',
    ],
  ];
  for (const [what, method, path, status, message, details] of cases)
    test(`${what}: ${status}`, async () => {
      await using fake = await world();
      const answer = await ask(fake, method, path, { key: 'ptr_joe', ...(method === 'PUT' && { body: '{}' }) });
      const body = (await answer.json()) as { message?: string; details?: string };
      assert.deepEqual([answer.status, body.message], [status, message]);
      if (details !== undefined) assert.equal(body.details, details);
    });

  test('a grant in an environment that is gone fails a new password', async () => {
    await using fake = await start({ registries: [{ ...row, RegistryAccesses: { 5: { Namespaces: ['team-a'] } } }] });
    const answer = await put(fake, 'token-2');
    const details = 'Object not found inside the database (bucket=endpoints, key=5)';
    assert.deepEqual([answer.status, await answer.json()], [500, { message: 'Unable to update access to registry', details }]);
    assert.equal(fake.passwordOf(7), 'token-1');
  });

  test('of two conflicts of a new registry, that with the first row is told', async () => {
    await using fake = await start({ registries: [row, { ...row, Id: 8, Name: 'second', URL: 'other.test' }] });
    const body = JSON.stringify({ ...row, Name: 'second', Type: 3 });
    assert.match(await (await ask(fake, 'POST', '/registries', { body })).text(), /same URL and credentials/);
  });
});

suite('other versions and editions, from the source', () => {
  const paths: { version: string; method: string; path: string; status: number }[] = [
    { version: '2.35.0', method: 'POST', path: '/registries/ping', status: 405 },
    { version: '2.16.0', method: 'GET', path: '/system/status', status: 404 },
    { version: '2.16.0', method: 'GET', path: '/status', status: 200 },
    { version: '2.9.0', method: 'GET', path: '/registries', status: 401 },
  ];
  for (const { version, method, path, status } of paths) {
    test(`${version}: ${method} ${path} is ${status}`, async () => {
      await using fake = await start({ version });

      assert.equal((await ask(fake, method, path)).status, status);
    });
  }

  test('EE shows the list to everybody, without hosts', async () => {
    const dev = { id: 2, name: 'dev', password: adminPassword, role: 'standard', apiKey: 'ptr_dev' } as const;
    await using fake = await start({ edition: 'EE', users: [dev] });

    const response = await ask(fake, 'GET', '/registries', { key: 'ptr_dev' });

    assert.deepEqual(await response.json(), [{ Id: 7, Name: 'ecr-main', Type: 3 }]);
  });
});

test('two fakes with the same options share nothing', async () => {
  const options: PortainerOptions = { endpoints: [{ Id: 1, Name: 'engine', kind: 'docker', users: [] }] };
  await using one = await start(options);
  await using other = await start(options);

  await put(one, 'token-2');
  one.state.endpoints[0]?.users.push('dev');

  assert.equal(other.passwordOf(7), 'token-1');
  assert.deepEqual(other.state.endpoints[0]?.users, []);
});

test('disposing of it cuts connections that hang', async () => {
  const fake = await start({ fault: () => 'hang' });
  const hanging = assert.rejects(put(fake, 'token-2'));
  await until(() => fake.requests.length > 0);

  await fake[Symbol.asyncDispose]();

  await hanging;
  assert.equal(fake.sockets.size, 0);
});
