import assert from 'node:assert/strict';
import { readdir, readFile, stat, utimes } from 'node:fs/promises';
import { test } from 'node:test';
import { appendCapped } from '../../src/io/append.ts';
import { folder } from '../config/support.ts';

const most = 10_000;

test('many that append at once lose nothing when the file is moved away', async () => {
  for (let round = 0; round < 20; round++) {
    await using files = await folder({ trace: `${'x'.repeat(most - 5)}\n` });
    const lines = Array.from({ length: 40 }, (_, at) => `line ${at} of them`);
    await Promise.all(lines.map(line => appendCapped(files.at('trace'), `${line}\n`, most)));
    const texts = await Promise.all(['trace', 'trace.1'].map(name => readFile(files.at(name), 'utf8').catch(() => '')));
    const found = texts.join('').split('\n');
    for (const line of lines) assert.ok(found.includes(line), `${line} is lost`);
    assert.ok(found.includes('x'.repeat(most - 5)), 'the lines before');
    assert.ok(!(await readdir(files.path)).includes('trace.lock'));
  }
});

test('a lock that a killed process left behind is removed', async () => {
  await using files = await folder({ trace: 'x'.repeat(most), 'trace.lock': '' });
  await utimes(files.at('trace.lock'), 1_700_000_000, 1_700_000_000);
  await appendCapped(files.at('trace'), 'one\n', most);
  await appendCapped(files.at('trace'), 'two\n', most);
  assert.equal(await readFile(files.at('trace'), 'utf8'), 'two\n');
  assert.equal((await stat(files.at('trace.1'))).size, most + 4);
});
