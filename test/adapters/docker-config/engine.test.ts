import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { adapters } from '../../../adapters/index.ts';
import { load } from '../../../config/load.ts';
import { type App, createApp } from '../../../src/app.ts';
import { clock } from '../../../src/contract/clock.ts';
import { createLog } from '../../../src/io/log.ts';
import { folder } from '../../config/support.ts';
import { type FakeEcr, startEcr } from '../../fakes/ecr.ts';
import { type FakeRegistry, startRegistry } from '../../fakes/registry.ts';
import { hostOf, soon } from '../rig.ts';

const [host, other] = [hostOf(111_111_111_111), hostOf(222_222_222_222)];
const keys = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests' };
const tokenOf = (ends: string): string => Buffer.from(JSON.stringify({ expiration: Date.parse(ends) / 1000 })).toString('base64');
const login = (password: string): object => ({ auth: Buffer.from(`AWS:${password}`).toString('base64') });
let ecr: FakeEcr;
let door: FakeRegistry;

before(async () => {
  ecr = await startEcr();
  door = await startRegistry(ecr);
});
after(async () => {
  await door[Symbol.asyncDispose]();
  await ecr[Symbol.asyncDispose]();
});

/** Sets up the whole program on a file. */
async function over(text: string, more: object = {}) {
  const dir = await folder({ 'auth.json': text });
  const path = dir.at('auth.json');
  await writeFile(dir.at('courier.json'), JSON.stringify({ targets: [{ kind: 'docker-config', path, ...more }] }));
  const config = await load({ files: [dir.at('courier.json')], env: {}, adapters });
  const start = (): App =>
    createApp(config, {
      clock,
      log: createLog({ to: { write: () => undefined } }),
      env: { ...keys, AWS_ENDPOINT_URL_ECR: ecr.url },
      registryEndpoint: () => door.url,
    });
  const auths = async () => (JSON.parse(await readFile(path, 'utf8')) as { auths: Record<string, { auth: string }> }).auths;
  return {
    path,
    start,
    auths,
    isServed: async (name = host): Promise<boolean> => {
      const { auth = '' } = (await auths())[name] ?? {};
      return ecr.judge('eu-west-1', Buffer.from(auth, 'base64').toString().slice('AWS:'.length)) === 'good';
    },
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

test('a restart writes nothing, as the file tells what it holds; the next token comes at half of its life', async () => {
  await using file = await over(JSON.stringify({ auths: { [`https://${host}`]: {} } }));
  await file.start().courier.once(soon());
  assert.ok(await file.isServed());
  const { mtimeMs, ino } = await stat(file.path);
  const app = file.start();
  await app.courier.once(soon());
  const after = await stat(file.path);
  assert.deepEqual([after.mtimeMs, after.ino], [mtimeMs, ino]);
  assert.equal(app.status().targets[0]?.slots[0]?.state, 'ok');
});

/** Starts a daemon on the file, and resolves after its first delivery. */
async function running(file: Awaited<ReturnType<typeof over>>) {
  const app = file.start();
  const ends = new AbortController();
  const work = app.run(ends.signal);
  const until = async (isSo: () => Promise<boolean>, what: string): Promise<void> => {
    for (let tries = 0; tries < 1000; tries++, await wait(10)) {
      if (await isSo()) return;
      if (tries % 20 === 19) app.courier.look('docker-config');
    }
    assert.fail(what);
  };
  await until(file.isServed, 'the first delivery');
  return {
    app,
    until,
    async [Symbol.asyncDispose]() {
      ends.abort();
      await work;
    },
  };
}

// Each case uses its own file, because a second repair of the same login waits for a minute.
for (const theirs of ['somebody-else', tokenOf('2020-01-01')])
  test(`a login that somebody puts over ours is repaired: ${theirs.slice(0, 13)}`, async () => {
    await using file = await over(JSON.stringify({ auths: { [host]: login('old') } }));
    await using daemon = await running(file);
    await writeFile(file.path, JSON.stringify({ auths: { [host]: login(theirs) } }));
    await daemon.until(file.isServed, 'the repair');
    assert.deepEqual(Object.keys(await file.auths()), [host]);
  });

test('a login that is removed stays away; a creation waits for `create`', async () => {
  await using file = await over(JSON.stringify({ auths: { [host]: login('old') } }), { registries: [other] });
  await using daemon = await running(file);
  await writeFile(file.path, '{"auths":{}}');
  await daemon.until(async () => daemon.app.status().targets[0]?.slots.length === 1, 'the look at what is gone');
  assert.deepEqual(await file.auths(), {});
});
