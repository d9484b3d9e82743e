import type { Clock } from './clock.ts';
import type { Credentials } from './credential.ts';
import type { Failure } from './failures.ts';
import type { Files } from './files.ts';
import type { Address, Registry } from './registry.ts';
import type { Secret } from './secret.ts';

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
   * What the slot holds now, where the manager can tell. A restart then rewrites nothing that is still fresh. One for
   * all of its registries, or one for each by host. Nothing is said of a registry that is missing there: what the
   * courier wrote goes on counting, and what it never wrote is unknown. A slot that has lost something is `drifted`.
   */
  readonly holds?: Holds | ReadonlyMap<string, Holds>;
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
  /**
   * Sent as JSON. A frozen object is encoded once, however often it is sent: so what is in it must not change either.
   */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Not a GET, and changes nothing all the same (login, ping, access review, dry run). */
  readonly reads?: boolean;
  /**
   * Takes the elements of a JSON list that is answered with status 200, as they come, so that neither the text nor the
   * rows of a long one lie in memory as a whole. The answer then holds an empty list. The request fails with
   * UNEXPECTED, perhaps after some elements, when the answer is no list or ends too soon.
   */
  readonly each?: (element: unknown) => void;
}

/**
 * Bound to one target: base URL, CA, proxy, pool, body limit, redaction. It follows no redirects, keeps no cookies and
 * retries nothing. Every status is an answer; a Failure is thrown where no answer came.
 */
export interface Http {
  (method: string, path: string, more: HttpRequest): Promise<Answer>;
  /** Ends in order, or throws TIMEOUT after silence. */
  lines(path: string, more: { signal: AbortSignal; idleMs: number; headers?: Record<string, string> }): AsyncIterable<string>;
  /** The usual reading of a status, with a short, cleaned quotation of the answer. */
  failure(answer: Answer, message?: string): Failure;
}

/** One server, as the adapter knows it. What the configuration of the target says of certificates comes first. */
export interface HttpBase {
  readonly url: string;
  /** Go with every request. */
  readonly headers?: Record<string, string>;
  /** Names of the headers that single requests bring. */
  readonly sets?: readonly string[];
  /** Certificates in PEM that are trusted beside those of the configuration. */
  readonly authorities?: string | undefined;
  /** Shown where the server asks for one. Both are PEM; the chain begins with the client's own certificate. */
  readonly certificate?: { readonly chain: string; readonly key: Secret } | undefined;
  /** The name in the server's certificate, where that is not the name in the address. */
  readonly serverName?: string | undefined;
  /** The HTTP proxy to this server, in the place of those of the environment. */
  readonly proxy?: NamedProxy | undefined;
}
/** address: http://USER:PASSWORD@HOST:PORT. named: what a person calls it where it was set, for sentences. */
export interface NamedProxy {
  readonly address: Secret;
  readonly named: string;
}

/** A program of this machine, looked for on PATH unless it is a path. */
export interface Program {
  readonly command: string;
  readonly args?: readonly string[];
  /** Beside the variables of the courier, of which those with keys of managers are left out. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}
/** badEnd: `exit status 1`, or the name of a signal; undefined: it ended well. */
export interface ProgramEnd {
  readonly stdout: string;
  readonly stderr: string;
  readonly badEnd: string | undefined;
}

/** Structured logging: a static message, the data beside it. */
export interface Log {
  debug(message: string, data?: object): void;
  info(message: string, data?: object): void;
  warn(message: string, data?: object): void;
  error(message: string, data?: object): void;
}

/** Those who ask on this machine for themselves: the credential helper and the credential provider. */
export interface Askers {
  /** Where those of the courier's own user keep their answers. */
  readonly directory: string;
  /** Of the courier; undefined on Windows. */
  readonly uid: number | undefined;
  /**
   * The identity by which they keep an answer for the registry, when they have configuration and environment of the
   * courier: `askedAs` of a credential. undefined: they would take none from somebody else.
   */
  identityOf(registry: Registry): Promise<string | undefined>;
}

export interface Deps<F extends string = string> {
  readonly name: string;
  readonly log: Pick<Log, 'info' | 'debug'>;
  readonly clock: Clock;
  /** The target's `registries:`. Those that are not there are slots with the state `absent` (`absentSlots`). */
  readonly wanted: readonly Registry[];
  /**
   * A client of one server. The configuration may add other headers. Throws MISCONFIGURED for an address that cannot be
   * used, and for a configured header that the adapter sets.
   */
  http(base: HttpBase): Http;
  /**
   * Reads YAML, or JSON, as Go's readers do. Maps are plain objects. Throws MISCONFIGURED with the place of the
   * mistake, and quotes nothing of the text. path: where the text comes from.
   */
  yaml(text: string, path: string): unknown;
  /**
   * Runs a program without a shell, a terminal and an input, and ends it, with all that it has started, when the signal
   * is aborted. Throws MISCONFIGURED where it cannot be started.
   */
  run(program: Program): Promise<ProgramEnd>;
  /** For what is kept in files on this machine. */
  readonly files: Files;
  readonly askers: Askers;
  /** Reads a stored address; undefined when it is none of ECR's. It knows the configured aliases. */
  registry(address: string): Address | undefined;
  /** Whether a source gives tokens for a registry. For ECR Public there is none unless somebody configures it. */
  hasSource(registry: Registry): boolean;
  /** The compiler checks the code against the adapter's table. The remedy is the table's unless given. */
  finding(code: F, message: string, remedy?: string): Finding;
}

/**
 * login: the half of a key pair that is no secret (user name, access key). A new secret often comes with a new login.
 * So a login can come from a file as a secret can, and both files are read again together.
 */
export type OptionFormat = 'string' | 'url' | 'path' | 'secret' | 'login' | 'boolean' | 'number' | 'strings';
/**
 * default null: it may be left out. No default: it must be given.
 * `env`: its variable in the short form, which makes one target of this kind.
 */
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

/** Defaults of a target. lingerMs: how long a write that was given up can go on over there; deliverMs unless said. */
export interface Limits {
  readonly concurrency: number;
  readonly discoverMs: number;
  readonly deliverMs: number;
  readonly lingerMs?: number;
}

/**
 * The options that all targets have are not the adapter's: name, kind, create, registries, TLS, deadlines and others.
 */
interface Definition<S extends OptionSpecs, F extends string, Ref> {
  readonly kind: string;
  readonly doc: string;
  readonly options: S;
  /**
   * Sets of options: one of them must be given whole ([['apiKey'], ['username', 'password']]). It is checked when the
   * configuration is loaded; the file of a secret or login counts.
   */
  readonly anyOf?: readonly (readonly NoInfer<keyof S & string>[])[];
  /** One request at a time and 30 s for each, unless said. */
  readonly limits?: Limits;
  /** Default of the target's `create`; false unless said. */
  readonly creates?: boolean;
  /** It keeps files of this machine and sends no requests, so it has no options of connections (TLS, headers). */
  readonly keeps?: 'files';
  /** None unless said. */
  readonly findings?: FindingSpecs<F>;
  /** What a person does when the file of the key is absent or empty: create it at My account > Access tokens. */
  readonly keyHint?: string;
  /**
   * Cheap and offline. It is called anew when an option, the file behind a secret or `wanted` changes, so options are
   * plain values. Annotate the result: `: Target<Ref>`.
   */
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
