import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../../src/contract/secret.ts';
import type { FakeRancher } from '../../fakes/rancher.ts';
import { failing, host, hostOf, other } from '../rig.ts';
import { allCodesOf, credential, one, pair, registry, rig, secretOf, stateOf } from './rig.ts';

describe('what registries and credentials come to', () => {
  const table: readonly {
    readonly name: string;
    readonly registries: ReturnType<typeof registry>[];
    readonly credentials?: ReturnType<typeof credential>[];
    readonly slots: readonly string[];
    readonly findings: readonly string[];
    readonly wanted?: readonly string[];
  }[] = [
    { name: 'nothing', registries: [], slots: [], findings: [] },
    { name: 'no ECR', registries: [registry('docker.io'), registry(`${host}.evil.test`, '1sp2')], slots: [], findings: [] },
    { name: 'public', registries: [registry('public.ecr.aws')], credentials: [credential()], slots: ['1sp1 present'], findings: [] },
    {
      name: 'upper case serves',
      registries: [registry(host.toUpperCase())],
      credentials: [credential()],
      slots: ['1sp1 present'],
      findings: [],
    },
    ...[`https://${host}`, `${host}:443`, `${host}/`, `${host}/team/app`, ` ${host} `, `${host}.`].map(form => ({
      name: `"${form}" never serves`,
      registries: [registry(form)],
      credentials: [credential()],
      slots: ['1sp1 present', `new:${host} absent`],
      findings: ['ADDRESS_NEVER_USED'],
      wanted: [host],
    })),
    {
      name: 'no credential in a form that never serves',
      registries: [registry(`https://${host}`)],
      slots: [],
      findings: ['ADDRESS_NEVER_USED'],
    },
    { name: 'half made', registries: [registry(host)], slots: ['1sp1 absent'], findings: [], wanted: [host] },
    {
      name: 'the only credential was removed',
      registries: [registry(host)],
      credentials: [credential('1sp1', '1c1', 'removed')],
      slots: ['1sp1 absent'],
      findings: [],
    },
    {
      name: 'on the way to active',
      registries: [registry(host, '1sp1', 'activating')],
      credentials: [credential('1sp1', '1c1', 'registering')],
      slots: ['1sp1 present'],
      findings: [],
    },
    {
      name: 'on the way out',
      registries: [registry(host, '1sp1', 'removing'), registry(other, '1sp2')],
      credentials: [credential(), credential('1sp2', '1c2', 'deactivating')],
      slots: [],
      findings: ['INACTIVE'],
    },
    {
      name: 'an inactive credential',
      registries: [registry(host)],
      credentials: [credential('1sp1', '1c1', 'inactive')],
      slots: [],
      findings: ['INACTIVE'],
    },
    {
      name: 'an inactive one beside an active one',
      registries: [registry(host)],
      credentials: [credential('1sp1', '1c1', 'inactive'), credential('1sp1', '1c2')],
      slots: ['1sp1 present'],
      findings: [],
    },
    {
      name: 'an inactive registry, whose address is taken',
      registries: [registry(host, '1sp1', 'inactive')],
      credentials: [credential()],
      slots: [],
      findings: ['INACTIVE'],
      wanted: [host],
    },
    {
      name: 'a removed registry, whose orphan is still active',
      registries: [registry(host, '1sp1', 'removed')],
      credentials: [credential()],
      slots: [`new:${host} absent`],
      findings: [],
      wanted: [host],
    },
    {
      name: 'the same host twice',
      registries: [registry(host), registry(host.toUpperCase(), '1sp2')],
      credentials: [credential(), credential('1sp2', '1c2')],
      slots: ['1sp1 present', '1sp2 present'],
      findings: ['HOST_TWICE'],
    },
    {
      name: 'several credentials',
      registries: [registry(host)],
      credentials: [credential(), credential('1sp1', '1c2')],
      slots: ['1sp1 present'],
      findings: ['SEVERAL_CREDENTIALS'],
    },
  ];
  for (const { name, registries, credentials = [], slots, findings, wanted = [] } of table)
    test(name, async () => {
      await using r = await rig({ registries, credentials, wanted });

      const discovery = await r.discover();

      assert.deepEqual(stateOf(discovery), slots);
      assert.deepEqual(allCodesOf(discovery), findings);
    });

  test('of a half-made registry it is said what is missing', async () => {
    await using r = await rig({ registries: [registry(host)], wanted: [host, other] });
    assert.deepEqual(
      (await r.discover()).slots.map(({ id, lacks }) => [id, lacks]),
      [
        ['1sp1', 'a credential'],
        [`new:${other}`, undefined],
      ],
    );
  });

  test('another user name is drift, and put right', async () => {
    await using r = await rig({ ...one, credentials: [{ ...credential(), publicValue: 'bob' }] });
    assert.deepEqual(stateOf(await r.discover()), ['1sp1 drifted']);
    await r.deliver(host);
    assert.deepEqual(stateOf(await r.discover()), ['1sp1 present']);
  });

  test('all active credentials are updated, the one with the lowest number first', async () => {
    const credentials = [credential('1sp1', '1c10'), credential('1sp1', '1c9'), credential('1sp1', '1c11', 'inactive')];
    await using r = await rig({ ...one, credentials });

    await r.deliver(host);

    assert.deepEqual(
      r.asked().filter(line => line.startsWith('PUT')),
      ['PUT /v2-beta/registrycredentials/1c9', 'PUT /v2-beta/registrycredentials/1c10'],
    );
    assert.deepEqual(
      ['1c9', '1c10', '1c11'].map(id => secretOf(r.fake, id)),
      ['new-token', 'new-token', 'old'],
    );
  });

  test('a registry that Rancher could not finish is told, without what its message quotes', async () => {
    await using r = await rig(one);
    const token = new Secret('a-password-of-many-characters');
    r.fake.row('1sp1').trouble = `timeout, ${token.reveal()}`;

    const discovery = await r.discover();

    assert.deepEqual(allCodesOf(discovery), ['STUCK']);
    assert.doesNotMatch(JSON.stringify(discovery), /of-many-characters/);
  });

  test('every page is read, whatever origin its link names, and each thing comes once', async () => {
    const registries = Array.from({ length: 7 }, (_, at) => registry(hostOf(111111111110 + at), `1sp${at + 1}`));
    const credentials = registries.map(({ id }, at) => credential(id, `1c${at + 1}`));
    await using r = await rig({ registries, credentials });
    r.fake.fault = ({ path, headers }) => {
      const smaller = path.replace('limit=1000', 'limit=2');
      return smaller === path ? undefined : forwarded(r.fake, smaller, headers.authorization);
    };

    const { slots } = await r.discover();

    assert.equal(slots.length, 7);
    assert.equal(r.asked().filter(line => line.includes('marker=')).length, 6, 'twice, as two readings must agree');
  });

  test('a removal between two pages loses no registry', async () => {
    const registries = Array.from({ length: 7 }, (_, at) => registry(hostOf(111111111110 + at), `1sp${at + 1}`));
    await using r = await rig({ registries, credentials: registries.map(({ id }, at) => credential(id, `1c${at + 1}`)) });
    r.fake.fault = ({ path, headers }) => {
      const smaller = path.replace('limit=1000', 'limit=3');
      if (path.includes('marker=m3')) Object.assign(r.fake.row('1sp2'), { state: 'removed', removed: 1 });
      return smaller === path ? undefined : forwarded(r.fake, smaller, headers.authorization);
    };

    const { slots } = await r.discover();

    assert.deepEqual(
      slots.map(({ id }) => id),
      ['1sp1', '1sp3', '1sp4', '1sp5', '1sp6', '1sp7'],
    );
  });

  test('credentials of one registry that come on several pages are put together; none come with one that has none', async () => {
    await using r = await rig({
      registries: [registry(host), registry('docker.io', '1sp2'), registry(other, '1sp3')],
      credentials: [credential(), credential('1sp1', '1c2'), credential('1sp1', '1c3', 'removed'), credential('1sp3', '1c4')],
    });
    r.fake.fault = ({ path, headers }) =>
      path.includes('limit=1000') ? forwarded(r.fake, path.replace('limit=1000', 'limit=1'), headers.authorization) : undefined;

    const { slots } = await r.discover();

    assert.deepEqual(
      slots.map(({ id, ref }) => [id, ref.credentials]),
      [
        ['1sp1', ['1c1', '1c2']],
        ['1sp3', ['1c4']],
      ],
    );
    assert.ok(
      r.asked().every(line => line.startsWith('GET /v2-beta/registries')),
      'a registry without any needs no second list',
    );
  });

  test('rows that are none of Rancher’s make no difference', async () => {
    await using r = await rig(one);
    const odd: unknown[] = [null, 7, { id: 7 }, { id: '../1sp9', serverAddress: host }, { id: '1sp8', serverAddress: 7 }, { id: '1sp9' }];
    odd.push({ id: '1sp7', serverAddress: host, state: { toString: 1 } });
    const row = { id: '1sp1', state: 'active', name: { toString: 1 }, serverAddress: host, actions: 'none', transitioning: 'error' };
    const credentials = [null, { id: '1c1', state: 'active', publicValue: 'AWS' }, { id: '1c1/../2', state: 'active' }];
    r.fake.fault = () => ({ status: 200, json: { data: [...odd, { ...row, credentials, transitioningMessage: 7 }] } });

    const { slots } = await r.discover();

    assert.deepEqual(
      slots.map(({ id, ref }) => [id, ref.credentials]),
      [['1sp1', ['1c1']]],
    );
  });

  test('pages that do not end are given up', async () => {
    await using r = await rig(one);
    r.fake.fault = () => ({ status: 200, json: { data: [], pagination: { next: 'http://elsewhere.test/v2-beta/registries?marker=m1' } } });
    assert.equal((await failing(r.discover())).code, 'UNEXPECTED');
  });

  test('where the list brings no credentials they are listed once, for all', async () => {
    await using r = await rig({ ...pair });
    r.fake.fault = ({ path, headers }) =>
      path.includes('include=') ? forwarded(r.fake, path.replace('&include=credentials', ''), headers.authorization) : undefined;

    assert.deepEqual(stateOf(await r.discover()), ['1sp1 present', '1sp3 present']);
    assert.equal(r.asked().filter(line => line.startsWith('GET /v2-beta/registrycredentials')).length, 1);
  });
});

/** Returns the fake's response to another path, as if the request came through a proxy. */
function forwarded(fake: FakeRancher, path: string, authorization: string | undefined) {
  return fake.answerTo({
    method: 'GET',
    path,
    headers: { host: 'rancher.internal', 'x-forwarded-proto': 'http', ...(authorization && { authorization }) },
    body: Buffer.alloc(0),
  });
}
