import { constants } from 'node:fs';
import { appendFile, chmod, rename, rm, stat, writeFile } from 'node:fs/promises';

const flag = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Appends to a file for its owner alone, whatever its mode was. One that would grow beyond the limit is moved to
 * FILE.1 first, over the one before. Never through a link, which somebody else may have laid, and never into a pipe
 * without a reader. Throws what the system says.
 */
export async function appendCapped(file: string, text: string, mostBytes: number): Promise<void> {
  const before = await stat(file).catch(() => undefined);
  const isFile = before?.isFile() ?? false;
  const room = mostBytes - Buffer.byteLength(text);
  if (before && isFile && before.size > room) await moveAway(file, room, before.mtimeMs);
  await appendFile(file, text, { mode: 0o600, flag });
  if (before && isFile && (before.mode & 0o077) !== 0) await chmod(file, 0o600);
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
