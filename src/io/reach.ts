import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Failure } from '../contract/failures.ts';
import type { NamedProxy } from '../contract/http.ts';
import { socketIn } from './address.ts';
import { secureContextOf } from './context.ts';
import { dial, type Lookup, secure, serverOf } from './dial.ts';
import { fixedProxy, type Proxy, proxiesOf } from './proxies.ts';
import { distrust, noteRequest, type OptionNames, type TlsOptions } from './tls.ts';
import { brokenByProxy, type Route, refusedByProxy } from './unconnected.ts';
import { dialSocket } from './unix-socket.ts';
import { unless } from './unless.ts';

/** How a connection is made, to managers and to AWS alike. */
export interface Reach {
  /** Proxies are taken from here (`proxiesOf`); the process's own environment unless given. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** In the place of those of the environment. */
  readonly proxy?: NamedProxy | undefined;
  readonly tls?: TlsOptions | undefined;
  /** For DNS, TCP, proxy and TLS together (10 s). */
  readonly connectMs?: number | undefined;
  readonly names?: OptionNames | undefined;
  /** Instead of the system's. */
  readonly lookup?: Lookup | undefined;
}

/**
 * One policy for AWS as for the managers, with limits of its own. AWS_CA_BUNDLE is trusted beside Node's authorities.
 */
export const reachAws = <R extends Reach>(reach: R): R & Reach => {
  const { env = process.env } = reach;
  return { connectMs: 5_000, names: { caFile: 'AWS_CA_BUNDLE' }, ...reach, env, tls: { caFile: env['AWS_CA_BUNDLE'], ...reach.tls } };
};

/** How one server is reached. */
export interface Road {
  /** Throws a Failure for a proxy or a certificate, else what the system says. */
  connect(signal: AbortSignal): Promise<Socket>;
  /** Of plain HTTP: the connection is one to this proxy, which is asked by the whole address. */
  readonly forwardedBy?: Proxy;
}
/** The ways from here to servers. */
export interface Ways {
  /** For sentences. */
  routeTo(origin: string): Route;
  /** Throws MISCONFIGURED when the proxy on the way cannot be used. */
  to(server: URL): Road;
}

export function waysOf(reach: Reach): Ways {
  const { env = process.env, names = {}, tls = {} } = reach;
  const { wayTo } = reach.proxy ? fixedProxy(reach.proxy) : proxiesOf(env);
  const certified = tls.clientCertFile !== undefined || tls.certificate !== undefined;
  return {
    routeTo: origin => ({ origin, ...wayTo(new URL(origin)), names, certified }),
    to(server) {
      if (server.protocol === 'unix:') return { connect: signal => dialSocket(socketIn(server), signal) };
      const { proxy, mistake } = wayTo(server);
      if (mistake) throw new Failure('MISCONFIGURED', `${mistake.variable} ${mistake.message}.`);
      if (!proxy) return { connect: signal => reachServer(server, reach, signal) };
      if (server.protocol === 'https:') return { connect: signal => reachThrough(proxy, server, reach, signal) };
      return { connect: signal => reachProxy(proxy, server, reach, signal), forwardedBy: proxy };
    },
  };
}

const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

async function reachServer(server: URL, policy: Reach, signal: AbortSignal): Promise<Socket> {
  const handshake = server.protocol === 'https:' ? await handshakeWith(server, policy, signal) : undefined;
  const socket = await dial(server.hostname, portOf(server), signal, policy.lookup);
  return handshake ? await handshake(socket) : socket;
}

/**
 * Makes TLS of a connection, and hands it out only when the certificate is trusted. Files are read before anything is
 * connected.
 */
async function handshakeWith(server: URL, { tls = {}, names = {} }: Reach, signal: AbortSignal, proxy?: Proxy) {
  const secureContext = await unless(signal, secureContextOf(tls, names));
  // Node verifies but leaves the verdict to `distrust`, which has the certificate at hand for the sentences. No session
  // is resumed: it would be verified less.
  const options = { ...serverOf(tls.serverName ?? server.hostname), rejectUnauthorized: false, ...(secureContext && { secureContext }) };
  return async (socket: Socket): Promise<TLSSocket> => {
    const secured = await secure(socket, options, signal);
    const failure = distrust(secured, tls, names, { origin: server.origin, proxy });
    if (!failure) {
      noteRequest(secured, server.origin);
      return secured;
    }
    secured.destroy();
    throw failure;
  };
}

/** A connection to the proxy itself. What fails here is the proxy's fault, not that of the server behind it. */
async function reachProxy(proxy: Proxy, server: URL, { tls = {}, names = {}, lookup }: Reach, signal: AbortSignal): Promise<Socket> {
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

/** Asks a proxy for a tunnel (CONNECT); the connection is the tunnel where it says yes. */
function tunnelTo(host: string, proxy: Proxy, socket: Socket, signal: AbortSignal) {
  return new Promise<{ readonly status: number; readonly wants: string | undefined; readonly socket: Socket }>((resolve, reject) => {
    const asking = request({ method: 'CONNECT', path: host, headers: { host, ...loginAt(proxy) }, createConnection: () => socket, signal });
    asking.on('error', error => reject(signal.aborted ? (signal.reason as Error) : error));
    asking.on('connect', ({ statusCode: status = 0, headers }, tunnel: Socket, first: Buffer) => {
      if (first.length > 0) tunnel.unshift(first);
      // Several of these headers are one list.
      resolve({ status, wants: [headers['proxy-authenticate'] ?? []].flat().join(', ') || undefined, socket: tunnel });
    });
    asking.end();
  });
}

/** TLS through a tunnel that the proxy makes (CONNECT). */
async function reachThrough(proxy: Proxy, server: URL, policy: Reach, signal: AbortSignal): Promise<TLSSocket> {
  const handshake = await handshakeWith(server, policy, signal, proxy);
  const host = `${server.hostname}:${portOf(server)}`;
  const { status, wants, socket } = await tunnelTo(host, proxy, await reachProxy(proxy, server, policy, signal), signal).catch(
    (error: unknown) => {
      throw brokenByProxy(error, proxy, server.origin);
    },
  );
  // What comes next on this socket is the server's; without a listener an error would end the process.
  socket.on('error', () => undefined);
  if (status >= 200 && status < 300) return await handshake(socket);
  socket.destroy();
  throw refusedByProxy({ status, wants }, proxy, server.origin);
}

export const loginAt = ({ authorization }: Proxy): Record<string, string> =>
  authorization ? { 'proxy-authorization': authorization.reveal() } : {};
