import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const cache = join(root, 'node_modules/.cache');
const name = /^built-[0-9a-f]{16}$/;

let made: Promise<string> | undefined;

/**
 * The folder of what people install, as a release makes it of these sources: a process of it starts in a third of the
 * time. It is kept for as long as the sources hold the same, and all test processes have it in common.
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
  // Others may have made it meanwhile: it is the same.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true }));
  return folder;
}

/** Of all that the bundler could look at. */
function digestOfSources(): string {
  const hash = createHash('sha256');
  for (const folder of ['adapters', 'config', 'scripts', 'src', 'test'])
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort())
      if (/\.(ts|cjs|sh|cmd)$/.test(file)) hash.update(file).update(readFileSync(join(root, folder, file)));
  for (const file of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

const oldMs = 86_400_000;

/** Another checkout may share node_modules, and run its tests just now. */
async function removeOld(): Promise<void> {
  for (const found of readdirSync(cache).filter(one => name.test(one))) {
    const { ctimeMs } = await stat(join(cache, found));
    if (Date.now() - ctimeMs > oldMs) await rm(join(cache, found), { recursive: true, force: true });
  }
}
