import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { adapters } from '../../../adapters/index.ts';
import { load } from '../../../config/load.ts';
import { createApp } from '../../../src/app.ts';
import { clock } from '../../../src/contract/clock.ts';
import { createLog } from '../../../src/io/log.ts';
import { until } from '../../commands/cli.ts';
import { folder } from '../../config/support.ts';
import { type FakeEcr, startEcr } from '../../fakes/ecr.ts';
import { courierToken, type FakeKubernetes, startFakeKubernetes } from '../../fakes/kubernetes.ts';
import { startRegistry } from '../../fakes/registry.ts';
import { isWrite, tokenFile } from '../kubernetes/rig.ts';
import { host } from '../rig.ts';
import { charts, leastRules, made, namespace, templateNames, valueOf } from './rig.ts';

const keys = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests' };

/** Runs the whole daemon on a fake cluster. */
async function start(fake: FakeKubernetes, ecr: FakeEcr, more: object = {}) {
  await using stack = new AsyncDisposableStack();
  const token = stack.use(await tokenFile(courierToken));
  const target = { kind: 'argocd', url: fake.url, tokenFile: token.path, allowHttp: true, ...more };
  const files = stack.use(await folder({ 'courier.json': JSON.stringify({ targets: [target], engine: { startSpreadSeconds: 0 } }) }));
  const door = stack.use(await startRegistry(ecr));
  const app = createApp(await load({ files: [files.at('courier.json')], env: {}, adapters }), {
    clock,
    log: createLog({ to: { write: () => undefined } }),
    env: { ...keys, AWS_ENDPOINT_URL_ECR: ecr.url },
    registryEndpoint: () => door.url,
  });
  const stopping = new AbortController();
  const running = app.run(stopping.signal);
  stack.defer(async () => {
    stopping.abort();
    await running;
  });
  const kept = stack.move();
  return {
    look: () => app.courier.look('argocd'),
    states: () => [...(app.status().targets[0]?.slots ?? [])].map(({ id, state }) => `${id} ${state}`),
    writes: () => fake.requests.filter(isWrite).map(({ path }) => path.replace(/^.*\/|\?.*$/g, '')),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

test('what is there and what is made is written once; a password changed by hand is repaired; a restart writes nothing', async () => {
  await using ecr = await startEcr();
  const objects = [made('charts', charts(`${host}/charts`)), made('others', charts('ghcr.io/team'))];
  await using fake = await startFakeKubernetes({ namespaces: [namespace], objects, rules: leastRules(host) });
  const more = { create: true, registries: [host] };
  const names = ['charts', ...templateNames(host)];
  const good = names.map(name => `argocd/${name} ok`);
  {
    await using t = await start(fake, ecr, more);
    await until(() => t.states().join() === good.join(), 'all three to be well');
    assert.deepEqual(t.writes().sort(), names);
    const password = valueOf(fake, 'charts', 'password');
    assert.deepEqual(new Set(names.map(name => valueOf(fake, name, 'password'))), new Set([password]));
    fake.edit('secrets', namespace, 'charts', { data: { password: Buffer.from('by hand').toString('base64') } });
    t.look();
    await until(() => valueOf(fake, 'charts', 'password') === password, 'the repair');
    assert.deepEqual(t.writes().slice(names.length), ['charts']);
  }
  fake.requests.length = 0;
  await using t = await start(fake, ecr, more);
  await until(() => t.states().join() === good.join(), 'all to be well again');
  await wait(100);
  assert.deepEqual(t.writes(), []);
  assert.equal(valueOf(fake, 'others', 'password'), 'old');
});
