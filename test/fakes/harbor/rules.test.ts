import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminPassword, startFakeHarbor } from '../harbor.ts';

const admin = { authorization: `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}` };

/** Recorded answers of Harbor 2.15.2 for the rows r1 to r3. */
test('q knows columns by their Go names, operators, and what the database does not take for a value', async () => {
  const registries = ['r1', 'r2', 'r3'].map((name, index) => ({
    id: index + 1,
    name,
    url: 'http://h',
    description: index === 1 ? 'text' : '',
  }));
  await using fake = await startFakeHarbor({ registries });
  const found = async (q: string): Promise<string> => {
    const response = await fetch(`${fake.url}/api/v2.0/registries?sort=id&q=${encodeURIComponent(q)}`, { headers: admin });
    if (response.status !== 200) return `${response.status} ${(await response.text()).length > 0 ? 'told' : 'untold'}`;
    return ((await response.json()) as { id: number }[]).map(({ id }) => id).join(' ');
  };
  const expected: Record<string, string> = {
    'NAME=r1': '1',
    'Status=healthy': '1 2 3',
    'STATUS=x': '1 2 3',
    'Health=healthy': '500 untold',
    'credentialType=x': '',
    'CREDENTIAL_TYPE=x': '500 untold',
    'id__gt=1': '2 3',
    'name__icontains=R1': '1',
    'name__foo=r1': '1 2 3',
    'name__in={r1 r2}': '500 untold',
    'id=x': '500 told',
    'id={"1" 2}': '1 2',
    'name={1 2}': '500 told',
    'insecure=0': '1 2 3',
    'insecure=x': '500 told',
    'access_key=x': '1 2 3',
    'creation_time=[2020-01-01T00:00:00~]': '1 2 3',
    'creation_time=x': '500 told',
  };
  for (const [q, ids] of Object.entries(expected)) assert.equal(await found(q), ids, q);
});

test('an address is refused in the words of Go', async () => {
  await using fake = await startFakeHarbor({ registries: [{ id: 1, url: 'http://h' }] });
  const expected: Record<string, string> = {
    'x y': 'invalid URL: parse "http://x y": invalid character " " in host name',
    'http://%zz': 'invalid URL: parse "http://%zz": invalid URL escape "%zz"',
    'http://h:abc': 'invalid URL: parse "http://h:abc": invalid port ":abc" after host',
    'http://[::1': `invalid URL: parse "http://[::1": missing ']' in host`,
    '://x': 'invalid URL: parse "://x": missing protocol scheme',
    'ftp://x': 'invalid HTTP scheme: ftp',
    '': 'empty string',
  };
  for (const [url, message] of Object.entries(expected)) {
    const headers = { ...admin, 'content-type': 'application/json' };
    const response = await fetch(`${fake.url}/api/v2.0/registries/ping`, { method: 'POST', headers, body: JSON.stringify({ id: 1, url }) });
    assert.deepEqual(await response.json(), { errors: [{ code: 'BAD_REQUEST', message }] }, url);
  }
});

test('paths are cleaned, answers come in a type that is asked for, and who is refused for his CSRF token gets no session', async () => {
  await using fake = await startFakeHarbor({ registries: [{ id: 1, url: 'http://h' }] });
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    fetch(fake.url + path, { method, headers: { ...admin, ...headers } });
  assert.equal((await ask('//api/v2.0//registries/%31')).status, 200);
  assert.equal(await (await ask('/api/v2.0/ping', { accept: 'application/json' })).text(), '"Pong"\n');
  assert.equal((await ask('/api/v2.0/registries', { accept: 'text/html' })).status, 422);
  const refused = await ask('/api/v2.0/registries/1', { cookie: 'sid=x' }, 'DELETE');
  assert.deepEqual([refused.status, refused.headers.getSetCookie().map(line => line.split('=')[0])], [403, ['_gorilla_csrf']]);
});

test('seen on 2.15.2: pages, odd headers and queries, and what a refusal leaves behind', async () => {
  const registries = ['r1', 'r2', 'r3', 'r4'].map((name, index) => ({ id: index + 1, name, url: 'http://h' }));
  const upstreams = [{ url: 'http://h', behaviour: 'open' as const, user: null, password: null }];
  await using fake = await startFakeHarbor({ registries, upstreams });
  const ask = (path: string, { method = 'GET', headers = {}, body }: { method?: string; headers?: object; body?: string } = {}) =>
    fetch(`${fake.url}/api/v2.0${path}`, { method, headers: { ...admin, ...headers }, body: body ?? null });
  const told = async (answer: Response): Promise<[number, string | undefined]> => {
    const { errors = [] } = (await answer.json()) as { errors?: { message: string }[] };
    return [answer.status, errors[0]?.message.replace('validation failure list:\n', '')];
  };
  const json = { 'content-type': 'application/json' };

  assert.match((await ask('/registries?page=2&page_size=2')).headers.get('link') ?? '', /page=1&page_size=2>; rel="prev"$/);
  assert.equal((await ask('/registries?page=3&page_size=2')).headers.get('link'), null, 'beyond the last page there is no link');
  for (const query of ['a;b', 'q=name=r1;id=1', '%zz&;'])
    assert.deepEqual(await told(await ask(`/registries?${query}`)), [400, 'invalid semicolon separator in query']);
  assert.deepEqual(await told(await ask('/registries/1', { headers: { accept: '' } })), [
    422,
    'unsupported media type requested, only [application/json] are available',
  ]);
  const types = {
    '': 'unsupported media type "application/octet-stream", only [application/json] are allowed',
    'application/*': 'no consumer registered for application/*',
  };
  for (const [type, message] of Object.entries(types))
    assert.deepEqual(await told(await ask('/registries', { method: 'POST', headers: { 'content-type': type }, body: '{}' })), [
      422,
      message,
    ]);
  const big =
    'parsing registry body from "" failed, because json: cannot unmarshal number 1e+30 into Go struct field Registry.id of type int64';
  assert.deepEqual(await told(await ask('/registries', { method: 'POST', headers: json, body: '{"id":1e+30}' })), [422, big]);
  assert.deepEqual(await told(await ask('/robots?q=Level=project')), [400, 'must with project ID when to query project robots']);
  assert.equal((await ask('/robots?q=Level=project,ProjectID=1')).status, 200);

  const access = [{ resource: 'registry', action: 'list' }];
  const robot = JSON.stringify({ name: 'r1', duration: 1, level: 'system', permissions: [{ kind: 'system', namespace: '/', access }] });
  const makeOne = () => ask('/robots', { method: 'POST', headers: json, body: robot });
  assert.equal((await makeOne()).status, 201);
  assert.deepEqual(await told(await makeOne()), [409, 'robot account 0:r1 already exists']);

  const create = (name: string) =>
    ask('/registries', { method: 'POST', headers: json, body: JSON.stringify({ name, type: 'docker-registry', url: 'http://h' }) });
  assert.deepEqual([(await create('r4')).status, (await create('r5')).headers.get('location')], [409, '/api/v2.0/registries/6']);

  fake.state.read_only = true;
  assert.deepEqual((await create('r6')).headers.getSetCookie(), [], 'no handler was reached, so there is no session');
});
