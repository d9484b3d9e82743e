import type { Clock } from '../contract/clock.ts';
import type { Moment } from './ledger.ts';

/** The work of one turn of the loop. */
export interface Turn {
  /** Examines everything. */
  scan(): void;
  /** Examines only what is queued or has its own timer. */
  step(): void;
  /** When the next turn is needed at the latest, apart from the regular tick. */
  wakeAt(): Moment;
}

/** Runs the turns: on every tick, when a timer of the work is due, and whenever the loop is woken. */
export interface Loop {
  /** Makes the next turn come immediately. */
  wake(): void;
  /** Makes the next turn come immediately, as a scan. */
  scanSoon(): void;
  /** Takes one turn now. */
  take(turn: Turn): void;
  /** Takes turns until the signal is aborted. */
  run(turn: Turn, signal: AbortSignal): Promise<void>;
  /** Milliseconds since the last turn began; 0 before the first. Time in suspend does not count. */
  readonly sinceStepMs: number;
}

export function createLoop(clock: Clock, now: () => Moment, tickMs: number): Loop {
  let scanAt = now();
  let steppedMono: number | undefined;
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

  // With an explicit reason, because abort() without one creates an exception with a stack each time.
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
      return steppedMono === undefined ? 0 : clock.mono() - steppedMono;
    },
  };
}
