import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Alarm, createAlarms } from '../../src/courier/alarms.ts';
import { createVirtualClock } from '../fakes/clock.ts';

function setUp() {
  const clock = createVirtualClock();
  const rung: string[] = [];
  const alarms = createAlarms(clock);
  /** Sets an alarm and returns a function that clears it. */
  function ringing(ms: number, ring: Alarm['ring']): () => void {
    const alarm: Alarm = { at: 0, place: -1, ring };
    alarms.set(alarm, ms);
    return () => alarms.clear(alarm);
  }
  const set = (name: string, ms: number) =>
    ringing(ms, why => void rung.push(`${name} at ${clock.mono()}${why === 'all' ? ', early' : ''}`));
  return { clock, rung, alarms, set, ringing };
}

test('each alarm rings once at its time, in whatever order they were set', async () => {
  const { clock, rung, set } = setUp();
  for (const [name, ms] of Object.entries({ late: 75_000, soon: 1_000, middle: 15_000 })) set(name, ms);
  await clock.advance(10_000);
  set('last', 80_000);
  set('next', 2_000);
  await clock.advance(200_000);
  assert.deepEqual(rung, ['soon at 1000', 'next at 12000', 'middle at 15000', 'late at 75000', 'last at 90000']);
  assert.equal(clock.sleepers, 0);
});

test('one that was cleared does not ring, whichever it was', async () => {
  const { clock, rung, set } = setUp();
  const clear = Object.fromEntries(['a', 'b', 'c', 'd'].map((name, at) => [name, set(name, 1_000 * (at + 1))]));
  for (const name of ['a', 'c', 'c']) clear[name]?.();
  await clock.advance(10_000);
  clear['b']?.();
  assert.deepEqual(rung, ['b at 2000', 'd at 4000']);
});

test('one that rings may set and clear others', async () => {
  const { clock, rung, set, ringing } = setUp();
  const clears: (() => void)[] = [];
  ringing(1_000, () => {
    for (const clear of clears) clear();
    set('set by another', 500);
  });
  clears.push(set('same time', 1_000), set('later', 2_000));
  await clock.advance(10_000);
  assert.deepEqual(rung, ['set by another at 1500']);
});

test('many need one sleeper', async () => {
  const { clock, set } = setUp();
  for (let nr = 0; nr < 1_000; nr++) {
    const clear = set('one', 60_000 + nr);
    await clock.advance(1);
    if (nr % 2) clear();
    assert.equal(clock.sleepers, 1);
  }
});

test('all ring before their time; after closing none does, and nobody sleeps', async () => {
  const { clock, rung, alarms, set } = setUp();
  set('a', 1_000);
  alarms.ringAll();
  set('b', 1_000);
  alarms.close();
  await clock.advance(10_000);
  assert.deepEqual(rung, ['a at 0, early']);
  assert.equal(clock.sleepers, 0);
});
