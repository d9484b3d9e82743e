import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Json, Response } from './format.d.ts';
import type { AnyStep, Dialect } from './harness.ts';
import { compareAnswer, readPath } from './match.ts';
import { fill, type Values } from './notation.ts';

interface Case {
  readonly name: string;
  readonly want: Json;
  readonly got: Json;
  readonly step?: Partial<AnyStep>;
  readonly reads?: readonly string[];
  readonly values?: Record<string, Json>;
  /** The paths of the differences; without it the values match. */
  readonly differs?: readonly string[];
  readonly captured?: Record<string, Json>;
}

const cases: Case[] = [
  { name: 'what is equal', want: { a: [1, null, true] }, got: { a: [1, null, true] } },
  { name: 'another type', want: { a: 1 }, got: { a: '1' }, differs: ['body.a'] },
  { name: 'a member that the recording lacks', want: { a: 1 }, got: { a: 1, b: 2 }, differs: ['body.b'] },
  { name: 'a member that may be left out', want: { a: 1, b: 2 }, got: { a: 1 } },
  { name: 'a member that is read', want: { a: 1, b: 2 }, got: { a: 1 }, reads: ['b'], differs: ['body.b'] },
  { name: 'a parent of what is read', want: { a: { b: 2 } }, got: {}, reads: ['a.b'], differs: ['body.a'] },
  { name: 'a parent without what is read', want: { a: { c: 2 } }, got: {}, reads: ['a.b'] },
  { name: 'reads below any member', want: { a: { x: { n: 1 } } }, got: { a: { x: {} } }, reads: ['a.*.n'], differs: ['body.a.x.n'] },
  { name: 'reads in a list', want: { a: [{ n: 1 }] }, got: { a: [{}] }, reads: ['a[].n'], differs: ['body.a[0].n'] },
  {
    name: 'reads at each element of a body that is a list',
    want: [{ n: 1 }, { n: 2 }],
    got: [{ n: 1 }, {}],
    reads: ['n'],
    differs: ['body[1].n'],
  },
  { name: 'a list in another order', want: [1, 2], got: [2, 1], differs: ['body[0]', 'body[1]'] },
  { name: 'a shorter list', want: [1, 2], got: [1], differs: ['body.length'] },
  { name: 'a set', want: [1, 2], got: [2, 1], step: { unordered: true } },
  {
    name: 'a set whose pairs are not the first that fit',
    want: [{ b: 2 }, { a: 1, b: 2 }],
    got: [{ b: 2 }, { a: 1 }],
    step: { unordered: true },
  },
  { name: 'another set', want: [1, 2], got: [1, 3], step: { unordered: true }, differs: ['body as a set'] },
  { name: 'a selection', want: { a: [{ b: 1 }] }, got: { a: [{ b: 1, c: 1 }], d: 1 }, step: { partial: true } },
  { name: 'a volatile member', want: { a: { t: 1 } }, got: { a: { t: 2 } }, step: { volatile: ['t'] } },
  { name: 'a body that does not matter', want: { a: '${x}' }, got: { a: 1, b: 2 }, step: { bodyMatters: false }, captured: { x: 1 } },
  { name: 'the number of rows', want: [1, 2], got: [5, 6], step: { anyRows: true } },
  { name: 'a name with its type', want: { a: '${id}', b: '${id}' }, got: { a: 7, b: 7 }, captured: { id: 7 } },
  { name: 'a name with two values', want: { a: '${id}', b: '${id}' }, got: { a: 7, b: 8 }, differs: ['body.b'] },
  { name: 'a name of another type', want: { a: '${id}' }, got: { a: '7' }, values: { id: 7 }, differs: ['body.a'] },
  { name: 'a name in a text', want: 'row ${id}: ${why}', got: 'row 7: because', values: { id: 7 }, captured: { why: 'because' } },
  { name: 'a name captured in a text, then alone', want: ['row ${id}', '${id}'], got: ['row 7', 7], captured: { id: 7 } },
  { name: 'a name in a key', want: { 'env-${id}': { a: 1 } }, got: { 'env-7': { a: 1 } }, captured: { id: '7' } },
  { name: 'a name twice in a text', want: '${a}-${b}/${a}', got: '1-2-3/1', captured: { a: '1', b: '2-3' } },
  { name: 'a name twice in a text with two values', want: '${a}/${a}', got: '1/2', differs: ['body'] },
  { name: 'a number in a key', want: { '${id}': 1 }, got: { '7': 1 }, values: { id: 7 } },
  { name: 'anything', want: { a: '${any:env}', b: 'x${any:env}z' }, got: { a: [1], b: 'xyz' } },
  { name: 'a made text', want: '${b64:{"id":${id}}}', got: 'eyJpZCI6N30=', values: { id: 7 } },
  { name: 'another text with signs of patterns', want: 'a.c (${x})', got: 'abc (1)', differs: ['body'] },
];

function compare(
  response: Response,
  body: Buffer,
  more: Partial<Case> = {},
  dialect?: Dialect,
  headers: Record<string, string | string[]> = {},
) {
  const values: Values = new Map(Object.entries(more.values ?? {}));
  const step: AnyStep = { request: { method: 'GET', path: '/' }, response, ...more.step };
  const found = compareAnswer(step, { status: 200, headers, body }, (more.reads ?? []).map(readPath), values, dialect);
  return { paths: found.map(({ path }) => path), values };
}

suite('the match rule: bodies', () => {
  for (const one of cases) {
    test(one.name, () => {
      const { paths, values } = compare({ status: 200, body: one.want }, Buffer.from(JSON.stringify(one.got)), one);

      assert.deepEqual(paths, one.differs ?? []);
      for (const [name, value] of Object.entries(one.captured ?? {})) assert.deepEqual(values.get(name), value);
    });
  }
});

suite('the match rule: the rest of an answer', () => {
  test('another status hides everything else', () => {
    assert.deepEqual(compare({ status: 404, body: 1 }, Buffer.from('2')).paths, ['status']);
  });
  test('an empty body is wanted when none is recorded', () => {
    assert.deepEqual(compare({ status: 200 }, Buffer.from('x')).paths, ['text']);
    assert.deepEqual(compare({ status: 200 }, Buffer.alloc(0)).paths, []);
  });
  test('a body that is not JSON', () => {
    assert.deepEqual(compare({ status: 200, body: {} }, Buffer.from('<html>')).paths, ['body']);
  });
  test('headers in any case, set-cookie as a subset', () => {
    const recorded = { status: 200, headers: { Location: '/x/${id}', 'Set-Cookie': ['a; Path=/'] } };
    const dialect = { cookie: (line: string) => line.replace(/=\w+/, '') };
    assert.deepEqual(compare(recorded, Buffer.alloc(0), {}, dialect, { location: '/x/7', 'set-cookie': ['b=2', 'a=1; Path=/'] }).paths, []);
    assert.deepEqual(compare(recorded, Buffer.alloc(0), {}, dialect, { 'set-cookie': ['b=2'] }).paths, [
      'header location',
      'header set-cookie',
    ]);
  });
  test('content-length counts only where there is no body', () => {
    const headers = { 'content-length': '3' };
    assert.deepEqual(compare({ status: 200, headers }, Buffer.alloc(0), {}, {}, { 'content-length': '4' }).paths, [
      'header content-length',
    ]);
    assert.deepEqual(compare({ status: 200, headers, text: 'x' }, Buffer.from('x'), {}, {}, { 'content-length': '4' }).paths, []);
  });
  test('the lines of a watch, without bookmarks', () => {
    const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '${mark}' } } };
    const watchLines = [{ type: 'ADDED', object: { metadata: { name: 'a' }, extra: 1 } }, bookmark];
    const lines = (...sent: Json[]): Buffer => Buffer.from(sent.map(line => `${JSON.stringify(line)}\n`).join(''));
    const paths = (body: Buffer): readonly string[] => compare({ status: 200, watchLines }, body, { reads: ['metadata.name'] }).paths;
    assert.deepEqual(paths(lines({ type: 'ADDED', object: { metadata: { name: 'a' } } })), []);
    assert.deepEqual(paths(lines(bookmark, { type: 'ADDED', object: { metadata: {} } })), ['lines[0].object.metadata.name']);
    assert.deepEqual(paths(lines({ type: 'MODIFIED', object: { metadata: { name: 'a' } } })), ['lines[0].type']);
    assert.deepEqual(paths(lines(bookmark)), ['lines.length']);
    assert.deepEqual(paths(Buffer.from('page\n')), ['lines[0]']);
  });
  test('how long a stream lives, to the second', () => {
    const lives = (response: Response, streamedMs: number): string[] => {
      const step = { request: { method: 'GET', path: '/' }, response };
      const got = { status: 200, headers: {}, body: Buffer.alloc(0), streamedMs };
      return compareAnswer(step, got, [], new Map()).map(({ path }) => path);
    };
    assert.deepEqual(lives({ status: 200, watchLines: [], seconds: 4, end: 'timeout' }, 4010), []);
    assert.deepEqual(lives({ status: 200, watchLines: [], seconds: 4, end: 'timeout' }, 0), ['seconds']);
    assert.deepEqual(lives({ status: 200, watchLines: [], seconds: 64, end: 'shutdown' }, 60_000), []);
  });
  test('an excerpt has nothing else to say of a body', () => {
    const response = { status: 200, body: { kind: 'Pod', spec: { a: 1 } }, bodyIsExcerpt: ['kind', 'spec.a', 'spec.b'] };
    const differs = (body: Json): readonly string[] => compare(response, Buffer.from(JSON.stringify(body))).paths;
    assert.deepEqual(differs({ kind: 'Pod', spec: { a: 1, c: 2 }, status: {} }), []);
    assert.deepEqual(differs({ kind: 'Pod', spec: { a: 1, b: 2 } }), ['body.spec.b']);
  });
  test('bytes by their length and digest', () => {
    const text = '(3 bytes, sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad)';
    assert.deepEqual(compare({ status: 200, text }, Buffer.from('abc')).paths, []);
    assert.deepEqual(compare({ status: 200, text }, Buffer.from('abd')).paths, ['body']);
  });
  test('a dialect reads texts and checks names', () => {
    const dialect: Dialect = { text: text => text.trim(), free: name => (name === 'now' ? got => got === '12' : undefined) };
    assert.deepEqual(compare({ status: 200, text: ' at ${now}' }, Buffer.from('at 12\n'), {}, dialect).paths, []);
    assert.deepEqual(compare({ status: 200, text: 'at ${now}' }, Buffer.from('at noon'), {}, dialect).paths, ['text']);
  });
});

suite('the notation', () => {
  const made: [string, Json][] = [
    ['${long:12}', 'token-xx-end'],
    ['${long:12:ab}', 'ab-xxxxx-end'],
    ['${b64:ab}', 'YWI='],
    ['${b64raw:ab}', 'YWI'],
    ['${enc:a b/${host}}', 'a%20b%2Fh%3A1'],
    ['${cut:${host}}', 'h:'],
    ['${b64:{"registryId":${id}}}', 'eyJyZWdpc3RyeUlkIjo3fQ=='],
    ['${a*3}', 'aaa'],
    ['${id}', 7],
    ['${id}!', '7!'],
    ['not closed ${id', 'not closed ${id'],
    ['${unknown}', '?unknown'],
  ];
  for (const [template, value] of made) {
    test(template, () => {
      const values: Values = new Map<string, Json>([
        ['host', 'h:1'],
        ['id', 7],
      ]);
      assert.deepEqual(
        fill({ 'k${id}': [template] }, values, name => `?${name}`),
        { k7: [value] },
      );
    });
  }
});
