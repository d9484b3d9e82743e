import { promisify } from 'node:util';
import { statOf } from '../../io/files.ts';
import { runProgram, unstarted } from '../../io/program.ts';
import { withoutKeys } from '../sources/masked.ts';
import { programOf, wordsOf } from './command-line.ts';

type Env = Readonly<Record<string, string | undefined>>;

export const shell = '/bin/sh';

/**
 * Lets the SDK run credential processes as we run them. It would start a shell, which an image may not have; leave the
 * input open, so that a process that reads it waits for ever; and hand over all our variables, keys of managers among
 * them.
 */
export function useOwnCommands(env: Env, interceptor: Pick<typeof import('./sdk.ts').externalDataInterceptor, 'interceptToken'>): void {
  const run = async (line: string): Promise<{ stdout: string }> => {
    const output = await runCommand(line, env);
    if (isJson(output.stdout)) return output;
    throw new Error(`credential_process failed: what ${programOf(line)} wrote is ${output.stdout.trim() ? 'no JSON' : 'empty'}`);
  };
  // The SDK calls `promisify` on it.
  const exec = Object.assign(() => undefined, { [promisify.custom]: run });
  interceptor.interceptToken('exec', exec);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs a line of `credential_process` and takes what it writes. Throws an error whose message holds nothing of the line
 * but the program.
 */
export async function runCommand(line: string, env: Env, shellAt = shell): Promise<{ stdout: string }> {
  const hasShell = await isThere(shellAt);
  const words = wordsOf(line);
  if (!hasShell && typeof words === 'string') throw new Error(needsShell(words, shellAt));
  const [program = '', ...args] = hasShell || typeof words === 'string' ? [shellAt, '-c', line] : words;
  return await outputOf(program, args, env);
}

/** Why a line cannot be run here; undefined when it can, as far as one can see without running it. */
export async function cannotRun(line: string): Promise<string | undefined> {
  const words = wordsOf(line);
  return typeof words === 'string' && !(await isThere(shell)) ? needsShell(words, shell) : undefined;
}

/** `what`: whose line it is. */
export const needsShell = (sign: string, shellAt: string, what = 'credential_process'): string =>
  `${what} needs a shell, because its line holds ${sign}, and there is no ${shellAt} here (the image has none). ` +
  'Name a program and its arguments alone, without variables, pipes and ~';

export const isThere = (path: string): Promise<boolean> =>
  statOf(path).then(
    () => true,
    () => false,
  );

async function outputOf(program: string, args: readonly string[], env: Env): Promise<{ stdout: string }> {
  const failed = (why: string): Error => new Error(`credential_process failed: ${why}`);
  const ended = await runProgram(program, args, env).catch((error: NodeJS.ErrnoException) => {
    throw failed(unstarted(program, error));
  });
  const { stdout, stderr, badEnd } = ended;
  if (badEnd) throw failed([withoutKeys(stderr.trim()), `(${badEnd})`].filter(Boolean).join(' '));
  return { stdout: stdout.replace(/^\uFEFF/, '') };
}
