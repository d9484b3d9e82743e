import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '../fakes/clock.ts';
import { apart } from './apart.ts';
import { failing, gaps, promptTarget, row, seconds, startRig, testSource } from './rig.ts';

test('forty that start in the same second share an ECR that throttles: all are supplied soon, and they draw apart for good', async () => {
  await apart(import.meta.resolve('./startup.ts'))('forty');
});

test('a lone one is supplied at once, and after a refusal it does not wait long', async () => {
  const clock = createVirtualClock();
  const source = testSource(clock);
  const target = promptTarget(clock, 'portainer', [row('1')]);
  source.failure = failing('BUSY');
  await using _ = await startRig({ targets: [target], sources: [source] });
  await clock.advance(4 * seconds);
  assert.deepEqual(source.asked, [0]);
  await clock.advance(26 * seconds);
  assert.ok(source.asked.length >= 3 && gaps(source.asked).every(gap => gap >= 5 * seconds && gap <= 10 * seconds), String(source.asked));
  source.failure = undefined;
  await clock.advance(20 * seconds);
  assert.equal(target.writes.length, 1);
});
