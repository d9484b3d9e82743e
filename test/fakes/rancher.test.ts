import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startFakeRancher } from './rancher.ts';

/** Behaviour from the source of Cattle that is not recorded. The recordings are replayed elsewhere. */
const setup = {
  environments: ['1a5', '1a6'].map(id => ({ id, name: `env-${id}`, kind: 'project', state: 'active' })),
  registries: [
    { id: '1sp1', serverAddress: 'b.test' },
    { id: '1sp2', serverAddress: 'a.test', state: 'inactive' },
    { id: '1sp10', serverAddress: 'c.test' },
  ],
  credentials: [{ id: '1c1', registryId: '1sp1' }],
};
interface Row {
  readonly id: string;
  readonly account?: { readonly id: string };
  readonly credentials?: readonly Row[];
  readonly registry?: Row;
}
interface List {
  readonly type: string;
  readonly data: readonly Row[];
  readonly pagination: { readonly next: string | null; readonly limit: number } | null;
  readonly filters: Readonly<Record<string, readonly { value: string; modifier: string }[] | null>>;
  readonly sort: { readonly name: string; readonly order: string; readonly reverse: string } | null;
}

async function get<T = List>(path: string): Promise<T> {
  await using fake = await startFakeRancher(setup);
  const answer = await fetch(`${fake.url}/v2-beta/projects/1a5/${path}`);
  assert.equal(answer.status, 200, path);
  return (await answer.json()) as T;
}
const idsOf = ({ data }: List): string[] => data.map(({ id }) => id);

describe('filters', () => {
  const cases: readonly [query: string, ids: string[]][] = [
    ['accountId=1a5', ['1sp1', '1sp2', '1sp10']],
    ['accountId=1sp5', ['1sp1', '1sp2', '1sp10']],
    ['accountId=1a6', []],
    ['accountId=5', []],
    ['state=active&state=inactive', []],
    ['state=active&state=active', ['1sp1', '1sp10']],
    ['state=inactive&state_ne=inactive', ['1sp1', '1sp10']],
    ['name_ne=x', []],
    ['name_null=', ['1sp1', '1sp2', '1sp10']],
    ['kind_like=%25gist%25', ['1sp1', '1sp2', '1sp10']],
    ['kind_notlike=regis%25', []],
    ['state_eq=inactive', ['1sp2']],
    // What a column is decides which modifiers it has, and others are not filters (recorded in the schemas).
    ['state_like=act%25', ['1sp1', '1sp2', '1sp10']],
    ['accountId_prefix=9', ['1sp1', '1sp2', '1sp10']],
    ['created_prefix=1', ['1sp1', '1sp2', '1sp10']],
    ['id_gt=1', ['1sp2', '1sp10']],
    ['id_lte=2', ['1sp1', '1sp2']],
    ['created_lt=2001-01-01T00:00:00Z', []],
    ['created_gte=2001-01-01T00:00:00Z', ['1sp1', '1sp2', '1sp10']],
  ];
  for (const [query, ids] of cases)
    test(query, async () => {
      assert.deepEqual(idsOf(await get(`registries?${query}`)), ids);
    });

  test('one that comes twice is shown twice', async () => {
    const { filters } = await get('registries?state=active&state=inactive&accountId=1a5');
    const asked = Object.fromEntries(Object.entries(filters).filter(([, every]) => every !== null));
    assert.equal(filters['name'], null, 'one that was not asked for');
    assert.deepEqual(asked, {
      state: ['active', 'inactive'].map(value => ({ value, modifier: 'eq' })),
      accountId: [{ value: '5', modifier: 'eq' }],
    });
  });
});

test('sorted by a column of the database, in both directions, over the pages; by anything else not at all', async () => {
  const down = await get('registries?sort=id&order=DESC&limit=2');
  assert.deepEqual(idsOf(down), ['1sp10', '1sp2']);
  assert.deepEqual([down.sort?.name, down.sort?.order], ['id', 'desc']);
  assert.match(down.sort?.reverse ?? '', /\?sort=id&limit=2&order=asc$/);
  assert.match(down.pagination?.next ?? '', /sort=id&order=DESC&limit=2&marker=m2$/);
  assert.deepEqual(idsOf(await get('registries?sort=id&order=desc&limit=2&marker=m2')), ['1sp1']);
  assert.deepEqual(idsOf(await get('registries?sort=state')), ['1sp1', '1sp10', '1sp2']);
  const none = await get('registries?sort=serverAddress');
  assert.deepEqual([idsOf(none), none.sort], [['1sp1', '1sp2', '1sp10'], null]);
});

test('of several includes the first one counts; an account is a single one', async () => {
  const [both] = (await get('registries?include=credentials&include=account')).data;
  assert.deepEqual([both?.credentials?.length, both?.account], [1, undefined]);
  const [account] = (await get('registries?include=account&include=credentials')).data;
  assert.deepEqual([account?.credentials, account?.account?.id], [undefined, '1a5']);
  assert.equal((await get<Row>('registrycredentials/1c1?include=registry')).registry?.id, '1sp1');
});

test('links lead to the account, or to empty lists, which have one page', async () => {
  for (const path of ['registries/1sp1/account', 'registrycredentials/1c1/account']) assert.equal((await get<Row>(path)).id, '1a5');
  for (const path of ['registries/1sp1/hosts', 'registries/1sp1/credentials', 'registrycredentials/1c1/instances']) {
    const { type, data, pagination } = await get(path);
    assert.deepEqual([type, data, pagination?.limit, pagination?.next], ['collection', [], 100, null]);
  }
  assert.equal((await get('registries/1sp1/credentials?limit=1')).pagination?.limit, 1);
});

test('an id is a number behind any type, a query says what a body leaves out, and even another method', async () => {
  await using fake = await startFakeRancher(setup);
  assert.equal((await get<Row>('registries/1c2')).id, '1sp2');
  assert.equal((await fetch(`${fake.url}/v2-beta/projects/1a5/registries/2`)).status, 404);
  const put = async (query: string, body: string, method: 'PUT' | 'POST' = 'PUT') => {
    const response = await fetch(`${fake.url}/v2-beta/projects/1a5/registrycredentials/${query}`, { method, body });
    return { status: response.status, json: (await response.json()) as { publicValue?: string; code?: string } };
  };
  assert.equal((await put('1c1?publicValue=asked', '{}')).json.publicValue, 'asked');
  assert.equal((await put('1c1?publicValue=asked', '{"publicValue":"said"} and more')).json.publicValue, 'said');
  assert.deepEqual((await put('1c1', ' ')).status, 400);
  assert.equal((await put('1c1?_method=PUT&publicValue=other', '{}', 'POST')).json.publicValue, 'other');
  assert.equal((await put('?action=activate', '{}', 'POST')).json.code, 'InvalidAction');
  assert.equal((await put('1c999?action=nonsense', '{}', 'POST')).json.code, 'InvalidAction');
});

describe('links (1.6, DefaultApiRequestParser.java and DefaultUrlBuilder.java)', () => {
  const path = '/v2-beta/projects/1a5/registries';
  async function linksOf(url: string, headers: Readonly<Record<string, string>> = {}) {
    await using fake = await startFakeRancher(setup);
    const reply = fake.answerTo({ method: 'GET', path: url, headers: { host: 'rancher:8080', ...headers }, body: Buffer.alloc(0) });
    const body = JSON.parse(String(reply.text)) as List & {
      readonly links: { self: string };
      readonly data: { links: { self: string } }[];
    };
    return { next: body.pagination?.next, self: body.links.self, row: body.data[0]?.links.self, schemas: reply.headers?.['x-api-schemas'] };
  }

  const cases: readonly [what: string, headers: Readonly<Record<string, string>>, origin: string][] = [
    [
      'without a forwarded scheme the rest does not count',
      { 'x-forwarded-host': 'a.test', 'x-forwarded-port': '1' },
      'http://rancher:8080',
    ],
    ['443 is dropped, and the port of the host stays', { 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' }, 'https://rancher:8080'],
    ['80 is dropped for https as well', { 'x-forwarded-proto': 'https', 'x-forwarded-port': '80' }, 'https://rancher:8080'],
    ['another port replaces that of the host', { 'x-forwarded-proto': 'https', 'x-forwarded-port': '8443' }, 'https://rancher:8443'],
    [
      'the first of several values counts',
      { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'a.test:9, b.test' },
      'https://a.test:9',
    ],
    ['an address of IPv6', { 'x-forwarded-proto': 'http', host: '[::1]:8080', 'x-forwarded-port': '81' }, 'http://[::1]:81'],
    ['the usual port of the host is dropped', { host: 'rancher:80' }, 'http://rancher'],
  ];
  for (const [what, headers, origin] of cases)
    test(what, async () => {
      const { self, row, schemas } = await linksOf(path, headers);
      assert.deepEqual([self, row, schemas], [`${origin}${path}`, `${origin}${path}/1sp1`, `${origin}/v2-beta/projects/1a5/schemas`]);
    });

  test('those to resources are in lower case, that of the list is the address as it was sent', async () => {
    const { self, row } = await linksOf('/v2-beta/projects/1a5/registry/', { host: 'Rancher.Test:8080' });
    assert.deepEqual([self, row], ['http://Rancher.Test:8080/v2-beta/projects/1a5/registry/', `http://rancher.test:8080${path}/1sp1`]);
  });

  const pages: readonly [sent: string, next: string][] = [
    ['/?limit=1', '/?limit=1&marker=m1'],
    ['?limit=1&name_null=%20x+y', '?limit=1&name_null=%20x+y&marker=m1'],
    ['?marker=m1&limit=1', '?&limit=1&marker=m2'],
  ];
  for (const [sent, next] of pages)
    test(`the next page of ${sent}`, async () => {
      assert.equal((await linksOf(path + sent)).next, `http://rancher:8080${path}${next}`);
    });
});

test('a page is for browsers, and for those who ask for one', async () => {
  await using fake = await startFakeRancher(setup);
  const typeOf = (query: string, headers: Readonly<Record<string, string>>): unknown =>
    fake.answerTo({ method: 'GET', path: `/v2-beta/registries${query}`, headers, body: Buffer.alloc(0) }).headers?.['content-type'];
  const agent = { 'user-agent': 'Mozilla/5.0' };
  assert.match(String(typeOf('?_format=HTML', {})), /^text\/html/);
  assert.match(String(typeOf('', { ...agent, accept: '*/*' })), /^text\/html/);
  assert.match(String(typeOf('?_format=xml', { ...agent, accept: '*/*' })), /^text\/html/, 'an unknown format counts as none');
  for (const json of [typeOf('?_format=json', agent), typeOf('', { ...agent, accept: 'application/json' }), typeOf('?_format=xml', {})])
    assert.match(String(json), /^application\/json/);
});

test('a key in odd forms (1.6, BasicAuthImpl.java)', async () => {
  await using fake = await startFakeRancher({
    accessControl: true,
    keys: [{ access: 'A', secret: 'b:c', account: '1a5', accountKind: 'environment', state: 'active' }],
  });
  const key = Buffer.from('A:b:c').toString('base64');
  const statusOf = (authorization: string): number =>
    fake.answerTo({ method: 'GET', path: '/v2-beta/registries', headers: { authorization }, body: Buffer.alloc(0) }).status;
  for (const good of [`Basic ${key}`, `bASIC   ${key}  `]) assert.equal(statusOf(good), 200, good);
  for (const bad of [`Basic ${key} more`, `Basic${key}`, key, 'Basic', `Bearer ${key}`]) assert.equal(statusOf(bad), 401, bad);
});

test('a byte order mark before a body is skipped, and beside a list the query does not count', async () => {
  await using fake = await startFakeRancher(setup);
  const post = (query: string, body: string): number =>
    fake.answerTo({ method: 'POST', path: `/v2-beta/projects/1a5/registries${query}`, headers: {}, body: Buffer.from(body) }).status;
  assert.equal(post('', '\uFEFF{"serverAddress":"d.test"}'), 201);
  assert.equal(post('?serverAddress=e.test', 'null'), 201);
  assert.equal(post('?serverAddress=f.test', '[]'), 422);
  assert.equal(post('?serverAddress=g.test', ' '), 400);
});

test('the version answers to every method that Cattle knows (1.6, VersionHandler.java)', async () => {
  await using fake = await startFakeRancher(setup);
  const statusOf = (method: string): number => fake.answerTo({ method, path: '/v2-beta', headers: {}, body: Buffer.alloc(0) }).status;
  assert.deepEqual(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map(statusOf), [200, 200, 200, 200, 405, 405]);
});
