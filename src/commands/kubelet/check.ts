import { executableRemarks } from '../../kubelet/executable.ts';
import { newestKnown } from '../../kubelet/fields.ts';
import { lint, type Provider, providersOf } from '../../kubelet/lint.ts';
import { noFileIn, readProviderConfig } from '../../kubelet/read.ts';
import type { Remark } from '../../kubelet/remark.ts';
import { exit, type Io, readArgs, UsageError } from '../io.ts';

const words: Readonly<Record<Remark['level'], string>> = {
  stops: 'STOPS THE KUBELET',
  never: 'NEVER WORKS',
  note: 'note',
};

/**
 * `kubelet check PATH`: reports what the kubelet rejects in a CredentialProviderConfig, and what it silently ignores.
 */
export async function kubeletCheck(args: string[], io: Pick<Io, 'env' | 'stdout'>): Promise<number> {
  const { values, positionals } = readArgs(
    args,
    { kubernetes: { type: 'string' }, 'bin-dir': { type: 'string' }, json: { type: 'boolean' } },
    { allowPositionals: true },
  );
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new UsageError('one file or folder is needed');
  const minor = minorOf(values.kubernetes);
  const { providers, remarks } = await checked(path, minor, values['bin-dir'], io.env['PATH']);
  if (values.json) io.stdout.write(`${JSON.stringify({ kubeletStarts: starts(remarks), remarks })}\n`);
  else io.stdout.write(`${[...remarks.map(line), summary(providers, remarks, minor)].join('\n')}\n`);
  if (!starts(remarks)) return exit.failed;
  return remarks.some(({ level }) => level === 'never') ? exit.partly : exit.ok;
}

/**
 * Checks a file or folder, and the executables if their folder is given. `searched`: the PATH that is searched for
 * Node.
 */
export async function checked(
  path: string,
  minor: number,
  binDir?: string,
  searched = '',
): Promise<{ readonly providers: readonly Provider[]; readonly remarks: readonly Remark[] }> {
  const { files, remarks } = await readProviderConfig(path, minor);
  const providers = providersOf(files);
  const executables =
    binDir === undefined ? [] : await Promise.all(providers.map(provider => executableRemarks(provider, binDir, searched)));
  const found = files.length === 0 ? [noFileIn(path)] : lint(files, minor);
  return { providers, remarks: [...remarks, ...found, ...executables.flat()] };
}

export const starts = (remarks: readonly Remark[]): boolean => !remarks.some(({ level }) => level === 'stops');

/** The minor number of a version such as 1.33 or v1.33.4. */
export function minorOf(version: string | undefined): number {
  if (version === undefined) return newestKnown;
  const minor = /^v?1\.(\d{1,3})(\.\S*)?$/.exec(version)?.[1];
  if (minor === undefined) throw new UsageError(`${version} is not a version of Kubernetes: 1.33 is one`);
  return Number(minor);
}

const line = ({ level, where, path, text }: Remark): string => `${words[level]}  ${where}${path ? `  ${path}` : ''}  ${text}`;

function summary(providers: readonly Provider[], remarks: readonly Remark[], minor: number): string {
  if (!starts(remarks)) return `the kubelet of Kubernetes 1.${minor} does not start with this`;
  const names = providers.map(({ name }) => name).join(', ');
  return `the kubelet of Kubernetes 1.${minor} starts with ${providers.length === 1 ? 'one provider' : `${providers.length} providers`}: ${names}`;
}
