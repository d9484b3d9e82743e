import type { Clock } from '../contract/clock.ts';
import type { Moment } from './ledger.ts';

/** What is done in one turn of the loop. */
export interface Turn {
  /** Looks at everything. */
  scan(): void;
  /** Looks only at what is queued or due by its own clock. */
  step(): void;
  /** When the next turn is wanted at the latest, the scanning tick apart. */
  wakeAt(): Moment;
}

/** When the turns come: on every tick, when something is due by its own clock, and whenever somebody wakes the loop. */
export interface Loop {
  /** The next turn comes at once. */
  wake(): void;
  /** The next turn comes at once and looks at everything. */
  scanSoon(): void;
  /** One turn, now. */
  take(turn: Turn): void;
  /** Turns until the signal is aborted. */
  run(turn: Turn, signal: AbortSignal): Promise<void>;
  /** Milliseconds since the last turn began. A suspended machine does not age it. */
  readonly sinceStepMs: number;
}

export function createLoop(clock: Clock, now: () => Moment, tickMs: number): Loop {
  let scanAt = now();
  let steppedMono = clock.mono();
  let wakeup = new AbortController();

  function take(turn: Turn): void {
    steppedMono = clock.mono();
    if (now() < scanAt) return turn.step();
    scanAt = now() + tickMs;
    turn.scan();
  }

  async function rest(turn: Turn): Promise<void> {
    const until = Math.min(scanAt, turn.wakeAt());
    await clock.sleep(Math.max(0, until - now()), wakeup.signal);
    wakeup = new AbortController();
  }

  // With a reason of its own: else each call makes an exception with its stack.
  const wake = () => wakeup.abort('woken');
  return {
    wake,
    scanSoon() {
      scanAt = now();
      wake();
    },
    take,
    async run(turn, signal) {
      signal.addEventListener('abort', wake);
      while (!signal.aborted) {
        take(turn);
        await rest(turn);
      }
    },
    get sinceStepMs() {
      return clock.mono() - steppedMono;
    },
  };
}
