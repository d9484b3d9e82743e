import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { executable } from '../commands/cli.ts';
import type { World } from './daemon.ts';
import { type Engine, run } from './engine.ts';
import { part, path } from './needs.ts';
import { account, host, image, type Pulls, pullPrograms, startPulls } from './pulls.ts';

const refused = /unauthorized: authentication required/;

part('pulls while the password rotates', { programs: [...pullPrograms, 'skopeo'], root: true }, () => {
  let pulls: Pulls;
  let world: World;
  let engine: Engine;

  before(async () => {
    pulls = await startPulls({
      rows: [account],
      // The courier renews at half of this life. A renewal before the pull would deliver a token that the registry does
      // not know, so the life is long enough for a slow machine.
      ttlMs: 40_000,
    });
    ({ world, engine } = pulls);
  });
  after(() => pulls[Symbol.asyncDispose]());

  /**
   * Pulls as Portainer's proxy does, with the password that it holds for this registry. Removes the image from the
   * engine first.
   */
  async function pull(password: string) {
    await engine.ask('DELETE', `/images/${image}`);
    // URL-safe base64 with padding, which Go requires.
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
    assert.match(good.text, new RegExp(pulls.digest));
    assert.match(good.text, /Downloaded newer image/);

    await pulls.rotate();
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
    const login = async () => await engine.docker(['login', '--username', 'AWS', '--password-stdin', host], await pulls.token());
    await pulls.rotate();
    const entered = await login();
    assert.equal(entered.code, 0, entered.output);
    await docker('image', 'rm', image);
    const good = await docker('pull', image);
    assert.equal(good.code, 0, good.output);
    assert.match(good.output, new RegExp(pulls.digest));
    await docker('image', 'rm', image);

    await pulls.rotate();
    const stale = await docker('pull', image);
    assert.equal(stale.code, 1);
    assert.match(stale.output, refused);

    assert.equal((await login()).code, 0);
    const again = await docker('pull', image);
    assert.equal(again.code, 0, again.output);
  });

  test('ecr-courier token | skopeo login --password-stdin: the same', async () => {
    const auth = ['--authfile', join(pulls.folder, 'auth.json')];
    const skopeo = async (args: readonly string[], input?: string) => {
      const ran = await run(path('skopeo'), ['--insecure-policy', ...args], { HOME: pulls.folder, ...pulls.goEnv }, input);
      world.shown.push(ran.output);
      return ran;
    };
    const login = async () => await skopeo(['login', ...auth, '--username', 'AWS', '--password-stdin', host], await pulls.token());
    const inspect = async () => await skopeo(['inspect', ...auth, `docker://${image}`]);
    const copy = async (to: string) => await skopeo(['copy', ...auth, `docker://${image}`, `dir:${join(pulls.folder, to)}`]);
    await pulls.rotate();
    const entered = await login();
    assert.equal(entered.code, 0, entered.output);
    const seen = await inspect();
    assert.equal(seen.code, 0, seen.output);
    assert.match(seen.output, new RegExp(pulls.digest));
    const good = await copy('first');
    assert.equal(good.code, 0, good.output);

    await pulls.rotate();
    for (const stale of [await inspect(), await copy('stale')]) {
      assert.equal(stale.code, 1);
      assert.match(stale.output, /authentication required|invalid username\/password/);
    }

    assert.equal((await login()).code, 0);
    const again = await copy('again');
    assert.equal(again.code, 0, again.output);
    assert.equal(
      await readFile(join(pulls.folder, 'again', 'manifest.json'), 'utf8'),
      await readFile(join(pulls.folder, 'first', 'manifest.json'), 'utf8'),
    );
  });

  test('check IMAGE says what skopeo and the engine then find', async () => {
    const check = async (...args: string[]) => {
      const ran = await run(process.execPath, [await executable(), 'check', '--json', ...args], { HOME: pulls.folder, ...pulls.awsEnv });
      world.shown.push(ran.output);
      const { images } = JSON.parse(ran.output.slice(ran.output.indexOf('{'))) as {
        images: { outcome: string; steps: { name: string; verdict: string }[] }[];
      };
      return { code: ran.code, outcome: images[0]?.outcome, last: images[0]?.steps.at(-1) };
    };
    const skopeo = async (name: string, password: string) =>
      await run(path('skopeo'), ['--insecure-policy', 'inspect', '--creds', `AWS:${password}`, `docker://${name}`], {
        HOME: pulls.folder,
        ...pulls.goEnv,
      });

    const password = await pulls.rotate();
    for (const name of [image, `${host}/team/app@${pulls.digest}`]) {
      const { code, outcome, last } = await check('--layer', name);
      assert.deepEqual([code, outcome, last?.name, last?.verdict], [0, 'would pull', 'layer', 'ok']);
    }
    assert.equal((await skopeo(image, password)).code, 0);
    assert.equal((await pull(password)).status, 200);

    for (const name of [`${host}/team/app:none`, `${host}/team/none:1`]) {
      const { code, outcome, last } = await check(name);
      assert.deepEqual([code, outcome, last?.name], [1, 'missing', 'manifest']);
      const refused = await skopeo(name, password);
      assert.equal(refused.code, 1);
      assert.match(refused.output, /manifest unknown/);
    }

    // AWS issues a new password, which the registry does not know.
    world.ecr.rotate();
    const unknown = await pulls.token();
    const { code, outcome, last } = await check(image);
    assert.deepEqual([code, outcome, last?.name], [1, 'refused', 'registry']);
    assert.equal((await skopeo(image, unknown)).code, 1);
    const stale = await pull(unknown);
    assert.equal(stale.status, 500);
    assert.match(stale.text, refused);
  });
});
