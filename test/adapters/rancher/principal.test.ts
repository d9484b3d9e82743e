import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asFailure } from '../../../src/contract/failures.ts';
import { Secret } from '../../../src/contract/secret.ts';
import { codesOf, failing, given, host } from '../rig.ts';
import { allCodesOf, environmentKey, type Options, one, rig, type Setup, secretOf, withKey, withoutKey } from './rig.ts';

describe('who the courier is there', () => {
  const user = { id: '1a7', name: 'bob', kind: 'user', state: 'active' };
  const userKey = { ...environmentKey, account: '1a7', accountKind: 'user' };
  const environment = (id: string, role?: string) => ({
    id,
    name: `env-${id}`,
    kind: 'project',
    state: 'active',
    ...(role && { members: [{ account: '1a7', role }] }),
  });
  const account = (...environments: ReturnType<typeof environment>[]): Setup => ({
    ...one,
    accounts: [user],
    keys: [userKey],
    environments,
  });
  const inside = (url: string): Options => withKey(`${url}/v2-beta/projects/1a5`);

  test('an injected agent key acts as the environment', async () => {
    await using r = await rig({ ...one, keys: [{ ...environmentKey, accountKind: 'environment' }], options: url => withKey(`${url}/v1`) });

    await r.deliver(host);

    assert.equal(secretOf(r.fake, '1c1'), 'new-token');
    assert.equal((await r.discover()).about?.principal, 'environment 1a5');
  });

  test('a key that reads passwords shows none of them', async () => {
    await using r = await rig({ ...one, keys: [{ ...environmentKey, accountKind: 'projectadmin' }] });

    const discovery = await r.discover();

    assert.doesNotMatch(JSON.stringify([discovery, r.logged]), /"old"/);
  });

  test('an account’s key works with the environment in the address', async () => {
    await using r = await rig({ ...account(environment('1a5', 'restricted')), options: inside });

    await r.deliver(host);

    assert.equal(secretOf(r.fake, '1c1'), 'new-token');
  });

  test('without it the one environment is taken that the account sees', async () => {
    await using r = await rig(account(environment('1a5', 'member'), environment('1a6')));

    await r.deliver(host);

    assert.equal(secretOf(r.fake, '1c1'), 'new-token');
    assert.match(r.asked().at(-1) ?? '', /^PUT \/v2-beta\/projects\/1a5\//);
  });

  test('of several or none the address must say which', async () => {
    await using several = await rig(account(environment('1a5', 'member'), environment('1a6', 'owner')));
    await using none = await rig(account(environment('1a5')));

    const failure = await failing(several.discover());
    assert.equal(failure.code, 'MISCONFIGURED');
    assert.match(failure.message, /1a5 \(env-1a5\), 1a6 \(env-1a6\)/);
    assert.match(failure.remedy, /\/v2-beta\/projects\/1a5/);
    assert.match((await failing(none.discover())).message, /It sees none/);
  });

  test('a key that may only read is told before the first write, and by it', async () => {
    await using r = await rig({ ...account(environment('1a5', 'readonly')), options: inside });

    assert.deepEqual(allCodesOf(await r.discover()), ['READ_ONLY']);
    const failure = await failing(r.deliver(host));
    assert.deepEqual([failure.code, failure.stops], ['FORBIDDEN', 'target']);
    assert.match(failure.remedy, /may only read/);
    const trial = await failing(r.rehearse((await r.discover()).slots[0], given(host)));
    assert.deepEqual([trial.code, trial.remedy], ['FORBIDDEN', failure.remedy]);
  });

  test('a key that may only read is enough where there is nothing to write', async () => {
    const half = { ...account(environment('1a5', 'readonly')), credentials: [], options: inside };
    for (const [creates, codes] of [
      ['nothing', []],
      [undefined, ['READ_ONLY']],
    ] as const) {
      await using r = await rig({ ...half, creates });
      assert.deepEqual(allCodesOf(await r.discover()), codes);
    }
  });

  test('a trial asks what the key may do, also where there is no registry that could tell; without an answer nothing is promised', async () => {
    for (const [role, result] of [
      ['readonly', 'FORBIDDEN'],
      ['member', 'created'],
    ] as const) {
      await using r = await rig({ ...account(environment('1a5', role)), registries: [], credentials: [], wanted: [host], options: inside });
      const [slot] = (await r.discover()).slots;
      const trial = await r.rehearse(slot, given(host)).catch(asFailure);
      assert.equal('change' in trial ? trial.change : trial.code, result, role);
      assert.equal(r.fake.state.rows.length, 0);
      for (const reply of [{ status: 404 }, { status: 200, text: '<html>' }, { status: 200, json: { type: 'schema' } }]) {
        r.fake.fault = ({ path }) => (path.includes('/schemas/') ? reply : undefined);
        const { change, findings } = await r.rehearse(slot, given(host));
        assert.deepEqual([change, codesOf(findings)], ['untried', ['METHODS_HIDDEN']]);
      }
    }
  });

  test('an environment of others, an unknown and an inactive one are FORBIDDEN', async () => {
    for (const id of ['1a6', '1a99', 'nonsense']) {
      await using r = await rig({
        environments: [environment('1a5'), environment('1a6')],
        options: url => withKey(`${url}/v2-beta/projects/${id}`),
      });
      const failure = await failing(r.discover());
      assert.deepEqual([failure.code, failure.stops], ['FORBIDDEN', 'target'], id);
    }
  });

  test('a wrong key, a revoked one and none at all are AUTH', async () => {
    for (const setup of [{ keys: [] }, { keys: [{ ...environmentKey, state: 'inactive' }] }, { options: withoutKey }]) {
      await using r = await rig(setup);
      assert.equal((await failing(r.discover())).code, 'AUTH');
    }
  });

  test('where no key is given, that is what is said', async () => {
    await using r = await rig({ options: withoutKey });
    const { message, remedy } = await failing(r.discover());
    assert.match(message, /wants a key, and none is given/);
    assert.match(remedy, /^Give accessKey and secretKey/);
    await using wrong = await rig({ keys: [] });
    assert.match((await failing(wrong.discover())).remedy, /^The key is wrong/);
  });

  test('the own key of a deactivated environment is AUTH, and may be right', async () => {
    await using r = await rig({ environments: [{ ...environment('1a5'), state: 'inactive' }] });
    const { code, remedy } = await failing(r.discover());
    assert.equal(code, 'AUTH');
    assert.match(remedy, /environment that is deactivated\. Activate that/);
  });

  test('a refusal that is not Rancher’s own names what stands in front, and blames no key', async () => {
    const headers = { 'content-type': 'text/html' };
    for (const options of [withKey, withoutKey])
      for (const [status, code] of [
        [401, 'AUTH'],
        [403, 'FORBIDDEN'],
        [405, 'FORBIDDEN'],
      ] as const) {
        await using r = await rig({ ...one, options });
        r.fake.fault = () => ({ status, headers, text: '<html><title>Sign in</title></html>' });
        const failure = await failing(r.discover());
        assert.deepEqual([failure.code, failure.stops], [code, 'target']);
        assert.match(failure.message, /in front of Rancher refused/);
        assert.doesNotMatch(failure.remedy, /key/i);
      }
  });

  describe('with access control off', () => {
    const open = { ...one, accessControl: false, keys: [] };
    const two = [environment('1a5'), environment('1a6')];

    test('no key is needed', async () => {
      await using r = await rig({ ...open, options: withoutKey });
      await r.deliver(host);
      assert.equal(secretOf(r.fake, '1c1'), 'new-token');
      assert.deepEqual(allCodesOf(await r.discover()), []);
    });

    test('of several environments the address names one', async () => {
      await using r = await rig({ ...open, environments: two, options: withoutKey });
      assert.match((await failing(r.discover())).message, /1a5 .*1a6/);
      await using named = await rig({ ...open, environments: two, options: url => withoutKey(`${url}/v1/projects/1a5`) });
      await named.deliver(host);
      assert.equal(secretOf(named.fake, '1c1'), 'new-token');
    });

    test('a wrong key, which makes the administrator of us, is noticed', async () => {
      await using r = await rig(open);
      const failure = await failing(r.discover());
      assert.equal(failure.code, 'AUTH');
      assert.match(failure.message, /does not know this key/);
      assert.ok(r.fake.requests.every(({ method }) => method === 'GET'));
    });

    test('with the environment in the address it is a finding', async () => {
      await using r = await rig({ ...open, options: inside });
      await r.deliver(host);
      assert.deepEqual(allCodesOf(await r.discover()), ['KEY_NOT_CHECKED']);
    });

    for (const answer of ['reset', { status: 401 }, { status: 200, text: '<html>Log in' }] as const)
      test(`where nobody may come without a key, that is not a failure: ${JSON.stringify(answer)}`, async () => {
        await using r = await rig({ ...open, options: inside });
        r.fake.fault = ({ headers }) => (headers.authorization === undefined ? answer : undefined);
        assert.deepEqual(allCodesOf(await r.discover()), []);
      });

    test('a right key is told nothing', async () => {
      await using r = await rig({ ...open, keys: [environmentKey] });
      assert.deepEqual(allCodesOf(await r.discover()), []);
    });
  });

  test('one key without the other cannot work', async () => {
    const halves = [
      { accessKey: 'ENVKEY', secretKey: undefined },
      { accessKey: undefined, secretKey: new Secret('env-secret-1234') },
    ];
    for (const half of halves) {
      const failure = await failing(rig({ options: url => ({ url, ...half }) }));
      assert.equal(failure.code, 'MISCONFIGURED');
      assert.match(
        failure.message,
        half.accessKey
          ? /secretKey \(CATTLE_SECRET_KEY_FILE or CATTLE_SECRET_KEY\) is not given/
          : /accessKey \(CATTLE_ACCESS_KEY_FILE or CATTLE_ACCESS_KEY\) is not given/,
      );
    }
  });
});
