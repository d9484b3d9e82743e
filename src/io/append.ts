import { constants } from 'node:fs';
import { appendFile, chmod, open, rename, rm, stat, writeFile } from 'node:fs/promises';

const flag = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** How a file is written. */
interface Manner {
  /** Of the file. */
  readonly mostBytes: number;
  /** How each text begins. A file that begins in another way is of somebody else, such as a log of the system. */
  readonly begins: string;
}

/**
 * Appends to a file for its owner alone, whatever its mode was. One that would grow beyond the limit is moved to
 * FILE.1 first, over the one before. Never through a link, which somebody else may have laid, and never into a pipe
 * without a reader. Throws what the system says, and an error of the code FOREIGN for a file of somebody else.
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

/** Empty where it was moved away meanwhile, and nothing has come to its place yet. */
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

/** A lock that is so much older than the last line belongs to a process that was killed. In milliseconds. */
const abandonedMs = 10_000;

/** One process alone moves the file: another one would put the new file over the old one, and its lines were lost. */
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
  // Somebody may have moved it since it was looked at.
  if (((await stat(file).catch(() => undefined))?.size ?? 0) > room) await rename(file, `${file}.1`);
  if (taken === 'ours') await rm(lock, { force: true });
}
