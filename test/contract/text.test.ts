import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/contract/secret.ts';
import { alternatives, isHtml, label, quote, shapeOf, withCommas } from '../../src/contract/text.ts';

const odd: readonly (readonly [name: string, text: unknown, shown: string])[] = [
  ['a plain name', 'ecr-prod', 'ecr-prod'],
  ['line breaks and tabs', ' one\r\ntwo\tthree\u2028four ', 'one two three four'],
  ['escape sequences of a terminal', 'a\u001b[2Jb\u009bc', 'a [2Jb c'],
  ['a NUL', 'a\0b', 'a b'],
  ['marks that turn the direction of writing', 'a\u202Eb\u2066c\u200Fd', 'a b c d'],
  ['what takes no room', 'a\u200Bb\uFEFFc', 'a b c'],
  ['half a character', 'a\uD800b', 'a b'],
  ['letters of all writings', 'Ünïcode 名前 🐳', 'Ünïcode 名前 🐳'],
  ['a number', 7, ''],
  ['nothing', undefined, ''],
];
for (const [name, text, shown] of odd)
  test(`${name}: a name and a quotation show it in one clean line`, () => {
    assert.equal(label(text), shown);
    assert.equal(quote(text), shown);
  });

test('numbers and alternatives read as Intl formats them', () => {
  const form = new Intl.ListFormat('en-GB', { type: 'disjunction' });
  for (const number of [0, 7, 999, 1_000, 12_345, 999_999, 1_000_000, 1_234_567_890])
    assert.equal(withCommas(number), number.toLocaleString('en-US'));
  for (const texts of [[], ['a'], ['a', 'b'], ['a', 'b (which is, perhaps, empty)', 'c']])
    assert.equal(alternatives(texts), form.format(texts));
});

test('what is long is cut, and says so', () => {
  assert.equal(label('x'.repeat(300)), 'x'.repeat(300));
  assert.equal(label('x'.repeat(5_000_000)), `${'x'.repeat(300)}...`);
  assert.equal(quote('abcdef', 3), 'abc...');
});

test('a quotation holds no piece of a secret, also where it is cut', () => {
  const secret = new Secret(`key-${'0123456789abcdef'.repeat(4)}`);
  assert.equal(quote(`no ${secret.reveal().slice(0, 20)} here`), 'no [secret] here');
  const shown = quote(`${'-'.repeat(50)}${secret.reveal()}`, 60);
  assert.equal(shown, `${'-'.repeat(50)}[secret]`);
});

const pages: readonly (readonly [contentType: string, text: string, html: boolean])[] = [
  ['text/html; charset=utf-8', '', true],
  ['Text/HTML', '{}', true],
  ['', '<!DOCTYPE html><title>Log in</title>', true],
  ['text/plain', '\uFEFF\n <HTML lang="en">', true],
  ['', '<!-- gateway --><html></html>', true],
  ['', '<?xml version="1.0"?>\n<!-- a -->\n<!DOCTYPE html PUBLIC "">', true],
  ['', '<?xml version="1.0"?><Error/>', false],
  ['application/xhtml+xml', '<?xml version="1.0"?><html/>', true],
  ['application/json', '{"text":"<html>"}', false],
  ['', '', false],
];
for (const [contentType, text, html] of pages)
  test(`${contentType || 'no type'} with ${JSON.stringify(text)} is ${html ? 'a' : 'no'} page for people`, () =>
    assert.equal(isHtml({ headers: new Map(contentType ? [['content-type', contentType]] : []), text }), html));

test('a page that hides behind many comments is found at once', () => {
  const text = `${'<!---->'.repeat(140)}<p>`;
  assert.equal(isHtml({ headers: new Map(), text }), false);
});

for (const [value, words] of [
  [null, 'null'],
  [[1], 'a list'],
  ['a secret', 'a string'],
  [7, 'a number'],
  [{}, '{}'],
  [{ message: 'a secret', 'de\u001btails': 1 }, '{message, de tails}'],
  [
    Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`${'m'.repeat(50)}${at}`, at])),
    `{${Array(5)
      .fill(`${'m'.repeat(40)}...`)
      .join(', ')} and 4 more}`,
  ],
] as const)
  test(`${JSON.stringify(value).slice(0, 40)} has the form ${words.slice(0, 40)}`, () => assert.equal(shapeOf(value), words));
