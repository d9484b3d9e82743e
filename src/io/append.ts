import { constants } from 'node:fs';
import { appendFile, chmod, open, rename, rm, stat, writeFile } from 'node:fs/promises';

const flag = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** How a file is appended to. */
interface Manner {
  /** The maximum size of the file. */
  readonly mostBytes: number;
  /** The beginning of every text. A file that begins differently belongs to another program, such as a system log. */
  readonly begins: string;
}

/**
 * Appends to a file that only its owner may read, whatever its mode was before. A file that would grow beyond the limit
 * is first renamed to FILE.1, replacing the previous one. Does not follow a link, which another user may have created,
 * and does not write to a pipe that has no reader. Throws the system error, or an error with the code FOREIGN when the
 * file belongs to another program.
 */
export async function appendCapped(file: string, text: string, { mostBytes, begins }: Manner): Promise<void> {
  const before = await stat(file).catch(() => undefined);
  const isFile = before?.isFile() ?? false;
  if (before && isFile && before.size > 0 && !begins.startsWith(await beginningOf(file, begins.length)))
    throw Object.assign(new Error(`${file} holds something else`), { code: 'FOREIGN' });
  const room = mostBytes - Buffer.byteLength(text);
  if (before && isFile && before.size > room) await moveAway(file, room, before.mtimeMs);
  await appendFile(file, text, { mode: 0o600, flag });
  if (before && isFile && (before.mode & 0o077) !== 0) await chmod(file, 0o600);
}

/** Returns an empty text when the file was just rotated and no new one exists yet. */
async function beginningOf(file: string, bytes: number): Promise<string> {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (!handle) return '';
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
  return buffer.toString('latin1', 0, bytesRead);
}

/** A lock that is older than the last line by this much was left by a killed process. In milliseconds. */
const abandonedMs = 10_000;

/**
 * Rotates the file under a lock: a second process would move the new file over the old one, and the lines of the old
 * one would be lost.
 */
async function moveAway(file: string, room: number, lastLineAt: number): Promise<void> {
  const lock = `${file}.lock`;
  const taken = await writeFile(lock, '', { mode: 0o600, flag: 'wx' }).then(
    () => 'ours' as const,
    (error: NodeJS.ErrnoException) => error.code,
  );
  if (taken === 'EEXIST') {
    const since = await stat(lock).catch(() => undefined);
    if (since && lastLineAt - since.mtimeMs > abandonedMs) await rm(lock, { force: true });
    return;
  }
  // Another process may have rotated the file since its size was read.
  if (((await stat(file).catch(() => undefined))?.size ?? 0) > room) await rename(file, `${file}.1`);
  if (taken === 'ours') await rm(lock, { force: true });
}
