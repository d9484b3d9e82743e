import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, test } from 'node:test';
import { rancher2 } from '../../adapters/rancher2.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Slot } from '../../src/contract/target.ts';
import { openHttp } from '../../src/io/http.ts';
import { adminToken, type FakeRancher2, type Rancher2Options, startFakeRancher2 } from '../fakes/rancher2.ts';
import { type Stage, testAdapter } from './contract.ts';
import {
  asMember,
  backing,
  both,
  credential,
  isWrite,
  login,
  memberToken,
  optionsFor,
  project,
  secret,
  single,
  world,
} from './rancher2/rig.ts';
import { absent, host, hostOf, other, realServer, runTests, someChecks } from './rig.ts';

function storedPassword(fake: FakeRancher2, slot: Slot, name: string): string | undefined {
  const [id = '', kind = '', second = '', third = ''] = slot.id.split('/');
  const text = kind === 'project' ? fake.stored('local', backing, third) : fake.stored(id, second, third);
  return loginOf(Buffer.from(text ?? '{}').toString('base64'), name)?.password;
}
const loginOf = (data = '', name = ''): { password?: string } | undefined =>
  (JSON.parse(Buffer.from(data, 'base64').toString() || '{}') as { auths?: Record<string, { password?: string }> }).auths?.[name];

async function onFake(setup: Rancher2Options, token = adminToken): Promise<Stage<typeof rancher2.options>> {
  const server = await startFakeRancher2(setup);
  return {
    options: optionsFor(server.url, { token: new Secret(token), project: project.id }),
    hosts: [host, other],
    absent,
    server,
    passwordOf: (slot, name) => storedPassword(server, slot, name),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/**
 * Sets up two credentials of made-up accounts in a project that the token sees. Disposal removes them and any that a
 * test created.
 */
async function onRealServer(url: string, token: string): Promise<Stage<typeof rancher2.options>> {
  await using stack = new AsyncDisposableStack();
  const tls = { insecureSkipVerify: true } as const;
  const http = stack.use(
    openHttp({ url, headers: { authorization: `Bearer ${token}`, accept: 'application/json' }, allowHttp: true, tls }),
  );
  async function ask<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await http(method, path, { signal: AbortSignal.timeout(60_000), ...(body && { body }) });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return (answer.text ? answer.json<T>() : undefined) as T;
  }
  const [first] = (await ask<{ data: { id: string }[] }>('GET', '/v3/projects')).data;
  assert.ok(first, 'the token sees no project');
  const path = `/v3/project/${first.id}/dockercredentials`;
  const hosts = [0, 0, 0].map(() => hostOf(randomInt(100_000_000_000, 999_999_999_999))) as [string, string, string];
  const nameOf = (made: string): string => made.replaceAll('.', '-');
  for (const made of hosts)
    stack.defer(async () => {
      const { data } = await ask<{ data: { id: string; name: string }[] }>('GET', `${path}?name=${nameOf(made)}`);
      for (const { id, name } of data) if (name === nameOf(made)) await ask('DELETE', `${path}/${id}`);
    });
  for (const made of hosts.slice(0, 2))
    await ask('POST', path, { name: nameOf(made), registries: { [made]: { username: 'AWS', password: 'none yet' } } });
  const kept = stack.move();
  return {
    options: optionsFor(url, { token: new Secret(token), project: first.id }),
    hosts: hosts.slice(0, 2),
    absent: hosts[2],
    tls,
    async passwordOf(_, host) {
      const { data } = await ask<{ data: { id: string }[] }>('GET', `${path}?name=${nameOf(host)}`);
      const [namespace, name] = data[0]?.id.split(':') ?? [];
      const secret = `/k8s/clusters/local/api/v1/namespaces/${namespace}/secrets/${name}`;
      return loginOf((await ask<{ data: Record<string, string> }>('GET', secret)).data['.dockerconfigjson'], host)?.password;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

describe('credentials of one registry', () => testAdapter({ adapter: rancher2, start: () => onFake(world(single)), isWrite }));
describe('a credential of several', () =>
  testAdapter({ adapter: rancher2, start: () => onFake(world([credential('ecr', both)])), isWrite, versioned: true }));
describe('a Secret in a cluster', () =>
  testAdapter({ adapter: rancher2, start: () => onFake(world([], [secret('team-a', 'ecr', both)])), isWrite, versioned: true }));
describe('the token of a member', () =>
  testAdapter({
    adapter: rancher2,
    start: () =>
      onFake(
        {
          ...world([credential('ecr-a', { [host]: login('old-a') })], [secret('team-a', 'ecr', { [other]: login('old-b') })]),
          ...asMember,
        },
        memberToken,
      ),
    isWrite,
  }));
const real = realServer('TEST_RANCHER_URL', 'TEST_RANCHER_TOKEN');
if (real)
  describe(`on ${real.TEST_RANCHER_URL}`, () =>
    testAdapter({ adapter: rancher2, start: () => onRealServer(real.TEST_RANCHER_URL, real.TEST_RANCHER_TOKEN), isWrite }));

describe('the variables of a real server', () => {
  test('let the suite run there, and what it makes is gone afterwards', async () => {
    await using fake = await startFakeRancher2(world(single));
    const before = [...fake.cluster().secrets.keys()];
    const variables = { TEST_RANCHER_URL: fake.url, TEST_RANCHER_TOKEN: adminToken };
    const { code, passed, skipped, said } = await runTests(import.meta.filename, someChecks, variables);
    assert.deepEqual([code, passed, skipped], [0, 7, 0], said);
    assert.equal(fake.requests.filter(({ method }) => method === 'DELETE').length, 15, 'two for each test, and what one of them creates');
    assert.deepEqual([...fake.cluster().secrets.keys()], before);
  });

  test('are given all or not at all: one that is missing fails aloud', async () => {
    for (const [name, other] of [
      ['TEST_RANCHER_URL', 'TEST_RANCHER_TOKEN'],
      ['TEST_RANCHER_TOKEN', 'TEST_RANCHER_URL'],
    ] as const) {
      const { code, said } = await runTests(import.meta.filename, 'on http', { [name]: 'http://rancher.test' });
      assert.notEqual(code, 0);
      assert.match(said, new RegExp(`${other} must be set`));
    }
  });
});
