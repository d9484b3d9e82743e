import type { Limits } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import type { Deadlines } from './deadlines.ts';
import { type AttemptEnd, type Health, type Healthy, hasHung, isHealthy } from './health.ts';

/**
 * The places of one target for concurrent writes. If there are several, failed and hanging slots leave one to healthy
 * slots. So do doubtful slots, and untried ones while healthy slots hang, to answered ones. Hanging slots have a single
 * place, and while every attempt is refused, so have failed and hanging slots together.
 */
export interface Places {
  readonly empty: boolean;
  /** Whether slots of this health are not known to hang. */
  trusts(health: Health): boolean;
  /** Whether a place is free for a slot of this health. */
  isFree(health: Health): boolean;
  take(health: Health): void;
  leave(health: Health, end: AttemptEnd): void;
  /** The estimated wait of a healthy slot in milliseconds, with `ahead` others before it. */
  waitMs(health: Healthy, ahead: number): number;
}

export function createPlaces(
  limits: () => Pick<Limits, 'concurrency'>,
  deadlines: Pick<Deadlines, 'areShort'>,
  clock: Pick<Clock, 'mono'>,
): Places {
  const running: Record<Health, number> = { answered: 0, doubtful: 0, untried: 0, failed: 0, hanging: 0 };
  /** Failures in a row that did not hang. */
  let refusalsInRow = 0;
  /** The smoothed duration of attempts. */
  const attemptMs: Record<Health, number> = { answered: 0, doubtful: 0, untried: 0, failed: 0, hanging: 0 };
  /** When the newest attempt began, in monotonic time. */
  let takenAt = Number.NEGATIVE_INFINITY;

  const all = (): number => running.answered + running.doubtful + running.untried + running.failed + running.hanging;
  const trusts = (health: Health): boolean => health === 'answered' || (health === 'untried' && !deadlines.areShort);
  const severalLessOne = (): number => Math.max(1, limits().concurrency - 1);
  const forFailed = (): number => (refusalsInRow < 2 * limits().concurrency ? severalLessOne() : 1);

  function isFree(health: Health): boolean {
    if (all() >= limits().concurrency) return false;
    if (health === 'hanging' && running.hanging > 0) return false;
    if (!isHealthy(health)) return running.failed + running.hanging < forFailed();
    return trusts(health) || running.doubtful + (trusts('untried') ? 0 : running.untried) < severalLessOne();
  }

  return {
    get empty() {
      return all() === 0;
    },
    trusts,
    isFree,
    take(health) {
      running[health]++;
      takenAt = clock.mono();
    },
    leave(health, end) {
      running[health]--;
      refusalsInRow = end.result === 'failed' && !hasHung(end) ? refusalsInRow + 1 : 0;
      attemptMs[health] += (end.ms - attemptMs[health]) / 4;
    },
    waitMs(health, ahead) {
      if (isFree(health)) return 0;
      // Only the age of a running attempt is known. On average it takes as long again.
      return ((ahead + 1) * Math.max(attemptMs[health], clock.mono() - takenAt)) / limits().concurrency;
    },
  };
}
