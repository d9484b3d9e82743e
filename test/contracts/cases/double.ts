import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Authority } from '../../fakes/authority.ts';
import type { Aws } from './aws.ts';

/** The AWS of one case: a proxy that terminates TLS under every name and also answers plain HTTP. */
export interface Double extends AsyncDisposable {
  /** The value of HTTPS_PROXY and of `${double}`. */
  readonly url: string;
  /** Answers the program's requests. */
  aws: Aws;
  /** The host names of the requested connections, in order. */
  readonly contacts: string[];
}

export async function startDouble(authority: Authority, aws: Aws): Promise<Double> {
  const sockets = new Set<Socket>();
  const closing = new AbortController();
  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  };
  /** The requested name of each connection within the proxy. */
  const names = new WeakMap<object, string>();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(await request.toArray()),
    };
    const { outcome, delayMs } = double.aws.answer(seen, names.get(request.socket) ?? request.headers.host ?? '');
    if (delayMs > 0) await after(delayMs, undefined, { signal: closing.signal });
    if (outcome === 'hang') return;
    if (outcome === 'close') return void request.socket.destroy();
    const body = outcome.json === undefined ? (outcome.text ?? '') : JSON.stringify(outcome.json);
    if (outcome.json !== undefined) response.setHeader('content-type', 'application/json');
    response.writeHead(outcome.status, outcome.headers as Record<string, string>).end(body);
  }

  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  server.on('connection', track);
  server.on('connect', ({ url = '' }: IncomingMessage, client: Socket, head: Buffer) => {
    const host = url.replace(/:443$/, '');
    double.contacts.push(host);
    const rule = double.aws.ruleFor('connect');
    if (rule?.hang) return;
    if (rule?.close) return void client.destroy();
    if (rule?.status !== undefined && rule.status !== 200) return void client.end(`HTTP/1.1 ${rule.status} Refused\r\n\r\n`);
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.unshift(head);
    const secureContext = createSecureContext(authority.certificateFor(host));
    const inside = track(new TLSSocket(client, { isServer: true, secureContext }));
    names.set(inside, host);
    server.emit('connection', inside);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const double: Double = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    aws,
    contacts: [],
    async [Symbol.asyncDispose]() {
      closing.abort();
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return double;
}
