import type { Clock } from '../contract/clock.ts';
import { Failure, type FailureFacts } from '../contract/failures.ts';
import { type Alarm, type Alarms, createAlarms, type Ring } from './alarms.ts';

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
  /** Ends the endless; gives the rest so many milliseconds, or until `cut`, to end by itself, then tells it to stop. */
  close(ms: number, cut?: AbortSignal): Promise<void>;
}

const nothing: FailureFacts = {};

/** Of one job. A class for its shared methods: each of hundreds of deliveries has one. */
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

  /** First the job is told to stop. When it does not, it is left behind. */
  ring(ring: Ring): void {
    const { signal } = this.#cut;
    // Whether a write went out is known to the one who sent it; of a job that does not end nobody knows.
    if (signal.aborted) return this.#giveUp(new Failure('TIMEOUT', (signal.reason as Failure).message, this.#leftBehind));
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
      // No executor: what the two functions below share is kept while the job runs, and would hold `job` as well.
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
      // A watch ends by itself only when something is wrong with it.
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
