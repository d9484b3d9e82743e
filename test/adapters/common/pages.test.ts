import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPages } from '../../../adapters/common/pages.ts';
import type { Answer } from '../../../src/contract/http.ts';
import { failing } from '../rig.ts';

interface Row {
  readonly id: string;
  readonly more?: readonly number[];
}
const answer = (body: unknown): Answer => ({ status: 200, headers: new Map(), text: '', json: <T>() => body as T });
/** Serves pages by the query of the request; `''` is the first page. */
function server(pages: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const get = async (path: string): Promise<Answer> => {
    asked.push(path);
    return answer(pages[path === '/things?limit=2' ? '' : path.slice('/things'.length)] ?? assert.fail(`nobody should ask ${path}`));
  };
  return { asked, get, read: () => readPages<Row>('/things?limit=2', get) };
}
const page = (ids: readonly string[], next?: unknown) => ({ data: ids.map(id => ({ id })), pagination: { next } });

for (const link of ['http://elsewhere.test/proxy/things?limit=2&marker=m2', '/v3/things?limit=2&marker=m2', '?limit=2&marker=m2'])
  test(`of ${link} the query leads to the next page`, async () => {
    const { read, asked } = server({ '': page(['a', 'b'], link), '?limit=2&marker=m2': page(['c'], null) });
    assert.deepEqual(await read(), [{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    const walk = ['/things?limit=2', '/things?limit=2&marker=m2'];
    assert.deepEqual(asked, [...walk, ...walk], 'read again, as something may have moved across the border');
  });

test('each id comes once, in its first place and its last form; what is not an object has nothing', async () => {
  const pages = {
    '': { data: [{ id: 'a', more: [1] }, { id: 'b' }], pagination: { next: '?marker=2' } },
    '?marker=2': { data: [{ id: 'a', more: [2] }, null, 7, { name: 'has no id' }, { name: 'has none, too' }] },
  };
  assert.deepEqual(await server(pages).read(), [
    { id: 'a', more: [2] },
    { id: 'b' },
    {},
    {},
    { name: 'has no id' },
    { name: 'has none, too' },
  ] as unknown as Row[]);
  const merged = await readPages<Row>('/things?limit=2', server(pages).get, (before, later) => ({
    ...later,
    more: [...(before.more ?? []), ...(later.more ?? [])],
  }));
  assert.deepEqual(merged[0], { id: 'a', more: [1, 2] });
});

test('pages that repeat themselves, name no page or never end are UNEXPECTED', async () => {
  const circle = server({ '': page(['a'], '?marker=1'), '?marker=1': page(['b'], '?marker=1') });
  const nowhere = async (): Promise<Answer> => answer(page(['a'], 'http://['));
  let marker = 0;
  const endless = async (): Promise<Answer> => answer(page(['a'], `?marker=${++marker}`));

  assert.match((await failing(circle.read())).message, /GET \/things\?limit=2 repeats itself/);
  assert.equal((await failing(readPages('/things?limit=2', nowhere))).code, 'UNEXPECTED');
  assert.equal((await failing(readPages('/things', endless))).code, 'UNEXPECTED');
  assert.equal(marker, 1_000);
});

test('an empty link is the end, and one page is read once', async () => {
  const { read, asked } = server({ '': page(['a'], '') });
  assert.deepEqual(await read(), [{ id: 'a' }]);
  assert.equal(asked.length, 1);
});

/** Serves pages by offset from a list that `between` changes before each page but the first. */
function moving(ids: string[], between: () => void) {
  let asked = 0;
  const get = async (path: string): Promise<Answer> => {
    asked++;
    const at = Number(/marker=m(\d+)/.exec(path)?.[1] ?? 0);
    if (at > 0) between();
    return answer(page(ids.slice(at, at + 2), ids.length > at + 2 ? `?marker=m${at + 2}` : null));
  };
  return { read: () => readPages<Row>('/things', get), asked: () => asked };
}

test('a row that a removal moved across the border of two pages is found all the same', async () => {
  const ids = ['a', 'b', 'c', 'd'];
  const list = moving(ids, () => void (ids.includes('a') && ids.shift()));
  assert.deepEqual(
    (await list.read()).map(({ id }) => id),
    ['b', 'c', 'd'],
  );
  assert.equal(list.asked(), 6);
});

test('a list that never rests is read four times, and its last reading counts', async () => {
  const ids = ['a', 'b', 'c'];
  let more = 0;
  const list = moving(ids, () => void (ids[2] = `more-${++more}`));
  assert.deepEqual((await list.read()).at(-1), { id: 'more-4' });
  assert.equal(list.asked(), 8);
});

test('what is not a list is UNEXPECTED', async () => {
  for (const body of [null, 7, 'text', [], {}, { data: null }, { data: { id: 'a' } }])
    assert.match((await failing(readPages('/things', async () => answer(body)))).message, /GET \/things is not a list/);
});

test('a page of any length', async () => {
  const data = Array.from({ length: 300_000 }, (_, at) => ({ id: `r${at}` }));
  assert.equal((await readPages('/things', async () => answer({ data }))).length, 300_000);
});
