import type { Clock } from '../contract/clock.ts';
import { type Credential, fingerprint } from '../contract/credential.ts';
import { lifeOf, longestLife } from '../contract/expiry.ts';
import { type Failure, failures } from '../contract/failures.ts';
import type { Entry, Holding, Kept, Moment, Scope } from './ledger.ts';

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** If the wall clock gains more than this on the monotonic one, the machine was suspended or the clock was set. */
const leap = second;

/**
 * The engine's time line. It follows the monotonic clock and adds forward leaps of the wall clock (a resumed machine, a
 * clock set forward), so that whatever is due by either clock is due. A wall clock set back changes nothing.
 */
export function timeline(clock: Clock): () => Moment {
  let lead = -clock.mono();
  let apart = clock.wall() - clock.mono();
  return () => {
    const mono = clock.mono();
    const now = clock.wall() - mono;
    if (now > apart + leap) {
      lead += now - apart;
      apart = now;
    } else if (now < apart) apart = now;
    return mono + lead;
  };
}

/**
 * Places a fresh credential on the time line. Its life counts by the server's clock. It ages at half its life, +-10 %,
 * drawn here once.
 */
export function keep(credential: Credential, receivedAt: Moment, random: () => number): Kept {
  const life = lifeOf(credential);
  return {
    fingerprint: fingerprint(credential),
    scope: credential.scope,
    credential,
    expiresAt: credential.expiresAt,
    receivedAt,
    agesAt: receivedAt + (life / 2) * (0.9 + 0.2 * random()),
    endsAt: receivedAt + life,
  };
}

/**
 * Places what a manager says it holds on the time line. Only the end is known, so it counts as a credential of 12 h,
 * the longest life that there is, whatever the manager says.
 */
export function asHolding(holds: { fingerprint: string; expiresAt: Date }, now: Moment, serverNow: number): Holding {
  const endsAt = now + Math.min(longestLife, holds.expiresAt.getTime() - serverNow);
  return { ...holds, receivedAt: endsAt - longestLife, agesAt: endsAt - longestLife / 2, endsAt };
}

/** The minimum interval between two fetches of one scope, for a life in milliseconds; undefined if unknown. */
export function spacing(life: number | undefined): number {
  return life === undefined ? 5 * second : Math.max(5 * second, Math.min(minute, life / 3));
}

/** When the next fetch of the scope is permitted and due. */
export function fetchDueAt({ notBefore, refetch, kept }: Pick<Scope, 'notBefore' | 'refetch' | 'kept'>): Moment {
  return refetch || !kept ? notBefore : Math.max(notBefore, kept.agesAt);
}

/**
 * 1 s doubling to 5 min, less up to a quarter so that many do not come back together. `count` is 1 for the first
 * failure.
 */
export function soon(count: number, random: () => number): number {
  return Math.min(5 * minute, second * 2 ** (count - 1)) * (1 - random() / 4);
}

/** 5 min doubling to 30 min, plus up to a quarter. */
export function slow(count: number, random: () => number): number {
  return Math.min(30 * minute, 5 * minute * 2 ** (count - 1)) * (1 + random() / 4);
}

/** The minimum interval between a requested rewrite and another one without a newer credential. */
export const rewriteAgainAfter = minute;

/** The interval between disturbing deliveries: 30 min doubling to 8 h. `count` is 1 for the first. */
export function rarely(count: number): number {
  return Math.min(8 * hour, 30 * minute * 2 ** (count - 1));
}

/** The minimum interval between a failed requested attempt and the next one. */
export const tryAgainAfter = 30 * second;

/** The minimum interval between a look that was wrong about a slot and the next look at the target. */
export const lookAgainAfter = 30 * second;

/**
 * The interval between looks for a slot that the manager lists but has not found for `lostMs`: as long again, from 30 s
 * to 30 min.
 */
export function searchPause(lostMs: number): number {
  return Math.min(30 * minute, Math.max(lookAgainAfter, lostMs));
}

/**
 * The pause after the `count`th failure in a row. A server's Retry-After can lengthen a short pause, and sets a long
 * one; an hour at most.
 */
export function retryPause(failure: Failure, count: number, random: () => number): number {
  const asked = failure.facts.retryAfterMs === undefined ? undefined : Math.min(failure.facts.retryAfterMs, hour) * (1 + random() / 10);
  switch (failures[failure.code].retry) {
    case 'soon':
      return Math.max(asked ?? 0, soon(count, random));
    case 'rediscover':
      return lookAgainAfter + soon(count, random);
    case 'slow':
    case 'key':
    case 'refetch':
      return asked === undefined ? Math.min(slow(count, random), worthwhile(failure, random)) : Math.max(asked, 5 * second);
  }
}

const worthwhile = ({ facts: { tryAgainMs = Number.POSITIVE_INFINITY } }: Failure, random: () => number): number =>
  tryAgainMs * (1 + random() / 4);

/**
 * The pause after the `count`th failed fetch in a row, counted from its begin; `life` as for `spacing`. Up to 5 s are
 * added at random, so that many couriers that AWS throttled in the same second do not return together.
 */
export function fetchPause(failure: Failure, count: number, life: number | undefined, random: () => number): number {
  return Math.max(spacing(life) + 5 * second * random(), retryPause(failure, count, random));
}

/**
 * The interval between repairs that do not last: 1 min doubling to 30 min. A quiet hour resets it, a quiet day if they
 * disturb.
 */
export function repairPause(repairs: number): number {
  return repairs === 0 ? 0 : Math.min(30 * minute, minute * 2 ** (repairs - 1));
}

/** When the slot may be repaired next. */
export function mayRepairAt({ repaired, slot, wroteAt }: Pick<Entry, 'repaired' | 'slot' | 'wroteAt'>): Moment {
  if (!repaired || repaired.count === 0) return 0;
  return slot.disturbs ? Math.max(repaired.at, wroteAt) + rarely(repaired.count) : repaired.at + repairPause(repaired.count);
}

export function atPeace({ repaired, slot }: Pick<Entry, 'repaired' | 'slot'>, now: Moment): boolean {
  return repaired === undefined || now - repaired.at >= (slot.disturbs ? day : hour);
}
