import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../../src/observe/status-view.ts';
import { cli, until } from '../commands/cli.ts';
import { fileOf, host, names, portainerOf, served, start, startDaemon, target } from './support.ts';

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
  const shown = async (...args: string[]) => (await cli(['status', '--json', ...args], first.env)).stdout;
  assert.deepEqual(names(JSON.parse(await shown()) as Status), ['first']);
  assert.deepEqual(names(JSON.parse(await shown('--listen', second.door)) as Status), ['second']);
});
