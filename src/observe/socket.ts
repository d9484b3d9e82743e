import { lstat } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Log } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import { asFailure } from '../contract/failures.ts';
import { closeServer, listenOnSocket } from './listen.ts';

const lookedAtEvery = 15_000;

const remedy =
  'Give this daemon a socket of its own with ECR_COURIER_SOCKET. It is tried again every 15 s. Without one `refresh` and `bundle` do not find it; the HTTP doors work, and `status` with them.';

export interface KeptSocket {
  /** Whether it is there now, as far as is known. */
  open(): boolean;
  close(): Promise<void>;
}

/**
 * Opens a socket, and sees to it that it stays: one that vanished (logind empties the directory of a user who logs
 * out), or could not be had at first, is made later.
 * Resolves after the first attempt; each trouble is logged once.
 */
export async function keepSocket(make: () => Server, path: string, { clock, log }: { clock: Clock; log: Log }): Promise<KeptSocket> {
  const ended = new AbortController();
  let server: Server | undefined;
  let missed = false;

  async function look(): Promise<void> {
    // Whatever lies there: to close ours would remove it.
    if (server && (await isThere(path))) return;
    const vanished = server;
    server = undefined;
    if (vanished) await closeServer(vanished, clock);
    const next = make();
    try {
      await listenOnSocket(next, path);
      server = next;
      if (missed || vanished) log.info('socket made anew', { path });
      missed = false;
    } catch (error) {
      if (!missed) log.warn('no socket', { path, error: asFailure(error).message, remedy });
      missed = true;
    }
  }

  async function keep(): Promise<void> {
    for (;;) {
      await clock.sleep(lookedAtEvery, ended.signal);
      if (ended.signal.aborted) return;
      await look();
    }
  }

  await look();
  const keeping = keep();
  return {
    open: () => server !== undefined,
    async close() {
      ended.abort();
      await keeping;
      if (server) await closeServer(server, clock);
    },
  };
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT' && code !== 'ENOTDIR',
  );
