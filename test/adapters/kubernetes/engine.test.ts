import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { adapters } from '../../../adapters/index.ts';
import { load } from '../../../config/load.ts';
import { type App, createApp } from '../../../src/app.ts';
import { type Clock, clock } from '../../../src/contract/clock.ts';
import type { CourierEvent } from '../../../src/courier/events.ts';
import { createLog } from '../../../src/io/log.ts';
import { until } from '../../commands/cli.ts';
import { type FakeEcr, startEcr } from '../../fakes/ecr.ts';
import { fastClock } from '../../fakes/fast-clock.ts';
import { courierToken, type FakeKubernetes, type KubernetesOptions, leastRules, startFakeKubernetes } from '../../fakes/kubernetes.ts';
import { startRegistry } from '../../fakes/registry.ts';
import { host, hostOf } from '../rig.ts';
import { authsOf, isWrite, secretName, seed, tokenFile } from './rig.ts';
import { attach, rules, stuckPod } from './stuck-rig.ts';

const keys = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests' };
let ecr: FakeEcr;
let folder: string;

before(async () => {
  ecr = await startEcr();
  folder = await mkdtemp(join(tmpdir(), 'courier-'));
});
after(async () => {
  await ecr[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Running extends AsyncDisposable {
  readonly app: App;
  readonly fake: FakeKubernetes;
  readonly events: CourierEvent[];
  /** Returns method and path of each write. */
  writes(): string[];
}

/** Starts the whole daemon on a fake cluster. */
async function start(target: object, cluster: KubernetesOptions = {}, sources: readonly object[] = []): Promise<Running> {
  const fake = await startFakeKubernetes({ rules: leastRules(), controllers: true, ...cluster });
  const running = await startOn(fake, target, sources);
  return {
    ...running,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await fake[Symbol.asyncDispose]();
    },
  };
}

async function startOn(
  fake: FakeKubernetes,
  target: object,
  sources: readonly object[] = [],
  more: { readonly rehearse?: boolean; readonly clock?: Clock } = {},
): Promise<Running> {
  const token = await tokenFile(courierToken);
  const file = join(folder, `${Math.random()}.json`);
  const usual = {
    kind: 'kubernetes',
    url: fake.url,
    tokenFile: token.path,
    allowHttp: true,
    excludeNamespaces: ['default', 'kube-*'],
    registries: [host],
  };
  await writeFile(file, JSON.stringify({ sources, targets: [{ ...usual, ...target }], engine: { startSpreadSeconds: 0 } }));
  const door = await startRegistry(ecr);
  const events: CourierEvent[] = [];
  const app = createApp(await load({ files: [file], env: {}, adapters }), {
    clock,
    log: createLog({ to: { write: () => undefined } }),
    env: { ...keys, AWS_ENDPOINT_URL_ECR: ecr.url },
    registryEndpoint: () => door.url,
    heard: event => void events.push(event),
    ...more,
  });
  const stopping = new AbortController();
  const running = app.run(stopping.signal);
  return {
    app,
    fake,
    events,
    writes: () => fake.requests.filter(isWrite).map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
      await door[Symbol.asyncDispose]();
      await token[Symbol.asyncDispose]();
    },
  };
}

const holds = (fake: FakeKubernetes, namespace: string) => (): boolean => authsOf(fake, namespace)[host] !== undefined;
const namespace = (name: string, annotations: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, annotations },
});
const secretOf = (name: string): string => `PATCH /api/v1/namespaces/${name}/secrets/${secretName}`;

test('a new namespace has its Secret at once, one that is edited or deleted has it again, and nothing is written twice', async () => {
  await using running = await start({}, { namespaces: ['team-a'] });
  const { fake, writes } = running;
  await until(holds(fake, 'team-a'), 'the Secret of team-a');
  await until(() => fake.watches.size === 2, 'a watch of namespaces and one of Secrets');
  fake.make(namespace('team-b'));
  await until(holds(fake, 'team-b'), 'the Secret of the new namespace');
  assert.equal(fake.stored('team-a', secretName), fake.stored('team-b', secretName), 'one and the same bytes everywhere');
  const before = fake.get('secrets', 'team-b', secretName)?.metadata.uid;
  fake.edit('secrets', 'team-b', secretName, { data: { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') } });
  await until(holds(fake, 'team-b'), 'the repair of the edited Secret');
  assert.equal(fake.get('secrets', 'team-b', secretName)?.metadata.uid, before, 'it was changed in place');
  fake.remove('secrets', 'team-a', secretName);
  await until(holds(fake, 'team-a'), 'the repair of the deleted Secret');
  await wait(200);
  assert.deepEqual(writes(), [secretOf('team-a'), secretOf('team-b'), secretOf('team-b'), secretOf('team-a')]);
  assert.deepEqual(
    running.events.filter(({ kind }) => kind === 'delivery-failed' || kind === 'watch-ended'),
    [],
  );
});

test('a namespace that is deleted, excluded by annotation or never chosen is not a slot and no error', async () => {
  await using running = await start({ namespaces: ['team-*'] }, { namespaces: ['team-a', 'apps'] });
  const { fake, app, writes } = running;
  const ids = (): string[] => [...(app.status().targets[0]?.slots ?? [])].map(({ id }) => id);
  await until(holds(fake, 'team-a'), 'the Secret of team-a');
  await until(() => fake.watches.size === 2, 'the watches');
  fake.make(namespace('team-b', { 'ecr-courier/enabled': 'false' }));
  fake.make(namespace('other'));
  fake.make(namespace('team-c'));
  await until(holds(fake, 'team-c'), 'the Secret of team-c');
  fake.edit('namespaces', undefined, 'team-b', { metadata: { annotations: { 'ecr-courier/enabled': null } } });
  await until(holds(fake, 'team-b'), 'the Secret of team-b, which is chosen by now');
  fake.edit('namespaces', undefined, 'team-c', { metadata: { annotations: { 'ecr-courier/enabled': 'false' } } });
  await until(() => !ids().includes('team-c/ecr-courier'), 'team-c to be left alone');
  fake.remove('namespaces', undefined, 'team-a');
  await until(() => ids().join() === 'team-b/ecr-courier', 'team-a to be gone');
  assert.deepEqual(writes(), [secretOf('team-a'), secretOf('team-c'), secretOf('team-b')]);
  assert.deepEqual(
    running.events.filter(({ kind }) => kind === 'delivery-failed'),
    [],
  );
});

test('a restart writes nothing, and neither does a second look', async () => {
  await using fake = await startFakeKubernetes({ rules: leastRules(), namespaces: ['team-a', 'team-b'] });
  const two = { registries: [host, hostOf(111111111111, 'us-east-1')] };
  {
    await using _ = await startOn(fake, two);
    await until(() => ['team-a', 'team-b'].every(name => Object.keys(authsOf(fake, name)).length === 2), 'both logins in both Secrets');
    await until(() => fake.watches.size === 2, 'the watches');
  }
  await until(() => fake.watches.size === 0, 'the end of the watches');
  fake.requests.length = 0;
  await using second = await startOn(fake, two);
  await until(() => fake.watches.size === 2, 'the watches of the second one');
  await until(() => [...(second.app.status().targets[0]?.slots ?? [])].every(({ state }) => state === 'ok'), 'all to be well');
  await wait(100);
  assert.deepEqual(second.writes(), [], 'nothing was written since');
});

test('a namespace that is new after a restart brings its password to the others, so that all have one', async () => {
  await using fake = await startFakeKubernetes({ rules: leastRules(), controllers: true, namespaces: ['team-a', 'team-b'] });
  const password = (name: string): string | undefined => authsOf(fake, name)[host]?.['password'];
  {
    await using _ = await startOn(fake, {});
    await until(() => password('team-a') !== undefined && password('team-b') !== undefined, 'both Secrets');
  }
  const former = password('team-a');
  await using _ = await startOn(fake, {});
  await until(() => fake.watches.size === 2, 'a watch of namespaces and one of Secrets');
  assert.equal(password('team-a'), former);
  fake.make(namespace('team-c'));
  await until(holds(fake, 'team-c'), 'the Secret of team-c');
  await until(() => ['team-a', 'team-b'].every(name => password(name) === password('team-c')), 'the same password in all');
  assert.notEqual(password('team-c'), former);
});

test('ServiceAccounts name the Secret, also those of new namespaces, and keep what else they name', async () => {
  const accounts = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch', 'patch'], resourceNames: ['default'] };
  const rules = [...leastRules(), accounts];
  await using running = await start({ serviceAccounts: ['default'] }, { rules, namespaces: ['team-a'] });
  const { fake, writes } = running;
  const named = (name: string) => JSON.stringify(fake.get('serviceaccounts', name, 'default')?.['imagePullSecrets']);
  await until(() => named('team-a') === '[{"name":"ecr-courier"}]', 'the ServiceAccount of team-a');
  await until(() => fake.watches.size === 3, 'the watches');
  fake.make(namespace('team-b'));
  fake.edit('serviceaccounts', 'team-b', 'default', { imagePullSecrets: [{ name: 'corp' }] });
  await until(() => named('team-b') === '[{"name":"corp"},{"name":"ecr-courier"}]', 'the ServiceAccount of team-b');
  const order = writes().filter(line => line.includes('team-b'));
  assert.equal(order[0], secretOf('team-b'), 'the Secret first');
  fake.edit('serviceaccounts', 'team-a', 'default', { imagePullSecrets: null });
  await until(() => named('team-a') === '[{"name":"ecr-courier"}]', 'the ServiceAccount of team-a again');
});

test('a namespace may wish for a source, and gets it only where that source grants it', async () => {
  const role = { roleArn: 'arn:aws:iam::123456789012:role/shop', slots: ['kubernetes/shop-*/*'] };
  await using running = await start({}, { namespaces: [] }, [{ name: 'shop', ...role }]);
  const { fake, app } = running;
  await until(() => fake.watches.size === 2, 'the watches');
  const wish = { 'ecr-courier/source': 'shop' };
  fake.make(namespace('thief', wish));
  fake.make(namespace('shop-1', wish));
  const sources = (): object =>
    Object.fromEntries([...(app.status().targets[0]?.slots ?? [])].map(({ id, registries }) => [id, registries[0]?.source]));
  await until(() => Object.keys(sources()).length === 2, 'both namespaces');
  assert.deepEqual(sources(), { 'thief/ecr-courier': 'default', 'shop-1/ecr-courier': 'shop' });
  const told = [...(app.status().targets[0]?.slots ?? [])].map(({ id, findings }) => [id, ...findings.map(({ code }) => code)]);
  assert.deepEqual(told, [['thief/ecr-courier', 'WISH_REFUSED'], ['shop-1/ecr-courier']]);
});

test('a server that goes is noticed although its watches stay open, and all is well when it is back', async () => {
  await using running = await start({}, { namespaces: ['team-a', 'team-b'] });
  const { fake, app } = running;
  await until(holds(fake, 'team-b'), 'the Secrets');
  await until(() => fake.watches.size === 2, 'the watches');
  const stopped = fake.stop({ silentMs: 3_000 });
  app.courier.refresh();
  await until(() => running.events.some(({ kind }) => kind === 'watch-ended'), 'the end of the watch');
  fake.remove('secrets', 'team-a', secretName);
  await stopped;
  await fake.start();
  await until(holds(fake, 'team-a'), 'the Secret that was deleted meanwhile');
});

test('`check` asks the cluster in a dry run, and writes nothing', async () => {
  const accounts = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch', 'patch'] };
  const policies = [{ name: 'no-secrets', message: 'not here', namespaces: ['team-b'] }];
  const cluster = { rules: [...leastRules(), accounts], controllers: true, namespaces: ['team-a', 'team-b'], policies };
  await using fake = await startFakeKubernetes(cluster);
  await using running = await startOn(fake, { serviceAccounts: ['default'] }, [], { rehearse: true });
  await until(() => running.events.filter(({ kind }) => kind.startsWith('deliver')).length >= 3, 'what would come of three slots');
  const said = running.events.flatMap(event =>
    event.kind === 'delivered'
      ? `${event.slot} ${event.change}`
      : event.kind === 'delivery-failed'
        ? `${event.slot} ${event.failure.code}`
        : [],
  );
  assert.deepEqual(new Set(said), new Set(['team-a/ecr-courier created', 'team-a/sa/default created', 'team-b/ecr-courier REJECTED']));
  assert.deepEqual(running.writes(), []);
});

describe('with events: true', { concurrency: true }, () => {
  const rules = [...leastRules(), { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] }];
  const limit = (secrets: string): object => ({ spec: { hard: { secrets } }, status: { hard: { secrets }, used: { secrets: '0' } } });
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q', namespace: 'team-a' }, ...limit('0') };
  const cluster = { rules, namespaces: ['team-a', 'team-b'], objects: [quota] };
  const toldIn = ({ store }: FakeKubernetes): string[] =>
    [...store.shelf(store.kinds.find(({ resource }) => resource === 'events') ?? assert.fail('no events')).objects.values()].map(
      ({ metadata: { namespace: at }, type, reason, message }) => `${at} ${String(type)} ${String(reason)} ${String(message)}`,
    );

  test('a tenant is told why its Secret is not renewed, and when it is again', async () => {
    await using fake = await startFakeKubernetes(cluster);
    await using running = await startOn(fake, { events: true }, [], { clock: fastClock(20) });
    await until(() => toldIn(fake).length > 0, 'an Event');
    assert.deepEqual(
      toldIn(fake).map(line => line.replace(/: secrets .*\. Raise/, ': ... Raise')),
      [
        `team-a Warning NotRenewed team-a/ecr-courier has no fresh login for ${host}: A ResourceQuota does not let Secret team-a/ecr-courier be: ... Raise the quota for Secrets in that namespace, or leave the namespace out. It is tried again within five minutes, or within 40 where hundreds of writes are refused; \`ecr-courier refresh\` tries at once.`,
      ],
    );
    fake.edit('resourcequotas', 'team-a', 'q', limit('5'));
    running.app.courier.refresh();
    await until(() => toldIn(fake).length > 1, 'another Event');
    assert.match(
      toldIn(fake).find(line => line.includes('Normal')) ?? '',
      /^team-a Normal Renewed The login in team-a\/ecr-courier is renewed/,
    );
    assert.ok(holds(fake, 'team-a')());
  });

  test('`check` writes none', async () => {
    await using fake = await startFakeKubernetes(cluster);
    await using running = await startOn(fake, { events: true }, [], { rehearse: true, clock: fastClock(20) });
    await until(() => running.events.filter(({ kind }) => kind.startsWith('deliver')).length >= 2, 'what would come of two slots');
    await wait(3000);
    assert.deepEqual(running.writes(), []);
  });
});

test('a pod that was made before its account named the Secret is restarted once, and the line of its delivery names it', async () => {
  const past = { ...clock, wall: () => clock.wall() - 300_000 };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'team-a' } };
  const objects = [account, stuckPod('web-1')];
  await using fake = await startFakeKubernetes({ rules, clock: past, namespaces: ['team-a'], objects });
  await seed(fake, 'team-a', [host], 'old', undefined, 'kubernetes', new Date(Date.now() + 3_600_000));
  attach(fake);
  await using t = await startOn(fake, { serviceAccounts: ['default'], restartStuckPods: true });
  await until(() => fake.get('pods', 'team-a', 'web-1')?.metadata.deletionTimestamp !== undefined, 'the deletion');
  await until(() => t.events.some(event => event.kind === 'delivered' && event.title === 'Pod team-a/web-1'), 'its line');
  fake.remove('pods', 'team-a', 'web-1');
  fake.make(stuckPod('web-2', { spec: { imagePullSecrets: [{ name: secretName }] } }));
  t.app.courier.refresh();
  await wait(1000);
  assert.deepEqual(
    t.writes().filter(line => line.startsWith('DELETE')),
    ['DELETE /api/v1/namespaces/team-a/pods/web-1'],
  );
});
