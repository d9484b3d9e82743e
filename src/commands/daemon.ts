import { lstat } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { Failure } from '../contract/failures.ts';

/** Where a daemon listens: a Config, or that part of it. */
export interface Doors {
  readonly server: Pick<Config['server'], 'listen' | 'socket'>;
}

/** Where the daemon of this user listens for its owner: as configured, else below systemd's or the user's runtime directory, else below the temporary one. */
export function socketPath({ server }: Doors, env: NodeJS.ProcessEnv): string {
  if (server.socket) return server.socket;
  const runtime = env['RUNTIME_DIRECTORY']?.split(':')[0] ?? env['XDG_RUNTIME_DIR'];
  return runtime ? join(runtime, 'ecr-courier.sock') : join(tmpdir(), `ecr-courier-${uid()}`, 'ecr-courier.sock');
}

/** Not from the list of users: a container's user often has no name there. */
const uid = (): number => process.getuid?.() ?? -1;

export interface Said {
  readonly status: number;
  readonly text: string;
}

const patience = 10_000;

/** One request to the daemon on this machine, through its socket. Throws UNREACHABLE when none is there, when it is another user's, or when it is silent for `ms`. */
export async function askDaemon(socket: string, method: string, path: string, signal: AbortSignal, ms = patience): Promise<Said> {
  const foreign = `${socket} belongs to another user: it may not be the daemon's. Use the user that the daemon runs as.`;
  const owner = await lstat(socket).then(
    stats => stats.uid,
    ({ code }: NodeJS.ErrnoException) => (code === 'EACCES' ? undefined : uid()),
  );
  if (uid() !== 0 && owner !== uid()) throw new Failure('UNREACHABLE', foreign);
  return await ask({ socketPath: socket, timeout: ms }, method, path, signal, `There is no daemon at ${socket}.`);
}

/** The same through its HTTP door: only what everybody may see. */
export async function askDoor({ server }: Doors, path: string, signal: AbortSignal, ms = patience): Promise<Said> {
  const { host, port } = server.listen;
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return await ask({ host: near, port, timeout: ms }, 'GET', path, signal, `Nobody answers at ${near}:${port}.`);
}

async function ask(
  where: RequestOptions & { readonly timeout: number },
  method: string,
  path: string,
  signal: AbortSignal,
  nobody: string,
): Promise<Said> {
  const { promise, resolve, reject } = Promise.withResolvers<Said>();
  const asked = request({ ...where, method, path, signal, headers: { host: 'localhost' } }, response => {
    const parts: Buffer[] = [];
    response.on('data', part => parts.push(part));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
    response.on('error', reject);
  });
  asked.on('timeout', () => asked.destroy(new Error(`no answer within ${where.timeout / 1000} s`)));
  asked.on('error', error => {
    const remedy = 'Is it running, on this machine (or in this container), as this user and with this configuration?';
    reject(new Failure('UNREACHABLE', `${nobody} (${error.message})`, { remedy, cause: error }));
  });
  asked.end();
  return await promise;
}
