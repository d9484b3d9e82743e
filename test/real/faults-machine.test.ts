import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, rename, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostOf, type Running, startWorld, type World } from './daemon.ts';
import { part, path } from './needs.ts';

/** Returns a command with its own mounts, which end with the process. `where` is $0 in the script. */
const mounting = (script: string, where: string): string[] => [path('unshare'), '-m', 'sh', '-c', `${script} && exec "$@"`, where];

/** Asserts that the daemon works: it is healthy, serves an added registry, and exits with 0 on SIGTERM. */
async function assertWorks(world: World, daemon: Running): Promise<void> {
  assert.equal((await world.run('healthcheck')).code, 0);
  const [row] = world.portainer.rows();
  assert.ok(row);
  world.portainer.state.registries.push({ ...row, Id: 99, Name: 'late', URL: hostOf('999999999999'), Password: 'of-yesterday' });
  await world.until(world.served, 'the delivery to a registry that was added');
  assert.match(await world.read('/readyz'), /^ready/);
  assert.equal(await daemon.end('SIGTERM'), 0);
}

part('what becomes of the output', { programs: [] }, () => {
  const shells = {
    'a device that is full': 'exec "$@" >/dev/full 2>/dev/full',
    'closed from the start': 'exec "$@" >&- 2>&-',
  };
  for (const [name, script] of Object.entries(shells)) {
    test(`stdout and stderr: ${name}`, async () => {
      await using world = await startWorld();
      const daemon = await world.start({ by: ['sh', '-c', script, '-'] });
      await world.until(world.served, 'the first delivery');
      await assertWorks(world, daemon);
      assert.equal(daemon.output(), '');
    });
  }

  test('stdout and stderr: their readers go away', async () => {
    await using world = await startWorld();
    const daemon = await world.start();
    await world.until(world.served, 'the first delivery');
    daemon.child.stdout?.destroy();
    daemon.child.stderr?.destroy();
    await assertWorks(world, daemon);
  });
});

part('a disk that takes no more', { programs: ['unshare'], root: true }, () => {
  test('the log is on a disk of 16 KiB that is full', async () => {
    await using world = await startWorld();
    const disk = join(world.folder, 'disk');
    await mkdir(disk);
    const script = 'mount -t tmpfs -o size=16k disk "$0" && head -c 12k /dev/zero >"$0/ballast" && exec >"$0/log" 2>&1';
    const daemon = await world.start({ by: mounting(script, disk) });
    const seen = `/proc/${daemon.child.pid}/root${disk}`;
    await world.until(world.served, 'the first delivery');
    await world.until(async () => (await statfs(seen)).bavail === 0, 'the disk to be full');
    const log = await readFile(join(seen, 'log'), 'utf8');
    world.shown.push(log);
    assert.match(log, /^\{"level":"info",.*"msg":"started"/);
    await assertWorks(world, daemon);
  });

  const disks = { 'read-only': 'ro', 'without room for another file': 'nr_inodes=1' };
  for (const [name, options] of Object.entries(disks)) {
    test(`the folder of the socket is ${name}: said, and everything else works`, async () => {
      await using world = await startWorld();
      const disk = join(world.folder, 'disk');
      await mkdir(disk);
      const daemon = await world.start({
        by: mounting(`mount -t tmpfs -o mode=700,${options} disk "$0"`, disk),
        env: { ECR_COURIER_SOCKET: join(disk, 'socket') },
      });
      await world.until(world.served, 'the first delivery');
      assert.match(daemon.output(), /"msg":"no socket"/);
      await assertWorks(world, daemon);
    });
  }
});

part('a share that does not answer', { programs: ['unshare'], root: true }, () => {
  test('key and CA files of many targets, and a file of the configuration, lie on it: the others are served, reloads work, SIGTERM ends it with 0', async () => {
    await using world = await startWorld();
    const [dead, folder] = [join(world.folder, 'dead'), join(world.folder, 'config')];
    await mkdir(dead);
    await mkdir(folder);
    const hung = Array.from({ length: 8 }, (_, at) => ({ name: `ca-${at}`, apiKey: 'ptr_of-nobody', caFile: join(dead, `${at}.pem`) }));
    const keyless = Array.from({ length: 8 }, (_, at) => ({ name: `key-${at}`, apiKeyFile: join(dead, `${at}.key`) }));
    const targets = [...hung, ...keyless].map(one => ({ kind: 'portainer', url: 'https://127.0.0.1:9', required: false, ...one }));
    await writeFile(join(folder, 'courier.json'), JSON.stringify({ targets }));
    // A FUSE file system whose requests no process handles.
    const mount = 'exec 3<>/dev/fuse && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 dead "$0"';
    const daemon = await world.start({
      by: mounting(mount, dead),
      env: { ECR_COURIER_CONFIG: folder, ECR_COURIER_SOCKET: join(dead, 'socket') },
    });
    await world.until(world.served, 'the delivery to the one that does not need the share');
    await world.until(() => daemon.output().split('does not answer within 5 s').length > 16, 'a word on each of the others');
    const reloadTo = async (message: string): Promise<void> => {
      const before = daemon.output().split(message).length;
      daemon.child.kill('SIGHUP');
      await world.until(() => daemon.output().split(message).length > before, message);
    };
    await symlink(join(dead, 'more.yaml'), join(folder, 'more.yaml'));
    await reloadTo('configuration not reloaded');
    await rm(join(folder, 'more.yaml'));
    await reloadTo('configuration reloaded');
    await assertWorks(world, daemon);
  });
});

part('names that have no address yet', { programs: ['unshare'], root: true }, () => {
  test('no resolver answers at the start (EAI_AGAIN): told once for each, and served as soon as the names are known', async () => {
    await using world = await startWorld();
    const hosts = join(world.folder, 'hosts');
    const resolver = join(world.folder, 'resolv.conf');
    await writeFile(hosts, '127.0.0.1 localhost\n');
    // No resolver listens there.
    await writeFile(resolver, 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n');
    const byName = (name: string, url: string): string => url.replace('127.0.0.1', name);
    const daemon = await world.start({
      by: mounting('mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf', world.folder),
      env: {
        AWS_ENDPOINT_URL: byName('aws.test', world.ecr.url),
        PORTAINER_URL: byName('portainer.test', world.portainer.url),
        NO_PROXY: '.test',
      },
    });
    const tells = (name: string): boolean => new RegExp(`UNREACHABLE.*EAI_AGAIN.*${name}|${name}.*EAI_AGAIN`).test(daemon.output());
    await world.until(() => tells('portainer.test'), 'the trouble with Portainer');
    await appendFile(hosts, '127.0.0.1 portainer.test\n');
    await world.until(() => tells('aws.test'), 'the trouble with AWS');
    await appendFile(hosts, '127.0.0.1 aws.test\n');
    await world.until(world.served, 'the delivery');
    for (const message of ['discovery failed', 'token fetch failed']) {
      const told = daemon
        .output()
        .split('\n')
        .filter(line => line.includes(`"msg":"${message}"`) && !line.startsWith('{"level":"debug"'));
      assert.equal(told.length, 1, message);
    }
    await assertWorks(world, daemon);
  });
});

part('a configuration that changes under the daemon', { programs: [] }, () => {
  test('swapped as Kubernetes does, broken, and deleted: the former one stays in force, and the metric says so', async () => {
    await using world = await startWorld();
    const folder = join(world.folder, 'mounted');
    await mkdir(folder);
    await swap(folder, 1, 'log: {format: json}\n');
    await symlink('..data/courier.yaml', join(folder, 'courier.yaml'));
    const daemon = await world.start({ env: { ECR_COURIER_CONFIG: join(folder, 'courier.yaml') } });
    await world.until(world.served, 'the first delivery');
    const reloadTo = async (accepted: 0 | 1, message: string): Promise<void> => {
      const before = daemon.output().split(message).length;
      daemon.child.kill('SIGHUP');
      await world.until(() => daemon.output().split(message).length > before, message);
      assert.match(await world.read('/metrics'), new RegExp(`^ecr_courier_config_last_reload_successful ${accepted}$`, 'm'));
    };
    await swap(folder, 2, 'log: {colour: red}\n');
    await reloadTo(0, 'configuration not reloaded');
    await rm(join(folder, 'courier.yaml'));
    await reloadTo(0, 'configuration not reloaded');
    await symlink('..data/courier.yaml', join(folder, 'courier.yaml'));
    await swap(folder, 3, 'log: {format: json}\n');
    await reloadTo(1, 'configuration reloaded');
    await assertWorks(world, daemon);
  });
});

/** Replaces files as a ConfigMap does: they link into a folder that is itself a link, which is replaced atomically. */
async function swap(folder: string, version: number, text: string): Promise<void> {
  await mkdir(join(folder, `..${version}`));
  await writeFile(join(folder, `..${version}`, 'courier.yaml'), text);
  await symlink(`..${version}`, join(folder, '..new'));
  await rename(join(folder, '..new'), join(folder, '..data'));
}
