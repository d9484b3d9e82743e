import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions as HttpsOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { drip, flood, type Reply, send } from './replies.ts';

export type { Outlet, Reply } from './replies.ts';

/** A request as received. `path` includes the query. Header names are in lower case. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The common name of the client's certificate, if the authority for clients has issued it. */
  readonly peer?: string;
}

/**
 * What goes wrong with one request.
 * `hang`, `reset`: the request is not applied. The connection stays open without a response, or is closed.
 * `lost`: applied, then the connection is closed without a response.
 * `mute`: applied, never answered.
 * `drip`: applied, answered by a head and then one blank at a time, forever.
 * `huge`: applied, answered by an endless body.
 * `{ lateMs }`, `{ after }`: applied after that delay, or when the promise has settled, even if the client is gone.
 * A `Reply` is sent instead, and nothing is applied.
 */
export type Fault =
  | 'hang'
  | 'reset'
  | 'lost'
  | 'mute'
  | 'drip'
  | 'huge'
  | { readonly lateMs: number }
  | { readonly after: Promise<unknown> }
  | Reply;

export interface Tls {
  readonly key: string;
  readonly cert: string;
  /** The authority of client certificates, which are optional. */
  readonly clientCa?: string;
}

export interface ServerOptions {
  /** Defaults to 0, a free port. */
  readonly port?: number;
  /** The address to listen on. Defaults to 127.0.0.1. */
  readonly host?: string;
  /** The path of a Unix socket to listen on instead. */
  readonly socket?: string;
  readonly tls?: Tls;
  /** The delay of every response, after the request was applied, in milliseconds. */
  readonly latencyMs?: number;
  readonly fault?: (request: Seen) => Fault | undefined;
  /** heads: bodies of requests are not kept, for tests with many requests. */
  readonly keeps?: 'everything' | 'heads';
}

/** Handles a request. `signal` aborts when the server is disposed of, so that the handler stops waiting. */
export type Handler = (request: Seen, signal: AbortSignal) => Reply | Promise<Reply>;

/** A running server. `fault` and `latencyMs` may be changed while it runs. */
export interface FakeServer extends AsyncDisposable {
  /** Without a trailing slash. unix:///PATH for a socket. */
  readonly url: string;
  /** 0 for a socket. */
  readonly port: number;
  /** All requests received, in order. */
  readonly requests: Seen[];
  /** The open connections. */
  readonly sockets: ReadonlySet<Socket>;
  latencyMs: number;
  fault: ((request: Seen) => Fault | undefined) | undefined;
  /** Refuses new connections and closes idle ones. Requests in progress continue. */
  deafen(): void;
  /** Listens again on the same port. */
  listen(): Promise<void>;
  /** Uses this certificate for new connections. */
  present(tls: Tls): void;
}

/** Starts an HTTP server (HTTPS with `tls`). Disposing of it cuts every connection. */
export async function startServer(handle: Handler, options: ServerOptions = {}): Promise<FakeServer> {
  const closing = new AbortController();
  let isDeaf = false;
  const sockets = new Set<Socket>();
  const listener: RequestListener = (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A client that hung up, or a disposed server, is not an error of the fake. The client sees any other error.
      if (closing.signal.aborted || request.socket.destroyed || response.headersSent) response.destroy();
      else send(response, { status: 500, text: `the fake broke: ${error instanceof Error ? error.stack : String(error)}` });
    });
  };
  const secure = options.tls && createTlsServer(secureOptions(options.tls), listener);
  const server = secure ?? createServer(listener);
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  server.on('connection', track);
  const { host = '127.0.0.1', socket: path } = options;
  const listenAt = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject).listen(path === undefined ? { port: at, host } : { path }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listenAt(options.port ?? 0);
  const port = path === undefined ? (server.address() as AddressInfo).port : 0;

  const fake: FakeServer = {
    url: path === undefined ? `${options.tls ? 'https' : 'http'}://${host}:${port}` : `unix://${path}`,
    port,
    requests: [],
    sockets,
    latencyMs: options.latencyMs ?? 0,
    fault: options.fault,
    deafen() {
      isDeaf = true;
      server.close();
    },
    listen() {
      isDeaf = false;
      return listenAt(port);
    },
    present(tls) {
      secure?.setSecureContext(secureOptions(tls));
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      const closed = [...sockets].map(socket => new Promise(resolve => socket.once('close', resolve).destroy()));
      await Promise.all([...closed, new Promise(resolve => server.close(resolve))]);
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen: Seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(await request.toArray()),
      ...peerOf(request.socket),
    };
    fake.requests.push(options.keeps === 'heads' ? { ...seen, body: Buffer.alloc(0) } : seen);
    const fault = fake.fault?.(seen);
    if (fault === 'hang') return;
    // This must not send an RST: if such a socket is destroyed meanwhile, Node never reports it as closed.
    if (fault === 'reset') return void request.socket.destroy();
    if (typeof fault === 'object' && 'status' in fault) return send(response, fault);
    if (typeof fault === 'object' && 'after' in fault) await fault.after;
    else if (typeof fault === 'object') await after(fault.lateMs, undefined, { signal: closing.signal });
    const reply = await handle(seen, closing.signal);
    if (isDeaf) response.shouldKeepAlive = false;
    if (fake.latencyMs > 0) await after(fake.latencyMs, undefined, { signal: closing.signal });
    if (fault === 'mute') return;
    if (fault === 'lost') return void request.socket.destroy();
    if (fault === 'drip') return drip(response, reply, closing.signal);
    if (fault === 'huge') return flood(response);
    send(response, reply);
  }
  return fake;
}

const secureOptions = ({ key, cert, clientCa }: Tls): HttpsOptions => ({
  key,
  cert,
  ...(clientCa && { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
});

function peerOf(socket: Socket): { readonly peer?: string } {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return {};
  const { CN } = socket.getPeerCertificate().subject;
  return typeof CN === 'string' ? { peer: CN } : {};
}

/** Returns the body as JSON, or undefined if it is not. */
export function jsonOf(request: Seen): unknown {
  try {
    return JSON.parse(request.body.toString());
  } catch {
    return undefined;
  }
}
