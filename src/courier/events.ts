import type { Identity } from '../contract/credential.ts';
import type { Failure } from '../contract/failures.ts';
import type { Rehearsal } from '../contract/target.ts';
import type { Cause, Scope } from './ledger.ts';

/**
 * Of what kind a failure is in its row: the first is news, another code is news, a repeat is none. With a discovery,
 * what else is misconfigured is news too.
 */
export interface Trial {
  readonly ms: number;
  readonly failure: Failure;
  /** How many in a row, this one included. */
  readonly count: number;
  /** Same code as the one before. */
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
  /** What was sent: by host, fingerprint and expiry. */
  readonly sent: readonly { readonly host: string; readonly fingerprint: string; readonly expiresAt: Date; readonly source: string }[];
  /** Hosts that had no usable credential. */
  readonly missing: readonly string[];
}

/**
 * Everything that the engine did, as plain data: the log, the audit line and the metrics are made of these. downMs: it
 * had failed for so long before.
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
  | (OfTarget & Trial & { readonly kind: 'discovery-failed' })
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
  | (OfSource & Trial & { readonly kind: 'fetch-failed' })
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
  | (OfSlot & Trial & { readonly kind: 'delivery-failed' })
  | (OfTarget & { readonly kind: 'watch-ended'; readonly message?: string });

export function aboutScope({ source, registry }: Scope): OfSource {
  return { source: source.name, region: registry.region, service: registry.service };
}
