import { lstat, mkdir, stat, unlink } from 'node:fs/promises';
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import { connect, type ListenOptions, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Clock } from '../contract/clock.ts';

const closeWithinMs = 1000;

/** Rejects with the system error when the address is not available. */
export function listen(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Limits the number of connections. At the limit, a new connection replaces the one that has been idle longest, or else
 * the oldest. So clients that only hold connections open cannot shut others out.
 */
export function keepRoom(server: HttpServer, most: number): void {
  // In the order in which they became idle.
  const idle = new Set<Socket>();
  const busy = new Set<Socket>();
  const forget = (socket: Socket): boolean => idle.delete(socket) || busy.delete(socket);
  server.on('connection', (socket: Socket) => {
    if (idle.size + busy.size >= most) {
      const [oldest] = idle.size > 0 ? idle : busy;
      if (oldest && forget(oldest)) oldest.destroy();
    }
    idle.add(socket);
    socket.once('close', () => forget(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (idle.delete(socket)) busy.add(socket);
    response.once('close', () => {
      if (busy.delete(socket) && !socket.destroyed) idle.add(socket);
    });
  });
}

/** Completes within about a second, whatever clients do. */
export async function closeServer(server: HttpServer, clock: Clock): Promise<void> {
  const late = new AbortController();
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  server.closeIdleConnections();
  await Promise.race([closed, clock.sleep(closeWithinMs, late.signal)]);
  late.abort();
  server.closeAllConnections();
  await closed;
}

/**
 * Listens on a unix socket that only this user can open: mode 0600, in a directory that is created with mode 0700 if
 * needed. Replaces the socket of a dead daemon. Rejects when another daemon answers there, or when the path is not a
 * socket.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  await makeFolder(dirname(path));
  const folder = await stat(dirname(path));
  if (folder.mode & 0o022 || ![0, process.getuid?.()].includes(folder.uid))
    throw new Error('other users may write to its directory, and could put their own socket there');
  const there = await lstat(path).catch(() => undefined);
  if (there && !there.isSocket()) throw new Error('the path exists and is not a socket');
  if (there && (await answers(path))) throw new Error('another ecr-courier uses it');
  if (there) await unlink(path);
  await withUmask(0o177, () => listen(server, { path }));
}

/** Creates only the last directory of the path, because Node's `recursive` never returns below /proc. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch(({ code, message }: NodeJS.ErrnoException) => {
    // The following `stat` reports what is there.
    if (code !== 'EEXIST') throw new Error(`its directory cannot be made (${message}); those above it have to be there`);
  });
}

/** The umask applies when the socket is created, so no other user can open it at any time. */
function withUmask<T>(umask: number, begin: () => T): T {
  const before = process.umask(umask);
  try {
    return begin();
  } finally {
    process.umask(before);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const probe = connect(path);
    const end = (code?: string): void => {
      probe.destroy();
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    };
    probe.once('connect', () => end());
    // Any other error (a full backlog, no permission to open it) means that a daemon is listening.
    probe.once('error', (error: NodeJS.ErrnoException) => end(error.code));
  });
}
