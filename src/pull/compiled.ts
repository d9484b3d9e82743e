import { lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { answersDirectory } from '../io/answers.ts';
import { namesIn } from '../io/files.ts';

const variable = 'NODE_COMPILE_CACHE';
const folderIn = (directory: string): string => join(directory, 'compiled');

/**
 * How long the folder is kept, in milliseconds. It also holds what Node has compiled for versions of ours that are
 * gone.
 */
const keptMs = 30 * 24 * 3_600_000;

/**
 * Makes the folder in which Node keeps what it has compiled of this program. Call it only once the directory of the
 * answers is known to be ours alone: another user with write access would decide what we run. `front.sh` passes the
 * folder to Node where it exists. `now` is in milliseconds. Never throws.
 */
export async function keepCompiled(directory: string, now: number): Promise<void> {
  const folder = folderIn(directory);
  const age = await lstat(folder).then(
    ({ mtimeMs }) => now - mtimeMs,
    () => undefined,
  );
  if (age !== undefined && age <= keptMs) return;
  // A directory that the user names for the answers may have a folder of this name.
  if (!(await namesIn(folder).catch(() => [])).every(name => /^v\d+\./.test(name))) return;
  await rm(folder, { recursive: true, force: true })
    .then(() => mkdir(folder, { mode: 0o700 }))
    .catch(() => undefined);
}

/**
 * Removes the variable, because programs that we start would cache their own code there. A value that the user has set
 * stays.
 */
export function keepFromOthers(env: NodeJS.ProcessEnv): void {
  if (join(env[variable] ?? '') === folderIn(answersDirectory(env))) delete env[variable];
}
