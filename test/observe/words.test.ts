import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, ending, relative, span } from '../../src/observe/words.ts';

const [s, m, h, d] = [1000, 60_000, 3_600_000, 86_400_000];

const spans: [number, string][] = [
  [0, '0 s'],
  [59.4 * s, '59 s'],
  [59.6 * s, '1 min'],
  [12 * m + 5 * s, '12 min'],
  [59.6 * m, '1 h'],
  [5 * h + 12 * m, '5 h 12 min'],
  [5 * h, '5 h'],
  [23 * h + 59.4 * m, '23 h 59 min'],
  [d - 20 * s, '1 d'],
  [3 * d + 4 * h, '3 d 4 h'],
  [400 * d, '400 d'],
];
for (const [ms, words] of spans) test(`${ms} ms is ${words}`, () => assert.equal(span(ms), words));

test('relative to now', () => {
  assert.deepEqual([relative(3 * m, 0), relative(0, 3 * m), relative(500, 0)], ['in 3 min', '3 min ago', 'now']);
  assert.deepEqual([ending(3 * m, 0), ending(0, 3 * m)], ['ends in 3 min', 'ended 3 min ago']);
});

test('counting', () => {
  assert.deepEqual(
    [count(1, 'slot'), count(0, 'slot'), count(1000, 'slot'), count(2, 'registry', 'registries')],
    ['1 slot', '0 slots', '1,000 slots', '2 registries'],
  );
});
