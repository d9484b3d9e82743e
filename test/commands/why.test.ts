import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { command } from './cli.ts';

const text = 'denied: Your authorization token has expired. Reauthenticate and try again.';
const given = (said: string, isTTY = {}) => Object.assign(Readable.from([said]), isTTY);

test('why explains a text from its arguments or from standard input', async () => {
  for (const [args, stdin] of [
    [[text], ''],
    [text.split(' '), ''],
    [['-'], text],
    [[], text],
  ] as const) {
    const { code, stdout } = await command(['why', ...args], {}, given(stdin));
    assert.equal(code, 0);
    assert.match(
      stdout,
      /twelve hours are over, or .*\nWhose side: .*\nWhat to do: .*\n\nLog in again.*:\n\n {2}aws ecr get-login-password/,
    );
  }
});

test('an empty standard input is told with what passes a pipe on into a container', async () => {
  for (const args of [['why', '-'], ['why']]) {
    const { code, stderr } = await command(args, {}, given('\n'));
    assert.deepEqual([code, /nothing came on standard input\. .* only with -i,/.test(stderr)], [2, true], stderr);
  }
  assert.match((await command(['why', ' '])).stderr, /the text is empty/);
});

test('why knows the core of the message about an expired token, alone and nowhere else', async () => {
  for (const core of ['authorization token has expired', '"Your authorization token has expired."\n'])
    assert.equal((await command(['why', core])).code, 0, core);
  for (const other of ['authorization token has expired for team-a', '401 authorization token has expired: log in'])
    assert.equal((await command(['why', other])).code, 1, other);
});

test('why --json prints the diagnosis itself', async () => {
  const { code, stdout } = await command(['why', '--json', text]);
  const { id, sentence, side, remedy, paste } = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal(code, 0);
  assert.equal(id, 'token-expired');
  for (const prose of [sentence, side, remedy]) assert.equal(typeof prose, 'string');
  assert.equal((paste as { kind: string }[])[0]?.kind, 'command');
});

test('a text that is not known is quoted without its secrets, and nothing is guessed', async () => {
  const { code, stdout } = await command(['why', 'the \u001b[31mcat is out', 'https://u:hunter2@x.example/?token=hunter2']);
  assert.equal(code, 1);
  assert.match(stdout, /not known, so nothing is guessed[^]*\n\n {2}the cat is out https:\/\/\[secret\]@x\.example\/\?\[secret\]\n$/);
  const json = await command(['why', '--json', 'the cat is out']);
  assert.equal(json.code, 1);
  const { id, text: quoted } = JSON.parse(json.stdout) as Record<string, unknown>;
  assert.deepEqual({ id, quoted }, { id: 'unknown', quoted: 'the cat is out' });
});

test('a text that is not known is quoted as it is, line by line', async () => {
  const said = 'the cat’s out:\n\n  "auth": no\nGet "https://x.example/auth": dial tcp';
  const { stdout } = await command(['why', '-'], {}, given(`${said}\n`));
  assert.ok(stdout.endsWith('\n\n  the cat’s out:\n\n    "auth": [secret]\n  Get "https://x.example/auth": dial tcp\n'), stdout);
  const json = JSON.parse((await command(['why', '--json', 'one\ntwo’s'])).stdout) as { text: string };
  assert.equal(json.text, 'one\ntwo’s');
});

test('a text may begin with a dash', async () => {
  for (const args of [
    ['-p 80: the cat is out'],
    ['--json', '-p 80: the cat is out'],
    ['-p 80: the cat is out', '--json'],
    ['--', '-p', '80:'],
  ])
    assert.equal((await command(['why', ...args])).code, 1, args.join(' '));
  const known = await command(['why', `- ${text}`, '--json']);
  assert.deepEqual([known.code, (JSON.parse(known.stdout) as { id: string }).id], [0, 'token-expired']);
  assert.equal((await command(['why', '--jsno', text])).code, 2);
});

test('of a long log the end is looked at, as the newest lines matter', async () => {
  const log = Readable.from([...Array.from({ length: 40 }, () => Buffer.from('all is well\n'.repeat(1000))), text]);
  assert.equal((await command(['why', '-'], {}, log)).code, 0);
});

test('without a text it says what it expects', async () => {
  const typed = await command(['why'], {}, given('', { isTTY: true }));
  assert.equal(typed.code, 2);
  assert.match(typed.stderr, /an error is expected/);
  assert.equal((await command(['why', '-'], {}, given(' \n'))).code, 2);
  assert.match((await command(['why', '-'], {}, given(text, { isTTY: true }))).stderr, /Paste the error, then Enter and Ctrl-D/);
});
