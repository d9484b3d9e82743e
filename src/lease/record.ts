/** A Lease as Kubernetes has it (coordination.k8s.io/v1). It goes back as it came, but for what we say in its spec. */
export type LeaseObject = Readonly<Record<string, unknown>>;

/** What a Lease says. Times are texts, and nobody compares them: other machines have other clocks. */
export interface LeaseRecord {
  /** Empty: nobody. */
  readonly holder: string;
  readonly seconds: number | undefined;
  readonly acquired: string | undefined;
  readonly transitions: number | undefined;
}

/** What was seen of a Lease, and when it was first seen so, by the monotonic clock of this machine. In milliseconds. */
export interface Observed {
  readonly object: LeaseObject;
  readonly record: LeaseRecord;
  readonly since: number;
}

/** As client-go has them. In milliseconds. */
export const times = { lease: 15_000, renewDeadline: 10_000, retry: 2_000, request: 5_000 } as const;
/** Whoever does not lead asks again after one to so many more times the retry period. */
export const jitter = 1.2;

export function recordOf({ spec }: LeaseObject): LeaseRecord {
  const { holderIdentity, leaseDurationSeconds, acquireTime, leaseTransitions } = mapOf(spec);
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    seconds: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds : undefined,
    acquired: typeof acquireTime === 'string' ? acquireTime : undefined,
    transitions: typeof leaseTransitions === 'number' ? leaseTransitions : undefined,
  };
}

/**
 * A Lease that says the same as before was seen at the time of before, whatever else has changed in the object. So a
 * holder that no longer renews it ends by our clock alone.
 */
export function observe(former: Observed | undefined, object: LeaseObject, mono: number): Observed {
  const same = former !== undefined && JSON.stringify(former.object['spec']) === JSON.stringify(object['spec']);
  return { object, record: recordOf(object), since: same ? former.since : mono };
}

/** Whether somebody else holds it. By the time that the record itself gives its holder. */
export function isTaken({ record, since }: Observed, me: string, mono: number): boolean {
  const lasts = record.seconds === undefined ? times.lease : record.seconds * 1000;
  return record.holder !== '' && record.holder !== me && mono - since < lasts;
}

/** The same Lease, held by me. Whoever only renews it keeps when it was acquired. wall: since the epoch. */
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

/** The same Lease, held by nobody: the next one need not wait for its end. */
export function released({ object, record }: Observed, wall: number): LeaseObject {
  const now = microTime(wall);
  return withSpec(object, {
    holderIdentity: '',
    // Kubernetes takes no zero.
    leaseDurationSeconds: 1,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: record.transitions ?? 0,
  });
}

/** The time of day as MicroTime of Kubernetes, which takes six digits of a second and no others. */
export const microTime = (wall: number): string => new Date(wall).toISOString().replace('Z', '000Z');

const withSpec = (object: LeaseObject, spec: object): LeaseObject => ({ ...object, spec: { ...mapOf(object['spec']), ...spec } });

const mapOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
