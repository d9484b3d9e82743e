import type { Clock } from '../../../src/contract/clock.ts';
import type { Reply, Seen } from '../server.ts';
import { refuse } from './refusal.ts';
import type { HarborState } from './state.ts';

/**
 * Who a request comes from. A system administrator may do everything; others what `access` lists, as resource:action.
 */
export interface Caller {
  readonly name: string;
  readonly kind: 'user' | 'robot';
  readonly sysadmin: boolean;
  readonly access: readonly string[];
}

/** How long a wrong password takes, and how long the name is locked. */
const lockMs = 1_500;

/**
 * Basic credentials, looked at anew with each request. Anything that is none of ours is nobody, and is found out by the
 * handlers that want somebody.
 */
export function makeAuth(state: HarborState, clock: Clock, signal: AbortSignal, knowsRobots: boolean) {
  const locked = new Map<string, number>();

  async function callerOf({ headers }: Seen): Promise<Caller | undefined> {
    const encoded = /^Basic ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/i.exec(headers.authorization ?? '')?.[1];
    const [, name = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
    if (name === '') return undefined;
    return robot(name, password) ?? user(name, password);
  }

  /** A robot with the right secret is never locked out. */
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

/** Throws 401 for nobody, and 403, which says no more than the name, for somebody without the right. */
export function demand(caller: Caller | undefined, right?: string): Caller {
  const known = caller ?? refuse(401, 'unauthorized');
  if (right !== undefined && !known.sysadmin && !known.access.includes(right)) refuse(403, known.name);
  return known;
}

/** /users/current: a robot is no user. */
export function currentUser(caller: Caller): Reply {
  if (caller.kind === 'robot') refuse(412, 'get current user not available for security context: robot');
  return { status: 200, json: { user_id: 1, username: caller.name, sysadmin_flag: caller.sysadmin, admin_role_in_auth: false } };
}
