import * as system from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * What root makes in somebody's directory belongs to that one, who could not read it otherwise: with `sudo -E` the home
 * of a user stays, and whoever keeps files for others may run as root. `chown`: of what was made in this directory.
 */
export async function give(chown: (uid: number, gid: number) => Promise<void>, directory: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await system.stat(directory);
  // Some file systems know no owners, and some containers not this one.
  if (uid !== 0) await chown(uid, gid).catch(() => undefined);
}

/** With those above it, where they are missing; `give` holds for each. Throws what the system says. */
export async function makeDirectories(path: string, mode: number): Promise<void> {
  // One by one: Node's own recursion never ends below /proc, which says of what it cannot make that it is not there.
  try {
    await system.mkdir(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Somebody else may have made it meanwhile.
    if (code === 'EEXIST' && (await system.stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path || (await isThere(dirname(path)))) throw error;
    await makeDirectories(dirname(path), mode);
    return await makeDirectories(path, mode);
  }
  // Whoever owns the one above may have put a link there.
  await give((uid, gid) => system.lchown(path, uid, gid), dirname(path));
}

const isThere = (path: string): Promise<boolean> =>
  system.lstat(path).then(
    () => true,
    () => false,
  );
