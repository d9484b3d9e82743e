import type { Clock } from '../contract/clock.ts';
import { Failure } from '../contract/failures.ts';
import { claimed, isTaken, type LeaseObject, type Observed, observe, released, times } from './record.ts';
import type { LeaseStore } from './store.ts';

/** What one courier knows of a Lease, and has of it. */
export interface Hold {
  /** How long nobody else can have it, in milliseconds; 0 or less: no longer. */
  leftMs(): number;
  /** Who else has it, by the newest answer; undefined: nobody, or it is not known. */
  readonly other: string | undefined;
  /** How often it has changed its holder. */
  readonly transitions: number;
  /** How old the newest answer is, in milliseconds. */
  answeredMsAgo(): number;
  /** One attempt to take it, or to renew it. False: somebody else has it, or was faster. Throws a Failure. */
  round(signal: AbortSignal): Promise<boolean>;
  /** Gives it to whoever is next. */
  release(signal: AbortSignal): Promise<void>;
  /** From now on it counts as lost. */
  drop(): void;
}

interface Moment {
  readonly mono: number;
  readonly wall: number;
}

export function createHold(store: LeaseStore, me: string, clock: Clock): Hold {
  let seen: Observed | undefined;
  /** When the request was sent that renewed it last. Others see that later, so they wait longer than we hold it. */
  let renewed: Moment | undefined;
  let answeredAt = Number.NEGATIVE_INFINITY;

  /** Only wall time passes while a machine sleeps, and only the other one is never set. */
  function leftMs(): number {
    if (!renewed) return 0;
    return times.renewDeadline - Math.max(clock.mono() - renewed.mono, clock.wall() - renewed.wall);
  }

  function notice(object: LeaseObject): Observed {
    answeredAt = clock.mono();
    seen = observe(seen, object, answeredAt);
    return seen;
  }

  async function round(signal: AbortSignal): Promise<boolean> {
    const sent = { mono: clock.mono(), wall: clock.wall() };
    // Whoever has it knows the newest version, unless somebody has touched the Lease meanwhile.
    for (const known of [leftMs() > 0 ? seen : undefined, undefined]) {
      const observed = known ?? notice((await store.read(signal)) ?? (await store.make(signal)));
      if (isTaken(observed, me, clock.mono())) return false;
      const written = await store.replace(claimed(observed, me, sent.wall), signal);
      if (!written) continue;
      notice(written);
      renewed = sent;
      return true;
    }
    return false;
  }

  async function release(signal: AbortSignal): Promise<void> {
    if (!seen || (await store.replace(released(seen, clock.wall()), signal))) return;
    const newest = await store.read(signal);
    if (newest && notice(newest).record.holder === me) await store.replace(released(seen, clock.wall()), signal);
  }

  return {
    leftMs,
    get other() {
      return seen && seen.record.holder !== '' && seen.record.holder !== me ? seen.record.holder : undefined;
    },
    get transitions() {
      return seen?.record.transitions ?? 0;
    },
    answeredMsAgo: () => clock.mono() - answeredAt,
    round,
    release,
    drop() {
      renewed = undefined;
    },
  };
}

/** Runs a job with a signal that is aborted after so many milliseconds, or with the other one. */
export async function within<T>(
  { clock, ms, signal }: { readonly clock: Clock; readonly ms: number; readonly signal?: AbortSignal },
  job: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [cut, ended] = [new AbortController(), new AbortController()];
  const timer = clock
    .sleep(ms, ended.signal)
    .then(() => cut.abort(new Failure('TIMEOUT', `no answer within ${Math.round(ms / 100) / 10} s`)));
  try {
    return await job(signal ? AbortSignal.any([signal, cut.signal]) : cut.signal);
  } finally {
    ended.abort();
    await timer;
  }
}
