import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { kubernetes } from '../../adapters/kubernetes.ts';
import { adminToken, courierToken, leastRules, startFakeKubernetes } from '../fakes/kubernetes.ts';
import { type Stage, testAdapter } from './contract.ts';
import { administrator, tls } from './kubernetes/administrator.ts';
import { applied, authsIn, authsOf, isWrite, optionsFor, secretName, seed, tokenFile } from './kubernetes/rig.ts';
import { absent, host, other, realServer, runTests, someChecks } from './rig.ts';

/**
 * The adapter with `onlyWithImages` where nothing is wanted: then the images of a namespace's pods name its registries.
 * Otherwise each namespace gets all wanted registries.
 */
const adapter: typeof kubernetes = {
  ...kubernetes,
  create: (options, deps) => kubernetes.create({ ...options, onlyWithImages: deps.wanted.length === 0 }, deps),
};

const podIn = (namespace: string | undefined, host: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'app', namespace },
  spec: { automountServiceAccountToken: false, containers: [{ name: 'app', image: `${host}/app` }] },
});

/**
 * Starts a cluster with two served namespaces, whose ServiceAccounts are to name the Secret, and one (`apps`) that
 * would come first if a registry were wanted.
 */
async function onFake(): Promise<Stage<typeof kubernetes.options>> {
  const accounts = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch', 'patch'], resourceNames: ['default'] };
  const pods = { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] };
  const rules = [...leastRules(), accounts, pods];
  const server = await startFakeKubernetes({ namespaces: ['apps', 'team-a', 'team-b'], rules, controllers: true });
  await seed(server, 'team-a', [host]);
  await seed(server, 'team-b', [other]);
  server.make(podIn('team-a', host));
  server.make(podIn('team-b', other));
  const file = await tokenFile(courierToken);
  return {
    options: optionsFor(server.url, file.path, { serviceAccounts: ['default'] }),
    hosts: [host, other],
    absent,
    server,
    passwordOf: (slot, name) => authsOf(server, slot.id.split('/')[0] ?? '')[name]?.['password'],
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await file[Symbol.asyncDispose]();
    },
  };
}

/** Creates three namespaces with an administrator's token. Disposal deletes them. */
async function onRealServer(url: string, file: string): Promise<Stage<typeof kubernetes.options>> {
  await using stack = new AsyncDisposableStack();
  const { ask } = stack.use(await administrator(url, file));
  const prefix = `courier-test-${randomBytes(4).toString('hex')}`;
  const names = ['apps', 'team-a', 'team-b'].map(name => `${prefix}-${name}`);
  for (const name of names) {
    await ask('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    stack.defer(async () => void (await ask('DELETE', `/api/v1/namespaces/${name}`)));
  }
  for (const [at, held] of [host, other].entries()) {
    const path = `/api/v1/namespaces/${names[at + 1]}/secrets/${secretName}?fieldManager=ecr-courier`;
    await ask('PATCH', path, applied([held]), 'application/apply-patch+yaml');
    await ask('POST', `/api/v1/namespaces/${names[at + 1]}/pods`, podIn(names[at + 1], held));
  }
  const kept = stack.move();
  return {
    options: optionsFor(url, file, { namespaces: [`${prefix}-*`] }),
    hosts: [host, other],
    absent,
    tls,
    async passwordOf({ id }, name) {
      const path = `/api/v1/namespaces/${id.split('/')[0]}/secrets/${secretName}`;
      const { data } = await ask<{ data: Record<string, string> }>('GET', path);
      return authsIn(Buffer.from(data['.dockerconfigjson'] ?? '', 'base64').toString())[name]?.['password'];
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

testAdapter({ adapter, start: onFake, isWrite, versioned: true });
const real = realServer('TEST_KUBERNETES_URL', 'TEST_KUBERNETES_TOKEN_FILE');
if (real)
  describe(`on ${real.TEST_KUBERNETES_URL}`, () =>
    testAdapter({
      adapter,
      start: () => onRealServer(real.TEST_KUBERNETES_URL, real.TEST_KUBERNETES_TOKEN_FILE),
      isWrite,
      versioned: true,
    }));

test('the variables of a real server let the suite run there, and what it makes is gone afterwards', async () => {
  await using fake = await startFakeKubernetes({ controllers: true });
  await using file = await tokenFile(adminToken);
  const variables = { TEST_KUBERNETES_URL: fake.url, TEST_KUBERNETES_TOKEN_FILE: file.path };
  const { code, passed, skipped, said } = await runTests(import.meta.filename, someChecks, variables);
  assert.deepEqual([code, passed, skipped], [0, 7, 0], said);
  const removed = fake.requests.filter(({ method, path }) => method === 'DELETE' && path.startsWith('/api/v1/namespaces/courier-test-'));
  assert.equal(removed.length, 21, 'three for each test');
});
