import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const cache = join(root, 'node_modules/.cache');
const name = /^built-[0-9a-f]{16}$/;

let made: Promise<string> | undefined;

/**
 * Returns the folder of the installable files, built from these sources as for a release. Its processes start in a
 * third of the time. The folder is cached until the sources change, and all test processes share it.
 */
export const built = (): Promise<string> => (made ??= make());

async function make(): Promise<string> {
  const folder = join(cache, `built-${digestOfSources()}`);
  if (existsSync(folder)) return folder;
  const { makeDist } = await import('../scripts/dist.ts');
  await mkdir(cache, { recursive: true });
  await removeOld();
  const draft = await mkdtemp(join(cache, 'building-'));
  await makeDist(draft);
  await writeFile(join(draft, 'package.json'), '{"type":"module"}');
  // Another process may have built the same folder meanwhile.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true }));
  return folder;
}

/** Returns a digest of all files that the bundler may read. */
function digestOfSources(): string {
  const hash = createHash('sha256');
  for (const folder of ['adapters', 'config', 'scripts', 'src', 'test'])
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort())
      if (/\.(ts|cjs|sh|cmd)$/.test(file)) hash.update(file).update(readFileSync(join(root, folder, file)));
  for (const file of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

const oldMs = 86_400_000;

/** Removes builds older than a day. Newer ones may be in use by another checkout that shares node_modules. */
async function removeOld(): Promise<void> {
  for (const found of readdirSync(cache).filter(one => name.test(one))) {
    const { ctimeMs } = await stat(join(cache, found));
    if (Date.now() - ctimeMs > oldMs) await rm(join(cache, found), { recursive: true, force: true });
  }
}
