import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe } from 'node:test';
import { rancher2 } from '../../adapters/rancher2.ts';
import type { Slot } from '../../src/contract/adapter.ts';
import { Secret } from '../../src/contract/secret.ts';
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
import { absent, host, hostOf, other } from './rig.ts';

function storedPassword(fake: FakeRancher2, slot: Slot, name: string): string | undefined {
  const [id = '', kind = '', second = '', third = ''] = slot.id.split('/');
  const text = kind === 'project' ? fake.stored('local', backing, third) : fake.stored(id, second, third);
  return (JSON.parse(text ?? '{}') as { auths?: Record<string, { password?: string }> }).auths?.[name]?.password;
}

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

/** Two credentials of made-up accounts in a project that the token sees, removed afterwards together with the one that was created. */
async function onRealServer(url: string, token: string): Promise<Stage<typeof rancher2.options>> {
  const tls = { insecureSkipVerify: true } as const;
  const http = openHttp({ url, headers: { authorization: `Bearer ${token}`, accept: 'application/json' }, allowHttp: true, tls });
  const signal = (): AbortSignal => AbortSignal.timeout(60_000);
  const [first] = (await http('GET', '/v3/projects', { signal: signal() })).json<{ data: { id: string }[] }>().data;
  assert.ok(first, 'the token sees a project');
  const path = `/v3/project/${first.id}/dockercredentials`;
  const hosts = [0, 0, 0].map(() => hostOf(randomInt(100_000_000_000, 999_999_999_999))) as [string, string, string];
  for (const name of hosts.slice(0, 2)) {
    const body = { name: name.replaceAll('.', '-'), registries: { [name]: { username: 'AWS', password: 'none yet' } } };
    assert.equal((await http('POST', path, { signal: signal(), body })).status, 201);
  }
  return {
    options: optionsFor(url, { token: new Secret(token), project: first.id }),
    hosts: hosts.slice(0, 2),
    absent: hosts[2],
    tls,
    async [Symbol.asyncDispose]() {
      const found = (await http('GET', path, { signal: signal() })).json<{ data: { id: string; name: string }[] }>().data;
      for (const { id, name } of found)
        if (hosts.some(made => made.replaceAll('.', '-') === name)) await http('DELETE', `${path}/${id}`, { signal: signal() });
      await http[Symbol.asyncDispose]();
    },
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
const { TEST_RANCHER_URL: realUrl, TEST_RANCHER_TOKEN: realToken } = process.env;
if (realUrl && realToken)
  describe(`on ${realUrl}`, () => testAdapter({ adapter: rancher2, start: () => onRealServer(realUrl, realToken), isWrite }));
