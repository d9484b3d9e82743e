import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Slot } from '../../../src/contract/adapter.ts';
import type { Failure } from '../../../src/contract/failures.ts';
import type { FakeRancher } from '../../fakes/rancher.ts';
import { jsonOf } from '../../fakes/server.ts';
import { absent, failing, given, host, other, soon } from '../rig.ts';
import { credential, one, type Ref, type Rig, registry, rig, secretOf, withKey } from './rig.ts';

test('a PUT holds user name and password and nothing more', async () => {
  await using r = await rig(one);

  await r.deliver(host);

  const put = r.fake.requests.at(-1);
  assert.deepEqual(put && jsonOf(put), { publicValue: 'AWS', secretValue: 'new-token' });
});

describe('a write that is answered', () => {
  const cases: readonly [name: string, happens: (fake: FakeRancher) => void, code: Failure['code']][] = [
    ['to a credential that was removed meanwhile', fake => Object.assign(fake.row('1c1'), { state: 'removed', removed: 1 }), 'NOT_FOUND'],
    ['to one that was switched off meanwhile', fake => Object.assign(fake.row('1c1'), { state: 'inactive' }), 'NOT_FOUND'],
    ['by a lock', fake => void (fake.fault = ({ method }) => (method === 'PUT' ? { status: 409 } : undefined)), 'BUSY'],
    [
      'without a body',
      fake => void (fake.fault = ({ method }) => (method === 'PUT' ? { status: 200, json: null } : undefined)),
      'NOT_FOUND',
    ],
  ];
  for (const [name, happens, code] of cases)
    test(`${name}: ${code}`, async () => {
      await using r = await rig(one);
      const { slots } = await r.discover();
      happens(r.fake);
      const [slot] = slots as readonly [Slot<Ref>];
      const failure = await failing(r.target.deliver(slot, given(host), soon()));
      assert.deepEqual([failure.code, failure.stops], [code, 'slot']);
    });

  test('4096 characters are stored, one more is TOO_LARGE and leaves the former', async () => {
    await using r = await rig(one);

    await r.deliver(host, 'a'.repeat(4096));
    const failure = await failing(r.deliver(host, 'b'.repeat(4097)));

    assert.equal(failure.code, 'TOO_LARGE');
    assert.match(failure.message, /MaxLengthExceeded \(secretValue\)/);
    assert.equal(secretOf(r.fake, '1c1'), 'a'.repeat(4096));
  });

  test('the id stays, so services that keep it pull on', async () => {
    await using r = await rig(one);
    await r.deliver(host);
    assert.equal(r.fake.pullsWith('1a5', host)?.id, '1c1');
    assert.equal(r.fake.state.rows.length, 2);
  });
});

describe('creating', () => {
  const writes = (r: Rig): string[] => r.asked().filter(line => !line.startsWith('GET'));
  const absentSlot = async (r: Rig): Promise<Slot<Ref>> =>
    (await r.discover()).slots.find(({ state }) => state === 'absent') ?? assert.fail();

  for (const version of ['v1', 'v2-beta'])
    test(`registry, wait, credential (${version})`, async () => {
      await using r = await rig({ wanted: [host], options: url => withKey(`${url}/${version}`) });

      const receipt = await r.deliver(host);

      assert.deepEqual(receipt, { change: 'created', id: '1sp1' });
      assert.equal(r.fake.pullsWith('1a5', host)?.values['secretValue'], 'new-token');
      assert.deepEqual(writes(r), [`POST /${version}/registries`, `POST /${version}/registrycredentials`]);
      assert.doesNotMatch(JSON.stringify([receipt, r.logged]), /new-token/);
    });

  test('a half-made registry is completed', async () => {
    await using r = await rig({ registries: [registry(host)] });
    assert.deepEqual(await r.deliver(host), { change: 'created', id: '1sp1' });
    assert.deepEqual(writes(r), ['POST /v2-beta/registrycredentials']);
  });

  test('of two for one host the one is completed that lacks a credential', async () => {
    await using r = await rig({ registries: [registry(host), registry(host, '1sp2')], credentials: [credential()] });
    assert.deepEqual(await r.target.deliver(await absentSlot(r), given(host), soon()), { change: 'created', id: '1sp2' });
    assert.deepEqual(writes(r), ['POST /v2-beta/registrycredentials']);
  });

  test('a half-made registry that was removed meanwhile is NOT_FOUND', async () => {
    await using r = await rig({ registries: [registry(host)] });
    const slot = await absentSlot(r);
    Object.assign(r.fake.row('1sp1'), { state: 'removed', removed: 1 });
    assert.equal((await failing(r.target.deliver(slot, given(host), soon()))).code, 'NOT_FOUND');
    assert.deepEqual(writes(r), []);
  });

  test('beside a form that never serves the bare host is created', async () => {
    await using r = await rig({ registries: [registry(`https://${host}`)], credentials: [credential()], wanted: [host] });
    const receipt = await r.target.deliver(await absentSlot(r), given(host), soon());
    assert.deepEqual(receipt, { change: 'created', id: '1sp2' });
    assert.equal(r.fake.pullsWith('1a5', host)?.values['secretValue'], 'new-token');
  });

  test('somebody was faster: theirs is used', async () => {
    await using r = await rig({ wanted: [host] });
    const slot = await absentSlot(r);
    r.fake.seed({ registries: [registry(host, '1sp5')], credentials: [credential('1sp5', '1c5')] });

    const receipt = await r.target.deliver(slot, given(host), soon());

    assert.deepEqual(receipt, { change: 'updated', id: '1sp5' });
    assert.deepEqual(writes(r), ['PUT /v2-beta/registrycredentials/1c5']);
  });

  test('several at a time make one of each, one after the other', async () => {
    await using r = await rig({ wanted: [host, other, absent] });
    const { slots } = await r.discover();
    const twice = [...slots, ...slots];

    await Promise.all(twice.map(slot => r.target.deliver(slot, given(slot.registries[0]?.host ?? ''), soon())));

    assert.equal(r.fake.state.rows.length, 6);
    assert.equal(writes(r).filter(line => line.startsWith('POST')).length, 6);
  });

  test('one that waits for its turn ends with its own deadline', async () => {
    await using r = await rig({ wanted: [host, other] });
    const { slots } = await r.discover();
    const [first, second] = slots as readonly [Slot<Ref>, Slot<Ref>];
    r.fake.fault = ({ method }) => (method === 'POST' ? 'hang' : undefined);
    const patience = new AbortController();
    const hanging = failing(r.target.deliver(first, given(host, 'new-token'), patience.signal));

    const failure = await failing(r.target.deliver(second, given(other, 'new-token'), AbortSignal.timeout(200)));

    assert.equal(failure.code, 'TIMEOUT');
    patience.abort();
    await hanging;
  });

  test('an inactive registry holds its address: CONFLICT', async () => {
    await using r = await rig({ wanted: [host] });
    const slot = await absentSlot(r);
    r.fake.seed({ registries: [registry(host, '1sp5', 'inactive')] });
    const failure = await failing(r.target.deliver(slot, given(host), soon()));
    assert.equal(failure.code, 'CONFLICT');
    assert.match(failure.message, /1sp5 .*inactive/);
  });

  test('a credential that somebody switched off is not replaced', async () => {
    await using r = await rig({ registries: [registry(host)] });
    const slot = await absentSlot(r);
    r.fake.seed({ credentials: [credential('1sp1', '1c5', 'inactive')] });
    assert.equal((await failing(r.target.deliver(slot, given(host), soon()))).code, 'CONFLICT');
  });

  test('an answer without a sound id or state is UNEXPECTED, and becomes no part of a path', async () => {
    const bodies = [
      null,
      7,
      {},
      { id: '1c1/../../projects/1a5', state: 'active' },
      { id: 7, state: 'active' },
      { id: '1c1', state: { a: 1 } },
    ];
    for (const json of bodies)
      for (const [method, status, path] of [
        ['POST', 201, '/v2-beta/registrycredentials'],
        ['GET', 200, '/v2-beta/registries/1sp1'],
      ] as const) {
        await using r = await rig({ registries: [registry(host)] });
        r.fake.fault = seen => (seen.method === method && seen.path === path ? { status, json } : undefined);
        assert.equal((await failing(r.deliver(host))).code, 'UNEXPECTED', `${method} ${JSON.stringify(json)}`);
        assert.ok(r.asked().every(line => !line.includes('..')));
      }
  });

  test('what Rancher cannot finish is a failure with its reason', async () => {
    await using r = await rig({ wanted: [host] });
    r.fake.made = row => void (row.trouble = 'no host');
    const failure = await failing(r.deliver(host));
    assert.equal(failure.code, 'UNEXPECTED');
    assert.match(failure.message, /1sp1: no host/);
  });
});
