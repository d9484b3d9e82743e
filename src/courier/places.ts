import type { Limits } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import type { Entry } from './ledger.ts';
import { second } from './timing.ts';

/**
 * The health of a slot by its attempts. answered: the last one succeeded. doubtful: it did, but an earlier one hung.
 * untried: none since the start. failed: the last one failed. All but failed slots are healthy.
 */
export type Health = 'answered' | 'doubtful' | 'untried' | 'failed';

export function healthOf({ trouble, result, distrust }: Pick<Entry, 'trouble' | 'result' | 'distrust'>): Health {
  if (trouble) return 'failed';
  if (result === undefined) return 'untried';
  return distrust ? 'doubtful' : 'answered';
}

/** The result of an attempt and its duration, without time in suspend. cutMs: the short deadline that has ended it. */
export interface AttemptEnd {
  readonly ms: number;
  readonly result: 'delivered' | 'failed';
  readonly cutMs?: number | undefined;
}

/** An attempt that fails after this time has hung. */
const hungMs = 10 * second;
const hasHung = ({ ms, result }: AttemptEnd): boolean => result === 'failed' && ms >= hungMs;

/** The shortest deadline. Most managers answer a write within it. */
const shortestMs = 250;
/** The deadline of a slot grows by this factor after it has ended an attempt. */
const growth = 4;

/** How many attempts in a row must succeed before a slot that has hung is trusted again. */
const answersForTrust = 8;

/** `Entry.distrust` after an attempt. */
export function distrustAfter({ distrust = 0 }: Pick<Entry, 'distrust'>, end: AttemptEnd): number | undefined {
  if (hasHung(end)) return answersForTrust;
  const left = end.result === 'delivered' ? distrust - 1 : distrust;
  return left > 0 ? left : undefined;
}

/**
 * The places of one target for concurrent writes. If there are several, failed slots leave one to healthy slots;
 * doubtful slots, and untried ones once a healthy one has hung, leave one to answered slots. Failed slots have a single
 * place while everything fails, unless short deadlines end the attempts.
 */
export interface Places {
  readonly empty: boolean;
  /** Whether slots of this health are not known to hang. */
  trusts(health: Health): boolean;
  /** Whether a place is free for a slot of this health. */
  isFree(health: Health): boolean;
  /**
   * The deadline of an attempt. Once a healthy slot has hung, an attempt that takes far longer than any successful one
   * fails early, so that the others do not wait for each hanging slot: at first after 10 s, and after half the time for
   * each that fails so. It is retried with more time, up to the whole deadline. cutMs: that of the slot's last attempt.
   */
  deadlineMs(health: Health, cutMs: number | undefined): number;
  take(health: Health): void;
  leave(health: Health, end: AttemptEnd): void;
  /** The estimated wait of a healthy slot in milliseconds, with `ahead` others before it. */
  waitMs(health: Health, ahead: number): number;
}

export function createPlaces(limits: () => Pick<Limits, 'concurrency' | 'deliverMs'>, clock: Pick<Clock, 'mono'>): Places {
  const running: Record<Health, number> = { answered: 0, doubtful: 0, untried: 0, failed: 0 };
  /** How many attempts at answered and untried slots must end without a hang before these are trusted again. */
  let trustedAfter = 0;
  let failuresInRow = 0;
  /** Whether a short deadline has ended the last attempt. Then no place is held for long. */
  let lastWasCut = false;
  /** The smoothed duration of attempts. */
  const attemptMs: Record<Health, number> = { answered: 0, doubtful: 0, untried: 0, failed: 0 };
  let slowestAnsweredMs = 0;
  /** The deadline of attempts while slots hang. */
  let patienceMs = hungMs;
  /** When the newest attempt began, in monotonic time. */
  let takenAt = Number.NEGATIVE_INFINITY;

  const all = (): number => running.answered + running.doubtful + running.untried + running.failed;
  const trusts = (health: Health): boolean => health === 'answered' || (health === 'untried' && trustedAfter === 0);
  const severalLessOne = (): number => Math.max(1, limits().concurrency - 1);
  const forFailed = (): number => (failuresInRow >= 2 * limits().concurrency && !lastWasCut ? 1 : severalLessOne());

  function isFree(health: Health): boolean {
    if (all() >= limits().concurrency) return false;
    if (health === 'failed') return running.failed < forFailed();
    return trusts(health) || running.doubtful + (trusts('untried') ? 0 : running.untried) < severalLessOne();
  }

  return {
    get empty() {
      return all() === 0;
    },
    trusts,
    isFree,
    deadlineMs(health, cutMs) {
      const { deliverMs } = limits();
      if (trustedAfter === 0) return deliverMs;
      const ofFailed = cutMs === undefined ? deliverMs : growth * cutMs;
      return Math.min(deliverMs, Math.max(health === 'failed' ? ofFailed : patienceMs, 4 * slowestAnsweredMs));
    },
    take(health) {
      running[health]++;
      takenAt = clock.mono();
    },
    leave(health, end) {
      const { ms, result, cutMs } = end;
      running[health]--;
      failuresInRow = result === 'failed' ? failuresInRow + 1 : 0;
      lastWasCut = cutMs !== undefined;
      if (health === 'answered' || health === 'untried') {
        trustedAfter = hasHung(end) || cutMs !== undefined ? 2 * limits().concurrency : Math.max(0, trustedAfter - 1);
        if (cutMs !== undefined) patienceMs = Math.max(shortestMs, patienceMs / 2);
        else if (trustedAfter === 0) patienceMs = hungMs;
      }
      if (result === 'delivered') slowestAnsweredMs = Math.max(slowestAnsweredMs, ms);
      attemptMs[health] += (ms - attemptMs[health]) / 4;
    },
    waitMs(health, ahead) {
      if (isFree(health)) return 0;
      // Only the age of a running attempt is known. On average it takes as long again.
      return ((ahead + 1) * Math.max(attemptMs[health], clock.mono() - takenAt)) / limits().concurrency;
    },
  };
}
