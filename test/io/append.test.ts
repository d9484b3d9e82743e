import assert from 'node:assert/strict';
import { readdir, readFile, stat, utimes } from 'node:fs/promises';
import { test } from 'node:test';
import { appendCapped } from '../../src/io/append.ts';
import { folder } from '../config/support.ts';

const most = 10_000;
const manner = { mostBytes: most, begins: 'line ' };
const long = 'line '.padEnd(most - 5, 'x');

test('many that append at once lose nothing when the file is moved away', async () => {
  for (let round = 0; round < 20; round++) {
    await using files = await folder({ trace: `${long}\n` });
    const lines = Array.from({ length: 40 }, (_, at) => `line ${at} of them`);
    await Promise.all(lines.map(line => appendCapped(files.at('trace'), `${line}\n`, manner)));
    const texts = await Promise.all(['trace', 'trace.1'].map(name => readFile(files.at(name), 'utf8').catch(() => '')));
    const found = texts.join('').split('\n');
    for (const line of lines) assert.ok(found.includes(line), `${line} is lost`);
    assert.ok(found.includes(long), 'the lines before');
    assert.ok(!(await readdir(files.path)).includes('trace.lock'));
  }
});

test('a lock that a killed process left behind is removed', async () => {
  await using files = await folder({ trace: 'line '.padEnd(most, 'x'), 'trace.lock': '' });
  await utimes(files.at('trace.lock'), 1_700_000_000, 1_700_000_000);
  await appendCapped(files.at('trace'), 'line 1\n', manner);
  await appendCapped(files.at('trace'), 'line 2\n', manner);
  assert.equal(await readFile(files.at('trace'), 'utf8'), 'line 2\n');
  assert.equal((await stat(files.at('trace.1'))).size, most + 7);
});

test('a file of somebody else is neither written nor moved', async () => {
  await using files = await folder({ log: 'Nov 30 01:02:03 host'.padEnd(most, 'x'), short: 'N', begun: 'li' });
  for (const name of ['log', 'short']) await assert.rejects(appendCapped(files.at(name), 'line 1\n', manner), { code: 'FOREIGN' }, name);
  await appendCapped(files.at('begun'), 'line 1\n', manner);
  assert.deepEqual((await readdir(files.path)).sort(), ['begun', 'log', 'short']);
});
