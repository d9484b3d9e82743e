import type { Reply } from '../server.ts';
import type { Database } from './database.ts';
import { idOf, refuse } from './refusal.ts';
import type { Endpoint, PortainerState, User } from './state.ts';

const empty = (...names: string[]): Record<string, string> => Object.fromEntries(names.map(name => [name, '']));

/**
 * The response of /api/system/version. Like the real server, it exposes the server's whole environment to
 * administrators.
 */
export function versionOf(version: string, edition: 'CE' | 'EE', user: User): object {
  return {
    UpdateAvailable: false,
    LatestVersion: '',
    ServerVersion: version,
    VersionSupport: 'STS',
    ServerEdition: edition,
    DatabaseVersion: version,
    Build: empty('BuildNumber', 'ImageTag', 'NodejsVersion', 'PnpmVersion', 'WebpackVersion', 'GoVersion', 'GitCommit'),
    Dependencies: empty('DockerVersion', 'HelmVersion', 'KubectlVersion', 'ComposeVersion'),
    Runtime: user.role === 'administrator' ? { Env: ['SECRET_OF_THE_SERVER=must-never-be-logged'] } : {},
  };
}

export function settingsOf({ server }: PortainerState): object {
  return {
    LogoURL: '',
    AuthenticationMethod: 1,
    RequiredPasswordLength: 12,
    GlobalDeploymentOptions: { hideStacksFunctionality: false },
    EnableEdgeComputeFeatures: false,
    Features: { hsts: false, csp: false },
    OAuthLoginURI: '',
    OAuthLogoutURI: '',
    KubeconfigExpiry: '0',
    TeamSync: false,
    Edge: { PingInterval: 0, SnapshotInterval: 0, CommandInterval: 0, CheckinInterval: 5 },
    IsDockerDesktopExtension: false,
    RequiresSetupToken: !server.initialized && server.setupToken !== null,
  };
}

export function adminCheck({ users }: PortainerState): Reply {
  if (users.some(user => user.role === 'administrator')) return { status: 204 };
  return refuse(404, 'No administrator account found inside the database', 'object not found inside the database');
}

/** Whether the user may use the environment. */
export const mayEnter = (user: User, endpoint: Endpoint): boolean => user.role === 'administrator' || endpoint.users.includes(user.name);

/**
 * The response of /api/endpoints: types 1 (Docker) and 6 (agent in a cluster). The last snapshot says whether it is a
 * swarm. From the source, not recorded.
 */
export function environmentsOf(state: PortainerState, user: User, query: URLSearchParams): Reply {
  const all = state.endpoints.filter(endpoint => mayEnter(user, endpoint)).map(endpoint => environmentOf(state, endpoint));
  const number = (name: string): number => Number(/^\d+$/.exec(query.get(name) ?? '')?.[0] ?? 0);
  const [start, limit] = [Math.max(0, number('start') - 1), number('limit')];
  const headers = { 'x-total-count': all.length, 'x-total-available': state.endpoints.length };
  return { status: 200, headers, json: limit > 0 ? all.slice(start, start + limit) : all };
}

export function environmentOf({ upstream: { engine }, swarms }: PortainerState, { Id, Name, kind }: Endpoint): object {
  if (kind === 'kubernetes-agent') return { Id, Name, Type: 6, URL: 'agent:9001', Snapshots: [] };
  const isSwarm = swarms.has(Id) || (engine?.endpoint === Id && engine.swarm);
  const Snapshots = isSwarm || engine?.endpoint === Id ? [{ Swarm: isSwarm }] : [];
  return { Id, Name, Type: 1, URL: 'unix:///var/run/docker.sock', Snapshots };
}

/**
 * Returns an environment that the user requests, directly or through the proxy. Throws 403 if the user may not use it.
 */
export function enter(database: Database, user: User, id: string): Endpoint {
  const endpoint = database.environment(idOf(id, 'environment'));
  if (!mayEnter(user, endpoint)) refuse(403, 'Permission denied to access environment', 'Access denied to environment');
  return endpoint;
}
