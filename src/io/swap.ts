import { rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Puts a folder that is complete into its place, where nobody uses what was there. */
export async function swapFolder(draft: string, place: string): Promise<void> {
  await rm(place, { recursive: true, force: true });
  await rename(draft, place);
}

/** The name is there all the time: whoever follows it meanwhile comes to the old target or to the new one. */
export async function swapLink(link: string, target: string): Promise<void> {
  const draft = join(dirname(link), `.${basename(link)}.${process.pid}.new`);
  await rm(draft, { force: true });
  await symlink(target, draft);
  await rename(draft, link).catch(async (error: unknown) => {
    await rm(draft, { force: true });
    throw error;
  });
}
