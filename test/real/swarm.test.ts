import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { lines } from '../fakes/socket-proxy.ts';
import { part } from './needs.ts';
import { account, host, image, type Pulls, pullPrograms, startPulls } from './pulls.ts';
import { startSocketProxy } from './socket-proxy.ts';
import { type RealSwarm, startSwarm } from './swarm.ts';

const noSuchImage = `No such image: ${image}`;

part('swarm', { programs: [...pullPrograms, 'haproxy'], root: true }, () => {
  let pulls: Pulls;
  let swarm: RealSwarm;

  before(async () => {
    pulls = await startPulls({ rows: [account], ttlMs: 60_000 });
    swarm = await startSwarm(pulls.engine);
  });
  after(() => pulls[Symbol.asyncDispose]());

  /** As people do it who have no courier. */
  async function login(password: string): Promise<void> {
    const entered = await pulls.engine.docker(['login', '--username', 'AWS', '--password-stdin', host], password);
    assert.equal(entered.code, 0, entered.output);
  }

  test('the next task of a service fails when the password has rotated', async () => {
    await login(await pulls.rotate());
    await swarm.create('web', image, ['--label=ecr-courier.enable=true']);
    const first = await swarm.until('web', 'running', 1);

    await pulls.rotate();
    await swarm.forget(image);
    await swarm.docker('service', 'scale', '--detach', 'web=2');
    await swarm.until('web', 'rejected', 1);
    const errors = (await swarm.tasks('web')).flatMap(({ error }) => error ?? []);
    assert.ok(errors.includes(noSuchImage), String(errors));
    assert.deepEqual(await swarm.running('web'), first);
  });

  test('a proxy before the socket lets through what the courier asks, and nothing else', async () => {
    await using proxy = await startSocketProxy(swarm.socket);
    for (const line of lines.passed) assert.notEqual(await proxy.statusOf(line), 403, line.join(' '));
    for (const line of lines.refused) assert.equal(await proxy.statusOf(line), 403, line.join(' '));
  });
});
