import { execFile } from 'node:child_process';
import { access, constants, lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../../contract/failures.ts';
import { lendFiles } from '../../io/lent-files.ts';
import { textFor } from '../../kubelet/existing.ts';
import { providerConfig, providerName, yamlOf } from '../../kubelet/generate.ts';
import { filesOf, installProgram, type Program, refuseOther } from '../../kubelet/install.ts';
import { demandSystem, seenFrom } from '../../kubelet/node-system.ts';
import { isFolder } from '../../kubelet/read.ts';
import { exit, type Io, readArgs, UsageError } from '../io.ts';
import { checked, starts } from './check.ts';
import { wishOf, wishOptions } from './config.ts';

/**
 * `kubelet install --bin-dir DIR --config PATH`: installs the program and then the configuration that names it, each
 * atomically, so that a kubelet that starts meanwhile finds both complete. With `--root`, the paths are those of a node
 * whose file system is mounted there, as in a DaemonSet.
 */
export async function kubeletInstall(args: string[], io: Pick<Io, 'stdout' | 'signal'>): Promise<number> {
  const options = {
    'bin-dir': { type: 'string' },
    config: { type: 'string' },
    replace: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    root: { type: 'string' },
  } as const;
  const { values } = readArgs(args, { ...wishOptions, ...options });
  const { 'bin-dir': dir, config: path, replace, 'dry-run': isRehearsal, root, ...given } = values;
  if (!dir || !path)
    throw new UsageError('--bin-dir and --config are needed: what the kubelet gets as --image-credential-provider-bin-dir and -config');
  // The kubelet would resolve relative paths against its own working directory.
  const [binDir, config] = [dir, path].map(one => whole(one, root === undefined ? '.' : '/')) as [string, string];
  const wish = wishOf(given);
  if (wish.name !== providerName) throw new UsageError(`--name is for \`kubelet config\`: the program is installed as ${providerName}`);
  const { minor } = wish;
  const program: Program = {
    name: providerName,
    from: dirname(await realpath(process.argv[1] ?? '')),
    node: await realpath(process.execPath),
  };
  if (root !== undefined) await demandSystem(root);
  const here = await placesIn(root, { binDir, config });
  const file = await fileIn(here.config);
  const others = replace ? 'replaced' : 'refused';
  const text = await textFor({ file, config: here.config, minor, signal: io.signal, others, given }, yamlOf(providerConfig(wish)));
  if (others === 'refused') await refuseOther(join(here.binDir, providerName));
  const say = (line: string): void => void io.stdout.write(`${line}\n`);
  if (isRehearsal) {
    const files = await filesOf(program);
    await demandWritable(here.binDir).catch(unwritable(here.binDir));
    await lendFiles({ writes: 'refused' }).rehearse(file, () => text, { signal: io.signal, mode: 0o600 });
    say(`would put ${providerName}, ${files.length - 1} files behind it and ${program.node} into ${binDir}`);
    say(`would write ${file}:\n${text}`);
    return exit.ok;
  }
  const { folder, change } = await installProgram(program, here.binDir, root === undefined ? works : untried, others).catch(
    unwritable(here.binDir),
  );
  say(
    change === 'installed'
      ? `installed: ${join(here.binDir, providerName)}, in ${folder}`
      : `unchanged: ${join(here.binDir, providerName)}`,
  );
  const written = await lendFiles({ writes: 'allowed' }).update(file, () => text, { signal: io.signal, mode: 0o600 });
  say(`${written}: ${file}`);
  const { remarks } = await checked(here.config, minor, here.binDir);
  for (const { where, path, text: remark } of remarks) say(`${where} ${path} ${remark}`);
  if (!starts(remarks)) return exit.failed;
  say(
    `Start the kubelet with --image-credential-provider-bin-dir=${binDir} --image-credential-provider-config=${config}; it reads both at its start only.`,
  );
  return exit.ok;
}

/** The absolute path. A trailing slash stays, because it marks a folder. */
const whole = (path: string, from: string): string => `${resolve(from, path)}${/[^/]\/$/.test(path) ? '/' : ''}`;

/** Throws the system's error if the folder, or its nearest existing parent, is not writable. */
async function demandWritable(folder: string): Promise<void> {
  await access(folder, constants.W_OK | constants.X_OK).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || folder === dirname(folder)) throw error;
    await demandWritable(dirname(folder));
  });
}

/** Translates paths of the node to paths below `root`, where its file system is mounted. */
async function placesIn(root: string | undefined, node: { readonly binDir: string; readonly config: string }): Promise<typeof node> {
  if (root === undefined) return node;
  const at = async (path: string): Promise<string> =>
    (await seenFrom(root, path)) ?? join((await seenFrom(root, dirname(path))) ?? join(root, dirname(path)), basename(path));
  return { binDir: await at(node.binDir), config: await at(node.config) };
}

/** The file to write: our own one if the kubelet reads a folder. Throws REJECTED if no file can be put there. */
async function fileIn(config: string): Promise<string> {
  if (await isFolder(config)) return join(config, 'ecr-courier.yaml');
  const folder = config.endsWith('/') ? config : dirname(config);
  if (config.endsWith('/') || !(await isFolder(folder)))
    throw new Failure('REJECTED', `${folder} ${await whatIs(folder)}, so no configuration can be put there.`, {
      remedy: 'Make it before, or name another one.',
    });
  return config;
}

const whatIs = (path: string): Promise<string> =>
  lstat(path).then(
    () => 'is not a folder',
    () => 'does not exist',
  );

/** Explanations of system error codes. */
const words: Readonly<Record<string, string>> = {
  EEXIST: 'it, or what is above it, is not a folder',
  ENOTDIR: 'it, or what is above it, is not a folder',
  ENOENT: 'it cannot be made',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
};
const unwritable =
  (binDir: string) =>
  (error: unknown): never => {
    if (error instanceof Failure || !(error instanceof Error) || !('code' in error)) throw error;
    const code = String(error.code);
    const why = words[code] ?? `the system says ${code}`;
    throw new Failure('REJECTED', `The program cannot be put into ${binDir}: ${why}.`, {
      remedy: 'Name a folder that this user may write, with 125 MB left.',
    });
  };

/** Skips the trial run: a program for another root was inspected there, and may not run here. */
const untried = (): Promise<void> => Promise.resolve();

/**
 * Runs the program once before anything is replaced, which shows a missing shell or a Node that does not start here.
 */
async function works(front: string): Promise<void> {
  try {
    await promisify(execFile)(front, ['--version'], { env: { PATH: '' }, timeout: 30_000 });
  } catch (error) {
    throw new Failure('REJECTED', `The program does not run here, so nothing was replaced: ${(error as Error).message.split('\n')[0]}.`, {
      remedy: 'It needs /bin/sh, and the libraries that Node needs (glibc). Where a node has none, see docs/kubelet.md.',
    });
  }
}
