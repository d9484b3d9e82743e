import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goQuote } from './go-quote.ts';

test('texts are quoted as %q of Go 1.26 quotes them', () => {
  const cases: readonly [text: string, quoted: string][] = [
    ['plain é 漢 😀', '"plain é 漢 😀"'],
    ['a "b" \\', String.raw`"a \"b\" \\"`],
    ['\x00\x07\b\t\n\v\f\r\x1b\x7f', String.raw`"\x00\a\b\t\n\v\f\r\x1b\x7f"`],
    ['\x85\xa0\xad\u2028\u200b\ufeff\u3000', String.raw`"\u0085\u00a0\u00ad\u2028\u200b\ufeff\u3000"`],
    ['\u{e0001}', String.raw`"\U000e0001"`],
  ];
  for (const [text, quoted] of cases) assert.equal(goQuote(text), quoted);
});
