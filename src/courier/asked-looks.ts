import type { Condition } from './condition.ts';
import type { Moment, TargetRecord } from './ledger.ts';
import { lookAgainAfter } from './timing.ts';

/** Looks on request, with a minimum interval between them. */
interface AskedLooks {
  /** Begins the look now, or schedules it if the last request was a moment ago. */
  ask(lookNow: () => void): void;
  /** When the next look is due, requested or not; `lookedAt`: when the last one began. */
  dueAt(lookedAt: Moment): Moment;
}

export function createAskedLooks(record: TargetRecord, condition: Condition, now: () => Moment): AskedLooks {
  /** When the newest requested look begins. */
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
