import type { Severity } from '../contract/target.ts';

/**
 * ISO 8601 in UTC. The times of a credential are by the clock of the server that issued it, all others by this
 * machine's; they differ by `clockSkewSeconds`.
 */
export type Time = string;

export interface FindingView {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly remedy: string;
  /** Page and anchor: docs/errors.md#code. */
  readonly help: string;
}
export interface TroubleView {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly since: Time;
  readonly count: number;
  readonly help: string;
}
export interface OutcomeView {
  readonly at: Time;
  readonly slot: string;
  readonly title: string;
  readonly reason: string;
  readonly result: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly message?: string;
  readonly fingerprint?: string;
  readonly expiresAt?: Time;
}
export interface HoldingView {
  readonly host: string;
  /** null: no source serves this registry. */
  readonly source: string | null;
  readonly fingerprint: string | null;
  readonly issuedAt: Time | null;
  /** From this time on a newer credential is wanted. */
  readonly agesAt: Time | null;
  readonly expiresAt: Time | null;
  /** Whether the slot holds an unexpired credential. */
  readonly valid: boolean;
  /** The verdict of the manager or the registry; null when neither was asked, or could be. */
  readonly proven: boolean | null;
}
/** An image under `verify`. */
export interface ImageView {
  /** HOST/REPOSITORY:TAG, or @DIGEST. */
  readonly image: string;
  /**
   * ok: it would be pulled; refused: a right or the image is missing; unproven: it could not be determined; waiting:
   * not asked yet.
   */
  readonly state: 'ok' | 'refused' | 'unproven' | 'waiting';
  /** Why it would not be pulled; null when it would. */
  readonly message: string | null;
  readonly askedAt: Time | null;
  /** When it was last certain that the image would be pulled. */
  readonly succeededAt: Time | null;
  /** The earliest time of the next check. */
  readonly nextAt: Time | null;
}
export interface SlotView {
  readonly id: string;
  readonly title: string;
  /**
   * ok: holds what it should; waiting: due, changed by another program and repaired later, nothing to deliver yet, or
   * to be left alone; unconfirmed: a write may still land; failing: the last attempt failed; absent: does not exist and
   * must not be created.
   */
  readonly state: 'ok' | 'waiting' | 'unconfirmed' | 'failing' | 'absent';
  /** The slot must be left alone for now; a finding says why. What it holds may expire meanwhile. */
  readonly waits: boolean;
  /** Waiting for a renewal alone, which nothing stops: meanwhile the slot holds valid passwords, as it should. */
  readonly renewing: boolean;
  readonly registries: readonly HoldingView[];
  readonly trouble: TroubleView | null;
  readonly lastAttemptAt: Time | null;
  readonly nextAttemptAt: Time | null;
  readonly findings: readonly FindingView[];
}
/** Whether the slot holds what it should, with nothing for a person to look at. */
export const isWell = ({ state, renewing }: SlotView): boolean => state === 'ok' || renewing;
/**
 * The logins that a slot must hold, so that a missing or expired one needs action. Excludes hosts that no source
 * serves, and what is not known of a slot that must be left alone.
 */
export const owedTo = ({ waits, registries }: SlotView): readonly HoldingView[] =>
  registries.filter(({ source, expiresAt }) => source !== null && !(waits && expiresAt === null));
export interface TargetView {
  readonly name: string;
  readonly kind: string;
  readonly address: string | null;
  readonly required: boolean;
  readonly paused: boolean;
  /** failing: the target cannot be discovered or written, or one of its slots fails. */
  readonly state: 'ok' | 'starting' | 'failing' | 'paused';
  readonly product: string | null;
  readonly principal: string | null;
  readonly keyExpiresAt: Time | null;
  readonly discoveredAt: Time | null;
  readonly nextDiscoveryAt: Time | null;
  readonly trouble: TroubleView | null;
  readonly findings: readonly FindingView[];
  readonly images: readonly ImageView[];
  readonly slots: readonly SlotView[];
  /** Newest first; failures are kept longer than successes. */
  readonly outcomes: readonly OutcomeView[];
}
/**
 * A target with its slot views made on iteration, and again on each iteration, so that of 100,000 slots only one view
 * exists at a time.
 */
export type TargetOverview = Omit<TargetView, 'slots'> & { readonly slots: Iterable<SlotView> };
export interface IdentityView {
  /** Where the AWS keys were found, and the roles that were assumed with them. */
  readonly from: string;
  readonly account: string | null;
  /** The principal's ARN, where AWS was asked for it (`check` asks). */
  readonly arn: string | null;
}
export interface CredentialView {
  readonly source: string;
  readonly region: string;
  readonly service: string;
  /** failing: the last fetch failed, and the present credential is still good; waiting: none was fetched yet. */
  readonly state: 'ok' | 'waiting' | 'failing' | 'expired';
  /** The AWS identity that fetched it; null when none was fetched yet, or the source does not say. */
  readonly identity: IdentityView | null;
  readonly fingerprint: string | null;
  readonly issuedAt: Time | null;
  readonly agesAt: Time | null;
  readonly expiresAt: Time | null;
  readonly nextFetchAt: Time | null;
  readonly trouble: TroubleView | null;
  readonly proofs: readonly { readonly host: string; readonly ok: boolean; readonly message: string | null; readonly at: Time }[];
  readonly findings: readonly FindingView[];
}
/** The state of this courier among several with one Lease. */
export interface LeaseView {
  /** The name of the Lease: `Lease NAMESPACE/NAME`. */
  readonly name: string;
  /** standing by: another courier leads, and this one does nothing; asking: it is not known who leads. */
  readonly state: 'leading' | 'standing by' | 'asking';
  /** This courier's identity in the Lease. */
  readonly me: string;
  /** null when it is not known, or when no courier leads. */
  readonly leader: string | null;
  /** Why the Lease cannot be used; null when it can. */
  readonly message: string | null;
}
/** A receiver of messages, or the heartbeat. Shows only the host of its address. */
export interface ReceiverView {
  readonly name: string;
  readonly format: string;
  /** null when the file with its address was not read yet. */
  readonly host: string | null;
  /** ok: it accepted what it was last sent; waiting: nothing was sent yet; failing: it did not accept it. */
  readonly state: 'ok' | 'waiting' | 'failing';
  readonly trouble: TroubleView | null;
  /** When it last accepted something. */
  readonly succeededAt: Time | null;
  /** null when it is next used as soon as there is something to report. */
  readonly nextAttemptAt: Time | null;
}
/** The status for what is polled: the metrics and /readyz. */
export type Overview = Omit<Status, 'targets'> & { readonly targets: readonly TargetOverview[] };
/** The response of /api/status, and the output of `once --json`, `check --json` and `status --json`. */
export interface Status {
  readonly schema: 1;
  readonly version: string;
  readonly now: Time;
  readonly startedAt: Time;
  readonly live: boolean;
  readonly ready: boolean;
  /** One sentence for each reason. */
  readonly unready: readonly string[];
  readonly clockSkewSeconds: number | null;
  /** null when this courier needs no Lease to work. */
  readonly lease: LeaseView | null;
  readonly credentials: readonly CredentialView[];
  readonly targets: readonly TargetView[];
  readonly receivers: readonly ReceiverView[];
}
