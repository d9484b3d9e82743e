import { readText } from '../../io/files.ts';
import { Unreadable } from '../../io/unreadable.ts';

/** The largest file that is read, in bytes. A token of OpenID Connect is far smaller. */
const mostBytes = 64 * 1024;

const remedy = 'Let whoever makes the token (the kubelet, the CI, the identity provider) write it into that file, and nothing else.';

/** Reads an OpenID Connect token. Throws an Unreadable, also where the file visibly holds no token. */
export async function readWebToken(file: string): Promise<string> {
  const token = (await readText(file, mostBytes)).replace(/^\uFEFF/, '').trim();
  if (token === '') throw new Unreadable(file, 'EMPTY', 'is empty', remedy);
  if (/[^\x21-\x7e]/.test(token)) throw new Unreadable(file, 'WRONG', 'holds no token of one line', remedy);
  return token;
}
