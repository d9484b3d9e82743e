import type { Severity } from '../contract/target.ts';

/**
 * ISO 8601 in UTC. Those of a credential are times of the server that issued it, all others of this machine;
 * `clockSkewSeconds` lies between.
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
  /** From here on a newer one is wanted. */
  readonly agesAt: Time | null;
  readonly expiresAt: Time | null;
  /** It holds a credential that has not expired. */
  readonly valid: boolean;
  /** What the manager or the registry said of it; null: they were not asked, or could not be. */
  readonly proven: boolean | null;
}
/** An image under `verify`. */
export interface ImageView {
  /** HOST/REPOSITORY:TAG, or @DIGEST. */
  readonly image: string;
  /**
   * ok: it would be pulled; refused: a right is missing, or it is not there; unproven: nobody could say; waiting: it
   * was not asked for yet.
   */
  readonly state: 'ok' | 'refused' | 'unproven' | 'waiting';
  /** Why it would not be pulled; null when it would. */
  readonly message: string | null;
  readonly askedAt: Time | null;
  /** When it was last sure that it would be pulled. */
  readonly succeededAt: Time | null;
  /** Not before then is it asked for again. */
  readonly nextAt: Time | null;
}
export interface SlotView {
  readonly id: string;
  readonly title: string;
  /**
   * ok: holds what it should; waiting: due, changed by somebody and repaired later, nothing to deliver yet, or it must
   * be left alone; unconfirmed: a write may still land; failing: the last attempt failed; absent: not there and not to
   * be created.
   */
  readonly state: 'ok' | 'waiting' | 'unconfirmed' | 'failing' | 'absent';
  /** It must be left alone for now; a finding says why. What it holds may end meanwhile. */
  readonly waits: boolean;
  readonly registries: readonly HoldingView[];
  readonly trouble: TroubleView | null;
  readonly lastAttemptAt: Time | null;
  readonly nextAttemptAt: Time | null;
  readonly findings: readonly FindingView[];
}
/**
 * The logins that a slot must hold, for which somebody has to do something when they are missing or over. Nobody gives
 * any where no source serves the host; and what nobody knows of a slot that must be left alone is no fault.
 */
export const owedTo = ({ waits, registries }: SlotView): readonly HoldingView[] =>
  registries.filter(({ source, expiresAt }) => source !== null && !(waits && expiresAt === null));
export interface TargetView {
  readonly name: string;
  readonly kind: string;
  readonly address: string | null;
  readonly required: boolean;
  readonly paused: boolean;
  /** failing: it cannot be discovered or written, or one of its slots fails. */
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
/** Of 100,000 slots there is one view at a time: they are made as they are walked, anew each time. */
export type TargetOverview = Omit<TargetView, 'slots'> & { readonly slots: Iterable<SlotView> };
export interface IdentityView {
  /** Where the AWS keys were found, and the roles that were assumed with them. */
  readonly from: string;
  readonly account: string | null;
  /** The principal, where AWS was asked who that is (`check` asks). */
  readonly arn: string | null;
}
export interface CredentialView {
  readonly source: string;
  readonly region: string;
  readonly service: string;
  /** failing: the last fetch failed, what is there is still good; waiting: none was fetched yet. */
  readonly state: 'ok' | 'waiting' | 'failing' | 'expired';
  /** The AWS identity that fetched it; null: none was fetched yet, or the source does not tell. */
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
/** Of several couriers with one Lease, one leads. */
export interface LeaseView {
  /** For people: `Lease NAMESPACE/NAME`. */
  readonly name: string;
  /** standing by: another one leads, and this one does nothing; asking: it is not known who leads. */
  readonly state: 'leading' | 'standing by' | 'asking';
  /** What the Lease names this courier when it leads. */
  readonly me: string;
  /** null: it is not known, or nobody. */
  readonly leader: string | null;
  /** Why the Lease cannot be used; null: it can. */
  readonly message: string | null;
}
/** Who is told when something threatens, or the heartbeat. Nothing of its address but the host. */
export interface ReceiverView {
  readonly name: string;
  readonly format: string;
  /** null: the file with its address was not read yet. */
  readonly host: string | null;
  /** ok: it took what it was sent last; waiting: there was nothing to send yet; failing: it did not take it. */
  readonly state: 'ok' | 'waiting' | 'failing';
  readonly trouble: TroubleView | null;
  /** When it last took something. */
  readonly succeededAt: Time | null;
  /** null: when there is something to tell. */
  readonly nextAttemptAt: Time | null;
}
/** What is asked again and again is answered from this: the metrics, /readyz. */
export type Overview = Omit<Status, 'targets'> & { readonly targets: readonly TargetOverview[] };
/** The answer of /api/status, and what `once --json`, `check --json` and `status --json` print. */
export interface Status {
  readonly schema: 1;
  readonly version: string;
  readonly now: Time;
  readonly startedAt: Time;
  readonly live: boolean;
  readonly ready: boolean;
  /** One sentence a reason. */
  readonly unready: readonly string[];
  readonly clockSkewSeconds: number | null;
  /** null: this courier works in any case. */
  readonly lease: LeaseView | null;
  readonly credentials: readonly CredentialView[];
  readonly targets: readonly TargetView[];
  readonly receivers: readonly ReceiverView[];
}
