import { mapOf } from '../../../src/contract/shapes.ts';

/**
 * The time between the end of a login in a service and the next login, in milliseconds. `from` is the latest possible
 * end.
 */
export interface Gap {
  readonly from: number;
  readonly until: number;
  /** Another client wrote to the service after us, possibly with a login that lives longer. */
  readonly isUnsure?: boolean;
}

/** The remembered state of a service. */
export interface Known {
  /** `Version.Index` at that time; undefined if another client wrote just after us. */
  readonly version: number | undefined;
  readonly spec: string;
  /** The time of its last write, as `Service.writtenAt`. */
  readonly at?: number;
  /**
   * The login that we wrote at that version; undefined if another client did. expiresAt: milliseconds since the epoch.
   */
  readonly ours?: { readonly fingerprint: string; readonly expiresAt: number };
  readonly gap?: Gap;
  /** One more write is needed, because the Spec of a rollback does not have a login of ours yet. */
  readonly isHalf?: boolean;
}

/** Parses the stored text and drops everything invalid. */
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
