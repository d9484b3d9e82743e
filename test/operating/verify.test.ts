import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { adapters } from '../../adapters/index.ts';
import { load } from '../../config/load.ts';
import { type App, createApp } from '../../src/app.ts';
import { clock as real } from '../../src/contract/clock.ts';
import { createLog } from '../../src/io/log.ts';
import { until } from '../commands/cli.ts';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { adminKey, type FakePortainer, startFakePortainer } from '../fakes/portainer.ts';
import { recorded } from '../fakes/registry/recorded.ts';
import { type FakeRegistry, startRegistry } from '../fakes/registry.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const minute = 60_000;

let ecr: FakeEcr;
let door: FakeRegistry;
let portainer: FakePortainer;
let folder: string;
before(async () => {
  ecr = await startEcr();
  door = await startRegistry(ecr, { registry: host, content: recorded });
  portainer = await startFakePortainer({
    registries: [{ Name: 'ecr', URL: host, Authentication: true, Username: 'AWS', Password: 'old' }],
  });
  folder = await mkdtemp(join(tmpdir(), 'courier-'));
});
after(async () => {
  for (const server of [portainer, door, ecr]) await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Line {
  readonly msg: string;
  readonly code?: string;
  readonly error?: string;
  readonly remedy?: string;
  readonly image?: string;
}

/** Starts a courier whose wall clock can be set forward with `leap`, which makes everything due that is due by then. */
async function start(verify: readonly string[]): Promise<AsyncDisposable & { app: App; lines: () => Line[]; leap(ms: number): void }> {
  let ahead = 0;
  const file = join(folder, 'courier.json');
  const target = { kind: 'portainer', url: portainer.url, apiKey: adminKey, allowHttp: true, verify };
  await writeFile(file, JSON.stringify({ targets: [target], engine: { tickSeconds: 1 } }));
  const config = await load({ files: [file], env: {}, adapters });
  const written: string[] = [];
  const app = createApp(config, {
    clock: { ...real, wall: () => real.wall() + ahead },
    log: createLog({ to: { write: line => written.push(line) }, level: 'debug' }),
    env: {
      AWS_ACCESS_KEY_ID: 'AKIDTEST',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_ENDPOINT_URL_ECR: ecr.url,
      ECR_COURIER_CACHE: join(folder, 'kept'),
    },
    registryEndpoint: () => door.url,
  });
  const stopping = new AbortController();
  const running = app.run(stopping.signal);
  await until(() => written.some(line => line.includes('"delivered"')), 'the first delivery');
  return {
    app,
    lines: () => written.map(line => JSON.parse(line) as Line),
    leap(ms) {
      ahead += ms;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

const manifests = () => door.server.requests.filter(({ path }) => path.includes('/manifests/')).map(({ path }) => path);

test('the daemon walks the pulls of its images: what is refused is a finding with the policy, and ends when it is mended', async () => {
  door.rights = { principal: 'arn:aws:sts::123456789012:assumed-role/ci/s', deny: { 'ecr:BatchGetImage': 'identity' } };
  {
    await using daemon = await start([`${host}/team/app:1`]);
    assert.deepEqual(manifests(), []);
    daemon.leap(16 * minute);
    const image = () => daemon.app.status().targets[0]?.images[0];
    await until(() => image()?.state === 'refused', 'the refusal');
    const line = (message: string) => daemon.lines().find(({ msg, code }) => msg === message && code === 'PULL_REFUSED');
    await until(() => line('finding') !== undefined, 'the line of the log');
    const begun = line('finding');
    assert.match(begun?.error ?? '', /team\/app:1: Role ci in account 123456789012 may not do ecr:BatchGetImage/);
    assert.match(begun?.remedy ?? '', /"Effect":"Allow".*"ecr:BatchGetImage"/);
    assert.equal(daemon.app.status().ready, true);
    assert.equal(ecr.judge('eu-west-1', portainer.passwordOf(1)), 'good');

    door.rights = {};
    daemon.leap(70 * minute);
    await until(() => image()?.state === 'ok', 'the pull that would work');
    await until(() => line('finding ended') !== undefined, 'the end of the finding');
    assert.ok(daemon.lines().some(({ msg, image: name }) => msg === 'image would be pulled' && name === `${host}/team/app:1`));
    await until(() => existsSync(join(folder, 'kept/verified.json')), 'the memory');
  }
  door.server.requests.length = 0;
  await using again = await start([`${host}/team/app:1`]);
  await until(() => again.app.status().targets[0]?.images[0]?.state === 'ok', 'what was known before the restart');
  again.leap(16 * minute);
  await until(() => again.lines().filter(({ msg }) => msg === 'discovered').length > 0, 'a look at the target');
  assert.deepEqual(manifests(), []);
});
