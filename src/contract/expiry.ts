const second = 1000;
const hour = 3600 * second;

/** The longest life that ECR gives, in milliseconds: nobody can change it (AWS, GetAuthorizationToken). */
export const longestLife = 12 * hour;

/** How long a credential lives from its issue on, in milliseconds: never longer than ECR gives. */
export const lifeOf = ({ issuedAt, expiresAt }: { readonly issuedAt: Date; readonly expiresAt: Date }): number =>
  Math.min(expiresAt.getTime() - issuedAt.getTime(), longestLife);

/** The end of what a slot holds where nobody knows it: it counts as over, and no time is shown. */
export const untoldEnd = new Date(0);
export const isUntold = (end: Date): boolean => end.getTime() === untoldEnd.getTime();

/**
 * When a password of ECR ends, as it says itself; undefined for any other password. It is base64 of JSON with a member
 * `expiration` in seconds: seen in the field, promised by nobody.
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

/** Strict, unlike Buffer: undefined when a character is foreign, the padding is wrong, or the bytes are no UTF-8. */
export function fromBase64(encoded: string): string | undefined {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/={0,2}$/, '')) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
