import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/contract/clock.ts';

/** A clock that moves only when told. Wall and monotonic time are separate. */
export interface VirtualClock extends Clock {
  /** Advances both times. Sleepers wake in order, and the code that one starts runs before the next one wakes. */
  advance(ms: number): Promise<void>;
  /** Suspends the machine: only wall time passes. */
  suspend(ms: number): void;
  /** Sets the wall clock forward or back. */
  stepWall(ms: number): void;
  /**
   * The true time, which all servers have. It passes while the machine is suspended and ignores steps of the wall
   * clock.
   */
  truth(): number;
  /** The number of sleepers. */
  readonly sleepers: number;
}

interface Sleeper {
  readonly at: number;
  readonly nr: number;
  wake(): void;
}

/** The shortest pause, in milliseconds. */
const shortest = 0.001;

export function createVirtualClock(start = Date.UTC(2026, 0, 1)): VirtualClock {
  const sleepers = new Set<Sleeper>();
  let mono = 0;
  let shift = start;
  let slept = 0;
  let nr = 0;

  function earliest(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers)
      if (!first || sleeper.at < first.at || (sleeper.at === first.at && sleeper.nr < first.nr)) first = sleeper;
    return first;
  }

  return {
    wall: () => Math.round(mono + shift),
    mono: () => mono,
    sleep: (ms, signal) =>
      new Promise(resolve => {
        if (signal.aborted) return resolve();
        const wake = () => {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        // A shorter pause could be lost in rounding and would never end.
        const sleeper: Sleeper = { at: mono + (ms > 0 ? Math.max(shortest, ms) : 0), nr: nr++, wake };
        sleepers.add(sleeper);
        signal.addEventListener('abort', wake);
      }),
    async advance(ms) {
      const end = mono + ms;
      await turn();
      for (let next = earliest(); next && next.at <= end; next = earliest()) {
        mono = Math.max(mono, next.at);
        next.wake();
        await turn();
      }
      mono = end;
    },
    suspend(ms) {
      shift += ms;
      slept += ms;
    },
    stepWall(ms) {
      shift += ms;
    },
    truth: () => Math.round(start + mono + slept),
    get sleepers() {
      return sleepers.size;
    },
  };
}
