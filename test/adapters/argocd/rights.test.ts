import assert from 'node:assert/strict';
import { test } from 'node:test';
import { courierToken } from '../../fakes/kubernetes.ts';
import { codesOf, failing, given, host, linesOf, only } from '../rig.ts';
import { charts, leastRules, made, namespace, rig, templateNames, valueOf } from './rig.ts';

const rule = (verbs: readonly string[], resourceNames?: readonly string[]) => ({
  apiGroups: [''],
  resources: ['secrets'],
  verbs,
  namespace,
  ...(resourceNames && { resourceNames }),
});
const objects = [made('a', charts(host)), made('b', charts(host))];

test('without the right to list, the failure has all rules that are missing', async () => {
  await using t = await rig(objects, {}, { wanted: [host], cluster: { rules: [] } });
  const { code, remedy } = await failing(t.discover());
  assert.equal(code, 'FORBIDDEN');
  assert.ok(remedy.includes('- {apiGroups: [""], resources: ["secrets"], verbs: ["list", "patch"]}'), remedy);
  const names = templateNames(host).map(name => JSON.stringify(name));
  assert.ok(
    remedy.includes(`- {apiGroups: [""], resources: ["secrets"], resourceNames: [${names.join(', ')}], verbs: ["create"]}`),
    remedy,
  );
  assert.ok(remedy.includes('a Role in the namespace argocd'), remedy);
});

test('a missing right to write is told before the first write, which then fails', async () => {
  await using t = await rig(objects, {}, { cluster: { rules: [rule(['list'])] } });
  const { slots, findings } = await t.discover();
  assert.deepEqual(codesOf(findings), ['RIGHT_MISSING']);
  assert.match(findings[0]?.message ?? '', /may not patch secrets in the namespace argocd/);
  assert.equal((await failing(t.rehearse(slots[0], given(host)))).code, 'FORBIDDEN');
  assert.equal((await failing(t.deliver(slots[0], given(host)))).code, 'FORBIDDEN');
  const user = t.fake.tokens.get(courierToken) ?? assert.fail();
  user.rules = [...user.rules, ...leastRules()];
  assert.deepEqual((await t.discover()).findings, []);
});

test('without `create`, the right to make templates is not asked for, and nobody waits for one', async () => {
  const below = made('below', charts(`${host}/charts`, '', { username: '', password: '' }));
  await using t = await rig([below], {}, { wanted: [host], creates: 'nothing', cluster: { rules: leastRules() } });
  const { slots, findings } = await t.discover();
  assert.deepEqual(codesOf(findings), []);
  assert.deepEqual(
    linesOf({ slots, findings }),
    ['below drifted', ...templateNames(host).map(name => `${name} absent`)].map(line => `argocd/${line}`),
  );
});

test('with `secrets`, rights for these names are enough, and no other Secret is read', async () => {
  const rules = [rule(['list', 'patch'], ['a', ...templateNames(host)]), rule(['create'], templateNames(host))];
  await using t = await rig(objects, { secrets: ['a'] }, { wanted: [host], cluster: { rules } });
  const { slots, findings } = await t.discover();
  assert.deepEqual(findings, []);
  assert.deepEqual(
    slots.map(({ id }) => id),
    ['a', ...templateNames(host)].map(name => `argocd/${name}`),
  );
  for (const slot of slots) await t.deliver(slot, given(host, 'new'));
  assert.deepEqual([valueOf(t.fake, 'a', 'password'), valueOf(t.fake, 'b', 'password')], ['new', 'old']);
  assert.deepEqual(
    linesOf(await t.discover()),
    ['a', ...templateNames(host)].map(name => `argocd/${name} present`),
  );
  assert.ok(
    t.asked().every(line => !line.startsWith('GET') || line.includes('metadata.name')),
    t.asked().join('\n'),
  );
});

test('another namespace can be the one of Argo CD', async () => {
  const rules = [{ ...rule(['list', 'patch']), namespace: 'gitops' }];
  const object = made('a', charts(host), {
    metadata: { name: 'a', namespace: 'gitops', labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
  });
  await using t = await rig([object, ...objects], { namespace: 'gitops' }, { cluster: { namespaces: ['argocd', 'gitops'], rules } });
  assert.equal(only((await t.discover()).slots).id, 'gitops/a');
});
