import type { Clock } from '../contract/clock.ts';
import { Failure, type FailureFacts } from '../contract/failures.ts';
import { type Alarm, type Alarms, createAlarms, type Ring } from './alarms.ts';

/** How long aborted work may take to end, in milliseconds. */
const graceMs = 1000;

/** Tracks all pending work, so that it can be awaited and aborted. */
export interface Work {
  /**
   * Runs `job` with a signal that is aborted after `ms` or by `close`. A job that ignores the signal is abandoned.
   * leftBehind: facts of the failure in that case, such as that its write may still land.
   */
  bounded<T>(ms: number, job: (signal: AbortSignal) => Promise<T>, leftBehind?: FailureFacts): Promise<T>;
  /** Runs `job` with a signal that only `close` aborts. */
  endless(job: (signal: AbortSignal) => Promise<void>): Promise<void>;
  /** Adds a promise to the pending work. */
  track(job: Promise<void>): void;
  readonly busy: boolean;
  /** Whether `close` was called, so that nothing new may start. */
  readonly closing: boolean;
  /** Resolves when no work is pending. */
  idle(): Promise<void>;
  /** Aborts endless jobs, waits up to `ms` or until `cut` for the others to end, and then aborts them. */
  close(ms: number, cut?: AbortSignal): Promise<void>;
}

const nothing: FailureFacts = {};

/** The deadline of one job. A class, so that hundreds of concurrent deliveries share its methods. */
class Deadline implements Alarm {
  at = 0;
  place = -1;
  readonly #alarms: Alarms;
  readonly #ms: number;
  readonly #leftBehind: FailureFacts;
  readonly #giveUp: (failure: Failure) => void;
  readonly #cut = new AbortController();

  constructor(alarms: Alarms, ms: number, leftBehind: FailureFacts, giveUp: (failure: Failure) => void) {
    this.#alarms = alarms;
    this.#ms = ms;
    this.#leftBehind = leftBehind;
    this.#giveUp = giveUp;
    alarms.set(this, ms);
  }

  get signal(): AbortSignal {
    return this.#cut.signal;
  }

  /** Aborts the job, and abandons it if it does not end. */
  ring(ring: Ring): void {
    const { signal } = this.#cut;
    // Only the sender knows whether a write went out, and a job that does not end cannot tell.
    if (signal.aborted) {
      const { message, facts } = signal.reason as Failure;
      return this.#giveUp(new Failure('TIMEOUT', message, { ...facts, ...this.#leftBehind }));
    }
    const stopped = { remedy: 'Nothing is wrong there: no answer was waited for any more.' };
    const late = `no answer within ${Math.round(this.#ms / 100) / 10} s`;
    this.#cut.abort(ring === 'all' ? new Failure('TIMEOUT', 'the courier is stopping', stopped) : new Failure('TIMEOUT', late));
    this.#alarms.set(this, graceMs);
  }

  end(): void {
    this.#alarms.clear(this);
  }
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

  function endedBadly(error: Error): never {
    ended();
    throw error;
  }

  const busy = () => underWay > 0;

  async function idle(): Promise<void> {
    while (busy()) await quiet.promise;
  }

  return {
    bounded<T>(ms: number, job: (signal: AbortSignal) => Promise<T>, leftBehind = nothing) {
      // Without an executor, because its closure would be kept while the job runs, and `job` with it.
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const deadline = new Deadline(alarms, ms, leftBehind, reject);
      job(deadline.signal).then(
        result => {
          deadline.end();
          return resolve(result);
        },
        (error: Error) => {
          deadline.end();
          reject(error);
        },
      );
      return promise;
    },
    async endless(job) {
      const cut = new AbortController();
      watches.add(cut);
      await job(cut.signal).finally(() => watches.delete(cut));
    },
    track(job) {
      underWay++;
      job.then(ended, endedBadly);
    },
    get busy() {
      return busy();
    },
    get closing() {
      return closing;
    },
    idle,
    async close(ms, cut) {
      closing = true;
      // A watch only ends by itself on an error.
      for (const watch of watches) watch.abort();
      const patience = new AbortController();
      const ended = cut ? AbortSignal.any([patience.signal, cut]) : patience.signal;
      await Promise.race([idle(), clock.sleep(ms, ended)]);
      patience.abort();
      alarms.ringAll();
      await idle();
      alarms.close();
    },
  };
}
