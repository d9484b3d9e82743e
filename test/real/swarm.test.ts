import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createAuthority } from '../fakes/authority.ts';

import { startEngine } from './engine.ts';
import { startMeddler } from './meddler.ts';
import { part } from './needs.ts';
import { host, image, type Pulls, pullPrograms, startPulls } from './pulls.ts';
import { freePort, lines, startSocketProxy, statusOf } from './socket-proxy.ts';
import { type RealSwarm, startSwarm } from './swarm.ts';
import { deployStack } from './swarm-stack.ts';

interface Delivered {
  readonly title: string;
  readonly reason: string;
  readonly expires: string;
}
/** Returns the deliveries in the output of a daemon, in order. */
const deliveredIn = (output: string): Delivered[] =>
  output
    .split('\n')
    .filter(line => line.includes('"msg":"delivered"'))
    .map(line => JSON.parse(line) as Delivered);

const noSuchImage = `No such image: ${image}`;
/** What the newest Docker (source of 2026, API 1.56) says in its place. */
const refusedByRegistry = /unauthorized|denied/;

part('swarm', { programs: [...pullPrograms, 'nginx'], root: true }, () => {
  let pulls: Pulls;
  let swarm: RealSwarm;
  /** The variables for the engine's TLS address. */
  let overTls: Readonly<Record<'SWARM_URL' | 'SWARM_CA_FILE' | 'SWARM_CLIENT_CERT_FILE' | 'SWARM_CLIENT_KEY_FILE', string>>;
  const ended = new AsyncDisposableStack();

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'courier-swarm-'));
    ended.defer(() => rm(folder, { recursive: true }));
    const authority = createAuthority();
    const write = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const [server, client] = [authority.certificateFor('localhost'), authority.certificateOf('courier')];
    const port = await freePort();
    overTls = {
      SWARM_URL: `https://localhost:${port}`,
      SWARM_CA_FILE: await write('ca.pem', authority.ca),
      SWARM_CLIENT_CERT_FILE: await write('client.pem', client.cert),
      SWARM_CLIENT_KEY_FILE: await write('client.key', client.key),
    };
    const files = ['--tlscert', await write('server.pem', server.cert), '--tlskey', await write('server.key', server.key)];
    const tls = ['--host', `tcp://127.0.0.1:${port}`, '--tlsverify', '--tlscacert', overTls.SWARM_CA_FILE, ...files];
    // The courier refreshes at half of this life, which is long enough for a slow machine to start tasks with a token.
    pulls = ended.use(await startPulls({ rows: [], ttlMs: 40_000 }, tls));
    swarm = await startSwarm(pulls.engine);
  });
  after(() => ended.disposeAsync());

  const noPortainer = { PORTAINER_URL: '', PORTAINER_API_KEY_FILE: '', PORTAINER_ALLOW_HTTP: '' };
  async function check(env: Readonly<Record<string, string>>) {
    const running = await pulls.world.start({ args: ['check'], env: { ...env, ...noPortainer } });
    return { code: await running.ended, said: running.output() };
  }

  /** Deploys as users without a courier do: with the login of the CLI, which the service keeps. */
  async function deploy(name: string): Promise<readonly string[]> {
    const entered = await pulls.engine.docker(['login', '--username', 'AWS', '--password-stdin', host], await pulls.rotate());
    assert.equal(entered.code, 0, entered.output);
    await swarm.create(name, image, ['--label=ecr-courier.enable=true']);
    return await swarm.until(name, 'running', 1);
  }

  /** Scales up after the image was removed, as if a task started on another node. */
  async function startAnother(name: string, replicas: number): Promise<void> {
    await swarm.forget(image);
    await swarm.docker('service', 'scale', '--detach', `${name}=${replicas}`);
  }

  /** Waits until `count` tasks run, and asserts that the former ones still do. */
  async function untilRunning(name: string, count: number, former: readonly string[]): Promise<readonly string[]> {
    const running = await swarm.until(name, 'running', count);
    for (const id of former) assert.ok(running.includes(id), `${id} of ${name} was replaced: ${JSON.stringify(await swarm.tasks(name))}`);
    return running;
  }

  /** Plays a service whose password rotates before the daemon starts, and once more afterwards. */
  async function served(name: string, env: Readonly<Record<string, string>>): Promise<void> {
    const first = await deploy(name);
    await pulls.rotate();
    await startAnother(name, 2);
    await swarm.until(name, 'rejected', 1);
    assert.ok((await swarm.tasks(name)).some(({ error }) => error === noSuchImage || refusedByRegistry.test(error ?? '')));
    assert.deepEqual(await swarm.running(name), first);

    const version = await swarm.versionOf(name);
    const { code, said } = await check(env);
    assert.equal(code, 0, said);
    assert.match(said, new RegExp(`${name} .*would be updated`));
    assert.equal(await swarm.versionOf(name), version);

    await using daemon = await pulls.world.start({ env: { ...env, ...noPortainer } });
    const second = await untilRunning(name, 2, first);
    const written = (): number => daemon.output().split('"msg":"delivered"').length - 1;
    const before = written();
    await pulls.rotate();
    await pulls.world.until(() => written() > before, 'the courier to refresh the service');
    await startAnother(name, 3);
    await untilRunning(name, 3, second);
    assert.equal(await daemon.end('SIGTERM'), 0);
    assert.doesNotMatch(daemon.output(), /"level":"error"/);
    await swarm.docker('service', 'rm', name);
  }

  test('the next task of a service fails when its password has rotated, and runs with the courier; no task is replaced', async () => {
    await served('web', { SWARM_URL: `unix://${swarm.socket}` });
  });

  test('the same through a proxy that lets through what the courier asks, and nothing else', async () => {
    await using proxy = await startSocketProxy(swarm.socket);
    await served('app', { SWARM_URL: proxy.url, SWARM_ALLOW_HTTP: 'true' });
    for (const line of lines.passed) assert.notEqual(await proxy.statusOf(line), 403, line.join(' '));
    for (const line of lines.refused) assert.equal(await proxy.statusOf(line), 403, line.join(' '));
  });

  test('a proxy that removes the login from updates is found before one is made', async () => {
    await deploy('bare');
    const version = await swarm.versionOf('bare');
    await using proxy = await startSocketProxy(swarm.socket, 'proxy_set_header X-Registry-Auth "";');
    const env = { SWARM_URL: proxy.url, SWARM_ALLOW_HTTP: 'true' };
    const { code, said } = await check(env);
    assert.equal(code, 1, said);
    assert.match(said, /MISCONFIGURED swarm.*: .*removes the header X-Registry-Auth/);
    await using daemon = await pulls.world.start({ env: { ...env, ...noPortainer } });
    await pulls.world.until(() => daemon.output().includes('"msg":"delivery failed"'), 'the first delivery');
    assert.equal(await daemon.end('SIGTERM'), 0);
    assert.equal(await swarm.versionOf('bare'), version, 'nothing was written');
    await swarm.docker('service', 'rm', 'bare');
  });

  test('the stack of the guide: Swarm takes what is written, and its proxy starts on a root that is read only', async () => {
    await deploy('seen');
    await using stack = await deployStack(swarm, 'guide', image);
    for (const service of ['socket-proxy', 'ecr-courier']) {
      const { ReadOnly, Mounts = [] } = await stack.container(service);
      assert.ok(ReadOnly && Mounts.some(({ Type, Target }) => Type === 'tmpfs' && Target === '/tmp'), service);
    }
    const { Secrets = [] } = await stack.container('ecr-courier');
    assert.deepEqual(Secrets.map(({ SecretName }) => SecretName).toSorted(), ['aws-key-id', 'aws-secret-key']);
    await swarm.until('guide_socket-proxy', 'running', 1);
    const isThere = () =>
      statusOf(stack.url, ['GET', '/_ping']).then(
        status => status === 200,
        () => false,
      );
    await pulls.world.until(isThere, 'the proxy of the stack');
    const { code, said } = await check({ SWARM_URL: stack.url, SWARM_ALLOW_HTTP: 'true' });
    assert.equal(code, 0, said);
    assert.match(said, /seen .*would be updated/);
    for (const line of lines.refused) assert.equal(await statusOf(stack.url, line), 403, line.join(' '));
    await swarm.docker('service', 'rm', 'seen');
  });

  test('a roll-out and a rollback of somebody else are followed by a fresh login at once, and other services run on', async () => {
    const names = ['still', 'moved', 'shop'];
    const next = await pulls.push('2');
    for (const name of names) await deploy(name);
    const [still = [], moved = [], shop = []] = await Promise.all(names.map(name => swarm.running(name)));
    await using daemon = await pulls.world.start({ env: { SWARM_URL: `unix://${swarm.socket}`, ...noPortainer } });
    const delivered = (name: string) => deliveredIn(daemon.output()).filter(({ title }) => title === name);
    const until = (name: string, count: number) => pulls.world.until(() => delivered(name).length >= count, `update ${count} of ${name}`);
    await Promise.all(names.map(name => until(name, 1)));

    // The next password lives long enough that no regular refresh comes in between.
    pulls.world.ecr.ttlMs = 12 * 3_600_000;
    await pulls.rotate();
    const isLong = ({ expires }: Delivered): boolean => Date.parse(expires) > Date.now() + 3_600_000;
    await pulls.world.until(() => names.every(name => delivered(name).some(isLong)), 'the next password in all services');
    const counts = names.map(name => delivered(name).length);
    const [first = 0, second = 0, third = 0] = counts;

    await swarm.docker('service', 'update', '--detach', '--no-resolve-image', `--image=${next}`, 'moved');
    await until('moved', second + 1);
    assert.equal(delivered('moved').at(-1)?.reason, 'drifted');
    assert.notDeepEqual(await swarm.until('moved', 'running', 1), moved, 'a roll-out starts another task');

    // The rollback restores a login that the registry no longer accepts, and the stopped daemon cannot repair it.
    daemon.child.kill('SIGSTOP');
    await swarm.docker('service', 'rollback', '--detach', 'shop');
    await startAnother('shop', 2);
    await swarm.until('shop', 'rejected', 1);
    daemon.child.kill('SIGCONT');
    await until('shop', third + 1);
    assert.equal(delivered('shop').at(-1)?.reason, 'drifted');
    await untilRunning('shop', 2, shop);
    assert.deepEqual(await swarm.running('still'), still);
    assert.equal(delivered('still').length, first, 'nobody has touched it');
    assert.equal(await daemon.end('SIGTERM'), 0);
  });

  test('a restart of the engine is no write: nothing is updated, and the courier is back soon', async () => {
    const names = ['one', 'two'];
    for (const name of names) await deploy(name);
    pulls.world.ecr.ttlMs = 12 * 3_600_000;
    await pulls.rotate();
    await using daemon = await pulls.world.start({ env: { SWARM_URL: `unix://${swarm.socket}`, ...noPortainer } });
    const delivered = (): number => deliveredIn(daemon.output()).length;
    await pulls.world.until(() => delivered() >= names.length, 'both services to be served');
    const looks = (): number => daemon.output().split('"msg":"discovered"').length;
    const lookTwice = async (): Promise<void> => {
      const before = looks();
      await pulls.world.until(() => looks() > before + 1, 'two more looks');
    };
    await lookTwice();
    const [versions, count] = [await Promise.all(names.map(swarm.versionOf)), delivered()];
    await pulls.engine.restart();
    const isReady = async (): Promise<boolean> => (await pulls.engine.ask('GET', '/services')).status === 200;
    await pulls.world.until(isReady, 'the manager to be the leader again');
    const versionsNow = () => Promise.all(names.map(swarm.versionOf));
    // The manager commits all services together.
    const isCommitted = async (): Promise<boolean> => new Set(await versionsNow()).size === 1;
    await pulls.world.until(isCommitted, 'both services to have the same version');
    assert.notDeepEqual(await versionsNow(), versions);
    await lookTwice();
    assert.equal(delivered(), count);
    assert.doesNotMatch(daemon.output(), /MISCONFIGURED/);
    assert.equal(await daemon.end('SIGTERM'), 0);
    await swarm.docker('service', 'rm', ...names);
  });

  for (const change of ['--env-add=B=2', '--limit-memory=64m'])
    test(`somebody who changes a service just after the first update stops nothing: ${change}`, async () => {
      const names = ['first', 'second'];
      for (const name of names) await deploy(name);
      const update = (service: string) => swarm.docker('service', 'update', '--detach', '--no-resolve-image', change, service);
      await using meddler = await startMeddler(swarm.socket, update);
      await using daemon = await pulls.world.start({ env: { SWARM_URL: meddler.url, SWARM_ALLOW_HTTP: 'true', ...noPortainer } });
      const delivered = (name: string) => deliveredIn(daemon.output()).filter(({ title }) => title === name);
      await pulls.world.until(() => names.every(name => delivered(name).length > 0), 'both services to be served');
      const isRepaired = () => deliveredIn(daemon.output()).some(({ reason }) => reason === 'drifted');
      await pulls.world.until(isRepaired, 'the one that somebody has changed to be served again');
      assert.equal(await daemon.end('SIGTERM'), 0);
      assert.doesNotMatch(daemon.output(), /"level":"error"/);
      await swarm.docker('service', 'rm', ...names);
    });

  test('over TCP an engine shows its certificate and asks for that of the courier', async () => {
    await deploy('api');
    const { SWARM_CLIENT_CERT_FILE: _, SWARM_CLIENT_KEY_FILE: __, ...bare } = overTls;
    const good = await check(overTls);
    assert.equal(good.code, 0, good.said);
    assert.match(good.said, /api .*would be updated/);
    const refused = await check(bare);
    assert.equal(refused.code, 1, refused.said);
    assert.match(refused.said, /certificate/);
  });

  test('a task that moves to another node is refused there with the former login, and runs with the courier', async () => {
    await using other = await startEngine(pulls.goEnv);
    const { manager, worker } = await swarm.join(other);
    const takes = (node: string, availability: string) => swarm.docker('node', 'update', `--availability=${availability}`, node);
    const [first] = await deploy('moves');
    await pulls.rotate();
    await takes(worker, 'active');
    await takes(manager, 'drain');
    await swarm.until('moves', 'rejected', 1);
    await using daemon = await pulls.world.start({ env: { SWARM_URL: `unix://${swarm.socket}`, ...noPortainer } });
    const running = await swarm.until('moves', 'running', 1);
    assert.ok(first !== undefined && !running.includes(first));
    const there = await swarm.docker('service', 'ps', 'moves', '--filter=desired-state=running', `--filter=node=${worker}`, '--quiet');
    assert.notEqual(there, '');
    assert.equal(await daemon.end('SIGTERM'), 0);
    assert.doesNotMatch(daemon.output(), /"level":"error"/);
    await swarm.docker('service', 'rm', 'moves');
    await takes(manager, 'active');
  });
});
