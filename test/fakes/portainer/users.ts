import type { Reply } from '../server.ts';
import { type Auth, profileOf } from './auth.ts';
import { idOf, notFound, refuse } from './refusal.ts';
import type { PortainerState, User } from './state.ts';

const roleOf = (user: User): number => (user.role === 'administrator' ? 1 : 2);

/** The read handlers of /api/users. The users of an environment do not include administrators. */
export function makeUsers(state: PortainerState, auth: Auth) {
  function list(caller: User, query: URLSearchParams): Reply {
    if (caller.role !== 'administrator') refuse(403, 'Permission denied to access users list');
    const id = Number(query.get('environmentId'));
    const endpoint = state.endpoints.find(({ Id }) => Id === id);
    if (id && !endpoint) refuse(500, 'Unable to retrieve endpoint from the database', notFound('endpoints', id));
    const users = endpoint ? state.users.filter(({ name }) => endpoint.users.includes(name)) : state.users;
    return { status: 200, json: users.map(user => ({ Id: user.id, Username: user.name, Role: roleOf(user) })) };
  }

  function inspect(caller: User, text: string): Reply {
    const id = idOf(text, 'user');
    if (caller.role !== 'administrator' && id !== caller.id) refuse(403, 'Permission denied inspect user', 'Access denied to resource');
    const { forceChangePassword: _, ...profile } = profileOf(auth.known(id));
    return { status: 200, json: profile };
  }

  /** Lists API keys. The keys of an administrator are visible only to that administrator. */
  function tokens(caller: User, text: string): Reply {
    const user = auth.known(idOf(text, 'user'));
    const isOther = caller.id !== user.id && (caller.role !== 'administrator' || user.role === 'administrator');
    if (isOther) refuse(403, 'Permission denied to get user access tokens', 'Unauthorized');
    return { status: 200, json: auth.tokensOf(user) };
  }

  return { list, inspect, tokens };
}
