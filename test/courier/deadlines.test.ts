import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeadlines } from '../../src/courier/deadlines.ts';
import type { AttemptEnd } from '../../src/courier/health.ts';

test('deadlines are short only while healthy slots hang: from 10 s down to 0.25 s, and longer for a slot that one has cut', () => {
  let now = 0;
  const deadlines = createDeadlines(() => ({ deliverMs: 60_000 }), { mono: () => now });
  const end = (ms: number, result: AttemptEnd['result'], deadlineMs = 60_000): void => {
    now += ms;
    deadlines.learn('untried', { ms, result, deadlineMs });
  };
  const next = () => [deadlines.next('untried', undefined), deadlines.next('failed', 5000), deadlines.next('failed', undefined)];
  assert.deepEqual(next(), [60_000, 20_000, 60_000]);
  end(60_000, 'failed');
  end(0, 'failed');
  assert.deepEqual(next(), [10_000, 20_000, 60_000]);
  for (let count = 0; count < 4; count++) end(10_000, 'cut', 10_000);
  assert.deepEqual(next(), [5000, 20_000, 60_000], 'those that began with one deadline count once');
  for (let ms = 5000; ms > 200; ms /= 2) end(ms, 'cut', ms);
  assert.deepEqual(next(), [250, 20_000, 60_000]);
  for (let count = 0; count < 20; count++) end(1000, 'delivered');
  assert.ok((next()[0] ?? 0) > 3900, 'four times as long as most answers');
  end(250, 'cut', 250);
  now += 121_000;
  assert.deepEqual(next(), [60_000, 20_000, 60_000], 'two minutes later they are whole again');
  end(60_000, 'failed');
  assert.deepEqual(next(), [10_000, 20_000, 60_000], 'a new row of them begins with 10 s');
});
