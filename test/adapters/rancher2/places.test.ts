import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../../src/contract/secret.ts';
import { createVirtualClock } from '../../fakes/clock.ts';
import { adminToken, type Rancher2Options } from '../../fakes/rancher2.ts';
import { codesOf, failing, given, host } from '../rig.ts';
import {
  asMember,
  backing,
  both,
  cluster,
  credential,
  hidden,
  idsOf,
  login,
  memberRules,
  memberToken,
  type Options,
  project,
  projectSlot,
  rig,
  scoped,
  secret,
  single,
  world,
} from './rig.ts';

describe('rights', () => {
  test('of a member suffice for his project and namespaces; what he does not see is not asked for', async () => {
    const local = [
      credential('a', { [host]: login('old') }),
      credential('b', both),
      secret(backing, 'c', { [host]: login('old') }, scoped),
    ];
    const downstream = [secret('team-a', 'x', { [host]: login('old') }), secret('team-b', 'y', { [host]: login('old') })];
    await using r = await rig({ ...world(local, downstream), ...asMember, options: { token: new Secret(memberToken) } });
    const discovery = await r.discover();
    assert.deepEqual(idsOf(discovery), [`${cluster}/namespace/team-a/x`, ...['a', 'b', 'c'].map(projectSlot)]);
    assert.deepEqual(discovery.findings, []);
    for (const slot of discovery.slots) assert.equal((await r.deliver(slot, given(host))).change, 'updated');
  });

  test('that are missing are named, and known slots are kept', async () => {
    const rules = memberRules.filter(({ resources }) => !resources?.includes('secrets'));
    const users = [{ name: 'user-membr', rules }];
    await using r = await rig({ ...world(single), ...asMember, users, options: { token: new Secret(memberToken) } });
    const { slots, findings, unseen } = await r.discover();
    assert.deepEqual([slots, unseen], [[], [`${cluster}/project/p-xyz12`, `${cluster}/namespace/team-a`]]);
    assert.deepEqual(codesOf(findings), ['NOT_PERMITTED', 'NOT_PERMITTED']);
    assert.match(findings[0]?.message ?? '', /the credentials of project web/);
    assert.match(findings[1]?.message ?? '', /the Secrets in team-a of cluster production/);
  });

  test('that are missing in some namespaces keep what is known there; a namespace that is gone is gone', async () => {
    const names = ['team-a', 'team-b', 'team-c'];
    const see = { resources: ['namespaces'], verbs: ['get'], resourceNames: names };
    const list = names.map(namespace => ({ resources: ['secrets'], verbs: ['get', 'list', 'patch'], namespace }));
    const users = [{ name: 'user-membr', rules: [...memberRules, see, ...list] }];
    const downstream = names.map(name => secret(name, 'x', { [host]: login('old') }));
    await using r = await rig({ ...world([], downstream), ...asMember, users, options: { token: new Secret(memberToken) } });
    const before = await r.discover();
    assert.deepEqual([before.slots.length, before.findings, before.unseen], [3, [], []]);
    const message = 'secrets is forbidden: User "user-membr" cannot list resource "secrets"';
    r.fake.fault = ({ path }) => {
      const [, name = ''] = /namespaces\/(team-[bc])\//.exec(path) ?? [];
      const code = name === 'team-b' ? 403 : 404;
      return name ? { status: code, json: { kind: 'Status', status: 'Failure', message, code } } : undefined;
    };
    const { slots, findings, unseen } = await r.discover();
    assert.deepEqual([slots.map(({ id }) => id), unseen], [[`${cluster}/namespace/team-a/x`], [`${cluster}/namespace/team-b`]]);
    assert.deepEqual(codesOf(findings), ['NOT_PERMITTED']);
    assert.match(findings[0]?.message ?? '', /the Secrets in team-b of cluster production/);
  });

  describe('that are missing for a list stop what needs it and nothing else', () => {
    const local = [credential('a', { [host]: login('old') }), secret('team-l', 'l', { [host]: login('old') })];
    const setup = world(local, [secret('team-a', 'x', { [host]: login('old') })]);
    const lists: readonly [name: string, path: RegExp, left: readonly string[], unseen: readonly string[]][] = [
      ['clusters', /^\/v3\/clusters/, [`${cluster}/namespace/team-a/x`, projectSlot('a'), 'local/namespace/team-l/l'], []],
      [
        'projects',
        /\/v1\/management\.cattle\.io\.projects/,
        [`${cluster}/namespace/team-a/x`],
        ['local/namespace', 'local/project', `${cluster}/project`],
      ],
    ];
    for (const [name, path, left, unseen] of lists)
      test(name, async () => {
        await using r = await rig(setup);
        r.fake.fault = seen => (path.test(seen.path) ? { status: 403 } : undefined);
        const discovery = await r.discover();
        assert.deepEqual([idsOf(discovery), discovery.unseen], [left, unseen]);
        assert.deepEqual(codesOf(discovery.findings), ['NOT_PERMITTED']);
        assert.match(discovery.findings[0]?.message ?? '', new RegExp(`may not look at ${name}`));
        for (const slot of discovery.slots) assert.equal((await r.deliver(slot, given(host))).change, 'updated');
      });

    test('namespaces: the secrets of projects are looked at, and what is known elsewhere is kept', async () => {
      await using r = await rig(setup);
      const isWhole = /\/k8s\/clusters\/local\/api\/v1\/secrets\?|^\/v1\/namespaces/;
      r.fake.fault = seen => (isWhole.test(seen.path) ? { status: 403 } : undefined);
      const discovery = await r.discover();
      assert.deepEqual(idsOf(discovery), [`${cluster}/namespace/team-a/x`, projectSlot('a')]);
      assert.deepEqual([codesOf(discovery.findings), discovery.unseen], [['NOT_PERMITTED'], ['local/namespace']]);
    });

    test('both: nothing is left to look at', async () => {
      await using r = await rig(setup);
      r.fake.fault = ({ path }) => (lists.some(([, list]) => list.test(path)) ? { status: 403 } : undefined);
      assert.equal((await failing(r.discover())).code, 'FORBIDDEN');
    });
  });

  test('that are missing for the Secrets of a project keep what is known of it', async () => {
    const rules = memberRules.filter(({ namespace }) => namespace !== 'team-a');
    const users = [{ name: 'user-membr', rules: rules.filter(({ resources }) => !resources?.includes('namespaces')) }];
    const setup = world([secret(backing, 'ecr', { [host]: login('old') }, scoped)]);
    await using r = await rig({
      ...setup,
      ...asMember,
      users,
      options: { token: new Secret(memberToken), clusters: ['none', 'production'] },
    });
    assert.deepEqual(idsOf(await r.discover()), [projectSlot('ecr')]);
    r.fake.fault = ({ path }) => (path.includes(`/namespaces/${backing}/`) ? { status: 403 } : undefined);
    const { slots, unseen } = await r.discover();
    assert.deepEqual(slots, []);
    assert.ok(unseen?.includes(`${cluster}/project/p-xyz12`));
  });

  test('to patch are named when they are missing: 403 is FORBIDDEN, and one slot’s affair', async () => {
    const rules = memberRules.map(rule => (rule.namespace === 'team-a' ? { ...rule, verbs: ['get', 'list'] } : rule));
    const setup = world([], [secret('team-a', 'x', { [host]: login('old') })]);
    await using r = await rig({
      ...setup,
      ...asMember,
      users: [{ name: 'user-membr', rules }],
      options: { token: new Secret(memberToken) },
    });
    const failure = await failing(r.deliver((await r.discover()).slots[0], given(host)));
    assert.deepEqual([failure.code, failure.stops], ['FORBIDDEN', 'slot']);
    assert.match(failure.message, /cannot patch resource "secrets"/);
    assert.match(failure.remedy, /get and patch Secrets in namespace team-a/);
  });
});

describe('the token', () => {
  test('that is unknown, ended, or made for one cluster is AUTH, with the way to a new one', async () => {
    const tokens = [
      { name: 'token-ended', secret: 'x', user: 'admin', expiresAt: '2020-01-01T00:00:00Z' },
      { name: 'token-clstr', secret: 'x', user: 'admin', cluster },
    ];
    for (const token of ['token-nobody:x', 'token-ended:x', 'token-clstr:x', 'no-colon']) {
      await using r = await rig({ ...world(single), tokens, options: { token: new Secret(token) } });
      const failure = await failing(r.discover());
      assert.deepEqual([failure.code, failure.stops], ['AUTH', 'target'], token);
      assert.match(failure.message, /must authenticate/);
      assert.match(failure.remedy, /No Scope/);
    }
  });

  test('is not blamed for a refusal of what stands in front', async () => {
    for (const [status, code] of [
      [401, 'AUTH'],
      [403, 'FORBIDDEN'],
    ] as const) {
      await using r = await rig(world(single));
      r.fake.fault = () => ({ status, headers: { 'content-type': 'text/html' }, text: '<html>Sign in</html>' });
      const failure = await failing(r.discover());
      assert.equal(failure.code, code);
      assert.match(failure.message, /in front of Rancher refused/);
      assert.doesNotMatch(failure.remedy, /token/i);
    }
  });

  test('has an end, which is told with its user and the version, and asked for every ten minutes', async () => {
    const time = createVirtualClock();
    const expiresAt = new Date(time.wall() + 30 * 86_400_000).toISOString();
    const tokens = [{ name: 'token-admin', secret: adminToken.split(':')[1] ?? '', user: 'admin', expiresAt }];
    await using r = await rig({ ...world(), tokens, clock: time });
    const { about } = await r.discover();
    assert.deepEqual(about, { product: 'Rancher v2.15.0', principal: 'admin', keyExpiresAt: new Date(expiresAt) });
    await r.discover();
    assert.equal(r.fake.requests.filter(({ path }) => path === '/v3/tokens/token-admin').length, 1);
    await time.advance(600_000);
    await r.discover();
    assert.equal(r.fake.requests.filter(({ path }) => path === '/v3/tokens/token-admin').length, 2);
  });

  test('of which nobody tells the end is a finding', async () => {
    await using r = await rig(world());
    r.fake.fault = ({ path }) => (path.startsWith('/v3/tokens') ? { status: 404 } : undefined);
    assert.deepEqual(codesOf((await r.discover()).findings), [hidden]);
  });

  test('is not called endless by an answer that is about something else', async () => {
    const token = { type: 'token', id: 'token-admin', userId: 'admin' };
    const extended = { kind: 'Token', metadata: { name: 'admin' }, spec: { userID: 'admin' }, status: {} };
    const cases: readonly [json: unknown, codes: readonly string[], own?: string][] = [
      [token, []],
      [{ ...token, expiresAt: null }, []],
      [{}, [hidden]],
      [null, [hidden]],
      [{ ...token, id: 'token-other' }, [hidden]],
      [{ ...token, type: 'collection' }, [hidden]],
      [{ ...token, expiresAt: 'soon' }, [hidden]],
      [extended, [], 'ext/admin:x'],
      [{ ...extended, status: undefined }, [hidden], 'ext/admin:x'],
      [{ ...extended, metadata: null }, [hidden], 'ext/admin:x'],
      [{ ...extended, kind: 'Status' }, [hidden], 'ext/admin:x'],
    ];
    for (const [json, codes, own] of cases) {
      const tokens = [{ name: own ? 'admin' : 'token-admin', secret: 'x', user: 'admin' }];
      await using r = await rig({ ...world(), tokens, options: { token: new Secret(own ?? 'token-admin:x') } });
      r.fake.fault = ({ path }) => (path.includes('/tokens/') ? { status: 200, json } : undefined);
      assert.deepEqual(codesOf((await r.discover()).findings), codes, JSON.stringify(json));
    }
  });
});

describe('clusters', () => {
  const downstream = [secret('team-a', 'ecr', { [host]: login('old') })];
  const down = (more: object): Rancher2Options => ({
    ...world(single),
    clusters: [
      { id: 'local', secrets: single },
      { id: cluster, name: 'production', secrets: downstream, ...more },
    ],
  });

  test('that are down or not there yet are unseen; what is kept in the management cluster is served', async () => {
    for (const more of [{ down: true }, { provisioned: false }]) {
      await using r = await rig(down(more));
      const discovery = await r.discover();
      assert.deepEqual(idsOf(discovery), [projectSlot('ecr-a'), projectSlot('ecr-b')]);
      assert.deepEqual(discovery.unseen, [`${cluster}/namespace`]);
      assert.deepEqual(codesOf(discovery.findings), ['CLUSTER_DOWN']);
    }
  });

  test('that go down between look and write stop their own slots alone, in each of their shapes', async () => {
    await using r = await rig(down({}));
    const slot = (await r.discover()).slots.find(({ id }) => id.includes('/namespace/'));
    const write = () => failing(r.deliver(slot, given(host)));
    r.fake.cluster(cluster).down = true;
    const lost = await write();
    assert.deepEqual([lost.code, lost.stops], ['UNREACHABLE', 'slot']);
    Object.assign(r.fake.cluster(cluster), { down: false, provisioned: false });
    const unready = await write();
    assert.deepEqual([unready.code, unready.stops], ['UNREACHABLE', 'slot']);
    assert.match(unready.message, /cluster not provisioned/);
    r.fake.state.clusters.delete(cluster);
    const removed = await write();
    assert.deepEqual([removed.code, removed.stops], ['NOT_FOUND', 'slot']);
    assert.match(removed.message, /clusters\.management\.cattle\.io "c-m-abcd1234" not found/);
  });

  test('whose API refuses Rancher, or is busy, stop their own slots alone', async () => {
    await using r = await rig(down({}));
    const slot = (await r.discover()).slots.find(({ id }) => id.includes('/namespace/'));
    const status = (code: number, reason: string) => ({
      status: code,
      json: { kind: 'Status', status: 'Failure', reason, message: reason, code },
    });
    for (const [answer, code] of [
      [status(401, 'Unauthorized'), 'AUTH'],
      [status(429, 'TooManyRequests'), 'BUSY'],
    ] as const) {
      r.fake.fault = () => answer;
      const failure = await failing(r.deliver(slot, given(host)));
      assert.deepEqual([failure.code, failure.stops], [code, 'slot']);
    }
  });

  test('and projects and namespaces can be chosen by patterns', async () => {
    const setup = world(single, [...downstream, secret('team-b', 'ecr', { [host]: login('old') })]);
    const found = async (options: Partial<Options>): Promise<string[]> => {
      await using r = await rig({ ...setup, options });
      return idsOf(await r.discover()).map(id => id.replace(`${cluster}/`, ''));
    };
    const ofProject = ['project/p-xyz12/ecr-a', 'project/p-xyz12/ecr-b'];
    assert.deepEqual(await found({ clusters: ['prod*'], namespaces: ['*-b'] }), ['namespace/team-b/ecr', ...ofProject]);
    assert.deepEqual(await found({ projects: ['nothing'] }), ['namespace/team-a/ecr', 'namespace/team-b/ecr']);
    assert.deepEqual(await found({ clusters: ['local'] }), []);
    assert.deepEqual(await found({ projects: [project.id], namespaces: ['none'] }), ofProject);
  });
});

test('an address without a Rancher 2 is MISCONFIGURED', async () => {
  await using r = await rig(world());
  r.fake.fault = () => ({ status: 404 });
  assert.equal((await failing(r.discover())).code, 'MISCONFIGURED');
});

test('lists are read to their end, and of links only the query is used', async () => {
  const many = Array.from({ length: 1005 }, (_, index) => credential(`ecr-${index}`, { [host]: login('old') }));
  await using r = await rig({
    ...world(many),
    users: [{ name: 'user-membr', rules: memberRules }],
    tokens: asMember.tokens ?? [],
    options: { token: new Secret(memberToken) },
  });
  assert.equal((await r.discover()).slots.length, 1005);
  const pages = [...new Set(r.fake.requests.map(({ path }) => path).filter(path => path.includes('dockercredentials')))];
  assert.equal(pages.length, 2);
  assert.match(pages[1] ?? '', /\?marker=/);
});
