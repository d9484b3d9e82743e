import { type Clock, clock as machineClock } from '../../src/contract/clock.ts';
import { callerOf, may } from './rancher2/access.ts';
import { kubernetes } from './rancher2/kubernetes.ts';
import { management } from './rancher2/management.ts';
import { project } from './rancher2/norman.ts';
import {
  type Cluster,
  type ClusterSeed,
  makeCluster,
  managementId,
  type ProjectSeed,
  type ProvisionedSeed,
  type Rancher2State,
  type Token,
  type User,
} from './rancher2/state.ts';
import { steve } from './rancher2/steve.ts';
import { type FakeServer, type Reply, type Seen, type ServerOptions, startServer } from './server.ts';

export interface Rancher2Options extends ServerOptions {
  /** Whether requests need a token. Without login, every caller is the user admin. Defaults to true. */
  readonly login?: boolean;
  readonly sqlCache?: boolean;
  /** The clusters. The management cluster `local` always exists. */
  readonly clusters?: readonly ClusterSeed[];
  readonly projects?: readonly ProjectSeed[];
  readonly provisioned?: readonly ProvisionedSeed[];
  readonly settings?: Readonly<Record<string, string>>;
  /** Defaults to `admin`, who may do everything. */
  readonly users?: readonly User[];
  /** Defaults to `adminToken`. */
  readonly tokens?: readonly Token[];
  readonly clock?: Clock;
}

export const admin: User = { name: 'admin', rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] };
export const adminToken = 'token-admin:secret-of-the-admin-token';

/**
 * A fake Rancher 2 with state: Norman's dockerCredentials, Steve and the proxies to the clusters. `state` may be
 * changed while it runs.
 */
export interface FakeRancher2 extends FakeServer {
  readonly state: Rancher2State;
  cluster(id?: string): Cluster;
  /** Returns the decoded data of a Secret, which Norman never shows. */
  stored(cluster: string, namespace: string, name: string, key?: string): string | undefined;
  /** Requests the Kubernetes API of the management cluster directly, without Rancher. */
  beneath(request: Seen): Reply;
}

/** Starts a fake Rancher 2, by default on a free port of 127.0.0.1. */
export async function startFakeRancher2(options: Rancher2Options = {}): Promise<FakeRancher2> {
  const { login = true, sqlCache = false, clock = machineClock } = options;
  const [name = '', secret = ''] = adminToken.split(':');
  const seeds = [...(options.clusters ?? [])];
  if (!seeds.some(({ id }) => id === managementId)) seeds.unshift({ id: managementId });
  const state: Rancher2State = {
    clusters: new Map(seeds.map(seed => [seed.id, makeCluster(seed)])),
    projects: structuredClone([...(options.projects ?? [])]),
    provisioned: structuredClone([...(options.provisioned ?? [])]),
    settings: { 'server-version': 'v2.15.0', ...options.settings },
    users: structuredClone([...(options.users ?? [admin])]),
    tokens: structuredClone([...(options.tokens ?? [{ name, secret, user: 'admin' }])]),
  };
  const cluster = (id = managementId): Cluster => {
    const found = state.clusters.get(id);
    if (!found) throw new Error(`the fake has no cluster ${id}`);
    return found;
  };

  function answer(request: Seen): Reply {
    const caller = callerOf(state, login, request, clock.wall());
    if (!('user' in caller)) return caller;
    const { user, token } = caller;
    const [, id, rest] = /^\/k8s\/(?:clusters|proxy)\/([^/?]+)(.*)$/.exec(request.path) ?? [];
    if (id !== undefined && rest !== undefined) return behind(id, rest, user, request);
    const url = new URL(request.path, server.url);
    if (/^\/v3\/projects?\/[^/]+\/[^/]/.test(url.pathname)) return project({ state, user, login, origin: server.url, request, url });
    if (url.pathname.startsWith('/v3/') && request.method === 'GET') return management(state, user, token, url, server.url);
    if (/^\/(v1|api|apis)\//.test(url.pathname)) return inCluster(cluster(), user, server.url, request.path, request);
    return { status: 404 };
  }

  /**
   * Handles a request for a cluster. Rancher's router gets the cluster as the user and returns Norman's error; it sets
   * headers too late, so its own responses are text/plain. Steve of a cluster has its own proxy, which gives no reason
   * and looks for the agent for 14 s. Read in the source, not run.
   */
  function behind(id: string, path: string, user: User, request: Seen): Reply {
    const sees = may(user, { verb: 'get', resource: 'management.cattle.io/clusters', name: id });
    const plain = (status: number, text: string): Reply => ({ status, headers: { 'content-type': 'text/plain; charset=utf-8' }, text });
    const failed = (code: string, status: number, message: string): Reply =>
      plain(status, `${JSON.stringify({ Code: { Code: code, Status: status }, Message: message, Cause: null, FieldName: '' })}\n`);
    const found = state.clusters.get(id);
    const isSteve = path.startsWith('/v1/') && request.path.startsWith('/k8s/clusters/');
    if (id === managementId && found) return inCluster(found, user, server.url, path, request);
    if (isSteve && !sees) return { status: 401 };
    if (isSteve && !(found?.provisioned && !found.down))
      return plain(500, `lost connection to cluster: failed to find Session for client stv-cluster-${id}`);
    const what = `clusters.management.cattle.io "${id}"`;
    const cannot = `User "${user.name}" cannot get resource "clusters" in API group "management.cattle.io" at the cluster scope`;
    if (!sees) return failed('Forbidden', 403, `${what} is forbidden: ${cannot}`);
    if (!found) return failed('NotFound', 404, `${what} not found`);
    if (!found.provisioned) return failed('ClusterUnavailable', 503, 'cluster not provisioned');
    if (found.down) return plain(500, 'cluster agent disconnected');
    return inCluster(found, user, `${server.url}/k8s/clusters/${id}`, path, request);
  }

  function inCluster(found: Cluster, user: User, base: string, path: string, request: Seen): Reply {
    return path.startsWith('/v1/')
      ? steve({ state, cluster: found, user, sqlCache, base, request, path })
      : kubernetes(found, user, request, path);
  }

  const server: FakeServer = await startServer(answer, options);
  return Object.assign(server, {
    state,
    cluster,
    stored(id: string, namespace: string, name: string, key = '.dockerconfigjson') {
      const value = cluster(id).secrets.get(`${namespace}/${name}`)?.data?.[key];
      return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
    },
    beneath: (request: Seen) => kubernetes(cluster(), admin, request, request.path),
  });
}
