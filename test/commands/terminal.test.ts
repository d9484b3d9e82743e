import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colors, isCapable } from '../../src/commands/terminal.ts';
import { createLog } from '../../src/io/log.ts';

const sink = (isTTY: boolean) => ({ isTTY, write: () => true });

test('colours: on a terminal that knows them, unless somebody says otherwise', () => {
  for (const [isTTY, env, expected] of [
    [true, {}, true],
    [true, { TERM: 'xterm-256color' }, true],
    [true, { TERM: 'dumb' }, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, {}, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '3', NO_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: 'false' }, false],
    [true, { FORCE_COLOR: '' }, true],
    [true, { FORCE_COLOR: 'true', TERM: 'dumb' }, true],
  ] as const)
    assert.equal(colors(sink(isTTY), env), expected, JSON.stringify([isTTY, env]));
  assert.equal(isCapable(sink(true), { TERM: 'dumb' }), false, 'no line is replaced there either');
});

test('a pretty log is coloured as it is told, on a terminal or not', () => {
  for (const [color, expected] of [
    [true, true],
    [false, false],
    [undefined, false],
  ] as const) {
    let said = '';
    const to = { isTTY: false, write: (text: string) => void (said += text) };
    createLog({ to, format: 'pretty', ...(color !== undefined && { color }) }).info('started');
    assert.equal(said.includes('\u001b['), expected, `${color}`);
  }
});
