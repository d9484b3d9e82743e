import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../contract/failures.ts';
import { namesIn, readBytes, statOf } from '../io/files.ts';
import { Unreadable } from '../io/unreadable.ts';
import { type Decoded, decode } from './decode.ts';
import { textOf } from './encoding.ts';
import { foldersSince } from './fields.ts';
import type { Remark } from './remark.ts';

/** The largest file that is read, in bytes: more than any real one has. The kubelet has no limit. */
const mostBytes = 4 * 1024 * 1024;
/** Codes of errors that stop the kubelet too, whichever user it runs as. */
const stopping: readonly string[] = ['ELOOP', 'ENOTDIR', 'NOT_A_FILE', 'EISDIR'];
const endings = ['.json', '.yaml', '.yml'];

/**
 * Reads what the kubelet reads of a path, in its order: the file, or the files of the folder. Remarks on what it would
 * not read. Throws MISCONFIGURED for what the courier cannot read, although the kubelet may.
 */
export async function readProviderConfig(
  path: string,
  minor: number,
): Promise<{ readonly files: readonly Decoded[]; readonly remarks: readonly Remark[] }> {
  if (!(await isFolder(path))) return { files: [await readOne(path, minor)], remarks: [] };
  const names = [...(await namesIn(path).catch(unseen(path)))].sort(byBytes);
  const isDirectory = await Promise.all(names.map(async name => (await lstat(join(path, name))).isDirectory()));
  const read = names.filter((name, index) => endings.includes(name.slice(Math.max(name.lastIndexOf('.'), 0))) && !isDirectory[index]);
  const about = (level: Remark['level'], name: string, text: string): Remark => ({ level, where: join(path, name), path: '', text });
  const remarks = [
    ...(minor < foldersSince ? [about('stops', '', `is a folder: the kubelet takes one since Kubernetes 1.${foldersSince}`)] : []),
    ...names
      .filter((name, index) => !read.includes(name) && !isDirectory[index])
      .flatMap(name => unread(name).map(text => about('note', name, text))),
    ...read.filter(name => name.startsWith('.')).map(name => about('note', name, 'is hidden, and the kubelet reads it all the same')),
  ];
  return { files: await Promise.all(read.map(name => readOne(join(path, name), minor))), remarks };
}

export const isFolder = (path: string): Promise<boolean> =>
  statOf(path).then(
    stats => stats.isDirectory(),
    () => false,
  );

async function readOne(file: string, minor: number): Promise<Decoded> {
  const refused = (text: string, where = file): Decoded => ({
    file,
    providers: [],
    remarks: [{ level: 'stops', where, path: '', text: `${text}: the kubelet does not start` }],
  });
  try {
    const bytes = await readBytes(file, mostBytes);
    if (!bytes) return refused((await isLink(file)) ? 'is a link to nothing' : 'does not exist');
    const read = textOf(bytes);
    return 'text' in read ? decode(read.text, file, minor) : refused('has bytes that are not UTF-8 text', `${file}:${read.line}`);
  } catch (error) {
    return error instanceof Unreadable && stopping.includes(error.code) ? refused(error.why) : unseen(file)(error);
  }
}

/** Throws MISCONFIGURED in place of a remark: the kubelet's user may see what this one does not. */
const unseen =
  (path: string) =>
  (error: unknown): never => {
    if (!(error instanceof Unreadable)) throw error;
    const { code, why, remedy } = error;
    const isRefused = code === 'EACCES' || code === 'EPERM';
    throw new Failure('MISCONFIGURED', `${path} ${why}.`, {
      ...(isRefused ? { remedy: 'Run this as the user that the kubelet runs as, which is root as a rule.' } : remedy && { remedy }),
    });
  };

const isLink = (path: string): Promise<boolean> =>
  lstat(path).then(
    stats => stats.isSymbolicLink(),
    () => false,
  );

/** The remark on a folder without a file for the kubelet. */
export const noFileIn = (path: string): Remark => ({
  level: 'stops',
  where: path,
  path: '',
  text: `has no file that ends in ${endings.join(', ')}: the kubelet does not start`,
});

/** Go sorts names by their bytes. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The remark on a name that looks as if it were meant to be read. */
function unread(name: string): string[] {
  return /\.(ya?ml|json)\b/i.test(name) ? [`is not read by the kubelet: its name does not end in ${endings.join(', ')}`] : [];
}
