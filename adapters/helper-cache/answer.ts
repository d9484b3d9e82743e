import type { Answer } from '../../src/contract/answer-file.ts';
import { type Credential, spanHere } from '../../src/contract/credential.ts';

/** The courier brings the next one at about half of the life; so much later whoever asks no longer waits for it. */
const freshPart = 3 / 4;

/** A credential in times of this machine's clock. `now`: in milliseconds. */
export function answerOf(credential: Credential, now: number): Answer {
  const { username, password } = credential;
  const { from, end } = spanHere(credential, now);
  return { username, password, issuedAt: from, freshUntil: from + (end - from) * freshPart, expiresAt: end };
}
