import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { executable } from '../commands/cli.ts';
import { type Client, clients, pull } from './clients.ts';
import { type Ran, run } from './engine.ts';
import { find, part } from './needs.ts';
import { host, type Pulls, pullPrograms, startPulls } from './pulls.ts';

const refused = /unauthorized/i;
/** What a client shows of a failing helper: its name, the cause and the remedy. */
const cause = /docker-credential-ecr-courier: \S+ may not do ecr:GetAuthorizationToken in eu-west-1: .* Add this statement to the policies/;

/** The parsed content of a file with logins. */
interface Kept {
  readonly auths: Readonly<Record<string, { readonly auth?: string }>>;
}

part('registry clients', { programs: pullPrograms, root: true }, () => {
  let pulls: Pulls;
  /** The environment of clients: the helper and a Node on PATH, and the proxy to AWS. */
  let env: Readonly<Record<string, string>>;

  before(async () => {
    pulls = await startPulls({ rows: [] });
    const folders = [dirname(await executable()), dirname(process.execPath), pulls.engine.env['PATH'] ?? ''];
    env = { PATH: folders.join(delimiter), ...pulls.awsEnv };
  });
  after(() => pulls[Symbol.asyncDispose]());

  async function newHome(name: string): Promise<string> {
    const home = join(pulls.folder, name);
    await mkdir(join(home, '.docker'), { recursive: true });
    return home;
  }
  const forgetAnswers = (home: string) => rm(join(home, '.cache/ecr-courier'), { recursive: true });

  /** Pulls with each client in turn, and asserts that all pull or that all are refused. */
  async function pullAll(which: readonly Client[], does: 'pull' | 'are refused', options: Parameters<typeof pull>[2]): Promise<void> {
    for (const client of which) {
      const ran = await pull(client, pulls, options);
      if (does === 'pull') pulled(client, ran);
      else isRefused(client, ran);
    }
  }
  const pulled = ({ name }: Client, { code, output }: Ran) => assert.equal(code, 0, `${name}: ${output}`);
  function isRefused({ name }: Client, { code, output }: Ran): void {
    assert.equal(code, 1, `${name}: ${output}`);
    assert.match(output, refused);
  }

  for (const client of clients)
    part(`${client.name} with the credential helper`, { programs: [client.name] }, () => {
      let home: string;
      before(async () => {
        home = await newHome(client.name);
        const set = await run(process.execPath, [await executable(), 'helper', 'install', host], { ...env, HOME: home });
        assert.equal(set.code, 0, set.output);
      });

      test('pulls with what the helper answers, and after a rotation when that is fetched anew', async () => {
        const calls = pulls.world.ecr.calls.length;
        pulled(client, await pull(client, pulls, { home, env }));
        pulled(client, await pull(client, pulls, { home, env }));
        assert.equal(pulls.world.ecr.calls.length - calls, 1, 'the second answer is from disk');

        await pulls.rotate();
        isRefused(client, await pull(client, pulls, { home, env }));
        await forgetAnswers(home);
        pulled(client, await pull(client, pulls, { home, env }));
      });

      test('shows the cause when there is none', async () => {
        await forgetAnswers(home);
        pulls.world.ecr.trouble = () => 'denied';
        const ran = await pull(client, pulls, { home, env });
        pulls.world.ecr.trouble = undefined;
        assert.equal(ran.code, 1);
        assert.match(ran.output, cause);
      });
    });

  test('fifty processes of the credential helper at once make one call to AWS and are all answered', async () => {
    const home = await newHome('fifty');
    const calls = pulls.world.ecr.calls.length;
    const ask = (): Promise<Ran> => run('docker-credential-ecr-courier', ['get'], { ...env, HOME: home }, host);
    const all = await Promise.all(Array.from({ length: 50 }, ask));
    assert.deepEqual(new Set(all.map(({ code }) => code)), new Set([0]));
    assert.deepEqual([new Set(all.map(({ output }) => output)).size, pulls.world.ecr.calls.length - calls], [1, 1]);
  });

  part('regctl with the credential helper as its store', { programs: ['regctl'] }, () => {
    test('gets credentials for the registries that `list` names', async () => {
      const [regctl] = clients.filter(({ name }) => name === 'regctl');
      assert.ok(regctl);
      const home = await newHome('store');
      await writeFile(join(home, '.docker/config.json'), '{"credsStore": "ecr-courier"}');
      isRefused(regctl, await pull(regctl, pulls, { home, env }));
      const asked = await run('docker-credential-ecr-courier', ['get'], { ...env, HOME: home }, host);
      assert.equal(asked.code, 0);
      pulled(regctl, await pull(regctl, pulls, { home, env }));
    });
  });

  part('registry clients with files that the courier keeps', { programs: [] }, () => {
    test('pull after `once`, and after a rotation when the daemon has written again', async () => {
      const { world } = pulls;
      const there = clients.filter(({ name }) => find(name));
      const home = await newHome('files');
      const [config, auth, settings] = [join(home, '.docker/config.json'), join(home, 'auth.json'), join(home, 'courier.json')];
      const targets = [config, auth].map(path => ({
        kind: 'docker-config',
        name: path.includes('auth') ? 'podman' : 'docker',
        path,
        create: true,
        registries: [host],
      }));
      await writeFile(settings, JSON.stringify({ targets }));
      await writeFile(config, JSON.stringify({ auths: { [`https://${host}`]: {}, 'ghcr.io': { auth: 'eDp5' } }, detachKeys: 'ctrl-q' }));
      const args = ['--config', settings];
      // Only the targets of the file.
      const none = { PORTAINER_URL: '', PORTAINER_API_KEY_FILE: '', PORTAINER_ALLOW_HTTP: '' };
      const once = await world.start({ args: ['once', ...args], env: none });
      assert.equal(await once.ended, 0, once.output());
      await pullAll(there, 'pull', { home, file: auth });
      await pulls.rotate();
      await pullAll(there, 'are refused', { home, file: auth });

      const read = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as Kept;
      const held = async (path: string) => (await read(path)).auths[host]?.auth;
      const hold = async (is: (auth: string | undefined) => boolean) => (await Promise.all([config, auth].map(held))).every(is);
      const former = await held(config);
      // The token is renewed at half of its life. The next one lives long enough for a slow machine.
      world.ecr.ttlMs = 12_000;
      world.ecr.rotate();
      const daemon = await world.start({ args: ['run', ...args], env: none });
      await world.until(() => hold(one => one !== former), 'the daemon to write both files');
      world.ecr.ttlMs = 12 * 3_600_000;
      const next = Buffer.from(`AWS:${await pulls.rotate()}`).toString('base64');
      await world.until(() => hold(one => one === next), 'the daemon to write both files again');
      await pullAll(there, 'pull', { home, file: auth });
      const { auths, ...others } = await read(config);
      assert.deepEqual([Object.keys(auths), others], [[host, 'ghcr.io'], { detachKeys: 'ctrl-q' }]);
      assert.equal(await daemon.end('SIGTERM'), 0);
    });
  });
});
