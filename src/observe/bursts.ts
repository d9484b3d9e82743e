import type { Log } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';

/** A line of the log. Messages and the names of the data are an API: they change only with a line in the changelog. */
export interface Line {
  readonly level: 'debug' | 'info' | 'warn';
  readonly message: string;
  readonly data: object;
}

/** A line that may repeat for many items: the item, its kind, and the data that all of them share. */
export interface OneOfMany extends Line {
  readonly of: 'slots' | 'hosts' | 'images';
  readonly bearer: string;
  readonly common: object;
}

/** Similar lines in quick succession. */
interface Burst {
  readonly first: OneOfMany;
  readonly bearers: Set<string>;
  readonly began: number;
  count: number;
  lastAt: number;
}

/** Condenses similar lines, so that ten thousand slots make only a few. */
export interface Bursts {
  /** Writes the first few lines of a burst at their level, and the others at debug. */
  write(line: OneOfMany): void;
  /** Logs a total for each burst that is over, or has lasted long. Called on each tick. */
  tell(): void;
  /** Logs the totals of all bursts, before the log ends. */
  end(): void;
}

/** The number of lines of a burst that are written at their level. */
const named = 3;
/**
 * In milliseconds. A burst is over after `quiet` without another line; one that goes on is reported after `longest`.
 */
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
