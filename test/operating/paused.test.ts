import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { refreshBy } from '../../src/commands/actions.ts';
import { clock } from '../../src/contract/clock.ts';
import { page } from '../../src/observe/page.ts';
import { cli, until } from '../commands/cli.ts';
import { ecr, fileOf, folder, portainerOf, served, start, target } from './support.ts';

test('paused: nothing is sent, shown as paused, neither unready nor alarming; taken out, it is served', async () => {
  await using portainer = await portainerOf();
  await using other = await portainerOf();
  const both = (paused: boolean) => ({ targets: [target(portainer, { name: 'still', paused }), target(other, { name: 'other' })] });
  await using running = await start(both(true));
  await until(() => served(other), 'the other target');
  const refresh = refreshBy(running.app);
  assert.deepEqual(await refresh('still'), { ok: false, message: 'still is paused in the configuration: nothing is sent to it.' });
  assert.match((await refresh()).message, /^Looking at other and writing/);
  await until(() => running.app.status().ready, 'ready');
  const status = running.app.status();
  assert.deepEqual(
    status.targets.map(({ name, state, trouble, nextDiscoveryAt }) => [name, state, trouble, nextDiscoveryAt === null]),
    [
      ['still', 'paused', null, true],
      ['other', 'ok', null, false],
    ],
  );
  const metrics = await running.app.metrics.render(status);
  for (const silent of ['up', 'token_expiry_timestamp_seconds', 'token_issued_timestamp_seconds'])
    assert.doesNotMatch(metrics, new RegExp(`target_${silent}\\{target="still"\\}`));
  assert.match(page(status), /still[\s\S]*paused/);
  assert.deepEqual(portainer.requests, []);

  await running.reload(both(false));
  await until(() => served(portainer), 'the delivery');
});

test('paused while it fails and while a write is under way: no more requests, no alarm, and what lies there still is taken up later', async () => {
  await using portainer = await portainerOf();
  const config = (paused: boolean) => ({ targets: [target(portainer, { name: 'still', paused, deliverSeconds: 1 })] });
  portainer.fault = ({ method }) => (method === 'PUT' ? 'hang' : undefined);
  await using running = await start(config(false));
  const writes = () => portainer.requests.filter(({ method }) => method === 'PUT').length;
  await until(() => (running.app.status().targets[0]?.slots[0]?.trouble?.count ?? 0) >= 1 && writes() >= 2, 'a failure, and another write');
  await running.reload(config(true));
  await until(
    () => portainer.sockets.size <= 1 && running.app.courier.ledger.targets.get('still')?.entries.get('1')?.running === false,
    'its end',
  );
  const sent = portainer.requests.length;
  await clock.sleep(2500, new AbortController().signal);
  assert.equal(portainer.requests.length, sent, 'two ticks and a half without a request');
  const status = running.app.status();
  assert.deepEqual([status.ready, status.targets[0]?.state], [true, 'paused']);
  const metrics = await running.app.metrics.render(status);
  assert.doesNotMatch(metrics, /ecr_courier_(consecutive_failures|target_up|target_token_expiry_timestamp_seconds)\{target="still"\}/);

  portainer.fault = undefined;
  await running.reload(config(false));
  await until(() => served(portainer), 'the delivery');
});

test('a paused target is left alone by once and check, too, and they say so', async () => {
  await using portainer = await portainerOf();
  await using other = await portainerOf();
  const file = join(folder, 'paused.json');
  await writeFile(file, fileOf(target(portainer, { name: 'still', paused: true }), target(other, { name: 'other' })));
  const env = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests', AWS_ENDPOINT_URL_ECR: ecr.url };
  const proofless = { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' };
  for (const command of ['check', 'once']) {
    const { stdout, stderr } = await cli([command, '--config', file], { ...env, ...proofless });
    assert.match(stdout, /still is paused: nothing is sent to it\./, stderr);
    assert.match(stdout, /^other /m);
  }
  assert.ok(served(other));
  assert.deepEqual(portainer.requests, []);
});
