import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeGo, goJsonFlaw } from './go-json.ts';

// The messages of encoding/json, taken from its source.
test('what is not JSON is refused in the words of Go', () => {
  const table: readonly [text: string, flaw: string][] = [
    ['', 'unexpected end of JSON input'],
    ['{"a":', 'unexpected end of JSON input'],
    ['"\\u12', 'unexpected end of JSON input'],
    ['tru', 'unexpected end of JSON input'],
    ['<html>', "invalid character '<' looking for beginning of value"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['no', "invalid character 'o' in literal null (expecting 'u')"],
    ['{bad', "invalid character 'b' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{} {}', "invalid character '{' after top-level value"],
    ['01', "invalid character '1' after top-level value"],
    ['-a', "invalid character 'a' in numeric literal"],
    ['1.a', "invalid character 'a' after decimal point in numeric literal"],
    ['1e+a', "invalid character 'a' in exponent of numeric literal"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\u0001"', "invalid character '\\x01' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g"', "invalid character 'g' in \\u hexadecimal character escape"],
  ];
  const bytes: readonly [letter: number, flaw: string][] = [
    [0x81, "invalid character '\\u0081' looking for beginning of value"],
    [0xad, "invalid character '\\u00ad' looking for beginning of value"],
    [0x7f, "invalid character '\\x7f' looking for beginning of value"],
  ];
  for (const [letter, flaw] of bytes) assert.equal(goJsonFlaw(Buffer.of(letter)), flaw);
  for (const [text, flaw] of table) assert.equal(goJsonFlaw(text), flaw, text);
  for (const text of ['{"a":[1.5e3,-0,"é\\n",true,null,{}]} ', '1', '[]']) assert.equal(goJsonFlaw(text), undefined, text);
});

test('a decoder of a stream takes the first value and leaves the rest', () => {
  assert.deepEqual(decodeGo('{"a":"é"} b'), { value: { a: 'é' }, rest: 'b' });
  assert.deepEqual(decodeGo('{'), { early: true });
});
