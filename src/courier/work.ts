import type { Clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';

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
  const underWay = new Set<Promise<void>>();
  const stops = new Set<() => void>();
  let closing = false;

  async function idle(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay);
  }

  return {
    async bounded(ms, writes, job) {
      const cut = new AbortController();
      const timer = new AbortController();
      const grace = new AbortController();
      const stop = () => {
        cut.abort(new Failure('TIMEOUT', 'the courier is stopping', { mayLand: writes }));
        timer.abort();
      };
      const late = async (): Promise<never> => {
        await clock.sleep(ms, timer.signal);
        if (grace.signal.aborted) return undefined as never; // the race is over
        if (!cut.signal.aborted) cut.abort(new Failure('TIMEOUT', `no answer within ${Math.round(ms / 100) / 10} s`, { mayLand: writes }));
        await clock.sleep(graceMs, grace.signal);
        throw cut.signal.reason;
      };
      stops.add(stop);
      try {
        return await Promise.race([job(cut.signal), late()]);
      } finally {
        stops.delete(stop);
        grace.abort();
        timer.abort();
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
    },
  };
}
