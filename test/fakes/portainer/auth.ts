import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../src/contract/clock.ts';
import type { Reply, Seen } from '../server.ts';
import { decode } from './payload.ts';
import { idOf, notFound, refuse } from './refusal.ts';
import type { PortainerState, User } from './state.ts';

const sessionMs = 8 * 3_600_000;
const banMs = 3_600_000;
/** The limit of logins and new tokens: the size of the burst, and the number added each second. */
const loginsPerSecond = 10;
const unauthorized = 'Unauthorized';
const payloadError = 'Invalid request payload';

/** The visible members of an API key that was created here. */
interface Token {
  readonly id: number;
  readonly userId: number;
  readonly description: string;
  readonly prefix: string;
  readonly dateCreated: number;
}

export type Auth = ReturnType<typeof makeAuth>;

/** Authenticates requests. Sessions and bans are in memory and end with a restart; API keys are stored. */
export function makeAuth(state: PortainerState, clock: Clock, knowsKeys: boolean) {
  const sessions = new Map<string, { userId: number; expires: number }>();
  const tokens = new Map<string, Token>();
  let budget = { left: loginsPerSecond, at: clock.wall(), bannedUntil: 0 };

  const userOf = (id: number): User | undefined => state.users.find(user => user.id === id);
  const byKey = (key: string): User | undefined =>
    state.users.find(user => user.apiKey === key) ?? userOf(tokens.get(key)?.userId ?? Number.NaN);
  function bySession(jwt: string): User | undefined {
    const session = sessions.get(jwt);
    return session && session.expires > clock.wall() ? userOf(session.userId) : undefined;
  }

  /**
   * Returns the user of the API key, cookie or token, whichever comes first in this order. Throws 401 if it is invalid.
   * `byKey`: whether it was an API key.
   */
  function caller({ headers }: Seen): { user: User; byKey: boolean } {
    const key = knowsKeys ? String(headers['x-api-key'] ?? '') : '';
    if (key && headers.authorization !== undefined) {
      refuse(401, 'API key and auth header are not allowed at the same time', unauthorized);
    }
    const session = cookieOf(headers.cookie) ?? bearerOf(headers);
    if (!key && session === undefined) refuse(401, 'A valid authorization token is missing', unauthorized);
    const user = key ? byKey(key) : bySession(session ?? '');
    return { user: user ?? refuse(401, 'Invalid JWT token', unauthorized), byKey: key !== '' };
  }

  /**
   * Counts against the shared limit of logins and new tokens. There is one client address, so there is one budget.
   * Throws 403 during a ban.
   */
  function countLogin(): void {
    const now = clock.wall();
    const left = Math.min(loginsPerSecond, budget.left + ((now - budget.at) / 1000) * loginsPerSecond);
    budget = { ...budget, left: left - 1, at: now };
    if (left < 1 && budget.bannedUntil <= now) budget.bannedUntil = now + banMs;
    if (budget.bannedUntil > now) refuse(403, 'Access denied', 'Access denied to resource');
  }

  function login(request: Seen): Reply {
    countLogin();
    const { Username, Password } = decode(request.body, 'auth.authenticatePayload', { Username: 'string', Password: 'string' });
    if (!Username) return refuse(400, payloadError, 'Invalid username');
    if (!Password) refuse(400, payloadError, 'Invalid password');
    const known = state.users.find(({ name, password }) => name.toLowerCase() === Username.toLowerCase() && password === Password);
    const user = known ?? refuse(422, 'Invalid credentials', unauthorized);
    const jwt = `eyJhbGciOiJIUzI1NiJ9.${randomBytes(48).toString('base64url')}.${randomBytes(32).toString('base64url')}`;
    const expires = clock.wall() + sessionMs;
    sessions.set(jwt, { userId: user.id, expires });
    const cookie = `portainer_api_key=${jwt}; Path=/; Expires=${new Date(expires).toUTCString()}; HttpOnly; SameSite=Strict`;
    return { status: 200, headers: { 'set-cookie': [cookie] }, json: { jwt } };
  }

  /** Ends the session of the cookie. A token that is sent only in the header stays valid. */
  function logout(request: Seen): Reply {
    sessions.delete(cookieOf(request.headers.cookie) ?? '');
    return { status: 204, headers: { 'set-cookie': [ended] } };
  }

  /** Creates an API key. It requires a session: an API key alone is not enough. */
  function createToken(request: Seen, userId: string): Reply {
    const { user } = caller(request);
    countLogin();
    const { cookie } = request.headers;
    if (!bySession(cookieOf(cookie) ?? '') && !bySession(bearerOf(request.headers) ?? ''))
      refuse(401, 'Auth not supported', 'Authentication required');
    const { password, description } = decode(request.body, 'users.userAccessTokenCreatePayload', {
      password: 'string',
      description: 'string',
    });
    if (!description) return refuse(400, payloadError, 'invalid description: cannot be empty');
    if (description.trim() === '') refuse(400, payloadError, 'invalid description: cannot contain only whitespaces');
    if (Buffer.byteLength(description) > 128) refuse(400, payloadError, 'invalid description: cannot be longer than 128 characters');
    if (idOf(userId, 'user') !== user.id) refuse(403, 'Permission denied to create user access token', unauthorized);
    if (!password) refuse(400, payloadError, 'invalid password: cannot be empty');
    if (password !== user.password) {
      refuse(403, "Current password doesn't match", 'Current password does not match the password provided. Please try again');
    }
    const rawAPIKey = `ptr_${randomBytes(32).toString('base64')}`;
    const id = Math.max(0, ...[...tokens.values()].map(token => token.id)) + 1;
    const dateCreated = Math.floor(clock.wall() / 1000);
    const token = { id, userId: user.id, description, prefix: rawAPIKey.slice(0, 7), dateCreated };
    tokens.set(rawAPIKey, token);
    return { status: 200, json: { rawAPIKey, apiKey: { ...token, lastUsed: 0, digest: randomBytes(32).toString('base64') } } };
  }

  function deleteToken(request: Seen, userId: string, tokenId: string): Reply {
    const owner = idOf(userId, 'user');
    const id = idOf(tokenId, 'api-key');
    const { user } = caller(request);
    if (owner !== user.id && user.role !== 'administrator') refuse(403, 'Permission denied to get user access tokens', unauthorized);
    known(owner);
    const [key, token] = [...tokens].find(([, token]) => token.id === id) ?? [];
    if (key === undefined || token === undefined) return refuse(500, 'API Key not found', notFound('api_key', id));
    if (token.userId !== owner) refuse(403, 'Permission denied to remove api-key', unauthorized);
    tokens.delete(key);
    return { status: 204 };
  }

  const known = (id: number): User =>
    userOf(id) ?? refuse(404, 'Unable to find a user with the specified identifier inside the database', notFound('users', id));

  function deleteUser(id: number, caller: User): Reply {
    if (id === 1) refuse(403, 'Cannot remove the initial admin account');
    if (id === caller.id) refuse(403, 'Cannot remove your own user account. Contact another administrator');
    known(id);
    state.users = state.users.filter(user => user.id !== id);
    for (const [key, { userId }] of tokens) if (userId === id) tokens.delete(key);
    return { status: 204 };
  }

  function initAdmin(request: Seen): Reply {
    const { setupToken } = state.server;
    if (setupToken !== null && request.headers['x-setup-token'] !== setupToken) {
      const remedy = 'Provide the X-Setup-Token header with the token printed in the server logs at startup.';
      refuse(403, `Invalid or missing setup token. ${remedy}`, 'invalid or missing setup token');
    }
    const { Username, Password } = decode(request.body, 'users.adminInitPayload', { Username: 'string', Password: 'string' });
    if (!Username || Username.includes(' ')) return refuse(400, payloadError, 'Invalid username. Must not contain any whitespace');
    if (!Password) return refuse(400, payloadError, 'Invalid password');
    if (state.users.some(user => user.role === 'administrator'))
      refuse(409, 'Unable to create administrator user', 'An administrator user already exists');
    if (Password.length < 12) refuse(400, 'Password does not meet the requirements');
    const user: User = { id: 1, name: Username, password: Password, role: 'administrator', apiKey: null };
    state.users.push(user);
    state.server.initialized = true;
    // Like the real server, the response contains a hash of the password.
    const { forceChangePassword: _, ...profile } = profileOf(user);
    return { status: 200, json: { ...profile, Password: `$2a$10$${randomBytes(40).toString('base64url').slice(0, 53)}` } };
  }

  /** Returns the tokens of a user. The fake does not track when they were last used. */
  const tokensOf = (user: User): object[] =>
    [...tokens.values()].filter(({ userId }) => userId === user.id).map(token => ({ ...token, lastUsed: 0 }));

  return { caller, login, logout, createToken, deleteToken, tokensOf, deleteUser, known, initAdmin, restart };

  function restart(): void {
    sessions.clear();
    budget = { left: loginsPerSecond, at: clock.wall(), bannedUntil: 0 };
  }
}

export function profileOf(user: User) {
  return {
    Id: user.id,
    Username: user.name,
    Role: user.role === 'administrator' ? 1 : 2,
    TokenIssueAt: 0,
    ThemeSettings: { color: '' },
    UseCache: false,
    PortainerAuthorizations: null,
    EndpointAuthorizations: null,
    forceChangePassword: false,
  };
}

const ended = `portainer_api_key=; Path=/; Expires=${new Date(0).toUTCString()}; Max-Age=0; HttpOnly; SameSite=Strict`;
const bearerOf = ({ authorization }: Seen['headers']): string | undefined => authorization?.replace(/^Bearer /, '');
/** Returns the value of the cookie. A cookie without `=` has an empty value. Quotes do not count. */
const cookieOf = (header: string | undefined): string | undefined => {
  const found = /(?:^|;\s*)portainer_api_key(?:=([^;]*))?\s*(?:;|$)/.exec(header ?? '');
  return found ? (found[1] ?? '').replace(/^"(.*)"$/, '$1') : undefined;
};

/**
 * Whether a browser may have sent the request from another origin. Such a write is refused, even with a key. Requests
 * without these headers pass.
 */
export function isCrossOrigin({ method, headers }: Seen): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return false;
  const site = headers['sec-fetch-site'];
  if (site) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  if (!origin) return false;
  return !URL.canParse(origin) || new URL(origin).host !== headers.host;
}
