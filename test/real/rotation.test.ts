import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hostOf, startWorld, type World } from './daemon.ts';
import { executable } from './dist.ts';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';
import { type Engine, run, startEngine } from './engine.ts';
import { type Front, startFront } from './front.ts';
import { part, path } from './needs.ts';

const account = '123456789012';
const host = hostOf(account);
const api = 'api.ecr.eu-west-1.amazonaws.com';
const image = `${host}/team/app:1`;
const refused = /unauthorized: authentication required/;

part(
  'pulls while the password rotates',
  { programs: ['docker', 'dockerd', 'docker-registry', 'htpasswd', 'openssl', 'skopeo'], root: true },
  () => {
    const stack = new AsyncDisposableStack();
    let folder: string;
    let registry: DockerRegistry;
    let front: Front;
    let world: World;
    let engine: Engine;
    let digest: string;
    /** For programs in Go, which all read these. */
    let goEnv: Record<string, string>;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'courier-rotation-'));
      stack.defer(() => rm(folder, { recursive: true, force: true }));
      registry = stack.use(await startDockerRegistry(folder));
      front = stack.use(await startFront(folder, [host, api], name => (name === host ? registry.port : world.ecr.server.port)));
      world = stack.use(
        await startWorld({
          rows: [account],
          // Delivered at half of it. Were it over before the pull, the next token would be AWS's and not the
          // registry's: there is time for a slow machine.
          ttlMs: 40_000,
          ecr: { rotation: 'on demand' },
          env: { HTTPS_PROXY: front.url, AWS_CA_BUNDLE: front.caFile, AWS_ENDPOINT_URL: '' },
        }),
      );
      goEnv = { HTTPS_PROXY: front.url, SSL_CERT_FILE: front.caFile };
      engine = stack.use(await startEngine(goEnv));
      digest = await registry.push('team/app', '1', await rotate());
    });
    after(() => stack.disposeAsync());

    /** The password of AWS and of the registry is another from now on. Answers it, as `ecr-courier token` prints it. */
    async function rotate(): Promise<string> {
      world.ecr.rotate();
      const password = await token();
      await registry.setPassword(password);
      return password;
    }

    /** Not a process of `world`, in whose output no password may be: this one is asked for it. */
    async function token(): Promise<string> {
      const env = {
        HOME: folder,
        AWS_ACCESS_KEY_ID: 'AKIDOFNOBODY',
        AWS_SECRET_ACCESS_KEY: 'of-nobody',
        HTTPS_PROXY: front.url,
        AWS_CA_BUNDLE: front.caFile,
      };
      const { code, output } = await run(process.execPath, [await executable(), 'token', host], env);
      assert.equal(code, 0, output);
      return output.trim();
    }

    /**
     * As Portainer's proxy pulls: with what it holds for this registry at the moment. The engine has nothing of the
     * image before.
     */
    async function pull(password: string) {
      await engine.ask('DELETE', `/images/${image}`);
      // base64 of URLs with its padding, on which Go insists.
      const auth = Buffer.from(JSON.stringify({ username: 'AWS', password, serveraddress: host }))
        .toString('base64')
        .replaceAll('+', '-')
        .replaceAll('/', '_');
      return await engine.ask('POST', `/images/create?fromImage=${encodeURIComponent(`${host}/team/app`)}&tag=1`, {
        'x-registry-auth': auth,
      });
    }

    test('Portainer: a pull fails when the password rotates, and works again when the courier has delivered', async () => {
      const daemon = await world.start();
      await world.until(world.served, 'the first delivery');
      const held = () => world.portainer.passwordOf(1);
      const first = held();
      const good = await pull(first);
      assert.equal(good.status, 200, good.text);
      assert.match(good.text, new RegExp(digest));
      assert.match(good.text, /Downloaded newer image/);

      await rotate();
      const stale = await pull(first);
      assert.equal(stale.status, 500);
      assert.match(stale.text, refused);

      await world.until(() => held() !== first, 'the courier to deliver the next password');
      const again = await pull(held());
      assert.equal(again.status, 200, again.text);
      assert.match(again.text, /Downloaded newer image/);

      await world.until(() => daemon.output().includes('"msg":"proved"'), 'the registry to be asked');
      assert.equal(await daemon.end('SIGTERM'), 0);
    });

    test('ecr-courier token | docker login --password-stdin: pulls until the password rotates, and after the next login', async () => {
      const docker = async (...args: string[]) => {
        const ran = await engine.docker(args);
        world.shown.push(ran.output);
        return ran;
      };
      const login = async () => await engine.docker(['login', '--username', 'AWS', '--password-stdin', host], await token());
      await rotate();
      const entered = await login();
      assert.equal(entered.code, 0, entered.output);
      await docker('image', 'rm', image);
      const good = await docker('pull', image);
      assert.equal(good.code, 0, good.output);
      assert.match(good.output, new RegExp(digest));
      await docker('image', 'rm', image);

      await rotate();
      const stale = await docker('pull', image);
      assert.equal(stale.code, 1);
      assert.match(stale.output, refused);

      assert.equal((await login()).code, 0);
      const again = await docker('pull', image);
      assert.equal(again.code, 0, again.output);
    });

    test('ecr-courier token | skopeo login --password-stdin: the same', async () => {
      const auth = ['--authfile', join(folder, 'auth.json')];
      const skopeo = async (args: readonly string[], input?: string) => {
        const ran = await run(path('skopeo'), ['--insecure-policy', ...args], { HOME: folder, ...goEnv }, input);
        world.shown.push(ran.output);
        return ran;
      };
      const login = async () => await skopeo(['login', ...auth, '--username', 'AWS', '--password-stdin', host], await token());
      const inspect = async () => await skopeo(['inspect', ...auth, `docker://${image}`]);
      const copy = async (to: string) => await skopeo(['copy', ...auth, `docker://${image}`, `dir:${join(folder, to)}`]);
      await rotate();
      const entered = await login();
      assert.equal(entered.code, 0, entered.output);
      const seen = await inspect();
      assert.equal(seen.code, 0, seen.output);
      assert.match(seen.output, new RegExp(digest));
      const good = await copy('first');
      assert.equal(good.code, 0, good.output);

      await rotate();
      for (const stale of [await inspect(), await copy('stale')]) {
        assert.equal(stale.code, 1);
        assert.match(stale.output, /authentication required|invalid username\/password/);
      }

      assert.equal((await login()).code, 0);
      const again = await copy('again');
      assert.equal(again.code, 0, again.output);
      assert.equal(
        await readFile(join(folder, 'again', 'manifest.json'), 'utf8'),
        await readFile(join(folder, 'first', 'manifest.json'), 'utf8'),
      );
    });

    test('a config.json that the courier keeps: docker and skopeo pull by it, and again after the password rotated', async () => {
      const config = join(engine.env['DOCKER_CONFIG'] ?? folder, 'config.json');
      await mkdir(join(config, '..'), { recursive: true });
      await writeFile(config, JSON.stringify({ auths: { [`https://${host}`]: {}, 'ghcr.io': { auth: 'eDp5' } }, detachKeys: 'ctrl-q' }));
      const pull = async () => {
        await engine.docker(['image', 'rm', image]);
        const skopeo = ['--insecure-policy', 'inspect', '--authfile', config, `docker://${image}`];
        const ran = [await engine.docker(['pull', image]), await run(path('skopeo'), skopeo, { HOME: folder, ...goEnv })];
        world.shown.push(...ran.map(({ output }) => output));
        return ran;
      };
      const held = async (): Promise<string> => {
        const { auths } = JSON.parse(await readFile(config, 'utf8')) as { auths: Record<string, { auth?: string }> };
        return Buffer.from(auths[host]?.auth ?? '', 'base64').toString();
      };
      const isGood = async (): Promise<boolean> => world.ecr.judge('eu-west-1', (await held()).slice('AWS:'.length)) === 'good';
      await rotate();
      const daemon = await world.start({ env: { DOCKER_CONFIG_PATH: config } });
      await world.until(isGood, 'the first delivery');
      for (const good of await pull()) assert.equal(good.code, 0, good.output);

      await rotate();
      for (const stale of await pull()) assert.equal(stale.code, 1, stale.output);
      await world.until(isGood, 'the courier to deliver the next password');
      for (const again of await pull()) assert.equal(again.code, 0, again.output);
      const { auths, detachKeys } = JSON.parse(await readFile(config, 'utf8')) as { auths: object; detachKeys: string };
      assert.deepEqual([Object.keys(auths), detachKeys], [[host, 'ghcr.io'], 'ctrl-q']);
      assert.equal(await daemon.end('SIGTERM'), 0);
    });
  },
);
