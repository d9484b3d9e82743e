import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FailureCode, failures } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';
import { cronMistake, cronSchedule, cronWindow } from '../../src/courier/schedule.ts';
import { hour, keep, minute, repairPause, retryPause, second, slow, soon, spacing, timeline } from '../../src/courier/timing.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { failing } from './rig.ts';

const credential = (life: number) => ({
  username: 'AWS',
  password: new Secret('token'),
  issuedAt: new Date(0),
  expiresAt: new Date(life),
  source: 'default',
  scope: 'default/eu-west-1/ecr',
});

test('a credential ages at half of its life, 10 % more or less; absurd lives are cut to 12 h', () => {
  assert.equal(keep(credential(12 * hour), 0, () => 0).agesAt, 5.4 * hour);
  assert.equal(keep(credential(12 * hour), 0, () => 0.5).agesAt, 6 * hour);
  assert.equal(Math.round(keep(credential(12 * hour), 1000, () => 1).agesAt), 6.6 * hour + 1000);
  assert.equal(keep(credential(1000 * hour), 0, () => 0.5).endsAt, 12 * hour);
});

test('fetches are at least a third of the life apart, between 5 s and a minute', () => {
  const table: [life: number | undefined, least: number][] = [
    [undefined, 5 * second],
    [6 * second, 5 * second],
    [60 * second, 20 * second],
    [12 * hour, minute],
    [-1, 5 * second],
  ];
  for (const [life, least] of table) assert.equal(spacing(life), least);
});

test('pauses double to their limits and spread by a quarter', () => {
  const one = [1, 2, 3, 9, 10, 100].map(count => soon(count, () => 0) / second);
  assert.deepEqual(one, [1, 2, 4, 256, 300, 300]);
  assert.equal(
    soon(1, () => 1),
    0.75 * second,
  );
  assert.deepEqual(
    [1, 2, 3, 4, 50].map(count => slow(count, () => 0) / minute),
    [5, 10, 20, 30, 30],
  );
  assert.deepEqual(
    [0, 1, 2, 6, 20].map(count => repairPause(count) / minute),
    [0, 1, 2, 30, 30],
  );
});

test('every code has a pause of at least 0.75 s, whatever Retry-After says', () => {
  for (const code of Object.keys(failures) as FailureCode[])
    for (const retryAfterMs of [undefined, 0, 1, 24 * hour])
      for (const count of [1, 5, 1000]) {
        const pause = retryPause(failing(code, retryAfterMs === undefined ? {} : { retryAfterMs }), count, () => 0);
        assert.ok(pause >= 0.75 * second && pause <= hour, `${code} ${retryAfterMs} ${count}: ${pause}`);
      }
});

test('the time line never runs backward, counts suspended hours, and does not gain by being read often', () => {
  const clock = createVirtualClock();
  const now = timeline(clock);
  assert.equal(now(), 0);
  clock.stepWall(-8 * hour);
  assert.equal(now(), 0);
  clock.suspend(3 * hour);
  assert.equal(now(), 3 * hour);
  clock.stepWall(400);
  for (let reads = 0; reads < 1000; reads++) now();
  assert.ok(now() - 3 * hour <= second);
});

test('cron patterns: mistakes are sentences; a pattern without seconds means the second that was drawn', () => {
  assert.equal(cronMistake('* * * * *'), undefined);
  for (const pattern of ['', 'every minute', '99 * * * *', '0 0 30 2 *']) assert.ok(cronMistake(pattern), pattern);
  const wall = Date.UTC(2026, 0, 1, 12, 0, 30);
  assert.equal(cronSchedule('* * * * *')(wall, 45), Date.UTC(2026, 0, 1, 12, 0, 45));
  assert.equal(cronSchedule('* * * * *')(wall, 15), Date.UTC(2026, 0, 1, 12, 1, 15));
  assert.equal(cronSchedule('*/10 * * * * *')(wall, 45), Date.UTC(2026, 0, 1, 12, 0, 40));
});

test('a schedule that is asked again, by others and after a step of the clock, says what a new one would', () => {
  const schedules = ['* * * * *', '*/20 * * * *', '7 3 * * 1', '*/10 * * * * *'].map(pattern => ({
    pattern,
    asked: cronSchedule(pattern),
  }));
  const wall = Date.UTC(2026, 0, 1, 12, 0, 30);
  for (const step of [0, 1, 9_999, 10_000, 29_999, 30_000, 60_000, -1, -45_000, 3_600_000, 86_400_000, -86_400_000, 29_500])
    for (const second of [0, 15, 59])
      for (const { pattern, asked } of schedules)
        assert.equal(asked(wall + step, second), cronSchedule(pattern)(wall + step, second), `${pattern}, ${step}, ${second}`);
});

test('a window is open in every minute that its pattern matches, and else opens with the next one', () => {
  const nightly = cronWindow('* 2-4 * * 1-5');
  const at = (day: number, hours: number, minutes: number) => Date.UTC(2026, 0, day, hours, minutes, 30);
  for (const wall of [at(1, 2, 0), at(1, 3, 30), at(1, 4, 59)]) assert.equal(nightly(wall), wall);
  assert.equal(nightly(at(1, 1, 59)), Date.UTC(2026, 0, 1, 2));
  assert.equal(nightly(at(2, 5, 0)), Date.UTC(2026, 0, 5, 2), 'after the weekend');
  // A pattern that names a single second opens the window for that whole minute: otherwise deliveries would miss it.
  const seconds = cronWindow('30 0 12 * * *');
  for (const second of [0, 31, 59]) assert.equal(seconds(Date.UTC(2026, 0, 1, 12, 0, second)), Date.UTC(2026, 0, 1, 12, 0, second));
  assert.equal(seconds(Date.UTC(2026, 0, 1, 11, 59, 59)), Date.UTC(2026, 0, 1, 12));
  assert.equal(seconds(Date.UTC(2026, 0, 1, 12, 1)), Date.UTC(2026, 0, 2, 12));
});
