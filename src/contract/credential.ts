import { createHash } from 'node:crypto';
import { lifeOf } from './expiry.ts';
import type { Registry } from './registry.ts';
import type { Secret } from './secret.ts';

/**
 * The user name of every ECR token (AWS, GetAuthorizationToken). Other names may have a special meaning to clients:
 * Docker takes the password beside `<token>` for an identity token.
 */
export const ecrUser = 'AWS';

/**
 * A user name and password, good for every registry of one source, region and service that the source's principal may
 * read.
 * `issuedAt` and `expiresAt` are times of the server that issued it (its Date header), not of this machine.
 * `scope` = identity of the source x service x region (x endpoint variant): credentials of one scope are
 * interchangeable, and two identities never share a scope.
 */
export interface Credential {
  readonly username: string;
  readonly password: Secret;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** When the courier received it, by the clock of this machine. Missing where that is not known. */
  readonly receivedAt?: Date;
  readonly source: string;
  readonly scope: string;
  /**
   * The registry of the principal's own account, as the server named it; missing where the server named no ECR
   * registry.
   */
  readonly own?: Registry;
  /** The identity that fetched it. */
  readonly identity?: Identity;
  /**
   * The end of the role session that fetched it, where known. AWS does not say whether the token ends with the session.
   */
  readonly sessionEndsAt?: Date;
  /**
   * The identity of this credential as the credential helper and provider on this machine name it:
   * `AnswerKey.identity`. Missing where it is not certain, for example when keys were changed during the fetch.
   */
  readonly askedAs?: string;
}

/**
 * The validity of a credential by the clock of this machine, in milliseconds since the epoch. The lifetime is added to
 * the local time of receipt, because the local clock may be hours away from the server's. `now`: the current time.
 * Where the time of receipt is not known, the end is the earlier of the two possible ones.
 */
export function spanHere(
  credential: Pick<Credential, 'issuedAt' | 'expiresAt' | 'receivedAt'>,
  now: number,
): { readonly from: number; readonly end: number } {
  const { issuedAt, expiresAt, receivedAt } = credential;
  const life = lifeOf(credential);
  if (receivedAt) return { from: receivedAt.getTime(), end: receivedAt.getTime() + life };
  // A credential cannot come from the future, so here the local clock is slow.
  return { from: Math.min(issuedAt.getTime(), now), end: Math.min(expiresAt.getTime(), now + life) };
}

/** The identity that fetched a credential, for people. */
export interface Identity {
  /**
   * Where its keys were found, and the roles that were assumed with them: `profile "prod" (AWS_PROFILE), then
   * arn:aws:iam::...:role/pull`.
   */
  readonly from: string;
  /** Its own account, where the service named it. */
  readonly account?: string;
  /** The ARN of the principal, where AWS was asked for it and answered. */
  readonly arn?: string;
  /**
   * The principal whose rights count instead, in words, where another program asked ECR: `the role of the function
   * ecr-token`.
   */
  readonly whose?: string;
}

/**
 * Credentials by host. A registry whose source fails has no entry: THE SLOT KEEPS WHAT IT HOLDS FOR A REGISTRY THAT IS
 * NOT IN HERE. The map is empty only for a slot without registries.
 */
export type Credentials = ReadonlyMap<string, Credential>;

/**
 * The first twelve hex digits of the password's SHA-256. They tell two credentials apart in audit lines without
 * revealing anything.
 */
export function fingerprint(credential: Pick<Credential, 'password'>): string {
  return fingerprintOf(credential.password.reveal());
}

/** The fingerprint of a password that a manager shows, for `holds`. */
export function fingerprintOf(password: string): string {
  return createHash('sha256').update(password).digest('hex').slice(0, 12);
}

/**
 * Memoizes what is derived from a credential alone, for the lifetime of the credential object. Meant for a request body
 * that is sent for thousands of slots: a frozen body is also encoded only once.
 */
export function oncePerCredential<T extends object>(make: (credential: Credential) => T): (credential: Credential) => T {
  const made = new WeakMap<Credential, T>();
  return credential => {
    const known = made.get(credential);
    if (known) return known;
    const fresh = make(credential);
    made.set(credential, fresh);
    return fresh;
  };
}
