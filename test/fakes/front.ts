import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Authority } from './authority.ts';

export interface Front extends AsyncDisposable {
  /** The proxy address for HTTPS_PROXY. */
  readonly url: string;
  /** The host names of all CONNECT requests, in order. */
  readonly asked: string[];
}

/**
 * Starts an HTTP proxy that serves local plain HTTP servers over TLS, under host names of their own. `portOf` maps a
 * host name to a port. The proxy refuses a name without a port.
 */
export async function startFront(
  authority: Pick<Authority, 'certificateFor'>,
  portOf: (name: string) => number | undefined,
): Promise<Front> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    // A client may hang up at any time.
    return socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  };
  const asked: string[] = [];
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connection', track);
  server.on('connect', ({ url = '' }: IncomingMessage, client: Socket, head: Buffer) => {
    const name = url.replace(/:443$/, '');
    asked.push(name);
    const port = portOf(name);
    if (port === undefined) return void client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.unshift(head);
    const inside = track(new TLSSocket(client, { isServer: true, secureContext: createSecureContext(authority.certificateFor(name)) }));
    const behind = track(connect(port, '127.0.0.1'));
    inside.pipe(behind).pipe(inside);
    inside.once('close', () => behind.destroy());
    behind.once('close', () => inside.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
