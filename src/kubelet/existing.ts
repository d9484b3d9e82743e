import { Failure } from '../contract/failures.ts';
import { lendFiles } from '../io/lent-files.ts';
import { decode } from './decode.ts';
import { providerName } from './generate.ts';
import { lint, providersOf } from './lint.ts';
import { readProviderConfig } from './read.ts';
import type { Remark } from './remark.ts';

/** The file to write, and how to write it. */
interface Wanted {
  readonly file: string;
  readonly config: string;
  readonly minor: number;
  readonly signal: AbortSignal;
  readonly others: 'refused' | 'replaced';
  /** The options for the content that were given. */
  readonly given: object;
}

/**
 * The text to write. It is the existing text if no other content is asked for. A file that this command did not write
 * is not overwritten, and nothing is written that stops the kubelet. Throws REJECTED.
 */
export async function textFor(wanted: Wanted, text: string): Promise<string> {
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
      { remedy: 'Nothing was written. Fix that first.' },
    );
  return chosen;
}

function refuseForeign(text: string, file: string, minor: number): void {
  const names = providersOf([decode(text, file, minor)]).map(({ name }) => name);
  if (names.length === 1 && names[0] === providerName) return;
  throw new Failure(
    'REJECTED',
    `${file} exists already, and this command did not write it: it has ${names.join(', ') || 'no provider that could be read'}.`,
    { remedy: 'Add the provider that `ecr-courier kubelet config` prints to it, or name a folder for several files in --config.' },
  );
}

/** The kubelet's remarks on the path if the file had this text. Throws REJECTED where another file has our provider. */
async function foreseen({ file, config, minor }: Wanted, text: string): Promise<Remark[]> {
  const { files, remarks } = file === config ? { files: [], remarks: [] } : await readProviderConfig(config, minor);
  const others = files.filter(one => one.file !== file);
  const twice = providersOf(others).find(({ name }) => name === providerName);
  if (twice) throw new Failure('REJECTED', `${providerName} is configured at ${twice.where} already.`, { remedy: 'Remove it there.' });
  return [...remarks, ...lint([...others, decode(text, file, minor)], minor)];
}
