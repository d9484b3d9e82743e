import type { Clock } from './clock.ts';
import type { Files } from './files.ts';
import type { Http, HttpBase } from './http.ts';
import type { Memory } from './memory.ts';
import type { Address, Registry } from './registry.ts';
import type { Secret } from './secret.ts';
import type { Finding, FindingSpecs, Target } from './target.ts';

/** A program on this machine: a path, or a name that is looked up on PATH. */
export interface Program {
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to the courier's own environment, from which the variables that hold keys of managers are removed. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}
/** How a program ended. badEnd: `exit status 1`, or the name of a signal; undefined when it ended well. */
export interface ProgramEnd {
  readonly stdout: string;
  readonly stderr: string;
  readonly badEnd: string | undefined;
}

/** Structured logging: a static message, with the data beside it. */
export interface Log {
  debug(message: string, data?: object): void;
  info(message: string, data?: object): void;
  warn(message: string, data?: object): void;
  error(message: string, data?: object): void;
}

/** The credential helper and the credential provider, which fetch and cache answers on this machine for themselves. */
export interface Askers {
  /** The directory in which they keep their answers when they run as the courier's user. */
  readonly directory: string;
  /** The courier's user id; undefined on Windows. */
  readonly uid: number | undefined;
  /**
   * The identity under which they keep an answer for the registry when they run with the courier's configuration and
   * environment: the `askedAs` of a credential. Resolves to undefined where they would accept no answer from another
   * program.
   */
  identityOf(registry: Registry): Promise<string | undefined>;
}

export interface Deps<F extends string = string> {
  readonly name: string;
  readonly log: Pick<Log, 'info' | 'debug'>;
  readonly clock: Clock;
  /**
   * The target's `registries:`. A registry that the manager does not have yet becomes an `absent` slot (`absentSlots`).
   */
  readonly wanted: readonly Registry[];
  /**
   * Whether absent slots are delivered (the target's `create`). The engine decides that; an adapter needs it to ask for
   * no right and to report no gap that concerns only creations.
   */
  readonly mayCreate: boolean;
  /**
   * Returns a client for one server. The configuration may add other headers. Throws MISCONFIGURED for an address that
   * cannot be used, and for a configured header that the adapter sets.
   */
  http(base: HttpBase): Http;
  /**
   * Parses YAML, or JSON, as Go's parsers do. Maps become plain objects. Throws MISCONFIGURED with the position of the
   * error, and quotes nothing of the text. path: where the text comes from.
   */
  yaml(text: string, path: string): unknown;
  /**
   * Runs a program without a shell, a terminal or input. When the signal is aborted, ends the program and everything
   * that it has started. Throws MISCONFIGURED when the program cannot be started.
   */
  run(program: Program): Promise<ProgramEnd>;
  /** Access to files on this machine. */
  readonly files: Files;
  readonly askers: Askers;
  /**
   * Memory of this target alone, keyed by its name. Use it for what the manager cannot tell again, never for a secret.
   */
  readonly memory: Memory;
  /** Parses a stored address; undefined when it is not an ECR address. Resolves the configured aliases. */
  registry(address: string): Address | undefined;
  /** Whether a source gives tokens for the registry. ECR Public has none unless one is configured for it. */
  hasSource(registry: Registry): boolean;
  /** Makes a finding. The compiler checks the code against the adapter's table. The remedy defaults to the table's. */
  finding(code: F, message: string, remedy?: string): Finding;
}

/**
 * login: the half of a key pair that is not secret (user name, access key). A new secret often comes with a new login,
 * so a login can come from a file as a secret can, and both files are read again together.
 * address: a `url`, or unix:///PATH.
 * choice: one of the words in `choices`.
 */
export type OptionFormat = 'string' | 'choice' | 'url' | 'address' | 'path' | 'secret' | 'login' | 'boolean' | 'number' | 'strings';
/**
 * The form of a text, or of each text in a list. pattern: a regular expression that is valid in both JavaScript and Go.
 * words: the rest of the sentence "It must be ...". most: maximum length in characters.
 */
export interface TextForm {
  readonly pattern: string;
  readonly words: string;
  readonly most: number;
}
/**
 * `default`: null makes the option optional; without a default the option is required.
 * `env`: its variable in the short form, which configures one target of this kind.
 * `form`: for the formats `string` and `strings` only.
 * `blank`: rejects the option with an empty value, because without it the target would use another identity.
 * `needs`: a boolean option of the same adapter, without which this one has no effect; a warning says so.
 */
export type OptionSpec = {
  readonly doc: string;
  readonly default?: unknown;
  readonly env?: string;
  readonly form?: TextForm;
  readonly blank?: 'refused';
  readonly needs?: string;
} & (
  | { readonly format: Exclude<OptionFormat, 'choice'>; readonly choices?: never }
  | { readonly format: 'choice'; readonly choices: readonly [string, ...string[]] }
);
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
type Given<S extends OptionSpec> = S extends { readonly choices: readonly (infer C)[] } ? C : Value<S['format']>;
export type Options<S extends OptionSpecs> = {
  readonly [K in keyof S]: S[K] extends { default: null } ? Given<S[K]> | undefined : Given<S[K]>;
};

/**
 * The default limits of a target. lingerMs: how long a write that was given up can go on in the manager; deliverMs if
 * omitted.
 */
export interface Limits {
  readonly concurrency: number;
  readonly discoverMs: number;
  readonly deliverMs: number;
  readonly lingerMs?: number;
}

/**
 * What `defineAdapter` takes. `options` leaves out the options that every target has: name, kind, create, registries,
 * TLS, deadlines and others.
 */
interface Definition<S extends OptionSpecs, F extends string, Ref> {
  readonly kind: string;
  readonly doc: string;
  readonly options: S;
  /**
   * Sets of options, one of which must be given whole ([['apiKey'], ['username', 'password']]). Checked when the
   * configuration is loaded. The file of a secret or login counts as that option.
   */
  readonly anyOf?: readonly (readonly NoInfer<keyof S & string>[])[];
  /** Defaults: one write at a time, and 30 s for each discovery and each delivery. */
  readonly limits?: Partial<Limits>;
  /** The default of the target's `create`; false if omitted. */
  readonly creates?: boolean;
  /**
   * Whether all slots of a target should hold the same credential. Once one slot is given a newer credential, for
   * example because the slot is new, the other slots get that credential too. Default: false.
   */
  readonly alike?: boolean;
  /**
   * Marks an adapter that writes files on this machine and sends no requests: it has no connection options (TLS,
   * headers).
   */
  readonly keeps?: 'files';
  /** Default: none. */
  readonly findings?: FindingSpecs<F>;
  /** What a person must do when the key file is absent or empty, such as: create it at My account > Access tokens. */
  readonly keyHint?: string;
  /**
   * Makes the target. It must be cheap and offline, and is called again when an option, the file behind a secret or
   * `wanted` changes; so options are plain values. Annotate the result: `: Target<Ref>`.
   */
  create(options: Options<S>, deps: Deps<NoInfer<F>>): Target<Ref>;
}

/** An adapter as `defineAdapter` returns it, with the defaults filled in. */
export interface Adapter<S extends OptionSpecs = OptionSpecs, F extends string = string, Ref = unknown> extends Definition<S, F, Ref> {
  readonly limits: Limits;
  readonly findings: FindingSpecs<F>;
}

export function defineAdapter<const S extends OptionSpecs, const F extends string = never, Ref = unknown>(
  definition: Definition<S, F, Ref>,
): Adapter<S, F, Ref> {
  const limits = { concurrency: 1, discoverMs: 30_000, deliverMs: 30_000, ...definition.limits };
  return { findings: {} as FindingSpecs<F>, ...definition, limits };
}
