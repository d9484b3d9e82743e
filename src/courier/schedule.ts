import { Cron } from 'croner';

/** Why a cron pattern is invalid; undefined if it is valid. Times are UTC. */
export function cronMistake(pattern: string): string | undefined {
  try {
    return new Cron(pattern, { paused: true, utcOffset: 0 }).nextRun() ? undefined : 'it never comes true';
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, '');
  }
}

/**
 * Returns a function for the next discovery of a target, in milliseconds of wall time: the pattern's next match after
 * `wall`. For a pattern without seconds, `second` (0 to 59, drawn once per target) picks the second of the minute, so
 * that many couriers do not ask at the same time.
 */
export function cronSchedule(pattern: string): (wall: number, second: number) => number {
  const cron = new Cron(pattern, { paused: true, utcOffset: 0 });
  const wholeMinutes = pattern.trim().split(/\s+/).length <= 5;
  /** The last result and the time from which it holds, cached because every target asks at every discovery. */
  let known = { from: Number.POSITIVE_INFINITY, next: 0 };
  function nextAfter(wall: number): number | undefined {
    if (wall >= known.from && wall < known.next) return known.next;
    const next = cron.nextRun(new Date(wall))?.getTime();
    if (next !== undefined) known = { from: wall, next };
    return next;
  }
  return (wall, second) => {
    const shift = wholeMinutes ? second * 1000 : 0;
    const next = nextAfter(wall - shift);
    return next === undefined ? wall + 60_000 : next + shift;
  };
}

const minuteMs = 60_000;
const minuteOf = (wall: number): number => Math.floor(wall / minuteMs) * minuteMs;

/**
 * Returns a function for the opening of a window: the wall time itself while the pattern matches any second of its
 * minute, else the begin of the next such minute. Windows are whole minutes, because no delivery could hit a single
 * second.
 */
export function cronWindow(pattern: string): (wall: number) => number {
  const cron = new Cron(pattern, { paused: true, utcOffset: 0 });
  return wall => {
    const next = cron.nextRun(new Date(minuteOf(wall) - 1))?.getTime() ?? Number.POSITIVE_INFINITY;
    return Math.max(wall, minuteOf(next));
  };
}
