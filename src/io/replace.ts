import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import * as system from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { files } from './files.ts';
import { giveToOwner, makeDirectories } from './ownership.ts';
import type { Place } from './place.ts';
import { Unreadable } from './unreadable.ts';
import { otherOwner, unmade, unwritten } from './unwritten.ts';

/** How a file is to be written. */
export interface Manner {
  /** The mode of a new file. */
  readonly mode: number;
  readonly unreplaceable: 'fail' | 'write-in-place';
  /** The option by which a person chooses `write-in-place`; undefined: there is none. */
  readonly inPlaceBy: string | undefined;
  /** Once it is aborted, no further write begins. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** `begun`: the system was told to write, so the file may change even after the caller has given up. */
export interface Progress {
  begun: boolean;
}

/** In milliseconds. A disk may take long to write to the medium. */
const patience = 30_000;
/** The age from which the temporary file of a killed process is removed, in milliseconds. */
const leftAfter = 600_000;
const ending = '.ecr-courier';

/**
 * Replaces the former content (undefined: no file) atomically. Resolves to false, without a write, when the file holds
 * something else by now. Throws an Unreadable.
 */
export async function replace(place: Place, was: Buffer | undefined, content: Buffer, manner: Manner): Promise<boolean> {
  const { unreplaceable, signal, progress } = manner;
  const begin = (isLate: () => boolean): void => {
    if (isLate() || signal.aborted) throw new Unreadable(place.path, 'SILENT', 'was not written in time');
    progress.begun = true;
  };
  const job = async (isLate: () => boolean): Promise<boolean> => {
    try {
      return await replaceWhole(place, was, content, manner, () => begin(isLate));
    } catch (error) {
      if (unreplaceable === 'fail' || !place.stats || !mendedInPlace.has(codeOf(error))) throw error;
      progress.begun = false;
      return await overwrite(place.path, was, content, () => begin(isLate));
    }
  };
  return await files.ask(place.path, job, patience).catch(async (error: unknown) => {
    throw error instanceof Unreadable ? error : await unwritten(place.path, error as NodeJS.ErrnoException, manner.inPlaceBy);
  });
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
/** Errors that concern the directory and not the file, so that writing in place may help. */
const mendedInPlace: ReadonlySet<string> = new Set(['EBUSY', 'EROFS', 'EACCES', 'EPERM', 'OWNER']);

async function replaceWhole(
  { path, stats }: Place,
  was: Buffer | undefined,
  content: Buffer,
  { mode }: Manner,
  begin: () => void,
): Promise<boolean> {
  const temporary = `${temporaryBeginning(path)}${randomBytes(6).toString('hex')}${ending}`;
  try {
    await writeTemporary(temporary, content, stats, mode);
    if (!(await isStill(path, was))) return false;
    begin();
    if (stats) await system.rename(temporary, path);
    else if (!(await appear(temporary, path))) return false;
    await settle(dirname(path));
    return true;
  } finally {
    await system.unlink(temporary).catch(() => undefined);
    await removeLeft(path);
  }
}

/** Hidden, and with a suffix that no reader of the directory takes for a configuration. */
const temporaryBeginning = (path: string): string => join(dirname(path), `.${basename(path)}.`);

async function writeTemporary(path: string, content: Buffer, stats: Stats | undefined, mode: number): Promise<void> {
  // Created with 0o600, so that no other user can read it before it has its owner.
  await using handle = await system.open(path, 'wx', 0o600);
  await (stats ? keepOwner(handle, stats) : giveToOwner((uid, gid) => handle.chown(uid, gid), dirname(path)));
  await handle.chmod(stats ? stats.mode & 0o7777 : mode);
  await handle.writeFile(content);
  await handle.sync();
}

async function keepOwner(handle: system.FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const own = await handle.stat();
  if (own.uid === uid && own.gid === gid) return;
  await handle.chown(uid, gid).catch(() => {
    // Losing a group that has no rights to the file does no harm.
    if (own.uid === uid && (mode & 0o070) === 0) return;
    throw otherOwner({ uid, gid }, own);
  });
}

/** Creates the file without replacing one: false when a file exists by now. */
async function appear(temporary: string, path: string): Promise<boolean> {
  try {
    await system.link(temporary, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // Some file systems do not support hard links.
    await system.rename(temporary, path);
  }
  return true;
}

/** Syncs the directory, so that the new name is on the disk as well. Some file systems do not support that. */
async function settle(directory: string): Promise<void> {
  const handle = await system.open(directory, constants.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close().catch(() => undefined);
}

async function isStill(path: string, was: Buffer | undefined): Promise<boolean> {
  const now = await system.open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!now) return was === undefined;
  await using handle = now;
  const { size } = await handle.stat();
  return size === was?.length && was.equals(await handle.readFile());
}

/** Removes the temporary files of killed processes. A recent one may belong to a process that is still at work. */
async function removeLeft(path: string): Promise<void> {
  const beginning = basename(temporaryBeginning(path));
  const names = await system.readdir(dirname(path)).catch(() => []);
  for (const name of names.filter(one => one.startsWith(beginning) && one.endsWith(ending))) {
    const left = join(dirname(path), name);
    const { mtimeMs } = await system.stat(left).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    const { mtimeMs: now } = await system.stat(path).catch(() => ({ mtimeMs: 0 }));
    if (now - mtimeMs > leftAfter) await system.unlink(left).catch(() => undefined);
  }
}

/**
 * Writes into the file itself. What exceeds the former length is written first: a full disk shows there, and the file
 * is then truncated to what it was. The rest overwrites the former text in one piece, so that a concurrent reader most
 * likely sees the old text or the new one.
 */
async function overwrite(path: string, was: Buffer | undefined, content: Buffer, begin: () => void): Promise<boolean> {
  await using handle = await system.open(path, constants.O_WRONLY | constants.O_NONBLOCK);
  if (!was || !(await isStill(path, was))) return false;
  begin();
  try {
    await writeAt(handle, content.subarray(was.length), was.length);
    await handle.sync();
  } catch (error) {
    await handle.truncate(was.length);
    throw error;
  }
  await writeAt(handle, content.subarray(0, was.length), 0);
  await handle.truncate(content.length);
  await handle.sync();
  return true;
}

/** Repeats short writes: on a disk that is nearly full, only the returned length shows that a part was written. */
async function writeAt(handle: system.FileHandle, content: Buffer, position: number): Promise<void> {
  for (let done = 0; done < content.length; ) {
    const { bytesWritten } = await handle.write(content, done, content.length - done, position + done);
    done += bytesWritten;
  }
}

/** Creates a directory and its missing parents. Throws an Unreadable. */
export const makeDirectory = (path: string, mode: number): Promise<void> =>
  files.ask(path, () =>
    makeDirectories(path, mode).catch(async (error: NodeJS.ErrnoException) => {
      throw await unmade(path, error);
    }),
  );
