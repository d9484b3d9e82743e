import type { Seen } from '../server.ts';
import { refuse } from './refusal.ts';
import { administrator, parsedId, type RancherState } from './state.ts';

/** Who asks, and in which environment. */
export interface Caller {
  /** x-api-user-id and x-api-account-kind. */
  readonly user: string;
  readonly kind: string;
  /** The environment that is acted in; without one an account sees little and writes nothing. */
  readonly project: string | undefined;
  readonly readonly: boolean;
}

/** Kinds of accounts that are environments. */
const environmentKinds = ['project', 'projectadmin', 'environment'];

/**
 * Throws 401 for a key that is not known, with access control on; without, whoever is not known is the administrator.
 */
export function identify(state: RancherState, request: Seen): Pick<Caller, 'user' | 'kind'> {
  const [, encoded = ''] = /^Basic (.*)$/i.exec(request.headers.authorization ?? '') ?? [];
  const [, access, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  const owners = [...state.accounts, ...state.environments];
  const isLive = (account: string): boolean => owners.some(({ id, state: at }) => id === account && at === 'active');
  const key = state.keys.find(key => key.access === access && key.secret === secret && key.state === 'active' && isLive(key.account));
  if (key) return { user: key.account, kind: key.accountKind };
  return state.accessControl ? refuse(401) : { user: administrator, kind: 'admin' };
}

/** Throws 403 for an environment that is not there, not active, or none of the caller's. */
export function enter(state: RancherState, { user, kind }: Pick<Caller, 'user' | 'kind'>, wanted: string | undefined): Caller {
  const own = environmentKinds.includes(kind) ? user : undefined;
  if (wanted === undefined) return { user, kind, project: own, readonly: false };
  const number = parsedId(wanted);
  const environment = state.environments.find(({ id, state: at }) => number !== undefined && parsedId(id) === number && at === 'active');
  const role = environment?.members?.find(({ account }) => account === user)?.role;
  if (!environment || !(own === environment.id || kind === 'admin' || role !== undefined)) refuse(403);
  return { user, kind, project: environment.id, readonly: own === undefined && role === 'readonly' };
}

/** The environments that a caller may see. */
export function environmentsOf(state: RancherState, { user, kind }: Caller): RancherState['environments'] {
  return state.environments.filter(
    ({ id, state: at, members }) =>
      at === 'active' && (id === user || kind === 'admin' || members?.some(({ account }) => account === user)),
  );
}
