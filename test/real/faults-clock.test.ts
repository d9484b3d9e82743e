import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startWorld, type World } from './daemon.ts';
import { faketime } from './faketime.ts';
import { part } from './needs.ts';

const hour = 3_600_000;
const year = 365 * 24 * hour;

part('the wall clock moves and the timers do not', { programs: ['faketime'], atOnce: true }, () => {
  test('eight hours forward, as after a suspend: refreshed at once, and once', async () => {
    await using world = await startWorld();
    const clock = await faketime(join(world.folder, 'clock'));
    await world.start({ env: clock.env });
    await world.until(world.served, 'the first delivery');
    await wait(2000);
    assert.equal(world.ecr.calls.length, 1);
    world.ecr.now = () => Date.now() + 8 * hour;
    await clock.set(8 * hour);
    await world.until(() => world.ecr.calls.length > 1 && world.served(), 'the next token');
    await wait(2000);
    assert.equal(world.ecr.calls.length, 2);
    assert.equal(world.written().length, 4, 'two rows, twice');
  });

  test('eight hours back, as when a wrong clock is put right: no stall', async () => {
    await using world = await startWorld({ ttlMs: 10_000 });
    const clock = await faketime(join(world.folder, 'clock'));
    await world.start({ env: clock.env });
    await world.until(world.served, 'the first delivery');
    await clock.set(-8 * hour);
    const { length } = world.passwords;
    await world.until(() => world.passwords.length >= length + 2 && world.served(), 'two more tokens');
    assert.equal(await skew(world), 8 * 3600);
  });

  for (const [name, offset] of [
    ['behind', -year],
    ['ahead', year],
  ] as const) {
    test(`a year ${name} at the start: delivers and refreshes, and the metric says how far`, async () => {
      await using world = await startWorld({ ttlMs: 10_000 });
      const daemon = await world.start({ env: (await faketime(join(world.folder, 'clock'), offset)).env });
      await world.until(world.served, 'the first delivery');
      await world.until(() => world.passwords.length >= 2 && world.served(), 'the next token');
      assert.equal(await skew(world), -offset / 1000);
      assert.equal((await world.run('healthcheck', '--ready')).code, 0, daemon.output());
    });
  }
});

/** Returns the skew in seconds, rounded to a minute: the Date header has whole seconds, and the machine is busy. */
async function skew(world: World): Promise<number> {
  const [, seconds] = /^ecr_courier_clock_skew_seconds (\S+)$/m.exec(await world.read('/metrics')) ?? [];
  return Math.round(Number(seconds) / 60) * 60;
}
