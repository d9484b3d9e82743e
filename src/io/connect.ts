import type { Socket } from 'node:net';
import { Agent, type buildConnector, type Dispatcher, errors, Pool } from 'undici';
import { inTime } from './dial.ts';
import type { Proxy } from './proxies.ts';
import { loginAt, type Reach, type Ways, waysOf } from './reach.ts';

export interface Policy extends Reach {
  /** Connections to one origin at a time (16), for reads and for writes each; more requests wait for a free one. */
  readonly connections?: number | undefined;
}

export type { Dispatcher } from 'undici';

/** The ways from here to servers, for requests of undici. */
export interface Roads extends Pick<Ways, 'routeTo'> {
  /** For the requests to that one origin. Throws MISCONFIGURED when the proxy on the way cannot be used. */
  to(origin: string): Dispatcher;
}

export function openRoads(policy: Policy, limits: Pool.Options = {}): Roads {
  const { connections = 16, connectMs = 10_000 } = policy;
  const ways = waysOf(policy);
  return {
    routeTo: ways.routeTo,
    to(origin) {
      const { connect, forwardedBy } = ways.to(new URL(origin));
      const options = { ...limits, connections, allowH2: false, connect: connector(connectMs, connect) };
      return forwardedBy ? new Pool(forwardedBy.origin, options).compose(asForwarded(forwardedBy)) : new Pool(hostAt(origin), options);
    },
  };
}

/** What the `host` header tells. Behind a socket there is a name as well, and Go's servers insist on one. */
const hostAt = (origin: string): string => (origin.startsWith('unix:') ? 'http://localhost' : origin);

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
