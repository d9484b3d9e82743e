import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../commands/cli.ts';
import { adminKey } from '../fakes/portainer.ts';
import { startHeartbeats, startReceiver } from '../fakes/receivers.ts';
import { folder, portainerOf, start, target } from './support.ts';

test('a key that is refused is told, the heartbeat stops, and both come back with the key', async () => {
  await using portainer = await portainerOf();
  await using hook = await startReceiver('webhook');
  await using beats = await startHeartbeats();
  const [admin] = portainer.state.users;
  assert.ok(admin);
  const notify = [{ format: 'webhook', url: hook.address }];
  const heartbeat = { url: `${beats.url}/api/push/kum4T0ken99`, everySeconds: 30 };
  const config = { targets: [target(portainer)], notify, heartbeat, server: { publicUrl: 'https://courier.example.com' } };
  await using running = await start(config, 20);
  const titles = () => hook.taken.map(({ title }) => String(title));

  await until(() => beats.heard.includes('up'), 'the first heartbeat');
  admin.apiKey = 'ptr_another-key-of-the-admin';
  await until(() => hook.taken.length === 1, 'the refusal');
  await until(() => beats.heard.at(-1) === 'down', 'the end of the heartbeat');
  admin.apiKey = adminKey;
  // The reload configures the key directly: a new key is tried at once, while the old one would wait for the pause
  // after a refusal.
  await running.reload({ ...config, targets: [target(portainer, { apiKey: adminKey, apiKeyFile: undefined })] });
  await until(() => hook.taken.length === 2, 'that it is over');
  await until(() => beats.heard.at(-1) === 'up', 'the heartbeat is back');

  assert.deepEqual(titles(), ['portainer: its key is refused.', 'portainer: its key is accepted again.']);
  const [first] = hook.taken;
  assert.equal(first?.['link'], 'https://courier.example.com/?target=portainer');
  await until(() => running.app.status().receivers.every(({ state }) => state === 'ok'), 'both took what they were sent');
  const status = running.app.status();
  assert.deepEqual(
    status.receivers.map(({ name }) => name),
    ['webhook', 'heartbeat'],
  );
  const told = `${JSON.stringify(status)}${await running.app.metrics.render(running.app.overview())}${running.lines.join('')}`;
  for (const part of ['w3bh00k', 'kum4T0ken99', adminKey]) assert.ok(!told.includes(part), `${part} of ${folder}`);
  assert.match(told, /ecr_courier_receiver_up\{receiver="webhook"\} 1/);
});
