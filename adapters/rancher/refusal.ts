import { Failure } from '../../src/contract/failures.ts';
import type { Answer, Http } from '../../src/contract/http.ts';
import { refusedInFront, thenRefresh } from '../common/front.ts';

export const createKey = 'create an environment key in Rancher at API > Keys > Advanced Options';
const odd = 'Look at the log of the Rancher server at this time. If it is a Rancher 1.6 that answers, please report this message.';

/** The Failure for what no Rancher should do. The response may hold a password and is not quoted. */
export const unexpected = (message: string): Failure => new Failure('UNEXPECTED', message, { remedy: odd });

export const keysMissing = (): Failure =>
  new Failure('AUTH', 'Rancher answered 401: it wants a key, and none is given.', {
    remedy: `Give accessKey and secretKey (CATTLE_ACCESS_KEY and CATTLE_SECRET_KEY): ${createKey}.`,
  });

export const readOnly = (message: string, stops: 'slot' | 'target'): Failure =>
  new Failure('FORBIDDEN', message, {
    stops,
    remedy: `The key may only read here. Use an environment key, or an account that has more than the role "Read-only": ${createKey}. ${thenRefresh}`,
  });

/** The longest password that Rancher stores, in characters (recorded). */
export const longestSecret = 4096;
export const tooLong = (message: string): Failure =>
  new Failure('TOO_LARGE', message, {
    remedy: `Rancher 1.6 stores at most ${longestSecret} characters of a password. It keeps the former one. A token of another AWS identity may be shorter.`,
  });

/** The code and field of Cattle's error body. A proxy's page has none. */
export function errorOf(answer: Answer): { readonly code?: string; readonly fieldName?: string } {
  try {
    const { code, fieldName } = answer.json<Record<string, unknown> | null>() ?? {};
    const isWord = (text: unknown): text is string => typeof text === 'string' && /^[\w ]{1,64}$/.test(text);
    return isWord(code) ? { code, ...(isWord(fieldName) && { fieldName }) } : {};
  } catch {
    return {};
  }
}

/**
 * The Failure for a response other than the expected one; recorded on 1.6. `what` is what was tried, for people.
 * `stops` is what a missing right stops.
 */
export function refusal(http: Http, answer: Answer, what: string, stops: 'slot' | 'target' = 'slot'): Failure {
  const { code, fieldName } = errorOf(answer);
  // Cattle's messages are empty or repeat the code. A success is never quoted: responses to a POST show the password.
  const own = code !== undefined || answer.status < 300;
  const said = `${what}: Rancher answered ${answer.status}${code ? ` ${code}` : ''}${fieldName ? ` (${fieldName})` : ''}`;
  const usual = own ? http.failure({ ...answer, text: '' }, said) : http.failure(answer);
  const { message } = usual;
  // Cattle's own refusal has a code, whatever was asked (recorded).
  if (!own && answer.status === 401) return refusedInFront('AUTH', 'Rancher', message);
  if (!own && (answer.status === 403 || answer.status === 405)) return refusedInFront('FORBIDDEN', 'Rancher', message, { stops });
  switch (answer.status) {
    case 401:
      return new Failure('AUTH', message, {
        remedy: `The key is wrong, was deactivated or deleted, or it belongs to an environment that is deactivated. Activate that, or ${createKey}.`,
      });
    case 403:
      return new Failure('FORBIDDEN', message, {
        stops,
        remedy: `The environment in the address is not there, is not active, or does not belong to this key. Check its id; a key works in its own environment. ${thenRefresh}`,
      });
    case 405:
      return readOnly(message, stops);
    case 409: {
      // A lock, a process under way or the database: transient.
      const seconds = Number(answer.headers.get('retry-after'));
      return new Failure('BUSY', message, { stops: 'slot', ...(seconds > 0 && { retryAfterMs: seconds * 1000 }) });
    }
    case 422:
      if (code !== 'MaxLengthExceeded') return usual;
      return tooLong(message);
    default:
      return own && usual.code === 'UNEXPECTED' ? new Failure('UNEXPECTED', message, { ...usual.facts, remedy: odd }) : usual;
  }
}
