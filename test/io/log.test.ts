import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Secret } from '../../src/contract/secret.ts';
import { createLog, type LogOptions } from '../../src/io/log.ts';

const module = JSON.stringify(new URL('../../src/io/log.ts', import.meta.url).href);

function recording(options: Partial<LogOptions> & { isTTY?: boolean } = {}) {
  const written: string[] = [];
  const { isTTY = false, ...rest } = options;
  const log = createLog({ to: { isTTY, write: line => written.push(line) }, ...rest });
  const parsed = () => written.map(line => JSON.parse(line) as Record<string, unknown>);
  return { log, written, parsed };
}

test('JSON: one line a call, level by name, ISO time, static message, the data beside it', () => {
  const { log, written, parsed } = recording();
  log.warn('delivery failed', { target: 'portainer', since: new Date(0), missing: undefined });
  assert.equal(written.length, 1);
  assert.match(written[0] ?? '', /^\{.*\}\n$/);
  const { time, ...line } = parsed()[0] ?? {};
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(line, { level: 'warn', msg: 'delivery failed', target: 'portainer', since: '1970-01-01T00:00:00.000Z' });
});

test('the level filters and can be changed; what is written is counted', () => {
  const counted: string[] = [];
  const { log, parsed } = recording({ level: 'warn', counted: level => counted.push(level) });
  log.info('one');
  log.error('two');
  log.setLevel('debug');
  log.debug('three');
  assert.deepEqual(
    parsed().map(line => line['msg']),
    ['two', 'three'],
  );
  assert.deepEqual(counted, ['error', 'debug']);
});

for (const format of ['json', 'pretty'] as const) {
  test(`no line holds a live secret in any encoding: ${format}`, () => {
    const secret = new Secret('s3cr3t"with\\quotes\nand a line');
    const value = secret.reveal();
    const { log, written } = recording({ format });
    const base64 = ['', 'A', 'AW', 'AWS:'].map(before => Buffer.from(before + value).toString('base64'));
    log.info(`message ${value}`, { plain: value, url: encodeURIComponent(value), base64, deep: { secret, error: new Error(value) } });
    for (const form of Secret.forms(secret)) assert.ok(!written.join('').includes(form), form);
    assert.ok(!written.join('').includes('s3cr3t'));
  });
}

test('a password that is one of our words rewrites values alone: names, levels and messages are syntax', () => {
  const passwords = ['delivered', 'target', 'reason', 'level', '1234567'].map(word => new Secret(word));
  const { log, written, parsed } = recording();
  log.info('delivered', { target: 'shop', reason: 'the target said delivered', duration_ms: 1_234_567, deep: { target: ['delivered'] } });
  const { time: _, ...line } = parsed()[0] ?? {};
  assert.deepEqual(line, {
    level: 'info',
    target: 'shop',
    reason: 'the [secret] said [secret]',
    duration_ms: '[secret]',
    deep: { '[secret]': ['[secret]'] },
    msg: 'delivered',
  });
  assert.match(written[0] ?? '', /^\{"level":"info","time":".*"msg":"delivered"\}\n$/);
  assert.equal(passwords.length, 5);
});

test('JSON holds no character that steers a terminal, turns the direction of writing or cannot be seen, and says the same', () => {
  const { log, written, parsed } = recording();
  const title = 'a\u009b31mb\u0085c\u202ed\u2066e\u200ff\u2028g\ufeffh\u007fi';
  log.info('discovered', { title, [title]: 1 });
  assert.equal(parsed()[0]?.['title'], title);
  assert.match(written[0] ?? '', /^[\x20-\x7e]*\n$/);
});

test('a long text is cut, and bytes are counted', () => {
  const { log, parsed } = recording();
  log.info('discovered', { title: 'x'.repeat(5_000_000), list: ['y'.repeat(5_000_000)], body: Buffer.from('s3cr3t-bytes') });
  const { title, list, body } = parsed()[0] as { title: string; list: string[]; body: string };
  assert.ok(title.length + (list[0]?.length ?? 0) < 40_000);
  assert.equal(body, '12 bytes');
});

test('an error is cut down to message and code: its members hold headers and bodies', () => {
  const { log, parsed } = recording();
  const error = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', request: { headers: { 'x-api-key': 'hidden' } } });
  log.warn('failed', { error, nested: { list: [error] }, cause: new Error('plain') });
  const short = { message: 'refused', code: 'ECONNREFUSED' };
  const { error: top, nested, cause } = parsed()[0] ?? {};
  assert.deepEqual({ top, nested, cause }, { top: short, nested: { list: [short] }, cause: 'plain' });
});

test('data cannot forge level, time or message, and never stops the caller', () => {
  const { log, parsed } = recording();
  const loop: Record<string, unknown> = { big: 1n };
  loop['self'] = loop;
  log.info('true', { level: 'error', time: 'never', msg: 'false' });
  log.info('loop', loop);
  const trap = {
    get value(): string {
      throw new Error('unreadable');
    },
  };
  log.info('trap', trap);
  assert.deepEqual(
    [parsed()[0]?.['level'], parsed()[0]?.['msg'], parsed()[1]?.['msg'], parsed()[1]?.['big']],
    ['info', 'true', 'loop', '1'],
  );
});

test('a terminal gets a line for people: title for id, sentences last, no control characters', () => {
  const { log, written } = recording({ isTTY: true, color: false });
  const data = { target: 'portainer', slot: '7', title: 'ecr-prod (row 7)', code: 'FORBIDDEN', missing: ['a', 'b'], note: '' };
  log.warn('delivery failed', { ...data, error: 'Portainer\u001b[2J says\nno', remedy: 'Grant it.' });
  const line = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d WARN: (.*)\n$/.exec(written[0] ?? '')?.[1];
  const facts = 'delivery failed target=portainer slot="ecr-prod (row 7)" code=FORBIDDEN missing=a,b note=""';
  assert.equal(line, `${facts} | Portainer [2J says no | remedy: Grant it.`);
});

test('colours are for terminals that want them', () => {
  const escapes = (options: Parameters<typeof recording>[0]) => {
    const { log, written } = recording(options);
    log.info('hello', { a: 1 });
    return written.join('').includes('\u001b[');
  };
  assert.equal(escapes({ isTTY: true }), true);
  assert.equal(escapes({ isTTY: true, color: false }), false);
  assert.equal(escapes({ isTTY: false, format: 'pretty' }), false);
});

test('a reader that has stalled costs lines, not memory; what was lost is said when it reads again', () => {
  const lines: string[] = [];
  const to = { writableLength: 0, write: (text: string) => lines.push(text) };
  const kept: string[] = [];
  const log = createLog({ to, format: 'json', kept: line => kept.push(line) });
  log.info('one');
  to.writableLength = 1024 * 1024 + 1;
  log.info('two');
  log.error('three');
  to.writableLength = 1024 * 1024;
  log.info('four');

  const told = lines.map(line => JSON.parse(line) as { msg: string; level: string; lines?: number });
  assert.deepEqual(
    told.map(({ msg }) => msg),
    ['one', 'log lines lost: nobody read them', 'four'],
  );
  assert.deepEqual([told[1]?.level, told[1]?.lines], ['warn', 2]);
  assert.equal(kept.length, 5, 'those for a bug report are complete');
});

test('a reader that goes away does not end the process', async () => {
  const code = `import { createLog } from ${module};
    const log = createLog({ to: process.stdout });
    for (let at = 0; at < 50; at++) { log.info('line', { at, filler: 'x'.repeat(5000) }); await new Promise(go => setImmediate(go)); }
    process.stderr.write('alive');`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.once('data', () => child.stdout.destroy());
  const [said, exit] = await Promise.all([text(child.stderr), new Promise(go => child.once('close', go))]);
  assert.deepEqual([said, exit], ['alive', 0]);
});

test('a full disk does not end the process, and the last line is written before it ends', async () => {
  const code = `import { createLog } from ${module};
    const log = createLog({ to: process.stdout });
    log.info('one'); await new Promise(go => setImmediate(go)); log.info('two'); process.exit(7);`;
  const shell = promisify(execFile);
  const run = (to: string) => shell('sh', ['-c', `"$0" --input-type=module-typescript -e "$1" ${to}`, process.execPath, code]);
  await assert.rejects(run('> /dev/full'), { code: 7 });
  await assert.rejects(run('| cat; exit 7'), error => /"two"/.test((error as { stdout: string }).stdout));
});
