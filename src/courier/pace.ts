import type { Moment } from './ledger.ts';

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

export function createPace(now: () => Moment): Pace {
  /** From one to the next, smoothed; undefined before two have left in a row. */
  let gapMs: number | undefined;
  /** When the newest has left, if others waited then. */
  let tookAt: Moment | undefined;

  return {
    took(left) {
      if (tookAt !== undefined) {
        const ms = now() - tookAt;
        gapMs = gapMs === undefined ? ms : gapMs + (ms - gapMs) / 8;
      }
      tookAt = left === 'others wait' ? now() : undefined;
    },
    waitMs(ahead) {
      if (gapMs === undefined) return 0;
      const untilNext = tookAt === undefined ? 0 : Math.max(0, tookAt + gapMs - now());
      return untilNext + ahead * gapMs;
    },
  };
}
