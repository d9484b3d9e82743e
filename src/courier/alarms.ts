import type { Clock } from '../contract/clock.ts';

/** The deadlines of many jobs on one timer, so that a job that ends in time needs no timer of its own. */
export interface Alarms {
  /** Rings the alarm once, after `ms` of monotonic time or with `ringAll`, unless it is cleared first. */
  set(alarm: Alarm, ms: number): void;
  clear(alarm: Alarm): void;
  /** Rings all alarms early. */
  ringAll(): void;
  /** Stops the timer. No alarm rings afterwards. */
  close(): void;
}

/** Why an alarm rings: its time has come, or `ringAll` was called. */
export type Ring = 'time' | 'all';

/** An alarm. The caller creates it and leaves `at` and `place` to `Alarms`. */
export interface Alarm {
  /** When it rings, in monotonic time. */
  at: number;
  /** Its index in the list; -1 while it is not set. */
  place: number;
  ring(why: Ring): void;
}

export function createAlarms(clock: Clock): Alarms {
  // Not a Set: with thousands of additions and removals, each hash table that it outgrows keeps its former members and
  // the next table alive.
  const alarms: Alarm[] = [];
  let wakeAt = Number.POSITIVE_INFINITY;
  let sleep = new AbortController();

  /** Returns false if the alarm was not set. */
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
    // A ringing alarm may clear another one.
    for (const alarm of due) if (remove(alarm)) alarm.ring(why);
  }

  /** Sleeps until the earliest alarm, even if that alarm is cleared meanwhile: the next one is usually later anyway. */
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
