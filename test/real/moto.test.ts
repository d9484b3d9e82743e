import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { command } from '../commands/cli.ts';
import { asked } from '../refusals/asked.ts';
import { hostOf, startProcess, startWorld, type World } from './daemon.ts';
import { faketime } from './faketime.ts';
import { part, path } from './needs.ts';

const account = '111111111111';
const roleArn = 'arn:aws:iam::444455556666:role/pull-only';

/** All tokens of moto expire at the start of 2015; four hours earlier they are still good. */
const fourHoursBefore2015 = Date.UTC(2014, 11, 31, 20);

/** Starts moto, a third-party AWS, with its own clock. */
async function startMoto(world: World, now = Date.now()) {
  // A random loopback address, on which the port is free.
  const host = `127.${randomInt(1, 255)}.${randomInt(255)}.${randomInt(1, 255)}`;
  const url = `http://${host}:5000`;
  const clock = await faketime(join(world.folder, 'moto-clock'), now - Date.now());
  const env = { PATH: process.env['PATH'] ?? '', TZ: 'UTC', MOTO_RECORDER_FILEPATH: join(world.folder, 'recording'), ...clock.env };
  const server = startProcess(path('moto_server'), ['-H', host, '-p', '5000'], { env });
  const call = async (way: string, method = 'GET'): Promise<string> => {
    const answer = await fetch(`${url}/moto-api/recorder/${way}`, { method });
    // Before the first call there is no recording to download.
    return answer.ok ? await answer.text() : '';
  };
  await world.until(() => call('start-recording', 'POST').then(Boolean, () => false), `moto to start ${server.output()}`);
  return {
    env: { AWS_ENDPOINT_URL: url },
    /** Sets the next answers of functions, in order; moto then runs no code. */
    async functionsAnswer(...payloads: readonly object[]): Promise<void> {
      const post = async (path: string, body: object): Promise<void> => {
        const headers = { 'content-type': 'application/json' };
        assert.ok((await fetch(`${url}/moto-api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).ok, path);
      };
      await post('config', { lambda: { use_docker: false } });
      await post('static/lambda-simple/response', { results: payloads.map(payload => JSON.stringify(payload)), region: 'eu-west-1' });
    },
    /** Returns the X-Amz-Target of each received call, or the body of a call without one. */
    async calls(): Promise<string[]> {
      const lines = (await call('download-recording')).split('\n').filter(Boolean);
      return lines.map(line => {
        const { headers, body } = JSON.parse(line) as { headers: Record<string, string>; body: string };
        return headers['X-Amz-Target'] ?? Buffer.from(body, 'base64').toString();
      });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Returns functions that call AWS APIs of both protocols. moto does not check signatures. */
function senders(url: string) {
  const send = async (service: string, body: string, headers: Readonly<Record<string, string>>): Promise<void> => {
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20150101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
    const answer = await fetch(url, { method: 'POST', body, headers: { ...headers, authorization } });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}, asked for ${body}`);
  };
  return {
    ecr: (action: string, input: object) =>
      send('ecr', JSON.stringify(input), {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${action}`,
      }),
    iam: (action: string, input: Readonly<Record<string, string>>) =>
      send('iam', new URLSearchParams({ Action: action, Version: '2010-05-08', ...input }).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
      }),
  };
}

part('moto as AWS', { programs: ['moto_server', 'faketime'] }, () => {
  test('a token is fetched and delivered', async () => {
    await using world = await startWorld({ rows: [account] });
    await using moto = await startMoto(world, fourHoursBefore2015);
    const daemon = await world.start({ env: moto.env });
    await world.until(() => world.portainer.passwordOf(1) === '123456789012-auth-token', 'the token of moto’s own account');
    assert.match(await world.read('/readyz'), /^ready/);
    assert.ok(!daemon.output().includes('auth-token'));
  });

  test('a role of another account is assumed, and the token is of that account', async () => {
    await using world = await startWorld({ rows: [account] });
    await using moto = await startMoto(world, fourHoursBefore2015);
    const asked = await world.start({
      args: ['token', hostOf(account)],
      env: {
        AWS_ENDPOINT_URL: '',
        AWS_ENDPOINT_URL_ECR: moto.env.AWS_ENDPOINT_URL,
        AWS_ENDPOINT_URL_STS: moto.env.AWS_ENDPOINT_URL,
        ECR_COURIER_ROLE_ARN: roleArn,
      },
    });
    assert.equal(await asked.ended, 0, asked.output());
    assert.equal(asked.output(), '444455556666-auth-token\n');
    const [assumed = '', fetched] = await moto.calls();
    assert.equal(new URLSearchParams(assumed).get('RoleArn'), roleArn);
    assert.match(fetched ?? '', /GetAuthorizationToken$/);
  });

  test('every policy that is printed is taken by an IAM and an ECR that we did not write', async () => {
    await using world = await startWorld({ rows: [account] });
    await using moto = await startMoto(world);
    const { ecr, iam } = senders(moto.env.AWS_ENDPOINT_URL);
    const repositoryName = 'team/app';
    await ecr('CreateRepository', { repositoryName });
    const takers: Readonly<Record<string, (policy: string, name: string) => Promise<void>>> = {
      identity: (policy, name) => iam('CreatePolicy', { PolicyName: name, PolicyDocument: policy }),
      trust: (policy, name) => iam('CreateRole', { RoleName: name, AssumeRolePolicyDocument: policy }),
      repository: policyText => ecr('SetRepositoryPolicy', { repositoryName, policyText }),
      // moto's registry policies have the first scope, which does not allow rights to pull.
      registry: policyText =>
        /ecr:(BatchGetImage|TagResource)/.test(policyText) ? Promise.resolve() : ecr('PutRegistryPolicy', { policyText }),
    };
    for (const [at, [args, names]] of asked.entries()) {
      const { stdout } = await command(['policy', ...args]);
      const printed = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
      for (const [name, policy] of Object.entries(names.length === 1 ? { [names[0] ?? '']: printed } : printed))
        await takers[name.replace(/-\d+$/, '')]?.(JSON.stringify(policy), `${name}${at}`);
    }
    await assert.rejects(
      takers['identity']?.('{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}', 'bad') ?? Promise.resolve(),
      /Malformed/,
    );
  });

  test('a function gives the token: nobody asks ECR, and an answer that holds none is told', async () => {
    await using world = await startWorld({ rows: [account] });
    await using moto = await startMoto(world);
    await moto.functionsAnswer({ username: 'AWS', password: 'token-of-a-function-1' }, { statusCode: 500, body: '{"message":"no luck"}' });
    const config = join(world.folder, 'courier.yaml');
    await writeFile(config, 'sources: [{name: default, lambda: "ecr-token:live", region: eu-west-1}]\n', { mode: 0o600 });
    const env = { AWS_ENDPOINT_URL_LAMBDA: moto.env.AWS_ENDPOINT_URL };
    await world.start({ args: ['run', '--config', config], env });
    await world.until(() => world.portainer.passwordOf(1) === 'token-of-a-function-1', 'the token of the function');
    const event = (await moto.calls()).at(-1) ?? '';
    assert.deepEqual(JSON.parse(event), { registry: hostOf(account), region: 'eu-west-1', account, service: 'ecr' });
    const asked = await world.start({ args: ['token', '--config', config, hostOf(account)], env });
    assert.notEqual(await asked.ended, 0);
    assert.match(asked.output(), /The function ecr-token in eu-west-1 failed: statusCode 500: no luck/);
    assert.deepEqual(world.ecr.calls, []);
  });

  test('tokens that expired in 2015: told once, asked for again each minute, never delivered', async () => {
    await using world = await startWorld({ rows: [account] });
    await using moto = await startMoto(world);
    const asked = async (): Promise<number> => (await moto.calls()).filter(call => call.endsWith('GetAuthorizationToken')).length;
    const clock = await faketime(join(world.folder, 'clock'));
    const daemon = await world.start({ env: { ...moto.env, ...clock.env } });
    await world.until(async () => (await asked()) === 1, 'the first fetch');
    await clock.set(30_000);
    await wait(3000);
    assert.equal(await asked(), 1, 'three ticks and half a minute later');
    for (const times of [2, 3]) {
      await clock.set((times - 1) * 75_000);
      await world.until(async () => (await asked()) >= times, 'the next fetch');
      assert.equal(await asked(), times);
    }
    const told = daemon
      .output()
      .split('\n')
      .filter(line => line.includes('"msg":"token fetch failed"') && !line.startsWith('{"level":"debug"'));
    assert.equal(told.length, 1, 'told once');
    assert.match(
      told[0] ?? '',
      /expired at 2015-01-01T00:00:00\.000Z, before it was issued at .*; nothing is delivered.*moto answers an expiry in 2015/,
    );
    assert.match(await world.read('/readyz'), /^not ready/);
    assert.deepEqual([world.written(), world.portainer.passwordOf(1)], [[], 'of-yesterday']);
  });
});
