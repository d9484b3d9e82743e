import { mapOf } from '../contract/shapes.ts';
/** A Lease object of Kubernetes (coordination.k8s.io/v1). Sent back unchanged, except for our fields in its spec. */
export type LeaseObject = Readonly<Record<string, unknown>>;

/** The contents of a Lease. Times stay texts and are never compared, because the clocks of other machines differ. */
interface LeaseRecord {
  /** Empty when the Lease has no holder. */
  readonly holder: string;
  readonly seconds: number | undefined;
  readonly acquired: string | undefined;
  readonly transitions: number | undefined;
}

/** An observed Lease, and when this content was first observed, in milliseconds of this machine's monotonic clock. */
export interface Observed {
  readonly object: LeaseObject;
  readonly record: LeaseRecord;
  readonly since: number;
}

/** The defaults of client-go, in milliseconds. */
export const times = { lease: 15_000, renewDeadline: 10_000, retry: 2_000, request: 5_000 } as const;
/** A courier that does not lead waits for one retry period, plus a random time of up to this many more. */
export const jitter = 1.2;

function recordOf({ spec }: LeaseObject): LeaseRecord {
  const { holderIdentity, leaseDurationSeconds, acquireTime, leaseTransitions } = mapOf(spec);
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    seconds: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds : undefined,
    acquired: typeof acquireTime === 'string' ? acquireTime : undefined,
    transitions: typeof leaseTransitions === 'number' ? leaseTransitions : undefined,
  };
}

/**
 * Keeps the earlier time of observation while the spec is the same, whatever else has changed in the object. A holder
 * that no longer renews the Lease thus expires by our clock alone.
 */
export function observe(former: Observed | undefined, object: LeaseObject, mono: number): Observed {
  const same = former !== undefined && JSON.stringify(former.object['spec']) === JSON.stringify(object['spec']);
  return { object, record: recordOf(object), since: same ? former.since : mono };
}

/** Whether another courier holds the Lease, by the duration that the record itself states. */
export function isTaken({ record, since }: Observed, me: string, mono: number): boolean {
  const lasts = record.seconds === undefined ? times.lease : record.seconds * 1000;
  return record.holder !== '' && record.holder !== me && mono - since < lasts;
}

/** The same Lease, held by `me`. A renewal keeps the time of acquisition. wall: milliseconds since the epoch. */
export function claimed({ object, record }: Observed, me: string, wall: number): LeaseObject {
  const now = microTime(wall);
  const renews = record.holder === me;
  return withSpec(object, {
    holderIdentity: me,
    leaseDurationSeconds: times.lease / 1000,
    acquireTime: renews ? (record.acquired ?? now) : now,
    renewTime: now,
    leaseTransitions: renews ? (record.transitions ?? 0) : record.transitions === undefined ? 0 : record.transitions + 1,
  });
}

/** The same Lease without a holder, so that the next courier need not wait for it to expire. */
export function released({ object, record }: Observed, wall: number): LeaseObject {
  const now = microTime(wall);
  return withSpec(object, {
    holderIdentity: '',
    // Kubernetes rejects zero.
    leaseDurationSeconds: 1,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: record.transitions ?? 0,
  });
}

/** Formats a MicroTime of Kubernetes, which must have exactly six fractional digits. */
export const microTime = (wall: number): string => new Date(wall).toISOString().replace('Z', '000Z');

const withSpec = (object: LeaseObject, spec: object): LeaseObject => ({ ...object, spec: { ...mapOf(object['spec']), ...spec } });
