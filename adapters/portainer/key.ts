import { Failure } from '../../src/contract/failures.ts';
import { visiblyNoSecret } from '../../src/contract/keys.ts';
import type { Secret } from '../../src/contract/secret.ts';

export const createKey = 'Create an access token of an administrator at My account > Access tokens.';

/** The prefix of every access token (source of 2.11 to 2.43). */
const start = 'ptr_';

/** Throws MISCONFIGURED for an access token with other text around it, so that it is never sent. */
export function refuseMisspelled(key: Secret): void {
  // Portainer ignores blanks around it.
  const text = key.reveal().trim();
  if (/^ptr_[^\s"'`]*$/.test(text) || !text.includes(start)) return;
  const why = visiblyNoSecret(text, 'key')?.why ?? 'has something before or after the token';
  throw new Failure('MISCONFIGURED', `The API key of Portainer ${why}. Nothing was sent.`, {
    remedy: `Give the access token alone; it begins with ${start}.`,
  });
}

/** What a refused key seems to be; empty if unknown. */
export function whatItIs(key: Secret | undefined): string {
  const text = key?.reveal().trim() ?? start;
  if (text.startsWith(start)) return '';
  if (/^eyJ[\w-]*\.[\w-]+\./.test(text))
    return `The configured key is the token of a login (JWT), which ends after hours; an access token begins with ${start}. `;
  return `The configured key does not begin with ${start}, as every access token of Portainer does. `;
}
