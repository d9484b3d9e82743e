import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Agent, type buildConnector, Client, type Dispatcher, errors, Pool } from 'undici';
import { Failure } from '../contract/failures.ts';
import { secureContextOf } from './context.ts';
import { dial, inTime, type Lookup, secure, serverOf, unless } from './dial.ts';
import { type Proxy, proxiesOf } from './proxies.ts';
import { distrust, type OptionNames, type TlsOptions } from './tls.ts';
import { brokenByProxy, type Route, refusedByProxy } from './unconnected.ts';

/** How connections are made, to managers and to AWS alike. */
export interface Policy {
  /** Proxies are taken from here (`proxiesOf`); the process's own environment unless given. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Connections to one origin at a time (16), for reads and for writes each; more requests wait for a free one. */
  readonly connections?: number | undefined;
  /** For DNS, TCP, proxy and TLS together (10 s). */
  readonly connectMs?: number | undefined;
  readonly names?: OptionNames | undefined;
  /** Instead of the system's. */
  readonly lookup?: Lookup | undefined;
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

const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

async function reachServer(server: URL, policy: Policy, signal: AbortSignal): Promise<Socket> {
  const handshake = server.protocol === 'https:' ? await handshakeWith(server, policy, signal) : undefined;
  const socket = await dial(server.hostname, portOf(server), signal, policy.lookup);
  return handshake ? await handshake(socket) : socket;
}

/**
 * Makes TLS of a connection, and hands it out only when the certificate is trusted. Files are read before anything is
 * connected.
 */
async function handshakeWith(server: URL, { tls = {}, names = {} }: Policy, signal: AbortSignal, proxy?: Proxy) {
  const secureContext = await unless(signal, secureContextOf(tls, names));
  // Node verifies but leaves the verdict to `distrust`, which has the certificate at hand for the sentences. No session
  // is resumed: it would be verified less.
  const options = { ...serverOf(tls.serverName ?? server.hostname), rejectUnauthorized: false, ...(secureContext && { secureContext }) };
  return async (socket: Socket): Promise<TLSSocket> => {
    const secured = await secure(socket, options, signal);
    const failure = distrust(secured, tls, names, { origin: server.origin, proxy });
    if (!failure) return secured;
    secured.destroy();
    throw failure;
  };
}

/** A connection to the proxy itself. What fails here is the proxy's fault, not that of the server behind it. */
async function reachProxy(proxy: Proxy, server: URL, { tls = {}, names = {}, lookup }: Policy, signal: AbortSignal): Promise<Socket> {
  const url = new URL(proxy.origin);
  try {
    // Not our own certificate: it is for the server.
    const secureContext = url.protocol === 'https:' ? await unless(signal, secureContextOf({ caFile: tls.caFile }, names)) : undefined;
    const socket = await dial(url.hostname, portOf(url), signal, lookup);
    if (url.protocol === 'http:') return socket;
    return await secure(socket, { ...serverOf(url.hostname), ...(secureContext && { secureContext }) }, signal);
  } catch (error) {
    throw brokenByProxy(error, proxy, server.origin);
  }
}

/** TLS through a tunnel that the proxy makes (CONNECT). */
async function reachThrough(proxy: Proxy, server: URL, policy: Policy, signal: AbortSignal): Promise<TLSSocket> {
  const handshake = await handshakeWith(server, policy, signal, proxy);
  const host = `${server.hostname}:${portOf(server)}`;
  const toProxy: buildConnector.connector = (_, callback) => void handOver(reachProxy(proxy, server, policy, signal), callback);
  const client = new Client(proxy.origin, { allowH2: false, connect: toProxy });
  const asked = client.connect({ path: host, signal, headers: { host, ...loginAt(proxy) } });
  const { statusCode, socket } = await asked.catch((error: unknown) => {
    throw brokenByProxy(error, proxy, server.origin);
  });
  // What comes next on this socket is the server's; without a listener an error would end the process.
  socket.on('error', () => undefined);
  if (statusCode >= 200 && statusCode < 300) return await handshake(socket as Socket);
  socket.destroy();
  throw refusedByProxy(statusCode, proxy, server.origin);
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

const loginAt = ({ authorization }: Proxy): Record<string, string> =>
  authorization ? { 'proxy-authorization': authorization.reveal() } : {};
