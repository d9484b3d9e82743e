import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { executable } from '../commands/cli.ts';
import { adminKey } from '../fakes/portainer.ts';
import { startRegistry } from '../fakes/registry.ts';
import { hostOf, startWorld, type World } from './daemon.ts';
import { type Engine, run, startEngine } from './engine.ts';
import { startFront } from './front.ts';
import { part } from './needs.ts';

const root = join(import.meta.dirname, '../..');
const account = '123456789012';
const host = hostOf(account);
const api = 'api.ecr.eu-west-1.amazonaws.com';
const user = 65532;
const secretKey = 'a-secret-access-key-in-a-file';
const hardened = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

/**
 * Returns the last stage of the Dockerfile, with the root file system from the build context instead of the first
 * stage.
 */
function finalStage(dockerfile: string): string {
  const lines = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  assert.match(lines, /^\nFROM scratch\nCOPY --from=build \/rootfs \/\n/);
  return lines.replace('--from=build /rootfs', 'rootfs');
}

interface State {
  readonly ExitCode: number;
  readonly FinishedAt: string;
  readonly Health?: { readonly Status: string };
}

part('the image on a real engine', { programs: ['docker', 'dockerd', 'openssl'], root: true }, () => {
  const stack = new AsyncDisposableStack();
  let folder: string;
  let engine: Engine;
  let world: World;
  let name: string;
  /** The address of the container's doors. The container shares the network of this machine. */
  let listen: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'courier-container-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    world = stack.use(await startWorld({ rows: [account] }));
    listen = world.doors;
    const door = stack.use(await startRegistry(world.ecr));
    const front = stack.use(await startFront(folder, [host, api], to => (to === host ? door.server.port : world.ecr.server.port)));
    engine = stack.use(await startEngine());
    await writeSecrets(front.caFile);
    await writeFile(join(folder, 'env'), environment(front.url));
    await build();
  });
  after(() => stack.disposeAsync());
  beforeEach(() => void (name = `courier-${randomUUID()}`));
  // A container left by a failed test would occupy the address of the next one.
  afterEach(() => engine.docker(['rm', '--force', name]));

  /** Writes the secrets into a directory to mount, because `docker inspect` shows the environment. */
  async function writeSecrets(caFile: string): Promise<void> {
    const secrets = join(folder, 'secrets');
    await mkdir(secrets);
    await writeFile(join(secrets, 'api-key'), adminKey);
    await writeFile(join(secrets, 'aws'), `[default]\naws_access_key_id = AKIDOFNOBODY\naws_secret_access_key = ${secretKey}\n`);
    await copyFile(caFile, join(secrets, 'ca.pem'));
    for (const file of ['api-key', 'aws', 'ca.pem']) {
      await chmod(join(secrets, file), 0o440);
      await chown(join(secrets, file), 0, user);
    }
  }

  function environment(proxy: string): string {
    const values = {
      PORTAINER_URL: world.portainer.url,
      PORTAINER_ALLOW_HTTP: 'true',
      PORTAINER_API_KEY_FILE: '/run/secrets/api-key',
      AWS_SHARED_CREDENTIALS_FILE: '/run/secrets/aws',
      AWS_CA_BUNDLE: '/run/secrets/ca.pem',
      HTTPS_PROXY: proxy,
      ECR_COURIER_LISTEN: listen,
      ECR_COURIER_TICK_SECONDS: '1',
      ECR_COURIER_START_SPREAD_SECONDS: '0',
      ECR_COURIER_DISCOVERY_CRON: '* * * * * *',
    };
    return Object.entries(values)
      .map(([key, value]) => `${key}=${value}\n`)
      .join('');
  }

  async function build(): Promise<void> {
    const context = join(folder, 'context');
    const script = join(root, 'deploy/image/rootfs.sh');
    const made = await run('sh', [script, process.execPath, dirname(await executable()), join(context, 'rootfs')], engine.env);
    assert.equal(made.code, 0, made.output);
    await writeFile(join(context, 'Dockerfile'), finalStage(await readFile(join(root, 'Dockerfile'), 'utf8')));
    await docker('build', '--tag', 'ecr-courier', '--build-arg', 'VERSION=1.2.3', context);
  }

  /** Runs the CLI, and fails when it fails. Its output is finally searched for secrets. */
  async function docker(...args: string[]): Promise<string> {
    const { code, output } = await engine.docker(args);
    world.shown.push(output);
    assert.equal(code, 0, `docker ${args.join(' ')}\n${output}`);
    return output;
  }

  async function start(...options: string[]): Promise<void> {
    const mounts = ['--volume', `${join(folder, 'secrets')}:/run/secrets:ro`];
    const health = ['--health-interval', '1s', '--health-start-period', '60s'];
    const place = ['--network', 'host', '--env-file', join(folder, 'env')];
    await docker('run', '--detach', '--name', name, ...hardened, ...place, ...mounts, ...health, ...options, 'ecr-courier');
  }

  const inspect = async () => (JSON.parse(await docker('inspect', name)) as [{ State: State }])[0];
  const logs = async () => await docker('logs', name);
  const healthy = async () => (await inspect()).State.Health?.Status === 'healthy';

  /** Waits until all rows are served, then adds a row and waits until it is served, too. */
  async function deliversAnother(accountOfRow: string): Promise<void> {
    await world.until(world.served, 'the first delivery').catch(async error => assert.fail(`${error}\n${await logs()}`));
    const [row] = world.portainer.rows();
    assert.ok(row);
    const Id = 1 + Math.max(...world.portainer.rows().map(({ Id }) => Id));
    world.portainer.state.registries.push({ ...row, Id, Name: `ecr-${Id}`, URL: hostOf(accountOfRow), Password: 'of-yesterday' });
    await world.until(world.served, 'the delivery to a registry that was added');
  }

  /** Asserts that the container stops by itself, with 0, within 2 s. */
  async function stops(): Promise<void> {
    const asked = Date.now();
    await docker('stop', '-t', '10', name);
    const { State } = await inspect();
    assert.equal(State.ExitCode, 0, await logs());
    const tookMs = Date.parse(State.FinishedAt) - asked;
    assert.ok(tookMs < 2000, `it took ${tookMs} ms to stop`);
    assert.match(await logs(), /"msg":"stopped"/);
    for (const text of world.shown) assert.ok(!text.includes(secretKey), 'a secret was written out');
  }

  test('read-only, without capabilities: healthy by its own check, delivers, stops within 2 s', async () => {
    await start('--user', `${user}`);
    await deliversAnother('222222222222');
    await world.until(healthy, 'the container to be healthy');
    await world.until(async () => (await logs()).includes('"msg":"proved"'), 'the registry to be asked');

    // The container has no place for its socket, but public status is available without it.
    assert.match(await logs(), /"level":"warn".*socket/);
    assert.match(await docker('exec', name, 'ecr-courier', 'status'), /^ready/);
    assert.match(await docker('exec', name, 'docker-credential-ecr-courier', 'version'), /^docker-credential-ecr-courier \d/);
    await stops();
  });

  test('with a place for its socket, as a user without a name: refresh and reload too', async () => {
    await start('--user', `4711:${user}`, '--tmpfs', '/tmp:size=1m,mode=1777,noexec,nosuid,nodev');
    await deliversAnother('333333333333');
    assert.doesNotMatch(await logs(), /socket/);

    const written = world.written().length;
    await docker('exec', name, 'ecr-courier', 'refresh');
    await world.until(() => world.written().length > written, 'everything to be written anew');
    await docker('kill', '--signal', 'HUP', name);
    await world.until(async () => (await logs()).includes('"msg":"configuration reloaded"'), 'the reload');
    await stops();
  });

  test('keeps something in a new volume, as a user without a name', async () => {
    const at = '/var/lib/ecr-courier';
    const place = ['--network', 'host', '--env-file', join(folder, 'env'), '--env', `ECR_COURIER_CACHE=${at}/answers`];
    const mounts = ['--volume', `${join(folder, 'secrets')}:/run/secrets:ro`, '--volume', `kept:${at}`];
    const helper = ['--entrypoint', '/usr/bin/docker-credential-ecr-courier', 'ecr-courier', 'get'];
    const run = ['run', '--rm', '--interactive', '--name', name, '--user', `4711:${user}`, ...hardened, ...place, ...mounts, ...helper];
    const { code } = await engine.docker(run, host);
    assert.equal(code, 0);
    const mounted = (await docker('volume', 'inspect', '--format', '{{.Mountpoint}}', 'kept')).trim();
    assert.notDeepEqual(await readdir(join(mounted, 'answers')), []);
  });

  test('puts the provider of the kubelet onto a node that is mounted into it, where it runs', async () => {
    const place = join(folder, 'provider');
    await mkdir(place);
    const mounts = ['--volume', '/:/node:ro', '--volume', `${place}:/node${place}`];
    const install = ['kubelet', 'install', '--root=/node', `--bin-dir=${place}/bin`, `--config=${place}/config.yaml`];
    await docker('run', '--rm', '--name', name, '--user', '0:0', ...hardened, ...mounts, 'ecr-courier', ...install);
    // The kubelet may start it with an empty environment.
    const { output } = await run(join(place, 'bin/ecr-courier-credential-provider'), ['--version'], {});
    assert.match(output, /^ecr-courier-credential-provider \d/);
  });

  test('the image names its release, and a user who is not root', async () => {
    type Image = { Config: { User: string; Labels: Record<string, string> } };
    const [{ Config }] = JSON.parse(await docker('image', 'inspect', 'ecr-courier')) as [Image];
    assert.equal(Config.User, `${user}:${user}`);
    assert.equal(Config.Labels['org.opencontainers.image.version'], '1.2.3');
  });

  test('its Node is the one that everything is tested with', async () => {
    const [dockerfile, manifest] = await Promise.all(['Dockerfile', 'package.json'].map(file => readFile(join(root, file), 'utf8')));
    const { devDependencies } = JSON.parse(manifest ?? '') as { devDependencies: { node: string } };
    assert.ok(dockerfile?.includes(`\nARG NODE_IMAGE=node:${devDependencies.node}-bookworm-slim\n`));
  });
});
