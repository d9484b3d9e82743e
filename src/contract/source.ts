import type { CacheRule } from './cache-rule.ts';
import type { Credential } from './credential.ts';
import type { Image } from './image.ts';
import type { Registry } from './registry.ts';

/**
 * Who gives tokens in the place of ECR. `words`: such as `the file /run/token`. `right`: of AWS, that asking needs, or
 * `none`. `renew`: what to do where its token is no good, in sentences.
 */
export interface TokensFrom {
  readonly words: string;
  readonly right: string;
  readonly renew: string;
}

/**
 * Where credentials come from: an AWS identity, a function, a command or a file. It retries nothing beyond the AWS
 * client's three attempts.
 */
export interface Source {
  readonly name: string;
  /** Missing where ECR is asked. */
  readonly tokensFrom?: TokensFrom | undefined;
  /**
   * The scope of the credential that serves this registry. All registries that one fetch serves have the same. Offline
   * and cheap.
   */
  scope(registry: Registry): string;
  /**
   * One new credential for the registry's region and service. Throws a Failure whose message names every place that was
   * looked at.
   */
  fetch(registry: Registry, signal: AbortSignal): Promise<Credential>;
  /**
   * The identity by which credential helper and provider on this machine would keep a credential of this source for the
   * registry now; it reads files. Resolves to undefined where they would keep none that somebody else has fetched.
   */
  askedAs?(registry: Registry): Promise<string | undefined>;
  /** What a fetch for the registry that is under way waits for, for people: `asking ECR in eu-west-1 for a token`. */
  waitsFor?(registry: Registry): string | undefined;
  /**
   * Authorities (a file of PEM) that connections to AWS trust for this source beside the usual ones, and the setting
   * that names them.
   */
  trusts?(): { readonly file: string; readonly name: string } | undefined;
  /**
   * The rules of a registry for its caches. Missing where others give the tokens. Throws where the identity may not
   * ask.
   */
  cacheRules?(registry: Registry, signal: AbortSignal): Promise<readonly CacheRule[]>;
  /** What a person should know of how a registry of this spelling is served: a sentence. Offline and cheap. */
  remarkOn?(registry: Registry): string | undefined;
}

export interface Sources {
  readonly all: readonly Source[];
  /**
   * A granted wish of the slot, else the first source in file order whose patterns match, else the default one. A
   * source with `slots` is none for other slots, whatever it matches. Without a slot: for whoever asks for a credential
   * by himself, and no `slots` keep any source from him.
   */
  choose(registry: Registry, slot?: Asking): Source | undefined;
  /**
   * Names of the sources that would serve the registry, or that the slot wishes for, and that only their `slots` keep
   * from it. Missing: there are none.
   */
  withheld?(registry: Registry, slot: Asking): readonly string[];
}

/** A slot by its target and id, and the source that it wishes for. */
export interface Asking {
  readonly target: string;
  readonly id: string;
  readonly source?: string | undefined;
}

/**
 * What the registry itself said of a credential at `GET /v2/`. refused: it answered, and does not accept it; otherwise
 * it could not be asked.
 */
export type Proof = { readonly ok: true } | { readonly ok: false; readonly refused: boolean; readonly message: string };
export type Prove = (registry: Registry, credential: Credential, signal: AbortSignal) => Promise<Proof>;

/**
 * What walking the pull of an image came to. refused: a right is missing, or the image is not there; otherwise nobody
 * could say. read: its manifest was given out, which may count as a pull. stale: another credential may be taken.
 */
export type Verified =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly refused: boolean;
      readonly read: boolean;
      readonly stale: boolean;
      readonly message: string;
      readonly remedy: string;
    };
/** Without a credential: as somebody without a login, which ECR Public allows. Never throws. */
export type Verify = (image: Image, credential: Credential | undefined, signal: AbortSignal) => Promise<Verified>;
