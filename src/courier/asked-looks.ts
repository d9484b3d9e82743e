import type { Condition } from './condition.ts';
import type { Moment, TargetRecord } from './ledger.ts';
import { lookAgainAfter } from './timing.ts';

/** Looks that somebody asked for. However often they ask, these looks keep a distance. */
export interface AskedLooks {
  /** Begins the look now, or foresees one where the last one was asked for a moment ago. */
  ask(lookNow: () => void): void;
  /** When the next look is due, asked for or not; `lookedAt`: when the last one began. */
  dueAt(lookedAt: Moment): Moment;
}

export function createAskedLooks(record: TargetRecord, condition: Condition, now: () => Moment): AskedLooks {
  /** When the newest one begins. */
  let askedAt = Number.NEGATIVE_INFINITY;
  return {
    ask(lookNow) {
      if (condition.keepsPause() || askedAt > now()) return;
      askedAt = Math.max(now(), askedAt + lookAgainAfter);
      if (askedAt <= now()) lookNow();
      else condition.lookBy(askedAt);
    },
    dueAt(lookedAt) {
      const { nextDiscoveryAt } = record;
      return askedAt > lookedAt && !condition.keepsPause() ? Math.min(askedAt, nextDiscoveryAt) : nextDiscoveryAt;
    },
  };
}
