import { setTimeout as after } from 'node:timers/promises';
import type { Clock } from '../../src/contract/clock.ts';

/** Turns of the event loop without activity after which all pending work must be sleeping. */
const quietTurns = 20;
const turnMs = 3;

/**
 * Makes a clock that stands still during activity and, once there is none, jumps to the end of the next sleep. Client
 * and server share it, so seconds of a recording pass in milliseconds and always in the recorded order. `stir` reports
 * activity (a request arrived).
 */
export function virtualTime(): Clock & { stir(): void } {
  let now = Date.now();
  let quiet = 0;
  let running = false;
  const sleepers = new Set<{ at: number; wake: () => void }>();

  const stir = (): void => {
    quiet = 0;
  };
  const jump = (): void => {
    now = Math.max(now, Math.min(...[...sleepers].map(sleeper => sleeper.at)));
    for (const sleeper of sleepers) if (sleeper.at <= now) sleeper.wake();
  };
  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    while (sleepers.size > 0) {
      await after(turnMs);
      if (++quiet < quietTurns || sleepers.size === 0) continue;
      stir();
      jump();
    }
    running = false;
  };
  return {
    stir,
    wall: () => now,
    mono: () => now,
    sleep: (ms, signal) =>
      new Promise<void>(resolve => {
        if (signal.aborted || ms <= 0) return resolve();
        stir();
        const wake = (): void => {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { at: now + ms, wake };
        sleepers.add(sleeper);
        signal.addEventListener('abort', wake);
        void run();
      }),
  };
}
