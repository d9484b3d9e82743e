import type { Answer } from '../../src/contract/http.ts';
import { ended } from '../common/turns.ts';
import type { Ask } from './list.ts';

/**
 * Sends one request at a time until a login is accepted, at the beginning and after each refusal. After a refused login
 * Harbor locks the user name for 1.5 s, even for the right password. Requests that wait share the refusal of the one
 * that was sent.
 */
export function oneByOneUntilAccepted(send: Ask): Ask {
  let accepted = false;
  let trial: Promise<Answer> | undefined;

  async function attempt(...request: Parameters<Ask>): Promise<Answer> {
    const answer = await send(...request);
    if (answer.status === 401) accepted = false;
    return answer;
  }
  /**
   * The only request that can set `accepted`: the response to one that began before a refusal says nothing about now.
   */
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
 * Whether the response proves that Harbor accepted the login. It also reports read-only mode, an unknown path, a flawed
 * body and most of /systeminfo without a valid login. With 400 it went on and tried a credential.
 */
const isProof = (path: string, { status }: Answer): boolean => (status < 300 || status === 400) && !path.endsWith('/systeminfo');
