import type { Clock } from '../contract/clock.ts';
import { Failure, type FailureFacts } from '../contract/failures.ts';
import { createAlarms, type Ring } from './alarms.ts';

/** How long work that was told to stop may take to say so. */
const graceMs = 1000;

/** All that is under way, so that it can be waited for and told to stop. */
export interface Work {
  /**
   * Runs `job` with a signal that is aborted after `ms` or when everything is stopped. A job that does not even then
   * end is left behind.
   * leftBehind: what its failure then says, such as that what it began may still land.
   */
  bounded<T>(ms: number, job: (signal: AbortSignal) => Promise<T>, leftBehind?: FailureFacts): Promise<T>;
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
  const watches = new Set<AbortController>();
  let underWay = 0;
  let quiet = Promise.withResolvers<void>();
  let closing = false;

  function ended(): void {
    if (--underWay > 0) return;
    quiet.resolve();
    quiet = Promise.withResolvers();
  }

  const busy = () => underWay > 0;

  async function idle(): Promise<void> {
    while (busy()) await quiet.promise;
  }

  return {
    bounded(ms, job, leftBehind = {}) {
      return new Promise((resolve, reject) => {
        const cut = new AbortController();
        const end = (ring: Ring) => {
          const why = ring === 'all' ? 'the courier is stopping' : `no answer within ${Math.round(ms / 100) / 10} s`;
          // Whether a write went out is known to the one who sent it; of a job that does not end nobody knows.
          cut.abort(new Failure('TIMEOUT', why));
          clear = alarms.set(graceMs, () => reject(new Failure('TIMEOUT', why, leftBehind)));
        };
        let clear = alarms.set(ms, end);
        job(cut.signal).then(
          result => {
            clear();
            return resolve(result);
          },
          (error: Error) => {
            clear();
            reject(error);
          },
        );
      });
    },
    async endless(job) {
      const cut = new AbortController();
      watches.add(cut);
      await job(cut.signal).finally(() => watches.delete(cut));
    },
    track(job) {
      underWay++;
      job.then(ended, (error: Error) => {
        ended();
        throw error;
      });
    },
    get busy() {
      return busy();
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
      for (const watch of watches) watch.abort();
      alarms.ringAll();
      await idle();
      alarms.close();
    },
  };
}
