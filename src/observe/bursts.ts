import type { Log } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';

/**
 * A line of the log. The messages and the names of the data are an API: they change with a line in the changelog only.
 */
export interface Line {
  readonly level: 'debug' | 'info' | 'warn';
  readonly message: string;
  readonly data: object;
}

/** A line that many may resemble: about which of many, and the data that all of them have in common. */
export interface OneOfMany extends Line {
  readonly of: 'slots' | 'hosts' | 'images';
  readonly bearer: string;
  readonly common: object;
}

/** Lines that resemble each other and come close together. */
interface Burst {
  readonly first: OneOfMany;
  readonly bearers: Set<string>;
  readonly began: number;
  count: number;
  lastAt: number;
}

/** Ten thousand slots are few lines. */
export interface Bursts {
  /** Writes the first few as they are, and the others at debug. */
  write(line: OneOfMany): void;
  /** Tells of those that are over, or last long, how many they were in all. Called on each tick. */
  tell(): void;
  /** The same of all, as nothing more is written. */
  end(): void;
}

/** So many lines of a burst are written as they are. */
const named = 3;
/** In milliseconds: after so long without another line it is over, and one that does not end is told of. */
const quiet = 60_000;
const longest = 300_000;

export function createBursts(log: Log, clock: Pick<Clock, 'mono'>): Bursts {
  const bursts = new Map<string, Burst>();

  function tellOf({ first, bearers, began, lastAt, count }: Burst): void {
    if (count <= named) return;
    const data = { ...first.common, count, [first.of]: [...bearers], within_seconds: Math.ceil((lastAt - began) / 1000) };
    log[first.level](`${first.message}, in all`, data);
  }

  return {
    write(line) {
      const id = JSON.stringify([line.level, line.message, line.common]);
      const burst = bursts.get(id) ?? { first: line, bearers: new Set(), began: clock.mono(), count: 0, lastAt: 0 };
      bursts.set(id, burst);
      burst.count++;
      burst.lastAt = clock.mono();
      if (burst.bearers.size < named) burst.bearers.add(line.bearer);
      log[burst.count > named ? 'debug' : line.level](line.message, line.data);
    },
    tell() {
      const now = clock.mono();
      for (const [id, burst] of bursts) {
        if (now - burst.lastAt < quiet && now - burst.began < longest) continue;
        bursts.delete(id);
        tellOf(burst);
      }
    },
    end() {
      for (const burst of bursts.values()) tellOf(burst);
      bursts.clear();
    },
  };
}
