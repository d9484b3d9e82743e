import type { Clock } from '../contract/clock.ts';

/**
 * How fast the line of failed slots moves. Places, deadlines, stops of the target and looks at it all slow it down, so
 * it is measured.
 */
export interface Pace {
  /** One has left the line, and now others wait behind it, or nobody. */
  took(left: 'others wait' | 'last'): void;
  /** For how many milliseconds one waits that has so many before it. */
  waitMs(ahead: number): number;
}

export function createPace(clock: Pick<Clock, 'mono'>): Pace {
  /** From one to the next, smoothed; undefined before two have left in a row. */
  let gapMs: number | undefined;
  /** When the newest has left, in time awake, if others waited then. */
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
