import { randomUUID } from 'node:crypto';
import { clock as machineClock } from '../../../src/contract/clock.ts';
import type { PortainerOptions } from '../portainer.ts';
import type { Reply } from '../server.ts';
import { makeAccesses } from './access.ts';
import { type Auth, profileOf } from './auth.ts';
import type { Cluster } from './cluster.ts';
import { configure } from './configure.ts';
import { makeContainers } from './containers.ts';
import { makeDatabase } from './database.ts';
import { idOf, plain } from './refusal.ts';
import { makeRegistries } from './registries.ts';
import type { Answer, Route } from './router.ts';
import type { PortainerState } from './state.ts';
import { makeSwarmDoor } from './swarm.ts';
import { adminCheck, enter, environmentOf, environmentsOf, settingsOf, versionOf } from './system.ts';
import { makeUpstream } from './upstream.ts';
import { makeUsers } from './users.ts';

const newest = '2.43.0';

/** Whether the version is 2.`minor` or later. */
export function isSince({ version = newest }: PortainerOptions, minor: number): boolean {
  const [major = 0, ownMinor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && ownMinor >= minor);
}

/** The routes of the API. Other paths answer 404; a known path with a wrong method answers 405. */
export function routesOf(state: PortainerState, auth: Auth, cluster: Cluster, options: PortainerOptions): Route[] {
  const { version = newest, edition = 'CE', clock = machineClock } = options;
  const instance = randomUUID();
  const database = makeDatabase(state);
  const registries = makeRegistries(database, cluster, edition);
  const accesses = makeAccesses(database, cluster);
  const users = makeUsers(state, auth);
  const upstream = makeUpstream(state, clock, options.accepts);
  const swarm = makeSwarmDoor(state, options.swarm, upstream.loginOfService);
  const containers = makeContainers(state, clock, upstream.pullAs);
  const status = (): Reply => ({ status: 200, json: { Version: version, InstanceID: instance } });
  const pull: Answer = ({ request, query, user, params: [id = ''] }) => upstream.pull(request, query, user(), enter(database, user(), id));
  const routes: (Route | false)[] = [
    ['GET', '/status', 'public', status],
    isSince(options, 17) && ['GET', '/system/status', 'public', status],
    ['GET', '/system/version', 'user', ({ user }) => ({ status: 200, json: versionOf(version, edition, user()) })],
    // Wrong methods answer 404 here, unlike everywhere else.
    ['*', '/system/version', 'public', () => notFound],
    ['GET', '/settings/public', 'public', () => ({ status: 200, json: settingsOf(state) })],
    ['POST', '/auth', 'public', ({ request }) => auth.login(request)],
    ['POST', '/auth/logout', 'public', ({ request }) => auth.logout(request)],
    ['GET', '/users', 'user', ({ user, query }) => users.list(user(), query)],
    ['GET', '/users/me', 'user', ({ user }) => ({ status: 200, json: profileOf(user()) })],
    ['GET', '/users/admin/check', 'public', () => adminCheck(state)],
    ['POST', '/users/admin/init', 'public', ({ request }) => auth.initAdmin(request)],
    ['GET', '/users/:id', 'user', ({ user, params: [id = ''] }) => users.inspect(user(), id)],
    ['DELETE', '/users/:id', 'admin', ({ user, params: [id = ''] }) => auth.deleteUser(idOf(id, 'user'), user())],
    ['GET', '/users/:id/tokens', 'user', ({ user, params: [id = ''] }) => users.tokens(user(), id)],
    ['POST', '/users/:id/tokens', 'user', ({ request, params: [id = ''] }) => auth.createToken(request, id)],
    ['DELETE', '/users/:id/tokens/:token', 'user', ({ request, params: [id = '', token = ''] }) => auth.deleteToken(request, id, token)],
    ['GET', '/registries', 'user', ({ user }) => registries.list(user())],
    ['POST', '/registries', 'admin', ({ request }) => registries.create(request)],
    isSince(options, 36) && ['POST', '/registries/ping', 'user', ({ request }) => upstream.ping(request)],
    ['GET', '/registries/:id', 'user', ({ user, query, params: [id = ''] }) => registries.inspect(user(), id, query)],
    ['PUT', '/registries/:id', 'admin', ({ request, params: [id = ''] }) => registries.update(request, id)],
    ['DELETE', '/registries/:id', 'admin', ({ params: [id = ''] }) => registries.remove(id)],
    ['POST', '/registries/:id/configure', 'admin', ({ request, query, params: [id = ''] }) => configure(database, request, query, id)],
    ['GET', '/endpoints', 'user', ({ user, query }) => environmentsOf(state, user(), query)],
    [
      'GET',
      '/endpoints/:id',
      'user',
      ({ user, params: [id = ''] }) => ({ status: 200, json: environmentOf(state, enter(database, user(), id)) }),
    ],
    ['GET', '/endpoints/:id/registries', 'user', ({ user, query, params: [id = ''] }) => accesses.list(user(), id, query)],
    [
      'PUT',
      '/endpoints/:id/registries/:registry',
      'user',
      ({ request, user, params: [id = '', registry = ''] }) => accesses.grant(request, user(), id, registry),
    ],
    [
      'POST',
      '/docker/:id/containers/:container/recreate',
      'user',
      ({ request, user, params: [id = '', container = ''] }) => containers.recreate(request, enter(database, user(), id).Id, container),
    ],
    ['POST', '/endpoints/:id/docker/images/create', 'user', pull],
    ['POST', '/endpoints/:id/docker/:api/images/create', 'user', pull],
    [
      'PUT',
      '/endpoints/:id/forceupdateservice',
      'user',
      ({ request, user, params: [id = ''] }) => swarm.force(request, enter(database, user(), id)),
    ],
    [
      '*',
      '/endpoints/:id/docker/*',
      'user',
      ({ request, user, params: [id = ''] }) => {
        const path = request.path.replace(/^\/api\/endpoints\/\d+\/docker/, '');
        return swarm.pass({ request, path, user: user(), endpoint: enter(database, user(), id) }) ?? noSuchCall;
      },
    ],
    ['*', '/endpoints/:id/kubernetes/*', 'user', ({ user, params: [id = ''] }) => (enter(database, user(), id), notFound)],
  ];
  return routes.filter(route => route !== false);
}

const notFound: Reply = plain(404, '404 page not found\n');
/** The engine's own 404 response. */
const noSuchCall: Reply = { status: 404, json: { message: 'page not found' } };
