import type { Log } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import { asFailure, Failure } from '../contract/failures.ts';
import { createHold, type Hold, within } from './hold.ts';
import { jitter, times } from './record.ts';
import type { LeaseStore } from './store.ts';

/** Who leads, as far as this courier knows. */
export type Standing =
  | { readonly state: 'leading' }
  | { readonly state: 'standing by'; readonly leader: string }
  /** Nobody has said yet, or not for a while. why: the newest failure. */
  | { readonly state: 'asking'; readonly why: Failure | undefined };

/** A time in which this courier leads. */
export interface Term {
  /** The courier is to stop: what is under way may end. The Lease is kept meanwhile. */
  readonly stopping: AbortSignal;
  /** Somebody else may lead: nothing may be written any more. */
  readonly lost: AbortSignal;
}

export interface Election {
  /** For people: `Lease NAMESPACE/NAME`. */
  readonly what: string;
  readonly me: string;
  readonly standing: Standing;
  /** Whether nobody else can lead at this moment. It is asked before each write, as the machine may have slept. */
  leads(): boolean;
  /** Milliseconds since the Lease was last asked for, or renewed, in vain or not. */
  readonly sinceRoundMs: number;
  /** Does the work in each term, until the signal is aborted. The Lease is released after each that was not lost. */
  run(work: (term: Term) => Promise<void>, signal: AbortSignal): Promise<void>;
}

export interface ElectionDeps {
  readonly store: LeaseStore;
  /** Unique among all that ask for the Lease. */
  readonly me: string;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1, as Math.random. */
  readonly random?: () => number;
}

/** A stop must end within 8 s, and the courier itself takes seven of them. */
const releaseMs = 900;

/** One of many leads. Kubernetes decides who, by the version that each write names; this is what client-go does. */
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

  /** Renews the Lease until that is not possible any more, or the term is over. */
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
      // Whoever cannot be told sees it end.
      if (leads()) await within({ clock, ms: releaseMs }, hold.release).catch(() => undefined);
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

/** Rounds that never throw: a failure is told in the log once, and remembered until the next round that has none. */
function createAttempts(hold: Hold, { clock, log, what }: Pick<ElectionDeps, 'clock' | 'log'> & Pick<LeaseStore, 'what'>) {
  let trouble: Failure | undefined;
  let at = clock.mono();

  async function one(ms: number, signal: AbortSignal): Promise<boolean> {
    at = clock.mono();
    try {
      const ours = await within({ clock, ms, signal }, hold.round);
      if (trouble) log.info('lease can be used again', { lease: what });
      trouble = undefined;
      return ours;
    } catch (error) {
      if (signal.aborted) return false;
      const failure = asFailure(error);
      const { message, remedy } = failure;
      if (message !== trouble?.message) log.warn('lease cannot be used', { lease: what, error: message, remedy });
      trouble = failure;
      return false;
    }
  }

  return {
    one,
    sinceMs: () => clock.mono() - at,
    get trouble() {
      return trouble;
    },
  };
}
