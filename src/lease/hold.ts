import type { Clock } from '../contract/clock.ts';
import { claimed, isTaken, type LeaseObject, type Observed, observe, released, times } from './record.ts';
import type { LeaseStore } from './store.ts';

/** The state of a Lease as one courier sees it, and its hold on the Lease. */
export interface Hold {
  /** How long no other courier can hold the Lease, in milliseconds; 0 or less when that is no longer certain. */
  leftMs(): number;
  /** The other holder, by the newest answer; undefined when there is none, or it is not known. */
  readonly other: string | undefined;
  /** How many times the Lease has changed its holder. */
  readonly transitions: number;
  /** The age of the newest answer, in milliseconds. */
  answeredMsAgo(): number;
  /**
   * Tries once to acquire or renew the Lease. Resolves to false when another courier holds it or was faster. Throws a
   * Failure.
   */
  round(signal: AbortSignal): Promise<boolean>;
  /** Clears the holder, so that the next courier need not wait. */
  release(signal: AbortSignal): Promise<void>;
  /** Treats the Lease as lost from now on. */
  drop(): void;
}

interface Moment {
  readonly mono: number;
  readonly wall: number;
}

export function createHold(store: LeaseStore, me: string, clock: Clock): Hold {
  let seen: Observed | undefined;
  /**
   * When the request was sent that last renewed the Lease. Other couriers see the renewal later, so they wait longer
   * than this one holds the Lease.
   */
  let renewed: Moment | undefined;
  let answeredAt = Number.NEGATIVE_INFINITY;

  /** Uses both clocks: only wall time advances while the machine sleeps, and only monotonic time is never set. */
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
    // A holder knows the newest version, unless another client has modified the Lease meanwhile.
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
