import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { until } from '../commands/cli.ts';

const sources = new URL('../../src/', import.meta.url).href;

/** Starts a program in a process that then does `after`. Asserts that what the program has started ends as well. */
async function endsWith(way: { readonly signal: string; readonly after: string }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'courier-'));
  try {
    const file = join(folder, 'pid');
    const script = `
      import { existsSync, statSync } from 'node:fs';
      import { runProgram } from '${sources}io/program.ts';
      void runProgram('sh', ['-c', 'sleep 1000 & echo $! > "$0"; wait', ${JSON.stringify(file)}], process.env, ${way.signal});
      setInterval(() => existsSync(${JSON.stringify(file)}) && statSync(${JSON.stringify(file)}).size > 0 && ${way.after}, 10);
    `;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]).catch(({ signal }: { signal?: string }) => {
      assert.ok(way.after.includes(`'${signal}'`), `ended by ${signal}`);
    });
    const pid = Number(await readFile(file, 'utf8'));
    assert.ok(pid > 0);
    await until(() => !isAlive(pid), 'it has ended as well');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

for (const [ended, after] of [
  ['ends', 'process.exit()'],
  ['is interrupted', "process.kill(process.pid, 'SIGINT')"],
  ['is stopped', "process.kill(process.pid, 'SIGTERM')"],
] as const)
  for (const [how, signal] of [
    ['with a deadline', 'new AbortController().signal'],
    ['without one', 'undefined'],
  ] as const)
    test(`what a program ${how} has started does not outlive the process that ${ended}`, () => endsWith({ signal, after }));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A dead process remains until its parent has noticed, and its parent here may be one that never does.
    return !/^State:\s*Z/m.test(process.getBuiltinModule('fs').readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
