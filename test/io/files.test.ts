import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as system from 'node:fs/promises';
import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createFiles, namesIn, readText, statOf } from '../../src/io/files.ts';
import { Unreadable, wayIn } from '../../src/io/unreadable.ts';
import { folder } from '../config/support.ts';
import { createVirtualClock } from '../fakes/clock.ts';

async function troubleOf(work: Promise<unknown>): Promise<Unreadable> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  assert.ok(thrown instanceof Unreadable, String(thrown));
  return thrown;
}

test('a file is read whole, up to the limit and no further', async () => {
  await using files = await folder({ empty: '', exact: 'x'.repeat(1024), more: 'x'.repeat(1025), umlaut: 'ä€😀' });
  assert.equal(await readText(files.at('empty'), 1024), '');
  assert.equal(await readText(files.at('exact'), 1024), 'x'.repeat(1024));
  assert.equal(await readText(files.at('umlaut'), 1024), 'ä€😀');
  const { code, why } = await troubleOf(readText(files.at('more'), 1024));
  assert.deepEqual([code, why], ['TOO_LARGE', 'is larger than 1 KiB']);
});

test('a file that tells no size, and one of many pieces, are read to their end', async () => {
  assert.match(await readText('/proc/self/status', 64 * 1024), /^Name:.*\nUmask:/);
  await using files = await folder({ long: 'line of text\n'.repeat(20_000) });
  assert.equal((await readText(files.at('long'), 1024 * 1024)).length, 13 * 20_000);
});

test('what is not a regular file is refused without a wait', async () => {
  await using files = await folder();
  await promisify(execFile)('mkfifo', [files.at('pipe')]);
  // At the end, opening the pipe lets go every reader that waits for its other end.
  await using other = { [Symbol.asyncDispose]: async () => (await system.open(files.at('pipe'), 'r+')).close() };
  assert.ok(other);
  await mkdir(files.at('directory'));
  await symlink('loop', files.at('loop'));
  for (const [path, code, why] of [
    [files.at('pipe'), 'NOT_A_FILE', 'is not a regular file'],
    ['/dev/zero', 'NOT_A_FILE', 'is not a regular file'],
    [files.at('directory'), 'EISDIR', 'is a directory'],
    [files.at('absent'), 'ENOENT', 'does not exist'],
    [join(files.at('absent'), 'deep'), 'ENOENT', 'does not exist'],
    [files.at('loop'), 'ELOOP', 'is a link that leads back to itself'],
  ] as const) {
    const trouble = await troubleOf(readText(path, 1024));
    assert.deepEqual([trouble.code, trouble.why], [code, why], path);
  }
  assert.match((await troubleOf(namesIn(files.at('absent')))).why, /does not exist/);
  assert.ok((await statOf(files.path)).isDirectory());
});

test('who may not read is told whose the file is, in which mode, who we are, and the command that mends it', async () => {
  await using files = await folder({ key: 'k3y' });
  await chmod(files.at('key'), 0o400);
  const denied = async (): Promise<never> => {
    throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  };
  const another = async (path: string) => Object.assign(await stat(path), { uid: 4321 });
  const reading = (uidOf: typeof stat, path: string) =>
    troubleOf(
      createFiles({ clock: createVirtualClock(), threads: 4, system: { ...system, open: denied, stat: uidOf } }).readText(path, 10),
    );
  const us = process.getuid?.() ?? -1;

  const theirs = await reading(another as unknown as typeof stat, files.at('key'));
  const hidden = await reading(
    (async (path: string) => {
      if (path !== files.path) return await denied();
      return await another(path);
    }) as unknown as typeof stat,
    files.at('key'),
  );
  const ours = await reading(stat, files.at('key'));

  assert.equal(
    theirs.why,
    `may not be read by the user that the courier runs as (uid ${us}): it belongs to uid 4321 and has the mode 0400`,
  );
  assert.match(theirs.remedy ?? '', new RegExp(`\`chown ${us} ${files.at('key')}\``));
  assert.match(hidden.why, new RegExp(`: the directory ${files.path} belongs to uid 4321 and has the mode 0700$`));
  assert.match(ours.remedy ?? '', new RegExp(`\`chmod u\\+r ${files.at('key')}\``));
});

test('nobody is told to give away a directory of the system or of somebody else', async () => {
  const denied = async (): Promise<never> => {
    throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  };
  const us = process.getuid?.() ?? -1;
  const remedyFor = async (path: string, seen: string, uid: number): Promise<string> => {
    const facts = async (asked: string) => (asked === seen ? Object.assign(await stat('/'), { uid }) : await denied());
    const files = createFiles({
      clock: createVirtualClock(),
      threads: 4,
      system: { ...system, open: denied, stat: facts as unknown as typeof stat },
    });
    return (await troubleOf(files.readText(path, 10))).remedy ?? '';
  };
  const owner = us + 4321;
  for (const [path, seen] of [
    ['/root/.docker/config.json', '/root'],
    ['/etc/docker-auth.json', '/etc'],
    ['/etc/rancher/k3s/registries.json', '/etc/rancher'],
    ['/run/containers/1000/auth.json', '/run/containers'],
    ['/var/lib/kubelet/config.json', '/var/lib/kubelet'],
    ['/home/alice/.docker/config.json', '/home/alice'],
    ['/config/docker/config.json', '/config'],
    ['/opt/x', '/opt'],
    ['/x', '/'],
  ] as const)
    assert.equal(await remedyFor(path, seen, owner), `Run the courier as uid ${owner}, or put the file where uid ${us} may read it.`, path);
});

test('a directory of root that was made for the courier is given to it', () => {
  const remedyFor = (where: string): string =>
    wayIn({ path: `${where}/config.json`, where, uid: 65532, verb: 'written', stats: { uid: 0, isDirectory: () => true } });
  for (const where of ['/config', '/data/docker', '/srv/courier', '/tmp/auth'])
    assert.equal(remedyFor(where), `Run \`chown 65532 ${where}\` where that lies (for a container, on its host).`, where);
  for (const where of [
    '/',
    '/etc',
    '/etc/nomad.d',
    '/root',
    '/root/.docker',
    '/usr/local/etc',
    '/var/lib/docker',
    '/tmp',
    '/srv',
    '/lib64/x',
  ])
    assert.equal(remedyFor(where), 'Run the courier as uid 0, or name a file in a directory that uid 65532 may write.', where);
});

/** A file system in which files below /dead never answer. `taken` holds the paths whose calls hold a thread. */
function share(threads: number) {
  const clock = createVirtualClock();
  const taken = new Set<string>();
  const alive = Promise.withResolvers<void>();
  const open = async (path: string, flags: number) => {
    if (!path.startsWith('/dead')) return await system.open(path, flags);
    taken.add(path);
    await alive.promise;
    taken.delete(path);
    throw Object.assign(new Error('stale'), { code: 'ESTALE' });
  };
  const files = createFiles({ clock, threads, system: { ...system, open: open as typeof system.open } });
  return { clock, taken, files, revive: alive.resolve };
}

for (const threads of [1, 4, 64])
  test(`with ${threads} threads: a dead share keeps few of them, ends every question, and is asked again when it is back`, async () => {
    const { clock, taken, files, revive } = share(threads);
    await using living = await folder({ key: 'k3y' });
    const dead = (at: number): string => `/dead/${at % 3}/file-${at}`;
    const asked = Array.from({ length: 100 }, (_, at) => troubleOf(files.readText(dead(at), 10)));
    await clock.advance(5_000);
    for (const { code, why } of await Promise.all(asked)) assert.deepEqual([code, why], ['SILENT', 'does not answer within 5 s']);
    assert.ok(taken.size <= Math.max(1, threads / 2), `${taken.size} threads`);

    const known = [...taken];
    for (const path of known) assert.equal((await troubleOf(files.readText(path, 10))).code, 'SILENT', 'and at once');
    if (threads >= 64) assert.equal(await files.readText(living.at('key'), 10), 'k3y');

    revive();
    await clock.advance(0);
    assert.equal(taken.size, 0);
    assert.equal(await files.readText(living.at('key'), 10), 'k3y');
    assert.equal((await troubleOf(files.readText(known[0] ?? '', 10))).why, 'cannot be read (ESTALE)');
  });

test('with the threads that Node has by itself, four files of one dead directory leave every other directory alone', async () => {
  const { clock, taken, files } = share(4);
  await using living = await folder({ key: 'k3y' });
  const asked = [1, 2, 3, 4].map(at => troubleOf(files.readText(`/dead/ca-${at}.pem`, 10)));

  assert.equal(await files.readText(living.at('key'), 10), 'k3y');
  await clock.advance(5_000);
  await Promise.all(asked);
  assert.equal(taken.size, 1);
  assert.equal(await files.readText(living.at('key'), 10), 'k3y');
});

test('a hundred files of one slow directory are all read: who waits for its turn is not silent', async () => {
  const clock = createVirtualClock();
  const gone = new AbortController();
  const open = async (path: string, flags: number) => {
    await clock.sleep(path.endsWith('/dead') ? 3_600_000 : 200, gone.signal);
    return await system.open(path, flags);
  };
  const files = createFiles({ clock, threads: 4, system: { ...system, open: open as typeof system.open } });
  await using slow = await folder({ key: 'k3y', dead: '' });
  const read = Array.from({ length: 100 }, () => files.readText(slow.at('key'), 10));
  for (let left = read.length; left > 0; left--) {
    await clock.advance(200);
    await Promise.race(read.slice(-left));
  }
  assert.deepEqual(new Set(await Promise.all(read)), new Set(['k3y']));

  const behind = ['dead', 'key', 'key'].map(name => troubleOf(files.readText(slow.at(name), 10)));
  await clock.advance(5_000);
  for (const { why } of await Promise.all(behind)) assert.equal(why, 'does not answer within 5 s');
  gone.abort();
});

test('many questions at once all get their answers', async () => {
  await using files = await folder();
  await Promise.all(Array.from({ length: 50 }, (_, at) => writeFile(files.at(`${at}`), `${at}`)));
  const read = await Promise.all(Array.from({ length: 50 }, (_, at) => readText(files.at(`${at}`), 10)));
  assert.deepEqual(
    read,
    read.map((_, at) => `${at}`),
  );
});
