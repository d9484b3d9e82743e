import type { Limits } from '../contract/adapter.ts';
import type { Credential } from '../contract/credential.ts';
import type { Failure, FailureCode } from '../contract/failures.ts';
import type { Image } from '../contract/image.ts';
import type { Registry } from '../contract/registry.ts';
import type { Proof, Source, Verified } from '../contract/source.ts';
import type { About, Finding, FindingSpecs, Rehearsal, Slot, Target } from '../contract/target.ts';

/** Milliseconds on the engine's own time line (timing.ts `advance`): never runs backward, counts suspended hours. */
export type Moment = number;

/** Why a slot is due, most urgent first. */
export const reasons = ['absent', 'drifted', 'unsettled', 'unknown', 'aging'] as const;
export type Reason = (typeof reasons)[number];

/** Why a slot was written, for people: what the engine does not know of it has a cause. */
export type Cause =
  | Exclude<Reason, 'unknown'>
  | 'first delivery since start'
  | 'tried again'
  | 'asked for'
  | 'needed by a follower'
  | 'not known what it holds';

/**
 * What is known of a credential that lies somewhere. `credential` is missing where only the manager told us (its
 * `holds`).
 */
export interface Holding {
  readonly fingerprint: string;
  readonly scope?: string;
  readonly credential?: Credential;
  readonly expiresAt: Date;
  /** From here on a newer one is wanted: half the life, +-10 %, drawn once per credential. */
  readonly agesAt: Moment;
  readonly endsAt: Moment;
  readonly receivedAt: Moment;
  /**
   * The manager says that it holds this, and we had written another credential: one that lives as long, or the very
   * one of a leader. oursEndsAt: the end of what we had written.
   */
  readonly foreign?: { readonly oursEndsAt: Moment };
}

/** A credential that we fetched and keep. */
export type Kept = Holding & { readonly scope: string; readonly credential: Credential };

/** The fingerprint of a credential that lies there while nothing else is known of it. */
export const unknownFingerprint = '';

export function isKept(holding: Holding): holding is Kept {
  return holding.credential !== undefined && holding.scope !== undefined;
}

/**
 * What a slot can be given now, by host. A follower without registries is given no password: only what its leader holds
 * is named.
 */
export type Offer = ReadonlyMap<string, Holding>;

/** A state of failing: since when, how often in a row, the newest failure. */
export interface Trouble {
  readonly failure: Failure;
  readonly since: Moment;
  readonly count: number;
  /** When the newest attempt began. */
  readonly triedAt?: Moment;
  /** Of the credential that was offered in vain. */
  readonly fingerprint?: string | undefined;
  /** Fingerprints of the first offer that was refused (CREDENTIAL_REFUSED) since the last success. */
  readonly refused?: readonly string[] | undefined;
}

/** What one attempt came to. */
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
 * A write may still land (rule 8): push again until one push was answered (then `answered`), and once more after
 * `confirmAt`. by: who wrote it; a former process may have left one at each start. of: a creation that no report has
 * shown yet, so that a second one could make a second thing; missing where it was the change of what was there.
 */
export interface Unsettled {
  readonly confirmAt: Moment;
  readonly answered: boolean;
  readonly by: 'us' | 'former process';
  readonly of?: 'creation' | undefined;
}

/** How often a slot was written anew in vain, without an hour of peace between; when for the last time. */
export interface Repairs {
  readonly count: number;
  readonly at: Moment;
}

/**
 * One slot: what it is, what it holds, what was tried, when next. There can be 100,000: what is kept here counts, and
 * what few have is a group. Each field says in brackets who writes it; reports.ts makes the entry.
 */
export interface Entry {
  /** [reports; attempt: a new id, and that it is there now] */
  slot: Slot;
  /**
   * The scopes of `slot.registries`, in their order; undefined where no source serves it. [reports; lane: after a
   * reload]
   */
  scopes: readonly (Scope | undefined)[];
  /**
   * In the order of `slot.registries`; undefined where nothing is known to lie. [attempt: by our own write; reports: by
   * the manager's word]
   */
  held: readonly (Holding | undefined)[];
  /**
   * Of a follower, which holds its leader's credentials: the hosts of `held`, in its order. [attempt; reports: for what
   * is new, or follows nobody any more]
   */
  heldHosts?: readonly string[] | undefined;
  /** When the last write ended, answered or not; -Infinity before the first. [deliveries] */
  wroteAt: Moment;
  /** [deliveries] */
  running: boolean;
  /** Its place in its target's queue, as queue.ts counts; 0: it is not there. [queue] */
  queued: number;
  /**
   * When somebody asked for it to be written anew, whatever it holds, with a credential that was fetched after that.
   * [rewrites; waiting: what disturbs; attempt: it is done]
   */
  rewriteAskedAt?: Moment | undefined;
  /** When the last write ended that somebody had asked for; undefined before the first. [deliveries] */
  rewroteAt?: Moment;
  /** It is written anew, because a follower needs a credential that we have. [waiting; attempt: it is done] */
  neededByFollower?: boolean;
  /** 0: at any time. [attempt; pauses: it is over before its time; results: `check`] */
  notBefore: Moment;
  /** [attempt] */
  trouble?: Trouble | undefined;
  /** [attempt; reports: for what is new or absent] */
  unsettled?: Unsettled | undefined;
  /** [attempt; reports: for what is new] */
  repaired?: Repairs | undefined;
  /** What the newest attempt came to. [attempt] */
  result?: Outcome['result'] | undefined;
  /** How many attempts must still be answered, as one has hung; undefined: none. [deliveries] */
  distrust?: number | undefined;
  /** Whether the manager itself could use what it was given last; undefined where it was not asked. [attempt] */
  proven?: { readonly fingerprint: string; readonly ok: boolean } | undefined;
  /**
   * Findings of the last receipt, and of that of its creation. [attempt; reports: what is absent has none, some end]
   */
  receiptFindings: readonly Finding[];
}

/** One for all who have none. */
export const noFindings: readonly Finding[] = [];

const alone = new WeakMap<object, readonly [object]>();

/**
 * The list, or the one and only list that holds its one member alone: most slots have one registry, and the same
 * credential as thousands.
 */
export function shared<T extends object | undefined>(list: readonly T[]): readonly T[] {
  const [only] = list;
  if (list.length !== 1 || only === undefined) return list;
  const known = alone.get(only) ?? [only];
  alone.set(only, known);
  return known as readonly [T];
}

/** What the slot is known to hold for one of its registries. */
export function heldFor({ slot, held, heldHosts }: Pick<Entry, 'slot' | 'held' | 'heldHosts'>, host: string): Holding | undefined {
  if (heldHosts) return held[heldHosts.indexOf(host)];
  // A follower without registries whose holding the manager tells.
  if (slot.registries.length === 0) return held[0];
  return held[slot.registries.findIndex(registry => registry.host === host)];
}

/** A target as configured. */
export interface ManagedTarget {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
  readonly create: boolean;
  /** All slots should hold one and the same credential; each ages by itself unless given. */
  readonly alike?: boolean | undefined;
  readonly paused: boolean;
  readonly limits: Limits;
  readonly findings: FindingSpecs;
  /**
   * What to do about findings of the engine, in the words in which this target is configured; the table's unless given.
   */
  readonly remedies?: Readonly<Record<string, string>>;
  /**
   * When deliveries that disturb may begin: now or the next such moment, for a wall time in milliseconds. At any time
   * unless given.
   */
  readonly window?: ((wall: number) => number) | undefined;
  /** What stands whatever discovery says: TLS verification is off, and the like. */
  readonly standing?: readonly Finding[];
  /** Other couriers have some of its slots, or all. */
  readonly isShared?: boolean;
  /** Images that are walked through as if they were pulled, now and then. */
  readonly verify?: readonly Image[];
  /** It wants the registry of the courier's own account, too: any registry of the region where that is. */
  readonly own?: Registry | undefined;
  /**
   * The target, made anew when its key, an option or `own` has changed since; `own`: the courier's own registry, once
   * it is known.
   * Throws a Failure while it cannot be made (a key file that is not there yet).
   */
  open(own?: Registry): Promise<Target>;
}

/** One target: what is known of it as a whole. Each field says in brackets who writes it; lane.ts makes the record. */
export interface TargetRecord {
  /** [lane: after a reload] */
  managed: ManagedTarget;
  readonly name: string;
  /** [discovery] */
  address: string | undefined;
  /** [reports; attempt: a new id] */
  readonly entries: Map<string, Entry>;
  /**
   * Its credential says which registry is the courier's own; undefined where the target does not want that. [courier]
   */
  own?: Scope | undefined;
  /**
   * Former ids of slots, and since when: a report that began before may still name them. [attempt; reports: forgets
   * them]
   */
  readonly renamed: Map<string, Moment>;
  /**
   * How what was there at the start is unsettled: a process before this one may have left writes that land. [reports]
   */
  formerWrites?: Unsettled | undefined;
  /** How slots are unsettled that are gone, should they come back, by id. [reports] */
  readonly vanished: Map<string, Unsettled>;
  /** Slots that a watch saw go while they were being written, by id, and when. [reports] */
  readonly leaving: Map<string, Moment>;
  /**
   * Repairs of slots that got another id when they were created, by the former id, should they be absent again.
   * [attempt; reports: forgets them]
   */
  readonly recreated: Map<string, Repairs>;
  /** Credentials that some slot was given, where all should hold the same (`alike`). [deliveries] */
  readonly given: WeakSet<Holding>;
  /** Part of the target could not be looked at. [reports] */
  partlyUnseen: boolean;
  /** Ids of slots that are, or once were, `after` another, by the id of that. [reports] */
  readonly followers: Map<string, Set<string>>;
  /** [reports] */
  about: About;
  /** [reports] */
  findings: readonly Finding[];
  /** When the newest report began; undefined before the first. [reports] */
  discoveredAt?: Moment | undefined;
  /** [condition] */
  nextDiscoveryAt: Moment;
  /** Of the images under `verify`, in their order. [verifications] */
  verified?: readonly Verification[];
  /**
   * When deliveries that disturb may begin, from that moment on: then, or the next such moment; undefined: at any time.
   */
  opensAt(from: Moment): Moment | undefined;
  /** Why nothing is delivered, or the last discovery's failure. [condition] */
  trouble?: Trouble | undefined;
  /** The newest outcomes first; failures are kept longer than successes. [attempt] */
  readonly outcomes: Outcome[];
}

/** What a registry said of a credential, and when. */
export type Proved = Proof & { readonly at: Moment; readonly fingerprint: string };

/** A credential was refused, and fetched anew because of that. by: the slot; evidence as in evidence.ts. */
export interface Refusal {
  readonly evidence: 'registry' | 'accepted' | 'none accepted';
  readonly by: Entry | undefined;
  readonly at: Moment;
}

/**
 * One source x region x service (x endpoint variant): the last good credential and how fetching goes. Each field says
 * in brackets who writes it; scopes.ts makes the record.
 */
export interface Scope {
  readonly id: string;
  /** [supply: new sources] */
  source: Source;
  /** A registry that it serves: says region and service. */
  readonly registry: Registry;
  /** [fetches] */
  kept?: Kept | undefined;
  /** Some slot needs it, or a target that asks for the courier's own registry. [scopes; supply: new sources] */
  wanted: boolean;
  /** The registries that it is delivered for, by host: those are proven. [scopes] */
  readonly hosts: Map<string, Registry>;
  /** [fetches] */
  fetching: boolean;
  /**
   * Somebody asked for a newer credential before its time, or a refusal did, and no fetch has begun since. [fetches;
   * evidence]
   */
  refetch: boolean;
  /** Those that led to a fetch, without an hour of peace between. [evidence] */
  refusals: readonly Refusal[];
  /** When the last fetch began; -Infinity before the first. [fetches] */
  fetchedAt: Moment;
  /** When the last fetch began that was answered, with whatever token. [fetches] */
  answeredAt: Moment;
  /** Fetches in a row that brought nothing new. [fetches] */
  failures: number;
  /** [fetches] */
  notBefore: Moment;
  /** [fetches] */
  trouble?: Trouble | undefined;
  /** By host: what the registry said of the credential `kept`. [proofs; scopes: forgets it] */
  readonly proofs: Map<string, Proved>;
  /** Hosts that are being asked. [proofs] */
  readonly proving: Set<string>;
  /**
   * Those of `hosts` that were not looked at since the last tick or the newest credential: they may have to be asked.
   * [scopes; fetches: all of them, for a new credential; proofs: takes them]
   */
  unproven: Registry[];
}

/**
 * An image that is walked through as if it were pulled, with the credential of a scope: one for all targets that ask
 * for it. All of it is written by verifications.ts.
 */
export interface Verification {
  /** HOST/REPOSITORY:TAG */
  readonly name: string;
  readonly image: Image;
  /** undefined: no source serves it. */
  scope: Scope | undefined;
  running: boolean;
  notBefore: Moment;
  /** What came of it last, and when that began. */
  result?: Verified & { readonly at: Moment };
  /** When it last went well. */
  succeededAt?: Moment;
  /** Fingerprint of the credential that the registry called too old: one that is newer is tried at once. */
  tooOld?: string | undefined;
}

/** A finding about a credential. host: the registry that it is about, if it is about one. */
export interface ScopeFinding extends Finding {
  readonly host?: string;
}

/** All that the engine knows, for those who show it. Read only. */
export interface Ledger {
  readonly targets: ReadonlyMap<string, TargetRecord>;
  /** Those that are wanted. */
  readonly scopes: ReadonlyMap<string, Scope>;
  /** Findings of the engine itself about a slot or target (no source, contested, absent and not to be created ...). */
  findingsOf(target: TargetRecord, entry?: Entry): readonly Finding[];
  /** Findings of the engine about a credential (not accepted by the registry, clock skew). */
  findingsOfScope(scope: Scope): readonly ScopeFinding[];
  /** Whether the slot should be written now. */
  isDue(target: TargetRecord, entry: Entry): boolean;
  /** Whether somebody has changed or removed what should be there, although it may not be written at once. */
  awaitsRepair(target: TargetRecord, entry: Entry): boolean;
  /**
   * When the slot is tried next, as far as that can be foreseen; undefined when nothing is planned before its
   * credential ages.
   */
  nextAttempt(target: TargetRecord, entry: Entry): Moment | undefined;
  /** Server time minus our wall clock, by the newest fetch; undefined before the first. */
  readonly clockSkewMs: number | undefined;
  readonly startedAt: Moment;
  /** The step's heartbeat: milliseconds since the last one. A suspended machine does not age it. */
  readonly sinceStepMs: number;
  now(): Moment;
  /** A moment as a date of this machine's wall clock. */
  date(moment: Moment): Date;
}
