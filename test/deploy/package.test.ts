import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

test('what `npm pack` leaves in a checkout is not in the way of a release, which wants everything committed', () => {
  const ignored = readFileSync(join(import.meta.dirname, '../../.gitignore'), 'utf8').split('\n');
  assert.ok(ignored.includes('*.tgz'));
});
