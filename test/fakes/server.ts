import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';

/** A request as it arrived. `path` keeps the query; header names are in lower case. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Where a body goes that comes bit by bit. `signal` ends with the connection, or when the body has ended. */
export interface Outlet {
  write(text: string): void;
  end(): void;
  readonly signal: AbortSignal;
}

/** At most one of `json`, `text` and `stream`; with none of them the body is empty. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>>;
  readonly json?: unknown;
  readonly text?: string | Uint8Array;
  readonly stream?: (out: Outlet) => void;
}

/**
 * What goes wrong with one request. `hang` and `reset`: it is never applied. `lost`: applied, and the connection is cut
 * instead of an answer.
 * `mute`: applied, never answered. `drip`: applied, its answer comes a byte a time for ever. `huge`: applied, answered
 * by a body that does not end.
 * `{ lateMs }`, `{ after }`: applied that much later, or when the promise has ended, whether the client still waits or
 * not.
 * A `Reply` is answered instead, and nothing is applied.
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

export interface ServerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Where it listens, 127.0.0.1 unless said. */
  readonly host?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Every answer is held back so long, after the request was applied. */
  readonly latencyMs?: number;
  readonly fault?: (request: Seen) => Fault | undefined;
  /** heads: the bodies of requests are not kept, for those who send many. */
  readonly keeps?: 'everything' | 'heads';
}

/** `signal` ends when the server is disposed of: whatever the handler waits for ends with it. */
export type Handler = (request: Seen, signal: AbortSignal) => Reply | Promise<Reply>;

/** A running server. `fault` and `latencyMs` may be changed while it runs. */
export interface FakeServer extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Everything that arrived, in the order of arrival. */
  readonly requests: Seen[];
  /** Open connections. */
  readonly sockets: ReadonlySet<Socket>;
  latencyMs: number;
  fault: ((request: Seen) => Fault | undefined) | undefined;
  /** New connections are refused, and idle ones closed; what is under way goes on. */
  deafen(): void;
  /** Listens again, at the same port. */
  listen(): Promise<void>;
  /** Connections from now on see this certificate. */
  present(tls: { readonly key: string; readonly cert: string }): void;
}

/** Starts an HTTP server (HTTPS with `tls`). Disposing of it cuts every connection. */
export async function startServer(handle: Handler, options: ServerOptions = {}): Promise<FakeServer> {
  const closing = new AbortController();
  let isDeaf = false;
  const sockets = new Set<Socket>();
  const listener: RequestListener = (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A client that hung up, or our own closing, is no error of the fake; anything else should be seen by whoever
      // asked.
      if (closing.signal.aborted || request.socket.destroyed || response.headersSent) response.destroy();
      else send(response, { status: 500, text: `the fake broke: ${error instanceof Error ? error.stack : String(error)}` });
    });
  };
  const secure = options.tls && createTlsServer(options.tls, listener);
  const server = secure ?? createServer(listener);
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  server.on('connection', track);
  const host = options.host ?? '127.0.0.1';
  const listenAt = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject).listen(at, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listenAt(options.port ?? 0);
  const { port } = server.address() as AddressInfo;

  const fake: FakeServer = {
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
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
      secure?.setSecureContext(tls);
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
    };
    fake.requests.push(options.keeps === 'heads' ? { ...seen, body: Buffer.alloc(0) } : seen);
    const fault = fake.fault?.(seen);
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.resetAndDestroy();
    if (typeof fault === 'object' && 'status' in fault) return send(response, fault);
    if (typeof fault === 'object' && 'after' in fault) await fault.after;
    else if (typeof fault === 'object') await after(fault.lateMs, undefined, { signal: closing.signal });
    const reply = await handle(seen, closing.signal);
    if (isDeaf) response.shouldKeepAlive = false;
    if (fake.latencyMs > 0) await after(fake.latencyMs, undefined, { signal: closing.signal });
    if (fault === 'mute') return;
    if (fault === 'lost') return void request.socket.resetAndDestroy();
    if (fault === 'drip') return drip(response, reply, closing.signal);
    if (fault === 'huge') return flood(response);
    send(response, reply);
  }
  return fake;
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply.stream) return pourInto(response, reply, reply.stream);
  const body = reply.json === undefined ? (reply.text ?? '') : JSON.stringify(reply.json);
  if (reply.json !== undefined) response.setHeader('content-type', 'application/json');
  response.writeHead(reply.status, reply.headers as Record<string, string>);
  response.end(body);
}

function pourInto(response: ServerResponse, { status, headers }: Reply, stream: (out: Outlet) => void): void {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  response.writeHead(status, headers as Record<string, string>);
  response.flushHeaders();
  stream({ write: text => void response.write(text), end: () => void response.end(), signal: closed.signal });
}

async function drip(response: ServerResponse, reply: Reply, signal: AbortSignal): Promise<void> {
  response.writeHead(reply.status, { 'content-type': 'application/json' });
  while (!response.destroyed) {
    response.write(' ');
    await after(20, undefined, { signal });
  }
}

/** Blanks, as JSON allows any number of them: only a limit on size ends it. */
function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const pour = (): void => {
    while (!response.destroyed && response.write(chunk)) continue;
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.on('drain', pour);
  pour();
}

/** The body as JSON; undefined when it is not. */
export function jsonOf(request: Seen): unknown {
  try {
    return JSON.parse(request.body.toString());
  } catch {
    return undefined;
  }
}
