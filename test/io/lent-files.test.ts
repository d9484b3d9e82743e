import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Failure } from '../../src/contract/failures.ts';
import type { UpdateRequest } from '../../src/contract/files.ts';
import { lendFiles } from '../../src/io/lent-files.ts';
import { unwritten } from '../../src/io/unwritten.ts';
import { folder } from '../config/support.ts';
import { randomFrom } from '../courier/rig.ts';
import { assertWhole, killWhileWriting, leftBeside } from './killing.ts';

const { signal } = new AbortController();
const files = lendFiles({ writes: 'allowed' });
const write = (path: string, text: string, more: Partial<UpdateRequest> = {}) => files.update(path, () => text, { signal, ...more });
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777;

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  assert.ok(thrown instanceof Failure, String(thrown));
  return thrown;
}

test('a file is read whole or is not there; other bytes than UTF-8 are none of ours, and a byte order mark is kept', async () => {
  await using dir = await folder({ text: '\uFEFFä€😀\r\n' });
  await writeFile(dir.at('latin1'), Buffer.from([0x7b, 0xe4, 0x7d]));
  assert.equal(await files.read(dir.at('text'), { signal }), '\uFEFFä€😀\r\n');
  assert.equal(await files.read(dir.at('absent'), { signal }), undefined);
  assert.equal(await files.stat(dir.at('absent'), { signal }), undefined);
  assert.deepEqual([...(await files.names(dir.path, { signal }))].sort(), ['latin1', 'text']);
  const facts = await files.stat(dir.at('text'), { signal });
  assert.deepEqual([facts?.kind, facts?.size, facts?.mode], ['file', 14, 0o600]);
  const { code, message } = await failureOf(files.read(dir.at('latin1'), { signal }));
  assert.deepEqual([code, message], ['MISCONFIGURED', `${dir.at('latin1')} is not text in UTF-8.`]);
  assert.equal((await failureOf(write(dir.at('latin1'), '{}'))).code, 'MISCONFIGURED');
  assert.equal((await readFile(dir.at('latin1'))).length, 3);
  const large = await failureOf(files.read(dir.at('text'), { signal, maxBytes: 4 }));
  assert.equal(large.code, 'TOO_LARGE');
});

test('what is not a file is refused, and nothing waits', async () => {
  await using dir = await folder();
  await promisify(execFile)('mkfifo', [dir.at('pipe')]);
  await mkdir(dir.at('directory'));
  await symlink('loop', dir.at('loop'));
  for (const name of ['pipe', 'directory', 'loop']) assert.equal((await failureOf(write(dir.at(name), 'x'))).code, 'MISCONFIGURED', name);
  const nowhere = await failureOf(write(dir.at('no/where'), 'x'));
  assert.match(nowhere.message, /no\/where cannot be there: its directory .*\/no does not exist/);
  await symlink('no/way', dir.at('dangling'));
  const dangling = await failureOf(write(dir.at('dangling'), 'x'));
  assert.match(
    dangling.message,
    /dangling is a link that leads to .*\/no\/way, which cannot be there: its directory .*\/no does not exist/,
  );
  assert.deepEqual((await readdir(dir.path)).sort(), ['dangling', 'directory', 'loop', 'pipe']);
});

test('an update says what it came to, keeps the mode, and leaves nothing beside the file', async () => {
  await using dir = await folder({ file: 'old' });
  await chmod(dir.at('file'), 0o640);
  assert.equal(await write(dir.at('file'), 'new'), 'updated');
  assert.equal(await write(dir.at('file'), 'new'), 'unchanged');
  assert.equal(await files.update(dir.at('file'), () => undefined, { signal }), 'unchanged');
  assert.equal(await modeOf(dir.at('file')), 0o640);
  assert.equal(await write(dir.at('fresh'), 'x'), 'created');
  assert.equal(await write(dir.at('shared'), 'x', { mode: 0o644 }), 'created');
  assert.deepEqual([await modeOf(dir.at('fresh')), await modeOf(dir.at('shared'))], [0o600, 0o644]);
  assert.deepEqual((await readdir(dir.path)).sort(), ['file', 'fresh', 'shared']);
});

test('the owner stays', { skip: process.getuid?.() === 0 ? false : 'only root can give files away' }, async () => {
  await using dir = await folder({ file: 'old' });
  await chown(dir.at('file'), 1234, 5678);
  await write(dir.at('file'), 'new');
  const { uid, gid } = await stat(dir.at('file'));
  assert.deepEqual([uid, gid], [1234, 5678]);
});

test('what root makes in the directory of somebody belongs to that one', {
  skip: process.getuid?.() === 0 ? false : 'only root can give files away',
}, async () => {
  await using dir = await folder({ 'home/real/x': '' });
  for (const path of ['home', 'home/real']) await chown(dir.at(path), 1234, 5678);
  await symlink('real/behind.json', dir.at('home/link'));
  await write(dir.at('home/link'), '{}');
  await write(dir.at('home/a/b/config.json'), '{}', { directoryMode: 0o700 });
  await write(dir.at('ours/config.json'), '{}', { directoryMode: 0o700 });
  const owners = async (...names: string[]): Promise<string[]> =>
    await Promise.all(names.map(async name => await stat(dir.at(name)).then(({ uid, gid }) => `${uid}:${gid}`)));
  const theirs = ['home/real/behind.json', 'home/a', 'home/a/b', 'home/a/b/config.json'];
  assert.deepEqual(new Set(await owners(...theirs)), new Set(['1234:5678']));
  assert.deepEqual(new Set(await owners('ours', 'ours/config.json')), new Set(['0:0']));
});

test('links are followed and stay: relative ones from where they really lie, and those that lead to nothing yet', async () => {
  await using dir = await folder({ 'real/deep/link-dir/x': '', 'real/target': 'old', 'lexical/target': 'another' });
  await symlink('../target', dir.at('real/deep/link'));
  // By its path this directory lies beside lexical/target; in fact it lies beside real/target.
  await mkdir(dir.at('lexical/a'), { recursive: true });
  await symlink('../../real/deep', dir.at('lexical/a/deep'));
  await symlink('deep/link', dir.at('lexical/a/first'));
  assert.equal(await write(dir.at('lexical/a/first'), 'new'), 'updated');
  assert.equal(await readFile(dir.at('real/target'), 'utf8'), 'new');
  assert.equal(await readFile(dir.at('lexical/target'), 'utf8'), 'another');
  assert.equal(await readlink(dir.at('lexical/a/first')), 'deep/link');
  await symlink('real/later', dir.at('dangling'));
  assert.equal(await write(dir.at('dangling'), 'x'), 'created');
  assert.ok((await lstat(dir.at('dangling'))).isSymbolicLink());
  assert.equal(await readFile(dir.at('real/later'), 'utf8'), 'x');
});

test('what somebody else writes meanwhile is not lost: the change is asked once more; who never ends is let through', async () => {
  await using dir = await folder({ file: 'old' });
  const seen: (string | undefined)[] = [];
  const change = (text: string | undefined): string => {
    seen.push(text);
    if (seen.length === 1) writeBehind(dir.at('file'), 'theirs');
    return `${text}+ours`;
  };
  assert.equal(await files.update(dir.at('file'), change, { signal }), 'updated');
  assert.deepEqual(seen, ['old', 'theirs']);
  assert.equal(await readFile(dir.at('file'), 'utf8'), 'theirs+ours');

  // The file appears after it was found missing.
  const creating = (text: string | undefined): string => {
    if (text === undefined) writeBehind(dir.at('new'), 'theirs');
    return `${text}+ours`;
  };
  assert.equal(await files.update(dir.at('new'), creating, { signal }), 'updated');
  assert.equal(await readFile(dir.at('new'), 'utf8'), 'theirs+ours');

  let times = 0;
  const busy = await failureOf(files.update(dir.at('file'), () => `${writeBehind(dir.at('file'), `${times++}`)}`, { signal }));
  assert.deepEqual([busy.code, busy.stops, times], ['BUSY', 'slot', 4]);
  assert.equal(await readFile(dir.at('file'), 'utf8'), '3');
});

function writeBehind(path: string, text: string): void {
  writeFileSync(path, text);
}

test('a command that only reads writes nothing, and a rehearsal says what would come of it', async () => {
  await using dir = await folder({ file: 'old' });
  const readonly = lendFiles({ writes: 'refused' });
  const { code, message } = await failureOf(readonly.update(dir.at('file'), () => 'new', { signal }));
  assert.deepEqual([code, /would be written/.test(message)], ['UNEXPECTED', true]);
  assert.equal(await readonly.rehearse(dir.at('file'), () => 'new', { signal }), 'updated');
  assert.equal(await readonly.rehearse(dir.at('file'), () => 'old', { signal }), 'unchanged');
  assert.equal(await readonly.rehearse(dir.at('other'), () => 'new', { signal }), 'created');
  assert.equal(await readFile(dir.at('file'), 'utf8'), 'old');
  assert.deepEqual(await readdir(dir.path), ['file']);
});

test('what a change throws is thrown, and nothing is written', async () => {
  await using dir = await folder({ file: 'old' });
  const refuse = (): string => {
    throw new Failure('REJECTED', 'not this file');
  };
  assert.equal((await failureOf(files.update(dir.at('file'), refuse, { signal }))).message, 'not this file');
  assert.equal(await readFile(dir.at('file'), 'utf8'), 'old');
});

test('at the end of its signal an update ends and begins nothing any more', async () => {
  await using dir = await folder({ file: 'old' });
  const given = new AbortController();
  const change = (): string => {
    given.abort(new Failure('TIMEOUT', 'no end in time'));
    return 'new';
  };
  const failure = await failureOf(files.update(dir.at('file'), change, { signal: given.signal }));
  assert.deepEqual([failure.code, failure.facts.mayLand], ['TIMEOUT', undefined]);
  const late = await failureOf(files.read(dir.at('file'), { signal: given.signal }));
  assert.equal(late.code, 'TIMEOUT');
  assert.equal(await files.update(dir.at('file'), text => `${text}!`, { signal }), 'updated');
  assert.equal(await readFile(dir.at('file'), 'utf8'), 'old!');
});

test('what a killed process left is removed when it is old; what belongs to another at work stays', async () => {
  await using dir = await folder({ file: 'old', '.file.000000000000.ecr-courier': 'left', '.file.111111111111.ecr-courier': 'at work' });
  await utimes(dir.at('.file.000000000000.ecr-courier'), 1, 1);
  await write(dir.at('file'), 'new');
  assert.deepEqual(await leftBeside(dir.path), ['.file.111111111111.ecr-courier']);
});

test('killed in the middle: the former text or the new one, whole', async () => {
  await using dir = await folder({ file: 'a'.repeat(300_000) });
  const random = randomFrom(1);
  const seen = new Set<string>();
  for (let kills = 0; kills < 4; kills++) {
    await killWhileWriting(dir.at('file'), random);
    seen.add(await assertWhole(dir.at('file')));
  }
  assert.ok(seen.size > 0);
});

test('writing in place is offered only to those who have an option for it', async () => {
  const busy = Object.assign(new Error('busy'), { code: 'EBUSY' });
  const mount = 'Mount the directory that it lies in, and not the file alone.';
  assert.equal((await unwritten('/x', busy)).remedy, mount);
  assert.match(
    (await unwritten('/x', busy, '`writeInPlace: true`')).remedy ?? '',
    /alone\. Or set `writeInPlace: true`: the courier then writes/,
  );
});
