import type { Clock } from '../../../src/contract/clock.ts';
import type { Reply } from '../server.ts';
import { type Caller, currentUser, demand } from './auth.ts';
import { type Route, text } from './dispatch.ts';
import type { Shape } from './payload.ts';
import type { makeRegistries } from './registries.ts';
import { shapes } from './registry-fields.ts';
import { makeRobots, shapes as robotShapes } from './robots.ts';
import { type HarborState, shown } from './state.ts';
import { adapters } from './upstream.ts';
import { makeUsers, policyShape } from './users.ts';

/** The dependencies of the routes. `base` precedes their paths. */
interface Server {
  readonly state: HarborState;
  readonly clock: Clock;
  readonly registries: ReturnType<typeof makeRegistries>;
  readonly base: string;
  readonly version: string;
  url(): string;
}

/** The routes of the API. Other paths answer 404; a known path with a wrong method answers 405. */
export function routesOf({ state, clock, registries, base, version, url }: Server): Route[] {
  const robots = makeRobots(state, clock);
  const users = makeUsers(state, registries.get);
  const done: Reply = { status: 200 };
  const registry = (model: string, shape: Shape) => ['registry', model, shape] as const;
  return [
    {
      method: 'GET',
      path: '/ping',
      right: false,
      produces: ['text/plain', 'application/json'],
      answer: ({ accepts }) => (accepts('text/plain') ? text('text/plain', 'Pong') : text('application/json', '"Pong"\n')),
    },
    {
      method: 'GET',
      path: '/systeminfo',
      right: false,
      answer: ({ caller }) => ({ status: 200, json: systemInfo(state, clock, url(), caller, version) }),
    },
    { method: 'GET', path: '/users/current', others: ['PUT', 'DELETE'], answer: ({ caller }) => currentUser(demand(caller)) },
    {
      method: 'GET',
      path: '/configurations',
      right: 'configuration:read',
      answer: () => ({ status: 200, json: { read_only: { editable: true, value: state.read_only } } }),
    },
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
    {
      method: 'POST',
      path: '/replication/policies',
      right: 'replication-policy:create',
      body: ['policy', 'ReplicationPolicy', policyShape],
      answer: ({ body }) => ({ status: 201, headers: { location: `${base}/replication/policies/${users.addPolicy(body)}` } }),
    },
    {
      method: 'GET',
      path: '/replication/policies/:id',
      right: 'replication-policy:read',
      others: ['PUT'],
      answer: ({ id }) => users.policy(id),
    },
    { method: 'DELETE', path: '/replication/policies/:id', right: 'replication-policy:delete', answer: ({ id }) => users.removePolicy(id) },
    { method: 'GET', path: '/replication/adapters', right: 'replication-adapter:list', answer: () => ({ status: 200, json: adapters }) },
    { method: 'GET', path: '/robots', right: 'robot:list', paged: true, answer: ({ request, query }) => robots.list(request, query) },
    {
      method: 'POST',
      path: '/robots',
      right: 'robot:create',
      body: ['robot', 'RobotCreate', robotShapes.create],
      answer: ({ body }) => robots.create(body),
    },
    { method: 'GET', path: '/robots/:id', right: 'robot:read', others: ['PUT'], answer: ({ id }) => robots.get(id) },
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

/** Only authenticated callers get the version. */
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
