import { lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { answersDirectory } from '../io/answers.ts';
import { namesIn } from '../io/files.ts';

const variable = 'NODE_COMPILE_CACHE';
const folderIn = (directory: string): string => join(directory, 'compiled');

/** What Node has compiled for a version of ours that is gone lies there as well. In milliseconds. */
const keptMs = 30 * 24 * 3_600_000;

/**
 * Makes the folder in which Node keeps what it has compiled of this program, once the directory of the answers is known
 * to be ours alone: whoever could write there would decide what we run. `front.sh` names it to Node where it is there.
 * `now`: in milliseconds. Never throws.
 */
export async function keepCompiled(directory: string, now: number): Promise<void> {
  const folder = folderIn(directory);
  const age = await lstat(folder).then(
    ({ mtimeMs }) => now - mtimeMs,
    () => undefined,
  );
  if (age !== undefined && age <= keptMs) return;
  // Whoever names a home for the answers may have a folder of this name.
  if (!(await namesIn(folder).catch(() => [])).every(name => /^v\d+\./.test(name))) return;
  await rm(folder, { recursive: true, force: true })
    .then(() => mkdir(folder, { mode: 0o700 }))
    .catch(() => undefined);
}

/** The programs that we start would put there what is theirs. What somebody else has set stays. */
export function keepFromOthers(env: NodeJS.ProcessEnv): void {
  if (join(env[variable] ?? '') === folderIn(answersDirectory(env))) delete env[variable];
}
