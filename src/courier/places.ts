import type { Limits } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import type { Entry } from './ledger.ts';
import { second } from './timing.ts';

/**
 * Of a slot, by its attempts: the last one was answered; so it was, but one of those before has hung; there was none
 * since the start; the last one failed. All but failed slots are healthy.
 */
export type Health = 'answered' | 'doubtful' | 'untried' | 'failed';

export function healthOf({ trouble, result, distrust }: Pick<Entry, 'trouble' | 'result' | 'distrust'>): Health {
  if (trouble) return 'failed';
  if (result === undefined) return 'untried';
  return distrust ? 'doubtful' : 'answered';
}

/** What an attempt came to, after so many milliseconds awake: in hours of sleep nothing was slow. */
export interface Trial {
  readonly ms: number;
  readonly result: 'delivered' | 'failed';
}

/** An attempt that fails so late has hung. */
const hungMs = 10 * second;
const hasHung = ({ ms, result }: Trial): boolean => result === 'failed' && ms >= hungMs;

/** So many attempts in a row must be answered before a slot that has hung is as good as others. */
const answersForTrust = 8;

/** `Entry.distrust` after an attempt. */
export function distrustAfter({ distrust = 0 }: Pick<Entry, 'distrust'>, trial: Trial): number | undefined {
  if (hasHung(trial)) return answersForTrust;
  const left = trial.result === 'delivered' ? distrust - 1 : distrust;
  return left > 0 ? left : undefined;
}

/**
 * The places of one target, for as many writes at a time. Where there are several, failed slots leave one to healthy
 * ones; doubtful slots, and untried ones once a healthy one has hung, leave one to those that were always answered.
 * Failed slots have one while everything fails.
 */
export interface Places {
  readonly empty: boolean;
  /** Slots of this health are not known to hang. */
  trusts(health: Health): boolean;
  /** Whether there is a place for a slot of this health. */
  isFree(health: Health): boolean;
  /**
   * For how long an attempt may take. Once a healthy slot has hung, the others must not wait for each that hangs as
   * well: what then takes far longer than any that was answered fails early, and is tried again with the whole
   * deadline.
   */
  deadlineMs(health: Health): number;
  take(health: Health): void;
  leave(health: Health, trial: Trial): void;
  /** For how many milliseconds a healthy slot waits that has so many others before it; foreseen, not known. */
  waitMs(health: Health, ahead: number): number;
}

export function createPlaces(limits: () => Pick<Limits, 'concurrency' | 'deliverMs'>, clock: Pick<Clock, 'mono'>): Places {
  const running: Record<Health, number> = { answered: 0, doubtful: 0, untried: 0, failed: 0 };
  /** How many attempts at answered and untried slots must not hang before these are trusted again. */
  let trustedAfter = 0;
  let failuresInRow = 0;
  /** How long an attempt takes, smoothed. */
  const attemptMs: Record<Health, number> = { answered: 0, doubtful: 0, untried: 0, failed: 0 };
  let slowestAnsweredMs = 0;
  /** When the newest attempt began, in time awake. */
  let takenAt = Number.NEGATIVE_INFINITY;

  const all = (): number => running.answered + running.doubtful + running.untried + running.failed;
  const trusts = (health: Health): boolean => health === 'answered' || (health === 'untried' && trustedAfter === 0);
  const severalLessOne = (): number => Math.max(1, limits().concurrency - 1);
  const forFailed = (): number => (failuresInRow >= 2 * limits().concurrency ? 1 : severalLessOne());

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
    deadlineMs(health) {
      const { deliverMs } = limits();
      return health === 'failed' || trustedAfter === 0 ? deliverMs : Math.min(deliverMs, Math.max(hungMs, 4 * slowestAnsweredMs));
    },
    take(health) {
      running[health]++;
      takenAt = clock.mono();
    },
    leave(health, trial) {
      const { ms, result } = trial;
      running[health]--;
      failuresInRow = result === 'failed' ? failuresInRow + 1 : 0;
      if (health === 'answered' || health === 'untried')
        trustedAfter = hasHung(trial) ? 2 * limits().concurrency : Math.max(0, trustedAfter - 1);
      if (result === 'delivered') slowestAnsweredMs = Math.max(slowestAnsweredMs, ms);
      attemptMs[health] += (ms - attemptMs[health]) / 4;
    },
    waitMs(health, ahead) {
      if (isFree(health)) return 0;
      // Of what runs only its age is known: most likely it goes on for as long again.
      return ((ahead + 1) * Math.max(attemptMs[health], clock.mono() - takenAt)) / limits().concurrency;
    },
  };
}
