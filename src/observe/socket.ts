import { lstat } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Log } from '../contract/adapter.ts';
import { type Clock, clock as machine } from '../contract/clock.ts';
import { asFailure } from '../contract/failures.ts';
import { closeServer, listenOnSocket } from './listen.ts';

const lookedAtEvery = 15_000;
/** In milliseconds: how long to wait for a disk or share that does not answer. */
const patience = 5_000;

const remedy =
  'Give this daemon a socket of its own with ECR_COURIER_SOCKET. The daemon tries again every 15 s. Without a socket `refresh` and `bundle` do not find the daemon; the HTTP doors and `status` work.';

interface KeptSocket {
  /** Whether the socket exists now, as far as is known. */
  open(): boolean;
  close(): Promise<void>;
}

/**
 * Opens a socket and keeps it available. Creates it again when it has vanished (logind empties the directory of a user
 * who logs out), and retries when it could not be created at first. Resolves after the first attempt. Each problem is
 * logged once.
 */
export async function keepSocket(make: () => Server, path: string, { clock, log }: { clock: Clock; log: Log }): Promise<KeptSocket> {
  const ended = new AbortController();
  let server: Server | undefined;
  let missed = false;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    // Closes only a socket whose path is gone, because closing removes whatever is at the path.
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

  /** Never runs two looks at a time: the previous one may still wait for its disk. */
  async function lookInTime(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    const silence = `what it lies on does not answer within ${patience / 1000} s`;
    if ((await inTime(looking)) || missed) return;
    missed = true;
    log.warn('no socket', { path, error: silence, remedy });
  }

  async function keep(): Promise<void> {
    for (;;) {
      await clock.sleep(lookedAtEvery, ended.signal);
      if (ended.signal.aborted) return;
      await lookInTime();
    }
  }

  await lookInTime();
  const keeping = keep();
  return {
    open: () => server !== undefined,
    async close() {
      ended.abort();
      await inTime(keeping);
      if (server) await closeServer(server, clock);
    },
  };
}

/** Whether the work ended in time. */
async function inTime(work: Promise<void>): Promise<boolean> {
  const ended = new AbortController();
  const done = work.then(() => true);
  return await Promise.race([done, machine.sleep(patience, ended.signal).then(() => false)]).finally(() => ended.abort());
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT' && code !== 'ENOTDIR',
  );
