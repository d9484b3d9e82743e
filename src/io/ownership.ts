import * as system from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Gives what root creates to the owner of the directory, who could not read it otherwise: `sudo -E` keeps the home of
 * the user, and a process that keeps files for users may run as root. `chown`: changes the owner of what was created.
 */
export async function giveToOwner(chown: (uid: number, gid: number) => Promise<void>, directory: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await system.stat(directory);
  // Some file systems have no owners, and some containers do not know this one.
  if (uid !== 0) await chown(uid, gid).catch(() => undefined);
}

/** Creates a directory and its missing parents, each with `giveToOwner`. Throws the system error. */
export async function makeDirectories(path: string, mode: number): Promise<void> {
  // Level by level: Node's recursive mkdir never returns below /proc, which reports ENOENT for what it cannot create.
  try {
    await system.mkdir(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process may have created it meanwhile.
    if (code === 'EEXIST' && (await system.stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path || (await isThere(dirname(path)))) throw error;
    await makeDirectories(dirname(path), mode);
    return await makeDirectories(path, mode);
  }
  // lchown, because the owner of the parent directory may have put a link in its place.
  await giveToOwner((uid, gid) => system.lchown(path, uid, gid), dirname(path));
}

const isThere = (path: string): Promise<boolean> =>
  system.lstat(path).then(
    () => true,
    () => false,
  );
