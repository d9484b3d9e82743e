import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { command, until } from '../commands/cli.ts';
import { ecr, fileOf, folder, host, names, portainerOf, served, start, startDaemon, target } from './support.ts';

test('a directory of files: merged by name; files come and go by SIGHUP and by the door', async () => {
  await using one = await portainerOf();
  await using two = await portainerOf();
  await using daemon = await startDaemon({
    '10-engine.yaml': 'engine: {tickSeconds: 1}\nlog: {format: json}\n',
    '20-one.json': fileOf(target(one, { name: 'one' })),
    'notes.txt': 'targets: none of ours',
    '.hidden.yaml': 'targets: neither',
  });
  await until(() => served(one), 'the first target');

  await daemon.write('30-two.json', fileOf(target(two, { name: 'two' })));
  daemon.child.kill('SIGHUP');
  await until(() => served(two), 'the target of the file that was added');
  assert.deepEqual(names(await daemon.status()), ['one', 'two']);

  await daemon.remove('20-one.json');
  assert.deepEqual(await daemon.reload(), {
    code: 200,
    text: `${JSON.stringify({ ok: true, message: 'The new configuration is in force.' }, null, 2)}\n`,
  });
  assert.deepEqual(names(await daemon.status()), ['two']);
  const metrics = await daemon.get('/metrics');
  assert.doesNotMatch(metrics, /target="one"/, 'a target that is gone has no series');
  assert.match(metrics, /^ecr_courier_config_last_reload_successful 1$/m);
});

test('a mistake in one of the files: the former configuration works on, the metric says so, and the remedy ends it', async () => {
  await using one = await portainerOf();
  await using daemon = await startDaemon({ '10.yaml': 'log: {level: info}\n', '20.json': fileOf(target(one)) });
  await until(() => served(one), 'the first delivery');
  const succeeded = /config_last_reload_success_timestamp_seconds (\S+)$/m;
  const before = succeeded.exec(await daemon.get('/metrics'))?.[1];

  await daemon.write('30.yaml', 'log: {level: debug}\ntargets: [{kind: portainer, name: two}]\n');
  const { code, text } = await daemon.reload();
  assert.equal(code, 422);
  assert.match(text, /log\.level: is set already at \S*10\.yaml:1/, 'both places are named');
  assert.match(text, /targets\.two\.url: must be set/, 'every mistake is told');
  const metrics = await daemon.get('/metrics');
  assert.match(metrics, /^ecr_courier_config_last_reload_successful 0$/m);
  assert.equal(succeeded.exec(metrics)?.[1], before);
  assert.deepEqual(names(await daemon.status()), ['portainer']);
  one.requests.length = 0;
  assert.equal((await command(['refresh'], daemon.env)).code, 0);
  await until(() => one.requests.some(({ method }) => method === 'PUT'), 'a delivery under the former configuration');

  await daemon.remove('30.yaml');
  daemon.child.kill('SIGHUP');
  await until(async () => /config_last_reload_successful 1$/m.test(await daemon.get('/metrics')), 'the reload that works');
});

test('a target that is removed while its write is under way: the write ends, its connections close, nothing is left of it', async () => {
  await using gone = await portainerOf();
  await using stays = await portainerOf();
  gone.latencyMs = 400;
  const two = [target(gone, { name: 'gone' }), target(stays, { name: 'stays' })];
  await using running = await start({ targets: two });
  const writes = () => gone.requests.filter(({ method }) => method === 'PUT').length;
  await until(() => writes() === 1, 'the write');
  await running.reload({ targets: two.slice(1) });
  assert.deepEqual(names(running.app.status()), ['stays']);
  await until(() => served(gone), 'what was under way is not cut off');
  await until(() => gone.sockets.size === 0, 'its connections are closed');
  assert.equal(writes(), 1);
  await until(() => running.app.status().ready, 'the other one is served');
  assert.doesNotMatch(await running.app.metrics.render(running.app.status()), /target="gone"/);
});

test('a target that gets another name is another target: looked at and written anew, nothing doubled', async () => {
  await using portainer = await portainerOf({ registries: [] });
  const named = (name: string) => ({ targets: [target(portainer, { name, create: true, registries: [host] })] });
  await using running = await start(named('before'));
  await until(() => running.app.status().ready, 'the creation');
  portainer.requests.length = 0;
  await running.reload(named('after'));
  await until(() => running.app.status().ready && portainer.requests.some(({ method }) => method === 'PUT'), 'the delivery');
  assert.deepEqual(names(running.app.status()), ['after']);
  assert.equal(portainer.rows().length, 1);
  const metrics = await running.app.metrics.render(running.app.status());
  assert.doesNotMatch(metrics, /target="before"/);
  assert.match(metrics, /deliver_changes_total\{target="after",change="updated"\} 1/);
});

test('another identity for a source: its credential replaces the former one’s at once', async () => {
  await using portainer = await portainerOf();
  const roleArn = 'arn:aws:iam::222222222222:role/courier';
  const config = (more: object) => ({ sources: [{ name: 'default', ...more }], targets: [target(portainer)] });
  await using running = await start(config({}));
  await until(() => running.app.status().ready, 'the first identity');
  const former = portainer.passwordOf(1);
  await running.reload(config({ roleArn }));
  await until(() => portainer.passwordOf(1) !== former && running.app.status().ready, 'the second one');
  assert.ok(served(portainer));
  assert.deepEqual(
    ecr.calls.filter(({ action }) => action === 'AssumeRole').map(({ input }) => input['RoleArn']),
    [roleArn],
  );
  assert.equal(running.app.status().credentials.length, 1, 'the former one is forgotten');
});

test('certificates of another authority are taken up without a restart', async () => {
  const pem = (name: string) => readFile(join(import.meta.dirname, '../io/certificates', name), 'utf8');
  const tls = { key: await pem('server.key'), cert: await pem('good.pem') };
  await using portainer = await portainerOf({ tls });
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, await pem('self-signed.pem'));
  const url = portainer.url.replace('127.0.0.1', 'localhost');
  await using running = await start({ targets: [{ ...target({ url }), caFile }] }, 30);
  await until(() => running.app.status().targets[0]?.trouble?.code === 'MISCONFIGURED', 'a certificate that is not trusted');
  await writeFile(caFile, await pem('ca.pem'));
  await until(() => served(portainer), 'the delivery');
  assert.equal(running.app.status().targets[0]?.trouble, null);
});
