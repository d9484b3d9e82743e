import type { Clock } from '../contract/clock.ts';
import type { Moment } from './ledger.ts';

/** So many deliveries at a time may be new. */
const most = 64;
/** From then on a delivery is slow, and counts no more: it keeps nobody waiting. At the latest after twice as long. */
const newMs = 100;

/**
 * When deliveries of all targets together begin. What was just begun costs memory and processor time here, so a few
 * dozen new ones at a time are as fast as hundreds. One that hangs delays the others by no more than a moment.
 */
export interface Starts {
  /** False: too many are new. `resume` is called when another one may begin; meanwhile do not ask again. */
  allow(resume: () => void): boolean;
  /** A delivery begins, at this moment. */
  begin(): Moment;
  /** The delivery that began then has ended. */
  end(began: Moment): void;
}

export function createStarts(clock: Pick<Clock, 'sleep'>, now: () => Moment): Starts {
  // Spans of time instead of a list: a list would keep what is under way.
  let span = { since: Number.NEGATIVE_INFINITY, running: 0 };
  let former = span;
  const waiting: (() => void)[] = [];

  /** Begins a new span when the present one is over. */
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
