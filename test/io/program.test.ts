import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { until } from '../commands/cli.ts';

const sources = new URL('../../src/', import.meta.url).href;

test('a program that is under way does not outlive the process that has started it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'courier-'));
  try {
    const file = join(folder, 'pid');
    const script = `
      import { existsSync, statSync } from 'node:fs';
      import { runProgram } from '${sources}io/program.ts';
      const signal = new AbortController().signal;
      void runProgram('sh', ['-c', 'echo $$ > "$0"; exec sleep 1000', ${JSON.stringify(file)}], process.env, signal);
      setInterval(() => existsSync(${JSON.stringify(file)}) && statSync(${JSON.stringify(file)}).size > 0 && process.exit(), 10);
    `;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const pid = Number(await readFile(file, 'utf8'));
    assert.ok(pid > 0);
    await until(() => !isAlive(pid), 'it has ended as well');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A dead process remains until its parent has noticed, and its parent here may be one that never does.
    return !/^State:\s*Z/m.test(process.getBuiltinModule('fs').readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
