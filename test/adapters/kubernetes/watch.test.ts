import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ownWrites } from '../../../adapters/kubernetes/own-writes.ts';
import { watchCluster } from '../../../adapters/kubernetes/watch.ts';
import { asFailure, Failure } from '../../../src/contract/failures.ts';
import type { Sighting } from '../../../src/contract/target.ts';
import { until } from '../../commands/cli.ts';
import { seconds } from '../../courier/rig.ts';
import { createVirtualClock, type VirtualClock } from '../../fakes/clock.ts';
import { leastRules } from '../../fakes/kubernetes.ts';
import { codesOf, failing, given, host, only } from '../rig.ts';
import { authsOf, made, rig, secretName, seed, watched } from './rig.ts';

const namespace = (name: string, annotations: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, annotations },
});
const secretPath = (name: string): string => `/api/v1/namespaces/${name}/secrets/${secretName}`;

test('a ServiceAccount from which somebody takes the Secret before our write is answered is told once more', async () => {
  const accounts = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch', 'patch'] };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'team-a' } };
  const cluster = { namespaces: ['team-a'], objects: [account], rules: [...leastRules(), accounts] };
  await using t = await rig({ serviceAccounts: ['default'] }, { wanted: [host], cluster });
  await seed(t.fake, 'team-a', [host]);
  const [, slot] = (await t.discover()).slots;
  await using watch = watched(t, 3);
  await watch.ready;
  t.fake.latencyMs = 300;
  const write = t.deliver(slot, new Map());
  await until(() => t.fake.get('serviceaccounts', 'team-a', 'default')?.['imagePullSecrets'] !== undefined, 'our write');
  t.fake.edit('serviceaccounts', 'team-a', 'default', { imagePullSecrets: [] });
  const states = [(await watch.next()).state, (await watch.next()).state];
  assert.deepEqual(states, ['present', 'absent'], 'while it is under way');
  await write;
  const again = [await watch.next(), await watch.next()];
  assert.deepEqual(
    again.map(({ id, state }) => [id, state]),
    [
      ['team-a/ecr-courier', 'present'],
      ['team-a/sa/default', 'absent'],
    ],
  );
});

describe('what a watch sees', () => {
  test('is a new namespace, and what becomes of it', async () => {
    await using t = await rig({}, { wanted: [host], cluster: { namespaces: [] } });
    await t.discover();
    await using watch = watched(t, 2);
    await watch.ready;
    t.fake.make(namespace('team-a', { 'ecr-courier/source': 'shop' }));
    const slot = await watch.next();
    assert.deepEqual([slot.id, slot.state, slot.source], ['team-a/ecr-courier', 'absent', 'shop']);
    t.fake.edit('namespaces', undefined, 'team-a', { metadata: { annotations: { 'ecr-courier/source': null } } });
    assert.equal((await watch.next()).source, undefined);
    t.fake.edit('namespaces', undefined, 'team-a', { metadata: { labels: { x: 'y' } } });
    t.fake.edit('namespaces', undefined, 'team-a', { metadata: { annotations: { 'ecr-courier/enabled': 'false' } } });
    assert.deepEqual(await watch.sighting(), { gone: 'team-a/ecr-courier' });
  });

  test('is a namespace that begins or ceases to have the labels', async () => {
    await using t = await rig({ namespaceSelector: 'env=prod' }, { wanted: [host], cluster: { namespaces: ['team-a'] } });
    assert.deepEqual((await t.discover()).slots, []);
    await using watch = watched(t, 2);
    await watch.ready;
    t.fake.edit('namespaces', undefined, 'team-a', { metadata: { labels: { env: 'prod' } } });
    assert.equal((await watch.next()).id, 'team-a/ecr-courier');
    t.fake.edit('namespaces', undefined, 'team-a', { metadata: { labels: { env: null } } });
    assert.deepEqual(await watch.sighting(), { gone: 'team-a/ecr-courier' });
  });

  for (const seen of ['before', 'by the watch'] as const)
    test(`is what lies in a Secret, seen ${seen}, of a namespace that is chosen by now`, async () => {
      const namespaces = ['team-a', 'team-b'];
      await using t = await rig({ namespaceSelector: 'env=prod' }, { wanted: [host], cluster: { namespaces } });
      const lay = async (): Promise<void> => {
        await seed(t.fake, 'team-a', [host], 'theirs', undefined, undefined, undefined, 'helm');
        t.fake.edit('secrets', 'team-a', secretName, { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } });
        const metadata = { labels: { 'app.kubernetes.io/managed-by': 'ecr-courier' } };
        t.fake.make(made('team-b', { auths: {} }, { type: 'Opaque', metadata: { name: secretName, namespace: 'team-b', ...metadata } }));
      };
      if (seen === 'before') await lay();
      assert.deepEqual((await t.discover()).slots, []);
      await using watch = watched(t, 2);
      await watch.ready;
      if (seen === 'by the watch') await lay();
      t.fake.edit('namespaces', undefined, 'team-a', { metadata: { labels: { env: 'prod' } } });
      const foreign = await watch.next();
      assert.deepEqual(codesOf(foreign.findings), ['FOREIGN_SECRET']);
      assert.match(foreign.findings?.[0]?.message ?? '', /\. helm.* wrote it\.$/);
      t.fake.edit('namespaces', undefined, 'team-b', { metadata: { labels: { env: 'prod' } } });
      assert.deepEqual(codesOf((await watch.next()).findings), ['WRONG_TYPE']);
    });

  test('is what somebody else does to a Secret, and not what we do', async () => {
    await using t = await rig({}, { wanted: [host], cluster: { namespaces: ['team-a'] } });
    const slot = only((await t.discover()).slots);
    await using watch = watched(t, 2);
    await watch.ready;
    await t.deliver(slot, given([host], 'one'));
    // The event arrives before the response to the write.
    t.fake.latencyMs = 50;
    await t.deliver(slot, given([host], 'two'));
    t.fake.latencyMs = 0;
    t.fake.edit('secrets', 'team-a', secretName, { data: { '.dockerconfigjson': 'e30=' } });
    const edited = await watch.next();
    assert.deepEqual([edited.state, codesOf(edited.findings)], ['drifted', ['EDITED']]);
    await t.deliver(edited, given([host], 'three'));
    const repaired = await watch.next();
    assert.deepEqual([repaired.state, codesOf(repaired.findings)], ['present', []], 'what was told to be wrong is told to be right');
    assert.equal(authsOf(t.fake, 'team-a')[host]?.['password'], 'three');
    t.fake.edit('secrets', 'team-a', secretName, { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } });
    assert.deepEqual(codesOf((await watch.next()).findings), ['FOREIGN_SECRET']);
    t.fake.remove('secrets', 'team-a', secretName);
    assert.equal((await watch.next()).state, 'absent');
  });

  test('is another courier with another password', async () => {
    await using t = await rig({}, { wanted: [host], cluster: { namespaces: ['team-a'] } });
    await t.discover();
    await using watch = watched(t, 2);
    await watch.ready;
    await seed(t.fake, 'team-a', [host], 'of another courier');
    const { state, holds } = await watch.next();
    assert.ok(state === 'present' && holds instanceof Map && holds.has(host));
  });

  test('is told once more when somebody has written after us, before our write was answered', async () => {
    await using t = await rig({}, { wanted: [host], cluster: { namespaces: ['team-a'] } });
    const slot = only((await t.discover()).slots);
    await using watch = watched(t, 2);
    await watch.ready;
    t.fake.latencyMs = 300;
    const write = t.deliver(slot, given([host], 'one'));
    await until(() => t.fake.stored('team-a', secretName) !== undefined, 'our write');
    t.fake.latencyMs = 0;
    t.fake.edit('secrets', 'team-a', secretName, { data: { '.dockerconfigjson': 'e30=' } });
    assert.equal((await watch.next()).state, 'drifted', 'while it is under way');
    await write;
    assert.equal((await watch.next()).state, 'drifted', 'afterwards');
  });

  test('is a deletion after a write whose event came before a look, or had none', async () => {
    await using t = await rig({}, { wanted: [host], cluster: { namespaces: ['team-a'] } });
    const slot = only((await t.discover()).slots);
    await t.deliver(slot, given([host], 'one'));
    await t.discover();
    await using watch = watched(t, 2);
    await watch.ready;
    t.fake.remove('secrets', 'team-a', secretName);
    const absent = await watch.next();
    assert.equal(absent.state, 'absent');
    await t.deliver(absent, given([host], 'two'));
    t.fake.edit('secrets', 'team-a', secretName, { data: { '.dockerconfigjson': 'e30=' } });
    const edited = await watch.next();
    assert.equal(edited.state, 'drifted');
    const three = given([host], 'three');
    await t.deliver(edited, three);
    const repaired = await watch.next();
    assert.equal(repaired.state, 'present');
    assert.equal((await t.deliver(repaired, three)).change, 'unchanged');
    t.fake.remove('secrets', 'team-a', secretName);
    assert.equal((await watch.next()).state, 'absent');
  });

  test('is a deletion after a write whose answer was lost, and that was confirmed', async () => {
    await using t = await rig({}, { wanted: [host], cluster: { namespaces: ['team-a'] } });
    const slot = only((await t.discover()).slots);
    const one = given([host], 'one');
    t.fake.fault = ({ method }) => (method === 'PATCH' ? 'lost' : undefined);
    await assert.rejects(t.deliver(slot, one));
    t.fake.fault = undefined;
    const there = only((await t.discover()).slots);
    await using watch = watched(t, 2);
    await watch.ready;
    assert.equal((await t.deliver(there, one)).change, 'unchanged');
    t.fake.remove('secrets', 'team-a', secretName);
    assert.equal((await watch.next()).state, 'absent');
  });

  test('is not what a server never answers: then it ends, so that there is a new look', async () => {
    const clock = createVirtualClock(Date.now());
    await using t = await rig({}, { wanted: [host], cluster: { namespaces: ['team-a'] }, clock });
    await seed(t.fake, 'team-a', [host]);
    await t.discover();
    await using watch = watched(t, 2);
    await watch.ready;
    const isRead = ({ path }: { path: string }): boolean => path.startsWith('/api/v1/namespaces/team-a/secrets?');
    t.fake.fault = request => (isRead(request) ? 'hang' : undefined);
    const ended = failing(watch.sighting());
    t.fake.edit('secrets', 'team-a', secretName, { data: { '.dockerconfigjson': 'e30=' } });
    await until(() => t.fake.requests.some(isRead), 'the Secret is read again');
    await clock.advance(16 * seconds);
    assert.equal((await ended).code, 'TIMEOUT');
  });

  test('goes on after another look', async () => {
    await using t = await rig({}, { wanted: [host], cluster: { namespaces: [] } });
    await t.discover();
    await using watch = watched(t, 2);
    await watch.ready;
    await t.discover();
    t.fake.make(namespace('team-a'));
    assert.equal((await watch.next()).id, 'team-a/ecr-courier');
    await until(() => t.fake.watches.size === 2, 'no more streams than before');
  });
});

/** Plays the server's lines for each watch request of one stream, in turn. null: the server sends nothing more. */
async function playing(clock: VirtualClock, answers: readonly (readonly string[] | Failure | null)[]) {
  const asked: string[] = [];
  /** The failure of each request that probes the server, and how many there were. */
  const probe = { failure: new Failure('TIMEOUT', 'slow'), count: 0 };
  const aborted = new AbortController();
  const api = {
    address: 'https://cluster.test',
    ask: async () => {
      probe.count++;
      return await Promise.reject(probe.failure);
    },
    async *lines(path: string, { signal }: { signal: AbortSignal }) {
      asked.push(path);
      const answer = answers[asked.length - 1];
      if (answer instanceof Failure) throw answer;
      yield* answer ?? [];
      if (!answer) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    },
  };
  const stream = { kind: 'secrets' as const, path: '/api/v1/secrets?fieldSelector=x', version: '5' };
  const view = { streams: [stream] } as never;
  const current = () => ({ view, replaced: new AbortController().signal });
  const seen: Sighting[] = [];
  const take = async (_: unknown, __: unknown, { type }: { type: string }) => [{ gone: type }];
  const watch = watchCluster(
    { api: api as never, clock, current, take, slotsOf: () => [], own: ownWrites(() => 0), rights: { haveChanged: async () => false } },
    aborted.signal,
    AbortSignal.timeout(20_000),
  );
  const ended = (async () => {
    for await (const sighting of watch) seen.push(sighting);
  })().then(() => undefined, asFailure);
  return { asked, seen, ended, probe, alarm: () => aborted.abort() };
}

describe('a stream', () => {
  const line = (type: string, object: object): string => JSON.stringify({ type, object });
  const event = (type: string, version: string) => line(type, { metadata: { name: 'x', resourceVersion: version } });

  test('that ends in order goes on from its last version, of a bookmark too', async () => {
    const clock = createVirtualClock();
    const t = await playing(clock, [[event('ADDED', '6')], [event('BOOKMARK', '9')], [event('MODIFIED', '12')], null]);
    for (const number of [1, 2, 3]) {
      await until(() => t.asked.length === number, `request ${number}`);
      await clock.advance(999);
      assert.equal(t.asked.length, number, 'not at once: it lasted for less than a second');
      await clock.advance(1);
    }
    await until(() => t.asked.length === 4, 'four requests');
    assert.deepEqual(
      t.asked.map(path => /resourceVersion=(\w+)/.exec(path)?.[1]),
      ['5', '6', '9', '12'],
    );
    for (const path of t.asked) assert.match(path, /&watch=1&allowWatchBookmarks=true&timeoutSeconds=(6\d|7[0-4])&/);
    assert.deepEqual(t.seen, [{ gone: 'ADDED' }, { gone: 'MODIFIED' }]);
    t.alarm();
    assert.equal((await t.ended)?.code, 'UNREACHABLE', 'a request of ours found nobody');
  });

  test('that ends at once and tells nothing is no watch: the engine looks again, after its pause', async () => {
    const t = await playing(createVirtualClock(), [[], []]);
    const failure = await t.ended;
    assert.deepEqual([failure?.code, failure?.message], ['UNEXPECTED', 'https://cluster.test ended a watch at once, and told nothing.']);
    assert.equal(t.asked.length, 1);
  });

  test('that stays open and silent ends as soon as the server takes no connection, not while it is only slow', async () => {
    const clock = createVirtualClock();
    const t = await playing(clock, [null]);
    await until(() => t.asked.length === 1, 'the stream');
    await clock.advance(35 * seconds);
    assert.equal(t.probe.count, 3);
    t.probe.failure = new Failure('UNREACHABLE', 'refused');
    await clock.advance(10 * seconds);
    assert.equal((await t.ended)?.code, 'UNREACHABLE');
    assert.equal(t.probe.count, 4);
  });

  const faults: readonly (readonly [what: string, answer: readonly string[] | Failure, message: RegExp])[] = [
    [
      'whose version is forgotten',
      [line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 5 (9)' })],
      /410.*too old/,
    ],
    ['of a server whose cache is behind', [line('ERROR', { kind: 'Status', code: 504, message: 'Too large resource version' })], /504/],
    ['with half a line', ['{"type":"ADDED",'], /not JSON/],
    ['with something else', [line('HELLO', {})], /not an event/],
    ['without a version', [line('ADDED', { metadata: { name: 'x' } })], /not an event/],
    ['that is refused', new Failure('FORBIDDEN', 'no watch for you'), /no watch for you/],
    ['that is silent for too long', new Failure('TIMEOUT', 'silence'), /silence/],
  ];
  for (const [what, answer, message] of faults)
    test(`${what} ends the watch, so that there is a new look`, async () => {
      const t = await playing(createVirtualClock(), [answer]);
      assert.match((await t.ended)?.message ?? '', message);
    });
});

test('a ServiceAccount that somebody else changes meanwhile keeps what it names, and nothing is asked about it with each password', async () => {
  const accounts = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch', 'patch'] };
  const account = (name: string, more: object = {}) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'team-a' },
    ...more,
  });
  const objects = [account('default', { imagePullSecrets: [{ name: 'corp' }] }), account('build'), account('other')];
  const cluster = { namespaces: ['team-a'], objects, rules: [...leastRules(), accounts] };
  await using t = await rig({ serviceAccounts: ['default', 'b*'] }, { wanted: [host], cluster });
  const { slots } = await t.discover();
  assert.deepEqual(
    slots.map(({ id, state, after }) => [id, state, after]),
    [
      ['team-a/ecr-courier', 'absent', undefined],
      ['team-a/sa/build', 'absent', 'team-a/ecr-courier'],
      ['team-a/sa/default', 'absent', 'team-a/ecr-courier'],
    ],
  );
  let once = true;
  t.fake.fault = ({ method, path }) => {
    if (once && method === 'PATCH' && path.includes('/serviceaccounts/default')) {
      once = false;
      t.fake.edit('serviceaccounts', 'team-a', 'default', { imagePullSecrets: [{ name: 'corp' }, { name: 'newer' }] });
    }
    return undefined;
  };
  for (const slot of slots) assert.equal((await t.deliver(slot, slot.after ? new Map() : given([host]))).change, 'created');
  const named = (name: string) =>
    (t.fake.get('serviceaccounts', 'team-a', name)?.['imagePullSecrets'] as { name: string }[] | undefined)?.map(one => one.name);
  assert.deepEqual([named('default'), named('build'), named('other')], [['corp', 'newer', secretName], [secretName], undefined]);
  const after = (await t.discover()).slots;
  assert.ok(after.every(({ state }) => state === 'present'));
  const before = t.fake.requests.length;
  for (const slot of after.slice(1)) assert.equal((await t.deliver(slot, new Map())).change, 'unchanged');
  assert.equal(t.fake.requests.length, before);
  assert.ok(t.asked().some(line => line.includes(secretPath('team-a'))));
});
