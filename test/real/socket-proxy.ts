import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Line, proxyConfig } from '../fakes/socket-proxy.ts';
import { startProcess } from './daemon.ts';
import { path } from './needs.ts';

export interface SocketProxy extends AsyncDisposable {
  readonly url: string;
  /** What a request is answered with. Its path is sent as it is. */
  statusOf(line: Line): Promise<number>;
}

/** HAProxy with the configuration of the guide, on a port of 127.0.0.1 before the socket of an engine. */
export async function startSocketProxy(socket: string): Promise<SocketProxy> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'courier-proxy-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const at = `127.0.0.1:${await freePort()}`;
  const text = (await readFile(proxyConfig, 'utf8'))
    .replace('bind :2375', `bind ${at}`)
    .replace('unix@/var/run/docker.sock', `unix@${socket}`);
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, text);
  const proxy = starting.use(startProcess(path('haproxy'), ['-db', '-f', file], {}));
  const url = `http://${at}`;
  for (const end = Date.now() + 30_000; ; await wait(20)) {
    const answers = await fetch(`${url}/_ping`).then(
      () => true,
      () => false,
    );
    if (answers) break;
    if (Date.now() > end) throw new Error(`haproxy does not answer:\n${proxy.output()}`);
  }
  const running = starting.move();
  return { url, statusOf: line => statusOf(url, line), [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function statusOf(url: string, [method, path]: Line): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path }, response => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject).end();
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
