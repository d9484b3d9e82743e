import { hours, minutes, only, registry, row, startRig, testTarget } from '../test/courier/rig.ts';
import { createVirtualClock } from '../test/fakes/clock.ts';
import type { Report } from './benches.ts';

const days = 20;
/** The renewal point of each token (half of its life) is drawn at random, so that two runs differ a little. */
const most = 1.1;
const sizes = [1, 100, 10_000];

/**
 * AWS calls per virtual day, for 1, 100 and 10,000 slots of one region in as many accounts. One token serves them all,
 * so the number must not grow.
 */
export async function calls(): Promise<Report> {
  const perDay: Record<string, number> = {};
  for (const size of sizes) {
    perDay[size] = await callsPerDay(size);
    console.log(`${size} slots: ${perDay[size]} calls a day`);
  }
  const figures = Object.values(perDay);
  const ratio = Math.max(...figures) / Math.min(...figures);
  return { bench: 'calls', ratio, pairs: sizes.length, ok: ratio <= most, days, perDay };
}

async function callsPerDay(size: number): Promise<number> {
  const clock = createVirtualClock();
  const rows = Array.from({ length: size }, (_, at) => row(String(at), registry(String(100_000_000_000 + at))));
  const target = testTarget(clock, 'all', rows);
  // Looks and ticks are rarer than usual: they take time here, and cause no calls.
  await using rig = await startRig({ targets: [target], cron: '0 * * * *', tickMs: 5 * minutes, keepsEvents: false });
  await clock.advance(days * 24 * hours);
  if (target.stored.size !== size) throw new Error(`${target.stored.size} of ${size} slots were served`);
  return only(rig.sources).asked.length / days;
}
