import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { Failure } from '../../src/contract/failures.ts';
import { type HttpOptions, openHttp } from '../../src/io/http.ts';

export const certificate = (name: string): string => join(import.meta.dirname, 'certificates', `${name}.pem`);
const key = readFileSync(join(import.meta.dirname, 'certificates', 'server.key'));
export const names = {
  caFile: 'X_CA_FILE',
  serverName: 'X_TLS_SERVER_NAME',
  fingerprint: 'X_TLS_FINGERPRINT',
  allowHttp: 'X_ALLOW_HTTP',
  clientCertFile: 'X_CLIENT_CERT_FILE',
  clientKeyFile: 'X_CLIENT_KEY_FILE',
};
export const soon = (): AbortSignal => AbortSignal.timeout(10_000);

export interface Running extends AsyncDisposable {
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
}

export async function listening(server: Server): Promise<Running> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

export type Web = Running & { readonly url: string; readonly requests: IncomingMessage[] };

/**
 * Starts a server that answers with `handle` and records the requests. With `cert` it speaks TLS with that certificate.
 */
export async function serving(handle: RequestListener, cert?: string, demands: ServerOptions = {}): Promise<Web> {
  const requests: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request);
    handle(request, response);
  };
  const server = cert ? createTlsServer({ key, cert: readFileSync(certificate(cert)), ...demands }, listener) : createServer(listener);
  const running = await listening(server);
  return { ...running, url: `${cert ? 'https' : 'http'}://127.0.0.1:${running.port}`, requests };
}

/** Starts a TCP server: `handle` gets each connection when its first bytes have arrived. */
export async function raw(handle: (socket: Socket) => void): Promise<Running & { url: string }> {
  const running = await listening(createNetServer(socket => socket.once('data', () => handle(socket))));
  return { ...running, url: `http://127.0.0.1:${running.port}` };
}

/**
 * Variants of a proxy. `refusal`: the status with which it refuses every CONNECT. `cert`: it speaks TLS with that
 * certificate, and requests one of the client.
 */
interface Manner {
  readonly refusal?: number;
  /** The Proxy-Authenticate headers of the refusal. */
  readonly wants?: readonly string[];
  readonly cert?: string;
}

/**
 * Starts a proxy that connects every CONNECT to `port` on this machine, whatever host is requested. `shown`: the
 * certificates of its clients.
 */
export async function proxying(
  port: number,
  { refusal, wants = [], cert }: Manner = {},
): Promise<Running & { url: string; asked: string[]; shown: object[] }> {
  const asked: string[] = [];
  const shown: object[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(request.url ?? '');
    response.end('by the proxy');
  };
  const server = cert
    ? createTlsServer({ key, cert: readFileSync(certificate(cert)), requestCert: true, rejectUnauthorized: false }, listener)
    : createServer(listener);
  server.on('secureConnection', (socket: TLSSocket) => shown.push(socket.getPeerCertificate()));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url ?? '');
    if (refusal) {
      socket.end(`HTTP/1.1 ${refusal} No\r\n${wants.map(way => `Proxy-Authenticate: ${way}\r\n`).join('')}\r\n`);
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
  });
  const running = await listening(server);
  return { ...running, url: cert ? `https://localhost:${running.port}` : `http://127.0.0.1:${running.port}`, asked, shown };
}

export const open = (url: string, more: Partial<HttpOptions> = {}) => openHttp({ url, allowHttp: true, env: {}, names, ...more });

export async function failing(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof Failure, String(error));
  return error;
}
export function failingNow(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Failure);
    return error;
  }
  return assert.fail('it did not fail');
}
