import type { Base64Rule, Client } from './client.ts';

export interface Login {
  readonly username: string;
  readonly password: string;
}
export type Trouble = 'undecodable' | 'withoutColon' | 'emptyUser';

/** Decodes an `auth` as a client does. `text` is what was decoded, as far as that went. */
export function decode(
  auth: string,
  { base64, nul, emptyUser }: Pick<Client, 'base64' | 'nul' | 'emptyUser'>,
): Login | { readonly trouble: Trouble; readonly text: string } {
  const bytes = bytesOf(auth, base64);
  const login = bytes && textOf(bytes, base64);
  if (login === undefined) return { trouble: 'undecodable', text: '' };
  const colon = login.indexOf(':');
  if (colon < 0) return { trouble: 'withoutColon', text: login };
  const [username, password] = [login.slice(0, colon), login.slice(colon + 1)];
  if (username === '' && emptyUser === 'as without a colon') return { trouble: 'emptyUser', text: login };
  return { username, password: nul === 'cut off' ? trimNul(password) : password };
}

/** The decoded bytes. undefined: this reader refuses the letters or their padding. */
function bytesOf(auth: string, rule: Base64Rule): Buffer | undefined {
  if (rule === 'anything') return Buffer.from(auth, 'base64');
  const isOneLine = rule.startsWith('of one line');
  const text =
    rule === 'known letters, padded' ? auth.replaceAll(/[^A-Za-z0-9+/=]/g, '') : isOneLine ? auth : auth.replaceAll(/[\r\n]/g, '');
  const { letters = '', padding = '' } = /^(?<letters>[A-Za-z0-9+/]*)(?<padding>=*)$/.exec(text)?.groups ?? { letters: '?' };
  const lacking = (4 - (letters.length % 4)) % 4;
  const isPadded = rule === 'known letters, padded' ? padding.length >= lacking : padding.length === lacking;
  const isBare = padding === '' && rule.endsWith('padded or not');
  if (letters === '?' || lacking === 3 || !(isPadded || isBare)) return undefined;
  const bytes = Buffer.from(letters, 'base64');
  // The last letter may have bits that belong to no byte.
  return rule.includes('strictly') && bytes.toString('base64').replace(/=+$/, '') !== letters ? undefined : bytes;
}

/** The text of the bytes. Python and Rust refuse what is not UTF-8, the others replace it. */
function textOf(bytes: Buffer, rule: Base64Rule): string | undefined {
  const text = bytes.toString('utf8');
  const isStrict = rule.includes('strictly') || rule === 'known letters, padded';
  return isStrict && !Buffer.from(text).equals(bytes) ? undefined : text;
}

const trimNul = (text: string): string => {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
};
