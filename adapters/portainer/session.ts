import { Failure } from '../../src/contract/failures.ts';
import type { Answer, Http } from '../../src/contract/http.ts';
import { Secret } from '../../src/contract/secret.ts';
import { refusedInFront, thenRefresh } from '../common/front.ts';
import { createKey, whatItIs } from './key.ts';

export type Session = (signal: AbortSignal, refused?: Promise<Secret>) => Promise<Secret>;

/**
 * Logs in when a token is first needed, and again when the present one was refused. Concurrent requests share one
 * login, because Portainer bans an address for an hour after too many.
 */
export function openSession(http: Http, username: string | undefined, password: Secret | undefined): Session {
  if (!username || !password)
    throw new Failure('MISCONFIGURED', 'Portainer wants a key: neither apiKey nor username and password are given.', { remedy: createKey });
  async function login(signal: AbortSignal): Promise<Secret> {
    const answer = await http('POST', '/api/auth', { signal, reads: true, body: { Username: username, Password: password?.reveal() } });
    if (answer.status === 422)
      throw new Failure('AUTH', 'Portainer does not accept this user name and password.', {
        remedy: 'With OAuth only the first administrator can log in so; better use an access token. ' + createKey,
      });
    if (answer.status === 403 && answer.text.includes('Access denied to resource'))
      throw new Failure('BUSY', 'Portainer bans logins from this address for an hour: there were too many.', {
        retryAfterMs: 3_600_000,
        remedy: 'Wait, or use an access token: the ban is for logins only.',
      });
    if (answer.status !== 200) throw refusal(http, answer);
    const jwt = answer.json<{ jwt?: string } | null>()?.jwt;
    if (typeof jwt !== 'string' || !jwt) throw new Failure('UNEXPECTED', 'Portainer answered the login without a token.');
    return new Secret(jwt);
  }
  let current: Promise<Secret> | undefined;
  return (signal, refused) => {
    if (refused === current) current = undefined;
    if (current) return current;
    const mine = login(signal);
    mine.catch(() => {
      if (current === mine) current = undefined;
    });
    return (current = mine);
  };
}

/**
 * The message of Portainer's own error; undefined for a response of another server. Portainer's CSRF guard responds
 * with a single word of plain text.
 */
function wordsOf(answer: Answer): string | undefined {
  if (answer.status === 403 && answer.text.trim() === 'Forbidden') return answer.text;
  if (!isOwn(answer)) return undefined;
  const { message, details } = answer.json<{ message?: unknown; details: string }>();
  return typeof message === 'string' ? `${message} ${details}` : undefined;
}

/**
 * Whether the error is Portainer's own. Its own errors have details, those that it passes on from an engine have none
 * (recorded).
 */
export function isOwn(answer: Answer): boolean {
  try {
    return typeof answer.json<{ details?: unknown } | null>()?.details === 'string';
  } catch {
    return false;
  }
}

/** The failure for an unsuccessful response (recorded on CE 2.43.0). `key`: the token that was sent. */
export function refusal(http: Http, answer: Answer, key?: Secret): Failure {
  const usual = http.failure(answer);
  const { message } = usual;
  const words = wordsOf(answer);
  switch (answer.status) {
    case 303:
      return new Failure('MISCONFIGURED', 'This Portainer has no administrator, and the time to create one is over.', {
        remedy: 'Restart Portainer and create the administrator in a browser.',
      });
    case 401:
      return words === undefined
        ? refusedInFront('AUTH', 'Portainer', message)
        : new Failure('AUTH', message, { remedy: login(words, key) });
    case 403:
      return words === undefined
        ? refusedInFront('FORBIDDEN', 'Portainer', message)
        : new Failure('FORBIDDEN', message, { remedy: right(words) });
    case 409:
      return new Failure('CONFLICT', message, {
        remedy: 'Two registries share a name, or host and user name, which blocks changes of both: rename or remove one of them.',
      });
    case 500:
      if (!answer.text.includes('Unable to update access to registry')) return usual;
      // Portainer writes its database last, so it stores no new password while it cannot renew a pull secret.
      return /not found/i.test(answer.text)
        ? new Failure('REJECTED', message, {
            remedy:
              'A namespace with access to the registry is gone: take it out at Environments > the cluster > Registries > Manage access.',
          })
        : new Failure('UNREACHABLE', message, {
            stops: 'slot',
            remedy: 'Bring back the cluster that has access to the registry, or take its access away.',
          });
    default:
      return usual;
  }
}

function login(words: string, key: Secret | undefined): string {
  return words.includes('auth header are not allowed')
    ? 'A proxy in front of Portainer, or the option `headers`, adds an Authorization header, which Portainer refuses beside an access token: it must be left out.'
    : `${whatItIs(key)}${createKey}`;
}

/** Whether the user is not an administrator, which every request of ours needs. */
export const lacksRole = (answer: Answer): boolean => answer.status === 403 && (wordsOf(answer)?.includes('Unauthorized') ?? false);

function right(words: string): string {
  return words.includes('Unauthorized')
    ? `The key must belong to an administrator. ${createKey} ${thenRefresh}`
    : `Portainer takes the request for one of another site: make the proxy in front of it leave out the headers Origin and Sec-Fetch-Site. ${thenRefresh}`;
}
