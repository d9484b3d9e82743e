import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { adapters } from '../../../adapters/index.ts';
import { load } from '../../../config/load.ts';
import { type App, createApp } from '../../../src/app.ts';
import { clock } from '../../../src/contract/clock.ts';
import { createLog } from '../../../src/io/log.ts';
import { type FakeEcr, startEcr } from '../../fakes/ecr.ts';
import { type FakeHarbor, type HarborOptions, startFakeHarbor } from '../../fakes/harbor.ts';
import { startRegistry } from '../../fakes/registry.ts';
import { hostOf, soon } from '../rig.ts';

const hosts = Array.from({ length: 19 }, (_, at) => hostOf(100_000_000_000 + at));
const [there, wanted] = [hosts.slice(0, 12), hosts.slice(12)];
const rights = ['registry:list', 'registry:read', 'registry:update', 'robot:list'];
const rowOf = (url: string) => ({ name: url, url, credential: { type: 'basic', access_key: 'AWS', access_secret: 'old' } });
const keys = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests' };
let ecr: FakeEcr;
let folder: string;

before(async () => {
  ecr = await startEcr();
  folder = await mkdtemp(join(tmpdir(), 'courier-'));
});
after(async () => {
  await ecr[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Runs the whole program once on Harbor. */
async function once(harbor: FakeHarbor, more: object = {}): Promise<App> {
  const target = { kind: 'harbor', url: harbor.url, username: 'robot$courier', password: 'Courier-Robot-1', allowHttp: true, ...more };
  const file = join(folder, `${Math.random()}.json`);
  await writeFile(file, JSON.stringify({ targets: [target] }));
  await using door = await startRegistry(ecr);
  const app = createApp(await load({ files: [file], env: {}, adapters }), {
    clock,
    log: createLog({ to: { write: () => undefined } }),
    env: { ...keys, AWS_ENDPOINT_URL_ECR: ecr.url },
    registryEndpoint: () => door.url,
  });
  await app.courier.once(soon());
  return app;
}

const startHarbor = (more: HarborOptions): Promise<FakeHarbor> =>
  startFakeHarbor({ robots: [{ name: 'robot$courier', secret: 'Courier-Robot-1', access: rights }], accepts: () => true, ...more });
const served = (harbor: FakeHarbor): number => harbor.state.registries.filter(({ id }) => harbor.secretOf(id) !== 'old').length;

test('with `create` and no right to it, all that is there is served', async () => {
  await using harbor = await startHarbor({ registries: there.map(host => rowOf(`https://${host}`)) });
  const { targets } = (await once(harbor, { create: true, registries: wanted })).status();
  assert.equal(served(harbor), 12);
  const failing = targets[0]?.slots.flatMap(({ state, trouble }) => (state === 'failing' ? trouble?.code : [])) ?? [];
  assert.deepEqual(failing, Array(7).fill('FORBIDDEN'));
  assert.equal(targets[0]?.trouble, null, 'the target itself works');
});

test('an endpoint with http:// makes the courier unready, with a finding, while the others are served', async () => {
  await using harbor = await startHarbor({ registries: [rowOf(`http://${hosts[0]}`), rowOf(`https://${hosts[1]}`)] });
  const { ready, unready, targets } = (await once(harbor)).status();
  assert.deepEqual([harbor.secretOf(1), served(harbor), ready], ['old', 1, false]);
  assert.match(unready.join(), new RegExp(`row 1.*${hosts[0]}.*MISCONFIGURED`));
  const [finding] = targets[0]?.slots[0]?.findings ?? [];
  assert.deepEqual([finding?.code, finding?.severity], ['ENDPOINT_HTTP', 'error']);
});
