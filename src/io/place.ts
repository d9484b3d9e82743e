import type { Stats } from 'node:fs';
import * as system from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { files } from './files.ts';
import { Unreadable } from './unreadable.ts';
import { unwritten } from './unwritten.ts';

/** The final destination of a path. */
export interface Place {
  readonly path: string;
  /** Missing when the file does not exist. */
  readonly stats: Stats | undefined;
}

const mostLinks = 40;

/**
 * Resolves links to the file itself, which need not exist. A relative link is resolved in the real directory of the
 * link.
 */
export const placeOf = (path: string): Promise<Place> => files.ask(path, () => follow(path, path, mostLinks));

/** Rewords a problem of a file's directory as one of the file. */
export const withoutDirectory = (path: string, { code, why, remedy }: Unreadable): Unreadable =>
  new Unreadable(path, code, `cannot be there: its directory ${dirname(path)} ${why}`, remedy);

/** named: the path as configured. */
async function follow(named: string, path: string, links: number): Promise<Place> {
  const outside = async (error: NodeJS.ErrnoException): Promise<never> => {
    const { code, why, remedy } = withoutDirectory(path, await unwritten(dirname(path), error));
    throw new Unreadable(named, code, named === path ? why : `is a link that leads to ${path}, which ${why}`, remedy);
  };
  const directory = await system.realpath(dirname(path)).catch(outside);
  const real = join(directory, basename(path));
  const stats = await system.lstat(real).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (error.code === 'ENOTDIR') return await outside(error);
    throw await unwritten(real, error);
  });
  if (!stats?.isSymbolicLink()) return { path: real, stats };
  if (links === 0)
    throw new Unreadable(named, 'ELOOP', 'is a link that leads back to itself', 'Remove the link, or let it lead to a file.');
  return await follow(named, resolve(directory, await system.readlink(real)), links - 1);
}
