import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pruned } from '../../../src/contract/target.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import type { Rule } from '../../fakes/kubernetes/access.ts';
import { adminToken, leastRules } from '../../fakes/kubernetes.ts';
import { codesOf, host, soon } from '../rig.ts';
import { isWrite, made, ours, rig, secretName, seed } from './rig.ts';

const account = (namespace: string, name: string, ...secrets: readonly string[]): object => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace },
  imagePullSecrets: secrets.map(one => ({ name: one })),
});
const [secretsRule, namespacesRule] = leastRules() as [Rule, Rule];
const deleting: Rule = { ...secretsRule, verbs: [...secretsRule.verbs, 'delete'] };
const accountsRule: Rule = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch', 'patch'] };
const rules = [deleting, namespacesRule, accountsRule];
const namespaces = ['team-a', 'team-b', 'team-c'];

async function all(told: AsyncIterable<Pruned> | undefined): Promise<Pruned[]> {
  const things: Pruned[] = [];
  for await (const thing of told ?? assert.fail('it cannot prune')) things.push(thing);
  return things;
}
const linesOf = (things: readonly Pruned[]): string[] =>
  things.map(({ what, change, failure }) => `${what} ${change}${failure ? ` ${failure.code}` : ''}`);

/** Returns what is told of slots that are only told of, and the findings of the target. */
async function told(t: Awaited<ReturnType<typeof rig>>): Promise<string[]> {
  const { slots, findings } = await t.discover();
  const ofSlots = slots.filter(({ registries }) => registries.length === 0).map(slot => [slot.id, ...codesOf(slot.findings)].join(' '));
  return [...ofSlots, ...codesOf(findings)];
}

describe('prune', () => {
  test('releases the accounts, then removes what has our name and label, and nothing else', async () => {
    const foreign = made('team-c', { auths: {} });
    const other = made('team-a', { auths: {} }, { metadata: { name: 'hub', namespace: 'team-a', labels: ours } });
    const objects = [foreign, other, account('team-a', 'default', 'hub', secretName, 'more'), account('team-c', 'default', secretName)];
    await using t = await rig({ serviceAccounts: ['default'] }, { wanted: [host], cluster: { namespaces, objects, rules } });
    await seed(t.fake, 'team-a', [host]);
    await seed(t.fake, 'team-b', [host]);

    const expected = ['ServiceAccount team-a/default released', 'Secret team-a/ecr-courier removed', 'Secret team-b/ecr-courier removed'];
    assert.deepEqual(linesOf(await all(t.target.prune?.('rehearsed', soon()))), expected);
    assert.deepEqual(t.fake.requests.filter(isWrite), [], 'a rehearsal changes nothing');
    for (const namespace of ['team-a', 'team-b']) assert.ok(t.fake.get('secrets', namespace, secretName), 'it is still there');

    assert.deepEqual(linesOf(await all(t.target.prune?.('written', soon()))), expected);
    const written = t.fake.requests.filter(isWrite).map(({ method, path }) => `${method} ${path.split('?')[0]}`);
    assert.deepEqual(
      written.filter(line => line.includes('/team-a/')),
      ['PATCH /api/v1/namespaces/team-a/serviceaccounts/default', `DELETE /api/v1/namespaces/team-a/secrets/${secretName}`],
    );
    assert.deepEqual(
      written.filter(line => !line.includes('/team-a/')),
      [`DELETE /api/v1/namespaces/team-b/secrets/${secretName}`],
    );
    assert.deepEqual(t.fake.get('serviceaccounts', 'team-a', 'default')?.['imagePullSecrets'], [{ name: 'hub' }, { name: 'more' }]);
    assert.ok(t.fake.get('secrets', 'team-c', secretName), 'somebody else made it');
    assert.ok(t.fake.get('secrets', 'team-a', 'hub'), 'it has another name');
    assert.deepEqual(t.fake.get('serviceaccounts', 'team-c', 'default')?.['imagePullSecrets'], [{ name: secretName }]);
    assert.deepEqual(await all(t.target.prune?.('written', soon())), []);
  });

  test('says before it removes a Secret what goes with it that the courier did not write', async () => {
    const entry = (password: string): object => ({ auth: Buffer.from(`u:${password}`).toString('base64') });
    const metadata = (namespace: string) => ({ metadata: { name: secretName, namespace, labels: ours } });
    const objects = [
      made('team-b', { auths: { 'ghcr.io': entry('one'), 'quay.io': entry('two') } }, metadata('team-b')),
      made('team-c', {}, { type: 'Opaque', data: { key: 'eA==' }, ...metadata('team-c') }),
    ];
    await using t = await rig({}, { wanted: [host], cluster: { namespaces: [...namespaces, 'team-d'], objects, rules } });
    for (const namespace of ['team-a', 'team-d']) await seed(t.fake, namespace, [host]);
    const before = JSON.parse(t.fake.stored('team-d', secretName) ?? '') as { auths: object };
    const text = JSON.stringify({ auths: { ...before.auths, 'ghcr.io': entry('three') } });
    t.fake.edit('secrets', 'team-d', secretName, { data: { '.dockerconfigjson': Buffer.from(text).toString('base64') } });
    const expected = [
      'Secret team-a/ecr-courier removed',
      'Secret team-b/ecr-courier with 2 entries that the courier did not write removed',
      'Secret team-c/ecr-courier of the type Opaque removed',
      'Secret team-d/ecr-courier with one entry that the courier did not write removed',
    ];
    for (const way of ['rehearsed', 'written'] as const) assert.deepEqual(linesOf(await all(t.target.prune?.(way, soon()))), expected);
  });

  test('finds the accounts that it has attached when the option is gone, where it may look', async () => {
    const cluster = { namespaces: ['team-a'], objects: [account('team-a', 'build'), account('team-a', 'theirs', secretName)], rules };
    await using t = await rig({}, { cluster });
    t.fake.edit('serviceaccounts', 'team-a', 'build', { imagePullSecrets: [{ name: secretName }] }, 'ecr-courier');
    assert.deepEqual(linesOf(await all(t.target.prune?.('written', soon()))), ['ServiceAccount team-a/build released']);
    assert.deepEqual(t.fake.get('serviceaccounts', 'team-a', 'theirs')?.['imagePullSecrets'], [{ name: secretName }]);
  });

  test('releases accounts of which nobody says who attached them, as servers keep no owners of what was made without fields', async () => {
    const bare = (namespace: string) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
    const objects = [bare('team-a'), bare('team-b'), made('team-b', { auths: {} }), account('team-a', 'theirs', secretName)];
    for (const serviceAccounts of [[], ['default'], ['other'], ['o*']]) {
      await using t = await rig({ serviceAccounts }, { cluster: { namespaces, objects, rules } });
      await seed(t.fake, 'team-a', [host]);
      for (const name of ['team-a', 'team-b'])
        t.fake.edit('serviceaccounts', name, 'default', { imagePullSecrets: [{ name: secretName }] }, 'ecr-courier');
      assert.equal(t.fake.get('serviceaccounts', 'team-a', 'default')?.metadata.managedFields, undefined);
      assert.deepEqual(linesOf(await all(t.target.prune?.('written', soon()))), [
        'ServiceAccount team-a/default released',
        'Secret team-a/ecr-courier removed',
      ]);
    }
  });

  test('stays within the namespaces of the target, whatever their annotations say now', async () => {
    await using t = await rig({ namespaces: ['team-*', '!team-b'], optIn: true }, { cluster: { namespaces, rules } });
    for (const namespace of namespaces)
      await seed(t.fake, namespace, [host], 'old', adminToken, namespace === 'team-b' ? 'another' : 'target');
    const lines = linesOf(await all(t.target.prune?.('written', soon())));
    assert.deepEqual(lines, ['Secret team-a/ecr-courier removed', 'Secret team-c/ecr-courier removed']);
    assert.ok(t.fake.get('secrets', 'team-b', secretName));
  });

  test('finds what it made where the patterns of today do not reach, and leaves what another target made there', async () => {
    const objects = [account('team-a', 'default', secretName), account('team-b', 'default', secretName)];
    await using t = await rig({ namespaces: ['team-c'], serviceAccounts: ['default'] }, { cluster: { namespaces, objects, rules } });
    await seed(t.fake, 'team-a', [host], 'old', adminToken, 'target');
    await seed(t.fake, 'team-b', [host], 'old', adminToken, 'another');
    await seed(t.fake, 'team-c', [host], 'old', adminToken, '');
    assert.deepEqual(await told(t), ['team-a/ecr-courier LEFT_BEHIND']);
    assert.deepEqual(linesOf(await all(t.target.prune?.('written', soon()))), [
      'ServiceAccount team-a/default released',
      'Secret team-a/ecr-courier removed',
      'Secret team-c/ecr-courier removed',
    ]);
    assert.deepEqual(await told(t), []);
  });

  test('leaves what another target made, and its accounts, also in namespaces that the patterns choose', async () => {
    for (const more of [{}, { optIn: true }, { onlyWithImages: true }]) {
      const objects = [account('team-a', 'default'), account('team-b', 'default')];
      await using t = await rig(more, { cluster: { namespaces, objects, rules } });
      await seed(t.fake, 'team-a', [host]);
      await seed(t.fake, 'team-b', [host], 'theirs', adminToken, 'another', new Date(Date.now() + 12 * 3_600_000));
      for (const name of ['team-a', 'team-b'])
        t.fake.edit('serviceaccounts', name, 'default', { imagePullSecrets: [{ name: secretName }] }, 'ecr-courier');
      for (const way of ['rehearsed', 'written'] as const)
        assert.deepEqual(linesOf(await all(t.target.prune?.(way, soon()))), [
          'ServiceAccount team-a/default released',
          'Secret team-a/ecr-courier removed',
        ]);
      assert.ok(t.fake.get('secrets', 'team-b', secretName));
    }
  });

  describe('another courier has a target of the same name', () => {
    const inHours = (hours: number): Date => new Date(Date.now() + hours * 3_600_000);
    const found = async (t: Awaited<ReturnType<typeof rig>>) => {
      return [...(await told(t)), ...linesOf(await all(t.target.prune?.('rehearsed', soon()))).filter(line => line.includes('team-b'))];
    };
    const left = `team-b/${secretName} LEFT_BEHIND`;
    const both = [left, `Secret team-b/${secretName} removed`];

    test('and what it keeps fresh is neither told nor removed', async () => {
      await using t = await rig({ namespaces: ['team-a'] }, { cluster: { namespaces, rules } });
      await seed(t.fake, 'team-a', [host], 'ours', adminToken, 'target', inHours(7));
      for (const hours of [12, 7, 5]) {
        await seed(t.fake, 'team-b', [host], `theirs ${hours}`, adminToken, 'target', inHours(hours));
        assert.deepEqual(await found(t), []);
      }
    });

    test('what nobody has renewed in time is told, and what holds a password of ours, or has ended', async () => {
      const clock = createVirtualClock(Date.now());
      await using t = await rig({ namespaces: ['team-a'] }, { cluster: { namespaces, rules }, clock });
      await seed(t.fake, 'team-a', [host], 'ours', adminToken, 'target', inHours(24));
      await seed(t.fake, 'team-b', [host], 'ours', adminToken, 'target', inHours(12));
      assert.deepEqual(await found(t), both);
      await seed(t.fake, 'team-a', [host], 'newer', adminToken, 'target', inHours(24));
      assert.deepEqual((await found(t)).slice(0, 1), [left], 'this process remembers');
      await seed(t.fake, 'team-b', [host], 'theirs', adminToken, 'target', inHours(12));
      assert.deepEqual(await found(t), []);
      await clock.advance(7.5 * 3_600_000);
      assert.deepEqual(await found(t), []);
      await clock.advance(3_600_000);
      assert.deepEqual(await found(t), both);
    });

    test('in namespaces with other labels, and the same goes for accounts', async () => {
      const labelled = (name: string, tier: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { tier } } });
      const objects = [labelled('one', 'a'), labelled('two', 'b'), account('one', 'default'), account('two', 'default')];
      await using t = await rig({ namespaceSelector: 'tier=a' }, { cluster: { objects, rules } });
      await seed(t.fake, 'one', [host], 'ours', adminToken, 'target', inHours(7));
      await seed(t.fake, 'two', [host], 'theirs', adminToken, 'another', inHours(7));
      for (const name of ['one', 'two'])
        t.fake.edit('serviceaccounts', name, 'default', { imagePullSecrets: [{ name: secretName }] }, 'ecr-courier');
      const mine = ['ServiceAccount one/default released', `Secret one/${secretName} removed`];
      assert.deepEqual(linesOf(await all(t.target.prune?.('rehearsed', soon()))), mine);
      await seed(t.fake, 'two', [host], 'theirs', adminToken, 'target', inHours(7));
      assert.deepEqual(linesOf(await all(t.target.prune?.('written', soon()))), mine);
      assert.deepEqual(t.fake.get('serviceaccounts', 'two', 'default')?.['imagePullSecrets'], [{ name: secretName }]);
    });
  });

  test('a Secret that goes with its namespace is not left behind', async () => {
    await using t = await rig({}, { cluster: { namespaces, rules } });
    await seed(t.fake, 'team-a', [host], 'old', adminToken, 'target');
    t.fake.edit('namespaces', undefined, 'team-a', { metadata: { annotations: { 'ecr-courier/enabled': 'false' } } });
    assert.deepEqual(codesOf((await t.discover()).findings), ['LEFT_BEHIND']);
    await fetch(`${t.fake.url}/api/v1/namespaces/team-a`, { method: 'DELETE', headers: { authorization: `Bearer ${adminToken}` } });
    assert.deepEqual(codesOf((await t.discover()).findings), []);
  });

  test('needs no right in the cluster where the namespaces are named', async () => {
    const mine = [deleting].map(rule => ({ ...rule, namespace: 'team-a' }));
    await using t = await rig({ namespaces: ['team-a'] }, { cluster: { namespaces, rules: mine } });
    await seed(t.fake, 'team-a', [host]);
    assert.deepEqual(linesOf(await all(t.target.prune?.('written', soon()))), ['Secret team-a/ecr-courier removed']);
  });

  test('a named namespace that refuses, or is gone, keeps nobody from pruning the others', async () => {
    const mine = ['team-a', 'team-c'].map(namespace => ({ ...deleting, namespace }));
    const given = ['team-a', 'team-b', 'team-c', 'gone'];
    await using t = await rig({ namespaces: given }, { cluster: { namespaces, rules: mine } });
    for (const namespace of namespaces) await seed(t.fake, namespace, [host]);
    for (const way of ['rehearsed', 'written'] as const)
      assert.deepEqual(linesOf(await all(t.target.prune?.(way, soon()))), [
        'Secret gone/ecr-courier removed FORBIDDEN',
        'Secret team-a/ecr-courier removed',
        'Secret team-b/ecr-courier removed FORBIDDEN',
        'Secret team-c/ecr-courier removed',
      ]);
    assert.deepEqual(
      namespaces.filter(namespace => t.fake.get('secrets', namespace, secretName)),
      ['team-b'],
    );
  });

  test('says which right is missing, in the rehearsal already; what an account still names stays', async () => {
    const cluster = { namespaces: ['team-a', 'team-b'], objects: [account('team-b', 'default', secretName)] };
    const without = [secretsRule, namespacesRule, { ...accountsRule, verbs: ['list'] }];
    await using t = await rig({ serviceAccounts: ['default'] }, { cluster: { ...cluster, rules: without } });
    await seed(t.fake, 'team-a', [host]);
    await seed(t.fake, 'team-b', [host]);
    const things = await all(t.target.prune?.('rehearsed', soon()));
    assert.deepEqual(linesOf(things), ['Secret team-a/ecr-courier removed FORBIDDEN', 'ServiceAccount team-b/default released FORBIDDEN']);
    const rule = '- {apiGroups: [""], resources: ["secrets"], resourceNames: ["ecr-courier"], verbs: ["delete"]}';
    assert.ok(things[0]?.failure?.remedy.includes(rule), things[0]?.failure?.remedy);
  });

  test('does not remove a Secret that somebody has changed meanwhile', async () => {
    const meddle = { metadata: { labels: { team: 'a' } } };
    await using t = await rig(
      {},
      {
        cluster: {
          namespaces: ['team-a'],
          rules,
          fault({ method }) {
            if (method === 'DELETE') t.fake.edit('secrets', 'team-a', secretName, meddle);
            return undefined;
          },
        },
      },
    );
    await seed(t.fake, 'team-a', [host]);
    assert.deepEqual(linesOf(await all(t.target.prune?.('written', soon()))), ['Secret team-a/ecr-courier removed CONFLICT']);
    assert.ok(t.fake.get('secrets', 'team-a', secretName));
  });
});
