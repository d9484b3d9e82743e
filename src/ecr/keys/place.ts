import { Unreadable } from '../../io/unreadable.ts';
import type { Ways } from '../aws/call.ts';
import type { Settings } from '../aws/endpoints.ts';
import type { StsAt } from '../aws/sts.ts';
import type { Env } from '../aws/variables.ts';
import type { WebToken } from './role.ts';
import type { Shared } from './shared.ts';

/** Access key, secret and session token, resolved: no provider behind them. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When a session ends, where that is known. */
  readonly expiration?: Date;
}

/** What a walk along the places where keys can be needs to know. */
export interface Walk {
  /** Of the source. */
  readonly profile: string | undefined;
  /** In the place of all others. */
  readonly webToken?: WebToken | undefined;
  readonly env: Env;
  readonly shared: Shared;
  readonly ways: Ways;
  /**
   * Where STS is: in this region, else in that of the settings. Throws MISCONFIGURED where two settings of that
   * contradict each other.
   */
  readonly sts: (region?: string) => StsAt;
  /** For what the SDK asks: SSO, and the metadata of the machine. */
  readonly settings: Pick<Settings, 'switched' | 'moved' | 'patience' | 'metadata'>;
  /** What a credential process gets of the environment. */
  readonly commandEnv: Env;
}

/** A place where keys can be. */
export interface Place {
  /** In the list of all that were looked at. */
  readonly name: string;
  /** While it is waited for; the name unless said. */
  readonly waiting?: string;
  /** What to do when it does not end and has asked nobody of AWS; the way to AWS unless said. */
  readonly late?: string;
  /** Why nothing is meant to be there. undefined: something is, and the walk ends here, one way or the other. */
  readonly absent?: string | undefined;
  /** Why keys are meant to be there, for people. */
  readonly because: string;
  /** That the place assumes by itself, one after the other. */
  readonly roles?: readonly string[];
  readonly keys: () => Promise<Keys>;
  /** The identity that was found, for people. */
  readonly shown: string;
  /** Why there are no keys, for an error of `keys`; the words of the error unless said. */
  readonly explain?: (error: unknown) => string;
  /** What to do; `reason` is what was explained, `error` what `keys` threw. */
  readonly remedy?: (reason: string, error: unknown) => string;
  /** How soon it may be looked at again, where looking costs nothing and asks nobody. */
  readonly retryAfterMs?: number;
}

/** What to do about a file that stands behind an error, where that is known. */
export function remedyOfFile(error: unknown): string | undefined {
  const file = error instanceof Error && error.cause instanceof Unreadable ? error.cause : error;
  return file instanceof Unreadable ? file.remedy : undefined;
}

/** Nobody reads the warnings of the SDK; those that matter are ours to say. */
export const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export const usualRemedy = 'Give the courier keys: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a mounted ~/.aws, or a role.';
