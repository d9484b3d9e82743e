import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';

/** Folders with our code and our packages: several in a source tree, a single one in a build. */
const ownFolders = (main: string): string[] => [main, ...['config', 'adapters', 'node_modules'].map(name => join(main, '..', name))];

/** The files of a stack, innermost first, without Node's own. */
function filesOf(thrown: unknown): string[] {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const lines = stack.split('\n').filter(line => /^\s+at /.test(line));
  return lines.flatMap(line => {
    const [, file] = /((?:file:\/\/)?\/[^()]*?):\d+:\d+\)?$/.exec(line) ?? [];
    return file ? (file.startsWith('file:') ? fileURLToPath(file) : file) : [];
  });
}

const isOwn = (file: string, main: string): boolean => ownFolders(main).some(folder => file.startsWith(join(folder, '/')));

/**
 * Whether our own code threw the error. An error without a file in its stack is not ours: it is, for example, that of a
 * socket without an error listener, and all our sockets have one. main: the folder of the executable.
 */
export function isOurs(thrown: unknown, main: string): boolean {
  const [file] = filesOf(thrown);
  return file !== undefined && isOwn(file, main);
}

/** The first file of the stack that is not ours. */
export const foreignFile = (thrown: unknown, main: string): string | undefined => filesOf(thrown).find(file => !isOwn(file, main));

/** A repeated error is logged once in this time, in milliseconds. */
const repeatMs = 60_000;
/** The number of distinct errors that are remembered. */
const mostKnown = 100;

/** Logs uncaught errors of third-party adapters, with the module if the stack names one. */
export function strayLog(log: Log, clock: Pick<Clock, 'mono'>): (thrown: unknown, module: string | undefined) => void {
  const told = new Map<string, number>();
  return (thrown, module) => {
    const error = textOf(thrown);
    const now = clock.mono();
    if (now - (told.get(error) ?? Number.NEGATIVE_INFINITY) < repeatMs) return;
    if (told.size >= mostKnown) told.clear();
    told.set(error, now);
    log.error('adapter failed unheard', {
      code: 'UNEXPECTED',
      error,
      module,
      remedy:
        'An adapter of ECR_COURIER_ADAPTERS threw this in a timer, an event or a promise that nobody waits for. Report it to its authors.',
    });
  };
}

/** The text of a thrown value, which may have none. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something without a readable message was thrown';
  }
}
