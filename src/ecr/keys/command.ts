import { promisify } from 'node:util';
import { clock } from '../../contract/clock.ts';
import { inTime } from '../../io/dial.ts';
import { statOf } from '../../io/files.ts';
import { runProgram, unstarted } from '../../io/program.ts';
import { withoutKeys } from '../sources/masked.ts';
import { programOf, wordsOf } from './command-line.ts';

type Env = Readonly<Record<string, string | undefined>>;

export const shell = '/bin/sh';

/**
 * Makes the SDK run credential processes in our way. It would start a shell, which an image may not have; leave stdin
 * open, so that a process that reads it waits forever; and hand over all our variables, keys of managers among them.
 */
export function useOwnCommands(env: Env, interceptor: Pick<typeof import('./sdk.ts').externalDataInterceptor, 'interceptToken'>): void {
  const run = async (line: string): Promise<{ stdout: string }> => {
    const output = await runCommand(line, env);
    const wrong = wrongOutput(output.stdout);
    if (wrong) throw new Error(`credential_process failed: what ${programOf(line)} wrote ${wrong}`);
    return output;
  };
  // The SDK calls `promisify` on it.
  const exec = Object.assign(() => undefined, { [promisify.custom]: run });
  interceptor.interceptToken('exec', exec);
}

/**
 * Why the output of a credential process holds no keys (AWS CLI user guide, Sourcing credentials with an external
 * process). undefined: it holds keys.
 */
function wrongOutput(text: string): string | undefined {
  if (text.trim() === '') return 'is empty';
  const keys = asJson(text);
  if (keys === undefined) return 'is not JSON';
  if (keys?.Version !== 1) return 'has no "Version": 1';
  const missing = (['AccessKeyId', 'SecretAccessKey'] as const).filter(name => !keys[name]);
  if (missing.length > 0) return `has no ${missing.join(' and no ')}`;
  const { Expiration: end } = keys;
  if (end === undefined || end === null || end === '') return undefined;
  if (typeof end !== 'string') return 'has an Expiration that is not a time';
  const endsAt = Date.parse(end);
  if (Number.isNaN(endsAt)) return 'has an Expiration that is not a time';
  // The SDK would read the time in the time zone of this machine (findings/aws-process-expiration-zone.sh).
  if (!/(Z|[+-]\d\d:?\d\d)$/i.test(end)) return 'has an Expiration without a time zone: 2031-01-02T03:04:05Z has one';
  return endsAt < clock.wall() ? 'holds keys that have expired' : undefined;
}

type Written = { readonly [K in 'Version' | 'AccessKeyId' | 'SecretAccessKey' | 'Expiration']?: unknown } | null;

function asJson(text: string): Written | undefined {
  try {
    return JSON.parse(text) as Written;
  } catch {
    return undefined;
  }
}

/**
 * Runs a line of `credential_process` and returns its output. Throws an error whose message holds nothing of the line
 * but the program.
 */
export async function runCommand(line: string, env: Env, shellAt = shell, mostMs?: number): Promise<{ stdout: string }> {
  const hasShell = await isThere(shellAt);
  const words = wordsOf(line);
  if (!hasShell && typeof words === 'string') throw new Error(needsShell(words, shellAt));
  const [program = '', ...args] = hasShell || typeof words === 'string' ? [shellAt, '-c', line] : words;
  return await outputOf(program, args, env, mostMs);
}

/** Why a line cannot be run here. undefined: it can, as far as one can see without running it. */
export async function cannotRun(line: string): Promise<string | undefined> {
  const words = wordsOf(line);
  return typeof words === 'string' && !(await isThere(shell)) ? needsShell(words, shell) : undefined;
}

/** The message for a line that needs a shell. `what` names the setting that holds the line. */
export const needsShell = (sign: string, shellAt: string, what = 'credential_process'): string =>
  `${what} needs a shell, because its line holds ${sign}, and there is no ${shellAt} here (the image has none). ` +
  'Name a program and its arguments alone, without variables, pipes and ~';

export const isThere = (path: string): Promise<boolean> =>
  statOf(path).then(
    () => true,
    () => false,
  );

/** How long a process may take, in milliseconds. Several fetches may wait for it; then it is stopped for good. */
const longestMs = 120_000;

async function outputOf(program: string, args: readonly string[], env: Env, mostMs = longestMs): Promise<{ stdout: string }> {
  const failed = (why: string): Error => new Error(`credential_process failed: ${why}`);
  const late = failed(`it did not end within ${mostMs / 1000} s and was stopped`);
  const running = inTime(
    mostMs,
    () => late,
    async signal => {
      const ended = await runProgram(program, args, env, signal);
      if (signal.aborted) throw late;
      return ended;
    },
  );
  const { stdout, stderr, badEnd } = await running.catch((error: NodeJS.ErrnoException) => {
    throw error === late ? late : failed(unstarted(program, error));
  });
  const said = withoutKeys(stderr.trim());
  if (badEnd) throw said ? failed(`${said} (${badEnd})`) : new Error(`credential_process failed (${badEnd}), and does not say why`);
  return { stdout: stdout.replace(/^\uFEFF/, '') };
}
