import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { adapters } from '../../../adapters/index.ts';
import { load } from '../../../config/load.ts';
import { writeFronts } from '../../../scripts/fronts.ts';
import { type App, createApp } from '../../../src/app.ts';
import { clock } from '../../../src/contract/clock.ts';
import { parseAddress } from '../../../src/contract/registry.ts';
import { makeSources } from '../../../src/ecr/sources/source.ts';
import { createLog } from '../../../src/io/log.ts';
import { openOnce } from '../../../src/io/once.ts';
import { reachAws } from '../../../src/io/reach.ts';
import { answerFor } from '../../../src/pull/answer.ts';
import { hostsListed } from '../../../src/pull/list.ts';
import { folder } from '../../config/support.ts';
import { startEcr } from '../../fakes/ecr.ts';
import { startRegistry } from '../../fakes/registry.ts';
import { hostOf, soon } from '../rig.ts';

const run = promisify(execFile);
const [host, sister, elsewhere] = [hostOf(111_111_111_111), hostOf(222_222_222_222), hostOf(111_111_111_111, 'us-east-1')];
const ecr = await startEcr();
const door = await startRegistry(ecr);
after(async () => {
  await door[Symbol.asyncDispose]();
  await ecr[Symbol.asyncDispose]();
});
const hour = 3_600_000;

/**
 * Sets up a home with a configuration, the daemon, the helper in Node, and its front, whose fallback `node` only prints
 * NODE.
 */
async function machine(target: object = {}) {
  const targets = [{ kind: 'helper-cache', registries: [host], ...target }];
  const dir = await folder({ 'courier.json': JSON.stringify({ targets }), 'fronts/x': '' });
  const past = Math.floor(Date.now() / 1000) - 30_000.5;
  await utimes(dir.at('courier.json'), past, past);
  await writeFronts(dir.at('fronts'));
  await writeFile(dir.at('fronts/node'), '#!/bin/sh\necho "NODE"\n', { mode: 0o755 });
  const env = {
    HOME: dir.path,
    ECR_COURIER_CONFIG: dir.at('courier.json'),
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests',
    AWS_ENDPOINT_URL_ECR: ecr.url,
  };
  const config = await load({ files: [dir.at('courier.json')], env: {}, adapters });
  ecr.calls.splice(0);
  ecr.server.requests.splice(0);
  ecr.now = Date.now;
  return {
    dir,
    env,
    calls: () => ecr.calls.length,
    daemon: (more: object = {}, laterMs = 0): App =>
      createApp(config, {
        clock: { ...clock, wall: () => clock.wall() + laterMs },
        log: createLog({ to: { write: () => undefined } }),
        env: { ...env, ...more },
        registryEndpoint: () => door.url,
      }),
    async helper(asked = host, laterMs = 0, more: object = {}): Promise<string> {
      const time = { ...clock, wall: () => clock.wall() + laterMs };
      const asker = { env: { ...env, ...more }, clock: time, signal: soon(), unconfiguredPublic: 'not served' as const };
      const reply = await answerFor(asked, asker);
      assert.ok(reply.kind === 'answer', JSON.stringify(reply));
      return reply.answer.password.reveal();
    },
    async front(asked = host, more: object = {}): Promise<string> {
      const front = join(dir.at('fronts'), 'docker-credential-ecr-courier');
      const child = run(front, ['get'], { env: { PATH: process.env['PATH'] ?? '', ...env, ...more }, encoding: 'utf8' });
      child.child.stdin?.on('error', () => undefined).end(asked);
      const { stdout } = await child;
      return stdout.startsWith('NODE') ? 'NODE' : (JSON.parse(stdout) as { Secret: string }).Secret;
    },
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}
const judged = (token: string): string => ecr.judge('eu-west-1', token);

test('one call of the daemon in half a life, none of those who ask; what it refreshes the front gives, without Node', async () => {
  await using place = await machine();
  // The first credential is seven hours old.
  const then = -7 * hour;
  ecr.now = () => Date.now() + then;
  await place.daemon({}, then).courier.once(soon());
  assert.equal(place.calls(), 1);
  const first = await place.helper(host, then);
  assert.equal(await place.helper(sister, then), first);
  // The credential is past half its life, but the daemon has not refreshed it yet.
  assert.deepEqual([await place.helper(), await place.front(), await place.front(sister)], [first, first, first]);
  assert.equal(place.calls(), 1);

  ecr.now = Date.now;
  await place.daemon().courier.once(soon());
  assert.equal(place.calls(), 2);
  const second = await place.front();
  assert.notEqual(second, first);
  assert.deepEqual([judged(second), await place.helper(), await place.front(sister)], ['good', second, second]);
  assert.equal(place.calls(), 2);
});

const onlyRoot = { skip: process.getuid?.() !== 0 && 'only root can' };
test(
  'the members of a group take the answers of a daemon, and write nothing; a container with keys of its own does not',
  onlyRoot,
  async () => {
    const directory = await mkdtemp('/var/cache/shared-');
    try {
      await chown(directory, 0, 12_345);
      await chmod(directory, 0o2750);
      await using place = await machine({ directory, group: '12345' });
      // Another user of the machine with an empty home and the same role.
      const role = { AWS_ACCESS_KEY_ID: 'AKIDTEST', HOME: place.dir.at('daemon') };
      await place.daemon(role).courier.once(soon());
      assert.equal(place.calls(), 1);
      const before = await readdir(directory);
      const asker = { ECR_COURIER_SHARED_CACHE: directory };
      // A user with a configuration that names no host.
      await writeFile(place.dir.at('empty.yaml'), '');
      const alone = { ...place.env, ECR_COURIER_CONFIG: place.dir.at('empty.yaml') };
      const listed = async (env: object) => (await hostsListed({ env: { ...alone, ...env }, clock })).map(([name]) => name);
      assert.deepEqual([await listed(asker), await listed({})], [[host], []]);
      assert.deepEqual(await listed({ ...asker, AWS_ACCESS_KEY_ID: 'AKIDOTHER' }), [], 'of another identity');
      const first = await place.helper(host, 0, asker);
      assert.deepEqual([judged(first), await place.front(host, asker), place.calls()], ['good', first, 1]);
      assert.deepEqual(await readdir(directory), before);
      assert.equal(await place.front(), 'NODE', 'without the variable');
      await writeFile(place.dir.at('web-token'), 'x');
      const pod = { ...asker, AWS_ROLE_ARN: 'arn:aws:iam::111111111111:role/pod', AWS_WEB_IDENTITY_TOKEN_FILE: place.dir.at('web-token') };
      assert.notEqual(await place.helper(host, 0, pod), first);
    } finally {
      await rm(directory, { recursive: true });
    }
  },
);

test('a restart writes nothing, as the file tells what it holds', async () => {
  await using place = await machine();
  await place.daemon().courier.once(soon());
  const first = await place.helper();
  const app = place.daemon();
  await app.courier.once(soon());
  assert.equal(await place.helper(), first);
  assert.equal(app.status().targets[0]?.slots[0]?.state, 'ok');
});

test('a host that somebody asked for is kept fresh from then on', async () => {
  await using place = await machine();
  await place.helper(elsewhere);
  const app = place.daemon();
  await app.courier.once(soon());
  assert.deepEqual(
    app
      .status()
      .targets[0]?.slots.map(({ id }) => id)
      .sort(),
    [host, elsewhere].sort(),
  );
});

for (const [name, more] of [
  ['another key', { AWS_ACCESS_KEY_ID: 'AKIDOTHER' }],
  ['another profile', { AWS_PROFILE: 'other' }],
  [
    'another home, with files',
    { HOME: '/elsewhere', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_ENDPOINT_URL_ECR: 'http://127.0.0.1:9' },
  ],
] as const)
  test(`who asks with ${name} gets nothing of the daemon's`, async () => {
    await using place = await machine();
    await place.daemon().courier.once(soon());
    const own = await place.helper();
    assert.equal(await place.front(), own);
    const cache = { ECR_COURIER_CACHE: place.dir.at('.cache/ecr-courier') };
    assert.equal(await place.front(host, { ...cache, ...more }), 'NODE');
    const asked = await place.helper(host, 0, { ...cache, ...more }).catch(() => 'nothing');
    assert.notEqual(asked, own);
  });

const profile = (id: string): string => `[default]\naws_access_key_id = ${id}\naws_secret_access_key = secret\n`;
/** Runs the work while AWS responds slowly, and changes the file meanwhile. */
async function changing<T>(path: string, work: () => Promise<T>): Promise<T> {
  ecr.server.latencyMs = 300;
  try {
    const done = work();
    while (ecr.server.requests.length === 0) await new Promise(setImmediate);
    await writeFile(path, profile('AKIDTWO'));
    return await done;
  } finally {
    ecr.server.latencyMs = 0;
  }
}

test('keys that are changed while AWS is asked make no answer, and the credential says no identity', async () => {
  await using place = await machine();
  const path = place.dir.at('credentials');
  const more = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SHARED_CREDENTIALS_FILE: path };
  await writeFile(path, profile('AKIDONE'));
  await changing(path, () => place.daemon(more).courier.once(soon()));
  const names = await readdir(place.dir.at('.cache/ecr-courier')).catch(() => []);
  assert.deepEqual(
    names.filter(name => name.endsWith('.answer')),
    [],
  );

  const env = { ...place.env, ...more };
  const [source] = makeSources([], { once: openOnce(reachAws({ env })), clock, env }).all;
  const registry = parseAddress(host)?.registry;
  assert.ok(source && registry);
  const still = await source.fetch(registry, soon());
  assert.ok(still.askedAs);
  assert.equal(still.askedAs, await source.askedAs?.(registry));
  await writeFile(path, profile('AKIDONE'));
  ecr.server.requests.splice(0);
  assert.equal((await changing(path, () => source.fetch(registry, soon()))).askedAs, undefined);
});
