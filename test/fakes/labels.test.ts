import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelTerms } from './labels.ts';

/** Seen on Kubernetes 1.36.3. */
const name = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const refused: Readonly<Record<string, string | RegExp>> = {
  ',': "found ',', expected: !, identifier, or 'end of string'",
  '==': "found '==', expected: !, identifier, or 'end of string'",
  '(': "found '(', expected: !, identifier, or 'end of string'",
  'l,': "found '', expected: identifier after ','",
  'l,,m': "found ',', expected: identifier after ','",
  '!l=a': "found '=', expected: ',' or 'end of string'",
  'l=a b': "found 'b', expected: ',' or 'end of string'",
  'l=a=b': "found '=', expected: ',' or 'end of string'",
  '!': "unable to parse requirement: found '', expected: identifier",
  '!!l': "unable to parse requirement: found '!', expected: identifier",
  'l foo': "unable to parse requirement: found 'foo', expected: in, notin, =, ==, !=, gt, lt",
  'l in': "unable to parse requirement: found '' expected: '('",
  'l in (a': "unable to parse requirement: found '', expected: ',' or ')'",
  'l in (a b)': "unable to parse requirement: found 'b', expected: ',' or ')'",
  'l>=1': "unable to parse requirement: found '=', expected: identifier",
  'l=!a': "unable to parse requirement: found '!', expected: identifier",
  'l>x': `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
  '-l=a': new RegExp(`^unable to parse requirement: <nil>: Invalid value: "-l": name part ${name}`),
  '/x=1': 'unable to parse requirement: <nil>: Invalid value: "/x": prefix part must be non-empty',
  'l in (-a,b)': /^unable to parse requirement: values\[0]\[l]: Invalid value: "-a": a valid label must be an empty string or/,
};
for (const [selector, message] of Object.entries(refused))
  test(`${selector} is refused`, () => {
    const said = (): unknown =>
      labelTerms(selector, why => {
        throw new Error(why);
      });
    assert.throws(said, { message });
  });

const objects = [{}, { l: 'a' }, { l: 'b' }, { l: '7' }, { l: '' }, { in: 'in' }].map(labels => ({ metadata: { labels } }));
const chosen: Readonly<Record<string, readonly number[]>> = {
  '': [0, 1, 2, 3, 4, 5],
  ' ': [0, 1, 2, 3, 4, 5],
  'l=a': [1],
  'l == a ': [1],
  'l!=a': [0, 2, 3, 4, 5],
  l: [1, 2, 3, 4],
  '!l': [0, 5],
  'l=': [4],
  'l>6': [3],
  'l<6': [],
  'l in (a,b)': [1, 2],
  'l notin (a, b)': [0, 3, 4, 5],
  'l in ()': [4],
  'l in (,a)': [1, 4],
  'l notin (,)': [0, 1, 2, 3, 5],
  'l,l!=a': [2, 3, 4],
  'in in (in)': [5],
  'in=in': [5],
};
for (const [selector, indexes] of Object.entries(chosen))
  test(`${JSON.stringify(selector)} chooses ${indexes.join(' ')}`, () => {
    const terms = labelTerms(selector, assert.fail);
    assert.deepEqual(
      objects.flatMap((object, index) => (terms.every(matches => matches(object)) ? [index] : [])),
      indexes,
    );
  });
