import { type Failure, failures } from '../contract/failures.ts';
import type { Moment, TargetRecord } from './ledger.ts';
import type { Health } from './places.ts';
import { minute, retryPause, second, soon } from './timing.ts';

/** The longest time to the next look while discoveries succeed and deliveries stop the target, or failed slots. */
const longestProbe = { target: 30 * second, failed: minute };

/** For so long after a discovery that ended a stop the failures of deliveries stop failed slots only. */
const trustedFor = minute;

/**
 * Whether one target works as a whole, and when it is looked at next: writes `trouble` and `nextDiscoveryAt` of its
 * record.
 */
export interface Condition {
  /** Which slots may be written before the next discovery that succeeds; after it, all. */
  readonly takes: 'none' | 'healthy' | 'all';
  /** From now on, whatever is known. */
  block(): void;
  /** A server there asked not to come yet: then the next look is put off until it may. */
  mustWait(address: string | undefined): boolean;
  /** A delivery has stopped the target since that moment: a look that began before it says nothing of that. */
  stoppedSince(moment: Moment): boolean;
  /** A discovery succeeded. Says for how many milliseconds the target did not work, if it did not. */
  works(): number | undefined;
  /** A discovery failed. Says whether it failed just so before. */
  failed(failure: Failure, began: Moment): 'anew' | 'as before';
  /**
   * A delivery that began at that moment, to a slot of this health, met a failure that stops the target, or failed
   * slots only. The next discovery is the probe.
   */
  stopped(failure: Failure, began: Moment, health: Health): void;
  /** A delivery was answered well. */
  delivered(): void;
  /** The next regular look. */
  lookAt(moment: Moment): void;
  /** Look at that moment at the latest. */
  lookBy(moment: Moment): void;
  /** Look after so many milliseconds, unless a pause is kept. */
  lookAfter(ms: number): void;
  /** Look now, whatever pause there is, and once more after the look that is under way. */
  lookNow(look: 'under way' | 'none'): void;
  /** Whether a pause is in force that nobody cuts short. */
  keepsPause(): boolean;
  /** The look that is under way counts no more. The wish for one after it is forgotten as well. */
  forgetLook(): void;
}

export function createCondition(record: TargetRecord, now: () => Moment, random: () => number): Condition {
  let takes: Condition['takes'] = 'none';
  /** Discoveries succeed although deliveries stopped the target: until then they stop failed slots only. */
  let trustedUntil = Number.NEGATIVE_INFINITY;
  /** Somebody asked for a look while another one was under way. */
  let lookAgain = false;
  /** Until when the server at that address asked not to be asked. */
  let retryAfter: { readonly address: string | undefined; readonly until: Moment } | undefined;
  /** Deliveries that stopped the target since the last good one: a manager may list well and take no write. */
  let stops = 0;
  let stoppedAt = Number.NEGATIVE_INFINITY;

  const keepsPause = (): boolean => record.trouble !== undefined && isKeptPause(record.trouble.failure);

  function lookAt(moment: Moment): void {
    record.nextDiscoveryAt = lookAgain ? now() : moment;
    lookAgain = false;
  }

  function failed(failure: Failure, began: Moment): 'anew' | 'as before' {
    const before = record.trouble;
    const count = (before?.count ?? 0) + 1;
    record.trouble = { failure, count, since: before?.since ?? began };
    if (isKeptPause(failure)) lookAgain = false;
    lookAt(now() + retryPause(failure, count, random));
    if (failure.facts.retryAfterMs !== undefined) obey(record.nextDiscoveryAt);
    if (failure.stops === 'target') takes = 'none';
    return before && isSame(failure, before.failure) ? 'as before' : 'anew';
  }

  /** The server asked for this pause. Of several the one that ends last counts. */
  function obey(until: Moment): void {
    record.nextDiscoveryAt = Math.max(record.nextDiscoveryAt, until);
    retryAfter = { address: record.address, until: record.nextDiscoveryAt };
  }

  return {
    get takes() {
      return takes;
    },
    block() {
      takes = 'none';
    },
    mustWait(address) {
      if (!retryAfter || now() >= retryAfter.until || retryAfter.address !== address) return false;
      record.nextDiscoveryAt = retryAfter.until;
      return true;
    },
    stoppedSince: moment => moment <= stoppedAt,
    works() {
      const downMs = record.trouble && now() - record.trouble.since;
      record.trouble = undefined;
      retryAfter = undefined;
      if (takes === 'none' && stops > 0) trustedUntil = now() + trustedFor;
      takes = 'all';
      return downMs;
    },
    failed,
    stopped(failure, began, health) {
      const asked = failure.facts.retryAfterMs !== undefined;
      // A server that means all of us asks healthy slots and discoveries as well.
      if (asked && health === 'failed') return;
      stops++;
      const stopsFailed = !asked && (health === 'failed' || now() < trustedUntil);
      if (!asked && (takes === 'none' || (stopsFailed && takes === 'healthy'))) return;
      stoppedAt = now();
      if (takes === 'none') return obey(now() + retryPause(failure, 1, random));
      if (stopsFailed) takes = 'healthy';
      else failed(failure, began);
      if (!asked) record.nextDiscoveryAt = now() + Math.min(longestProbe[stopsFailed ? 'failed' : 'target'], soon(stops, random));
    },
    delivered() {
      stops = 0;
    },
    lookAt,
    lookBy(moment) {
      record.nextDiscoveryAt = Math.min(record.nextDiscoveryAt, moment);
    },
    lookAfter(ms) {
      if (!keepsPause()) record.nextDiscoveryAt = now() + ms;
    },
    lookNow(look) {
      lookAgain = look === 'under way';
      record.nextDiscoveryAt = now();
    },
    keepsPause,
    forgetLook() {
      lookAgain = false;
    },
  };
}

/** Pauses that nobody cuts short: what the server asked for, and what keeps a wrong key from being banned. */
function isKeptPause({ code, facts }: Failure): boolean {
  return failures[code].retry === 'key' || facts.retryAfterMs !== undefined;
}

/** What has to be configured comes up one by one: first the key, then the certificate. */
function isSame(failure: Failure, before: Failure): boolean {
  return failure.code === before.code && (failure.code !== 'MISCONFIGURED' || failure.message === before.message);
}
