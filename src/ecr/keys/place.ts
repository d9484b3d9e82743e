import { Unreadable } from '../../io/unreadable.ts';
import type { Ways } from '../aws/call.ts';
import type { Settings } from '../aws/endpoints.ts';
import type { StsAt } from '../aws/sts.ts';
import type { Env } from '../aws/variables.ts';
import type { WebToken } from './role.ts';
import type { Shared } from './shared.ts';

/** Access key, secret and session token, resolved: they do not refresh themselves. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When the session ends, where that is known. */
  readonly expiration?: Date;
}

/** What a walk along the places of keys needs. */
export interface Walk {
  /** The profile that the source names. */
  readonly profile: string | undefined;
  /** Replaces all other places. */
  readonly webToken?: WebToken | undefined;
  readonly env: Env;
  readonly shared: Shared;
  readonly ways: Ways;
  /**
   * The endpoint of STS in this region, by default in the region of the settings. Throws MISCONFIGURED where two
   * settings of it contradict each other.
   */
  readonly sts: (region?: string) => StsAt;
  /** The settings of the requests that the SDK sends: SSO, and the instance metadata. */
  readonly settings: Pick<Settings, 'switched' | 'addressSet' | 'patience' | 'metadata'>;
  /** The environment that a credential process receives. */
  readonly commandEnv: Env;
}

/** A place where keys can be. */
export interface Place {
  /** The name in the list of the places that were looked at. */
  readonly name: string;
  /** The name while it is waited for. Default: `name`. */
  readonly waiting?: string;
  /** What to do when it does not end and has called no AWS service. Default: check the way to AWS. */
  readonly late?: string;
  /** Why the place is not configured. undefined: it is, and the walk ends here, with keys or without. */
  readonly absent?: string | undefined;
  /** Why keys are expected there, for people. */
  readonly because: string;
  /** The roles that the place assumes by itself, in this order. */
  readonly roles?: readonly string[];
  readonly keys: () => Promise<Keys>;
  /** The identity that was found, for people. */
  readonly shown: string;
  /** Why there are no keys, for an error of `keys`. Default: the words of the error. */
  readonly explain?: (error: unknown) => string;
  /** What to do. `reason` is the explanation, `error` is what `keys` threw. */
  readonly remedy?: (reason: string, error: unknown) => string;
  /** How soon it may be looked at again, in milliseconds. Set where that costs nothing and asks no server. */
  readonly retryAfterMs?: number;
}

/** What to do about the file that caused an error, where that is known. */
export function remedyOfFile(error: unknown): string | undefined {
  const file = error instanceof Error && error.cause instanceof Unreadable ? error.cause : error;
  return file instanceof Unreadable ? file.remedy : undefined;
}

/** A logger that drops the SDK's warnings. Those that matter are reported by us. */
export const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export const usualRemedy = 'Give the courier keys: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a mounted ~/.aws, or a role.';
