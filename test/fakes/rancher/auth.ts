import type { Seen } from '../server.ts';
import { refuse } from './refusal.ts';
import { administrator, parsedId, type RancherState } from './state.ts';

/** The caller of a request and its environment. */
export interface Caller {
  /** The values of x-api-user-id and x-api-account-kind. */
  readonly user: string;
  readonly kind: string;
  /** The environment of the request. Without one, an account sees little and writes nothing. */
  readonly project: string | undefined;
  readonly readonly: boolean;
}

/** The kinds of accounts that are environments. */
const environmentKinds = ['project', 'projectadmin', 'environment'];

/**
 * Identifies the caller. With access control, throws 401 for an unknown key. Without it, an unknown caller is the
 * administrator.
 */
export function identify(state: RancherState, request: Seen): Pick<Caller, 'user' | 'kind'> {
  const [, encoded = ''] = /^\s*basic\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '') ?? [];
  const [, access, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  const owners = [...state.accounts, ...state.environments];
  const isLive = (account: string): boolean => owners.some(({ id, state: at }) => id === account && at === 'active');
  const key = state.keys.find(key => key.access === access && key.secret === secret && key.state === 'active' && isLive(key.account));
  if (key) return { user: key.account, kind: key.accountKind };
  return state.accessControl ? refuse(401) : { user: administrator, kind: 'admin' };
}

/** Enters an environment. Throws 403 if it does not exist, is not active, or is not accessible to the caller. */
export function enter(state: RancherState, { user, kind }: Pick<Caller, 'user' | 'kind'>, wanted: string | undefined): Caller {
  const own = environmentKinds.includes(kind) ? user : undefined;
  if (wanted === undefined) return { user, kind, project: own, readonly: false };
  const number = parsedId(wanted);
  const environment = state.environments.find(({ id, state: at }) => number !== undefined && parsedId(id) === number && at === 'active');
  const role = environment?.members?.find(({ account }) => account === user)?.role;
  if (!environment || !(own === environment.id || kind === 'admin' || role !== undefined)) refuse(403);
  return { user, kind, project: environment.id, readonly: own === undefined && role === 'readonly' };
}

/** Returns the environments that a caller may see. */
export function environmentsOf(state: RancherState, { user, kind }: Caller): RancherState['environments'] {
  return state.environments.filter(
    ({ id, state: at, members }) =>
      at === 'active' && (id === user || kind === 'admin' || members?.some(({ account }) => account === user)),
  );
}
