import type { Log } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import { asFailure, Failure } from '../contract/failures.ts';
import { inTime } from '../contract/in-time.ts';
import { createHold, type Hold } from './hold.ts';
import { jitter, times } from './record.ts';
import type { LeaseStore } from './store.ts';

/** The leadership, as far as this courier knows. */
type Standing =
  | { readonly state: 'leading' }
  | { readonly state: 'standing by'; readonly leader: string }
  /** No leader is known: there was no answer yet, or none for a while. why: the newest failure. */
  | { readonly state: 'asking'; readonly why: Failure | undefined };

/** A period in which this courier leads. */
export interface Term {
  /** Aborted when the courier is to stop. Work in flight may finish, and the Lease is kept meanwhile. */
  readonly stopping: AbortSignal;
  /** Aborted when another courier may lead. Nothing may be written any more. */
  readonly lost: AbortSignal;
}

export interface Election {
  /** The name of the Lease: `Lease NAMESPACE/NAME`. */
  readonly what: string;
  readonly me: string;
  readonly standing: Standing;
  /** Whether no other courier can lead at this moment. Checked before each write, as the machine may have slept. */
  leads(): boolean;
  /** Milliseconds since the last attempt to acquire or renew the Lease, successful or not; 0 before the first. */
  readonly sinceRoundMs: number;
  /**
   * Runs the work in each term, until the signal is aborted. Releases the Lease after each term in which it was not
   * lost.
   */
  run(work: (term: Term) => Promise<void>, signal: AbortSignal): Promise<void>;
}

interface ElectionDeps {
  readonly store: LeaseStore;
  /** This courier's identity, unique among all candidates. */
  readonly me: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Returns 0 to 1, like Math.random. */
  readonly random?: () => number;
}

/**
 * The time to release the Lease, in milliseconds. A stop must complete within 8 s, and the courier itself takes 7 s.
 */
const releaseMs = 900;

/**
 * Elects one courier of several. Kubernetes decides, by comparing the resource version of each write; client-go works
 * the same way.
 */
export function createElection({ store, me, clock, log, random = Math.random }: ElectionDeps): Election {
  const hold = createHold(store, me, clock);
  const attempts = createAttempts(hold, { clock, log, what: store.what });
  const leads = (): boolean => hold.leftMs() > 0;

  async function win(signal: AbortSignal): Promise<void> {
    let told: string | undefined;
    while (!signal.aborted && !(await attempts.one(times.request, signal))) {
      if (hold.other !== undefined && hold.other !== told) log.info('standing by', { lease: store.what, leader: hold.other });
      told = hold.other;
      await clock.sleep(times.retry * (1 + jitter * random()), signal);
    }
  }

  /** Renews the Lease until that is no longer possible, or the term is over. */
  async function keep(over: AbortSignal): Promise<void> {
    while (leads() && !over.aborted) {
      await clock.sleep(Math.min(times.retry, hold.leftMs()), over);
      if (!leads() || over.aborted) return;
      const ours = await attempts.one(Math.min(times.request, hold.leftMs()), over);
      if (!ours && hold.other !== undefined) hold.drop();
    }
  }

  async function serve(work: (term: Term) => Promise<void>, stopping: AbortSignal): Promise<void> {
    const [over, lost] = [new AbortController(), new AbortController()];
    log.info('leading', { lease: store.what, transitions: hold.transitions });
    const keeping = async (): Promise<void> => {
      await keep(over.signal);
      if (over.signal.aborted) return;
      const why = hold.other === undefined ? { error: attempts.trouble?.message } : { leader: hold.other };
      log.warn('lease lost', { lease: store.what, ...why });
      lost.abort(new Failure('TIMEOUT', 'the courier does not lead any more'));
    };
    const kept = keeping();
    try {
      await work({ stopping, lost: lost.signal });
    } finally {
      over.abort();
      await kept;
      // If the release fails, the Lease simply expires.
      if (leads()) await inTime({ clock, ms: releaseMs }, hold.release).catch(() => undefined);
      hold.drop();
    }
  }

  return {
    what: store.what,
    me,
    get standing(): Standing {
      if (leads()) return { state: 'leading' };
      const leader = hold.answeredMsAgo() < times.lease ? hold.other : undefined;
      return leader === undefined ? { state: 'asking', why: attempts.trouble } : { state: 'standing by', leader };
    },
    leads,
    get sinceRoundMs() {
      return attempts.sinceMs();
    },
    async run(work, signal) {
      while (!signal.aborted) {
        await win(signal);
        if (leads()) await serve(work, signal);
      }
    },
  };
}

/** No option sets the deadlines of a Lease, which are those of client-go. */
const ofSilence = 'Look at the load of the API server, and at what lies between. The Lease is tried again every two seconds by itself.';

/** Rounds that never throw. A failure is logged once, and kept until the next round without one. */
function createAttempts(hold: Hold, { clock, log, what }: Pick<ElectionDeps, 'clock' | 'log'> & Pick<LeaseStore, 'what'>) {
  let trouble: Failure | undefined;
  let at: number | undefined;

  async function one(ms: number, signal: AbortSignal): Promise<boolean> {
    at = clock.mono();
    try {
      const ours = await inTime({ clock, ms, signal }, hold.round);
      if (trouble) log.info('lease can be used again', { lease: what });
      trouble = undefined;
      return ours;
    } catch (error) {
      if (signal.aborted) return false;
      const failure = asFailure(error);
      const { message } = failure;
      const remedy = failure.code === 'TIMEOUT' ? ofSilence : failure.remedy;
      if (message !== trouble?.message) log.warn('lease cannot be used', { lease: what, error: message, remedy });
      trouble = failure;
      return false;
    }
  }

  return {
    one,
    sinceMs: () => (at === undefined ? 0 : clock.mono() - at),
    get trouble() {
      return trouble;
    },
  };
}
