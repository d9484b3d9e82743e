import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStarts } from '../../src/courier/starts.ts';
import { createVirtualClock } from '../fakes/clock.ts';

const hour = 3_600_000;

/**
 * `fill` begins deliveries until no more may begin. `resumed` notes the name of each waiting caller that is resumed.
 */
function setUp() {
  const clock = createVirtualClock();
  const starts = createStarts(clock, () => clock.mono());
  const began: number[] = [];
  const resumed: string[] = [];
  const begin = (): void => void began.push(starts.begin());
  return {
    clock,
    starts,
    began,
    resumed,
    begin,
    fill() {
      while (starts.allow(() => resumed.push('full'))) begin();
    },
    wait: (name: string) =>
      assert.equal(
        starts.allow(() => resumed.push(name)),
        false,
      ),
  };
}

test('a few dozen begin at a time, and one more for each that ends, whoever has waited longest first', async () => {
  const { starts, began, resumed, fill, wait } = setUp();
  fill();
  assert.equal(began.length, 32);
  wait('a');
  wait('b');
  starts.end(began[0] ?? 0);
  // No delivery began in the freed place, so every waiting caller is resumed.
  assert.deepEqual(resumed, ['full', 'a', 'b']);
});

test('who is resumed and begins leaves the others waiting', async () => {
  const { starts, began, resumed, begin, fill, wait } = setUp();
  fill();
  starts.end(began[0] ?? 0);
  resumed.length = 0;
  begin();
  for (const name of ['a', 'b'])
    assert.equal(
      starts.allow(() => (begin(), resumed.push(name))),
      false,
    );
  starts.end(began[1] ?? 0);
  assert.deepEqual(resumed, ['a']);
  wait('c');
  starts.end(began[2] ?? 0);
  assert.deepEqual(resumed, ['a', 'b']);
});

test('those that hang hold nobody up for longer than a moment', async () => {
  const { clock, began, resumed, fill } = setUp();
  fill();
  await clock.advance(250);
  assert.deepEqual(resumed, ['full']);
  fill();
  assert.equal(began.length, 64);
  await clock.advance(hour);
  assert.equal(clock.sleepers, 0);
});

test('the end of one that hung counts for none of the new ones', async () => {
  const { clock, starts, began, fill } = setUp();
  fill();
  await clock.advance(hour);
  fill();
  const hung = began.slice(0, 32);
  for (const at of hung) starts.end(at);
  assert.equal(
    starts.allow(() => undefined),
    false,
  );
});
