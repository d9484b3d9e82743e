import { mapOf } from '../shapes.ts';

/** A login that ended while a service held it: since when at the latest, and when another one came. Milliseconds. */
export interface Gap {
  readonly from: number;
  readonly until: number;
  /** Somebody wrote to the service after us, and may have brought a login that lives longer. */
  readonly isUnsure?: boolean;
}

/** What is known of a service that was seen before. */
export interface Known {
  /** `Version.Index` as it was then; undefined: somebody wrote to it just after we did. */
  readonly version: number | undefined;
  readonly spec: string;
  /** When it had been written by then, as `writtenAt` of a service. */
  readonly at?: number;
  /** What we wrote at that version; missing where it was somebody else. expiresAt: milliseconds since the epoch. */
  readonly ours?: { readonly fingerprint: string; readonly expiresAt: number };
  readonly gap?: Gap;
  /** The Spec to which a rollback returns has not got a login of ours yet: one more write is needed. */
  readonly isHalf?: boolean;
}

/** What can be read of it: anything may lie there. */
export function readKnown(text: string | undefined): ReadonlyMap<string, Known> {
  try {
    return new Map(Object.entries(mapOf(JSON.parse(text ?? '{}'))).filter((entry): entry is [string, Known] => isKnown(entry[1])));
  } catch {
    return new Map();
  }
}

function isKnown(value: unknown): value is Known {
  const { version, spec, at, ours, gap, isHalf } = mapOf(value);
  const { fingerprint: written, expiresAt } = mapOf(ours);
  const { from, until, isUnsure } = mapOf(gap);
  const isWhole = (version === undefined || typeof version === 'number') && typeof spec === 'string' && (at === undefined || isMoment(at));
  const isOurs = typeof written === 'string' && /^[\x21-\x7e]{1,100}$/.test(written) && isMoment(expiresAt);
  const isGap = isMoment(from) && isMoment(until) && (isUnsure === undefined || isUnsure === true);
  return isWhole && isOurs && (isHalf === undefined || isHalf === true) && (gap === undefined || isGap);
}

const isMoment = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= 8.64e15;
