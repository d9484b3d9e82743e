import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Meddler extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts a proxy in front of an engine's socket. It calls `meddle` once, with the id of the first updated service,
 * before it passes on the next request for that service.
 */
export async function startMeddler(socketPath: string, meddle: (service: string) => Promise<unknown>): Promise<Meddler> {
  let updated: string | undefined;
  let isDone = false;

  async function pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming;
    const body = await buffer(incoming);
    if (!isDone && updated !== undefined && path === `/services/${updated}`) {
      isDone = true;
      await meddle(updated);
    }
    updated ??= method === 'POST' ? /\/services\/(\w+)\/update\?version=[1-9]/.exec(path)?.[1] : undefined;
    request({ socketPath, method, path, headers }, response => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    })
      .on('error', () => answer.destroy())
      .end(body);
  }

  const server = createServer((incoming, answer) => void pass(incoming, answer).catch(() => answer.destroy()));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
