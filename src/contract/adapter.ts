import type { Clock } from './clock.ts';
import type { Credentials } from './credential.ts';
import type { Failure } from './failures.ts';
import type { Address, Registry } from './registry.ts';
import type { Secret } from './secret.ts';

/** Something a person should know. Lives as long as the report that carries it (discovery, slot, receipt): the next report of that kind replaces it. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

export type Severity = 'info' | 'warning' | 'error';
export type FindingSpecs<F extends string = string> = Readonly<
  Record<F, { readonly severity: Severity; readonly doc: string; readonly remedy: string }>
>;

/** The smallest thing in a target that can be written on its own, and that we would write: a row, one `auths` entry, a Secret. All else is a finding. */
export interface Slot<Ref = unknown> {
  /** Stable within the target, across restarts; `/` separates levels: team-a/ecr. */
  readonly id: string;
  /** For people: ecr-prod (row 7). */
  readonly title?: string;
  /** None: it holds no credential of its own (a ServiceAccount's reference to a Secret). */
  readonly registries: readonly Registry[];
  /** absent: delivered only with `create`. drifted: not as it should be (edited, unhealthy, not attached): deliver now. */
  readonly state: 'present' | 'absent' | 'drifted';
  /** With `absent`, where a part of it is there already: what is missing, for people (`a credential`). */
  readonly lacks?: string;
  /** A wish: this source wherever its patterns match. The source's `slots` globs grant it, never the adapter. */
  readonly source?: string;
  /** Id of a slot here that must hold the very same credentials first: Secret, then ServiceAccount; row, then swarm service. */
  readonly after?: string;
  /** Where the manager can tell: what the slot holds now. A restart then rewrites nothing that is still fresh. fingerprint: as in the audit line. */
  readonly holds?: { readonly fingerprint: string; readonly expiresAt: Date };
  /**
   * A delivery restarts or interrupts something (a redeploy), so it comes as rarely as can be: only when less than this part (0 to 1) of the life of what the
   * slot holds is left, and within the target's `window`. After a start, a slot whose `holds` is not told counts as fresh.
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
}

export interface Discovery<Ref = unknown> {
  readonly slots: readonly Slot<Ref>[];
  readonly findings: readonly Finding[];
  /** Ids, or what stands before a `/` in ids, that could not be looked at (a cluster behind Rancher is down): what is known there is kept, not gone. */
  readonly unseen?: readonly string[];
  readonly about?: About;
}

export type Sighting<Ref = unknown> = { readonly slot: Slot<Ref> } | { readonly gone: string };

/** id: creating gave the slot this id, the ledger's entry moves there. proven: the manager itself tried the credential; absent: not asked. */
export interface Receipt {
  readonly change: 'created' | 'updated' | 'unchanged';
  readonly id?: string;
  readonly proven?: boolean;
  readonly findings?: readonly Finding[];
}

/** One configured manager, reached with one key (two keys are two targets). Keeps nothing between calls but a cache of what it saw, never of what it sent. */
export interface Target<Ref = unknown> extends Partial<AsyncDisposable> {
  /** For people; no credential in it. Another address under the same name: the ledger forgets the target. */
  readonly address: string;
  /** Reads only; proves reach and permission. What it throws concerns the whole target. */
  discover(signal: AbortSignal): Promise<Discovery<Ref>>;
  /** Idempotent upsert. May write again after a write refused as stale (409: read, merge, write; thrice at most) and log in again once; no other retry. */
  deliver(slot: Slot<Ref>, credentials: Credentials, signal: AbortSignal): Promise<Receipt>;
  /** Goes on from what the last discover saw. When it cannot go on it just ends: the engine discovers, then calls it again, with backoff. */
  watch?(signal: AbortSignal): AsyncIterable<Sighting<Ref>>;
  /** What deliver would do, asked without a write (server-side dry run, ping with the token). `check` uses it. */
  rehearse?(slot: Slot<Ref>, credentials: Credentials, signal: AbortSignal): Promise<Receipt>;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** Throws UNEXPECTED, quoting nothing but the status, when the text is not JSON. */
  json<T>(): T;
}

export interface HttpRequest {
  readonly signal: AbortSignal;
  /** Sent as JSON. A frozen object is encoded once, however often it is sent: so what is in it must not change either. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** A POST or PATCH that changes nothing (login, ping, access review, dry run). */
  readonly reads?: boolean;
  /**
   * Takes the elements of a JSON list that is answered with status 200, as they come: of a long one neither text nor rows lie in memory as a whole. The request fails
   * with UNEXPECTED, perhaps after some elements, when the answer is no list or ends too soon; the answer itself holds an empty one.
   */
  readonly each?: (element: unknown) => void;
}

/** Bound to one target: base URL, CA, proxy, pool, body limit, redaction; no redirects, cookies, retries. Any status is an answer; a Failure is thrown for none. */
export interface Http {
  (method: string, path: string, more: HttpRequest): Promise<Answer>;
  /** Ends in order, or throws TIMEOUT after silence. */
  lines(path: string, more: { signal: AbortSignal; idleMs: number; headers?: Record<string, string> }): AsyncIterable<string>;
  /** The usual reading of a status, with a short, cleaned quotation of the answer. */
  failure(answer: Answer, message?: string): Failure;
}

/** Structured logging: a static message, the data beside it. */
export interface Log {
  debug(message: string, data?: object): void;
  info(message: string, data?: object): void;
  warn(message: string, data?: object): void;
  error(message: string, data?: object): void;
}

export interface Deps<F extends string = string> {
  readonly name: string;
  readonly log: Pick<Log, 'info' | 'debug'>;
  readonly clock: Clock;
  /** The target's `registries:`; list those that are not there as `absent`. */
  readonly wanted: readonly Registry[];
  http(base: { url: string; headers?: Record<string, string> }): Http;
  /** Knows the configured aliases, so it is handed in and not imported. */
  registry(address: string): Address | undefined;
  /** code checked by the compiler against the adapter's table; the remedy is the table's unless given. */
  finding(code: F, message: string, remedy?: string): Finding;
}

/**
 * login: the half of a key pair that is no secret (user name, access key). A new secret often comes with a new one, so it may
 * come from a file as a secret may, and both are read again together.
 */
export type OptionFormat = 'string' | 'url' | 'path' | 'secret' | 'login' | 'boolean' | 'number' | 'strings';
/** default null: may be left out. No default: must be given. `env`: the variable of the short form that makes one target of this kind. */
export interface OptionSpec {
  readonly doc: string;
  readonly format: OptionFormat;
  readonly default?: unknown;
  readonly env?: string;
}
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;
type Value<F> = F extends 'secret'
  ? Secret
  : F extends 'boolean'
    ? boolean
    : F extends 'number'
      ? number
      : F extends 'strings'
        ? readonly string[]
        : string;
export type Options<S extends OptionSpecs> = {
  readonly [K in keyof S]: S[K] extends { default: null } ? Value<S[K]['format']> | undefined : Value<S[K]['format']>;
};

/** Defaults of a target. lingerMs: how long a write that we gave up on can go on over there (engine rule 8); deliverMs unless said. */
export interface Limits {
  readonly concurrency: number;
  readonly discoverMs: number;
  readonly deliverMs: number;
  readonly lingerMs?: number;
}

/** Options common to all targets are not the adapter's: name kind create registries required paused discover concurrency deadlines caFile tls... */
interface Definition<S extends OptionSpecs, F extends string, Ref> {
  readonly kind: string;
  readonly doc: string;
  readonly options: S;
  /** Sets of options of which at least one must be given, whole: [['apiKey'], ['username', 'password']]. Checked when the configuration is loaded; the file of a secret or login counts. */
  readonly anyOf?: readonly (readonly NoInfer<keyof S & string>[])[];
  /** One request at a time and 30 s for each, unless said. */
  readonly limits?: Limits;
  /** Default of the target's `create`; false unless said. */
  readonly creates?: boolean;
  /** None unless said. */
  readonly findings?: FindingSpecs<F>;
  /** What a person does when the file of the key is absent or empty: create it at My account > Access tokens. */
  readonly keyHint?: string;
  /** Cheap, offline. Called anew when an option, the file behind a secret one, or `wanted` changes: so options are plain values. Annotate the result: `: Target<Ref>`. */
  create(options: Options<S>, deps: Deps<NoInfer<F>>): Target<Ref>;
}

/** As `defineAdapter` made it. */
export interface Adapter<S extends OptionSpecs = OptionSpecs, F extends string = string, Ref = unknown> extends Definition<S, F, Ref> {
  readonly limits: Limits;
  readonly findings: FindingSpecs<F>;
}

export function defineAdapter<const S extends OptionSpecs, const F extends string = never, Ref = unknown>(
  definition: Definition<S, F, Ref>,
): Adapter<S, F, Ref> {
  return { limits: { concurrency: 1, discoverMs: 30_000, deliverMs: 30_000 }, findings: {} as FindingSpecs<F>, ...definition };
}
