import type { Stats } from 'node:fs';
import * as system from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { files } from './files.ts';
import { Unreadable } from './unreadable.ts';
import { unwritten } from './unwritten.ts';

/** Where a path leads in the end. */
export interface Place {
  readonly path: string;
  /** Missing for a file that is not there. */
  readonly stats: Stats | undefined;
}

const mostLinks = 40;

/**
 * Follows links to the file itself, which need not be there: a link is read from the directory in which it really lies.
 */
export const placeOf = (path: string): Promise<Place> => files.ask(path, () => follow(path, path, mostLinks));

/** named: the path that somebody configured. */
async function follow(named: string, path: string, links: number): Promise<Place> {
  const directory = await system.realpath(dirname(path)).catch(async (error: NodeJS.ErrnoException) => {
    const { code, why, remedy } = await unwritten(dirname(path), error);
    const it = named === path ? '' : `is a link that leads to ${path}, which `;
    throw new Unreadable(named, code, `${it}cannot be there: its directory ${dirname(path)} ${why}`, remedy);
  });
  const real = join(directory, basename(path));
  const stats = await system.lstat(real).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw await unwritten(real, error);
  });
  if (!stats?.isSymbolicLink()) return { path: real, stats };
  if (links === 0)
    throw new Unreadable(named, 'ELOOP', 'is a link that leads back to itself', 'Remove the link, or let it lead to a file.');
  return await follow(named, resolve(directory, await system.readlink(real)), links - 1);
}
