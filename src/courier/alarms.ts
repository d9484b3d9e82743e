import type { Clock } from '../contract/clock.ts';

/** Deadlines of many jobs, kept by one sleeper: a job that ends in time costs no timer of its own. */
export interface Alarms {
  /** Calls `ring` in so many milliseconds of monotonic time, unless it is cleared before. */
  set(ms: number, ring: () => void): () => void;
  /** Nothing will ring any more. */
  close(): void;
}

interface Alarm {
  readonly at: number;
  ring(): void;
}

export function createAlarms(clock: Clock): Alarms {
  const alarms = new Set<Alarm>();
  let wakeAt = Number.POSITIVE_INFINITY;
  let sleep = new AbortController();

  /** Sleeps until the earliest alarm. One that is cleared meanwhile leaves it asleep: the next alarm is most likely a later one. */
  async function watch(): Promise<void> {
    while (alarms.size > 0) {
      wakeAt = Number.POSITIVE_INFINITY;
      for (const { at } of alarms) wakeAt = Math.min(wakeAt, at);
      sleep = new AbortController();
      await clock.sleep(wakeAt - clock.mono(), sleep.signal);
      for (const alarm of alarms) if (alarm.at <= clock.mono() && alarms.delete(alarm)) alarm.ring();
    }
    wakeAt = Number.POSITIVE_INFINITY;
  }

  return {
    set(ms, ring) {
      const alarm = { at: clock.mono() + ms, ring };
      const asleep = wakeAt < Number.POSITIVE_INFINITY;
      alarms.add(alarm);
      if (!asleep) void watch();
      else if (alarm.at < wakeAt) sleep.abort();
      return () => void alarms.delete(alarm);
    },
    close() {
      alarms.clear();
      sleep.abort();
    },
  };
}
