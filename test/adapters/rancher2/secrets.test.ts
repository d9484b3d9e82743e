import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plant } from '../../fakes/rancher2/state.ts';
import { codesOf, failing, given, host, linesOf, other } from '../rig.ts';
import { auths, base64, cluster, credential, isWrite, login, rig, secret, world } from './rig.ts';

describe('a Secret', () => {
  test('of a namespace keeps every byte that is not an ECR login', async () => {
    const raw = `{ "credsStore":"x","auths" : {"${host}":{"auth":"${base64('AWS:old')}","identitytoken":"t"} ,\n "caf\xe9.example" : { "auth":"eA==", "n": 1.0e2 }, "https://${other}/v2/":{}}, "auths2":{"${host}":1}}`;
    await using r = await rig(world([], [secret('team-a', 'ecr', {}, { data: { '.dockerconfigjson': base64(raw), note: 'a2VwdA==' } })]));
    const { slots } = await r.discover();
    assert.deepEqual(linesOf({ slots, findings: [] }), [`${cluster}/namespace/team-a/ecr drifted AUTHS_FORM`]);
    await r.deliver(slots[0], given([host, other]));
    const fresh = JSON.stringify(login('new-token'));
    const expected = raw
      .replace(`{"auth":"${base64('AWS:old')}","identitytoken":"t"}`, fresh)
      .replace(`"https://${other}/v2/":{}`, `"https://${other}/v2/":${fresh}`);
    const kept = r.fake.cluster(cluster).secrets.get('team-a/ecr')?.data ?? {};
    assert.equal(Buffer.from(kept['.dockerconfigjson'] ?? '', 'base64').toString('latin1'), expected);
    assert.equal(kept['note'], 'a2VwdA==');
  });

  /** Delivers to a Secret with this text; returns the stored text, and the slot's state before and after. */
  async function rewritten(text: string) {
    await using r = await rig(world([], [secret('team-a', 'ecr', {}, { data: { '.dockerconfigjson': base64(text) } })]));
    const before = await r.discover();
    await r.deliver(before.slots[0], given([host, other]));
    const again = await r.deliver(before.slots[0], given([host, other]));
    const states = [before, await r.discover()].map(({ slots }) => slots[0]?.state);
    return { text: r.fake.stored(cluster, 'team-a', 'ecr') ?? '', states, again: again.change };
  }
  const fresh = JSON.stringify(login('new-token'));

  test('keeps what is not ours in an entry as it is written', async () => {
    const theirs = `"n":31415926535897932390,"deep":{"username":"theirs", "auth":[1.0e2]},"n":0.10,"é":"\\u00e9"`;
    const kept = await rewritten(`{"auths":{"${host}":{ "auth":"eDp5" , ${theirs} ,"registryToken":"t"}}}`);
    assert.equal(kept.text, Buffer.from(`{"auths":{"${host}":{${theirs},${fresh.slice(1)}}}`, 'latin1').toString());
    assert.deepEqual([kept.states, kept.again], [['drifted', 'present'], 'unchanged']);
  });

  // The kubelet and Docker match names case-insensitively and merge duplicate maps; other readers take the last map, or
  // the one in the exact spelling.
  test('is fresh for every reader where a name is there in other letters, or twice', async () => {
    const old = JSON.stringify(login('old'));
    for (const [text, expected] of [
      [`{"AUTHS":{"${host}":${old}}}`, `{"AUTHS":{"${host}":${fresh}}}`],
      [
        `{"auths":{"${host}":${old}},"Auths":{"${other}":${old},"quay.io":{"Auth":"eDp5"}},"auths":{"${host}":{}}}`,
        `{"auths":{"${host}":${fresh}},"Auths":{"${other}":${fresh},"quay.io":{"Auth":"eDp5"}},"auths":{"${host}":${fresh}}}`,
      ],
      [
        `{"auths":{"${host}":{"Username":"AWS","PASSWORD":"old","Email":"e","password":"x"}}}`,
        `{"auths":{"${host}":{"Email":"e",${fresh.slice(1)}}}`,
      ],
      [`{"auths":{"${host}":{${fresh.slice(1, -1)},"identitytoken":"t"}}}`, `{"auths":{"${host}":${fresh}}}`],
      [`{"auths":{"${host}":null,"${host}":[1]}}`, `{"auths":{"${host}":${fresh},"${host}":${fresh}}}`],
    ] as const) {
      const { text: stored, states, again } = await rewritten(text);
      assert.deepEqual([stored, states.at(-1), again], [expected, 'present', 'unchanged']);
    }
  });

  test('is written at once when the login that a reader would take is not the one of ECR', async () => {
    const stale = { ...login('old'), auth: base64('me:old') };
    for (const entry of [stale, { ...stale, auth: 'no base64' }, { username: 'AWS', password: '' }, { auth: base64('AWS:') }, {}])
      assert.deepEqual((await rewritten(JSON.stringify({ auths: { [host]: entry } }))).states, ['drifted', 'present']);
    for (const entry of [
      login('old'),
      { auth: base64('AWS:old') },
      { username: 'AWS', password: 'old' },
      { USERNAME: 'AWS', password: 'old' },
    ])
      assert.deepEqual((await rewritten(JSON.stringify({ auths: { [host]: entry } }))).states, ['present', 'present']);
  });

  test('with a megabyte, or brackets without number, is written', async () => {
    const long = await rewritten(`{"auths":{"${host}":{}},"note":"${'\\\\x'.repeat(300_000)}"}`);
    assert.ok(long.text.startsWith(`{"auths":{"${host}":${fresh}},"note"`));
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    assert.equal(
      (await rewritten(`{"auths":{"${host}":{"deep":${deep}}}}`)).text,
      `{"auths":{"${host}":{"deep":${deep},${fresh.slice(1)}}}`,
    );
  });

  test('that holds the credential already is left alone', async () => {
    await using r = await rig(world([], [secret('team-a', 'ecr', { [host]: login('new-token') })]));
    assert.deepEqual(await r.deliver((await r.discover()).slots[0], given(host)), { change: 'unchanged' });
    assert.deepEqual(r.writes(), []);
  });

  test('that somebody else changes meanwhile is merged anew, thrice at most', async () => {
    await using r = await rig(world([], [secret('team-a', 'ecr', { [host]: login('old') })]));
    const [slot] = (await r.discover()).slots;
    let others = 2;
    r.fake.fault = request => {
      if (!isWrite(request) || others-- <= 0) return undefined;
      plant(
        r.fake.cluster(cluster),
        secret('team-a', 'ecr', { [host]: login('old'), 'index.docker.io': login(`theirs-${others}`, 'someone') }),
      );
      return undefined;
    };
    assert.deepEqual(await r.deliver(slot, given(host)), { change: 'updated' });
    const expected = { [host]: login('new-token'), 'index.docker.io': login('theirs-0', 'someone') };
    assert.deepEqual(auths(r.fake.stored(cluster, 'team-a', 'ecr')), expected);
    others = 3;
    const failure = await failing(r.deliver(slot, given(host, 'newer')));
    assert.equal(failure.code, 'CONFLICT');
    assert.match(failure.remedy, /^Somebody else changes this Secret all the time/);
    assert.equal(r.writes().length, 6);
  });

  test('of the old type is written in the form of that type, also in a namespace', async () => {
    const old = (auths: object) => ({ type: 'kubernetes.io/dockercfg', data: { '.dockercfg': base64(JSON.stringify(auths)) } });
    const theirs = { 'quay.io': login('theirs', 'someone') };
    const mine = secret('team-a', 'mine', {}, old({ [host]: login('old'), ...theirs }));
    await using r = await rig(world([], [mine, secret('team-a', 'not-mine', {}, old(theirs))]));
    const found = await r.discover();
    assert.deepEqual([linesOf(found), found.findings], [[`${cluster}/namespace/team-a/mine present`], []]);
    assert.deepEqual(await r.deliver(found.slots[0], given(host)), { change: 'updated' });
    const expected = JSON.stringify({ [host]: login('new-token'), ...theirs });
    assert.equal(r.fake.stored(cluster, 'team-a', 'mine', '.dockercfg'), expected);
    assert.deepEqual(await r.deliver(found.slots[0], given(host)), { change: 'unchanged' });
  });

  test('counts as written only when the answer is that Secret', async () => {
    await using r = await rig(world([], [secret('team-a', 'ecr', { [host]: login('old') })]));
    const [slot] = (await r.discover()).slots;
    const { metadata } = r.fake.cluster(cluster).secrets.get('team-a/ecr') ?? {};
    for (const json of [
      null,
      {},
      { kind: 'Status' },
      { metadata: { ...metadata, name: 'other' } },
      { metadata: { ...metadata, uid: 'another' } },
      { metadata: { ...metadata, resourceVersion: undefined } },
    ]) {
      r.fake.fault = ({ method }) => (method === 'PATCH' ? { status: 200, json } : undefined);
      for (const attempt of [r.deliver, r.rehearse]) {
        const failure = await failing(attempt(slot, given(host)));
        assert.deepEqual([failure.code, failure.stops], ['UNEXPECTED', 'slot'], JSON.stringify(json));
        assert.match(failure.message, /something else than Secret team-a\/ecr/);
      }
    }
    r.fake.fault = ({ method }) => (method === 'GET' ? { status: 200, json: { ...metadata } } : undefined);
    const before = r.writes().length;
    assert.equal((await failing(r.deliver(slot, given(host)))).code, 'UNEXPECTED');
    assert.equal(r.writes().length, before, 'without a version nothing is written');
  });

  test('that is immutable is a finding and no slot', async () => {
    await using r = await rig(world([], [secret('team-a', 'ecr', { [host]: login('old') }, { immutable: true })]));
    const { slots, findings } = await r.discover();
    assert.deepEqual([slots, codesOf(findings)], [[], ['SECRET_IMMUTABLE']]);
  });

  /** As many entries for ECR: each of another host, or all of one. */
  const many = (count: number, address: (at: number) => string) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [address(at), { auth: base64('AWS:x') }]));
  const ofHosts = (at: number): string => `${100_000_000_000 + at}.dkr.ecr.eu-west-1.amazonaws.com`;
  const ofPaths = (at: number): string => `${host}/${at}`;

  test('that somebody fills with thousands of entries is a finding and no slot; others are served', async () => {
    for (const address of [ofHosts, ofPaths]) {
      const full = secret('team-a', 'full', many(1_001, address));
      await using r = await rig(world([], [full, secret('team-b', 'ecr', { [host]: login('old') })]));
      const found = await r.discover();
      assert.deepEqual(linesOf({ slots: found.slots, findings: [] }), [`${cluster}/namespace/team-b/ecr present`]);
      assert.deepEqual(codesOf(found.findings), ['SECRET_OVERFULL']);
    }
    await using r = await rig(world([credential('ecr', many(1_001, ofHosts))]));
    assert.deepEqual(await r.discover().then(({ slots, findings }) => [slots, codesOf(findings)]), [[], ['SECRET_OVERFULL']]);
  });

  test('is found behind Secrets that somebody has filled, of which a page would be too large', async () => {
    const fat = (namespace: string) => (_: unknown, at: number) =>
      secret(namespace, `fat${at}`, { 'index.docker.io': { auth: 'x'.repeat(1_000_000) } });
    const small = Array.from({ length: 600 }, (_, at) => secret('team-n', `small${at}`, { 'index.docker.io': login('x', 'me') }));
    const seeds = [
      secret('team-a', 'ecr', { [host]: login('old') }),
      ...Array.from({ length: 14 }, fat('team-b')),
      ...small,
      secret('team-z', 'ecr', { [host]: login('old') }),
    ];
    await using r = await rig(world([], seeds));
    const found = await r.discover();
    assert.deepEqual(
      [found.slots.map(({ id }) => id), codesOf(found.findings)],
      [[`${cluster}/namespace/team-a/ecr`, `${cluster}/namespace/team-z/ecr`], []],
    );
    const pages = r.fake.requests.filter(({ path }) => path.startsWith(`/k8s/clusters/${cluster}/`) && path.includes('dockerconfigjson'));
    assert.ok(pages.length < 12, `${pages.length} pages`);
  });

  test('of more than can be read is a finding that says how to find them', async () => {
    await using r = await rig(world([], [secret('team-a', 'ecr', { [host]: login('old') })]));
    r.fake.fault = ({ path }) =>
      path.includes('fieldSelector') ? { status: 200, text: `{"items":[${' '.repeat(17 * 1024 * 1024)}]}` } : undefined;
    const { findings } = await r.discover();
    const [down] = findings.filter(({ code }) => code === 'CLUSTER_DOWN');
    assert.match(down?.remedy ?? '', /^Look for pull Secrets that somebody has filled/);
  });

  test('that would be larger than Kubernetes takes is TOO_LARGE, and nothing is sent', async () => {
    await using r = await rig(world([], [secret('team-a', 'ecr', many(1_000, ofPaths))]));
    const [slot] = (await r.discover()).slots;
    const long = given(host, 'p'.repeat(2_000));
    for (const attempt of [r.deliver, r.rehearse]) assert.equal((await failing(attempt(slot, long))).code, 'TOO_LARGE');
    // Somebody fills it after the look.
    await using other = await rig(world([], [secret('team-a', 'ecr', { [host]: login('old') })]));
    const [before] = (await other.discover()).slots;
    plant(other.fake.cluster(cluster), secret('team-a', 'ecr', many(1_001, ofPaths)));
    assert.equal((await failing(other.deliver(before, given(host)))).code, 'TOO_LARGE');
    assert.deepEqual(
      [...r.fake.requests, ...other.fake.requests].filter(({ method }) => method === 'PATCH'),
      [],
    );
  });

  test('of another type, without JSON or without ECR is not looked at', async () => {
    const strange = [
      secret('team-a', 'a', { 'index.docker.io': login('x', 'me') }),
      secret('team-a', 'b', {}, { data: { '.dockerconfigjson': base64('{"auths":[1]}') } }),
      secret('team-a', 'c', {}, { data: { '.dockerconfigjson': base64('no JSON') } }),
      secret('team-a', 'd', { [host]: login('x') }, { type: 'Opaque' }),
    ];
    await using r = await rig(world([], strange));
    assert.deepEqual(await r.discover().then(({ slots, findings }) => [slots, findings]), [[], []]);
  });

  test('is tried with a dry run', async () => {
    await using r = await rig(world([], [secret('team-a', 'ecr', { [host]: login('old') })]));
    const [slot] = (await r.discover()).slots;
    assert.deepEqual(await r.rehearse(slot, given(host)), { change: 'updated' });
    assert.ok(r.fake.requests.at(-1)?.path.endsWith('&dryRun=All'));
    assert.deepEqual(auths(r.fake.stored(cluster, 'team-a', 'ecr')), { [host]: login('old') });
  });
});
