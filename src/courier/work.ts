import type { Clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';
import { createAlarms } from './alarms.ts';

/** How long work that was told to stop may take to say so. */
const graceMs = 1000;

/** All that is under way, so that it can be waited for and told to stop. */
export interface Work {
  /**
   * Runs `job` with a signal that is aborted after `ms` or when everything is stopped. A job that does not even then end is left behind.
   * `writes`: what such a job began may still land.
   */
  bounded<T>(ms: number, writes: boolean, job: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Runs `job` with a signal that is aborted only when everything is stopped. */
  endless(job: (signal: AbortSignal) => Promise<void>): Promise<void>;
  /** Keeps a promise among what is under way. */
  track(job: Promise<void>): void;
  readonly busy: boolean;
  /** Nothing new may be started. */
  readonly closing: boolean;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
  /** Gives what is under way so many milliseconds to end by itself, then tells it to stop. */
  close(ms: number): Promise<void>;
}

export function createWork(clock: Clock): Work {
  const alarms = createAlarms(clock);
  const underWay = new Set<Promise<void>>();
  const stops = new Set<() => void>();
  let closing = false;

  async function idle(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay);
  }

  return {
    async bounded(ms, writes, job) {
      const cut = new AbortController();
      const { promise: leftBehind, reject } = Promise.withResolvers<never>();
      const end = (why: string) => {
        clear();
        clear = alarms.set(graceMs, () => reject(cut.signal.reason as Failure));
        cut.abort(new Failure('TIMEOUT', why, { mayLand: writes }));
      };
      const stop = () => end('the courier is stopping');
      let clear = alarms.set(ms, () => end(`no answer within ${Math.round(ms / 100) / 10} s`));
      stops.add(stop);
      try {
        return await Promise.race([job(cut.signal), leftBehind]);
      } finally {
        stops.delete(stop);
        clear();
      }
    },
    async endless(job) {
      const cut = new AbortController();
      const stop = () => cut.abort();
      stops.add(stop);
      await job(cut.signal).finally(() => stops.delete(stop));
    },
    track(job) {
      underWay.add(job);
      void job.finally(() => underWay.delete(job));
    },
    get busy() {
      return underWay.size > 0;
    },
    get closing() {
      return closing;
    },
    idle,
    async close(ms) {
      closing = true;
      const patience = new AbortController();
      await Promise.race([idle(), clock.sleep(ms, patience.signal)]);
      patience.abort();
      for (const stop of stops) stop();
      await idle();
      alarms.close();
    },
  };
}
