import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Status } from '../../src/observe/status-view.ts';
import { command, until } from '../commands/cli.ts';
import { fileOf, folder, freePort, host, names, portainerOf, served, start, startDaemon, target } from './support.ts';

test('forty daemons that start together on one Portainer which lacks the registry: one row comes of it, and all know it', async () => {
  await using portainer = await portainerOf({ registries: [] });
  await using stack = new AsyncDisposableStack();
  const config = { targets: [target(portainer, { create: true, registries: [host] })] };
  const running = await Promise.all(Array.from({ length: 40 }, () => start(config)));
  for (const each of running) stack.use(each);
  await until(() => running.every(({ app }) => app.status().ready), 'all are ready');
  assert.deepEqual(
    portainer.rows().map(({ URL }) => URL),
    [host],
  );
  assert.ok(served(portainer));
});

test('two daemons of one user: the second says that the socket is taken, and status finds it by its port', async () => {
  await using one = await portainerOf();
  await using first = await startDaemon({ '1.json': fileOf(target(one, { name: 'first' })) });
  const { ECR_COURIER_SOCKET } = first.env;
  await using second = await startDaemon({ '1.json': fileOf(target(one, { name: 'second' })) }, { ECR_COURIER_SOCKET });
  assert.match(second.said.stdout, /"msg":"no socket"/);
  assert.match(second.said.stdout, /Give this daemon a socket of its own with ECR_COURIER_SOCKET/);
  const shown = async (...args: string[]) => (await command(['status', '--json', ...args], first.env)).stdout;
  assert.deepEqual(names(JSON.parse(await shown()) as Status), ['first']);
  assert.deepEqual(names(JSON.parse(await shown('--listen', second.door)) as Status), ['second']);
  const refused = await command(['refresh', '--listen', second.door], first.env);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /belongs to another daemon\. This is the daemon of port \d+, not of/);
});

test('two daemons of one user with two ports: every command finds the one that is meant, and never the other', async () => {
  await using portainer = await portainerOf();
  const ports = [await freePort(), await freePort(), await freePort()];
  const own = (port: number | undefined) => ({ ECR_COURIER_SOCKET: '', XDG_RUNTIME_DIR: folder, ECR_COURIER_LISTEN: `127.0.0.1:${port}` });
  const daemonOf = (name: string, port: number | undefined) => startDaemon({ '1.json': fileOf(target(portainer, { name })) }, own(port));
  await using first = await daemonOf('first', ports[0]);
  await using second = await daemonOf('second', ports[1]);
  for (const [name, { env, said }] of Object.entries({ first, second })) {
    assert.doesNotMatch(said.stdout, /no socket/);
    assert.match((await command(['status'], env)).stdout, new RegExp(`^${name} `, 'm'));
    assert.equal((await command(['healthcheck'], env)).code, 0);
    const refreshed = await command(['refresh', '--target', name], env);
    assert.deepEqual([refreshed.code, refreshed.stderr], [0, '']);
    assert.match(refreshed.stdout, new RegExp(`^Looking at ${name} and writing every slot`));
    assert.match((await command(['bundle'], env)).stdout, new RegExp(`^${name}: portainer at`, 'm'));
  }
  const nobody = { ...first.env, ...own(ports[2]) };
  for (const name of ['healthcheck', 'status', 'refresh']) assert.equal((await command([name], nobody)).code, 1, name);
  // The same when ECR_COURIER_SOCKET names the socket of another daemon.
  const { code, stderr } = await command(['healthcheck'], { ...nobody, ECR_COURIER_SOCKET: join(folder, `ecr-courier-${ports[0]}.sock`) });
  assert.equal(code, 1);
  assert.match(stderr, /belongs to another daemon/);
});

test('what is broken in the configuration since the start, or in a module of an adapter, does not hide the daemon', async () => {
  await using portainer = await portainerOf();
  const listen = `127.0.0.1:${await freePort()}`;
  const text = `server: {listen: '${listen}'}\nlog: {level: info}\ntargets: ${JSON.stringify([target(portainer)])}\n`;
  await using daemon = await startDaemon({ '1.yaml': text }, { ECR_COURIER_LISTEN: '' });
  await until(async () => (await daemon.status()).ready, 'ready');
  await daemon.write('x.yaml', 'a: [x');
  await daemon.write('1.yaml', `${text}frobnicate: true\nengine: {tickSeconds: maybe}\ntargets: {}\nb: [`);
  const env = { ...daemon.env, ECR_COURIER_CONFIG: daemon.config, ECR_COURIER_FROBNICATE: '1', ECR_COURIER_ADAPTERS: './nowhere.ts' };
  for (const args of [['healthcheck'], ['healthcheck', '--ready'], ['status'], ['refresh']]) {
    const { code, stderr } = await command(args, env);
    assert.deepEqual([code, stderr], [0, ''], args.join(' '));
  }
  const bundle = await command(['bundle'], env);
  assert.match(bundle.stdout, /^The daemon that answers at/m);
  assert.match(bundle.stdout, /nowhere\.ts: cannot be loaded/);

  const unknown = await command(['healthcheck'], { ...env, ECR_COURIER_LISTEN: '18099' });
  assert.equal(unknown.code, 78, 'which daemon is meant cannot be known');
  assert.match(unknown.stderr, /ECR_COURIER_LISTEN: must be host:port/);
});
