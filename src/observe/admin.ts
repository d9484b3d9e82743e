import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../contract/clock.ts';
import type { Secret } from '../contract/secret.ts';

/** Why a request may not do what it asks: a status and a sentence. */
export interface Refusal {
  readonly status: 401 | 403 | 429;
  readonly sentence: string;
}

/** Requests at once. After these one a second is let in. */
const burst = 5;

/** In milliseconds: the answer to each wrong token waits so long. Those of one address wait one after the other. */
const wrongMs = 250;
/** How many wrong tokens may wait, from one address and in all. Beyond that no token is compared. */
const mostWrong = { ofAddress: 8, ofAll: 64 };

const never = new AbortController().signal;

/** Who asks, as far as it can be told. */
export interface Asking {
  readonly headers: IncomingHttpHeaders;
  /** Of the other side. */
  readonly address: string;
}

/**
 * Decides who may act, and read what is not for everybody, from the network: a bearer of the admin token, no web page
 * of another origin, and not too often. Whoever guesses is answered slowly; that delays nobody who has the token.
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

  /** undefined: go on. Rejects when the token cannot be read. */
  return async ({ headers, address }: Asking): Promise<Refusal | undefined> => {
    if (foreign(headers)) return { status: 403, sentence: 'Refused: the request comes from a web page of another origin.' };
    const secret = await token();
    // An empty token file must not open the door to an empty bearer.
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

/** Browsers say where a request comes from; a program that is none says nothing. */
function foreign(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return headers.origin !== undefined && URL.parse(headers.origin)?.host !== headers.host;
}

/**
 * Node reads the bytes of a header as Latin-1. Most programs send UTF-8, some send Latin-1. Blanks at the ends get lost
 * on the way.
 */
function bears({ authorization = '' }: IncomingHttpHeaders, secret: Secret): boolean {
  const given = /^Bearer +(.+)$/i.exec(authorization)?.[1];
  if (given === undefined) return false;
  const shown = sha256(Buffer.from(given.trim(), 'latin1'));
  const token = secret.reveal().trim();
  const matches = [Buffer.from(token, 'utf8'), Buffer.from(token, 'latin1')].map(bytes => timingSafeEqual(shown, sha256(bytes)));
  // Latin-1 keeps only a part of any other letter, so another token could match.
  // oxlint-disable-next-line no-control-regex -- all that Latin-1 has
  return matches[0] === true || (matches[1] === true && /^[\u0000-\u00ff]*$/.test(token));
}
function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Addresses and names that mean this machine, wherever they are resolved. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|\[?::1\]?|localhost|.+\.localhost)$/i.test(host);
}

/**
 * A browser reached a loopback port under a name of somebody's own, which was made to resolve to this machine (DNS
 * rebinding).
 */
export function isRebound({ host = '' }: IncomingHttpHeaders): boolean {
  return host !== '' && !isLoopback(host.replace(/:\d+$/, ''));
}
