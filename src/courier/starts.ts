import type { Clock } from '../contract/clock.ts';
import type { Moment } from './ledger.ts';

/** The maximum number of new deliveries. */
const most = 32;
/** A delivery counts as new for this time, at most for twice as long. After that it is slow and delays no other. */
const newMs = 100;

/**
 * Limits how many deliveries of all targets begin at a time. A new delivery costs memory and processor time, so a few
 * dozen are as fast as hundreds. A hanging delivery delays the others only for a moment.
 */
export interface Starts {
  /** Returns false if too many are new. Then `resume` is called when another one may begin; do not ask before that. */
  allow(resume: () => void): boolean;
  /** Records the begin of a delivery, and returns its moment. */
  begin(): Moment;
  /** Records the end of the delivery that began at that moment. */
  end(began: Moment): void;
}

export function createStarts(clock: Pick<Clock, 'sleep'>, now: () => Moment): Starts {
  // Two spans of time in place of a list, which would need an entry per delivery.
  let span = { since: Number.NEGATIVE_INFINITY, running: 0 };
  let former = span;
  const waiting: (() => void)[] = [];

  /** Begins a new span if the present one is over. */
  function turnSpans(): void {
    const since = now();
    if (since < span.since + newMs) return;
    former = since < span.since + 2 * newMs ? span : { since, running: 0 };
    span = { since, running: 0 };
  }

  function isFree(): boolean {
    turnSpans();
    return span.running + former.running < most;
  }

  function resume(): void {
    while (waiting.length > 0 && isFree()) waiting.shift()?.();
  }

  async function resumeLater(): Promise<void> {
    while (waiting.length > 0) {
      await clock.sleep(newMs, new AbortController().signal);
      resume();
    }
  }

  return {
    allow(again) {
      if (isFree()) return true;
      if (waiting.push(again) === 1) void resumeLater();
      return false;
    },
    begin() {
      turnSpans();
      span.running++;
      return now();
    },
    end(began) {
      if (began >= span.since) span.running--;
      else if (began >= former.since) former.running--;
      resume();
    },
  };
}
