import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plant } from '../../fakes/rancher2/state.ts';
import { jsonOf } from '../../fakes/server.ts';
import { absent, codesOf, failing, given, host, linesOf } from '../rig.ts';
import {
  auths,
  backing,
  base64,
  both,
  cluster,
  copy,
  credential,
  idsOf,
  login,
  project,
  projectSlot,
  rig,
  scoped,
  secret,
  world,
} from './rig.ts';

describe('a dockerCredential', () => {
  test('of one registry is written through Norman, in one PUT that keeps what else the entry holds', async () => {
    const text = JSON.stringify({ auths: { [host]: { ...login('old'), email: 'team@exämple.com' } } });
    const data = { '.dockerconfigjson': Buffer.from(text).toString('base64') };
    await using r = await rig(world([credential('ecr', {}, { data })]));
    const receipt = await r.deliver((await r.discover()).slots[0], given(host));
    const [put, ...more] = r.writes();
    assert.deepEqual([receipt, more], [{ change: 'updated' }, []]);
    assert.deepEqual([put?.method, put?.path], ['PUT', `/v3/project/${project.id}/dockercredentials/${backing}:ecr`]);
    assert.deepEqual(put && jsonOf(put), { registries: { [host]: { username: 'AWS', password: 'new-token', email: 'team@exämple.com' } } });
    assert.deepEqual(auths(r.fake.stored('local', backing, 'ecr')), { [host]: { ...login('new-token'), email: 'team@exämple.com' } });
  });

  test('of several is written in its Secret: a PUT of Norman would erase the passwords of the others', async () => {
    await using r = await rig(world([credential('ecr', both)]));
    await r.deliver((await r.discover()).slots[0], given(host));
    assert.deepEqual(
      r.writes().map(({ method, path }) => `${method} ${path}`),
      [`PATCH /k8s/clusters/local/api/v1/namespaces/${backing}/secrets/ecr?fieldManager=ecr-courier`],
    );
    assert.deepEqual(auths(r.fake.stored('local', backing, 'ecr')), { ...both, [host]: login('new-token') });
  });

  test('with something else beside its one registry is written in its Secret: Norman would drop it', async () => {
    const config = { auths: { [host]: login('old') }, credHelpers: { 'gcr.io': 'gcloud' }, HttpHeaders: { 'X-Team': 'shop' } };
    const data = { '.dockerconfigjson': base64(JSON.stringify(config)) };
    await using r = await rig(world([credential('ecr', {}, { data })]));
    await r.deliver((await r.discover()).slots[0], given(host));
    const stored = JSON.parse(r.fake.stored('local', backing, 'ecr') ?? '') as typeof config;
    assert.deepEqual(stored, { ...config, auths: { [host]: login('new-token') } });
  });

  test('with members in its entry that Norman does not know is written in its Secret: Norman would drop them', async () => {
    await using r = await rig(world([credential('ecr', { [host]: { ...login('old'), team: 'shop' } })]));
    await r.deliver((await r.discover()).slots[0], given(host));
    assert.deepEqual(auths(r.fake.stored('local', backing, 'ecr')), { [host]: { ...login('new-token'), team: 'shop' } });
  });

  test('that holds the token already is not written', async () => {
    await using r = await rig(world([credential('ecr', { [host]: login('new-token') })]));
    assert.deepEqual(await r.deliver((await r.discover()).slots[0], given(host)), { change: 'unchanged' });
    assert.deepEqual(r.writes(), []);
  });

  test('whose Secret the token does not see is read and written through Norman alone', async () => {
    await using r = await rig(world([credential('one', { [host]: login('old') }), credential('two', { [host]: login('old') })]));
    r.fake.fault = ({ method, path }) => (method === 'GET' && path.includes('/local/api/v1/') ? { status: 403 } : undefined);
    const { slots } = await r.discover();
    assert.deepEqual(await r.deliver(slots[0], given(host)), { change: 'updated' });
    const asked = r.fake.requests.slice(-2).map(({ method, path }) => `${method} ${path}`);
    const path = `/v3/project/${project.id}/dockercredentials/${backing}:one`;
    assert.deepEqual(asked, [`GET ${path}`, `PUT ${path}`]);
    r.fake.fault = undefined;
    plant(r.fake.cluster(), credential('two', both));
    await r.deliver(slots[1], given(host));
    assert.deepEqual(auths(r.fake.stored('local', backing, 'two')), { ...both, [host]: login('new-token') });
  });

  test('whose Secret the token may not read any more is written through Norman', async () => {
    await using r = await rig(world([credential('one', { [host]: login('old') })]));
    const { slots } = await r.discover();
    r.fake.fault = ({ method, path }) => (method === 'GET' && path.endsWith('/secrets/one') ? { status: 403 } : undefined);
    assert.deepEqual(await r.deliver(slots[0], given(host)), { change: 'updated' });
    assert.deepEqual(auths(r.fake.stored('local', backing, 'one')), { [host]: login('new-token') });
  });

  test('that got more since the last look, a registry or something beside it, is written in its Secret, too', async () => {
    const helped = { auths: { [host]: login('old') }, credHelpers: { 'gcr.io': 'gcloud' } };
    await using r = await rig(world([credential('a', { [host]: login('old') }), credential('b', { [host]: login('old') })]));
    const { slots } = await r.discover();
    plant(r.fake.cluster(), credential('a', both));
    plant(r.fake.cluster(), credential('b', {}, { data: { '.dockerconfigjson': base64(JSON.stringify(helped)) } }));
    for (const slot of slots) await r.deliver(slot, given(host));
    assert.deepEqual(auths(r.fake.stored('local', backing, 'a')), { ...both, [host]: login('new-token') });
    assert.deepEqual(JSON.parse(r.fake.stored('local', backing, 'b') ?? ''), { ...helped, auths: { [host]: login('new-token') } });
  });

  test('of the old type, which Norman cannot change, is written in its Secret', async () => {
    const old = { [host]: login('old'), 'index.docker.io': login('theirs', 'someone') };
    const data = { '.dockercfg': base64(JSON.stringify({ [host]: login('old') })) };
    const several = { '.dockercfg': base64(JSON.stringify(old)) };
    const type = 'kubernetes.io/dockercfg';
    await using r = await rig(world([credential('one', {}, { type, data }), credential('two', {}, { type, data: several })]));
    const { slots } = await r.discover();
    assert.deepEqual(slots.map(({ id }) => id).sort(), [projectSlot('one'), projectSlot('two')]);
    for (const slot of slots) assert.deepEqual(await r.deliver(slot, given(host)), { change: 'updated' });
    assert.equal(r.fake.stored('local', backing, 'one', '.dockercfg'), JSON.stringify({ [host]: login('new-token') }));
    assert.equal(r.fake.stored('local', backing, 'two', '.dockercfg'), JSON.stringify({ ...old, [host]: login('new-token') }));
  });

  test('of the old type whose Secret is not in the lists is written in its Secret when Norman refuses', async () => {
    const old = { type: 'kubernetes.io/dockercfg', data: { '.dockercfg': base64(JSON.stringify({ [host]: login('old') })) } };
    await using r = await rig(world([credential('one', {}, old)]));
    r.fake.fault = ({ path }) => (/\/secrets\?/.test(path) ? { status: 403 } : undefined);
    assert.deepEqual(await r.deliver((await r.discover()).slots[0], given(host)), { change: 'updated' });
    assert.deepEqual(
      r.writes().map(({ method }) => method),
      ['PUT', 'PATCH'],
    );
    assert.equal(r.fake.stored('local', backing, 'one', '.dockercfg'), JSON.stringify({ [host]: login('new-token') }));
  });

  test('that Norman does not get written, as somebody else is always faster, is CONFLICT with that remedy', async () => {
    await using r = await rig(world([credential('ecr', { [host]: login('old') })]));
    const [slot] = (await r.discover()).slots;
    const json = { type: 'error', status: 409, code: 'Conflict', message: 'the object has been modified' };
    r.fake.fault = ({ method }) => (method === 'PUT' ? { status: 409, json } : undefined);
    const failure = await failing(r.deliver(slot, given(host)));
    assert.equal(failure.code, 'CONFLICT');
    assert.match(failure.remedy, /^Somebody else changes this Secret all the time/);
  });

  test('that went to another project, or holds another registry by now, is NOT_FOUND', async () => {
    await using r = await rig(world([credential('a', { [host]: login('old') }), credential('b', { [host]: login('old') })]));
    const { slots } = await r.discover();
    plant(r.fake.cluster(), credential('a', { [host]: login('old') }, { annotations: {} }));
    plant(r.fake.cluster(), credential('b', { 'index.docker.io': login('theirs', 'someone') }));
    for (const slot of slots) assert.equal((await failing(r.deliver(slot, given(host)))).code, 'NOT_FOUND');
    assert.deepEqual(r.writes(), []);
  });

  test('without a user name is written at once', async () => {
    await using r = await rig(world([credential('ecr', { [host]: { username: 'AWS' } }), credential('own', { [host]: login('x', 'me') })]));
    assert.deepEqual(linesOf(await r.discover()), [`${projectSlot('ecr')} drifted`, `${projectSlot('own')} drifted`]);
  });
});

describe('secrets of projects', () => {
  test('are written at their source, and their copies never', async () => {
    const copies = ['team-a', 'team-b'].map(namespace => secret(namespace, 'ecr', { [host]: login('old') }, copy));
    await using r = await rig(world([secret(backing, 'ecr', { [host]: login('old') }, scoped)], copies));
    const { slots, findings } = await r.discover();
    assert.deepEqual([idsOf({ slots, findings }), findings], [[projectSlot('ecr')], []]);
    await r.deliver(slots[0], given(host));
    assert.deepEqual(auths(r.fake.stored('local', backing, 'ecr')), { [host]: login('new-token') });
    assert.deepEqual(auths(r.fake.stored(cluster, 'team-a', 'ecr')), { [host]: login('old') });
  });

  test('whose source is not seen are a finding', async () => {
    await using r = await rig(world([], [secret('team-a', 'ecr', { [host]: login('old') }, copy)]));
    const { slots, findings } = await r.discover();
    assert.deepEqual([slots, codesOf(findings)], [[], ['COPY_ALONE']]);
  });

  test('of projects that nobody asked for are not finding', async () => {
    const copied = secret('team-a', 'ecr', { [host]: login('old') }, copy);
    await using r = await rig({ ...world([], [copied]), options: { projects: ['other'] } });
    assert.deepEqual(await r.discover().then(({ slots, findings }) => [slots, findings]), [[], []]);
  });

  test('that Rancher manages for its own agents are left alone', async () => {
    const managed = { labels: { 'management.cattle.io/rancher-managed-pull-secret': 'true' } };
    await using r = await rig(world([], [secret('team-a', 'x', { [host]: login('old') }, managed)]));
    assert.deepEqual((await r.discover()).slots, []);
  });
});

describe('creating', () => {
  const creating = { options: { project: project.id }, wanted: [absent] };

  test('goes through the path of the project, with the label by which Rancher copies it', async () => {
    await using r = await rig({ ...world(), ...creating });
    const [slot] = (await r.discover()).slots;
    assert.equal(slot?.state, 'absent');
    const receipt = await r.deliver(slot, given(absent));
    assert.deepEqual([receipt.change, receipt.id, codesOf(receipt.findings)], ['created', slot.id, ['NOT_ATTACHED']]);
    const name = slot.id.split('/').at(-1) ?? '';
    const made = r.fake.cluster().secrets.get(`${backing}/${name}`)?.metadata;
    assert.equal(made?.labels?.['management.cattle.io/project-scoped-secret'], 'p-xyz12');
    assert.equal(made?.annotations?.['field.cattle.io/projectId'], project.id);
  });

  test('under a name that something else has is CONFLICT', async () => {
    await using r = await rig({ ...world(), ...creating });
    const [slot] = (await r.discover()).slots;
    plant(r.fake.cluster(), secret(backing, slot?.id.split('/').at(-1) ?? '', {}, { type: 'Opaque' }));
    const failure = await failing(r.deliver(slot, given(absent)));
    assert.equal(failure.code, 'CONFLICT');
    assert.match(failure.remedy, /^Rename or remove that secret/);
  });

  test('without a project, or in one that the token does not see, is a finding', async () => {
    for (const project of [undefined, 'c-m-abcd1234:p-nope']) {
      await using r = await rig({ ...world(), options: { project }, wanted: [absent] });
      const { slots, findings } = await r.discover();
      assert.deepEqual([slots, codesOf(findings)], [[], ['NO_PLACE']]);
    }
  });

  test('is no matter of a target that creates nothing: it asks for no project', async () => {
    await using r = await rig({ ...world(), creates: 'nothing', wanted: [absent] });
    const found = await r.discover();
    assert.deepEqual([linesOf(found), found.findings], [[`new:${absent} absent`], []]);
  });

  test('looks at the project alone: what another place holds does not serve it', async () => {
    await using r = await rig({ ...world([], [secret('team-a', 'ecr', { [absent]: login('old') })]), ...creating });
    assert.deepEqual(
      linesOf(await r.discover()).map(line => line.split(' ').at(-1)),
      ['present', 'absent'],
    );
  });
});
