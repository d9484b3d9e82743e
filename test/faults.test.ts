import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const faults = 36;

/**
 * Returns the names of a file's tests and suites as its source spells them, with `${...}` where a table fills in a
 * value.
 */
function namesIn(path: string): string[] {
  const source = readFileSync(join(root, path), 'utf8');
  return [...source.matchAll(/\b(?:describe|test|check)\(\s*(?:'([^'\n]+)'|`(.+)`),\s/g)].map(
    ([, plain, template]) => plain ?? template ?? '',
  );
}

const rows = readFileSync(join(import.meta.dirname, 'faults.md'), 'utf8')
  .split('\n')
  .filter(line => /^\| \d/.test(line))
  .map(line => line.split(' | ').map(cell => cell.replace(/^\| | \|$/g, '')));

test('every fault has its row', () => {
  assert.deepEqual(
    rows.map(([number]) => Number(number)),
    Array.from({ length: faults }, (_, at) => at + 1),
  );
  for (const cells of rows) assert.ok(cells.length === 4 && cells.every(Boolean), `row ${cells[0]} has four cells`);
});

test('every test that a fault points to exists', () => {
  for (const [number, , , pointers = ''] of rows) {
    for (const pointer of pointers.split('<br>')) {
      const [, path = '', name = ''] = /^`(test\/\S+\.ts)` › (.+)$/.exec(pointer) ?? [];
      assert.ok(existsSync(join(root, path)) && path !== '', `row ${number}: ${pointer} names no file`);
      assert.ok(namesIn(path).includes(name.replaceAll('&#124;', '|')), `row ${number}: ${path} has no test "${name}"`);
    }
  }
});
