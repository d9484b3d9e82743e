import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { Input } from '../../src/commands/io.ts';
import { built } from '../built.ts';

/** Builds the program if necessary and returns the path of the executable. */
export const executable = async (): Promise<string> => join(await built(), 'ecr-courier.js');

/** The variable of Node's compile cache, if it is set, for tests that start processes of their own. */
export const compiled: Readonly<Record<string, string>> =
  process.env['NODE_COMPILE_CACHE'] === undefined ? {} : { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] };

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** The output so far. */
  readonly said: { stdout: string; stderr: string };
  readonly ended: Promise<Ended>;
}

/**
 * Starts the executable in its own process, with no environment but PATH, the compile cache and `env`. A daemon starts
 * without its random delay.
 */
export async function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const child = spawn(process.execPath, [await executable(), ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...compiled, ...(isDaemon(args) ? { ECR_COURIER_START_SPREAD_SECONDS: '0' } : {}), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (text: Buffer) => (said.stdout += text.toString()));
  child.stderr?.on('data', (text: Buffer) => (said.stderr += text.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
  return { child, said, ended };
}

const isDaemon = ([first = 'run']: readonly string[]): boolean => first === 'run' || first.startsWith('--');

export const cli = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  await (await startCli(args, env)).ended;

/**
 * Runs a command in this process, for tests that need neither the start nor the exit of one. `said` collects its
 * output.
 */
export async function command(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdin: Input = Readable.from([]),
  said = { stdout: '', stderr: '' },
  signal = new AbortController().signal,
): Promise<Ended> {
  const { runCommand } = await import('../../src/commands/index.ts');
  const to = (name: 'stdout' | 'stderr') => ({ write: (text: string) => (said[name] += text) });
  const code = await runCommand(args, {
    env,
    stdout: to('stdout'),
    stderr: to('stderr'),
    stdin,
    signal,
    onReload: () => undefined,
    onWarning: () => undefined,
    onStray: () => undefined,
  });
  return { code, ...said };
}

/** Polls until the condition holds; fails after 20 s. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await condition()) return;
    await wait(20);
  }
  assert.fail(`waited in vain for: ${what}`);
}

/** Waits until stdout matches all of `words`. On a timeout, kills the process and fails with its output. */
export async function untilSaid({ child, said }: Started, what: string, ...words: readonly RegExp[]): Promise<void> {
  await until(() => words.every(pattern => pattern.test(said.stdout)), what).catch((error: Error) => {
    child.kill('SIGKILL');
    assert.fail(`${error.message}\n${said.stdout}${said.stderr}`);
  });
}
