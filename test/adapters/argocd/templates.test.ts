import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '../../fakes/clock.ts';
import { failing, given, host, linesOf, only, other, soon } from '../rig.ts';
import { charts, leastRules, made, namespace, rig, templateNames, valueOf } from './rig.ts';

const noLogin = { username: '', password: '' };
const ids = (...names: readonly string[]): string[] => names.map(name => `${namespace}/${name}`);

describe('credential templates', () => {
  test('are made for charts and for artifacts of each wanted host, in forms that Argo CD inherits from', async () => {
    await using t = await rig([], {}, { wanted: [host] });
    const { slots } = await t.discover();
    const [helm = '', oci = ''] = templateNames(host);
    assert.deepEqual(linesOf({ slots, findings: [] }), [`argocd/${helm} absent`, `argocd/${oci} absent`]);
    for (const slot of slots) assert.deepEqual(await t.deliver(slot, given(host, 'new')), { change: 'created' });
    const valuesOf = (name: string) => ['url', 'type', 'enableOCI', 'username', 'password'].map(key => valueOf(t.fake, name, key));
    assert.deepEqual(valuesOf(helm), [`${host}/`, 'helm', 'true', 'AWS', 'new']);
    assert.deepEqual(valuesOf(oci), [`oci://${host}/`, 'oci', undefined, 'AWS', 'new']);
    const { labels } = t.fake.get('secrets', namespace, helm)?.metadata ?? assert.fail();
    assert.deepEqual(labels, { 'argocd.argoproj.io/secret-type': 'repo-creds', 'app.kubernetes.io/managed-by': 'ecr-courier' });
    const found = await t.discover();
    assert.deepEqual(linesOf(found), [`argocd/${helm} present`, `argocd/${oci} present`]);
    assert.deepEqual(found.findings, []);
  });

  test('are not made beside those of somebody else for the same URL', async () => {
    const objects = [
      made('a', charts(host.toUpperCase()), {}, 'repo-creds'),
      made('b', charts(`oci://${host}/`, 'old', { type: 'oci' }), {}, 'repo-creds'),
    ];
    await using t = await rig(objects, {}, { wanted: [host] });
    assert.deepEqual(linesOf(await t.discover()), ['argocd/a present OPEN_END', 'argocd/b present']);
  });

  test('are made beside those for a part of the host, and beside repositories', async () => {
    const objects = [made('a', charts(`${host}/team`), {}, 'repo-creds'), made('b', charts(host))];
    await using t = await rig(objects, { templates: 'helm' }, { wanted: [host] });
    assert.deepEqual(
      (await t.discover()).slots.map(({ id }) => id),
      ids('a', 'b', templateNames(host)[0] ?? ''),
    );
  });

  test('will be inherited by a repository without a login, which gets none itself then', async () => {
    const objects = [
      made('below', charts(`${host}/charts`, '', noLogin)),
      made('bare', charts(host, '', noLogin)),
      made('far', charts(`${other}/a`, '', noLogin)),
    ];
    await using t = await rig(objects, { templates: 'helm' }, { wanted: [host] });
    assert.deepEqual(
      (await t.discover()).slots.map(({ id }) => id),
      ids('bare', 'far', templateNames(host)[0] ?? ''),
    );
  });

  test('that do not come leave no repository without a login', async () => {
    const clock = createVirtualClock();
    await using t = await rig([made('below', charts(`${host}/charts`, '', noLogin))], { templates: 'helm' }, { wanted: [host], clock });
    const [name = ''] = templateNames(host);
    assert.deepEqual(linesOf(await t.discover()), [`argocd/${name} absent`]);
    await clock.advance(599_000);
    assert.deepEqual(linesOf(await t.discover()), [`argocd/${name} absent`]);
    await clock.advance(1000);
    const found = await t.discover();
    assert.deepEqual(linesOf(found), ['argocd/below drifted', `argocd/${name} absent`]);
    await t.deliver(found.slots.at(-1), given(host, 'new'));
    assert.deepEqual(linesOf(await t.discover()), [`argocd/${name} present`], 'it comes late, and is inherited');
  });

  test('of a name that somebody else uses are not made', async () => {
    const [name = ''] = templateNames(host);
    const foreign = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: { key: 'a2V5' } };
    await using t = await rig([foreign], { templates: 'helm' }, { wanted: [host] });
    const failure = await failing(t.deliver(only((await t.discover()).slots), given(host)));
    assert.equal(failure.code, 'CONFLICT');
    assert.equal(valueOf(t.fake, name, 'password'), undefined);
  });
});

async function pruned(t: Awaited<ReturnType<typeof rig>>, way: 'written' | 'rehearsed') {
  const told = [];
  for await (const { what, change, failure } of t.target.prune?.(way, soon()) ?? assert.fail()) told.push([what, change, failure?.code]);
  return told;
}

describe('prune', () => {
  test('removes the templates of this target, and nothing else', async () => {
    const deletes = { apiGroups: [''], resources: ['secrets'], verbs: ['delete'], namespace };
    await using t = await rig(
      [made('charts', charts(`${other}/charts`)), made('creds', charts(`${other}/`), {}, 'repo-creds')],
      {},
      {
        wanted: [host],
        cluster: { rules: [...leastRules(host), deletes] },
      },
    );
    for (const slot of (await t.discover()).slots) await t.deliver(slot, given([host, other], 'new'));
    const [helm = '', oci = ''] = templateNames(host);
    t.fake.edit('secrets', namespace, oci, { metadata: { annotations: { 'ecr-courier/target': 'another' } } });
    assert.deepEqual(await pruned(t, 'rehearsed'), [[`Secret argocd/${helm}`, 'removed', undefined]]);
    assert.notEqual(t.fake.get('secrets', namespace, helm), undefined);
    assert.deepEqual(await pruned(t, 'written'), [[`Secret argocd/${helm}`, 'removed', undefined]]);
    assert.deepEqual(
      ['charts', 'creds', helm, oci].filter(name => t.fake.get('secrets', namespace, name)),
      ['charts', 'creds', oci],
    );
  });

  test('says what it may not remove', async () => {
    await using t = await rig([], { templates: 'helm', secrets: ['charts'] }, { wanted: [host] });
    await t.deliver(only((await t.discover()).slots), given(host));
    assert.deepEqual(await pruned(t, 'written'), [[`Secret argocd/${templateNames(host)[0]}`, 'removed', 'FORBIDDEN']]);
  });
});
