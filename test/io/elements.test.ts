import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { elementReader } from '../../src/io/elements.ts';

/** Reads a text in chunks of `length` characters. */
function read(text: string, length = Number.POSITIVE_INFINITY) {
  const elements: unknown[] = [];
  const reader = elementReader(element => elements.push(element));
  const taken: boolean[] = [];
  for (let at = 0; at < text.length; at += length) taken.push(reader.take(text.slice(at, at + length)));
  return { elements, rest: reader.rest(), wanted: taken.every(Boolean) };
}

const lists: Readonly<Record<string, unknown[]>> = {
  'an empty one': [],
  'one element': [1],
  'rows with brackets and commas in texts': [{ Name: 'a,[]{}"\\', Type: 3, more: { list: [1, [2, { a: null }]] } }, 'x', '', []],
  'all kinds of values': [null, true, false, -1.5e3, 'é\u2028🙂', {}, [], [[]]],
  'texts that end in escapes': ['\\', '\\\\', '"', '\\"', '\u0000'],
};

describe('a list, in pieces of any length', () => {
  for (const [name, list] of Object.entries(lists))
    test(name, () => {
      for (const text of [JSON.stringify(list), JSON.stringify(list, null, 2), ` \n\t\r${JSON.stringify(list)} \n`])
        for (const length of [1, 2, 3, 7, text.length])
          assert.deepEqual(read(text, length), { elements: list, rest: '[]', wanted: true }, `${length}: ${text}`);
    });
});

describe('what is not a list', () => {
  for (const text of ['{"a":[1]}', 'null', '<html>', '"[1]"', '7'])
    test(`${text} is not taken`, () => {
      assert.deepEqual(read(text), { elements: [], rest: '', wanted: false });
    });

  test('nothing at all leaves nothing, which is not JSON', () => {
    assert.deepEqual(read('  '), { elements: [], rest: '', wanted: true });
  });

  for (const text of [
    '[',
    '[1',
    '[1,',
    '[1,]',
    '[,]',
    '[,1]',
    '[1}',
    '[}',
    '[{]',
    '[{"a":1]',
    '[1 2]',
    '[1][2]',
    '[1]x',
    '["',
    '["\\',
    '[1] ,',
    '[nul]',
    '[]]',
  ])
    test(`${text} leaves no JSON`, () => {
      for (const length of [1, text.length]) {
        const { rest, wanted } = read(text, length);
        assert.ok(wanted);
        assert.throws(() => JSON.parse(rest));
        assert.throws(() => JSON.parse(text));
      }
    });

  test('what comes after a broken element is not read', () => {
    assert.deepEqual(read('[1,x,2]', 1).elements, [1]);
  });
});

test('what the reader of the elements throws comes through', () => {
  const reader = elementReader(() => {
    throw new Error('enough');
  });
  assert.throws(() => reader.take('[1,2]'), /enough/);
});
