import type { Credentials } from './credential.ts';
import type { Failure } from './failures.ts';
import type { Registry } from './registry.ts';

/**
 * Something that a person should know. It lives as long as the report that carries it (discovery, slot or receipt):
 * the next report of that kind replaces it. What the receipt of a creation says lives as long as the slot. `code`
 * stands in the adapter's table of findings.
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
   * What a receipt says of it holds until the next report, which tells it itself where it still holds. Otherwise what a
   * creation said stays for as long as the slot does.
   */
  readonly until?: 'next report';
}

/** fingerprint: what `fingerprint` says of the credential, as in the audit line. */
export interface Holds {
  readonly fingerprint: string;
  /** The beginning of the epoch where nobody knows: then it counts as over. */
  readonly expiresAt: Date;
}

/**
 * The smallest thing in a target that can be written on its own, and that we would write: a row, an entry in `auths`,
 * a Secret. Everything else is a finding.
 */
export interface Slot<Ref = unknown> {
  /** Stable within the target, across restarts; `/` separates levels: team-a/ecr. */
  readonly id: string;
  /** For people: ecr-prod (row 7). */
  readonly title?: string;
  /** None: the slot holds no credential of its own (a ServiceAccount that refers to a Secret). */
  readonly registries: readonly Registry[];
  /**
   * absent: delivered only with `create`. drifted: not as it should be (edited, unhealthy, not attached), so it is
   * delivered now.
   */
  readonly state: 'present' | 'absent' | 'drifted';
  /** With `absent`, where a part of it is there already: what is missing, for people (`a credential`). */
  readonly lacks?: string;
  /** A wish: this source wherever its patterns match. The source's `slots` globs grant it, never the adapter. */
  readonly source?: string;
  /**
   * Id of another slot of the same discovery, which must hold the very same credentials first: a Secret, then the
   * ServiceAccount; a row, then the swarm service. This slot is given what that one holds, whenever that changes.
   */
  readonly after?: string;
  /**
   * With `after`: whether it is given each new credential of that other slot at once (unless said), or keeps what it
   * holds until half the life of that is over. Then what it is given has gone through the other slot, and is no secret
   * that both must have in common.
   */
  readonly follows?: 'at once' | 'in time';
  /**
   * What the slot holds now, where the manager can tell. A restart then rewrites nothing that is still fresh. One for
   * all of its registries, or one for each by host. Nothing is said of a registry that is missing there: what the
   * courier wrote goes on counting, and what it never wrote is unknown. A slot that has lost something is `drifted`.
   */
  readonly holds?: Holds | ReadonlyMap<string, Holds>;
  /**
   * The manager must be left alone with it for now (a roll-out is under way), so nothing is delivered until a later
   * report says otherwise. It is as it would be otherwise: `registries`, `after` and `holds` go on counting, so the end
   * of what it holds is told in time. A finding says why it waits. false unless said.
   */
  readonly waits?: boolean;
  /**
   * A delivery restarts or interrupts something (a redeploy), so it comes as rarely as possible: only when less than
   * this part (0 to 1) of the life of what the slot holds is left, and within the target's `window`. After a start,
   * a slot without `holds` counts as fresh. Retries and repairs are 30 min to 8 h apart.
   */
  readonly disturbs?: { readonly below: number };
  readonly findings?: readonly Finding[];
  /** The adapter's own (ids, versions), handed back to deliver unread, printed nowhere; null is fine. */
  readonly ref: Ref;
}

export interface About {
  readonly product?: string;
  readonly principal?: string;
  readonly keyExpiresAt?: Date;
  /**
   * Ids that nobody else tells, of what lies behind the manager, such as the Swarms that it leads to. Two targets with
   * one in common would each take the writes of the other for those of somebody else.
   */
  readonly reaches?: readonly string[];
  /**
   * Ids of a system in which other targets may have slots of their own, such as a cluster. Two targets with one in
   * common write to the same where they have slots of the same id.
   */
  readonly shares?: readonly string[];
}

export interface Discovery<Ref = unknown> {
  readonly slots: readonly Slot<Ref>[];
  readonly findings: readonly Finding[];
  /**
   * What could not be looked at (a cluster behind Rancher is down): ids, or what stands before a `/` in ids.
   * The courier keeps what it knows of these slots.
   */
  readonly unseen?: readonly string[];
  readonly about?: About;
}

export type Sighting<Ref = unknown> = { readonly slot: Slot<Ref> } | { readonly gone: string };

/**
 * The slot holds the new credential. id: under which the slot is found from now on, where a creation changed it.
 * proven: whether the credential worked when the manager itself tried it; missing where the manager did not try.
 * A manager that tried it in vain and kept the former one is a Failure with the code CREDENTIAL_REFUSED.
 */
export interface Receipt {
  readonly change: 'created' | 'updated' | 'unchanged';
  readonly id?: string;
  readonly proven?: boolean;
  readonly findings?: readonly Finding[];
}

/**
 * What a rehearsal says. untried: the manager did not let the courier find out whether it would take the delivery; a
 * finding says why.
 */
export interface Rehearsal extends Omit<Receipt, 'change'> {
  readonly change: Receipt['change'] | 'untried';
}

/**
 * Something in the manager that the courier made. removed: it goes. released: it is somebody else's, and no longer
 * names what goes.
 */
export interface Pruned {
  /** For people: `Secret team-a/ecr-courier`. */
  readonly what: string;
  readonly change: 'removed' | 'released';
  /** Why it stays as it is. */
  readonly failure?: Failure;
}

/**
 * One configured manager, reached with one key: two keys are two targets. Between calls it may keep a cache of what it
 * saw, never of what it sent.
 */
export interface Target<Ref = unknown> extends Partial<AsyncDisposable> {
  /**
   * For people; no credential in it. When another address stands under the same name, the ledger forgets the target.
   */
  readonly address: string;
  /**
   * Reads only. It shows that the manager is reached and the key accepted. What it throws concerns the whole target.
   */
  discover(signal: AbortSignal): Promise<Discovery<Ref>>;
  /**
   * An idempotent upsert. It returns when the slot holds the new credential, and throws when it does not, when nobody
   * knows, or when a later step of the delivery failed: then it is called again, and does everything once more.
   * It may write again after a write that was refused as stale (409: read, merge, write; thrice at most), and log in
   * again once. It retries nothing else.
   */
  deliver(slot: Slot<Ref>, credentials: Credentials, signal: AbortSignal): Promise<Receipt>;
  /**
   * Tells what changes after the last discovery. When it cannot go on, it just ends: the engine discovers, then calls
   * it again, with backoff. undefined: it cannot be watched now (a right is missing), so it is discovered as often as
   * any other target.
   */
  watch?(signal: AbortSignal): AsyncIterable<Sighting<Ref>> | undefined;
  /**
   * What deliver would return or throw, without a write. The command `check` calls it. It may ask everything that
   * changes nothing (`reads`), and let the manager try the credential where that keeps none (dry run, ping). It says
   * that something would be written only where nothing that can be asked speaks against it: rights above all.
   */
  rehearse?(slot: Slot<Ref>, credentials: Credentials, signal: AbortSignal): Promise<Rehearsal>;
  /**
   * Takes away what the courier made over there, and nothing of anybody else, for the command `prune`: thing by thing,
   * what refers to another before that. rehearsed: says what would go, and changes nothing. What it throws concerns all
   * that is left.
   */
  prune?(way: 'written' | 'rehearsed', signal: AbortSignal): AsyncIterable<Pruned>;
}
