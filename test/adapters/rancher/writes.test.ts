import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rancher } from '../../../adapters/rancher.ts';
import { clock } from '../../../src/contract/clock.ts';
import type { Failure } from '../../../src/contract/failures.ts';
import type { Slot } from '../../../src/contract/target.ts';
import type { FakeRancher } from '../../fakes/rancher.ts';
import { jsonOf } from '../../fakes/server.ts';
import { absent, failing, given, host, other, rigOn, soon } from '../rig.ts';
import { allCodesOf, credential, one, pair, type Ref, type Rig, registry, rig, type Setup, secretOf, withKey } from './rig.ts';

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

  for (const status of [403, 405])
    test(`by ${status} stops what needs the right and nothing else`, async () => {
      await using r = await rig({ ...pair, wanted: [absent] });
      r.fake.fault = ({ method, path }) => (method === 'POST' || path.endsWith('/1c1') ? { status } : undefined);

      for (const name of [host, absent]) {
        const failure = await failing(r.deliver(name));
        assert.deepEqual([failure.code, failure.stops], ['FORBIDDEN', 'slot'], name);
      }
      assert.deepEqual(await r.deliver(other), { change: 'updated' });
    });

  test('4096 characters are stored, one more is TOO_LARGE and leaves the former', async () => {
    await using r = await rig(one);

    await r.deliver(host, 'a'.repeat(4096));
    const failure = await failing(r.deliver(host, 'b'.repeat(4097)));

    assert.equal(failure.code, 'TOO_LARGE');
    assert.match(failure.message, /MaxLengthExceeded \(secretValue\)/);
    assert.equal(secretOf(r.fake, '1c1'), 'a'.repeat(4096));
    const { slots } = await r.discover();
    assert.deepEqual(await r.rehearse(slots[0], given(host, 'a'.repeat(4096))), { change: 'updated' });
    const trial = await failing(r.rehearse(slots[0], given(host, 'b'.repeat(4097))));
    assert.deepEqual([trial.code, trial.remedy], ['TOO_LARGE', failure.remedy]);
  });

  test('the first of two credentials is gone: the second one is updated, and the first is told', async () => {
    await using r = await rig({ ...one, credentials: [credential(), credential('1sp1', '1c2')] });
    r.fake.fault = ({ method, path }) => (method === 'PUT' && path.endsWith('/1c1') ? { status: 404 } : undefined);

    const failure = await failing(r.deliver(host));

    assert.deepEqual([failure.code, failure.stops], ['NOT_FOUND', 'slot']);
    assert.match(failure.message, /1c1/);
    assert.equal(secretOf(r.fake, '1c2'), 'new-token');
  });

  test('of two that fail the one counts that may still land; after what stops the target nothing more is tried', async () => {
    await using r = await rig({ ...one, credentials: [credential(), credential('1sp1', '1c2'), credential('1sp1', '1c3')] });
    const statuses: Record<string, number> = { '1c1': 404, '1c2': 520, '1c3': 404 };
    r.fake.fault = ({ method, path }) => (method === 'PUT' ? { status: statuses[path.split('/').at(-1) ?? ''] ?? 200 } : undefined);
    const uncertain = await failing(r.deliver(host));
    statuses['1c1'] = 401;
    const before = r.fake.requests.length;
    const refused = await failing(r.deliver(host));

    assert.deepEqual([uncertain.code, uncertain.facts.mayLand], ['UNREACHABLE', true]);
    assert.equal(refused.code, 'AUTH');
    assert.equal(r.fake.requests.slice(before).filter(({ method }) => method === 'PUT').length, 1);
  });

  test('what is not quoted is not pointed to', async () => {
    await using r = await rig(one);
    r.fake.fault = ({ method }) => (method === 'PUT' ? { status: 500, json: { type: 'error', code: 'ServerError' } } : undefined);
    const coded = await failing(r.deliver(host));
    r.fake.fault = ({ method }) =>
      method === 'PUT' ? { status: 200, json: { id: '1c1', state: 'active', publicValue: 'bob' } } : undefined;
    const odd = await failing(r.deliver(host));

    for (const { code, remedy } of [coded, odd]) {
      assert.equal(code, 'UNEXPECTED');
      assert.match(remedy, /log of the Rancher server/);
    }
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

  describe('two couriers at the same moment', () => {
    const live = (fake: FakeRancher, type: string) =>
      fake.state.rows.filter(row => row.type === type && ['active', 'activating', 'registering'].includes(fake.row(row.id).state));
    const both = async (setup: Setup): Promise<FakeRancher> => {
      await using r = await rig(setup);
      await using other = await rigOn(r.fake, deps => rancher.create(withKey(r.fake.url), deps), { wanted: setup.wanted });
      const slot = await absentSlot(r);
      const receipts = await Promise.all([r, other].map(({ target }) => target.deliver(slot, given(host), soon())));
      assert.ok(receipts.every(({ id }) => id === '1sp1'));
      return r.fake;
    };

    for (let round = 1; round <= 3; round++)
      test(`one registry and one credential are left (${round})`, async () => {
        for (const setup of [{ wanted: [host] }, { registries: [registry(host)] }]) {
          const fake = await both(setup);
          assert.deepEqual([live(fake, 'registry').length, live(fake, 'registryCredential').length], [1, 1]);
          assert.equal(fake.pullsWith('1a5', host)?.values['secretValue'], 'new-token');
        }
      });

    test('a registry of a lower number is taken, and ours is taken back', async () => {
      await using r = await rig({ wanted: [host] });
      r.fake.seed({ registries: [registry('docker.io', '1sp6')] });
      const slot = await absentSlot(r);
      r.fake.made = ({ id }) => {
        if (id === '1sp7') r.fake.seed({ registries: [registry(host, '1sp5')] });
      };

      assert.deepEqual(await r.target.deliver(slot, given(host), soon()), { change: 'created', id: '1sp5' });

      assert.deepEqual(
        live(r.fake, 'registry').map(({ id }) => id),
        ['1sp6', '1sp5'],
      );
      assert.equal(r.fake.pullsWith('1a5', host)?.values['registryId'], '1sp5');
    });

    test('ours stays where the other one has put a credential into it', async () => {
      await using r = await rig({ wanted: [host] });
      r.fake.seed({ registries: [registry('docker.io', '1sp6')] });
      const slot = await absentSlot(r);
      r.fake.made = ({ id }) => {
        if (id === '1sp7') r.fake.seed({ registries: [registry(host, '1sp5')], credentials: [credential('1sp7', '1c9')] });
      };

      await r.target.deliver(slot, given(host), soon());

      assert.equal(r.fake.row('1sp7').state, 'active');
      assert.deepEqual(allCodesOf(await r.discover()), ['HOST_TWICE']);
    });

    test('a credential that Rancher does not remove is switched off at least', async () => {
      await using r = await rig({ registries: [registry(host), registry('docker.io', '1sp2')], credentials: [credential('1sp2', '1c5')] });
      r.fake.fault = ({ method }) => (method === 'DELETE' ? { status: 403 } : undefined);
      r.fake.made = ({ id }) => {
        if (id === '1c6') r.fake.seed({ credentials: [credential('1sp1', '1c4')] });
      };

      assert.deepEqual(await r.target.deliver(await absentSlot(r), given(host), soon()), { change: 'updated', id: '1sp1' });

      assert.equal(secretOf(r.fake, '1c4'), 'new-token');
      assert.match(r.fake.row('1c6').state, /^(deactivating|inactive)$/);
      assert.deepEqual(allCodesOf(await r.discover()), []);
    });
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

  test('what is stuck on its way holds up nothing else, and is given up with the state in which it is', async () => {
    let later = 0;
    const patience = { ...clock, mono: () => clock.mono() + later };
    await using r = await rig({ registries: [registry(host, '1sp1', 'registering')], wanted: [other], patience });
    const { slots } = await r.discover();
    const [stuck, made] = slots.map(slot => r.target.deliver(slot, given([host, other]), soon()));
    let ended = false;
    const failed = failing(stuck ?? assert.fail()).finally(() => (ended = true));

    assert.deepEqual(await made, { change: 'created', id: '1sp2' });
    assert.equal(ended, false, 'the other one did not wait');
    later = 10_000;
    const failure = await failed;

    assert.deepEqual([failure.code, failure.stops], ['UNEXPECTED', 'slot']);
    assert.match(failure.message, /1sp1 is still registering after 10 seconds/);
    assert.match(failure.remedy, /goes on by itself/);
    assert.deepEqual(writes(r), ['POST /v2-beta/registries', 'POST /v2-beta/registrycredentials']);
  });

  test('what somebody added while we waited is used', async () => {
    await using r = await rig({ registries: [registry(host, '1sp1', 'registering')] });
    const slot = await absentSlot(r);
    r.fake.fault = ({ path }) => {
      if (path === '/v2-beta/registries/1sp1' && r.fake.state.rows.length === 1) {
        Object.assign(r.fake.row('1sp1'), { state: 'active' });
        r.fake.seed({ credentials: [credential('1sp1', '1c5')] });
      }
      return undefined;
    };

    assert.deepEqual(await r.target.deliver(slot, given(host), soon()), { change: 'updated', id: '1sp1' });
    assert.deepEqual(writes(r), ['PUT /v2-beta/registrycredentials/1c5']);
  });

  test('one on the way out is waited for: CONFLICT', async () => {
    await using r = await rig({ registries: [registry(host, '1sp5', 'removing')], wanted: [host] });
    const failure = await failing(r.deliver(host));
    assert.equal(failure.code, 'CONFLICT');
    assert.match(failure.message, /1sp5 .*removing/);
    assert.match(failure.remedy, /^Wait until/);
  });

  test('an inactive registry holds its address: CONFLICT', async () => {
    await using r = await rig({ wanted: [host] });
    const slot = await absentSlot(r);
    r.fake.seed({ registries: [registry(host, '1sp5', 'inactive')] });
    const failure = await failing(r.target.deliver(slot, given(host), soon()));
    assert.equal(failure.code, 'CONFLICT');
    assert.match(failure.message, /1sp5 .*inactive/);
    assert.match(failure.remedy, /^Activate it/);
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
        await using r = await rig({ registries: [registry(host, '1sp1', method === 'GET' ? 'registering' : 'active')] });
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
