import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { built } from '../../built.ts';

/** The programs that clients start, built as a release builds them. */
export interface Programs extends AsyncDisposable {
  readonly folder: string;
}

export async function buildPrograms(): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), 'courier-pull-'));
  await cp(await built(), folder, { recursive: true });
  // Uses this Node, whatever Node is on PATH.
  await symlink(process.execPath, join(folder, 'node'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

export interface Started {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Runs one of the programs. */
export type Program = (
  args: readonly string[],
  given: { readonly env: Readonly<Record<string, string>>; readonly stdin: string },
) => Promise<Started>;

/** Runs a program with exactly this environment, and kills it after 20 s. */
export async function start(
  file: string,
  args: readonly string[],
  { env, stdin }: { readonly env: Readonly<Record<string, string>>; readonly stdin: string },
): Promise<Started> {
  const began = performance.now();
  const child = spawn(file, args, {
    env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, ...env },
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  child.stdin.on('error', () => undefined).end(stdin);
  const [exit] = (await once(child, 'close')) as [number | null];
  return { exit, ...said, ms: performance.now() - began };
}
