import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codesOf, given, host, linesOf } from '../rig.ts';
import { authsOf, rig, secretName, seed, watched } from './rig.ts';

const namespaces = ['team-a', 'team-b', 'team-c'];
const left = `team-b/${secretName} present LEFT_BEHIND`;

/** Opens a target that serves team-a alone, where it once served all. */
async function narrowed() {
  const t = await rig({ namespaceSelector: 'tier=a' }, { cluster: { namespaces } });
  t.fake.edit('namespaces', undefined, 'team-a', { metadata: { labels: { tier: 'a' } } });
  for (const namespace of ['team-a', 'team-b']) await seed(t.fake, namespace, [host]);
  return t;
}

test('a Secret that was left behind is an entry of its namespace, so that whoever has that is told, and nothing is written', async () => {
  await using t = await narrowed();
  const found = await t.discover();
  assert.deepEqual([linesOf(found), found.findings], [[`team-a/${secretName} present`, left], []]);
  const [, slot] = found.slots;
  assert.match(slot?.findings?.[0]?.message ?? '', /^Nobody renews Secret team-b\/ecr-courier any more/);
  assert.deepEqual(await t.deliver(slot, given(host, 'new')), { change: 'unchanged' });
  assert.equal(authsOf(t.fake, 'team-b')[host]?.['password'], 'old');
});

test('a namespace that wants to be left alone is told nothing: that is a matter of the operator', async () => {
  await using t = await rig({}, { cluster: { namespaces } });
  for (const namespace of ['team-a', 'team-b']) {
    await seed(t.fake, namespace, [host]);
    t.fake.edit('namespaces', undefined, namespace, { metadata: { annotations: { 'ecr-courier/enabled': 'false' } } });
  }
  const { slots, findings } = await t.discover();
  assert.deepEqual([slots.map(({ id }) => id), codesOf(findings)], [['team-c/ecr-courier'], ['LEFT_BEHIND']]);
  assert.match(findings[0]?.message ?? '', /not chosen any more: team-a, team-b\./);
});

test('it is gone with its Secret, and served again with its namespace, as soon as the watch sees that', async () => {
  await using t = await narrowed();
  await seed(t.fake, 'team-c', [host]);
  assert.equal((await t.discover()).slots.length, 3);
  await using watch = watched(t, 2);
  await watch.ready;
  t.fake.remove('secrets', 'team-c', secretName);
  assert.deepEqual(await watch.sighting(), { gone: `team-c/${secretName}` });
  t.fake.edit('namespaces', undefined, 'team-b', { metadata: { labels: { tier: 'a' } } });
  const slot = await watch.next();
  assert.deepEqual([slot.id, slot.registries.map(one => one.host), slot.findings], [`team-b/${secretName}`, [host], undefined]);
});
