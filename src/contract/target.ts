import type { Credentials } from './credential.ts';
import type { Failure } from './failures.ts';
import type { Registry } from './registry.ts';

/**
 * Something that a person should know. A finding lives as long as the report that carries it (discovery, slot or
 * receipt): the next report of that kind replaces it. A finding in the receipt of a creation lives as long as the slot.
 * `code` is a key of the adapter's table of findings.
 */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

export type Severity = 'info' | 'warning' | 'error';
export type FindingSpecs<F extends string = string> = Readonly<Record<F, FindingSpec>>;

export interface FindingSpec {
  readonly severity: Severity;
  readonly doc: string;
  readonly remedy: string;
  /**
   * Limits a finding in a receipt to the time until the next report, which repeats the finding itself if it still
   * holds. Otherwise a finding in the receipt of a creation stays as long as the slot does.
   */
  readonly until?: 'next report';
}

/** What a slot holds. fingerprint: that of the credential, as `fingerprint` returns it and audit lines show it. */
export interface Holds {
  readonly fingerprint: string;
  /** The epoch where it is not known; the credential then counts as expired. */
  readonly expiresAt: Date;
}

/**
 * The smallest part of a target that can be written on its own, and that we would write: a row, an entry in `auths`, a
 * Secret. Everything else is a finding.
 */
export interface Slot<Ref = unknown> {
  /** Stable within the target and across restarts. `/` separates levels: team-a/ecr. */
  readonly id: string;
  /** A name for people: ecr-prod (row 7). */
  readonly title?: string;
  /** Empty when the slot holds no credential of its own (a ServiceAccount that refers to a Secret). */
  readonly registries: readonly Registry[];
  /**
   * absent: delivered only with `create`. drifted: not as it should be (edited, unhealthy, not attached), so it is due
   * immediately.
   */
  readonly state: 'present' | 'absent' | 'drifted';
  /** What a delivery does with the slot, as a participle for sentences: `restarted`. Default: `written`. */
  readonly deed?: string;
  /** What is missing, in words (`a credential`), when an `absent` slot exists in part. */
  readonly lacks?: string;
  /**
   * The source that the slot wishes for, wherever the patterns of that source match. The source's `slots` globs grant
   * the wish, never the adapter.
   */
  readonly source?: string;
  /**
   * Id of another slot in the same discovery, its leader, which must hold the very same credentials first: a Secret,
   * then the ServiceAccount; a row, then the swarm service. This slot is given what the leader holds, whenever that
   * changes.
   */
  readonly after?: string;
  /**
   * When a slot with `after` is given each new credential of its leader: immediately (the default), or not before half
   * the life of what it holds is over. With `in time` the credential has gone through the leader, and is not a secret
   * that both must share.
   */
  readonly follows?: 'at once' | 'in time';
  /**
   * What the slot holds now, where the manager can tell; a restart then rewrites nothing that is still fresh. One value
   * for all of its registries, or a map by host. A registry that is missing in the map is not reported: what the
   * courier wrote for it still counts, and otherwise it is unknown. A slot that has lost something is `drifted`.
   */
  readonly holds?: Holds | ReadonlyMap<string, Holds>;
  /**
   * The slot must be left alone for now (a rollout is under way): nothing is delivered until a later report says
   * otherwise. `registries`, `after` and `holds` still count, so that the expiry of what it holds is reported in time.
   * A finding says why it waits. Default: false.
   */
  readonly waits?: boolean;
  /**
   * Set when a delivery restarts or interrupts something (a redeploy). Such deliveries are kept rare: they come only
   * when less than the fraction `below` (0 to 1) of the life of what the slot holds is left, and within the target's
   * `window`. After a start, a slot without `holds` counts as fresh. Retries and repairs are 30 min to 8 h apart.
   */
  readonly disturbs?: { readonly below: number };
  readonly findings?: readonly Finding[];
  /** The adapter's own data (ids, versions). Passed back to deliver unread and never printed; null is fine. */
  readonly ref: Ref;
}

export interface About {
  readonly product?: string;
  readonly principal?: string;
  readonly keyExpiresAt?: Date;
  /**
   * Ids that no other manager reports, of what is behind this one, such as the Swarms that it manages. Two targets with
   * a common id would each take the other's writes for those of a third party.
   */
  readonly reaches?: readonly string[];
  /**
   * Ids of a system in which other targets may have slots of their own, such as a cluster. Two targets with a common id
   * write to the same place where they have slots of the same id.
   */
  readonly shares?: readonly string[];
}

export interface Discovery<Ref = unknown> {
  readonly slots: readonly Slot<Ref>[];
  readonly findings: readonly Finding[];
  /**
   * What could not be inspected (a cluster behind Rancher is down): ids, or what precedes a `/` in ids. The courier
   * keeps what it knows of these slots.
   */
  readonly unseen?: readonly string[];
  readonly about?: About;
}

export type Sighting<Ref = unknown> = { readonly slot: Slot<Ref> } | { readonly gone: string };

/**
 * The result of a delivery: the slot holds the new credential. id: the slot's id from now on, where a creation changed
 * it. proven: whether the credential worked when the manager itself tried it; missing where the manager did not try.
 * When a manager tried it in vain and kept the former credential, that is a Failure with the code CREDENTIAL_REFUSED.
 */
export interface Receipt {
  readonly change: 'created' | 'updated' | 'unchanged';
  readonly id?: string;
  readonly proven?: boolean;
  readonly findings?: readonly Finding[];
}

/**
 * The result of a rehearsal. untried: the manager did not let the courier find out whether it would accept the
 * delivery; a finding says why.
 */
export interface Rehearsal extends Omit<Receipt, 'change'> {
  readonly change: Receipt['change'] | 'untried';
}

/**
 * An object in the manager that the courier made. removed: it is deleted. released: it belongs to another program, and
 * no longer refers to what is deleted.
 */
export interface Pruned {
  /** The name for people: `Secret team-a/ecr-courier`. */
  readonly what: string;
  readonly change: 'removed' | 'released';
  /** Why it was left as it is. */
  readonly failure?: Failure;
}

/**
 * What those who use a slot should know of it, who may see neither log nor status page, such as the owner of a
 * namespace. It concerns this slot alone, and its texts are one line each, without secrets.
 */
export interface Notice {
  /** `renewal`, or the code of a finding. Notices of a slot on one topic follow each other. */
  readonly topic: string;
  /** stands: it is so now. over: it was told that it stands, and that is no longer so. */
  readonly state: 'stands' | 'over';
  /** Sentences that name the slot. */
  readonly message: string;
  /** Empty with `over`. */
  readonly remedy: string;
  /** When this state began. */
  readonly since: Date;
  /** How many times this state was told since it began, including this time. */
  readonly times: number;
}

/**
 * One configured manager, reached with one key: two keys are two targets. Between calls a target may cache what it has
 * seen, but never what it has sent.
 */
export interface Target<Ref = unknown> extends Partial<AsyncDisposable> {
  /** Shown to people; holds no credential. When the address under a name changes, the ledger forgets the target. */
  readonly address: string;
  /**
   * Reads only. Success proves that the manager is reachable and accepts the key. What it throws concerns the whole
   * target.
   */
  discover(signal: AbortSignal): Promise<Discovery<Ref>>;
  /**
   * An idempotent upsert. Returns when the slot holds the new credential. Throws when it does not, when that is
   * unknown, or when a later step of the delivery failed: the engine then calls it again, and it repeats every step. It
   * may rewrite after a write that was refused as stale (409: read, merge, write; thrice at most), and log in once
   * more. It retries nothing else.
   */
  deliver(slot: Slot<Ref>, credentials: Credentials, signal: AbortSignal): Promise<Receipt>;
  /**
   * Reports changes after the last discovery. When it cannot go on it simply ends: the engine discovers, then calls it
   * again, with backoff. Returns undefined when the target cannot be watched now (a right is missing); the target is
   * then discovered as often as any other.
   */
  watch?(signal: AbortSignal): AsyncIterable<Sighting<Ref>> | undefined;
  /**
   * Predicts what deliver would return or throw, without a write. The command `check` calls it. It may send every
   * request that changes nothing (`reads`), and let the manager try the credential where that stores nothing (dry run,
   * ping). It reports a write only where nothing that can be asked speaks against it, above all permissions.
   */
  rehearse?(slot: Slot<Ref>, credentials: Credentials, signal: AbortSignal): Promise<Rehearsal>;
  /**
   * Removes what the courier made in the manager, and nothing else, for the command `prune`. It removes one object at a
   * time, references before what they refer to. rehearsed: reports what would be removed, and changes nothing. What it
   * throws concerns all remaining objects.
   */
  prune?(way: 'written' | 'rehearsed', signal: AbortSignal): AsyncIterable<Pruned>;
  /**
   * Tells those who use a slot, in the manager itself, what threatens it or that this is over (an Event of Kubernetes).
   * The engine calls it when that changes, and every 40 minutes while a threat stands. The same notice, told again,
   * replaces the former one. What it throws changes nothing: the notice is dropped, or told again later if it still
   * holds.
   */
  tell?(slot: Slot<Ref>, notice: Notice, signal: AbortSignal): Promise<void>;
}
