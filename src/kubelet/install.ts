import { createHash } from 'node:crypto';
import { access, chmod, constants, copyFile, lstat, mkdir, readlink, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../contract/failures.ts';
import { namesIn, readText, statOf } from '../io/files.ts';
import { swapFolder, swapLink } from '../io/swap.ts';

/** The parts that are installed side by side on a node: the shell front, the bundle behind it, and a Node. */
export interface Program {
  /** The name of the front, and so of the provider. */
  readonly name: string;
  /** The folder that has front and bundle now. */
  readonly from: string;
  /** A Node to copy. */
  readonly node: string;
}

/** The file that the front starts. */
export const entry = 'pull.js';
const mostBytes = 16 * 1024 * 1024;
/** The prefix of the folder with the files. The kubelet starts only names from its configuration. */
const folderBeginning = '.ecr-courier-';

/** The files of the program, by their names below `from`. Throws MISCONFIGURED where there is no built program. */
export async function filesOf({ name, from }: Program): Promise<readonly string[]> {
  const found = new Set<string>();
  async function follow(file: string): Promise<void> {
    if (found.has(file)) return;
    found.add(file);
    const text = await readText(join(from, file), mostBytes).catch(() => {
      throw new Failure('MISCONFIGURED', `${join(from, file)} does not exist, so there is nothing to install.`, {
        remedy: 'Run the command of an installed package (npm install --global ecr-courier), or run `npm run build` first.',
      });
    });
    for (const [, chunk = ''] of text.matchAll(/(?:from\s*|import\s*\(?\s*)"(\.{1,2}\/[^"]+\.js)"/g))
      await follow(join(dirname(file), chunk));
  }
  await follow(entry);
  return [...found, name];
}

/**
 * Installs the program into the folder of the kubelet's providers: all files into a folder of their own, and then, in
 * one step, a link with the provider's name. Before that, `works` tries the copy. Returns the folder, and whether
 * anything was changed. Throws REJECTED when something that this command did not install has the name, and may not be
 * replaced.
 */
export async function installProgram(
  program: Program,
  binDir: string,
  works: (front: string) => Promise<void>,
  others: 'refused' | 'replaced' = 'refused',
): Promise<{ readonly folder: string; readonly change: 'installed' | 'unchanged' }> {
  const files = await filesOf(program);
  const folder = `${folderBeginning}${await digestOf(program, files)}`;
  const [link, place] = [join(binDir, program.name), join(binDir, folder)];
  const target = join(folder, program.name);
  if (others === 'refused') await refuseOther(link);
  await makeFolders(binDir);
  const linked = await readlink(link).catch(() => '');
  if (linked === target && (await isWhole(program, files, place))) return { folder: place, change: 'unchanged' };
  const draft = join(binDir, `${folder}.${process.pid}.new`);
  try {
    await rm(draft, { recursive: true, force: true });
    await copyAll(program, files, draft);
    await demandExecutable(join(draft, program.name), binDir);
    await works(join(draft, program.name));
    await swapFolder(draft, place);
    await swapLink(link, target);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  await removeOthers(binDir, folder);
  return { folder: place, change: 'installed' };
}

/** Whether a link was made by this command: it leads into a folder of its own. */
const isOwnLink = (target: string): boolean => target.startsWith(folderBeginning);

/** Throws REJECTED if something has the name that this command did not install. */
export async function refuseOther(link: string): Promise<void> {
  const isThere = await lstat(link).then(
    () => true,
    () => false,
  );
  if (isThere && !isOwnLink(await readlink(link).catch(() => '')))
    throw new Failure('REJECTED', `${link} exists already, and this command did not install it.`, {
      remedy: 'Move it away, or let it be replaced with --replace.',
    });
}

/** Makes the folders one by one: below /proc a recursive mkdir never ends. */
async function makeFolders(path: string): Promise<void> {
  const stats = await statOf(path).catch(() => undefined);
  if (stats?.isDirectory()) return;
  if (!stats && dirname(path) !== path) await makeFolders(dirname(path));
  await mkdir(path, { mode: 0o755 });
}

/** Whether everything that was installed is still there, unchanged. */
async function isWhole(program: Program, files: readonly string[], place: string): Promise<boolean> {
  const node = join(place, 'node');
  try {
    await access(node, constants.X_OK);
    await access(join(place, program.name), constants.X_OK);
    await access(join(place, 'package.json'));
    const [copy, original] = [await statOf(node), await statOf(program.node)];
    return copy.size === original.size && (await digestOf({ ...program, from: place }, files)) === (await digestOf(program, files));
  } catch {
    return false;
  }
}

/** Throws REJECTED on a file system that is mounted noexec, where no file can be executed, whatever its mode. */
export async function demandExecutable(file: string, binDir: string): Promise<void> {
  await access(file, constants.X_OK).catch(() => {
    throw new Failure(
      'REJECTED',
      `Nothing that lies in ${binDir} can be executed, so nothing was replaced: its file system is mounted noexec.`,
      {
        remedy: `Name a folder on another one, as the kubelet could not start a program there either: \`findmnt -T ${binDir}\` shows how it is mounted.`,
      },
    );
  });
}

async function copyAll({ from, node, name }: Program, files: readonly string[], to: string): Promise<void> {
  // A recursive mkdir does not say why it failed.
  await mkdir(to, { mode: 0o755 });
  for (const file of files) {
    await mkdir(dirname(join(to, file)), { recursive: true, mode: 0o755 });
    await copyFile(join(from, file), join(to, file));
    await chmod(join(to, file), file === name ? 0o755 : 0o644);
  }
  // The nearest package.json decides what is a module.
  await writeFile(join(to, 'package.json'), '{"type":"module"}\n', { mode: 0o644 });
  await copyFile(node, join(to, 'node'));
  await chmod(join(to, 'node'), 0o755);
  await copyFile(join(from, 'LICENSES.txt'), join(to, 'LICENSES.txt')).catch(() => undefined);
}

/**
 * Removes the folders of former versions. A process that is running has what it needs in memory, or the kubelet starts
 * it again.
 */
async function removeOthers(binDir: string, folder: string): Promise<void> {
  const others = (await namesIn(binDir)).filter(name => name.startsWith(folderBeginning) && name !== folder);
  for (const name of others) await rm(join(binDir, name), { recursive: true, force: true });
}

/** A digest of the program. Node itself counts by its version alone, because it has a hundred megabytes. */
async function digestOf({ from }: Program, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const file of files.toSorted()) hash.update(`${file}\n${await readText(join(from, file), mostBytes)}\n`);
  return hash.digest('hex').slice(0, 12);
}
