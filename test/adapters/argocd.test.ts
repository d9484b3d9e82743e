import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { argocd } from '../../adapters/argocd.ts';
import { adminToken, courierToken, startFakeKubernetes } from '../fakes/kubernetes.ts';
import { charts, leastRules, made, namespace, optionsFor, valueOf } from './argocd/rig.ts';
import { type Stage, testAdapter } from './contract.ts';
import { administrator, tls } from './kubernetes/administrator.ts';
import { isWrite, tokenFile } from './kubernetes/rig.ts';
import { absent, host, other, realServer, runTests, someChecks } from './rig.ts';

/** The Secrets of an Argo CD that has a repository for one host and credentials for another. */
const secretsIn = (place: string): object[] => [
  made('charts', charts(`${host}/charts`), {}, 'repository', place),
  made('others', charts(`${other}/`), {}, 'repo-creds', place),
];

const nameOf = (ref: unknown): string => (ref as { readonly name: string }).name;

async function onFake(): Promise<Stage<typeof argocd.options>> {
  const server = await startFakeKubernetes({ namespaces: [namespace], objects: secretsIn(namespace), rules: leastRules(absent) });
  const file = await tokenFile(courierToken);
  return {
    options: optionsFor(server.url, file.path, { templates: 'helm' }),
    hosts: [host, other],
    absent,
    server,
    passwordOf: ({ ref }) => valueOf(server, nameOf(ref), 'password'),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await file[Symbol.asyncDispose]();
    },
  };
}

/** Creates a namespace as that of Argo CD with an administrator's token. Disposal deletes it. */
async function onRealServer(url: string, file: string): Promise<Stage<typeof argocd.options>> {
  await using stack = new AsyncDisposableStack();
  const { ask } = stack.use(await administrator(url, file));
  const name = `courier-test-${randomBytes(4).toString('hex')}`;
  await ask('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  stack.defer(async () => void (await ask('DELETE', `/api/v1/namespaces/${name}`)));
  const path = `/api/v1/namespaces/${name}/secrets`;
  for (const secret of secretsIn(name)) await ask('POST', path, secret);
  const kept = stack.move();
  return {
    options: optionsFor(url, file, { templates: 'helm', namespace: name }),
    hosts: [host, other],
    absent,
    tls,
    async passwordOf({ ref }) {
      const { data } = await ask<{ data: Record<string, string> }>('GET', `${path}/${nameOf(ref)}`);
      return Buffer.from(data['password'] ?? '', 'base64').toString();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

testAdapter({ adapter: argocd, start: onFake, isWrite, versioned: true });
const real = realServer('TEST_KUBERNETES_URL', 'TEST_KUBERNETES_TOKEN_FILE');
if (real)
  describe(`on ${real.TEST_KUBERNETES_URL}`, () =>
    testAdapter({
      adapter: argocd,
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
  assert.equal(removed.length, 7, 'one for each test');
});
