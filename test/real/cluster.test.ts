import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realServer } from '../adapters/rig.ts';
import { chart, objectsIn, only, rulesFor } from '../deploy/chart.ts';
import { type Rule, type Stage, stageOn } from './cluster.ts';
import { hostOf } from './daemon.ts';
import { rendered } from './helm.ts';
import { part } from './needs.ts';

const [host, second] = [hostOf('111111111111'), hostOf('222222222222')];
const real = realServer('TEST_KUBERNETES_URL', 'TEST_KUBERNETES_TOKEN_FILE');
const core = '/api/v1/namespaces';

/**
 * The settings that need the least and the most rights. In the mode without cluster rights neither reads namespaces.
 */
const settings = { least: {}, most: { replace: true, serviceAccounts: ['default'], onlyWithImages: true, events: true } } as const;
const cases = (['cluster', 'namespaces'] as const).flatMap(mode => (['least', 'most'] as const).map(need => ({ mode, need })));

/** Returns one line for each verb of each resource, because servers merge rules. */
const linesOf = (rules: readonly Rule[]): string[] =>
  rules
    .flatMap(({ apiGroups, resources, resourceNames = ['*'], verbs }) =>
      resources.flatMap(resource => resourceNames.flatMap(name => verbs.map(verb => `${verb} ${apiGroups.join()}/${resource} ${name}`))),
    )
    .sort();

if (!real)
  test('the chart in a cluster', { skip: 'NOT SHOWN HERE: needs TEST_KUBERNETES_URL and TEST_KUBERNETES_TOKEN_FILE' }, () => undefined);
else
  part('the chart in a cluster', { programs: ['helm'] }, () => {
    for (const { mode, need } of cases)
      test(`is installed, and serves with its rights and no others: ${mode}, ${need}`, async () => {
        await using stage = await stageOn(real.TEST_KUBERNETES_URL, real.TEST_KUBERNETES_TOKEN_FILE);
        const { prefix, home, ask, until, isServed } = stage;
        const [shop, billing, other] = [`${prefix}-shop`, `${prefix}-billing`, `${prefix.replace('chart', 'other')}-ops`];
        for (const name of [shop, billing, other]) await stage.make(name);
        for (const name of [shop, billing]) await podIn(stage, name);
        const target = {
          ...settings[need],
          registries: [host],
          namespaces: mode === 'cluster' ? [`${prefix}-*`, `!${home}`] : [shop, billing],
          excludeNamespaces: null,
        };
        const values = { fullnameOverride: prefix, rbac: { mode, readNamespaces: false }, target };
        await taken(stage, values);
        stage.helm(['install', prefix, chart], values);

        const rules = linesOf(rulesFor(target, mode === 'cluster' ? 'cluster' : 'namespace'));
        assert.deepEqual(linesOf(await stage.rulesOf(prefix, shop)), rules);
        assert.deepEqual(linesOf(await stage.rulesOf(prefix, other)), mode === 'cluster' ? rules : []);

        const check = await stage.start(prefix, 'check');
        assert.equal(await check.ended, 0, check.output());
        assert.doesNotMatch(check.output(), /may not/);
        const daemon = await stage.start(prefix);
        for (const name of [shop, billing]) await until(() => isServed(name, host), `the Secret in ${name}`);
        if (need === 'most') await until(() => namesSecret(stage, shop), 'the ServiceAccount');
        await ask('DELETE', `${core}/${shop}/secrets/ecr-courier`);
        await until(() => isServed(shop, host), 'the Secret that was deleted');
        if (mode === 'cluster') {
          await stage.make(`${prefix}-new`);
          if (need === 'most') await podIn(stage, `${prefix}-new`);
          await until(() => isServed(`${prefix}-new`, host), 'the Secret in a new namespace');
        }
        const page = await fetch(`http://${daemon.doors}/api/status`).then(answer => answer.text());
        assert.doesNotMatch(page, /RIGHT_MISSING|NOT_WATCHED|FORBIDDEN|NAMESPACE_REFUSED/);
        assert.equal(await stage.statusOf('GET', `${core}/${other}/secrets/ecr-courier`), 404);
        assert.equal(await daemon.end(), 0);

        if (need === 'least') return;
        const shown = await stage.start(prefix, 'prune', '--dry-run');
        assert.equal(await shown.ended, 0, shown.output());
        assert.match(shown.output(), /would be removed/);
        assert.ok(await isServed(shop, host), 'a dry run removes nothing');
        const prune = await stage.start(prefix, 'prune', '--yes');
        assert.equal(await prune.ended, 0, prune.output());
        assert.equal(await stage.statusOf('GET', `${core}/${shop}/secrets/ecr-courier`), 404);
        assert.equal(await namesSecret(stage, shop), false);
      });

    test('is upgraded, in another mode and with two replicas as well, and takes away what it brought', async () => {
      await using stage = await stageOn(real.TEST_KUBERNETES_URL, real.TEST_KUBERNETES_TOKEN_FILE);
      const { prefix, home, ask } = stage;
      const [shop, billing] = [`${prefix}-shop`, `${prefix}-billing`];
      for (const name of [shop, billing]) await stage.make(name);
      const values = (mode: string, namespaces: readonly string[], registries = [host], more: object = {}) => ({
        ...more,
        fullnameOverride: prefix,
        rbac: { mode },
        target: { registries, namespaces, excludeNamespaces: null },
      });
      const of = (group: string, namespace: string) => `/apis/${group}/v1/namespaces/${namespace}`;
      const rbac = 'rbac.authorization.k8s.io';
      const deployed = () => ask<Deployed>('GET', `${of('apps', home)}/deployments/${prefix}`);
      const role = (namespace: string) => stage.statusOf('GET', `${of(rbac, namespace)}/roles/${home}:${prefix}`);
      const clusterRole = () => stage.statusOf('GET', `/apis/${rbac}/v1/clusterroles/${home}:${prefix}`);

      stage.helm(['install', prefix, chart], values('namespaces', [shop, billing]));
      const first = await deployed();
      assert.deepEqual([await role(shop), await role(billing), await clusterRole()], [200, 200, 404]);
      stage.helm(['upgrade', prefix, chart], values('namespaces', [shop], [host, second]));
      const next = await deployed();
      assert.notEqual(sumOf(next), sumOf(first), 'another configuration starts another pod');
      assert.deepEqual([await role(shop), await role(billing), await clusterRole()], [200, 404, 404]);
      stage.helm(['upgrade', prefix, chart], values('cluster', [`${prefix}-*`], [host], { replicas: 2 }));
      const { spec } = await deployed();
      assert.deepEqual([spec.replicas, spec.strategy.type], [2, 'RollingUpdate']);
      assert.deepEqual([await role(shop), await clusterRole()], [404, 200]);
      stage.helm(['upgrade', prefix, chart], values('cluster', [`${prefix}-*`]));
      assert.deepEqual([(await deployed()).spec.replicas, (await deployed()).spec.strategy.type], [1, 'Recreate']);
      const notes = stage.helm(['get', 'notes', prefix]);
      assert.ok(notes.includes(`kubectl -n ${home} exec deployment/${prefix} -- ecr-courier check`), notes);
      stage.helm(['uninstall', prefix]);
      assert.equal(await clusterRole(), 404);
      for (const path of [
        `${of('apps', home)}/deployments/${prefix}`,
        `${core}/${home}/configmaps/${prefix}`,
        `${core}/${home}/services/${prefix}`,
        `${core}/${home}/serviceaccounts/${prefix}`,
        `/apis/${rbac}/v1/clusterrolebindings/${home}:${prefix}`,
      ])
        assert.equal(await stage.statusOf('GET', path), 404, path);
    });
  });

interface Deployed {
  readonly spec: {
    readonly replicas: number;
    readonly strategy: { readonly type: string };
    readonly template: { readonly metadata: { readonly annotations: Readonly<Record<string, string>> } };
  };
}
const sumOf = ({ spec }: Deployed): string | undefined => spec.template.metadata.annotations['checksum/config'];

/** Asserts that the server accepts every object unchanged, and the pod in a restricted namespace. */
async function taken({ ask, home, prefix }: Stage, values: object): Promise<void> {
  const objects = objectsIn(rendered(values)).map(object => ({ ...object, metadata: { ...object.metadata } }));
  for (const object of objects) {
    const group = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : '/api/v1';
    const isOfCluster = object.kind.startsWith('Cluster');
    const namespace = object.metadata.namespace === 'ecr-courier' ? home : object.metadata.namespace;
    const moved = { ...object, metadata: { ...object.metadata, ...(namespace !== undefined && { namespace }) } };
    const path = `${group}${isOfCluster ? '' : `/namespaces/${namespace}`}/${object.kind.toLowerCase()}s`;
    await ask('POST', `${path}?dryRun=All&fieldValidation=Strict`, moved);
  }
  const { template } = (only(objects, 'Deployment') as unknown as { spec: { template: { metadata: object; spec: object } } }).spec;
  // The chart's ServiceAccount does not exist yet.
  const spec = { ...template.spec, serviceAccountName: 'default' };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name: prefix, namespace: home }, spec };
  await ask('POST', `${core}/${home}/pods?dryRun=All&fieldValidation=Strict`, pod);
}

/** Creates a pod that would pull from ECR, but is never scheduled. */
async function podIn({ ask }: Stage, namespace: string): Promise<void> {
  const spec = { schedulerName: 'nobody', containers: [{ name: 'app', image: `${host}/team/app:1` }] };
  await ask('POST', `${core}/${namespace}/pods`, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app', namespace }, spec });
}

async function namesSecret({ ask }: Stage, namespace: string): Promise<boolean> {
  const { imagePullSecrets } = await ask<{ imagePullSecrets?: { name: string }[] }>('GET', `${core}/${namespace}/serviceaccounts/default`);
  return imagePullSecrets?.some(({ name }) => name === 'ecr-courier') ?? false;
}
