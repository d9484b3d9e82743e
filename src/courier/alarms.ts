import type { Clock } from '../contract/clock.ts';

/** The deadlines of many jobs, kept by one sleeper: a job that ends in time costs no timer of its own. */
export interface Alarms {
  /** The alarm rings once in so many milliseconds of monotonic time, or when all are rung; never once it is cleared. */
  set(alarm: Alarm, ms: number): void;
  clear(alarm: Alarm): void;
  /** Rings all that are set, before their time. */
  ringAll(): void;
  /** Nothing will ring any more. */
  close(): void;
}

/** Its time has come, or all are rung before it. */
export type Ring = 'time' | 'all';

/** Made by whoever hears it ring, who leaves both numbers to the alarms. */
export interface Alarm {
  /** When it rings, in monotonic time. */
  at: number;
  /** Where it lies in the list; -1 while it is not set. */
  place: number;
  ring(why: Ring): void;
}

export function createAlarms(clock: Clock): Alarms {
  // No Set: where thousands come and go, each table that it outgrows keeps what lay in it from being collected, and the
  // next table with it.
  const alarms: Alarm[] = [];
  let wakeAt = Number.POSITIVE_INFINITY;
  let sleep = new AbortController();

  /** False: it was not set any more. */
  function remove(alarm: Alarm): boolean {
    const { place } = alarm;
    if (place < 0) return false;
    const last = alarms.pop();
    if (last && last !== alarm) {
      alarms[place] = last;
      last.place = place;
    }
    alarm.place = -1;
    return true;
  }

  function ringThose(due: readonly Alarm[], why: Ring): void {
    // One that rings may clear another.
    for (const alarm of due) if (remove(alarm)) alarm.ring(why);
  }

  /**
   * Sleeps until the earliest alarm. When that one is cleared it sleeps on: the next one is most likely later anyway.
   */
  async function watch(): Promise<void> {
    while (alarms.length > 0) {
      wakeAt = Math.min(...alarms.map(({ at }) => at));
      sleep = new AbortController();
      await clock.sleep(wakeAt - clock.mono(), sleep.signal);
      const now = clock.mono();
      ringThose(
        alarms.filter(({ at }) => at <= now),
        'time',
      );
    }
    wakeAt = Number.POSITIVE_INFINITY;
  }

  return {
    set(alarm, ms) {
      alarm.at = clock.mono() + ms;
      alarm.place = alarms.length;
      alarms.push(alarm);
      if (wakeAt === Number.POSITIVE_INFINITY) void watch();
      else if (alarm.at < wakeAt) sleep.abort('an earlier alarm');
    },
    clear: remove,
    ringAll: () => ringThose([...alarms], 'all'),
    close() {
      for (const alarm of alarms) alarm.place = -1;
      alarms.length = 0;
      sleep.abort('closed');
    },
  };
}
