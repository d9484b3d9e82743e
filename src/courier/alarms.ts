import type { Clock } from '../contract/clock.ts';

/** The deadlines of many jobs, kept by one sleeper: a job that ends in time costs no timer of its own. */
export interface Alarms {
  /** Rings once in so many milliseconds of monotonic time, or when all are rung; never after the returned function was called. */
  set(ms: number, ring: (early: boolean) => void): () => void;
  /** Rings all that are set, before their time. */
  ringAll(): void;
  /** Nothing will ring any more. */
  close(): void;
}

interface Alarm {
  readonly at: number;
  /** Its place in the list. */
  index: number;
  ring(early: boolean): void;
}

export function createAlarms(clock: Clock): Alarms {
  // No Set: V8 keeps the tables that a busy Set has outgrown, with all that was in them, until the next full collection.
  const alarms: Alarm[] = [];
  let wakeAt = Number.POSITIVE_INFINITY;
  let sleep = new AbortController();

  function remove(alarm: Alarm): void {
    if (alarms[alarm.index] !== alarm) return;
    const last = alarms.pop();
    if (!last || last === alarm) return;
    last.index = alarm.index;
    alarms[last.index] = last;
  }

  /** Sleeps until the earliest alarm. When that one is removed it sleeps on: the next one is most likely later anyway. */
  async function watch(): Promise<void> {
    while (alarms.length > 0) {
      wakeAt = alarms.reduce((earliest, { at }) => Math.min(earliest, at), Number.POSITIVE_INFINITY);
      sleep = new AbortController();
      await clock.sleep(wakeAt - clock.mono(), sleep.signal);
      for (const alarm of alarms.filter(({ at }) => at <= clock.mono())) {
        remove(alarm);
        alarm.ring(false);
      }
    }
    wakeAt = Number.POSITIVE_INFINITY;
  }

  return {
    set(ms, ring) {
      const alarm = { at: clock.mono() + ms, index: alarms.length, ring };
      alarms.push(alarm);
      if (wakeAt === Number.POSITIVE_INFINITY) void watch();
      else if (alarm.at < wakeAt) sleep.abort();
      return () => remove(alarm);
    },
    ringAll() {
      for (const alarm of alarms.splice(0)) alarm.ring(true);
    },
    close() {
      alarms.length = 0;
      sleep.abort();
    },
  };
}
