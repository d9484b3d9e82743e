import { Failure } from '../../src/contract/failures.ts';
import type { Secret } from '../../src/contract/secret.ts';

export const createKey = 'Create an access token of an administrator at My account > Access tokens.';

/** What every access token begins with (source of 2.11 to 2.43). */
const start = 'ptr_';

const mistakes: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^(["'`]).*\1$/, 'is in quotation marks: they belong to the shell or the file, and Portainer does not take them'],
  [/^bearer\b/i, 'begins with "Bearer": that is for logins, an access token is given alone'],
  [/^(x-api-key|[a-z_]*(key|token))\s*[:=]/i, 'has the name of a header or variable before it'],
];

/** Throws MISCONFIGURED for a text that holds an access token and more, so that it is never sent. */
export function refuseMisspelled(key: Secret): void {
  // Portainer takes blanks around it.
  const text = key.reveal().trim();
  if (text.startsWith(start) && !/["'`\s]/.test(text)) return;
  const [, what] = mistakes.find(([pattern]) => pattern.test(text)) ?? [];
  const found = what ?? (text.includes(start) ? `has something before or after the token, which begins with ${start}` : undefined);
  if (found)
    throw new Failure('MISCONFIGURED', `The API key of Portainer ${found}. Nothing was sent.`, {
      remedy: `Give the access token alone; it begins with ${start}.`,
    });
}

/** What a key that Portainer refused seems to be; empty where that cannot be told. */
export function whatItIs(key: Secret | undefined): string {
  const text = key?.reveal().trim() ?? start;
  if (text.startsWith(start)) return '';
  if (/^eyJ[\w-]*\.[\w-]+\./.test(text))
    return `The configured key is the token of a login (JWT), which ends after hours; an access token begins with ${start}. `;
  return `The configured key does not begin with ${start}, as every access token of Portainer does. `;
}
