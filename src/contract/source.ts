import type { CacheRule } from './cache-rule.ts';
import type { Credential } from './credential.ts';
import type { Image } from './image.ts';
import type { Registry } from './registry.ts';

/**
 * What issues tokens in place of ECR. `words`: its name in a sentence, such as `the file /run/token`. `right`: the AWS
 * permission that a request to it needs, or `none`. `renew`: what to do when its token is invalid, in sentences.
 */
export interface TokensFrom {
  readonly words: string;
  readonly right: string;
  readonly renew: string;
}

/**
 * Where credentials come from: an AWS identity, a function, a command or a file. A source does not retry beyond the AWS
 * client's three attempts.
 */
export interface Source {
  readonly name: string;
  /** Missing where ECR itself issues the tokens. */
  readonly tokensFrom?: TokensFrom | undefined;
  /**
   * The scope of the credential that serves this registry. All registries that one fetch serves have the same scope.
   * Offline and cheap.
   */
  scope(registry: Registry): string;
  /**
   * Fetches a new credential for the registry's region and service. Throws a Failure whose message names every place
   * that was searched.
   */
  fetch(registry: Registry, signal: AbortSignal): Promise<Credential>;
  /**
   * The identity under which the credential helper and provider on this machine would now keep a credential of this
   * source for the registry. Reads files. Resolves to undefined where they would accept no credential that another
   * program fetched.
   */
  askedAs?(registry: Registry): Promise<string | undefined>;
  /** What a running fetch for the registry waits for, in words: `asking ECR in eu-west-1 for a token`. */
  waitsFor?(registry: Registry): string | undefined;
  /**
   * The file of additional authorities, in PEM, that connections to AWS trust for this source, and the name of the
   * setting for it.
   */
  trusts?(): { readonly file: string; readonly name: string } | undefined;
  /**
   * The pull-through cache rules of a registry. Missing where something other than ECR issues the tokens. Throws when
   * the identity lacks the permission.
   */
  cacheRules?(registry: Registry, signal: AbortSignal): Promise<readonly CacheRule[]>;
  /** A sentence on how a registry with this spelling is served, where people should know. Offline and cheap. */
  remarkOn?(registry: Registry): string | undefined;
}

export interface Sources {
  readonly all: readonly Source[];
  /**
   * The source that the slot wishes for, where that is granted; else the first source in file order whose patterns
   * match; else the default source. A source with `slots` never serves other slots, whatever its patterns match.
   * Without a slot the request comes from a program that asks for a credential itself, and `slots` do not restrict it.
   */
  choose(registry: Registry, slot?: Asking): Source | undefined;
  /**
   * Names of the sources that would serve the registry, or that the slot wishes for, but that their `slots` withhold
   * from it. Missing when there are none.
   */
  withheld?(registry: Registry, slot: Asking): readonly string[];
}

/** A slot by its target and id, with the source that it wishes for. */
export interface Asking {
  readonly target: string;
  readonly id: string;
  readonly source?: string | undefined;
}

/**
 * The registry's own verdict on a credential at `GET /v2/`. refused: the registry answered and does not accept the
 * credential; false when it could not be asked.
 */
export type Proof = { readonly ok: true } | { readonly ok: false; readonly refused: boolean; readonly message: string };
export type Prove = (registry: Registry, credential: Credential, signal: AbortSignal) => Promise<Proof>;

/**
 * The result of verifying the pull of an image. refused: a permission or the image is missing; false when that could
 * not be determined. read: the registry served the manifest, which may count as a pull. stale: another credential may
 * be accepted.
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
/** Verifies without a login when there is no credential, which ECR Public allows. Never throws. */
export type Verify = (image: Image, credential: Credential | undefined, signal: AbortSignal) => Promise<Verified>;
