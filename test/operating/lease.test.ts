import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createElection } from '../../src/lease/election.ts';
import { tokenFile } from '../adapters/kubernetes/rig.ts';
import { cli, command, until } from '../commands/cli.ts';
import { createAuthority } from '../fakes/authority.ts';
import { adminToken, type FakeKubernetes, type KubernetesOptions, startFakeKubernetes } from '../fakes/kubernetes.ts';
import { leases, storeAt } from '../lease/kubernetes.ts';
import { ecr, host, start, startDaemon } from './support.ts';

const name = { namespace: 'courier', name: 'ecr-courier' };
/** How many times faster than real time the clock of the couriers runs. */
const faster = 5;

async function cluster(more: KubernetesOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const fake = stack.use(await startFakeKubernetes({ namespaces: ['courier', 'team-a'], ...more }));
  const file = stack.use(await tokenFile(adminToken));
  const left = stack.move();
  const target = { kind: 'kubernetes', url: fake.url, tokenFile: file.path, allowHttp: true, namespaces: ['team-a'], registries: [host] };
  return { fake, file, config: { targets: [target] }, [Symbol.asyncDispose]: () => left.disposeAsync() };
}

/** Starts a courier that is a candidate for the Lease of the cluster. */
async function candidate({ fake, file, config }: Awaited<ReturnType<typeof cluster>>, me: string) {
  const store = storeAt({ url: fake.url, tokenFile: file.path }, name);
  const running = await start(config, faster, means => createElection({ store, me, ...means }));
  return {
    ...running,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

const isOfLease = ({ path }: { readonly path: string }): boolean => path.includes('/leases/');
const passwordIn = (fake: FakeKubernetes): string => fake.stored('team-a', 'ecr-courier') ?? '';

test('of two couriers one works; the other is ready, writes and fetches nothing, and takes over when the first stops', async () => {
  await using t = await cluster();
  const { fake } = t;
  await using first = await candidate(t, 'first');
  await until(() => first.app.status().ready && passwordIn(fake) !== '', 'the first works');
  assert.deepEqual(first.app.status().lease, {
    name: 'Lease courier/ecr-courier',
    state: 'leading',
    me: 'first',
    leader: 'first',
    message: null,
  });

  const fetched = ecr.calls.length;
  await using second = await candidate(t, 'second');
  await until(() => second.app.status().lease?.state === 'standing by', 'the second stands by');
  const { ready, live, unready, lease, targets, credentials } = second.app.status();
  assert.deepEqual([ready, live, unready, targets, credentials], [true, true, [], [], []]);
  assert.equal(lease?.leader, 'first');
  await second.reload(t.config);
  assert.equal(ecr.calls.length, fetched);
  assert.match(await second.app.metrics.render(second.app.overview()), /^ecr_courier_leading\{lease="Lease courier\/ecr-courier"\} 0$/m);
  assert.match(await first.app.metrics.render(first.app.overview()), /^ecr_courier_leading\{lease="Lease courier\/ecr-courier"\} 1$/m);

  const writes = (): string[] => fake.requests.filter(one => one.method === 'PATCH' && !isOfLease(one)).map(one => one.path);
  const before = writes().length;
  await first[Symbol.asyncDispose]();
  await until(() => second.app.status().lease?.state === 'leading' && second.app.status().ready, 'the second works');
  assert.equal(second.app.status().targets[0]?.slots.length, 1);
  assert.equal(writes().length, before, 'what the Secret holds is good: the successor writes nothing');
  fake.remove('secrets', 'team-a', 'ecr-courier');
  await until(() => passwordIn(fake) !== '', 'the second repairs');
});

test('whoever loses the Lease stops at once, stands by with nothing known, and works again when it comes back', async () => {
  await using t = await cluster();
  const { fake } = t;
  await using one = await candidate(t, 'one');
  await until(() => one.app.status().ready && passwordIn(fake) !== '', 'it works');
  const put = async (spec: object): Promise<void> => {
    const lease = await (
      await fetch(`${fake.url}${leases('courier')}/ecr-courier`, { headers: { authorization: `Bearer ${adminToken}` } })
    ).json();
    const body = { ...(lease as object), spec };
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
    const answer = await fetch(`${fake.url}${leases('courier')}/ecr-courier`, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (!answer.ok) return await put(spec);
  };
  await put({ holderIdentity: 'other', leaseDurationSeconds: 15 });
  await until(() => one.app.status().lease?.state === 'standing by', 'it stands by');
  assert.deepEqual(one.app.status().targets, []);
  await until(() => fake.watches.size === 0, 'nothing is watched any more');
  fake.remove('secrets', 'team-a', 'ecr-courier');
  await put({ holderIdentity: 'other', leaseDurationSeconds: 15, leaseTransitions: 1 });
  assert.equal(passwordIn(fake), '');
  await put({ holderIdentity: '', leaseDurationSeconds: 1 });
  await until(() => passwordIn(fake) !== '', 'it works again');
});

test('the daemon stands by with the Lease of its configuration, and every door says so', async () => {
  const authority = createAuthority();
  const held = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'ecr-courier', namespace: 'courier' },
    spec: { holderIdentity: 'pod-1_abcd', leaseDurationSeconds: 3600 },
  };
  await using t = await cluster({ tls: authority.certificateFor('cluster.test'), objects: [held] });
  const kubeconfig = JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      {
        name: 'c',
        cluster: {
          server: t.fake.url,
          'tls-server-name': 'cluster.test',
          'certificate-authority-data': Buffer.from(authority.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'u', user: { token: adminToken } }],
  });
  const file = await tokenFile(kubeconfig);
  await using daemon = await startDaemon(
    { '1.json': JSON.stringify({ ...t.config, lease: { kubeconfig: file.path, namespace: 'courier' } }) },
    { ECR_COURIER_LEASE: 'ecr-courier' },
  );
  await until(async () => (await daemon.status()).lease?.state === 'standing by', 'it stands by');
  assert.equal(
    await daemon.get('/readyz'),
    'ready\n[+] configuration loaded\n[+] Lease courier/ecr-courier: standing by, pod-1_abcd leads\n',
  );
  assert.match(await daemon.get('/'), /Standing by\.<\/strong> pod-1_abcd leads\./);
  assert.match(await daemon.get('/livez'), /^live/);
  await daemon.write('2.json', JSON.stringify({ engine: { shard: '0/2' } }));
  assert.match((await daemon.reload()).text, /engine\.shard has changed, and each share has a Lease of its own/);
  await daemon.remove('2.json');
  const { code, stdout } = await command(['status'], daemon.env);
  assert.deepEqual([code, stdout.split('\n')[0]], [0, 'ready: no registries, standing by, pod-1_abcd leads']);
  const refreshed = await command(['refresh'], daemon.env);
  assert.equal(refreshed.code, 1);
  assert.match(refreshed.stderr, /standing by, pod-1_abcd leads\. Only the courier that leads can refresh\./);
  assert.deepEqual(new Set(t.fake.requests.map(({ path }) => path.replace(/\?.*/, ''))), new Set([`${leases('courier')}/ecr-courier`]));
  await file[Symbol.asyncDispose]();
});

test('what is configured by halves is a mistake, and a daemon without a namespace does not start', async () => {
  await using t = await cluster();
  const start = async (lease: object) =>
    await command(['config', 'check'], { ECR_COURIER_CONFIG: (await tokenFile(JSON.stringify({ ...t.config, lease }))).path });
  for (const [lease, said] of [
    [{ namespace: 'courier' }, /lease\.name: must be set: `namespace` has no effect alone/],
    [{ name: 'x', context: 'c' }, /lease\.kubeconfig: must be set: `context` has no effect alone/],
    [{ name: 'x', kubeconfig: '/k' }, /lease\.namespace: must be set: `kubeconfig` has no effect alone/],
    [{ name: 'Not_A_Name' }, /lease\.name: must be a name in Kubernetes/],
  ] as const) {
    const { code, stdout, stderr } = await start(lease);
    assert.equal(code, 78, stdout);
    assert.match(stdout + stderr, said);
  }
  const file = await tokenFile(JSON.stringify({ ...t.config, lease: { name: 'x' } }));
  const outside = await cli(['--config', file.path], { ECR_COURIER_LISTEN: '127.0.0.1:0' });
  assert.equal(outside.code, 78);
  assert.match(outside.stderr, /The Lease x has no namespace/);
});
