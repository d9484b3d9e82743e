import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/contract/secret.ts';
import { createLog } from '../../src/io/log.ts';
import { createTail } from '../../src/io/tail.ts';

test('the last 500 lines are kept, oldest first', () => {
  const tail = createTail();
  for (let at = 1; at <= 1200; at++) tail.add(`line ${at}\n`);
  const lines = tail.lines();
  assert.deepEqual([lines.length, lines[0], lines.at(-1)], [500, 'line 701', 'line 1200']);
});

test('however long the lines are, no more than 256 Ki letters are kept, and the newest always', () => {
  const tail = createTail();
  for (let at = 0; at < 100; at++) tail.add(`${at} ${'x'.repeat(100_000)}`);
  const lines = tail.lines();
  assert.ok(lines.join('').length <= 256 * 1024);
  assert.ok(lines.length > 20, `${lines.length} beginnings`);
  assert.match(lines.at(-1) ?? '', /^99 x+\.\.\. \(\d+ letters more\)$/);
});

test('what the log keeps is JSON after the filter, whatever its format, and though nobody reads the output', () => {
  const tail = createTail();
  const password = new Secret('sesame+open/the=door');
  const broken = { write: () => assert.fail('a closed pipe') };
  const log = createLog({ to: broken, format: 'pretty', kept: tail.add });
  log.info('sent', { header: `Basic ${Buffer.from(`AWS:${password.reveal()}`).toString('base64')}`, password: password.reveal() });
  log.debug('not written');
  assert.equal(tail.lines().length, 1);
  const line = JSON.parse(tail.lines()[0] ?? '') as Record<string, unknown>;
  assert.deepEqual([line['msg'], line['password']], ['sent', '[secret]']);
  assert.match(String(line['header']), /^Basic \w{4,8}\[secret\]=?$/);
});
