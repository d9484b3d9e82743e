import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInShard, parseShard } from '../../src/contract/shard.ts';

test('a share is i/n with i from 0 to n - 1', () => {
  assert.deepEqual(parseShard('0/1'), { at: 0, of: 1 });
  assert.deepEqual(parseShard('2/3'), { at: 2, of: 3 });
  for (const text of [
    '',
    '3/3',
    '4/3',
    '0/0',
    '-1/3',
    '1',
    '1/',
    '/3',
    '1/3/4',
    '1.5/3',
    ' 1/3',
    '1 / 3',
    'a/b',
    '0x1/3',
    '$(POD_INDEX)/3',
  ])
    assert.equal(parseShard(text), undefined, text);
});

test('a name belongs to one share of all, in each process to the same one, and the shares are alike in size', () => {
  // A different function would move slots from one courier to another during an upgrade.
  assert.deepEqual(
    ['kubernetes/team-a/ecr-courier', 'kubernetes/team-b/ecr-courier', 'portainer/1'].map(name =>
      [0, 1, 2].find(at => isInShard({ at, of: 3 }, name)),
    ),
    [1, 0, 2],
  );
  for (const count of [1, 2, 3, 7]) {
    const sizes = Array.from({ length: count }, () => 0);
    for (let number = 0; number < 7000; number++) {
      const owners = sizes.flatMap((_, at) => (isInShard({ at, of: count }, `k/team-${number}/ecr`) ? [at] : []));
      assert.equal(owners.length, 1);
      for (const at of owners) sizes[at] = (sizes[at] ?? 0) + 1;
    }
    for (const size of sizes) assert.ok(Math.abs(size - 7000 / count) < 0.15 * (7000 / count), sizes.join());
  }
});
