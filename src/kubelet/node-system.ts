import { lstat, readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { Failure } from '../contract/failures.ts';
import { readText } from '../io/files.ts';

/** The folders in which distributions keep libraries. */
const libraryFolders = ['/lib64', '/usr/lib64', '/lib', '/usr/lib', '/lib/x86_64-linux-gnu', '/lib/aarch64-linux-gnu'];
/** The loader that Node's builds name, by processor. */
const loaders: Partial<Record<string, string>> = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' };
/** The C library that Node's builds require (BUILDING.md of Node 24). */
const oldestGlibc = 'GLIBC_2.28';
const mostLinks = 40;
const mostBytes = 16 * 1024 * 1024;

/**
 * Resolves a path of a node whose file system is mounted at `root`, following links as the node does. undefined: there
 * is no such file.
 */
export async function seenFrom(root: string, path: string): Promise<string | undefined> {
  let [at, links] = [root, 0];
  const left = path.split('/').filter(Boolean);
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    if (name === '.') continue;
    if (name === '..') {
      at = at === root ? root : dirname(at);
      continue;
    }
    const next = join(at, name);
    const stats = await lstat(next).catch(() => undefined);
    if (!stats || links > mostLinks) return undefined;
    if (!stats.isSymbolicLink()) {
      at = next;
      continue;
    }
    links++;
    const target = await readlink(next);
    if (isAbsolute(target)) at = root;
    left.unshift(...target.split('/').filter(Boolean));
  }
  return at;
}

/**
 * Throws REJECTED unless the node has what the program needs. The program is not tried: here there may not even be a
 * shell for it.
 */
export async function demandSystem(root: string): Promise<void> {
  const loader = loaders[process.arch];
  for (const path of ['/bin/sh', ...(loader === undefined ? [] : [loader])])
    if (!(await seenFrom(root, path))) throw lacking(`${path} is not there`);
  if (!(await libraryAt(root, 'libstdc++.so.6'))) throw lacking('libstdc++.so.6 is not there');
  const glibc = await libraryAt(root, 'libc.so.6');
  if (!glibc || !(await readText(glibc, mostBytes)).includes(oldestGlibc)) throw lacking(`its glibc is older than ${oldestGlibc.slice(6)}`);
}

async function libraryAt(root: string, name: string): Promise<string | undefined> {
  for (const folder of libraryFolders) {
    const found = await seenFrom(root, join(folder, name));
    if (found) return found;
  }
  return undefined;
}

const lacking = (what: string): Failure =>
  new Failure('REJECTED', `The program would not run on this node, so nothing was written: ${what}.`, {
    remedy: 'It needs /bin/sh, and the libraries that Node needs (glibc, libstdc++). Where a node has none, see docs/kubelet.md.',
  });
