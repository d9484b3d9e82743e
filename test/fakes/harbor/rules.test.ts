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
