import type { Identity } from '../contract/credential.ts';
import type { Failure } from '../contract/failures.ts';
import type { Rehearsal } from '../contract/target.ts';
import type { Cause, Scope } from './ledger.ts';

/**
 * A failed attempt, within its row of failures. The first failure and a change of code are news, a repeat is not. For a
 * discovery, a different MISCONFIGURED message is news as well.
 */
export interface FailedAttempt {
  readonly ms: number;
  readonly failure: Failure;
  /** The length of the row, including this failure. */
  readonly count: number;
  /** Whether the code is the same as before. */
  readonly repeat: boolean;
}
interface OfTarget {
  readonly target: string;
}
interface OfSource {
  readonly source: string;
  readonly region: string;
  readonly service: 'ecr' | 'ecr-public';
}
export interface OfSlot extends OfTarget {
  readonly slot: string;
  readonly title: string;
  readonly reason: Cause;
  /** The credentials that were sent. */
  readonly sent: readonly { readonly host: string; readonly fingerprint: string; readonly expiresAt: Date; readonly source: string }[];
  /** Hosts that had no usable credential. */
  readonly missing: readonly string[];
}

/**
 * The events of the engine as plain data, from which the log, the audit lines and the metrics are made. downMs: how
 * long it had failed before.
 */
export type CourierEvent =
  | (OfTarget & {
      readonly kind: 'discovered';
      readonly ms: number;
      readonly slots: number;
      readonly added: readonly string[];
      readonly gone: readonly string[];
      readonly findings: number;
      readonly downMs?: number;
      readonly first: boolean;
    })
  | (OfTarget & FailedAttempt & { readonly kind: 'discovery-failed' })
  | (OfSource & {
      readonly kind: 'fetched';
      readonly ms: number;
      readonly fingerprint: string;
      readonly expiresAt: Date;
      readonly issuedAt: Date;
      readonly unchanged: boolean;
      readonly skewMs: number;
      readonly identity?: Identity;
      readonly downMs?: number;
    })
  | (OfSource & FailedAttempt & { readonly kind: 'fetch-failed' })
  | (OfSource & {
      readonly kind: 'proved';
      readonly host: string;
      readonly ok: boolean;
      readonly message?: string;
      readonly repeat: boolean;
    })
  | (Partial<Pick<OfSource, 'source'>> &
      Omit<OfSource, 'source'> & {
        readonly kind: 'verified';
        readonly image: string;
        readonly ms: number;
        readonly ok: boolean;
        readonly message?: string;
      })
  | (OfSlot & {
      readonly kind: 'delivered';
      readonly ms: number;
      readonly change: Rehearsal['change'];
      readonly proven?: boolean;
      readonly settled: boolean;
      readonly downMs?: number;
    })
  | (OfSlot & FailedAttempt & { readonly kind: 'delivery-failed' })
  | (OfTarget & { readonly kind: 'watch-ended'; readonly message?: string });

export function aboutScope({ source, registry }: Scope): OfSource {
  return { source: source.name, region: registry.region, service: registry.service };
}
