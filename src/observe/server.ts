import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { asFailure, Failure } from '../contract/failures.ts';
import { isLoopback } from './admin.ts';
import { createDoors, type DoorDeps, type Way } from './doors.ts';
import { listen, listenOnSocket } from './listen.ts';

export type { ActionResult, DoorDeps } from './doors.ts';

export interface ServerPlace {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** A unix socket besides, for the commands on this machine; only its owner can open it. */
  readonly socket?: string;
}
export interface Server {
  readonly url: string;
  /** undefined: there is none, or it could not be made (logged). */
  readonly socket: string | undefined;
  /** Ends within about a second, whatever clients do. */
  close(): Promise<void>;
}

const closeWithinMs = 1000;
/** No request of ours has a body; a client that sends more than this is cut off. */
const bodyLimit = 64 * 1024;
/** In milliseconds. A client that sends slowly, or never ends, holds a connection no longer than this. */
const limits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16_384,
};
const idleMs = 60_000;
const connections = 256;

/** Opens the HTTP doors. Rejects with MISCONFIGURED when host and port cannot be had; a socket that cannot be made is only logged. */
export async function createServer(deps: DoorDeps, place: ServerPlace): Promise<Server> {
  const open = createDoors(deps);
  const listener =
    (way: Way): RequestListener =>
    (request, response) =>
      void answer(request, response, open(request, way));

  const network = limited(listener(isLoopback(place.host) ? 'loopback' : 'network'));
  await listen(network, { host: place.host, port: place.port }).catch((error: NodeJS.ErrnoException) => {
    throw notListening(place, error);
  });
  const owner = limited(listener('owner'));
  const socket = place.socket === undefined ? undefined : await offerSocket(owner, place.socket, deps);
  return {
    url: urlOf(network.address() as AddressInfo),
    socket,
    async close() {
      await Promise.all([network, ...(socket === undefined ? [] : [owner])].map(server => closeServer(server, deps)));
    },
  };
}

async function offerSocket(server: HttpServer, path: string, { log }: DoorDeps): Promise<string | undefined> {
  try {
    await listenOnSocket(server, path);
    return path;
  } catch (error) {
    log.warn('no socket', {
      path,
      error: asFailure(error).message,
      remedy:
        'Give this daemon a socket of its own with ECR_COURIER_SOCKET. Without one `refresh` and `bundle` do not find it; the HTTP doors work, and `status` with them.',
    });
    return undefined;
  }
}

function limited(listener: RequestListener): HttpServer {
  const server = createHttpServer(limits, listener);
  server.maxConnections = connections;
  server.timeout = idleMs;
  // A connection that cannot be accepted (no file handles left) must not end the daemon.
  server.on('error', () => undefined);
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  opened: ReturnType<ReturnType<typeof createDoors>>,
): Promise<void> {
  let received = 0;
  request.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > bodyLimit) request.destroy();
  });
  request.on('error', () => undefined);
  const { status, headers, body } = await opened;
  response.writeHead(status, headers).end(body);
}

async function closeServer(server: HttpServer, { clock }: DoorDeps): Promise<void> {
  const late = new AbortController();
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  server.closeIdleConnections();
  await Promise.race([closed, clock.sleep(closeWithinMs, late.signal)]);
  late.abort();
  server.closeAllConnections();
  await closed;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there (ports below 1024 are for root)',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'that name has no address',
};

function notListening({ host, port }: ServerPlace, error: NodeJS.ErrnoException): Failure {
  const reason = reasons[error.code ?? ''] ?? error.message;
  return new Failure('MISCONFIGURED', `Cannot listen on ${host}:${port}: ${reason}.`, {
    remedy: 'Set ECR_COURIER_LISTEN to a free host:port, 127.0.0.1:8081 for example.',
    cause: error,
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
