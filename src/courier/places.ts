import type { Limits } from '../contract/adapter.ts';
import type { Entry } from './ledger.ts';
import { second } from './timing.ts';

/** Of the slot that takes a place, by its last attempt; untried: there was none since the start. */
export type Health = 'healthy' | 'untried' | 'failed';

export function healthOf({ trouble, result }: Pick<Entry, 'trouble' | 'result'>): Health {
  if (trouble) return 'failed';
  return result === undefined ? 'untried' : 'healthy';
}

/** An attempt that fails so late has hung. */
const hungMs = 10 * second;

/**
 * The places of one target, for as many writes at a time. Failed slots leave one to healthy ones where there are
 * several, and have one while everything fails.
 */
export interface Places {
  readonly empty: boolean;
  /** Untried slots have hung lately, so more of them may. */
  readonly doubtful: boolean;
  /** Whether there is a place for a slot of this health. */
  isFree(health: Health): boolean;
  take(health: Health): void;
  /** The attempt took so many milliseconds, and came to this. */
  leave(health: Health, ms: number, result: 'delivered' | 'failed'): void;
  /** For how many milliseconds a failed slot waits that has so many others before it. */
  waitMs(ahead: number): number;
}

export function createPlaces(limits: () => Pick<Limits, 'concurrency'>): Places {
  let running = 0;
  /** Of those that run: failed ones. */
  let retrying = 0;
  /** How many attempts at untried slots must not hang before these are trusted again. */
  let doubts = 0;
  let failuresInRow = 0;
  /** How long an attempt at a failed slot takes, smoothed. */
  let retryMs = 0;

  function forFailed(): number {
    const { concurrency } = limits();
    return failuresInRow >= 2 * concurrency ? 1 : Math.max(1, concurrency - 1);
  }

  return {
    get empty() {
      return running === 0;
    },
    get doubtful() {
      return doubts > 0;
    },
    isFree: health => running < limits().concurrency && (health !== 'failed' || retrying < forFailed()),
    take(health) {
      running++;
      if (health === 'failed') retrying++;
    },
    leave(health, ms, result) {
      running--;
      failuresInRow = result === 'failed' ? failuresInRow + 1 : 0;
      if (health === 'untried') doubts = result === 'failed' && ms >= hungMs ? 2 * limits().concurrency : Math.max(0, doubts - 1);
      if (health !== 'failed') return;
      retrying--;
      retryMs += (ms - retryMs) / 4;
    },
    waitMs: ahead => (ahead * retryMs) / forFailed(),
  };
}
