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
  readonly filters: Readonly<Record<string, readonly { value: string; modifier: string }[]>>;
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
    ['state_like=%25act%25', ['1sp1', '1sp2', '1sp10']],
    ['state_notlike=act%25', ['1sp2']],
  ];
  for (const [query, ids] of cases)
    test(query, async () => {
      assert.deepEqual(idsOf(await get(`registries?${query}`)), ids);
    });

  test('one that comes twice is shown twice', async () => {
    const { filters } = await get('registries?state=active&state=inactive&accountId=1a5');
    assert.deepEqual(filters, {
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
