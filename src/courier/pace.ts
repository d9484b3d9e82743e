import type { Clock } from '../contract/clock.ts';

/** The measured pace of the line of failed slots, which depends on places, deadlines, stops of the target and looks. */
interface Pace {
  /** Records that a slot has left the line, and whether others wait behind it. */
  took(left: 'others wait' | 'last'): void;
  /** The estimated wait in milliseconds with `ahead` slots before it. */
  waitMs(ahead: number): number;
}

export function createPace(clock: Pick<Clock, 'mono'>): Pace {
  /** The smoothed interval between departures; undefined before two slots have left in a row. */
  let gapMs: number | undefined;
  /** When the last slot left, in monotonic time, if others waited then. */
  let tookAt: number | undefined;

  return {
    took(left) {
      if (tookAt !== undefined) {
        const ms = clock.mono() - tookAt;
        gapMs = gapMs === undefined ? ms : gapMs + (ms - gapMs) / 8;
      }
      tookAt = left === 'others wait' ? clock.mono() : undefined;
    },
    waitMs(ahead) {
      if (gapMs === undefined) return 0;
      const untilNext = tookAt === undefined ? 0 : Math.max(0, tookAt + gapMs - clock.mono());
      return untilNext + ahead * gapMs;
    },
  };
}
