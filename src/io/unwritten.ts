import { constants } from 'node:fs';
import * as system from 'node:fs/promises';
import { dirname } from 'node:path';
import { refused, Unreadable } from './unreadable.ts';

const mountDirectory = 'Mount the directory that it lies in, and not the file alone.';
const reasons: Readonly<Record<string, readonly [why: string, remedy?: string]>> = {
  EBUSY: ['cannot be replaced, as it is a mount of its own (EBUSY)'],
  EROFS: ['lies on a file system that is read-only here (EROFS)', 'Mount it writable.'],
  ENOSPC: ['cannot be written: the disk is full (ENOSPC); what was there is untouched', 'Make room on the disk.'],
  EDQUOT: ['cannot be written: the quota is used up (EDQUOT); what was there is untouched', 'Raise the quota, or make room.'],
  ENOENT: ['does not exist', 'Make the directory, for the user that the courier runs as.'],
  ENOTDIR: ['is not a directory', 'Correct the path.'],
};

/** Explains why a file could not be written, from the system error. `inPlaceBy`: as in `UpdateRequest`. */
export async function unwritten(path: string, error: NodeJS.ErrnoException, inPlaceBy?: string): Promise<Unreadable> {
  const { code = 'unknown' } = error;
  if (code === 'EACCES' || code === 'EPERM') return await refused(path, code, 'written', system.stat, await deniedAt(path));
  const [why, remedy] = reasons[code] ?? [`cannot be written (${code})`];
  const inPlace = inPlaceBy ? ` Or set ${inPlaceBy}: the courier then writes into the file itself, and a kill may leave half of it.` : '';
  const mounted = `${mountDirectory}${inPlace}`;
  if (code === 'EBUSY') return new Unreadable(path, code, why, mounted);
  return new Unreadable(path, code, why, code === 'EROFS' && (await isWritable(path)) ? `Mount it writable. ${mounted}` : remedy);
}

/** A file may be writable where its directory is not: a mount of this one file in a read-only container. */
const isWritable = (path: string): Promise<boolean> =>
  system.access(path, constants.W_OK).then(
    () => true,
    () => false,
  );

/** Explains why a directory could not be created. A dangling link occupies its name. */
export async function unmade(path: string, error: NodeJS.ErrnoException): Promise<Unreadable> {
  const { code = '' } = error;
  const target = code === 'ENOENT' ? await system.readlink(path).catch(() => undefined) : undefined;
  if (target !== undefined)
    return new Unreadable(
      path,
      code,
      `is a link that leads to ${target}, which does not exist`,
      'Make what it leads to, or remove the link.',
    );
  return await unwritten(path, code === 'EEXIST' ? Object.assign(error, { code: 'ENOTDIR' }) : error);
}

/** The path that lacks the permission. A file is written through its directory, so that is checked first. */
async function deniedAt(path: string): Promise<string> {
  const directory = dirname(path);
  const denied = await system.access(directory, constants.W_OK | constants.X_OK).then(
    () => undefined,
    () => directory,
  );
  return denied ?? path;
}

/** The failure when a new file would have another owner than the file that it replaces. */
export const otherOwner = (of: { uid: number; gid: number }, us: { uid: number; gid: number }): Unreadable =>
  new Unreadable(
    '',
    'OWNER',
    `belongs to uid ${of.uid} and gid ${of.gid}, and a new file of the courier to uid ${us.uid} and gid ${us.gid}`,
    `Run the courier as uid ${of.uid}, or as root, or give it a file of its own.`,
  );
