import type { Socket } from 'node:net';
import { Agent, type buildConnector, type Dispatcher, errors, Pool } from 'undici';
import { Failure } from '../contract/failures.ts';
import { inTime } from './dial.ts';
import { type Proxy, proxiesOf } from './proxies.ts';
import { loginAt, type Reach, reachProxy, reachServer, reachThrough } from './reach.ts';
import type { Route } from './unconnected.ts';

export interface Policy extends Reach {
  /** Connections to one origin at a time (16), for reads and for writes each; more requests wait for a free one. */
  readonly connections?: number | undefined;
}

export type { Dispatcher } from 'undici';

/** The ways from here to servers. */
export interface Roads {
  /** Which way the requests to an origin go. */
  routeTo(origin: string): Route;
  /** For the requests to that one origin. Throws MISCONFIGURED when the proxy on the way cannot be used. */
  to(origin: string): Dispatcher;
}

export function openRoads(policy: Policy, limits: Pool.Options = {}): Roads {
  const { env = process.env, connections = 16, connectMs = 10_000, names = {}, tls = {} } = policy;
  const { wayTo } = proxiesOf(env);
  const pool = (origin: string, reach: (signal: AbortSignal) => Promise<Socket>): Pool =>
    new Pool(origin, { ...limits, connections, allowH2: false, connect: connector(connectMs, reach) });
  return {
    routeTo: origin => ({ origin, ...wayTo(new URL(origin)), names, certified: tls.clientCertFile !== undefined }),
    to(origin) {
      const server = new URL(origin);
      const { proxy, mistake } = wayTo(server);
      if (mistake) throw new Failure('MISCONFIGURED', `${mistake.variable} ${mistake.message}.`);
      if (!proxy) return pool(origin, signal => reachServer(server, policy, signal));
      if (server.protocol === 'https:') return pool(origin, signal => reachThrough(proxy, server, policy, signal));
      return pool(proxy.origin, signal => reachProxy(proxy, server, policy, signal)).compose(asForwarded(proxy));
    },
  };
}

/** To whatever origin, each over the road that leads there. */
export function everywhere(roads: Roads): Dispatcher & Pick<Roads, 'routeTo'> {
  return Object.assign(new Agent({ factory: origin => roads.to(new URL(origin).origin) }), { routeTo: roads.routeTo });
}

function connector(connectMs: number, reach: (signal: AbortSignal) => Promise<Socket>): buildConnector.connector {
  const late = (): Error => new errors.ConnectTimeoutError(`no connection within ${connectMs / 1000} s`);
  return (_, callback) => void handOver(inTime(connectMs, late, reach), callback);
}

async function handOver(connecting: Promise<Socket>, callback: buildConnector.Callback): Promise<void> {
  let socket: Socket;
  try {
    socket = await connecting;
  } catch (error) {
    callback(error as Error, null);
    return;
  }
  callback(null, socket);
}

/** A proxy is asked for plain HTTP by the whole address. */
const asForwarded =
  (proxy: Proxy) =>
  (dispatch: Dispatcher['dispatch']): Dispatcher['dispatch'] =>
  (request, handler) => {
    const { origin = '', path, headers } = request;
    const whole = { ...(headers as Record<string, string>), host: new URL(origin).host, ...loginAt(proxy) };
    return dispatch({ ...request, origin: proxy.origin, path: `${String(origin)}${path}`, headers: whole }, handler);
  };
