import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startProcess } from './daemon.ts';
import { path } from './needs.ts';

const config = join(import.meta.dirname, '../../deploy/swarm/socket-proxy.conf');

/** A request as the proxy sees it. */
export type Line = readonly [method: string, target: string];

export interface SocketProxy extends AsyncDisposable {
  readonly url: string;
  /** Sends a request with its target unchanged, and returns the status of the response. */
  statusOf(line: Line): Promise<number>;
}

/**
 * Starts nginx with the configuration of the guide, on a port of 127.0.0.1 in front of an engine's socket. more:
 * another directive for what it passes on.
 */
export async function startSocketProxy(socket: string, more = ''): Promise<SocketProxy> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'courier-proxy-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const at = `127.0.0.1:${await freePort()}`;
  const text = (await readFile(config, 'utf8'))
    .replace('listen 2375;', `listen ${at};`)
    .replace('unix:/var/run/docker.sock:;', `unix:${socket}:; ${more}`)
    .replaceAll(' /tmp/', ` ${folder}/`);
  const file = join(folder, 'nginx.conf');
  await writeFile(file, text);
  const proxy = starting.use(startProcess(path('nginx'), ['-p', folder, '-c', file, '-g', 'daemon off; master_process off;'], {}));
  const url = `http://${at}`;
  for (const end = Date.now() + 30_000; ; await wait(20)) {
    if (await statusOf(url, ['GET', '/_ping']).catch(() => undefined)) break;
    if (Date.now() > end) throw new Error(`nginx does not answer:\n${proxy.output()}`);
  }
  const running = starting.move();
  return { url, statusOf: line => statusOf(url, line), [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Sends a request to a proxy with its target unchanged, and returns the status of the response. */
export function statusOf(url: string, [method, target]: Line): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path: target }, response => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject).end();
  });
}

/** Returns a port that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

const service = '/services/p003grrg7rkp1karoix69pa16';

/** Requests that the proxy must pass, and requests that it must refuse. */
export const lines: { readonly passed: readonly Line[]; readonly refused: readonly Line[] } = {
  passed: [
    ['GET', '/_ping'],
    ['GET', '/version'],
    ['GET', '/services'],
    ['GET', '/v1.41/services'],
    ['GET', service],
    ['GET', '/tasks?filters=%7B%22service%22%3A%5B%22p003grrg7rkp1karoix69pa16%22%5D%7D'],
    ['POST', `/v1.41${service}/update?version=12`],
    ['POST', `/v1.41${service}/update?registryAuthFrom=nowhere&version=0`],
    ['POST', `/v1.41${service}/update?registryAuthFrom=previous-spec&version=0`],
  ],
  refused: [
    ['GET', '/containers/json'],
    ['GET', '/swarm/unlockkey'],
    ['GET', `${service}/logs`],
    ['GET', '/services/../containers/json'],
    ['GET', '/services/%2e%2e/containers/json'],
    ['GET', '//services'],
    ['GET', '/v1.41/v1.41/services'],
    ['POST', '/services/create'],
    ['POST', '/containers/create'],
    ['POST', `${service}/update`],
    ['POST', `${service}/update?version=12&rollback=previous`],
    ['POST', `/v1.41${service}/update?registryAuthFrom=previous-spec&version=12`],
    ['PUT', `${service}/update?version=12`],
    ['DELETE', service],
  ],
};
