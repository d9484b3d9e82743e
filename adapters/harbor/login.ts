import type { Answer } from '../../src/contract/http.ts';
import { ended } from '../common/turns.ts';
import type { Ask } from './list.ts';

/**
 * After a refused login Harbor locks the user name for 1.5 s, even for the right password. So one request goes at a
 * time until a login is accepted, at the beginning and after each refusal. Requests that wait share its refusal.
 */
export function oneByOneUntilAccepted(send: Ask): Ask {
  let accepted = false;
  let trial: Promise<Answer> | undefined;

  async function attempt(...request: Parameters<Ask>): Promise<Answer> {
    const answer = await send(...request);
    if (answer.status === 401) accepted = false;
    return answer;
  }
  /** The only one that can accept: an answer to something that began before a refusal says nothing about now. */
  async function tried(...request: Parameters<Ask>): Promise<Answer> {
    const answer = await attempt(...request);
    accepted = isProof(request[1], answer);
    return answer;
  }
  return async function ask(...request: Parameters<Ask>): Promise<Answer> {
    const signal = request[2];
    if (accepted || signal.aborted) return attempt(...request);
    if (!trial) {
      trial = tried(...request).finally(() => (trial = undefined));
      return trial;
    }
    const others = trial;
    await ended(others, signal);
    const answer = signal.aborted ? undefined : await others.catch(() => undefined);
    return answer?.status === 401 ? answer : ask(...request);
  };
}

/**
 * Whether Harbor accepted the login. Harbor tells strangers, too, of read-only mode, an unknown path and a flawed body,
 * and most of /systeminfo. With 400 it went on and tried a credential.
 */
const isProof = (path: string, { status }: Answer): boolean => (status < 300 || status === 400) && !path.endsWith('/systeminfo');
