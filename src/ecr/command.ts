import { spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { statOf } from '../io/files.ts';
import { programOf, wordsOf } from './command-line.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Of what a credential process writes. A set of keys is below 10 kB. */
const mostBytes = 1024 * 1024;
const shell = '/bin/sh';

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

const needsShell = (sign: string, shellAt: string): string =>
  `credential_process needs a shell, because its line holds ${sign}, and there is no ${shellAt} here (the image has none). ` +
  'Name a program and its arguments alone, without variables, pipes and ~';

const isThere = (path: string): Promise<boolean> =>
  statOf(path).then(
    () => true,
    () => false,
  );

function outputOf(program: string, args: readonly string[], env: Env): Promise<{ stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = [taking(child.stdout), taking(child.stderr)];
    const failed = (why: string): void => reject(new Error(`credential_process failed: ${why}`));
    child.on('error', ({ code }: NodeJS.ErrnoException) =>
      failed(code === 'ENOENT' ? `there is no program ${program}` : `${program} cannot be run (${code})`),
    );
    child.on('close', (status, signal) => {
      if (status !== 0) return failed([withoutKeys(stderr().trim()), `(${signal ?? `exit status ${status}`})`].filter(Boolean).join(' '));
      if (stdout().length > mostBytes) return failed('it wrote more than 1 MiB');
      resolve({ stdout: stdout().replace(/^\uFEFF/, '') });
    });
  });
}

/**
 * A program that fails may print the keys that it has just been given. Access key ids stay: they say which key it was.
 */
function withoutKeys(said: string): string {
  const looksLikeKey = (run: string) =>
    run.length >= 32 && [/[a-z]/, /[A-Z]/, /[0-9]/].every(kind => kind.test(run)) && !run.startsWith('/');
  return said.replace(/[A-Za-z0-9+/_-]+={0,2}/g, run => (looksLikeKey(run) ? '[secret]' : run));
}

/** Takes what a stream gives, and no more than one byte too many. */
function taking(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    if (length <= mostBytes) chunks.push(chunk);
    length += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8', 0, mostBytes + 1);
}
