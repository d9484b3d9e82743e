import type { Clock } from './clock.ts';
import type { Files } from './files.ts';
import type { Http, HttpBase } from './http.ts';
import type { Memory } from './memory.ts';
import type { Address, Registry } from './registry.ts';
import type { Secret } from './secret.ts';
import type { Finding, FindingSpecs, Target } from './target.ts';

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
  /** Of this target alone, by its name. For what the manager cannot tell again; never for a secret. */
  readonly memory: Memory;
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
 * address: a `url`, or unix:///PATH.
 * choice: one of the words in `choices`.
 */
export type OptionFormat = 'string' | 'choice' | 'url' | 'address' | 'path' | 'secret' | 'login' | 'boolean' | 'number' | 'strings';
/**
 * What a text must look like, or each of a list. pattern: a regular expression that JavaScript and Go both read.
 * words: the rest of the sentence "It must be ...". most: longest length in characters.
 */
export interface TextForm {
  readonly pattern: string;
  readonly words: string;
  readonly most: number;
}
/**
 * default null: it may be left out. No default: it must be given.
 * `env`: its variable in the short form, which makes one target of this kind.
 * `form`: of the formats `string` and `strings`.
 * `blank`: as another identity would be meant without it, it is a mistake in a file that nothing stands behind it.
 */
export type OptionSpec = {
  readonly doc: string;
  readonly default?: unknown;
  readonly env?: string;
  readonly form?: TextForm;
  readonly blank?: 'refused';
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
  /**
   * All slots of a target should hold one and the same credential: when one was given a newer one, as it is new, the
   * others get that as well. false unless said.
   */
  readonly alike?: boolean;
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
