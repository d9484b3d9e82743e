import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openMemory } from '../../src/io/memory-file.ts';
import { until } from '../commands/cli.ts';

test('a text outlives its writer, for its owner alone; without a place nothing is kept', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'memory-'));
  try {
    const directory = join(folder, 'kept');
    const memory = openMemory('verified.json', () => directory);
    assert.equal(await memory.recall(), undefined);
    memory.remember('{"a":1}');
    await until(async () => (await memory.recall()) === '{"a":1}', 'the text');
    assert.equal((await stat(join(directory, 'verified.json'))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(directory), ['verified.json']);
    const none = openMemory('verified.json', () => undefined);
    none.remember('x');
    assert.equal(await none.recall(), undefined);
    // No file is written into a directory that others can write to.
    await chmod(directory, 0o777);
    openMemory('other.json', () => directory).remember('x');
    openMemory('other.json', () => join(directory, 'verified.json')).remember('x');
    memory.remember('y');
    await new Promise(resolve => setTimeout(resolve, 50));
    assert.deepEqual(await readdir(directory), ['verified.json']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
