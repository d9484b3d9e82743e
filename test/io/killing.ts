import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const writer = join(import.meta.dirname, 'writer.ts');

/**
 * Starts a process that writes the file in a loop, and kills it at a random moment of its work. `random` returns
 * numbers from 0 to 1.
 */
export async function killWhileWriting(path: string, random: () => number): Promise<void> {
  const child = spawn(process.execPath, [writer, 'loop', path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), exited]);
  await wait(random() * 20);
  child.kill('SIGKILL');
  const [, signal] = (await exited) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL', 'it wrote until it was killed');
}

/** Asserts that the file holds one of the two texts in full, and returns its letter. */
export async function assertWhole(path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  assert.equal(text.length, 300_000, 'the file is whole');
  const [letter = ''] = text;
  assert.ok(text === letter.repeat(300_000) && (letter === 'a' || letter === 'b'), 'it is one of the two texts');
  return letter;
}

/** The temporary files that killed processes have left in the folder. */
export const leftBeside = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter(name => name.endsWith('.ecr-courier'));
