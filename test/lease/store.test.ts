import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { claimed, observe, released } from '../../src/lease/record.ts';
import type { LeaseStore } from '../../src/lease/store.ts';
import { tokenFile } from '../adapters/kubernetes/rig.ts';
import { failing, soon } from '../adapters/rig.ts';
import { adminToken, courierToken, startFakeKubernetes } from '../fakes/kubernetes.ts';
import { leases, name, storeAt } from './kubernetes.ts';

const real = { url: process.env['TEST_KUBERNETES_URL'], tokenFile: process.env['TEST_KUBERNETES_TOKEN_FILE'] };
const rule = {
  apiGroups: ['coordination.k8s.io'],
  resources: ['leases'],
  verbs: ['get', 'create', 'update', 'patch'],
  resourceNames: [name.name],
};

/** Creates the store on a double, or on the real server in its own namespace. Dispose removes both. */
async function rig(at: 'double' | 'real') {
  await using stack = new AsyncDisposableStack();
  if (at === 'double') {
    const fake = stack.use(await startFakeKubernetes({ namespaces: [name.namespace], rules: [rule] }));
    const file = stack.use(await tokenFile(courierToken));
    const store = stack.use(storeAt({ url: fake.url, tokenFile: file.path }));
    const admin = { authorization: `Bearer ${adminToken}` };
    const left = stack.move();
    return { store, url: fake.url, admin, namespace: name.namespace, [Symbol.asyncDispose]: () => left.disposeAsync() };
  }
  const { url = '', tokenFile: path = '' } = real;
  const namespace = `lease-${process.pid}-${Date.now()}`;
  const admin = { authorization: `Bearer ${(await readFile(path, 'utf8')).trim()}` };
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  const ask = (method: string, at: string, body?: object) =>
    fetch(`${url}${at}`, {
      method,
      headers: { ...admin, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  assert.equal((await ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } })).status, 201);
  stack.defer(async () => void (await ask('DELETE', `/api/v1/namespaces/${namespace}`)));
  const store = stack.use(storeAt({ url, tokenFile: path }, { ...name, namespace }));
  const left = stack.move();
  return { store, url, admin, namespace, [Symbol.asyncDispose]: () => left.disposeAsync() };
}

const wall = Date.UTC(2026, 10, 30, 1, 2, 3, 45);
const seen = (object: object) => observe(undefined, object as never, 0);
const specIn = (object: object | undefined): Record<string, unknown> => (object as { spec?: Record<string, unknown> }).spec ?? {};

function suite(at: 'double' | 'real'): void {
  test('is made once, by whoever comes first, taken by a version, and refused to a former one', async () => {
    await using t = await rig(at);
    const { store } = t;
    assert.equal(store.what, `Lease ${t.namespace}/ecr-courier`);
    assert.equal(await store.read(soon()), undefined);
    const [one, two] = await Promise.all([store.make(soon()), store.make(soon())]);
    assert.deepEqual([one['metadata'], specIn(one)], [two['metadata'], {}]);

    const taken = await store.replace(claimed(seen(one), 'me', wall), soon());
    assert.deepEqual(specIn(taken), {
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: '2026-11-30T01:02:03.045000Z',
      renewTime: '2026-11-30T01:02:03.045000Z',
      leaseTransitions: 0,
    });
    assert.equal(await store.replace(claimed(seen(two), 'other', wall), soon()), undefined, 'that version is gone');
    const same = await store.make(soon());
    assert.deepEqual(specIn(same), specIn(taken), 'one that is there stays as it is');

    const renewed = await store.replace(claimed(seen(same), 'me', wall + 2000), soon());
    assert.equal(specIn(renewed)['acquireTime'], '2026-11-30T01:02:03.045000Z');
    assert.equal(specIn(await store.read(soon()))['renewTime'], '2026-11-30T01:02:05.045000Z');
    const free = await store.replace(released(seen(renewed ?? {}), wall + 3000), soon());
    assert.equal(specIn(free)['holderIdentity'] ?? '', '');
    const next = await store.replace(claimed(seen(free ?? {}), 'next', wall + 4000), soon());
    assert.equal(specIn(next)['leaseTransitions'], 1);
  });

  test('that was deleted meanwhile takes nothing', async () => {
    await using t = await rig(at);
    const made = await t.store.make(soon());
    const gone = await fetch(`${t.url}${leases(t.namespace)}/ecr-courier`, { method: 'DELETE', headers: t.admin });
    assert.ok(gone.ok);
    assert.equal(await t.store.replace(claimed(seen(made), 'me', wall), soon()), undefined);
    assert.equal(await t.store.read(soon()), undefined);
  });
}

describe('a Lease on the double', () => {
  suite('double');

  test('without the right: the sentence has the rule to paste', async () => {
    await using fake = await startFakeKubernetes({ namespaces: [name.namespace] });
    await using file = await tokenFile(courierToken);
    await using store = storeAt({ url: fake.url, tokenFile: file.path });
    for (const ask of [(): Promise<unknown> => store.read(soon()), () => store.make(soon()), () => store.replace({}, soon())] as const) {
      const failure = await failing(ask());
      assert.equal(failure.code, 'FORBIDDEN');
      assert.match(failure.message, /cannot (get|patch|update) resource "leases"/);
      assert.equal(
        failure.remedy,
        'Add this rule to a Role of the courier in the namespace courier: - {apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: ["ecr-courier"], verbs: ["get", "create", "update", "patch"]}. It is tried again by itself.',
      );
    }
  });

  test('in a namespace that is not there, or by a token that is not good: it is said', async () => {
    await using fake = await startFakeKubernetes();
    await using file = await tokenFile(adminToken);
    await using store: LeaseStore & AsyncDisposable = storeAt({ url: fake.url, tokenFile: file.path });
    assert.equal(await store.read(soon()), undefined);
    assert.equal((await failing(store.make(soon()))).code, 'NOT_FOUND');
    await file.write('nobody');
    await using other = storeAt({ url: fake.url, tokenFile: file.path });
    assert.equal((await failing(other.read(soon()))).code, 'AUTH');
  });
});

const skip =
  real.url !== undefined && real.tokenFile !== undefined ? false : 'TEST_KUBERNETES_URL and TEST_KUBERNETES_TOKEN_FILE are not set';
describe('a Lease on a real API server', { skip }, () => suite('real'));
