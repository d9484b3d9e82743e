import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../contract/clock.ts';
import type { Secret } from '../contract/secret.ts';

/** Why a request is refused: a status and a sentence. */
interface Refusal {
  readonly status: 401 | 403 | 429;
  readonly sentence: string;
}

/** The number of requests in a burst. Beyond that, one request a second is admitted. */
const burst = 5;

/** The delay before a wrong token is answered, in milliseconds. The delays of one address add up. */
const wrongMs = 250;
/** How many wrong tokens may wait, from one address and in total. Beyond that, no token is compared. */
const mostWrong = { ofAddress: 8, ofAll: 64 };

const never = new AbortController().signal;

/** The client, as far as it is known. */
interface Asking {
  readonly headers: IncomingHttpHeaders;
  /** The remote address. */
  readonly address: string;
}

/**
 * Decides which network requests may act, and may read what is not public: those with the admin token, not from a web
 * page of another origin, and not too often. Wrong tokens are answered slowly, without delaying clients with the right
 * one.
 */
export function createGuard(token: () => Promise<Secret | undefined>, clock: Pick<Clock, 'mono' | 'sleep'>) {
  let left = burst;
  let filledAt = clock.mono();
  const wrong = new Map<string, number>();
  let allWrong = 0;

  function tooOften(): boolean {
    const now = clock.mono();
    left = Math.min(burst, left + (now - filledAt) / 1000);
    filledAt = now;
    if (left < 1) return true;
    left--;
    return false;
  }

  function countWrong(address: string, change: 1 | -1): number {
    const count = (wrong.get(address) ?? 0) + change;
    allWrong += change;
    if (count === 0) wrong.delete(address);
    else wrong.set(address, count);
    return count;
  }

  async function holdBack(address: string): Promise<void> {
    await clock.sleep(wrongMs * countWrong(address, 1), never);
    countWrong(address, -1);
  }

  /** Resolves to undefined when the request is admitted. Rejects when the token cannot be read. */
  return async ({ headers, address }: Asking): Promise<Refusal | undefined> => {
    if (foreign(headers)) return { status: 403, sentence: 'Refused: the request comes from a web page of another origin.' };
    const secret = await token();
    // An empty token file must not admit an empty bearer.
    if (!secret || secret.reveal().trim() === '')
      return {
        status: 403,
        sentence: 'Off: set ECR_COURIER_ADMIN_TOKEN_FILE to a file with a token, or use the commands on the machine itself.',
      };
    if ((wrong.get(address) ?? 0) >= mostWrong.ofAddress || allWrong >= mostWrong.ofAll)
      return { status: 429, sentence: 'Too many wrong tokens: wait a few seconds.' };
    if (!bears(headers, secret)) {
      await holdBack(address);
      return { status: 401, sentence: 'Send the admin token as `Authorization: Bearer TOKEN`.' };
    }
    return tooOften() ? { status: 429, sentence: 'Too often: once a second is enough.' } : undefined;
  };
}

/** Whether a browser sent the request from another origin. Other programs send none of these headers. */
function foreign(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return headers.origin !== undefined && URL.parse(headers.origin)?.host !== headers.host;
}

/**
 * Compares the bearer with the token. Node decodes header bytes as Latin-1; most clients send UTF-8, some Latin-1.
 * Blanks at the ends are lost on the way.
 */
function bears({ authorization = '' }: IncomingHttpHeaders, secret: Secret): boolean {
  const given = /^Bearer +(.+)$/i.exec(authorization)?.[1];
  if (given === undefined) return false;
  const shown = sha256(Buffer.from(given.trim(), 'latin1'));
  const token = secret.reveal().trim();
  const matches = [Buffer.from(token, 'utf8'), Buffer.from(token, 'latin1')].map(bytes => timingSafeEqual(shown, sha256(bytes)));
  // Latin-1 truncates all other characters, so a different token could match.
  // oxlint-disable-next-line no-control-regex -- all that Latin-1 has
  return matches[0] === true || (matches[1] === true && /^[\u0000-\u00ff]*$/.test(token));
}
function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Whether a host means this machine, wherever it is resolved. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|\[?::1\]?|localhost|.+\.localhost)$/i.test(host);
}

/**
 * Whether a browser reached a loopback port under a foreign name that was made to resolve to this machine (DNS
 * rebinding).
 */
export function isRebound({ host = '' }: IncomingHttpHeaders): boolean {
  return host !== '' && !isLoopback(host.replace(/:\d+$/, ''));
}
