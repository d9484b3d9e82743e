import type { Clock } from '../../../src/contract/clock.ts';
import type { Reply, Seen } from '../server.ts';
import { refuse } from './refusal.ts';
import type { HarborState } from './state.ts';

/**
 * The authenticated caller of a request. A system administrator may do everything, other callers only what `access`
 * lists, as resource:action.
 */
export interface Caller {
  readonly name: string;
  readonly kind: 'user' | 'robot';
  readonly sysadmin: boolean;
  readonly access: readonly string[];
}

/** How long the answer to a wrong password takes and how long the name stays locked, in milliseconds. */
const lockMs = 1_500;

/**
 * Checks the Basic credentials of each request. A caller with unknown credentials is anonymous, and handlers that need
 * a login refuse it.
 */
export function makeAuth(state: HarborState, clock: Clock, signal: AbortSignal, knowsRobots: boolean) {
  const locked = new Map<string, number>();

  async function callerOf({ headers }: Seen): Promise<Caller | undefined> {
    const encoded = /^Basic ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/i.exec(headers.authorization ?? '')?.[1];
    const [, name = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
    if (name === '') return undefined;
    return robot(name, password) ?? user(name, password);
  }

  /** Returns the robot with this name and secret. A robot with the right secret is never locked out. */
  function robot(name: string, secret: string): Caller | undefined {
    const known = knowsRobots ? state.robots.find(candidate => candidate.name === name) : undefined;
    if (!known || known.secret !== secret || known.disabled) return undefined;
    if (known.expires_at !== -1 && known.expires_at * 1000 <= clock.wall()) return undefined;
    return { name, kind: 'robot', sysadmin: false, access: known.level === 'system' ? known.access : [] };
  }

  async function user(name: string, password: string): Promise<Caller | undefined> {
    if ((locked.get(name) ?? 0) > clock.wall()) return undefined;
    const known = state.users.find(candidate => candidate.name === name && candidate.password === password);
    if (known) return { name, kind: 'user', sysadmin: known.sysadmin, access: [] };
    locked.set(name, clock.wall() + lockMs);
    await clock.sleep(lockMs, signal);
    return undefined;
  }

  return { callerOf };
}

/**
 * Returns the caller. Throws 401 for an anonymous caller, and 403 with only the caller's name if the right is missing.
 */
export function demand(caller: Caller | undefined, right?: string): Caller {
  const known = caller ?? refuse(401, 'unauthorized');
  if (right !== undefined && !known.sysadmin && !known.access.includes(right)) refuse(403, known.name);
  return known;
}

/** Answers /users/current. A robot is not a user. */
export function currentUser(caller: Caller): Reply {
  if (caller.kind === 'robot') refuse(412, 'get current user not available for security context: robot');
  return { status: 200, json: { user_id: 1, username: caller.name, sysadmin_flag: caller.sysadmin, admin_role_in_auth: false } };
}
