import { type Failure, failures } from '../contract/failures.ts';
import { type Health, isHealthy } from './health.ts';
import type { Moment, TargetRecord } from './ledger.ts';
import { minute, retryPause, second, soon } from './timing.ts';

/**
 * Upper bounds for the time to the next look while discoveries succeed and deliveries stop the target or its failed
 * slots.
 */
const longestProbe = { target: 30 * second, failed: minute };

/** After a discovery that ended a stop, failures of deliveries stop only failed slots for this long. */
const trustedFor = minute;

/**
 * Tracks whether one target works as a whole, and when the next look is due. Writes `trouble` and `nextDiscoveryAt` of
 * its record.
 */
export interface Condition {
  /** Which slots may be written before the next discovery that succeeds; after it, all. */
  readonly takes: 'none' | 'healthy' | 'all';
  /** Blocks all writes until the next successful discovery. */
  block(): void;
  /**
   * Whether the server at the address asked us to wait (Retry-After). Then the next look is postponed until that ends.
   */
  mustWait(address: string | undefined): boolean;
  /** Whether a delivery has stopped the target since that moment. A look that began earlier does not end that stop. */
  stoppedSince(moment: Moment): boolean;
  /** Records a successful discovery. Returns for how many milliseconds the target did not work; undefined if it did. */
  works(): number | undefined;
  /** Records a failed discovery. Returns whether the failure is the same as the one before. */
  failed(failure: Failure, began: Moment): 'anew' | 'as before';
  /**
   * Records a failure of a delivery that stops the target, or only failed slots. The next discovery is the probe.
   * `began` and `health`: of the delivery and of its slot.
   */
  stopped(failure: Failure, began: Moment, health: Health): void;
  /** Records a successful delivery. */
  delivered(): void;
  /** Schedules the next regular look. */
  lookAt(moment: Moment): void;
  /** Schedules a look at that moment at the latest. */
  lookBy(moment: Moment): void;
  /** Schedules a look in `ms`, unless a pause must be kept. */
  lookAfter(ms: number): void;
  /** Schedules a look now, regardless of pauses, and another one after a look that is under way. */
  lookNow(look: 'under way' | 'none'): void;
  /** Whether a pause is in force that must not be shortened. */
  keepsPause(): boolean;
  /** Drops the request for another look. Call it when the look that is under way is discarded. */
  forgetLook(): void;
}

export function createCondition(record: TargetRecord, now: () => Moment, random: () => number): Condition {
  let takes: Condition['takes'] = 'none';
  /** Until then deliveries stop only failed slots, because a discovery succeeded after they had stopped the target. */
  let trustedUntil = Number.NEGATIVE_INFINITY;
  /** A look was requested while another one was under way. */
  let lookAgain = false;
  const retryAfter = createRetryAfter(record, now);
  /**
   * Deliveries that stopped the target since the last successful one. A manager may list well and refuse every write.
   */
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
    if (failure.facts.retryAfterMs !== undefined) retryAfter.obey(record.nextDiscoveryAt);
    if (failure.stops === 'target') takes = 'none';
    return before && isSame(failure, before.failure) ? 'as before' : 'anew';
  }

  /** Records a Retry-After of a delivery. It stops the target, unless a failed slot met it. */
  function askedToWait(failure: Failure, began: Moment, health: Health): void {
    // A server that limits all requests sends Retry-After to healthy slots and discoveries as well.
    if (!isHealthy(health)) return;
    stops++;
    stoppedAt = now();
    if (takes === 'none') retryAfter.obey(now() + retryPause(failure, 1, random));
    else failed(failure, began);
  }

  return {
    get takes() {
      return takes;
    },
    block() {
      takes = 'none';
    },
    mustWait: retryAfter.mustWait,
    stoppedSince: moment => moment <= stoppedAt,
    works() {
      const downMs = record.trouble && now() - record.trouble.since;
      record.trouble = undefined;
      retryAfter.end();
      if (takes === 'none' && stops > 0) trustedUntil = now() + trustedFor;
      takes = 'all';
      return downMs;
    },
    failed,
    stopped(failure, began, health) {
      if (failure.facts.retryAfterMs !== undefined) return askedToWait(failure, began, health);
      stops++;
      const stopped = !isHealthy(health) || now() < trustedUntil ? 'failed' : 'target';
      if (takes === 'none' || (takes === 'healthy' && stopped === 'failed')) return;
      stoppedAt = now();
      if (stopped === 'failed') takes = 'healthy';
      else failed(failure, began);
      record.nextDiscoveryAt = now() + Math.min(longestProbe[stopped], soon(stops, random));
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

/** The Retry-After of the server at one address. Postpones the next look. */
function createRetryAfter(record: TargetRecord, now: () => Moment) {
  let asked: { readonly address: string | undefined; readonly until: Moment } | undefined;
  return {
    /** The latest end counts. */
    obey(until: Moment): void {
      record.nextDiscoveryAt = Math.max(record.nextDiscoveryAt, until);
      asked = { address: record.address, until: record.nextDiscoveryAt };
    },
    mustWait(address: string | undefined): boolean {
      if (!asked || now() >= asked.until || asked.address !== address) return false;
      record.nextDiscoveryAt = asked.until;
      return true;
    },
    end(): void {
      asked = undefined;
    },
  };
}

/** Whether the pause must not be shortened: the server asked for it, or it keeps a wrong key from being banned. */
function isKeptPause({ code, facts }: Failure): boolean {
  return failures[code].retry === 'key' || facts.retryAfterMs !== undefined;
}

/**
 * Whether two failures are the same. MISCONFIGURED needs the same message: first the key is missing, then the
 * certificate.
 */
function isSame(failure: Failure, before: Failure): boolean {
  return failure.code === before.code && (failure.code !== 'MISCONFIGURED' || failure.message === before.message);
}
