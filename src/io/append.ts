import { constants } from 'node:fs';
import { appendFile, chmod, rename, stat } from 'node:fs/promises';

const flag = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Appends to a file for its owner alone, whatever its mode was. One that would grow beyond the limit is moved to
 * FILE.1 first, over the one before. Never through a link, which somebody else may have laid, and never into a pipe
 * without a reader. Throws what the system says.
 */
export async function appendCapped(file: string, text: string, mostBytes: number): Promise<void> {
  const before = await stat(file).catch(() => undefined);
  const isFile = before?.isFile() ?? false;
  if (before && isFile && before.size + Buffer.byteLength(text) > mostBytes) await rename(file, `${file}.1`);
  await appendFile(file, text, { mode: 0o600, flag });
  if (before && isFile && (before.mode & 0o077) !== 0) await chmod(file, 0o600);
}
