import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Failure } from '../contract/failures.ts';
import { isLoopback } from './admin.ts';
import { encoded } from './compress.ts';
import { createDoors, type DoorDeps, type Reply, text } from './doors.ts';
import { closeServer, keepRoom, listen } from './listen.ts';
import { keepSocket } from './socket.ts';
import { createUnread } from './unread.ts';

export type { ActionResult, DoorDeps } from './doors.ts';

export interface ServerPlace {
  readonly host: string;
  /** 0 selects a free port. */
  readonly port: number;
  /** An additional unix socket for the commands on this machine. Only its owner can open it. */
  readonly socket?: string;
}
interface Server {
  readonly url: string;
  /** undefined when none was requested, or when it cannot be created now (logged, and retried). */
  readonly socket: string | undefined;
  /** Completes within about a second, whatever clients do. */
  close(): Promise<void>;
}

/** The maximum size of a request body; a client that sends more is cut off. No request to these doors has a body. */
const bodyLimit = 64 * 1024;
/** In milliseconds: how long a client that sends slowly, or never ends, can hold a connection. */
const limits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16_384,
};
const idleMs = 60_000;
const connections = 256;

/**
 * Opens the HTTP doors. Rejects with MISCONFIGURED when host and port are not available; a socket that cannot be
 * created is only logged.
 */
export async function createServer(deps: DoorDeps, place: ServerPlace): Promise<Server> {
  const open = createDoors(deps);
  const unread = createUnread();
  const listener =
    (door: (request: IncomingMessage) => Reply | Promise<Reply>): RequestListener =>
    (request, response) =>
      void answer(request, response, door(request), unread);

  const way = isLoopback(place.host) ? 'loopback' : 'network';
  const network = limited(listener(request => open(request, way)));
  await listen(network, { host: place.host, port: place.port }).catch((error: NodeJS.ErrnoException) => {
    throw notListening(place, error);
  });
  const address = network.address() as AddressInfo;
  const ownersDoor = listener(request => misdirected(request, address) ?? open(request, 'owner'));
  const kept = place.socket === undefined ? undefined : await keepSocket(() => limited(ownersDoor), place.socket, deps);
  return {
    url: urlOf(address),
    get socket() {
      return kept?.open() ? place.socket : undefined;
    },
    async close() {
      await Promise.all([closeServer(network, deps.clock), kept?.close()]);
    },
  };
}

function limited(listener: RequestListener): HttpServer {
  const server = createHttpServer(limits, listener);
  keepRoom(server, connections);
  server.timeout = idleMs;
  // When the process has run out of file descriptors, a connection that cannot be accepted must not end the daemon.
  server.on('error', () => undefined);
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  opened: Reply | Promise<Reply>,
  unread: ReturnType<typeof createUnread>,
): Promise<void> {
  let received = 0;
  request.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > bodyLimit) request.destroy();
  });
  request.on('error', () => undefined);
  const reply = await opened;
  const { bytes, headers: coding } = await encoded(reply, request.headers['accept-encoding']);
  response.writeHead(reply.status, { ...reply.headers, ...coding, 'content-length': bytes.length }).end(bytes);
  unread(bytes, response);
}

/** Rejects a request for another port: two daemons may be configured with the same socket. */
function misdirected({ headers: { host = '' } }: IncomingMessage, { port }: AddressInfo): Reply | undefined {
  const meant = /:(\d+)$/.exec(host)?.[1];
  return meant === undefined || Number(meant) === port ? undefined : text(421, `This is the daemon of port ${port}, not of ${meant}.`);
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
