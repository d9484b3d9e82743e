import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observers } from './observers.ts';
import { hours } from './rig.ts';
import { soak } from './soak.ts';

test('72 virtual hours of random faults break no promise, and show no secret in log, metrics, status and page', async t => {
  const seed = 20260101;
  const report = await soak(seed, 72 * hours, observers());
  t.diagnostic(`seed ${seed}: ${report.faults} faults, ${report.writes} writes, ${report.fetches} fetches`);
  assert.deepEqual(report.violations, []);
  assert.ok(report.faults > 50 && report.writes > 50, 'something has happened');
});
