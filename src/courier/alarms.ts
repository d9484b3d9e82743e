import type { Clock } from '../contract/clock.ts';

/** The deadlines of many jobs, kept by one sleeper: a job that ends in time costs no timer of its own. */
export interface Alarms {
  /** Rings once in so many milliseconds of monotonic time, or when all are rung; never after the returned function was called. */
  set(ms: number, ring: (why: Ring) => void): () => void;
  /** Rings all that are set, before their time. */
  ringAll(): void;
  /** Nothing will ring any more. */
  close(): void;
}

/** Its time has come, or all are rung before it. */
export type Ring = 'time' | 'all';

interface Alarm {
  readonly at: number;
  ring(why: Ring): void;
}

export function createAlarms(clock: Clock): Alarms {
  const alarms = new Set<Alarm>();
  let wakeAt = Number.POSITIVE_INFINITY;
  let sleep = new AbortController();

  /** Sleeps until the earliest alarm. When that one is cleared it sleeps on: the next one is most likely later anyway. */
  async function watch(): Promise<void> {
    while (alarms.size > 0) {
      wakeAt = Math.min(...Array.from(alarms, ({ at }) => at));
      sleep = new AbortController();
      await clock.sleep(wakeAt - clock.mono(), sleep.signal);
      const now = clock.mono();
      // Each is looked up anew: one that rings may clear another.
      for (const alarm of alarms) if (alarm.at <= now && alarms.delete(alarm)) alarm.ring('time');
    }
    wakeAt = Number.POSITIVE_INFINITY;
  }

  return {
    set(ms, ring) {
      const alarm = { at: clock.mono() + ms, ring };
      alarms.add(alarm);
      if (wakeAt === Number.POSITIVE_INFINITY) void watch();
      else if (alarm.at < wakeAt) sleep.abort();
      return () => void alarms.delete(alarm);
    },
    ringAll() {
      const all = [...alarms];
      alarms.clear();
      for (const alarm of all) alarm.ring('all');
    },
    close() {
      alarms.clear();
      sleep.abort();
    },
  };
}
