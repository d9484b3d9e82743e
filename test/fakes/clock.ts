import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/contract/clock.ts';

/** A clock that moves only when told, wall and monotonic time apart. */
export interface VirtualClock extends Clock {
  /** Lets both times pass; sleepers wake in their order, and what they start runs before the next one wakes. */
  advance(ms: number): Promise<void>;
  /** The machine sleeps: only wall time passes. */
  suspend(ms: number): void;
  /** Somebody sets the wall clock, forward or back. */
  stepWall(ms: number): void;
  /** The true time, that of all servers: it passes while the machine sleeps and knows nothing of our wall clock. */
  truth(): number;
  /** How many sleep. */
  readonly sleepers: number;
}

interface Sleeper {
  readonly at: number;
  readonly nr: number;
  wake(): void;
}

/** In milliseconds. */
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
        // A pause that is lost in the rounding of a sum would never end.
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
