import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pruned } from '../../../src/contract/target.ts';
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

    assert.deepEqual(linesOf(await all(t.target.prune?.('written', soon()))), expected);
    assert.deepEqual(
      t.fake.requests.filter(isWrite).map(({ method, path }) => `${method} ${path.split('?')[0]}`),
      [
        'PATCH /api/v1/namespaces/team-a/serviceaccounts/default',
        `DELETE /api/v1/namespaces/team-a/secrets/${secretName}`,
        `DELETE /api/v1/namespaces/team-b/secrets/${secretName}`,
      ],
    );
    assert.deepEqual(t.fake.get('serviceaccounts', 'team-a', 'default')?.['imagePullSecrets'], [{ name: 'hub' }, { name: 'more' }]);
    assert.ok(t.fake.get('secrets', 'team-c', secretName), 'somebody else made it');
    assert.ok(t.fake.get('secrets', 'team-a', 'hub'), 'it has another name');
    assert.deepEqual(t.fake.get('serviceaccounts', 'team-c', 'default')?.['imagePullSecrets'], [{ name: secretName }]);
    assert.deepEqual(await all(t.target.prune?.('written', soon())), []);
  });

  test('finds the accounts that it has attached when the option is gone, where it may look', async () => {
    const cluster = { namespaces: ['team-a'], objects: [account('team-a', 'build'), account('team-a', 'theirs', secretName)], rules };
    await using t = await rig({}, { cluster });
    t.fake.edit('serviceaccounts', 'team-a', 'build', { imagePullSecrets: [{ name: secretName }] }, 'ecr-courier');
    assert.deepEqual(linesOf(await all(t.target.prune?.('written', soon()))), ['ServiceAccount team-a/build released']);
    assert.deepEqual(t.fake.get('serviceaccounts', 'team-a', 'theirs')?.['imagePullSecrets'], [{ name: secretName }]);
  });

  test('stays within the namespaces of the target, whatever their annotations say now', async () => {
    await using t = await rig({ namespaces: ['team-*', '!team-b'], optIn: true }, { cluster: { namespaces, rules } });
    for (const namespace of namespaces) await seed(t.fake, namespace, [host]);
    const lines = linesOf(await all(t.target.prune?.('written', soon())));
    assert.deepEqual(lines, ['Secret team-a/ecr-courier removed', 'Secret team-c/ecr-courier removed']);
    assert.ok(t.fake.get('secrets', 'team-b', secretName));
  });

  test('finds what it made where the patterns of today do not reach, and leaves what another target made there', async () => {
    const objects = [account('team-a', 'default', secretName), account('team-b', 'default', secretName)];
    await using t = await rig({ namespaces: ['team-c'], serviceAccounts: ['default'] }, { cluster: { namespaces, objects, rules } });
    await seed(t.fake, 'team-a', [host], 'old', adminToken, 'target');
    await seed(t.fake, 'team-b', [host], 'old', adminToken, 'another');
    await seed(t.fake, 'team-c', [host], 'old', adminToken, 'renamed since');
    const { findings } = await t.discover();
    assert.deepEqual(
      findings.map(({ code, message }) => [code, /namespace team-a, which/.test(message)]),
      [['LEFT_BEHIND', true]],
    );
    assert.deepEqual(linesOf(await all(t.target.prune?.('written', soon()))), [
      'ServiceAccount team-a/default released',
      'Secret team-a/ecr-courier removed',
      'Secret team-c/ecr-courier removed',
    ]);
    assert.deepEqual(codesOf((await t.discover()).findings), []);
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

  test('says which right is missing, in the rehearsal already; what an account still names stays', async () => {
    const cluster = { namespaces: ['team-a', 'team-b'], objects: [account('team-b', 'default', secretName)] };
    const without = [secretsRule, namespacesRule, { ...accountsRule, verbs: ['list'] }];
    await using t = await rig({ serviceAccounts: ['default'] }, { cluster: { ...cluster, rules: without } });
    await seed(t.fake, 'team-a', [host]);
    await seed(t.fake, 'team-b', [host]);
    const things = await all(t.target.prune?.('rehearsed', soon()));
    assert.deepEqual(linesOf(things), ['ServiceAccount team-b/default released FORBIDDEN', 'Secret team-a/ecr-courier removed FORBIDDEN']);
    const rule = '- {apiGroups: [""], resources: ["secrets"], resourceNames: ["ecr-courier"], verbs: ["delete"]}';
    assert.ok(things[1]?.failure?.remedy.includes(rule), things[1]?.failure?.remedy);
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
