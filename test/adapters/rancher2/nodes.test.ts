import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SecretSeed } from '../../fakes/rancher2/state.ts';
import type { Rancher2Options } from '../../fakes/rancher2.ts';
import { codesOf, given, host, linesOf, other } from '../rig.ts';
import { auths, base64, both, config, credential, login, rig, secret, world } from './rig.ts';

describe('registries of provisioned clusters', () => {
  const type = 'rke.cattle.io/auth-config';
  const data = { username: base64('AWS'), password: base64('old'), auth: base64('AWS:old') };
  const nodes = (configs: object, more: Partial<SecretSeed> = {}): Rancher2Options => ({
    ...world([secret('fleet-default', 'nodes', {}, { type, data, ...more })]),
    provisioned: [{ namespace: 'fleet-default', name: 'production', configs: configs as Record<string, object> }],
  });
  const one = { [host]: { authConfigSecretName: 'nodes' }, 'index.docker.io': {} };
  const asked = { options: { clusterRegistries: true } };

  test('are a finding, and never written unasked, in whatever type they are stored', async () => {
    for (const more of [{}, { type: 'kubernetes.io/dockerconfigjson', data: config({ [host]: login('old') }) }]) {
      await using r = await rig(nodes(one, more));
      const { slots, findings } = await r.discover();
      assert.deepEqual([slots, codesOf(findings)], [[], ['CLUSTER_REGISTRY']]);
      assert.match(findings[0]?.message ?? '', /restarts rke2 or k3s on every node/);
    }
  });

  test('are written when asked for: user name, password and both joined', async () => {
    await using r = await rig({ ...nodes(one), ...asked });
    const { slots, findings } = await r.discover();
    assert.deepEqual([linesOf({ slots, findings }), findings], [['local/namespace/fleet-default/nodes present CLUSTER_REGISTRY'], []]);
    assert.deepEqual(await r.deliver(slots[0], given(host)), { change: 'updated' });
    const stored = (key: string) => r.fake.stored('local', 'fleet-default', 'nodes', key);
    assert.deepEqual(['username', 'password', 'auth'].map(stored), ['AWS', 'new-token', 'AWS:new-token']);
    assert.deepEqual(await r.deliver(slots[0], given(host)), { change: 'unchanged' });
  });

  test('are written as docker configuration, too, which has a password for each registry', async () => {
    const more = { type: 'kubernetes.io/dockerconfigjson', data: config(both) };
    const two = { ...one, [other]: { authConfigSecretName: 'nodes' } };
    await using r = await rig({ ...nodes(two, more), ...asked });
    const [slot] = (await r.discover()).slots;
    assert.deepEqual(
      slot?.registries.map(registry => registry.host),
      [host, other],
    );
    await r.deliver(slot, given(host));
    assert.deepEqual(auths(r.fake.stored('local', 'fleet-default', 'nodes')), { ...both, [host]: login('new-token') });
  });

  test('are written at once when they are not an ECR login', async () => {
    const asConfig = (entry: object): Partial<SecretSeed> => ({ type: 'kubernetes.io/dockerconfigjson', data: config({ [host]: entry }) });
    const stateOf = async (more: Partial<SecretSeed>): Promise<string | undefined> => {
      await using r = await rig({ ...nodes(one, more), ...asked });
      const [slot] = (await r.discover()).slots;
      await r.deliver(slot, given(host));
      assert.equal((await r.discover()).slots[0]?.state, 'present');
      return slot?.state;
    };
    const edited = { ...data, username: base64('me') };
    assert.equal(await stateOf({ data: edited }), 'drifted');
    assert.equal(await stateOf({ data: edited, type: 'kubernetes.io/basic-auth' }), 'drifted');
    assert.equal(await stateOf({ data: { ...data, auth: base64('me:old') } }), 'drifted');
    assert.equal(await stateOf({ data: { username: base64('AWS') } }), 'drifted');
    assert.equal(await stateOf(asConfig(login('old', 'me'))), 'drifted');
    assert.equal(await stateOf(asConfig(login('old'))), 'present');
  });

  test('whose Secret is missing, cannot be read or is immutable are a finding and no slot', async () => {
    const missing = { ...nodes({ [host]: { authConfigSecretName: 'nothing' } }), ...asked };
    const told = async (setup: typeof missing, fault: boolean) => {
      await using r = await rig(setup);
      r.fake.fault = ({ path }) => (fault && path.endsWith('/secrets/nodes') ? { status: 403 } : undefined);
      const { slots, findings, unseen } = await r.discover();
      assert.deepEqual(slots, []);
      return [...codesOf(findings), ...(unseen ?? [])];
    };
    assert.deepEqual(await told(missing, false), ['CLUSTER_REGISTRY']);
    assert.deepEqual(await told({ ...nodes(one), ...asked }, true), [
      'NOT_PERMITTED',
      'CLUSTER_REGISTRY',
      'local/namespace/fleet-default/nodes',
    ]);
    assert.deepEqual(await told({ ...nodes(one, { immutable: true }), ...asked }, false), ['SECRET_IMMUTABLE']);
  });

  test('are not read unasked', async () => {
    await using r = await rig(nodes(one));
    await r.discover();
    assert.ok(!r.asked().some(line => line.endsWith('/secrets/nodes')));
  });

  test('of which several share one password are left alone', async () => {
    const shared = { [host]: { authConfigSecretName: 'nodes' }, [other]: { authConfigSecretName: 'nodes' } };
    await using r = await rig({ ...nodes(shared), ...asked });
    const { slots, findings } = await r.discover();
    assert.deepEqual([slots, codesOf(findings)], [[], ['CLUSTER_REGISTRY']]);
  });
});

describe('other Secrets of the management cluster', () => {
  const plain = secret('cattle-system', 'ecr', { [host]: login('old') });
  const labelled = { labels: { 'rke.cattle.io/cluster-name': 'production' } };
  const annotated = { annotations: { 'rke.cattle.io/object-authorized-for-clusters': 'production' } };
  const setting = { settings: { 'system-default-registry-pull-secrets': 'first, ecr' } };
  const marked = (more: Partial<SecretSeed>): Rancher2Options => world([secret('fleet-default', 'marked', { [host]: login('old') }, more)]);

  test('are written like any others when nodes do not log in with them', async () => {
    await using r = await rig(world([plain]));
    assert.deepEqual(linesOf(await r.discover()), ['local/namespace/cattle-system/ecr present']);
  });

  test('that bear the mark of logins of nodes, or that a setting names for the system, are written only when asked for', async () => {
    for (const [setup, why] of [
      [marked(labelled), /bears the mark/],
      [marked(annotated), /bears the mark/],
      [{ ...world([plain]), ...setting }, /system-default-registry-pull-secrets names it/],
    ] as const) {
      await using unasked = await rig(setup);
      const { slots, findings } = await unasked.discover();
      assert.deepEqual([slots, codesOf(findings)], [[], ['CLUSTER_REGISTRY']]);
      assert.match(findings[0]?.message ?? '', why);
      await using r = await rig({ ...setup, options: { clusterRegistries: true } });
      const written = await r.discover();
      assert.match(linesOf(written).join(), /^[^,]+ present CLUSTER_REGISTRY$/);
      assert.deepEqual([written.findings, await r.deliver(written.slots[0], given(host))], [[], { change: 'updated' }]);
    }
  });

  test('with the name of one that the setting names, in another place, are nothing special', async () => {
    const elsewhere = secret('team-x', 'ecr', { [host]: login('old') });
    await using r = await rig({ ...world([elsewhere], [secret('cattle-system', 'ecr', { [host]: login('old') })]), ...setting });
    const { slots, findings } = await r.discover();
    assert.deepEqual([slots.length, findings], [2, []]);
  });

  test('a credential of a project that bears the mark is written only when asked for, too', async () => {
    await using r = await rig(world([credential('ecr', { [host]: login('old') }, { labels: labelled.labels })]));
    const { slots, findings } = await r.discover();
    assert.deepEqual([slots, codesOf(findings)], [[], ['CLUSTER_REGISTRY']]);
  });

  test('are left alone, and known ones kept, while it cannot be seen with what nodes log in', async () => {
    const everything = { verbs: ['*'], resources: ['*'], apiGroups: [''] };
    const ofRancher = (...resources: string[]) => ({
      verbs: ['*'],
      resources,
      apiGroups: ['management.cattle.io', 'provisioning.cattle.io'],
    });
    for (const rules of [
      [everything, { ...ofRancher('*'), apiGroups: ['management.cattle.io'] }],
      [everything, ofRancher('clusters', 'projects')],
    ]) {
      await using r = await rig({ ...world([plain]), users: [{ name: 'admin', rules }] });
      const { slots, findings, unseen } = await r.discover();
      assert.deepEqual([slots, codesOf(findings), unseen], [[], ['NOT_PERMITTED'], ['local/namespace/cattle-system/ecr']]);
      assert.match(findings[0]?.message ?? '', /left alone: cattle-system\/ecr/);
    }
    await using failed = await rig({ ...world([plain]) });
    failed.fake.fault = ({ path }) => (path.startsWith('/v3/settings/system') ? { status: 500 } : undefined);
    const { slots, findings, unseen } = await failed.discover();
    assert.deepEqual([slots, codesOf(findings)], [[], ['CLUSTER_DOWN']]);
    assert.ok(unseen?.includes('local/namespace'));
  });
});
