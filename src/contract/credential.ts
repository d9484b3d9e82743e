import { createHash } from 'node:crypto';
import { lifeOf } from './expiry.ts';
import type { Registry } from './registry.ts';
import type { Secret } from './secret.ts';

/**
 * The user name of every token of ECR (AWS, GetAuthorizationToken). Others may mean something else to clients: Docker
 * takes what stands beside `<token>` for an identity token.
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
  /** When it came, by the clock of this machine. Missing where nobody knows. */
  readonly receivedAt?: Date;
  readonly source: string;
  readonly scope: string;
  /** The registry of the principal's own account, as the server named it; missing where it named none of ECR's. */
  readonly own?: Registry;
  /** Whose it is. */
  readonly identity?: Identity;
  /**
   * The end of the session of a role that fetched it, where that is known. AWS does not say whether the token ends with
   * it.
   */
  readonly sessionEndsAt?: Date;
  /**
   * What those who ask on this machine call the identity: `AnswerKey.identity`. Missing where nobody can say that for
   * certain, as when keys were changed during the fetch.
   */
  readonly askedAs?: string;
}

/**
 * From when to when it is good by the clock of this machine, in milliseconds since the epoch: its life counts, as that
 * clock may be hours away from the server's. `now`: where nobody knows when it came, the earlier end is told.
 */
export function spanHere(
  credential: Pick<Credential, 'issuedAt' | 'expiresAt' | 'receivedAt'>,
  now: number,
): { readonly from: number; readonly end: number } {
  const { issuedAt, expiresAt, receivedAt } = credential;
  const life = lifeOf(credential);
  if (receivedAt) return { from: receivedAt.getTime(), end: receivedAt.getTime() + life };
  // It cannot come from the future: then this clock is slow.
  return { from: Math.min(issuedAt.getTime(), now), end: Math.min(expiresAt.getTime(), now + life) };
}

/** The identity that fetched a credential, for people. */
export interface Identity {
  /**
   * Where its keys were found, and the roles that were assumed with them:
   * `profile "prod" (AWS_PROFILE), then arn:aws:iam::...:role/pull`.
   */
  readonly from: string;
  /** Its own account, where the service named that. */
  readonly account?: string;
  /** The principal, where AWS was asked who that is and answered. */
  readonly arn?: string;
  /** Whose rights count in its place where somebody else asked ECR, in words: `the role of the function ecr-token`. */
  readonly whose?: string;
}

/**
 * By host. A registry whose source is failing is missing: WHAT IS NOT IN HERE STAYS AS IT IS in the slot.
 * It is empty only for a slot without registries.
 */
export type Credentials = ReadonlyMap<string, Credential>;

/**
 * Twelve hex digits of the password's SHA-256. It tells two credentials apart in audit lines, and gives nothing away.
 */
export function fingerprint(credential: Pick<Credential, 'password'>): string {
  return fingerprintOf(credential.password.reveal());
}

/** The same of a password that a manager shows, for `holds`. */
export function fingerprintOf(password: string): string {
  return createHash('sha256').update(password).digest('hex').slice(0, 12);
}

/**
 * Makes once what follows from the credential alone, and keeps it for as long as the credential lives. It is for the
 * body that is sent for thousands of slots: a frozen one is also encoded once.
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
