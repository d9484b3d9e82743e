import { cleaned, type Target } from '../go-target.ts';
import type { Reply, Seen } from '../server.ts';
import type { Auth } from './auth.ts';
import { plain, refuse } from './refusal.ts';
import type { User } from './state.ts';

export interface Call {
  readonly request: Seen;
  readonly query: URLSearchParams;
  /** Returns the caller. Throws 401 for an anonymous request. */
  readonly user: () => User;
  /** The values of the `:name` segments of the path. */
  readonly params: readonly string[];
}
export type Answer = (call: Call) => Reply | Promise<Reply>;
type Access = 'public' | 'user' | 'admin';
export type Route = readonly [method: string, path: string, access: Access, answer: Answer];

/**
 * Path prefixes that the API handles. All other paths are files of the web interface, which this fake does not have.
 */
const handlers =
  /^\/api\/(auth|backup|restore|custom_templates|edge_stacks|edge_groups|edge_jobs|endpoint_groups|kubernetes|docker|endpoints|gitops|ldap|motd|registries|resource_controls|roles|settings|stacks|status|system|tags|templates|upload|users|ssl|teams?|team_memberships|websocket|webhooks)/;

export const isApi = ({ path }: Target): boolean => handlers.test(path);

/**
 * Routes a request. Like the real router, it strips the prefix first, and the redirect to a cleaned path lacks it as
 * well.
 */
export function routed(request: Seen, { path: whole, query, raw }: Target, auth: Auth, routes: readonly Route[]): Reply | Promise<Reply> {
  const isProxied = /^\/api\/endpoints.*\/(docker|kubernetes|azure|agent)\//.test(whole);
  const path = whole.slice(isProxied ? '/api/endpoints'.length : '/api'.length);
  if (cleaned(path) !== path) {
    const location = encodeURI(cleaned(path)) + (raw && `?${raw}`);
    return { status: 301, headers: { location } };
  }
  const known = isProxied ? `/endpoints${path}` : path;
  const matching = routes.filter(([, pattern]) => match(pattern, known));
  if (matching.length === 0) return plain(404, '404 page not found\n');
  const found = matching.find(([method]) => method === request.method || method === '*');
  if (!found) return { status: 405 };
  const [, pattern, access, reply] = found;
  const user = (): User => auth.caller(request).user;
  if (access !== 'public' && user().role !== 'administrator' && access === 'admin') refuse(403, 'Access denied', 'Unauthorized');
  return reply({ request, query, user, params: match(pattern, known) ?? [] });
}

/**
 * Returns the values of the `:name` segments, which are never empty, or undefined if the path does not match. A `*` at
 * the end matches anything.
 */
function match(pattern: string, path: string): string[] | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  const isOpen = wanted.at(-1) === '*';
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return undefined;
  const fits = (segment: string, index: number): boolean =>
    segment === '*' || (segment.startsWith(':') ? given[index] !== '' : segment === given[index]);
  if (!wanted.every(fits)) return undefined;
  return given.filter((_, index) => wanted[index]?.startsWith(':'));
}
