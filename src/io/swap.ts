import { randomBytes } from 'node:crypto';
import { rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Replaces a directory by a complete draft. The former directory must not be in use. */
export async function swapFolder(draft: string, place: string): Promise<void> {
  await rm(place, { recursive: true, force: true });
  await rename(draft, place);
}

/** Replaces a link atomically: a reader always finds the old target or the new one. */
export const swapLink = (link: string, target: string): Promise<void> => {
  const draft = join(dirname(link), `.${basename(link)}.${process.pid}.new`);
  return swap(draft, link, async () => {
    await rm(draft, { force: true });
    await symlink(target, draft);
  });
};

/**
 * Replaces a file atomically: a reader finds the old text or the new one, and only the owner can read it. Does not
 * sync, so it is for caches, which may be lost in a power failure. `time`: the mtime in seconds since the epoch; now by
 * default.
 */
export const swapFile = (path: string, text: string, time?: number): Promise<void> => {
  const draft = `${path}.${process.pid}-${randomBytes(6).toString('hex')}.new`;
  return swap(draft, path, async () => {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
    if (time !== undefined) await utimes(draft, time, time);
  });
};

async function swap(draft: string, place: string, make: () => Promise<void>): Promise<void> {
  try {
    await make();
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}
