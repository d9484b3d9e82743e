import type { Clock } from '../../../src/contract/clock.ts';
import type { Reply, Seen } from '../server.ts';
import { type Caller, currentUser, demand } from './auth.ts';
import { pageOf } from './list.ts';
import { type Body, integerOf, type Read, readBody, type Shape } from './payload.ts';
import { refuse, refuseInvalid } from './refusal.ts';
import { type makeRegistries, shapes } from './registries.ts';
import { makeRobots, shapes as robotShapes } from './robots.ts';
import { type HarborState, shown } from './state.ts';
import { makeUsers } from './users.ts';

interface Call {
  readonly request: Seen;
  readonly query: URLSearchParams;
  /** The number in the path; 0 where there is none. */
  readonly id: number;
  readonly body: Body;
  readonly caller: Caller | undefined;
}
export interface Route {
  readonly method: string;
  readonly path: string;
  /** `resource:action`; undefined: whoever is somebody; false: everybody. */
  readonly right?: string | undefined | false;
  readonly body?: readonly [parameter: string, model: string, shape: Shape];
  readonly paged?: boolean;
  answer(call: Call): Reply | Promise<Reply>;
}

/** What the routes are made of. `base`: what stands before their paths. */
interface Server {
  readonly state: HarborState;
  readonly clock: Clock;
  readonly registries: ReturnType<typeof makeRegistries>;
  readonly base: string;
  readonly version: string;
  url(): string;
}

/** The API. What is not in here is 404, and 405 when only the method is wrong. */
export function routesOf({ state, clock, registries, base, version, url }: Server): Route[] {
  const robots = makeRobots(state, clock);
  const users = makeUsers(state, registries.get);
  const done: Reply = { status: 200 };
  const registry = (model: string, shape: Shape) => ['registry', model, shape] as const;
  return [
    { method: 'GET', path: '/ping', right: false, answer: () => text('text/plain', 'Pong') },
    {
      method: 'GET',
      path: '/systeminfo',
      right: false,
      answer: ({ caller }) => ({ status: 200, json: systemInfo(state, clock, url(), caller, version) }),
    },
    { method: 'GET', path: '/users/current', answer: ({ caller }) => currentUser(demand(caller)) },
    {
      method: 'PUT',
      path: '/configurations',
      right: 'configuration:update',
      body: ['configurations', 'Configurations', { read_only: 'bool' }],
      answer({ body }) {
        state.read_only = (body['read_only'] as boolean | undefined) ?? state.read_only;
        return done;
      },
    },
    {
      method: 'GET',
      path: '/registries',
      right: 'registry:list',
      paged: true,
      answer: ({ request, query }) => registries.list(request, query),
    },
    {
      method: 'POST',
      path: '/registries',
      right: 'registry:create',
      body: registry('Registry', shapes.create),
      answer: async ({ body }) => ({ status: 201, headers: { location: `${base}/registries/${(await registries.create(body)).id}` } }),
    },
    {
      method: 'POST',
      path: '/registries/ping',
      right: 'registry:read',
      body: registry('RegistryPing', shapes.ping),
      answer: async ({ body }) => (await registries.ping(body), done),
    },
    {
      method: 'GET',
      path: '/registries/:id',
      right: 'registry:read',
      answer: ({ id }) => ({ status: 200, json: shown(registries.get(id)) }),
    },
    {
      method: 'PUT',
      path: '/registries/:id',
      right: 'registry:update',
      body: registry('RegistryUpdate', shapes.update),
      answer: async ({ id, body }) => (await registries.update(id, body), done),
    },
    { method: 'DELETE', path: '/registries/:id', right: 'registry:delete', answer: ({ id }) => (registries.remove(id), done) },
    {
      method: 'GET',
      path: '/registries/:id/info',
      right: 'registry:read',
      answer: async ({ id }) => ({ status: 200, json: await registries.info(id) }),
    },
    { method: 'GET', path: '/projects', right: false, paged: true, answer: call => users.projects(call) },
    {
      method: 'GET',
      path: '/replication/policies',
      right: 'replication-policy:list',
      paged: true,
      answer: ({ request, query }) => users.policies(request, query),
    },
    { method: 'GET', path: '/robots', right: 'robot:list', paged: true, answer: ({ request, query }) => robots.list(request, query) },
    {
      method: 'POST',
      path: '/robots',
      right: 'robot:create',
      body: ['robot', 'RobotCreate', robotShapes.create],
      answer: ({ body }) => robots.create(body),
    },
    { method: 'GET', path: '/robots/:id', right: 'robot:read', answer: ({ id }) => robots.get(id) },
    {
      method: 'PATCH',
      path: '/robots/:id',
      right: 'robot:update',
      body: ['robotSec', 'RobotSec', robotShapes.refresh],
      answer: ({ id, body }) => robots.refresh(id, body),
    },
    { method: 'DELETE', path: '/robots/:id', right: 'robot:delete', answer: ({ id }) => robots.remove(id) },
  ];
}

interface Incoming extends Omit<Call, 'id' | 'body'> {
  readonly path: string;
  readonly pathname: string;
  readonly routes: readonly Route[];
}

/** Refusals come in this order: unknown path, wrong method, validation, nobody, no right; the rest is the handler's. */
export function dispatch({ request, query, caller, path, pathname, routes }: Incoming): Reply | Promise<Reply> {
  const matching = routes.filter(route => matches(route.path, path));
  // A literal path stands before one with a number in it.
  const route = matching.find(({ method }) => method === request.method);
  if (matching.length === 0) refuse(404, `path ${pathname} was not found`);
  const methods = matching.map(({ method }) => method).join(',');
  if (!route) return refuse(405, `method ${request.method} is not allowed, but [${methods}] are`);
  const flaws: string[] = [];
  const id = route.path.includes('/:id') ? integerOf(path.split('/')[2] ?? '', 'id in path', flaws) : 0;
  if (route.paged) flaws.push(...pageOf(query).flaws);
  const read: Read = route.body ? readBody(request, ...route.body) : { body: {}, flaws: [] };
  refuseInvalid([...flaws, ...read.flaws]);
  if (route.right !== false) demand(caller, route.right);
  return route.answer({ request, query, caller, id, body: read.body });
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return wanted.length === given.length && wanted.every((segment, index) => segment === ':id' || segment === given[index]);
}

export const text = (type: string, words: string): Reply => ({ status: 200, headers: { 'content-type': type }, text: words });

/** Only who is known learns the version. */
function systemInfo({ read_only }: HarborState, clock: Clock, url: string, caller: Caller | undefined, version: string): object {
  const open = { auth_mode: 'db_auth', banner_message: '', oidc_provider_name: '', primary_auth_mode: false, self_registration: false };
  if (!caller) return open;
  return {
    ...open,
    current_time: new Date(clock.wall()).toISOString(),
    external_url: url,
    registry_url: new URL(url).host,
    harbor_version: `v${version}-080b0220`,
    has_ca_root: false,
    notification_enable: true,
    project_creation_restriction: 'everyone',
    read_only,
    registry_storage_provider_name: 'filesystem',
  };
}
