import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fingerprintOf } from '../../../src/contract/credential.ts';
import type { Rule } from '../../fakes/kubernetes/access.ts';
import { leastRules } from '../../fakes/kubernetes.ts';
import { codesOf, given, host, only, other } from '../rig.ts';
import { authsOf, rig, secretName, seed, watched } from './rig.ts';

const login = (password: string) => ({ username: 'AWS', password, auth: Buffer.from(`AWS:${password}`).toString('base64') });
const teams = { namespaces: ['team-a'] };
/** An ECR token with a readable expiration. */
const theirs = Buffer.from(JSON.stringify({ payload: 'p', expiration: 1_800_000_000 })).toString('base64');
const dataOf = (auths: object) => ({ data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') } });
const contentOf = (holds: object) => ({ metadata: { annotations: { 'ecr-courier/content': JSON.stringify({ holds }) } } });
const held = (password: string) => ({ fingerprint: fingerprintOf(password), expiresAt: '2027-01-15T08:00:00.000Z' });

const pods: Rule = { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] };
const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'team-a' } };
const pod = (image: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'pod', namespace: 'team-a' },
  spec: { containers: [{ name: 'c', image }] },
});
type Target = Awaited<ReturnType<typeof rig>>;
const look = async (t: Target) => {
  const slot = only((await t.discover()).slots);
  return { slot, hosts: slot.registries.map(one => one.host), codes: codesOf(slot.findings) };
};

describe('what a tenant writes into the Secret gets no login', () => {
  test('neither an entry nor an annotation, whether it tells the truth or not', async () => {
    for (const forged of [{}, contentOf({ [other]: held(theirs) }), contentOf({ [other]: held('another') })])
      for (const onlyWithImages of [false, true]) {
        const objects = [account, pod(`${host}/app`)];
        await using t = await rig({ onlyWithImages }, { cluster: { ...teams, objects, rules: [...leastRules(), pods] } });
        await seed(t.fake, 'team-a', [host]);
        t.fake.edit('secrets', 'team-a', secretName, { ...dataOf({ [other]: login(theirs) }), ...forged });
        for (const password of ['fresh', 'newer', 'newest']) {
          const { slot, hosts, codes } = await look(t);
          assert.deepEqual([hosts, codes.includes('UNRENEWED_ENTRY')], [[host], true]);
          await t.deliver(slot, given([host], password));
          assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login(password), [other]: login(theirs) }, 'nor is it lost');
        }
      }
  });

  test('and the finding names the entry', async () => {
    await using t = await rig({}, { cluster: teams });
    await seed(t.fake, 'team-a', [host]);
    t.fake.edit('secrets', 'team-a', secretName, dataOf({ [host]: login('old'), [other]: login(theirs) }));
    const { slot } = await look(t);
    const messages = slot.findings?.map(({ message }) => message);
    assert.ok(messages?.includes(`The courier did not write the entry ${other} in Secret team-a/ecr-courier, and does not renew it.`));
    assert.deepEqual(codesOf((await t.deliver(slot, given([host]))).findings), ['UNRENEWED_ENTRY']);
  });
});

describe('with onlyWithImages, no Secret gets a login by itself', () => {
  const rules = [...leastRules(), pods];
  for (const manager of ['tenant', 'ecr-courier'])
    for (const hosts of [[], [host], [host, other]])
      test(`made by ${manager} with ${hosts.length} logins; the first pod brings it at once`, async () => {
        await using t = await rig({ onlyWithImages: true }, { cluster: { ...teams, objects: [account], rules } });
        await t.discover();
        await using watch = watched(t, 3);
        await watch.ready;
        await seed(t.fake, 'team-a', hosts, 'forged', undefined, undefined, new Date('2027-01-15T08:00:00Z'), manager);
        t.fake.make(pod(`${host}/app`));
        const { id, registries } = await watch.next();
        assert.deepEqual([id, registries.map(one => one.host)], [`team-a/${secretName}`, [host]]);
        t.fake.remove('pods', 'team-a', 'pod');

        await using restarted = await rig({ onlyWithImages: true }, { cluster: { ...teams, objects: [account], rules } });
        await seed(restarted.fake, 'team-a', hosts, 'forged', undefined, undefined, new Date('2027-01-15T08:00:00Z'), manager);
        for (let looks = 0; looks < 2; looks++) assert.deepEqual((await restarted.discover()).slots, []);
      });

  test('nor by what pods asked for before the namespace was left alone', async () => {
    await using t = await rig({ onlyWithImages: true }, { cluster: { ...teams, objects: [account, pod(`${other}/app`)], rules } });
    await seed(t.fake, 'team-a', [other]);
    assert.deepEqual((await look(t)).hosts, [host, other].sort());
    t.fake.remove('pods', 'team-a', 'pod');
    assert.deepEqual((await look(t)).hosts, [host, other].sort(), 'pods may be gone for a while');
    const annotate = (value: string) =>
      t.fake.edit('namespaces', undefined, 'team-a', { metadata: { annotations: { 'ecr-courier/enabled': value } } });
    annotate('false');
    await t.discover();
    annotate('true');
    assert.deepEqual((await t.discover()).slots, []);
  });
});

describe('a registry that is not served any more', () => {
  test('goes with the next write where it is as the courier wrote it, also where not all is given', async () => {
    for (const wanted of [[host], [host, '333333333333.dkr.ecr.eu-west-1.amazonaws.com']]) {
      await using t = await rig({}, { cluster: teams, wanted });
      await seed(t.fake, 'team-a', [host, other]);
      const { slot, codes } = await look(t);
      assert.deepEqual(codes, []);
      await t.deliver(slot, given([host], 'fresh'));
      assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh') });
    }
  });

  test('stays where somebody else has put another password there, and is told', async () => {
    await using t = await rig({}, { cluster: teams });
    await seed(t.fake, 'team-a', [host, other]);
    t.fake.edit('secrets', 'team-a', secretName, dataOf({ [host]: login('old'), [other]: login(theirs) }));
    const { slot, codes } = await look(t);
    assert.deepEqual(codes, ['EDITED', 'UNRENEWED_ENTRY']);
    await t.deliver(slot, given([host], 'fresh'));
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh'), [other]: login(theirs) });
  });

  test('is told where no registry is served at all', async () => {
    await using t = await rig({}, { cluster: teams, wanted: [] });
    await seed(t.fake, 'team-a', [host]);
    const { hosts, codes } = await look(t);
    assert.deepEqual([hosts, codes], [[], ['UNRENEWED_ENTRY']]);
  });
});

test('a login of somebody else for a registry that nothing is given for counts as one of others', async () => {
  await using t = await rig({}, { cluster: teams, wanted: [host, other] });
  await seed(t.fake, 'team-a', [host]);
  t.fake.edit('secrets', 'team-a', secretName, dataOf({ [host]: login('old'), [other]: login(theirs) }));
  await t.deliver((await look(t)).slot, given([host], 'fresh'));
  assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh'), [other]: login(theirs) });
  const said = t.fake.get('secrets', 'team-a', secretName)?.metadata.annotations?.['ecr-courier/content'];
  const { holds, others } = JSON.parse(said ?? '') as { holds: object; others: number };
  assert.deepEqual([Object.keys(holds), others], [[host], 1], 'so it stays when the registry is not served any more');
});

test('with onlyWithImages, a namespace without pods keeps the logins that the courier wrote there', async () => {
  const cluster = { ...teams, objects: [account, pod(`${other}/app`)], rules: [...leastRules(), pods] };
  await using t = await rig({ onlyWithImages: true }, { wanted: [], cluster });
  await t.deliver((await look(t)).slot, given([other], 'one'));
  t.fake.remove('pods', 'team-a', 'pod');
  const { slot, hosts } = await look(t);
  assert.deepEqual(hosts, [other]);
  t.fake.edit('secrets', 'team-a', secretName, dataOf({}));
  assert.deepEqual((await look(t)).hosts, [other], 'also where somebody has edited it');
  await t.deliver(slot, given([other], 'two'));
  assert.deepEqual(authsOf(t.fake, 'team-a'), { [other]: login('two') });
});

describe('what was done since the last look is not undone', () => {
  test('a label that was taken away stays away', async () => {
    await using t = await rig({}, { cluster: teams });
    await seed(t.fake, 'team-a', [host]);
    const { slot } = await look(t);
    t.fake.edit('secrets', 'team-a', secretName, { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } });
    await assert.rejects(t.deliver(slot, given([host], 'fresh')), { code: 'CONFLICT' });
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('old') });
    assert.deepEqual(t.fake.get('secrets', 'team-a', secretName)?.metadata.labels ?? {}, {});
  });

  test('an entry of somebody else stays', async () => {
    await using t = await rig({}, { cluster: teams });
    await seed(t.fake, 'team-a', [host]);
    const { slot } = await look(t);
    t.fake.edit('secrets', 'team-a', secretName, dataOf({ [host]: login('old'), 'hub.test': login('x') }));
    await t.deliver(slot, given([host], 'fresh'));
    assert.deepEqual(authsOf(t.fake, 'team-a'), { [host]: login('fresh'), 'hub.test': login('x') });
  });

  test('a Secret that was deleted is made again', async () => {
    await using t = await rig({}, { cluster: teams });
    await seed(t.fake, 'team-a', [host]);
    const { slot } = await look(t);
    t.fake.remove('secrets', 'team-a', secretName);
    assert.equal((await t.deliver(slot, given([host], 'fresh'))).change, 'created');
  });

  test('and a write that nobody has come before is one request', async () => {
    await using t = await rig({}, { cluster: teams });
    await seed(t.fake, 'team-a', [host]);
    const { slot } = await look(t);
    const before = t.asked().length;
    await t.deliver(slot, given([host], 'fresh'));
    assert.equal(t.asked().length, before + 1);
  });
});

test('pods that a tenant has filled do not keep those of others from being read', async () => {
  const filled = Array.from({ length: 30 }, (_, at) => ({
    ...pod('nginx'),
    metadata: { name: `filled-${at}`, namespace: 'team-a' },
    spec: { containers: [{ name: 'c', image: 'nginx', env: [{ name: 'E', value: 'x'.repeat(1_200_000) }] }] },
  }));
  const image = { ...pod(`${host}/app`), metadata: { name: 'pod', namespace: 'team-b' } };
  const objects = [account, { ...account, metadata: { name: 'default', namespace: 'team-b' } }, ...filled, image];
  await using t = await rig(
    { onlyWithImages: true },
    { cluster: { namespaces: ['team-a', 'team-b'], objects, rules: [...leastRules(), pods] } },
  );
  assert.deepEqual(
    (await t.discover()).slots.map(({ id }) => id),
    [`team-b/${secretName}`],
  );
});
