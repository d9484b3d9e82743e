import { type Clock, clock as machineClock } from '../../src/contract/clock.ts';
import { badRequest, targetOf } from './go-target.ts';
import { type Auth, isCrossOrigin, makeAuth } from './portainer/auth.ts';
import { type ClusterCall, makeCluster } from './portainer/cluster.ts';
import { fileOf } from './portainer/files.ts';
import { plain, Refusal } from './portainer/refusal.ts';
import { isApi, type Route, routed } from './portainer/router.ts';
import { isSince, routesOf } from './portainer/routes.ts';
import { makeRow, type PortainerState, type Row, type RowSeed, type User } from './portainer/state.ts';
import type { Accepts } from './portainer/upstream.ts';
import { type FakeServer, type Reply, type Seen, type ServerOptions, startServer } from './server.ts';
import type { Swarm } from './swarm.ts';

export interface PortainerOptions extends ServerOptions {
  /** Existing rows. Missing ids are assigned. */
  readonly registries?: readonly RowSeed[];
  /** Defaults to one administrator, `admin`, with the password `adminPassword` and the key `adminKey`. */
  readonly users?: readonly User[];
  readonly endpoints?: PortainerState['endpoints'];
  readonly server?: Partial<PortainerState['server']>;
  readonly upstream?: Partial<PortainerState['upstream']>;
  /**
   * Whether a registry accepts a password, for hosts that `upstream` does not list. An embedded ECR can answer this.
   */
  readonly accepts?: Accepts;
  readonly clock?: Clock;
  /**
   * Defaults to 2.43.0. There is no ping below 2.36, no /system/status below 2.17, and there are no API keys below
   * 2.11.
   */
  readonly version?: string;
  readonly edition?: 'CE' | 'EE';
  /** The Swarm in the environment of `upstream.engine`, if that is in Swarm mode. */
  readonly swarm?: Swarm;
  /** The Swarms in other environments, by environment id. */
  readonly swarms?: ReadonlyMap<number, Swarm>;
  /** The host:port of the cluster's agent in error messages. */
  readonly agent?: string;
}

export const adminPassword = 'a-long-admin-password';
export const adminKey = 'ptr_ZmFrZS1hZG1pbmlzdHJhdG9yLWtleS1vZi10ZXN0cw==';

/** A fake Portainer with state. It answers as recorded on CE 2.43.0. `state` may be changed while it runs. */
export interface FakePortainer extends FakeServer {
  readonly state: PortainerState;
  /** The requests that Portainer sent to the cluster. */
  readonly clusterCalls: readonly ClusterCall[];
  /** The contents of Secrets by namespace/name. */
  readonly clusterSecrets: Map<string, object>;
  rows(): readonly Row[];
  /** Returns the stored password of a row, which no response contains. Throws for an unknown id. */
  passwordOf(id: number): string;
  /** Drops what the server keeps in memory: sessions and login bans, but not keys and rows. */
  restart(): void;
}

/** Starts a fake Portainer, by default on a free port of 127.0.0.1. */
export async function startFakePortainer(options: PortainerOptions = {}): Promise<FakePortainer> {
  const state = stateOf(options);
  const closing = new AbortController();
  const clock = options.clock ?? machineClock;
  const auth = makeAuth(state, clock, isSince(options, 11));
  const cluster = makeCluster(state, clock, closing.signal, options.agent ?? 'agent:9001');
  const routes = routesOf(state, auth, cluster, options);
  const server = await startServer(request => answer(request, state, auth, routes), options);
  const cut = server[Symbol.asyncDispose];
  return Object.assign(server, {
    state,
    clusterCalls: cluster.calls,
    clusterSecrets: cluster.secrets,
    rows: () => state.registries,
    passwordOf: (id: number) => {
      const row = state.registries.find(({ Id }) => Id === id);
      if (!row) throw new Error(`the fake Portainer has no registry ${id}`);
      return row.Password;
    },
    restart: auth.restart,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await cut();
    },
  });
}

function stateOf(options: PortainerOptions): PortainerState {
  let nextId = 1;
  const registries = (options.registries ?? []).map(seed => {
    const row = makeRow(structuredClone(seed), nextId);
    nextId = Math.max(nextId, row.Id) + 1;
    return row;
  });
  const admin: User = { id: 1, name: 'admin', password: adminPassword, role: 'administrator', apiKey: adminKey };
  return {
    server: { initialized: true, adminInitWindow: 'open', setupToken: null, baseUrl: null, port: 'http', ...options.server },
    users: structuredClone([...(options.users ?? [admin])]),
    registries: registries.sort((a, b) => a.Id - b.Id),
    endpoints: structuredClone([...(options.endpoints ?? [])]),
    swarms: options.swarms ?? new Map(),
    upstream: { registries: [], engine: null, kubernetes: null, aws: null, ...structuredClone(options.upstream) },
  };
}

async function answer(request: Seen, state: PortainerState, auth: Auth, routes: readonly Route[]): Promise<Reply> {
  try {
    return await dispatch(request, state, auth, routes);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  }
}

function dispatch(request: Seen, state: PortainerState, auth: Auth, routes: readonly Route[]): Reply | Promise<Reply> {
  const { server } = state;
  const target = targetOf(request.path);
  if (!target) return badRequest;
  if (server.port === 'https') return { status: 400, text: 'Client sent an HTTP request to an HTTPS server.\n' };
  if (isCrossOrigin(request)) return plain(403, 'Forbidden\n');
  const isDisabled = !server.initialized && server.adminInitWindow === 'closed';
  if (isDisabled && request.path.startsWith('/api') && !['/api/status', '/api/settings/public'].includes(request.path))
    return refuseUninitialised();
  if (!isApi(target)) return fileOf(request, isDisabled);
  return routed(request, target, auth, routes);
}

/**
 * The refusal after the time to create an administrator has passed. It has no Location, so clients cannot follow it.
 */
function refuseUninitialised(): Reply {
  const message = 'Administrator initialization timeout';
  return { status: 303, headers: { 'redirect-reason': 'AdminInitTimeout' }, json: { message, details: message } };
}
