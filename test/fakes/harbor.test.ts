import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adminPassword, type FakeHarbor, type HarborOptions, startFakeHarbor } from './harbor.ts';

/** Behaviour observed on 2.15.2 but not recorded, or taken from the source where a comment says so. */
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const rows = Array.from({ length: 12 }, (_, index) => ({ name: `r${index + 1}`, url: `https://${host}` }));

function ask(fake: FakeHarbor, method: string, path: string, body?: object, login = `admin:${adminPassword}`): Promise<Response> {
  const headers = { authorization: `Basic ${Buffer.from(login).toString('base64')}`, 'content-type': 'application/json' };
  return fetch(`${fake.url}/api/v2.0${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
}
const start = (options: HarborOptions = {}): Promise<FakeHarbor> => startFakeHarbor({ registries: rows, ...options });

describe('pages', () => {
  const table: readonly { query: string; count: number; link: string | null }[] = [
    { query: 'page_size=0&page=7', count: 12, link: null },
    { query: 'page_size=-1&page=99', count: 12, link: 'page=100&page_size=-1>; rel="next"' },
    { query: 'page=0', count: 10, link: 'page=1&page_size=10>; rel="next"' },
    { query: 'page=3&page_size=5', count: 2, link: 'page=2&page_size=5>; rel="prev"' },
  ];
  for (const { query, count, link } of table)
    test(`${query} gives ${count} rows`, async () => {
      await using fake = await start();
      const response = await ask(fake, 'GET', `/registries?${query}`);
      assert.equal(((await response.json()) as object[]).length, count);
      const sent = response.headers.get('link');
      assert.ok(link === null ? sent === null : sent?.includes(link), String(sent));
    });

  test('without a sort a row that was written comes last', async () => {
    await using fake = await start({ accepts: () => true });
    const names = async (query: string) => ((await (await ask(fake, 'GET', `/registries?${query}`)).json()) as { name: string }[])[0]?.name;
    await ask(fake, 'PUT', '/registries/1', { access_key: 'AWS', access_secret: 'x' });
    assert.deepEqual([await names(''), await names('sort=id'), await names('sort=-id')], ['r2', 'r1', 'r12']);
  });
});

test('a secret without a user name is refused where a login is asked for, and not stored where none is', async () => {
  const upstream = { url: `https://${host}`, user: 'AWS', password: 'x' };
  for (const [behaviour, status] of [
    ['basic', 400],
    ['open', 200],
  ] as const) {
    await using fake = await start({ upstreams: [{ ...upstream, behaviour }] });
    assert.equal((await ask(fake, 'PUT', '/registries/1', { access_secret: 'x' })).status, status);
    assert.equal(fake.secretOf(1), undefined);
  }
});

test('read-only mode comes before everything else, also for nobody and for unknown rows', async () => {
  await using fake = await start({ read_only: true });
  for (const [path, login] of [
    ['/registries/99999', `admin:${adminPassword}`],
    ['/registries/abc', ''],
    ['/registries/1', 'admin:wrong'],
  ] as const) {
    const response = await ask(fake, 'PUT', path, {}, login);
    assert.equal(((await response.json()) as { errors: { code: string }[] }).errors[0]?.code, 'DENIED');
  }
});

test('a name is locked while a wrong password is answered; a robot with the right secret is not', async () => {
  const robots = [{ name: 'robot$r', secret: 'Courier-Robot-1', access: ['registry:list'] }];
  await using fake = await start({ robots });
  const wrong = ['admin', 'robot$r'].map(name => ask(fake, 'GET', '/registries', undefined, `${name}:wrong`));
  while (fake.requests.length < 2) await new Promise(resolve => setImmediate(resolve));
  assert.equal((await ask(fake, 'GET', '/registries')).status, 401);
  assert.equal((await ask(fake, 'GET', '/registries', undefined, 'robot$r:Courier-Robot-1')).status, 200);
  for (const response of await Promise.all(wrong)) assert.equal(response.status, 401);
  assert.equal((await ask(fake, 'GET', '/registries')).status, 200);
});

test('a PUT that read before another one and writes after it puts the old values back', async () => {
  const slow = { url: `https://${host}`, behaviour: 'slow', user: null, password: null, delay_ms: 300 } as const;
  await using fake = await start({ upstreams: [slow, { ...slow, url: 'https://fast.test', behaviour: 'open' }] });
  const late = ask(fake, 'PUT', '/registries/1', { access_key: 'AWS', access_secret: 'late' });
  while (fake.requests.length < 1) await new Promise(resolve => setImmediate(resolve));
  assert.equal(
    (await ask(fake, 'PUT', '/registries/1', { url: 'https://fast.test', description: 'edited', access_key: 'AWS', access_secret: 'x' }))
      .status,
    200,
  );
  assert.equal((await late).status, 200);
  assert.deepEqual([fake.secretOf(1), fake.state.registries.at(-1)?.description], ['late', '']);
});

const flawIn = async (response: Response): Promise<string> => {
  const { errors } = (await response.json()) as { errors: { message: string }[] };
  return `${response.status} ${errors[0]?.message.split('\n').at(-1)}`;
};

test('a number that 64 bits do not hold is not a number', async () => {
  await using fake = await start();
  const big = '99999999999999999999';
  for (const name of ['page', 'page_size'])
    assert.equal(
      await flawIn(await ask(fake, 'GET', `/registries?${name}=${big}`)),
      `422 ${name} in query must be of type int64: "${big}"`,
    );
  assert.equal(await flawIn(await ask(fake, 'GET', `/registries/${big}`)), `422 id in path must be of type int64: "${big}"`);
  for (const last of ['9223372036854775807', '-9223372036854775808'])
    assert.equal((await ask(fake, 'GET', `/registries/${last}`)).status, 404);
});

// From the source: a stream decoder reads the body, and a blank body counts as absent.
test('a body that is not JSON is refused in the words of Go; what stands behind it is not looked at', async () => {
  await using fake = await start({ accepts: () => true });
  const put = (body: string): Promise<Response> => {
    const headers = { authorization: `Basic ${btoa(`admin:${adminPassword}`)}`, 'content-type': 'application/json' };
    return fetch(`${fake.url}/api/v2.0/registries/1`, { method: 'PUT', headers, body });
  };
  const failed = '422 parsing registry body from "" failed, because';
  assert.equal(await flawIn(await put('{bad')), `${failed} invalid character 'b' looking for beginning of object key string`);
  assert.equal(await flawIn(await put('{"access_key": x')), `${failed} invalid character 'x' looking for beginning of value`);
  assert.equal(await flawIn(await put('{"access_key": "x')), `${failed} unexpected EOF`);
  assert.equal(await flawIn(await put(' ')), '422 registry in body is required');
  assert.equal((await put('{} {bad')).status, 200);
});

// From the source: the old parameter `name` is a fuzzy match like that of `q`. Before 2.3 it was case-sensitive.
test('name matches a part in any case, as q does', async () => {
  const count = async (version: string, query: string): Promise<number> => {
    await using fake = await start({ version });
    return ((await (await ask(fake, 'GET', `/registries?${query}`)).json()) as object[]).length;
  };
  assert.deepEqual([await count('2.15.2', 'name=R1'), await count('2.15.2', 'q=name%3D~R1')], [4, 4]);
  assert.deepEqual([await count('2.2.4', 'name=R1'), await count('2.2.4', 'name=r1')], [0, 4]);
});

// From the source: both types of registries return the same info, except for the name.
test('docker-hub can be filtered as docker-registry can', async () => {
  await using fake = await start({ registries: [{ url: `https://${host}` }, { url: 'https://hub.docker.com', type: 'docker-hub' }] });
  const [own = {}, hub = {}] = await Promise.all(
    [1, 2].map(async id => (await (await ask(fake, 'GET', `/registries/${id}/info`)).json()) as object),
  );
  assert.deepEqual(hub, { ...own, type: 'docker-hub' });
});

test('what q does not allow is told, and the last of doubled names counts', async () => {
  await using fake = await start();
  const none = 'the query string must contain "=" and the key/value cannot be empty';
  const table: readonly [q: string, status: number, message: string | number][] = [
    ['name', 400, none],
    ['=r1', 400, none],
    ['name=', 400, none],
    ['name=r1,', 400, none],
    ['name=~', 400, 'invalid query string value: ~'],
    ['name=[r1', 400, 'invalid query string value: [r1'],
    ['id=[~]', 400, 'invalid query string value: [~]'],
    ['id=[1~2~3]', 400, 'invalid query string value: [1~2~3]'],
    ['name={r1', 400, 'invalid query string value: {r1'],
    ['name=(r1', 400, 'invalid query string value: (r1'],
    ['id=[11~]', 200, 2],
    ['name={r1 "r2"}', 200, 2],
    ['name=(r1 r2)', 200, 10],
    ['name=r1,name=r2', 200, 1],
    ['name=\\r1', 200, 1],
  ];
  for (const [q, status, told] of table) {
    const response = await ask(fake, 'GET', `/registries?q=${encodeURIComponent(q)}`);
    const json = (await response.json()) as { errors?: { message: string }[] } & object[];
    assert.deepEqual([response.status, json.errors?.[0]?.message ?? json.length], [status, told], q);
  }
});

test('a link to a page is not escaped', async () => {
  await using fake = await start();
  const { headers } = await ask(fake, 'GET', '/registries?q=name%3D~r&page_size=5');
  assert.equal(headers.get('link'), '</api/v2.0/registries?page=2&page_size=5&q=name=~r>; rel="next"');
});

test('every answer brings another CSRF token, each of them is good, and what is not an API wants one without a session', async () => {
  await using fake = await start({ accepts: () => true });
  const send = (method: string, path: string, headers: Record<string, string>) =>
    fetch(fake.url + path, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: method === 'PUT' ? '{}' : null,
    });
  const first = await send('GET', '/api/v2.0/registries', { cookie: 'sid=made-up' });
  const [, key = ''] = /_gorilla_csrf=([^;]*)/.exec(first.headers.get('set-cookie') ?? '') ?? [];
  const cookie = `sid=made-up; _gorilla_csrf=${key}`;
  const one = first.headers.get('x-harbor-csrf-token') ?? '';
  const other = (await send('GET', '/api/v2.0/registries', { cookie })).headers.get('x-harbor-csrf-token') ?? '';
  assert.notEqual(one, other);
  for (const token of [one, other])
    assert.equal((await send('PUT', '/api/v2.0/registries/1', { cookie, 'x-harbor-csrf-token': token })).status, 200);
  assert.equal((await send('PUT', '/elsewhere', {})).status, 403);
});
