import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { randomFrom } from '../courier/rig.ts';
import { adminKey } from '../fakes/portainer.ts';
import { hostOf, startWorld, type World } from './daemon.ts';
import { part } from './needs.ts';

/**
 * The pause in addition to the wait of the health check: about seven token lives. The other tests of this part run
 * meanwhile.
 */
const stoppedMs = 66_000;

const createOne = (account: string) => ({ PORTAINER_CREATE: 'true', PORTAINER_REGISTRIES: hostOf(account) });
const countOf = ({ portainer }: World, account: string): number => portainer.rows().filter(({ URL }) => URL === hostOf(account)).length;

part('many processes', { programs: [] }, () => {
  test('killed 200 times at random moments: nothing is lost, doubled or left behind, and the next start delivers', async t => {
    const seed = Number(process.env['TEST_SEED'] ?? randomInt(2 ** 31));
    t.diagnostic(`TEST_SEED=${seed}`);
    const lives = await Promise.all([0, 1, 2, 3].map(lane => killOften(50, randomFrom(seed + lane))));
    const writes = lives.flat();
    const none = writes.filter(count => count === 0).length;
    const all = writes.filter(count => count >= 3).length;
    t.diagnostic(`${none} before the first of three writes, ${writes.length - none - all} among them, ${all} after the last`);
    assert.equal(writes.length, 200);
    assert.ok(none > 0 && all > 0, 'the moments are spread');
  });

  test('twelve that start together on one Portainer: one row for each registry, and no fight', async () => {
    await using world = await startWorld({ env: { ...createOne('333333333333'), ECR_COURIER_LISTEN: '127.0.0.1:0' } });
    world.portainer.latencyMs = 50;
    const daemons = await Promise.all(
      Array.from({ length: 12 }, (_, at) => world.start({ env: { ECR_COURIER_SOCKET: `${world.folder}/socket-${at}` } })),
    );
    await world.until(
      () => daemons.every(daemon => (daemon.output().match(/"msg":"delivered"/g) ?? []).length >= 3),
      'three deliveries each',
    );
    // A slow daemon may be about to write, so waits for the writes to settle. In a fight they never would.
    let settled = -1;
    for (let tries = 0; tries < 4 && world.written().length !== settled; tries++) {
      settled = world.written().length;
      await wait(3000);
    }
    assert.equal(world.written().length, settled, 'nobody writes again what another has written');
    assert.equal(countOf(world, '333333333333'), 1);
    for (const { Password } of world.portainer.rows()) assert.ok(world.passwords.includes(Password));
  });
});

part('what happens to one process', { programs: [], atOnce: true }, () => {
  test('stopped for many half-lives of a token: not healthy meanwhile, and one catch-up afterwards', async () => {
    await using world = await startWorld({ ttlMs: 10_000 });
    const daemon = await world.start();
    await world.until(world.served, 'the first delivery');
    daemon.child.kill('SIGSTOP');
    const fetched = world.ecr.calls.length;
    const { code } = await world.run('healthcheck');
    assert.equal(code, 1, 'a process that stands still is not live');
    await wait(stoppedMs);
    assert.equal(world.ecr.calls.length, fetched);
    assert.ok(!world.served(), 'what the rows hold has expired');

    world.portainer.requests.length = 0;
    const began = performance.now();
    daemon.child.kill('SIGCONT');
    await world.until(world.served, 'the catch-up');
    await wait(1500);
    // The daemon missed some seventy looks and a dozen tokens. From now on it looks once a second, and fetches a token
    // every 4.5 s at the earliest.
    const seconds = (performance.now() - began) / 1000;
    const tokens = world.ecr.calls.length - fetched;
    assert.ok(tokens <= 1 + seconds / 4.5, `${tokens} tokens in ${seconds} s`);
    assert.equal(world.written().length, 2 * tokens, 'one write a row and token');
    const looks = world.portainer.requests.filter(({ path }) => path === '/api/registries').length;
    assert.ok(looks <= 3 + seconds, `${looks} looks in ${seconds} s`);
    assert.equal((await world.run('healthcheck')).code, 0);
  });

  test('SIGTERM while a write hangs: ends by itself, in time, and says so; a second one ends it at once', async () => {
    await using world = await startWorld();
    world.portainer.fault = ({ method }) => (method === 'PUT' ? 'hang' : undefined);
    const patient = await world.start();
    await world.until(() => world.written().length > 0, 'the write that hangs');
    const began = performance.now();
    assert.equal(await patient.end('SIGTERM'), 0);
    assert.ok(performance.now() - began < 10_000, 'within what Docker grants');
    assert.match(patient.output(), /"msg":"stopped"/);

    const hurried = await world.start();
    await world.until(() => world.written().length > 2, 'the write that hangs again');
    hurried.child.kill('SIGTERM');
    await wait(100);
    assert.equal(await hurried.end('SIGTERM'), 1);
    assert.doesNotMatch(hurried.output(), /"msg":"stopped"/);
    assert.deepEqual(
      world.portainer.rows().map(({ Password }) => Password),
      ['of-yesterday', 'of-yesterday'],
    );
  });

  test('a mistake of the program itself, in a callback or a promise, ends it with 1 and shows no secret', async () => {
    await using world = await startWorld();
    for (const mistake of ['throw broken()', 'void Promise.reject(broken())']) {
      const daemon = await world.start({ node: onSignal(`const broken = () => new Error('quotes ${adminKey}'); ${mistake};`) });
      await world.until(() => /"msg":"delivered"/.test(daemon.output()), 'a delivery');
      assert.equal(await daemon.end('SIGUSR2'), 1, mistake);
      assert.match(daemon.output(), /ends because of a mistake of its own[^]*quotes \[secret\]/);
    }
  });

  test('a program that only counts is not live', async () => {
    await using world = await startWorld();
    const daemon = await world.start({ node: onSignal('for (;;);') });
    await world.until(world.served, 'the first delivery');
    daemon.child.kill('SIGUSR2');
    assert.equal((await world.run('healthcheck')).code, 1);
  });
});

/** Returns Node options that inject code into the program, which runs on SIGUSR2. */
function onSignal(code: string): string[] {
  return ['--import', `data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2', () => { ${code} });`)}`];
}

/** Starts and kills daemons on one Portainer, one after the other. Resolves to the number of writes of each. */
async function killOften(times: number, random: () => number): Promise<number[]> {
  const account = '333333333333';
  await using world = await startWorld({ env: createOne(account) });
  world.portainer.latencyMs = 10;
  const began = performance.now();
  const first = await world.start();
  await world.until(() => world.written().length === 3, 'the first delivery');
  const usual = performance.now() - began;
  await first.end('SIGKILL');

  const counts: number[] = [];
  for (let life = 0; life < times; life++) {
    // Sometimes the row that the daemon creates is removed.
    if (random() < 0.5) world.portainer.state.registries = world.portainer.state.registries.filter(({ URL }) => URL !== hostOf(account));
    const before = world.written().length;
    const daemon = await world.start();
    await wait(random() * usual * 1.2);
    await daemon.end('SIGKILL');
    counts.push(world.written().length - before);
    assert.ok(countOf(world, account) <= 1, 'nothing is doubled');
    for (const { Password } of world.portainer.rows()) assert.ok(world.passwords.includes(Password), 'nothing is lost');
    assert.doesNotMatch(daemon.output(), /"msg":"no socket"/);
  }
  const before = world.written().length;
  await world.start();
  await world.until(() => world.written().length >= before + 3 && world.served(), 'the delivery after the last kill');
  assert.equal((await world.run('refresh')).code, 0, 'the socket that a killed daemon left behind was replaced');
  assertSound(world);
  assert.deepEqual((await readdir(world.folder)).sort(), ['key', 'socket'], 'nothing else is left behind');
  return counts;
}

/** Asserts that only whole ECR tokens were written, and never an older one after a newer one. */
function assertSound(world: World): void {
  const newest = new Map<string, number>();
  for (const { path, password } of world.written()) {
    const at = world.passwords.indexOf(String(password));
    assert.ok(at >= (newest.get(path) ?? 0), `${path}: an ECR token, and none older than the last one`);
    newest.set(path, at);
  }
}
