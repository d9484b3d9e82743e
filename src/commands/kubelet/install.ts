import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../../contract/failures.ts';
import { statOf } from '../../io/files.ts';
import { lendFiles } from '../../io/lent-files.ts';
import { decode } from '../../kubelet/decode.ts';
import { providerConfig, yamlOf } from '../../kubelet/generate.ts';
import { filesOf, installProgram, type Program, refuseOther } from '../../kubelet/install.ts';
import { lint, providersOf } from '../../kubelet/lint.ts';
import { readProviderConfig } from '../../kubelet/read.ts';
import type { Remark } from '../../kubelet/remark.ts';
import { exit, type Io, readArgs, UsageError } from '../io.ts';
import { checked, starts } from './check.ts';
import { providerName, wishOf, wishOptions } from './config.ts';

/**
 * `kubelet install --bin-dir DIR --config PATH`: the program first, then the configuration that names it, each in one
 * step, so that a kubelet that starts meanwhile finds what it needs.
 */
export async function kubeletInstall(args: string[], io: Pick<Io, 'stdout' | 'signal'>): Promise<number> {
  const options = {
    'bin-dir': { type: 'string' },
    config: { type: 'string' },
    replace: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
  } as const;
  const { values } = readArgs(args, { ...wishOptions, ...options });
  const { 'bin-dir': binDir, config, replace, 'dry-run': isRehearsal, ...given } = values;
  if (!binDir || !config)
    throw new UsageError('--bin-dir and --config are needed: what the kubelet gets as --image-credential-provider-bin-dir and -config');
  const wish = wishOf(given);
  if (wish.name !== providerName) throw new UsageError(`--name is for \`kubelet config\`: the program is installed as ${providerName}`);
  const { minor } = wish;
  const program: Program = {
    name: providerName,
    from: dirname(await realpath(process.argv[1] ?? '')),
    node: await realpath(process.execPath),
  };
  const file = await fileIn(config);
  const others = replace ? 'replaced' : 'refused';
  const text = await textFor({ file, config, minor, signal: io.signal, others, given }, yamlOf(providerConfig(wish)));
  if (others === 'refused') await refuseOther(join(binDir, providerName));
  const say = (line: string): void => void io.stdout.write(`${line}\n`);
  if (isRehearsal) {
    const files = await filesOf(program);
    say(`would put ${providerName}, ${files.length - 1} files behind it and ${program.node} into ${binDir}`);
    say(`would write ${file}:\n${text}`);
    return exit.ok;
  }
  const { folder, change } = await installProgram(program, binDir, works, others).catch(unwritable(binDir));
  say(change === 'installed' ? `installed: ${join(binDir, providerName)}, in ${folder}` : `unchanged: ${join(binDir, providerName)}`);
  const written = await lendFiles({ writes: 'allowed' }).update(file, () => text, { signal: io.signal, mode: 0o600 });
  say(`${written}: ${file}`);
  const { remarks } = await checked(config, minor, binDir);
  for (const { where, path, text: remark } of remarks) say(`${where} ${path} ${remark}`);
  if (!starts(remarks)) return exit.failed;
  say(
    `Start the kubelet with --image-credential-provider-bin-dir=${binDir} --image-credential-provider-config=${config}; it reads both at its start only.`,
  );
  return exit.ok;
}

const isFolder = (path: string): Promise<boolean> =>
  statOf(path).then(
    stats => stats.isDirectory(),
    () => false,
  );

/** In a folder that the kubelet reads, a file of our own. Throws REJECTED where no file can be put. */
async function fileIn(config: string): Promise<string> {
  if (await isFolder(config)) return join(config, 'ecr-courier.yaml');
  const folder = config.endsWith('/') ? config : dirname(config);
  if (config.endsWith('/') || !(await isFolder(folder)))
    throw new Failure('REJECTED', `${folder} is no folder, so no configuration can be put there.`, {
      remedy: 'Make it before, or name another one.',
    });
  return config;
}

interface Wanted {
  readonly file: string;
  readonly config: string;
  readonly minor: number;
  readonly signal: AbortSignal;
  readonly others: 'refused' | 'replaced';
  /** What of the configuration was asked for. */
  readonly given: object;
}

/**
 * What is to be written: the text that is there, where nothing else is asked for. What somebody has written is not
 * overwritten, and nothing is written that stops the kubelet. Throws REJECTED.
 */
async function textFor(wanted: Wanted, text: string): Promise<string> {
  const { file, minor, signal, others, given } = wanted;
  const there = await lendFiles({ writes: 'refused' }).read(file, { signal });
  if (there !== undefined) refuseForeign(there, file, minor);
  const isKept = there !== undefined && others === 'refused' && Object.keys(given).every(name => name === 'kubernetes');
  if (there !== undefined && others === 'refused' && !isKept && there !== text)
    throw new Failure('REJECTED', `${file} is there already, and differs from what would be written.`, {
      remedy: 'Change it by hand, or let it be replaced with --replace. Without options for its content it stays as it is.',
    });
  const chosen = isKept ? there : text;
  const stop = (await foreseen(wanted, chosen)).find(({ level }) => level === 'stops');
  if (stop)
    throw new Failure(
      'REJECTED',
      `The kubelet of Kubernetes 1.${minor} would not start: ${[stop.where, stop.path, stop.text].filter(Boolean).join(' ')}.`,
      {
        remedy: 'Nothing was written. Mend that before.',
      },
    );
  return chosen;
}

function refuseForeign(text: string, file: string, minor: number): void {
  const names = providersOf([decode(text, file, minor)]).map(({ name }) => name);
  if (names.length === 1 && names[0] === providerName) return;
  throw new Failure(
    'REJECTED',
    `${file} is there already, and not by this command: it has ${names.join(', ') || 'no provider that could be read'}.`,
    {
      remedy: `Add the provider that \`ecr-courier kubelet config\` prints to it, or name a folder for several files in --config.`,
    },
  );
}

/** What the kubelet would say of the path when the file has this text. Throws REJECTED where another file has ours. */
async function foreseen({ file, config, minor }: Wanted, text: string): Promise<Remark[]> {
  const { files, remarks } = file === config ? { files: [], remarks: [] } : await readProviderConfig(config, minor);
  const others = files.filter(one => one.file !== file);
  const twice = providersOf(others).find(({ name }) => name === providerName);
  if (twice) throw new Failure('REJECTED', `${providerName} is configured at ${twice.where} already.`, { remedy: 'Remove it there.' });
  // A folder without a file will have one.
  const kept = files.length === 0 ? remarks.filter(({ text: said }) => !said.startsWith('has no file')) : remarks;
  return [...kept, ...lint([...others, decode(text, file, minor)], minor)];
}

/** The words of the system, for people. */
const unwritable =
  (binDir: string) =>
  (error: unknown): never => {
    if (error instanceof Failure || !(error instanceof Error) || !('code' in error)) throw error;
    throw new Failure('REJECTED', `The program cannot be put into ${binDir}: the system says ${String(error.code)}.`, {
      remedy: 'Name a folder that this user may write, with 125 MB left.',
    });
  };

/** A Node that does not run on this system, or a shell that is not there, shows before anything is replaced. */
async function works(front: string): Promise<void> {
  try {
    await promisify(execFile)(front, ['--version'], { env: { PATH: '' }, timeout: 30_000 });
  } catch (error) {
    throw new Failure('REJECTED', `The program does not run here, so nothing was replaced: ${(error as Error).message.split('\n')[0]}.`, {
      remedy: 'It needs /bin/sh, and the libraries that Node needs (glibc). Where a node has none, see docs/kubelet.md.',
    });
  }
}
