import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../contract/clock.ts';
import type { Secret } from '../contract/secret.ts';

/** Why a request may not do what it asks: a status and a sentence. */
export interface Refusal {
  readonly status: 401 | 403 | 429;
  readonly sentence: string;
}

/** So many at once, then one a second. */
const burst = 5;

/** Decides who may act, and read what is not for everybody, from the network: a bearer of the admin token, no web page of another origin, and not too often. */
export function createGuard(token: () => Promise<Secret | undefined>, clock: Pick<Clock, 'mono'>) {
  let left = burst;
  let filledAt = clock.mono();

  function tooOften(): boolean {
    const now = clock.mono();
    left = Math.min(burst, left + (now - filledAt) / 1000);
    filledAt = now;
    if (left < 1) return true;
    left--;
    return false;
  }

  /** undefined: go on. Rejects when the token cannot be read. */
  return async (headers: IncomingHttpHeaders): Promise<Refusal | undefined> => {
    if (foreign(headers)) return { status: 403, sentence: 'Refused: the request comes from a web page of another origin.' };
    const secret = await token();
    // An empty token file must not open the door to an empty bearer.
    if (!secret || secret.reveal() === '')
      return {
        status: 403,
        sentence: 'Off: set ECR_COURIER_ADMIN_TOKEN_FILE to a file with a token, or use the commands on the machine itself.',
      };
    if (!bears(headers, secret)) return { status: 401, sentence: 'Send the admin token as `Authorization: Bearer TOKEN`.' };
    return tooOften() ? { status: 429, sentence: 'Too often: once a second is enough.' } : undefined;
  };
}

/** Browsers say where a request comes from; a program that is none says nothing. */
function foreign(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return headers.origin !== undefined && URL.parse(headers.origin)?.host !== headers.host;
}

function bears(headers: IncomingHttpHeaders, secret: Secret): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  return given !== undefined && timingSafeEqual(sha256(given), sha256(secret.reveal()));
}
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Addresses and names that mean this machine, wherever they are resolved. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|\[?::1\]?|localhost|.+\.localhost)$/i.test(host);
}

/** A browser reached a loopback port under a name of somebody's own, which was made to resolve to this machine (DNS rebinding). */
export function isRebound({ host = '' }: IncomingHttpHeaders): boolean {
  return host !== '' && !isLoopback(host.replace(/:\d+$/, ''));
}
