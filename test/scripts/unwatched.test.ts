import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder } from '../config/support.ts';

const unwatched = join(import.meta.dirname, '../unwatched.cjs');

test('an error that escapes from a test fails the run, though nobody watches promises', async () => {
  const head = `import { test } from 'node:test';\n`;
  const waits = `test('waits', () => new Promise(resolve => setTimeout(resolve, 30)));\n`;
  await using files = await folder({
    'rejected.test.mjs': `${head}test('it', () => void setTimeout(() => void Promise.reject(new Error('escaped one')), 5));\n${waits}`,
    'thrown.test.mjs': `${head}test('it', () => void setTimeout(() => { throw new Error('escaped two'); }, 5));\n${waits}`,
    'fine.test.mjs': `${head}import { createHook } from 'node:async_hooks';
let seen = 0;
createHook({ init: () => void seen++ }).enable();
test('others may watch', async () => { await null; if (seen === 0) throw new Error('nothing was seen'); });\n`,
    'without-stacks.test.mjs': `${head}import { executionAsyncId } from 'node:async_hooks';
Error.stackTraceLimit = 0;
test('promises have no ids', async () => { await null; if (executionAsyncId() !== 0) throw new Error('they are watched'); });\n`,
  });
  const run = (name: string) =>
    spawnSync(process.execPath, ['-r', unwatched, '--test', '--test-reporter=tap', files.at(name)], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });
  for (const [name, words] of [
    ['rejected.test.mjs', /escaped one/],
    ['thrown.test.mjs', /escaped two/],
  ] as const) {
    const { status, stdout } = run(name);
    assert.equal(status, 1, stdout);
    assert.match(stdout, words);
  }
  for (const name of ['fine.test.mjs', 'without-stacks.test.mjs']) {
    const { status, stdout } = run(name);
    assert.equal(status, 0, stdout);
  }
});
