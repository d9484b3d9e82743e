import type { Limits } from '../contract/adapter.ts';
import type { Entry, Moment } from './ledger.ts';
import { second } from './timing.ts';

/**
 * Of a slot, by its last attempt; untried: there was none since the start. A slot that was answered or is untried is
 * healthy.
 */
export type Health = 'answered' | 'untried' | 'failed';

export function healthOf({ trouble, result }: Pick<Entry, 'trouble' | 'result'>): Health {
  if (trouble) return 'failed';
  return result === undefined ? 'untried' : 'answered';
}

/** An attempt that fails so late has hung. */
const hungMs = 10 * second;

/**
 * The places of one target, for as many writes at a time. Failed slots leave one to healthy ones where there are
 * several, and have one while everything fails.
 */
export interface Places {
  readonly empty: boolean;
  /** No untried slot has hung lately, so the others may come. */
  readonly trustsUntried: boolean;
  /** Whether there is a place for a slot of this health. */
  isFree(health: Health): boolean;
  take(health: Health): void;
  /** The attempt took so many milliseconds, and came to this. */
  leave(health: Health, ms: number, result: 'delivered' | 'failed'): void;
  /** For how many milliseconds a slot of this health waits that has so many others before it; foreseen, not known. */
  waitMs(health: Health, ahead: number): number;
}

export function createPlaces(limits: () => Pick<Limits, 'concurrency'>, now: () => Moment): Places {
  let running = 0;
  /** Of those that run: failed ones. */
  let retrying = 0;
  /** How many attempts at untried slots must not hang before these are trusted again. */
  let trustedAfter = 0;
  let failuresInRow = 0;
  /** How long an attempt takes, smoothed. */
  const attemptMs: Record<Health, number> = { answered: 0, untried: 0, failed: 0 };
  /** When the newest attempt began. */
  let takenAt = Number.NEGATIVE_INFINITY;

  function forFailed(): number {
    const { concurrency } = limits();
    return failuresInRow >= 2 * concurrency ? 1 : Math.max(1, concurrency - 1);
  }

  const isFree = (health: Health): boolean => running < limits().concurrency && (health !== 'failed' || retrying < forFailed());

  return {
    get empty() {
      return running === 0;
    },
    get trustsUntried() {
      return trustedAfter === 0;
    },
    isFree,
    take(health) {
      running++;
      takenAt = now();
      if (health === 'failed') retrying++;
    },
    leave(health, ms, result) {
      running--;
      failuresInRow = result === 'failed' ? failuresInRow + 1 : 0;
      if (health === 'untried')
        trustedAfter = result === 'failed' && ms >= hungMs ? 2 * limits().concurrency : Math.max(0, trustedAfter - 1);
      if (health === 'failed') retrying--;
      attemptMs[health] += (ms - attemptMs[health]) / 4;
    },
    waitMs(health, ahead) {
      if (health === 'failed') return (ahead * attemptMs.failed) / forFailed();
      if (isFree(health)) return 0;
      // Of what runs only its age is known: most likely it goes on for as long again.
      return ((ahead + 1) * Math.max(attemptMs[health], now() - takenAt)) / limits().concurrency;
    },
  };
}
