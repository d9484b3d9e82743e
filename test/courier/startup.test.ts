import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.ts';
import { failing, gaps, hours, minutes, promptTarget, row, seconds, startRig, type TestSource, testSource } from './rig.ts';

const instances = 40;
/**
 * The share of the rate limit of GetAuthorizationToken that is left to the instances: the burst, and the calls per
 * second.
 */
const rate = 5;

/** One identity per instance and one ECR for all, which answers BUSY above its rate. */
function throttled(clock: VirtualClock): { readonly sources: readonly TestSource[]; readonly asked: readonly number[] } {
  const asked: number[] = [];
  let left = rate;
  let filledAt = 0;
  const sources = Array.from({ length: instances }, () => {
    const source = testSource(clock);
    const issue = source.fetch;
    const fetch: TestSource['fetch'] = async (registry, signal) => {
      const now = clock.mono();
      asked.push(now);
      left = Math.min(rate, left + ((now - filledAt) / seconds) * rate);
      filledAt = now;
      if (left < 1) throw failing('BUSY');
      left--;
      return issue(registry, signal);
    };
    return Object.assign(source, { fetch });
  });
  return { sources, asked };
}

/** The largest number of these times within any second. */
function busiest(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.max(...sorted.map((first, at) => sorted.slice(at).filter(time => time < first + seconds).length));
}

test('forty that start in the same second share an ECR that throttles: all are supplied soon, and they draw apart for good', async () => {
  const clock = createVirtualClock();
  const { sources, asked } = throttled(clock);
  const targets = sources.map((_, at) => promptTarget(clock, `portainer-${at}`, [row('1')]));
  await using stack = new AsyncDisposableStack();
  for (const [at, target] of targets.entries())
    stack.use(
      await startRig({ targets: [target], sources: sources.slice(at, at + 1), seed: at + 1, tickMs: 1 * minutes, keepsEvents: false }),
    );

  assert.equal(asked.length, instances, 'nobody waits before the first try: whoever is alone is supplied at once');
  await clock.advance(1 * minutes);
  const supplied = targets.filter(target => target.writes.length > 0).length;
  assert.equal(supplied, instances, 'all within a minute');
  const retries = asked.slice(instances);
  assert.ok(busiest(retries) <= 2 * rate + 4, `retries do not come together: ${busiest(retries)} in a second`);
  assert.ok(asked.length <= 4 * instances, `${asked.length} calls`);

  const before = asked.length;
  await clock.advance(14 * hours);
  const later = asked.slice(before);
  assert.ok(later.length >= 2 * instances && later.length <= 3 * instances, `${later.length} renewals in 14 hours`);
  assert.ok(busiest(later) <= rate, `renewals come ${busiest(later)} in a second`);

  const looks = targets.flatMap(target => target.discoveries.filter(time => time > 2 * minutes));
  assert.ok(looks.length > 13 * 60 * instances, 'each looks every minute');
  const hour = looks.filter(time => time < 1 * hours);
  assert.ok(busiest(hour) <= 6, `each in a second of its own: ${busiest(hour)} discoveries in one`);
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
