import type { Answer } from '../../src/contract/answer-file.ts';
import { type Credential, spanHere } from '../../src/contract/credential.ts';

/**
 * The part of the life for which an answer is fresh. The courier renews it at about half; later a helper fetches
 * itself.
 */
const freshPart = 3 / 4;

/** The answer for a credential, in times of the local clock. `now`: in milliseconds. */
export function answerOf(credential: Credential, now: number): Answer {
  const { username, password } = credential;
  const { from, end } = spanHere(credential, now);
  return { username, password, issuedAt: from, freshUntil: from + (end - from) * freshPart, expiresAt: end };
}
