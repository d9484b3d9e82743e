const second = 1000;
const hour = 3600 * second;

/**
 * The longest lifetime that ECR gives a token, in milliseconds. It cannot be configured (AWS, GetAuthorizationToken).
 */
export const longestLife = 12 * hour;

/** The lifetime of a credential from its issue, in milliseconds, capped at the longest that ECR gives. */
export const lifeOf = ({ issuedAt, expiresAt }: { readonly issuedAt: Date; readonly expiresAt: Date }): number =>
  Math.min(expiresAt.getTime() - issuedAt.getTime(), longestLife);

/** Stands for an unknown end of what a slot holds. It counts as expired, and no time is shown. */
export const untoldEnd = new Date(0);
export const isUntold = (end: Date): boolean => end.getTime() === untoldEnd.getTime();

/**
 * The expiry that is encoded in an ECR password; undefined for any other password. The password is base64 of JSON with
 * a member `expiration` in seconds: observed in the field, but not documented.
 */
export function expirationIn(password: string): Date | undefined {
  try {
    const { expiration } = JSON.parse(fromBase64(password) ?? '') as { expiration?: unknown };
    const ends = new Date(typeof expiration === 'number' ? expiration * second : Number.NaN);
    return Number.isNaN(ends.getTime()) ? undefined : ends;
  } catch {
    return undefined;
  }
}

/**
 * Decodes base64 strictly, unlike Buffer: undefined when it has a foreign character or wrong padding, or when the bytes
 * are not UTF-8.
 */
export function fromBase64(encoded: string): string | undefined {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/={0,2}$/, '')) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
