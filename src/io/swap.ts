import { randomBytes } from 'node:crypto';
import { rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Puts a folder that is complete into its place, where nobody uses what was there. */
export async function swapFolder(draft: string, place: string): Promise<void> {
  await rm(place, { recursive: true, force: true });
  await rename(draft, place);
}

/** The name is there all the time: whoever follows it meanwhile comes to the old target or to the new one. */
export const swapLink = (link: string, target: string): Promise<void> => {
  const draft = join(dirname(link), `.${basename(link)}.${process.pid}.new`);
  return swap(draft, link, async () => {
    await rm(draft, { force: true });
    await symlink(target, draft);
  });
};

/**
 * Whoever reads finds the old text or the new one, and nobody but the owner may. Nothing waits for the disk: for what a
 * cache holds, which may be lost with the power. `time`: of the file, in seconds since the epoch; the present unless
 * said.
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
