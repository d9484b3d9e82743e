import type { Answer } from '../../src/contract/answer-file.ts';
import type { Credential } from '../../src/contract/credential.ts';

/** The courier brings the next one at about half of the life; so much later whoever asks no longer waits for it. */
const freshPart = 3 / 4;

/** A credential in times of this machine's clock. `now`: in milliseconds. */
export function answerOf({ username, password, issuedAt, expiresAt }: Credential, now: number): Answer {
  // It cannot come from the future: then this clock is slow, and the end is sooner than it seems.
  const from = Math.min(issuedAt.getTime(), now);
  const end = Math.min(expiresAt.getTime(), now + expiresAt.getTime() - issuedAt.getTime());
  return { username, password, issuedAt: from, freshUntil: from + (end - from) * freshPart, expiresAt: end };
}
