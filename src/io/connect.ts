import type { Socket } from 'node:net';
import { Agent, type buildConnector, type Dispatcher, errors, Pool } from 'undici';
import { inTime } from './dial.ts';
import type { Proxy } from './proxies.ts';
import { loginAt, type Reach, type Ways, waysOf } from './reach.ts';

export interface Policy extends Reach {
  /**
   * The maximum number of connections to one origin, for reads and for writes each (16). Further requests wait for one.
   */
  readonly connections?: number | undefined;
}

export type { Dispatcher } from 'undici';

/** Makes dispatchers for requests with undici. */
interface Roads extends Pick<Ways, 'routeTo'> {
  /** A dispatcher for requests to one origin. Throws MISCONFIGURED when the proxy on the way cannot be used. */
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

/** The origin that determines the `host` header. Servers behind a socket need one too; Go's servers insist on it. */
const hostAt = (origin: string): string => (origin.startsWith('unix:') ? 'http://localhost' : origin);

/** A dispatcher for requests to any origin, each over its own road. */
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

/** Requests for plain HTTP through a proxy carry the whole URL. */
const asForwarded =
  (proxy: Proxy) =>
  (dispatch: Dispatcher['dispatch']): Dispatcher['dispatch'] =>
  (request, handler) => {
    const { origin = '', path, headers } = request;
    const whole = { ...(headers as Record<string, string>), host: new URL(origin).host, ...loginAt(proxy) };
    return dispatch({ ...request, origin: proxy.origin, path: `${String(origin)}${path}`, headers: whole }, handler);
  };
