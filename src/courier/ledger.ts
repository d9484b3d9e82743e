import type { Limits } from '../contract/adapter.ts';
import type { Credential } from '../contract/credential.ts';
import type { Failure, FailureCode } from '../contract/failures.ts';
import type { Image } from '../contract/image.ts';
import type { Registry } from '../contract/registry.ts';
import type { Proof, Source, Verified } from '../contract/source.ts';
import type { About, Finding, FindingSpecs, Rehearsal, Slot, Target } from '../contract/target.ts';

/**
 * Milliseconds on the engine's time line (timing.ts `timeline`). It never runs backward, and counts suspended hours.
 */
export type Moment = number;

/** Why a slot is due, most urgent first. */
export const reasons = ['absent', 'drifted', 'unsettled', 'unknown', 'aging'] as const;
export type Reason = (typeof reasons)[number];

/** Why a slot was written, for people: the reason, with `unknown` replaced by its cause. */
export type Cause =
  | Exclude<Reason, 'unknown'>
  | 'first delivery since start'
  | 'tried again'
  | 'asked for'
  | 'needed by a follower'
  | 'not known what it holds';

/** What is known of a credential in a slot or in a scope. Without `credential`, only the manager told us (`holds`). */
export interface Holding {
  readonly fingerprint: string;
  readonly scope?: string;
  readonly credential?: Credential;
  readonly expiresAt: Date;
  /** From then on a newer one is needed: half the life, +-10 %, drawn once per credential. */
  readonly agesAt: Moment;
  readonly endsAt: Moment;
  readonly receivedAt: Moment;
  /**
   * Set if the manager holds this although we had written another credential: one that lives as long, or exactly that
   * of a leader. oursEndsAt: the end of the one that we had written.
   */
  readonly foreign?: { readonly oursEndsAt: Moment };
}

/** A credential that we fetched. */
export type Kept = Holding & { readonly scope: string; readonly credential: Credential };

/** The fingerprint of a credential of which nothing is known. */
export const unknownFingerprint = '';

export function isKept(holding: Holding): holding is Kept {
  return holding.credential !== undefined && holding.scope !== undefined;
}

/**
 * What a slot can be given now, by host. A follower without registries gets no password; its offer only names what the
 * leader holds.
 */
export type Offer = ReadonlyMap<string, Holding>;

/** A row of failures: since when, how many, and the newest one. */
export interface Trouble {
  readonly failure: Failure;
  readonly since: Moment;
  readonly count: number;
  /** When the newest attempt began. */
  readonly triedAt?: Moment;
  /** The fingerprint of the credential whose delivery failed. */
  readonly fingerprint?: string | undefined;
  /** The fingerprints of the first refused offer (CREDENTIAL_REFUSED) since the last success. */
  readonly refused?: readonly string[] | undefined;
}

/** The result of one attempt. */
export interface Outcome {
  readonly at: Moment;
  readonly slot: string;
  readonly title: string;
  readonly reason: Cause;
  readonly result: Rehearsal['change'] | FailureCode;
  readonly ms: number;
  readonly message?: string;
  readonly fingerprint?: string;
  readonly expiresAt?: Date;
  readonly proven?: boolean;
}

/**
 * A write that may still land (rule 8). The slot is pushed until one push succeeds (then `answered`), and once more
 * after `confirmAt`. by: the author; a former process may have left a write at each start. of: a creation that no
 * report has shown yet, so that repeating it could create a second entry; undefined for an update.
 */
export interface Unsettled {
  readonly confirmAt: Moment;
  readonly answered: boolean;
  readonly by: 'us' | 'former process';
  readonly of?: 'creation' | undefined;
}

/** How many repairs did not last, without a quiet hour in between, and when the last one was. */
interface Repairs {
  readonly count: number;
  readonly at: Moment;
}

/**
 * One slot: what it is, what it holds, what was tried and when the next attempt is. There can be 100,000 entries, so
 * each field costs memory, and rare fields are grouped. The brackets name the file that writes a field; reports.ts
 * creates entries.
 */
export interface Entry {
  /** [reports; attempt: a new id, and its state after a creation] */
  slot: Slot;
  /**
   * The scopes of `slot.registries`, in that order; undefined if no source serves one. [reports; lane: after a reload]
   */
  scopes: readonly (Scope | undefined)[];
  /**
   * What the slot holds, in the order of `slot.registries`; undefined if unknown. [attempt: our own write; reports: the
   * manager's word]
   */
  held: readonly (Holding | undefined)[];
  /**
   * The hosts of `held`, in that order, for a follower, which holds its leader's credentials. [attempt; reports: for a
   * new slot, and for one that no longer follows]
   */
  heldHosts?: readonly string[] | undefined;
  /** When the last write ended, with or without success; -Infinity before the first. [deliveries] */
  wroteAt: Moment;
  /** [deliveries] */
  running: boolean;
  /** Its place in the queue of its target, as queue.ts counts; 0 if it is not queued. [queue] */
  queued: number;
  /**
   * When a rewrite was requested, with a credential that was fetched after that. [rewrites; waiting: a disturbing slot;
   * attempt: cleared]
   */
  rewriteAskedAt?: Moment | undefined;
  /** When the last requested rewrite ended; undefined before the first. [deliveries] */
  rewroteAt?: Moment;
  /** The slot is rewritten because a follower needs a credential that we have. [waiting; attempt: cleared] */
  neededByFollower?: boolean;
  /** The end of the slot's pause; 0 without one. [attempt; pauses: ends it early; results: `check`] */
  notBefore: Moment;
  /** [attempt] */
  trouble?: Trouble | undefined;
  /** [attempt; reports: for a new or absent slot] */
  unsettled?: Unsettled | undefined;
  /** [attempt; reports: for a new slot] */
  repaired?: Repairs | undefined;
  /** The result of the newest attempt. [attempt] */
  result?: Outcome['result'] | undefined;
  /** How many attempts must still succeed because one has hung; undefined for none. [health] */
  distrust?: number | undefined;
  /** The deadline of the last attempt if it was shortened and has ended the attempt (see deadlines.ts). [health] */
  cutMs?: number | undefined;
  /** The last attempt had the whole deadline, and has hung. [health] */
  hung?: true | undefined;
  /** Whether the manager itself could log in with the last credential; undefined if it was not asked. [attempt] */
  proven?: { readonly fingerprint: string; readonly ok: boolean } | undefined;
  /** Findings of the last receipt and of that of its creation. [attempt; reports: an absent slot has none, some end] */
  receiptFindings: readonly Finding[];
}

/** The shared empty list. */
export const noFindings: readonly Finding[] = [];

const alone = new WeakMap<object, readonly [object]>();

/**
 * Returns one shared list for each single member, and any other list unchanged. Most slots have one registry, and the
 * same credential as thousands of others.
 */
export function shared<T extends object | undefined>(list: readonly T[]): readonly T[] {
  const [only] = list;
  if (list.length !== 1 || only === undefined) return list;
  const known = alone.get(only) ?? [only];
  alone.set(only, known);
  return known as readonly [T];
}

/** What the slot holds for one of its registries, if known. */
export function heldFor({ slot, held, heldHosts }: Pick<Entry, 'slot' | 'held' | 'heldHosts'>, host: string): Holding | undefined {
  if (heldHosts) return held[heldHosts.indexOf(host)];
  // A follower without registries, whose holding the manager tells.
  if (slot.registries.length === 0) return held[0];
  return held[slot.registries.findIndex(registry => registry.host === host)];
}

/** A target as configured. */
export interface ManagedTarget {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
  readonly create: boolean;
  /** All slots should hold the same credential. By default each slot ages by itself. */
  readonly alike?: boolean | undefined;
  readonly paused: boolean;
  readonly limits: Limits;
  readonly findings: FindingSpecs;
  /** Remedies for findings of the engine, in terms of this target's configuration; they replace those of the table. */
  readonly remedies?: Readonly<Record<string, string>>;
  /** The next wall time at which disturbing deliveries may begin, in milliseconds; without it, any time. */
  readonly window?: ((wall: number) => number) | undefined;
  /** Findings that hold whatever a discovery reports, such as disabled TLS verification. */
  readonly standing?: readonly Finding[];
  /** Other couriers serve some or all of its slots. */
  readonly isShared?: boolean;
  /** Images whose pull is tried regularly. */
  readonly verify?: readonly Image[];
  /** Set if the target also wants the registry of the courier's own account: any registry of that region. */
  readonly own?: Registry | undefined;
  /**
   * Returns the client, a new one if its key, an option or `own` has changed; `own`: the courier's own registry, once
   * known. Throws a Failure while it cannot be made, for example while a key file is missing.
   */
  open(own?: Registry): Promise<Target>;
}

/** What is known of one target. The brackets name the file that writes a field; lane.ts creates the record. */
export interface TargetRecord {
  /** [lane: after a reload] */
  managed: ManagedTarget;
  readonly name: string;
  /** [discovery] */
  address: string | undefined;
  /** [reports; attempt: a new id] */
  readonly entries: Map<string, Entry>;
  /**
   * The scope whose credential names the courier's own registry; undefined if the target does not want it. [courier]
   */
  own?: Scope | undefined;
  /**
   * Former ids of slots, and when they changed. A report that began earlier may still name them. [attempt; reports:
   * removes them]
   */
  readonly renamed: Map<string, Moment>;
  /** The unsettled state of slots that existed at the start: writes of a former process may still land. [reports] */
  formerWrites?: Unsettled | undefined;
  /** The unsettled state of slots that have gone, by id, for their return. [reports] */
  readonly vanished: Map<string, Unsettled>;
  /** Slots that a watch saw disappear during a write, by id, and when. [reports] */
  readonly leaving: Map<string, Moment>;
  /**
   * Repairs of slots that got another id when they were created, by the former id, in case they are absent again.
   * [attempt; reports: removes them]
   */
  readonly recreated: Map<string, Repairs>;
  /** Credentials that some slot was given, for targets with `alike`. [deliveries] */
  readonly given: WeakSet<Holding>;
  /** Part of the target could not be read. [reports] */
  partlyUnseen: boolean;
  /** Ids of present and former followers, by the id of the leader. [reports] */
  readonly followers: Map<string, Set<string>>;
  /** [reports] */
  about: About;
  /** [reports] */
  findings: readonly Finding[];
  /** When the newest report began; undefined before the first. [reports] */
  discoveredAt?: Moment | undefined;
  /** [condition] */
  nextDiscoveryAt: Moment;
  /** The verifications of the images under `verify`, in that order. [verifications] */
  verified?: readonly Verification[];
  /** The first moment from `from` on at which disturbing deliveries may begin; undefined for any time. */
  opensAt(from: Moment): Moment | undefined;
  /** Why nothing is delivered, or the failure of the last discovery. [condition] */
  trouble?: Trouble | undefined;
  /** Outcomes, newest first. Failures are kept longer than successes. [attempt] */
  readonly outcomes: Outcome[];
}

/** What a registry said of a credential, and when. */
export type Proved = Proof & { readonly at: Moment; readonly fingerprint: string };

/** A refusal of a credential that led to another fetch. by: the slot; evidence: as in evidence.ts. */
export interface Refusal {
  readonly evidence: 'registry' | 'accepted' | 'none accepted';
  readonly by: Entry | undefined;
  readonly at: Moment;
}

/**
 * One source x region x service (x endpoint variant): its last good credential and the state of fetching. The brackets
 * name the file that writes a field; scopes.ts creates the record.
 */
export interface Scope {
  readonly id: string;
  /** [supply: new sources] */
  source: Source;
  /** A registry that it serves, for region and service. */
  readonly registry: Registry;
  /** [fetches] */
  kept?: Kept | undefined;
  /** A slot needs it, or a target that wants the courier's own registry. [scopes; supply: new sources] */
  wanted: boolean;
  /** The registries that it is delivered for, by host. The credential is proven at each. [scopes] */
  readonly hosts: Map<string, Registry>;
  /** [fetches] */
  fetching: boolean;
  /** A newer credential was requested, by a refresh or a refusal, and no fetch has begun since. [fetches; evidence] */
  refetch: boolean;
  /** Refusals that led to a fetch, without a quiet hour in between. [evidence] */
  refusals: readonly Refusal[];
  /** When the last fetch began; -Infinity before the first. [fetches] */
  fetchedAt: Moment;
  /** When the last successful fetch began, whatever token it returned. [fetches] */
  answeredAt: Moment;
  /** The number of fetches in a row without a new credential. [fetches] */
  failures: number;
  /** [fetches] */
  notBefore: Moment;
  /** [fetches] */
  trouble?: Trouble | undefined;
  /** What each registry said of `kept`, by host. [proofs; scopes: removes it] */
  readonly proofs: Map<string, Proved>;
  /** Hosts with a proof under way. [proofs] */
  readonly proving: Set<string>;
  /**
   * The members of `hosts` that may need a proof, because they are new since the last tick or the credential is.
   * [scopes; fetches: all of them, for a new credential; proofs: takes them]
   */
  unproven: Registry[];
}

/**
 * An image whose pull is tried with the credential of a scope, shared by all targets that name it. Written by
 * verifications.ts.
 */
export interface Verification {
  /** HOST/REPOSITORY:TAG */
  readonly name: string;
  readonly image: Image;
  /** undefined if no source serves it. */
  scope: Scope | undefined;
  running: boolean;
  notBefore: Moment;
  /** The last result, and when that try began. */
  result?: Verified & { readonly at: Moment };
  /** When the last successful try began. */
  succeededAt?: Moment;
  /** The fingerprint of a credential that the registry called expired. A newer one is tried immediately. */
  tooOld?: string | undefined;
}

/** A finding about a credential. host: the registry that it concerns, if any. */
export interface ScopeFinding extends Finding {
  readonly host?: string;
}

/** Everything that the engine knows, read-only, for logs, metrics, status and notifications. */
export interface Ledger {
  readonly targets: ReadonlyMap<string, TargetRecord>;
  /** The scopes that are wanted. */
  readonly scopes: ReadonlyMap<string, Scope>;
  /** Findings of the engine itself about a slot or target (no source, contested, absent and not to be created ...). */
  findingsOf(target: TargetRecord, entry?: Entry): readonly Finding[];
  /** Findings of the engine about a credential (not accepted by the registry, clock skew). */
  findingsOfScope(scope: Scope): readonly ScopeFinding[];
  /** Whether the slot should be written now. */
  isDue(target: TargetRecord, entry: Entry): boolean;
  /** Whether the entry was changed or removed by another party, even if its repair must wait. */
  awaitsRepair(target: TargetRecord, entry: Entry): boolean;
  /** When the slot will be tried next, an estimate; undefined if nothing is planned before its credential ages. */
  nextAttempt(target: TargetRecord, entry: Entry): Moment | undefined;
  /** Server time minus our wall clock, by the newest fetch; undefined before the first. */
  readonly clockSkewMs: number | undefined;
  readonly startedAt: Moment;
  /** Milliseconds since the last step; 0 before the first. Time in suspend does not count. */
  readonly sinceStepMs: number;
  now(): Moment;
  /** A moment as a date of this machine's wall clock. */
  date(moment: Moment): Date;
}
