import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { AnswerKey } from '../../src/contract/answer-file.ts';
import { clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';
import { isShared } from '../../src/contract/system-directory.ts';
import { answersDirectory, openAnswers, passedOver } from '../../src/io/answers.ts';
import { ownWord, seenAs } from '../../src/io/at-work.ts';
import { inTurn } from '../../src/io/turn.ts';
import { until } from '../commands/cli.ts';

const folder = await mkdtemp(join(tmpdir(), 'answers-'));
after(() => rm(folder, { recursive: true }));
let made = 0;
const place = (): string => join(folder, `${made++}`, 'answers');

const key: AnswerKey = { identity: 'access key AKIA', service: 'ecr', partition: 'aws', region: 'eu-west-1' };
const now = Date.now();
const answer = { username: 'AWS', password: new Secret('token-1'), issuedAt: now, freshUntil: now + 1_800_000, expiresAt: now + 3_600_000 };
const shown = (found: typeof answer | undefined) => found && { ...found, password: found.password.reveal() };

test('where answers lie', () => {
  assert.equal(answersDirectory({ ECR_COURIER_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' }), '/a');
  assert.equal(answersDirectory({ XDG_CACHE_HOME: '/b', HOME: '/c' }), '/b/ecr-courier');
  assert.equal(answersDirectory({ HOME: '/c' }), '/c/.cache/ecr-courier');
  assert.equal(answersDirectory({}), '/var/cache/ecr-courier');
  assert.equal(answersDirectory({ ECR_COURIER_CACHE: 'a', XDG_CACHE_HOME: './b', HOME: '/c' }), '/c/.cache/ecr-courier');
  assert.equal(answersDirectory({ HOME: 'c' }), '/var/cache/ecr-courier');
});

test('an answer is read as it was written, by its own key alone, and only its owner can read it', async () => {
  const answers = await openAnswers(place());
  await answers.write(key, answer);
  assert.deepEqual(shown(await answers.read(key)), shown(answer));
  for (const other of [{ identity: 'another' }, { service: 'ecr-public' }, { partition: 'aws-cn' }, { region: 'eu-west-2' }])
    assert.equal(await answers.read({ ...key, ...other }), undefined);
  assert.equal((await stat(answers.directory)).mode & 0o777, 0o700);
  const names = await readdir(answers.directory);
  assert.equal(names.length, 1);
  for (const name of names) assert.equal((await stat(join(answers.directory, name))).mode & 0o777, 0o600);
});

const broken: readonly (readonly [name: string, spoil: (text: string) => string])[] = [
  ['no bytes', () => ''],
  ['no text', () => '\u0000\u0001'],
  ['one line', text => text.replaceAll('\n', ' ')],
  ['another version', text => text.replace(/^2 /, '3 ')],
  ['the answer of another key', text => text.replace(/^2 ...../, '2 00000')],
  ['another user', text => text.replace('\nAWS\n', '\n<token>\n')],
  ['a blank password', text => text.replace('token-1', ' ')],
  ['no password', text => text.replace('token-1\n', '')],
  ['an empty password', text => text.replace('token-1', '')],
  ['no user name', text => text.replace('AWS', '')],
  ['a quote in the password', text => text.replace('token-1', 'token"1')],
  ['a line break in the password', text => text.replace('token-1', 'token\\n1')],
  ['half a password', text => text.slice(0, -3)],
  ['a line more', text => `${text}x\n`],
  ['no times', text => text.replace(/ \d+\n/, ' x\n')],
  ['a time less', text => text.replace(/ \d+\n/, '\n')],
];
for (const [name, spoil] of broken)
  test(`what is not an answer is not there, and is replaced: ${name}`, async () => {
    const answers = await openAnswers(place());
    await answers.write(key, answer);
    const [file = ''] = await readdir(answers.directory);
    const path = join(answers.directory, file);
    await writeFile(path, spoil(await readFile(path, 'utf8')));
    assert.equal(await answers.read(key), undefined);
    await answers.write(key, answer);
    assert.deepEqual(shown(await answers.read(key)), shown(answer));
  });

test('hosts that were asked for are known by the key of their answer', async () => {
  const answers = await openAnswers(place());
  await Promise.all(['a.test', 'b.test', 'a.test'].map(host => answers.note(key, host, now)));
  await answers.note({ ...key, identity: 'another' }, 'c.test', now);
  const hosts = (await answers.hosts()).filter(({ isOf }) => isOf(key)).map(({ host }) => host);
  assert.deepEqual(hosts.sort(), ['a.test', 'b.test']);
});

test('what has expired, and what was never finished, is removed; nothing else is', async () => {
  const answers = await openAnswers(place());
  const old = { ...key, identity: 'old' };
  await answers.write(key, answer);
  await answers.note(key, 'a.test', now);
  await answers.write(old, { ...answer, expiresAt: now - 1 });
  await answers.note(old, 'b.test', now);
  await writeFile(`${answers.lockOf(old)}.new`, '');
  await writeFile(join(answers.directory, 'of-somebody-else'), '');
  for (const name of await readdir(answers.directory)) await utimes(join(answers.directory, name), now / 1000 - 7200, now / 1000 - 7200);
  await answers.prune(now);
  assert.deepEqual(
    (await readdir(answers.directory)).filter(name => !/^[0-9a-f]{32}(\.answer|@a\.test)$/.test(name)),
    ['of-somebody-else'],
  );
  assert.deepEqual(shown(await answers.read(key)), shown(answer));
});

const refused = async (directory: string): Promise<Failure> => {
  const failure: unknown = await openAnswers(directory).catch((error: unknown) => error);
  assert.ok(failure instanceof Failure);
  assert.ok(failure.message.includes(directory));
  return failure;
};

test('a directory of ours into which others can look is closed', async () => {
  const directory = place();
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  await openAnswers(directory);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
});

test('root leaves the directories of a user to the user, and has one of its own for answers', {
  skip: process.getuid?.() === 0 ? false : 'only root can give files away',
}, async () => {
  const home = place();
  await mkdir(home, { recursive: true });
  await chown(home, 1234, 5678);
  const directory = join(home, '.cache/ecr-courier');
  const answers = await openAnswers(directory);
  await answers.write(key, answer);
  const owners = await Promise.all([join(home, '.cache'), directory].map(async path => (await stat(path)).uid));
  assert.deepEqual(owners, [1234, 0]);
});

test('what is closed is a directory for answers alone', async () => {
  const directory = place();
  await mkdir(join(directory, 'lost+found'), { recursive: true });
  const answers = await openAnswers(directory);
  await answers.write(key, answer);
  await answers.note(key, 'public.ecr.aws', 0);
  for (const name of ['hits', 'compiled']) await mkdir(join(directory, name));
  for (const name of ['node', 'node.1-00.new']) await writeFile(join(directory, name), '');
  await chmod(directory, 0o755);
  await openAnswers(directory);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);

  await chmod(directory, 0o755);
  await writeFile(join(directory, 'index.html'), '');
  assert.match((await refused(directory)).message, / is open to others, and not for answers alone\.$/);
  assert.equal((await stat(directory)).mode & 0o777, 0o755, 'others go on using it');
  for (const system of ['/', '/var', '/var/lib', '/var/cache/', '/run', '/home/alice', '/usr/share', '/etc', '/opt', '/srv', '/lib64'])
    assert.equal(isShared(system), true, system);
  for (const own of ['/var/cache/ecr-courier', '/run/ecr/answers', '/opt/cache', '/cache', '/data', '/home/alice/.cache', '/tmp/x'])
    assert.equal(isShared(own), false, own);
});

test('where no directory can be made, that is said', { skip: process.platform !== 'linux' }, async () => {
  for (const directory of ['/proc/x', '/proc/x/y/z', '/sys/x/y']) assert.match((await refused(directory)).message, /cannot be written/);
  assert.match((await refused('/proc/x/y')).message, /\(ENOENT: the directory above it does not exist, or cannot be written\)/);
});

test('a directory in which others could put answers is refused', async () => {
  const directory = place();
  await mkdir(directory, { recursive: true });
  for (const mode of [0o770, 0o707]) {
    await chmod(directory, mode);
    assert.match((await refused(directory)).message, /can be written by others \(mode 07[07][07]\)/);
  }
  const file = place();
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, '');
  assert.match((await refused(file)).message, /is not a directory/);
  assert.match((await refused(join(file, 'below'))).message, /is not a directory/);
  const link = place();
  await mkdir(join(link, '..'), { recursive: true });
  await symlink(file, link);
  assert.match((await refused(link)).message, /is not a directory/);
  const nowhere = place();
  await mkdir(join(nowhere, '..'), { recursive: true });
  await symlink('absent', nowhere);
  assert.match((await refused(nowhere)).message, /is a link that leads nowhere \(ENOENT\)/);
});

test('a link of our own to a directory is followed, and what it leads to is looked at', async () => {
  const [real, link] = [place(), place()];
  await openAnswers(real);
  await mkdir(join(link, '..'), { recursive: true });
  await symlink(real, link);
  const answers = await openAnswers(link);
  await answers.write(key, answer);
  assert.deepEqual(shown(await (await openAnswers(real)).read(key)), shown(answer));
  await chmod(real, 0o777);
  assert.match((await refused(link)).message, /can be written by others \(mode 0777\)/);
});

test('a relative ECR_COURIER_CACHE is passed over, and that is said', () => {
  assert.match(
    passedOver({ ECR_COURIER_CACHE: './a', HOME: '/c' }) ?? '',
    /not an absolute path: answers are kept in \/c\/\.cache\/ecr-courier\./,
  );
  for (const env of [{}, { ECR_COURIER_CACHE: '' }, { ECR_COURIER_CACHE: '/a' }, { XDG_CACHE_HOME: 'b' }])
    assert.equal(passedOver(env), undefined);
});

const work = (path: string, made: () => Promise<string>, ready: () => Promise<string | undefined>) => ({
  path,
  clock,
  ready,
  work: made,
});
const { signal } = new AbortController();

async function oneWorksForAll(path: string, { asking, takesMs }: { readonly asking: number; readonly takesMs: number }): Promise<void> {
  let result: string | undefined;
  let works = 0;
  const turn = work(
    path,
    async () => {
      works++;
      await clock.sleep(takesMs, signal);
      return (result = 'done');
    },
    async () => result,
  );
  const all = await Promise.all(Array.from({ length: asking }, () => inTurn(turn, signal)));
  assert.deepEqual([works, new Set(all)], [1, new Set(['done'])]);
}

test('many that come at once cause one work, and what has come of it is for all', async () => {
  const path = join((await openAnswers(place())).directory, 'lock');
  await oneWorksForAll(path, { asking: 30, takesMs: 50 });
  assert.deepEqual(await readdir(join(path, '..')), []);
});

test('many that come at once hear of one failure', async () => {
  const path = join((await openAnswers(place())).directory, 'lock');
  let works = 0;
  const turn = work(
    path,
    async () => {
      works++;
      await clock.sleep(400, signal);
      throw new Failure('FORBIDDEN', 'Not for you.', { remedy: 'Ask.' });
    },
    async () => undefined,
  );
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => inTurn(turn, signal)));
  assert.equal(works, 1);
  for (const one of all) {
    assert.ok(one.status === 'rejected' && one.reason instanceof Failure);
    assert.deepEqual([one.reason.code, one.reason.message, one.reason.remedy], ['FORBIDDEN', 'Not for you.', 'Ask.']);
  }
});

for (const content of ['killed', ''])
  test(`a lock whose holder was killed, or hangs, is broken by one of those who wait: "${content}"`, async () => {
    const path = join((await openAnswers(place())).directory, 'lock');
    await writeFile(path, content);
    await oneWorksForAll(path, { asking: 10, takesMs: 0 });
  });

/**
 * What a waiting process does about a lock that never moves, and after how many milliseconds of a clock that advances
 * with each sleep. `theirsAt`: when the answer of the lock's owner is there.
 */
async function beside(words: string, theirsAt = Number.POSITIVE_INFINITY): Promise<{ readonly did: string; readonly after: number }> {
  const path = join((await openAnswers(place())).directory, 'lock');
  await writeFile(path, words);
  let time = 0;
  const sleep = async (ms: number, ended: AbortSignal): Promise<void> => {
    time += ms;
    await clock.sleep(0, ended);
  };
  const did = await inTurn<string>(
    {
      path,
      clock: { ...clock, mono: () => time, sleep },
      ready: async () => (time > theirsAt ? 'took theirs' : undefined),
      work: async () => 'worked',
    },
    signal,
  );
  return { did, after: time };
}

const onLinux = { skip: process.platform === 'linux' ? false : 'only Linux tells of processes' };
test('a lock is kept by whoever is at work, however busy the machine is; one whose owner is gone is broken', onLinux, async () => {
  assert.deepEqual((await beside(`m ${await ownWord()}`, 9_000)).did, 'took theirs');
  const alone = await beside(`m ${await ownWord()}`);
  assert.ok(alone.did === 'worked' && alone.after > 11_000 && alone.after < 12_000, JSON.stringify(alone));
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const [pid, start, ...space] = (await ownWord()).split(':');
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
  const word = [child.pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19], ...space].join(':');
  assert.equal(await seenAs(word), 'at work');
  assert.equal(await seenAs([child.pid, start, ...space].join(':')), 'gone', 'another one has its number now');
  assert.equal(await seenAs([pid, start, '1', '2'].join(':')), 'not known', 'of another container, or machine');
  child.kill('SIGSTOP');
  await until(async () => (await seenAs(word)) === 'not known', 'it to stop');
  const stopped = await beside(`m ${word}`);
  assert.ok(stopped.did === 'worked' && stopped.after > 4_000 && stopped.after < 6_000, JSON.stringify(stopped));
  child.kill('SIGKILL');
  await once(child, 'close');
  const gone = await beside(`m ${word}`);
  assert.ok(gone.did === 'worked' && gone.after < 3_000, JSON.stringify(gone));
});

test('where no lock can be made, everybody works', async () => {
  const turn = work(
    join(folder, 'no/such/directory/lock'),
    async () => 'done',
    async () => undefined,
  );
  assert.equal(await inTurn(turn, signal), 'done');
});
