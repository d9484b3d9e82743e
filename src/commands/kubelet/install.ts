import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../../contract/failures.ts';
import { statOf } from '../../io/files.ts';
import { lendFiles } from '../../io/lent-files.ts';
import { decode } from '../../kubelet/decode.ts';
import { providerConfig, yamlOf } from '../../kubelet/generate.ts';
import { filesOf, installProgram, type Program } from '../../kubelet/install.ts';
import { providersOf } from '../../kubelet/lint.ts';
import { exit, type Io, readArgs, UsageError } from '../io.ts';
import { checked, minorOf, starts } from './check.ts';
import { providerName, wishOf, wishOptions } from './config.ts';

/**
 * `kubelet install --bin-dir DIR --config PATH`: the program first, then the configuration that names it, each in one
 * step, so that a kubelet that starts meanwhile finds what it needs.
 */
export async function kubeletInstall(args: string[], io: Pick<Io, 'stdout' | 'signal'>): Promise<number> {
  const options = {
    'bin-dir': { type: 'string' },
    config: { type: 'string' },
    kubernetes: { type: 'string' },
    'dry-run': { type: 'boolean' },
  } as const;
  const { values } = readArgs(args, { ...wishOptions, ...options });
  const { 'bin-dir': binDir, config, kubernetes, 'dry-run': isRehearsal, ...given } = values;
  if (!binDir || !config)
    throw new UsageError('--bin-dir and --config are needed: what the kubelet gets as --image-credential-provider-bin-dir and -config');
  const wish = wishOf(given);
  if (wish.name !== providerName) throw new UsageError(`--name is for \`kubelet config\`: the program is installed as ${providerName}`);
  const minor = minorOf(kubernetes);
  const program: Program = {
    name: providerName,
    from: dirname(await realpath(process.argv[1] ?? '')),
    node: await realpath(process.execPath),
  };
  const file = await fileIn(config);
  const text = yamlOf(providerConfig(wish));
  await refuseOthers({ file, config, minor, signal: io.signal });
  const say = (line: string): void => void io.stdout.write(`${line}\n`);
  if (isRehearsal) {
    const files = await filesOf(program);
    say(`would put ${providerName}, ${files.length - 1} files behind it and ${program.node} into ${binDir}`);
    say(`would write ${file}:\n${text}`);
    return exit.ok;
  }
  const { folder, change } = await installProgram(program, binDir, works);
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

/** In a folder that the kubelet reads, a file of our own. */
const fileIn = async (config: string): Promise<string> => ((await isFolder(config)) ? join(config, 'ecr-courier.yaml') : config);

interface Wanted {
  readonly file: string;
  readonly config: string;
  readonly minor: number;
  readonly signal: AbortSignal;
}

/** What somebody else has written is not overwritten, and a name that is there twice would stop the kubelet. */
async function refuseOthers({ file, config, minor, signal }: Wanted): Promise<void> {
  const { providers } = await checked(config, minor);
  const there = await lendFiles({ writes: 'refused' }).read(file, { signal });
  if (there !== undefined) {
    const names = providersOf([decode(there, file, minor)]).map(({ name }) => name);
    if (names.length !== 1 || names[0] !== providerName)
      throw new Failure(
        'REJECTED',
        `${file} is there already, and not by this command: it has ${names.join(', ') || 'no provider that could be read'}.`,
        {
          remedy: `Add the provider that \`ecr-courier kubelet config\` prints to it, or name a folder for several files in --config.`,
        },
      );
  }
  const twice = providers.find(({ name, where }) => name === providerName && !where.startsWith(`${file}:`));
  if (twice) throw new Failure('REJECTED', `${providerName} is configured at ${twice.where} already.`, { remedy: 'Remove it there.' });
}

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
