import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Failure } from '../contract/failures.ts';
import type { NamedProxy } from '../contract/http.ts';
import { unlessAborted } from '../contract/unless.ts';
import { socketIn } from './address.ts';
import { secureContextOf } from './context.ts';
import { dial, type Lookup, secure, serverOf } from './dial.ts';
import { fixedProxy, type Proxy, proxiesOf } from './proxies.ts';
import { distrust, noteRequest, type OptionNames, type TlsOptions } from './tls.ts';
import { brokenByProxy, type Route, refusedByProxy } from './unconnected.ts';
import { dialSocket } from './unix-socket.ts';

/** How connections are made, for managers and AWS alike. */
export interface Reach {
  /** The environment that names the proxies (`proxiesOf`); the process's own by default. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** A proxy to use in place of the ones in the environment. */
  readonly proxy?: NamedProxy | undefined;
  readonly tls?: TlsOptions | undefined;
  /** The limit for DNS, TCP, proxy and TLS together (10 s). */
  readonly connectMs?: number | undefined;
  readonly names?: OptionNames | undefined;
  /** Replaces the system's lookup. */
  readonly lookup?: Lookup | undefined;
}

/** The same policy for AWS, with limits of its own. Trusts AWS_CA_BUNDLE in addition to Node's authorities. */
export const reachAws = <R extends Reach>(reach: R): R & Reach => {
  const { env = process.env } = reach;
  return { connectMs: 5_000, names: { caFile: 'AWS_CA_BUNDLE' }, ...reach, env, tls: { caFile: env['AWS_CA_BUNDLE'], ...reach.tls } };
};

/** The way to one server. */
interface Road {
  /** Throws a Failure for a proxy or a certificate, otherwise the system error. */
  connect(signal: AbortSignal): Promise<Socket>;
  /** Set for plain HTTP: the connection leads to this proxy, and requests carry the whole URL. */
  readonly forwardedBy?: Proxy;
}
/** Finds the way to a server. */
export interface Ways {
  /** The route, for messages. */
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
 * Returns a function that runs the TLS handshake on a connection, and resolves only when the certificate is trusted.
 * Files are read before anything is connected.
 */
async function handshakeWith(server: URL, { tls = {}, names = {} }: Reach, signal: AbortSignal, proxy?: Proxy) {
  const secureContext = await unlessAborted(signal, secureContextOf(tls, names));
  // Node verifies but leaves the verdict to `distrust`, which has the certificate at hand for the message. Sessions are
  // not resumed, as a resumed session is verified less.
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

/** Connects to the proxy itself. Errors are blamed on the proxy, not on the server behind it. */
async function reachProxy(proxy: Proxy, server: URL, { tls = {}, names = {}, lookup }: Reach, signal: AbortSignal): Promise<Socket> {
  const url = new URL(proxy.origin);
  try {
    // Without our client certificate, which is for the server.
    const secureContext =
      url.protocol === 'https:' ? await unlessAborted(signal, secureContextOf({ caFile: tls.caFile }, names)) : undefined;
    const socket = await dial(url.hostname, portOf(url), signal, lookup);
    if (url.protocol === 'http:') return socket;
    return await secure(socket, { ...serverOf(url.hostname), ...(secureContext && { secureContext }) }, signal);
  } catch (error) {
    throw brokenByProxy(error, proxy, server.origin);
  }
}

/** Requests a tunnel from the proxy (CONNECT). When it agrees, the connection is the tunnel. */
function tunnelTo(host: string, proxy: Proxy, socket: Socket, signal: AbortSignal) {
  return new Promise<{ readonly status: number; readonly wants: string | undefined; readonly socket: Socket }>((resolve, reject) => {
    const asking = request({ method: 'CONNECT', path: host, headers: { host, ...loginAt(proxy) }, createConnection: () => socket, signal });
    asking.on('error', error => reject(signal.aborted ? (signal.reason as Error) : error));
    asking.on('connect', ({ statusCode: status = 0, headers }, tunnel: Socket, first: Buffer) => {
      if (first.length > 0) tunnel.unshift(first);
      // Several headers of this name form one list.
      resolve({ status, wants: [headers['proxy-authenticate'] ?? []].flat().join(', ') || undefined, socket: tunnel });
    });
    asking.end();
  });
}

/** TLS through a tunnel of the proxy (CONNECT). */
async function reachThrough(proxy: Proxy, server: URL, policy: Reach, signal: AbortSignal): Promise<TLSSocket> {
  const handshake = await handshakeWith(server, policy, signal, proxy);
  const host = `${server.hostname}:${portOf(server)}`;
  const { status, wants, socket } = await tunnelTo(host, proxy, await reachProxy(proxy, server, policy, signal), signal).catch(
    (error: unknown) => {
      throw brokenByProxy(error, proxy, server.origin);
    },
  );
  // The server's data follows on this socket. Without a listener, an error would end the process.
  socket.on('error', () => undefined);
  if (status >= 200 && status < 300) return await handshake(socket);
  socket.destroy();
  throw refusedByProxy({ status, wants }, proxy, server.origin);
}

export const loginAt = ({ authorization }: Proxy): Record<string, string> =>
  authorization ? { 'proxy-authorization': authorization.reveal() } : {};
