import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../src/contract/clock.ts';
import type { Seen } from '../server.ts';
import { refuse } from './refusal.ts';

const tokenBytes = 32;
/** What answered a request. Only a handler opens a session. */
export type Reached = 'handler' | 'middleware';
const safe = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

/** The session cookie, and the CSRF token that a write with such a cookie must carry. */
export function makeSessions(clock: Clock) {
  const sessions = new Set<string>();
  /** CSRF tokens by the value of their cookie. */
  const tokens = new Map<string, Buffer>();

  /**
   * Opens a session before the request is handled. Returns the cookies and headers for any response to it. A `sid`
   * cookie, even a made-up one, makes the CSRF token mandatory for writes, and so does any path outside the API.
   */
  function open({ headers, method }: Seen, isApi: boolean) {
    const sid = cookieOf(headers, 'sid');
    const session: string[] = [];
    if (sid === undefined || !sessions.has(sid)) {
      const fresh = randomBytes(16).toString('hex');
      sessions.add(fresh);
      session.push(`sid=${fresh}; Path=/; HttpOnly`);
    }
    const opened = (reached: Reached): string[] => (reached === 'handler' ? session : []);
    if (sid === undefined && isApi)
      return { headers: (reached: Reached) => ({ 'set-cookie': opened(reached) }), demandToken: () => undefined };
    const lines: string[] = [];
    let passes = true;
    const known = cookieOf(headers, '_gorilla_csrf') ?? '';
    const token = tokens.get(known) ?? randomBytes(tokenBytes);
    if (!tokens.has(known)) {
      const key = randomBytes(48).toString('base64url');
      tokens.set(key, token);
      const expires = new Date(clock.wall() + 43_200_000).toUTCString();
      lines.push(`_gorilla_csrf=${key}; Path=/; Expires=${expires}; Max-Age=43200; HttpOnly; SameSite=Strict`);
    }
    function demandToken(): void {
      if (safe.includes(method)) return;
      passes = false;
      const sent = String(headers['x-harbor-csrf-token'] ?? '');
      if (sent === '') refuse(403, 'CSRF token not found in request');
      if (!unmasked(sent).equals(token)) refuse(403, 'CSRF token invalid');
      passes = true;
    }
    /** A request that fails the CSRF check gets no session. */
    const answered = (reached: Reached) => ({
      'set-cookie': passes ? [...lines, ...opened(reached)] : lines,
      'x-harbor-csrf-token': masked(token),
      ...(passes && { vary: 'Cookie' }),
    });
    return { headers: answered, demandToken };
  }

  return { open };
}

const cookieOf = (headers: Seen['headers'], name: string): string | undefined =>
  new RegExp(`(?:^|;\\s*)${name}=([^;]*)`).exec(headers.cookie ?? '')?.[1];

const combined = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));

/**
 * Masks the token differently in every response, so that compressed responses do not reveal it. All masked forms are
 * valid.
 */
function masked(token: Buffer): string {
  const pad = randomBytes(tokenBytes);
  return Buffer.concat([pad, combined(pad, token)]).toString('base64');
}

function unmasked(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 2 * tokenBytes ? combined(bytes.subarray(0, tokenBytes), bytes.subarray(tokenBytes)) : Buffer.alloc(0);
}
