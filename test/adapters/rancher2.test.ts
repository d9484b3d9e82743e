import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, test } from 'node:test';
import { rancher2 } from '../../adapters/rancher2.ts';
import type { Discovery, Slot } from '../../src/contract/adapter.ts';
import { Secret } from '../../src/contract/secret.ts';
import { openHttp } from '../../src/io/http.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { plant, type Rule, type SecretSeed } from '../fakes/rancher2/state.ts';
import { adminToken, type FakeRancher2, type Rancher2Options, startFakeRancher2 } from '../fakes/rancher2.ts';
import { jsonOf, type Seen } from '../fakes/server.ts';
import { type Stage, testAdapter } from './contract.ts';
import { absent, codesOf, failing, given, host, hostOf, linesOf, other, rigOn } from './rig.ts';

type Options = Parameters<typeof rancher2.create>[0];
const cluster = 'c-m-abcd1234';
const project = { id: `${cluster}:p-xyz12`, name: 'web', backingNamespace: `${cluster}-p-xyz12` };
const { backingNamespace: backing } = project;
const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
const login = (password: string, username = 'AWS') => ({ username, password, auth: base64(`${username}:${password}`) });
const config = (auths: object): Record<string, string> => ({ '.dockerconfigjson': base64(JSON.stringify({ auths })) });
const secret = (namespace: string, name: string, auths: object, more: Partial<SecretSeed> = {}): SecretSeed => ({
  namespace,
  name,
  data: config(auths),
  ...more,
});
/** As Norman makes them. */
const credential = (name: string, auths: object, more: Partial<SecretSeed> = {}): SecretSeed =>
  secret(backing, name, auths, {
    labels: { 'cattle.io/creator': 'norman' },
    annotations: { 'field.cattle.io/projectId': project.id },
    ...more,
  });
/** A project's secret as the dashboard makes it: with the label, unknown to Norman. */
const scoped = { labels: { 'management.cattle.io/project-scoped-secret': 'p-xyz12' } };
const copy = { annotations: { 'management.cattle.io/project-scoped-secret-copy': 'true', 'secret.user.cattle.io/secret': 'true' } };

/** A Rancher with one cluster and one project. */
const world = (local: readonly SecretSeed[] = [], downstream: readonly SecretSeed[] = []): Rancher2Options => ({
  clusters: [
    { id: 'local', secrets: local, namespaces: [{ name: backing }] },
    { id: cluster, name: 'production', secrets: downstream, namespaces: [{ name: 'team-a' }, { name: 'team-b' }] },
  ],
  projects: [project],
});

/** The rights of a member of the project who may manage its secrets: nothing cluster-wide. */
const memberRules: readonly Rule[] = [
  { apiGroups: ['management.cattle.io'], resources: ['clusters'], verbs: ['get'], resourceNames: [cluster] },
  { apiGroups: ['management.cattle.io'], resources: ['projects'], verbs: ['get'], resourceNames: ['p-xyz12'], namespace: cluster },
  { resources: ['namespaces'], verbs: ['get'], resourceNames: ['team-a'] },
  { resources: ['secrets'], verbs: ['*'], namespace: backing },
  { resources: ['secrets'], verbs: ['get', 'list', 'patch'], namespace: 'team-a' },
];
const memberToken = 'token-membr:secret-of-the-member';
const asMember: Pick<Rancher2Options, 'users' | 'tokens'> = {
  users: [{ name: 'user-membr', rules: memberRules }],
  tokens: [{ name: 'token-membr', secret: 'secret-of-the-member', user: 'user-membr' }],
};

const optionsFor = (url: string, more: Partial<Options> = {}): Options => ({
  url,
  token: new Secret(adminToken),
  clusters: [],
  projects: [],
  namespaces: [],
  project: undefined,
  clusterRegistries: false,
  ...more,
});

function storedPassword(fake: FakeRancher2, slot: Slot, name: string): string | undefined {
  const [id = '', kind = '', second = '', third = ''] = slot.id.split('/');
  const text = kind === 'project' ? fake.stored('local', backing, third) : fake.stored(id, second, third);
  return (JSON.parse(text ?? '{}') as { auths?: Record<string, { password?: string }> }).auths?.[name]?.password;
}

async function onFake(setup: Rancher2Options, token = adminToken): Promise<Stage<typeof rancher2.options>> {
  const server = await startFakeRancher2(setup);
  return {
    options: optionsFor(server.url, { token: new Secret(token), project: project.id }),
    hosts: [host, other],
    absent,
    server,
    passwordOf: (slot, name) => storedPassword(server, slot, name),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Two credentials of made-up accounts in a project that the token sees, removed afterwards together with the one that was created. */
async function onRealServer(url: string, token: string): Promise<Stage<typeof rancher2.options>> {
  const tls = { insecureSkipVerify: true } as const;
  const http = openHttp({ url, headers: { authorization: `Bearer ${token}`, accept: 'application/json' }, allowHttp: true, tls });
  const signal = (): AbortSignal => AbortSignal.timeout(60_000);
  const [first] = (await http('GET', '/v3/projects', { signal: signal() })).json<{ data: { id: string }[] }>().data;
  assert.ok(first, 'the token sees a project');
  const path = `/v3/project/${first.id}/dockercredentials`;
  const hosts = [0, 0, 0].map(() => hostOf(randomInt(100_000_000_000, 999_999_999_999))) as [string, string, string];
  for (const name of hosts.slice(0, 2)) {
    const body = { name: name.replaceAll('.', '-'), registries: { [name]: { username: 'AWS', password: 'none yet' } } };
    assert.equal((await http('POST', path, { signal: signal(), body })).status, 201);
  }
  return {
    options: optionsFor(url, { token: new Secret(token), project: first.id }),
    hosts: hosts.slice(0, 2),
    absent: hosts[2],
    tls,
    async [Symbol.asyncDispose]() {
      const found = (await http('GET', path, { signal: signal() })).json<{ data: { id: string; name: string }[] }>().data;
      for (const { id, name } of found)
        if (hosts.some(made => made.replaceAll('.', '-') === name)) await http('DELETE', `${path}/${id}`, { signal: signal() });
      await http[Symbol.asyncDispose]();
    },
  };
}

const isWrite = ({ method, path }: Pick<Seen, 'method' | 'path'>): boolean => method !== 'GET' && !path.includes('dryRun=All');
const single = [credential('ecr-a', { [host]: login('old-a') }), credential('ecr-b', { [other]: login('old-b') })];
const both = { [host]: login('old-a'), 'index.docker.io': login('theirs', 'someone'), [other]: login('old-b') };
describe('credentials of one registry', () => testAdapter({ adapter: rancher2, start: () => onFake(world(single)), isWrite }));
describe('a credential of several', () =>
  testAdapter({ adapter: rancher2, start: () => onFake(world([credential('ecr', both)])), isWrite, versioned: true }));
describe('a Secret in a cluster', () =>
  testAdapter({ adapter: rancher2, start: () => onFake(world([], [secret('team-a', 'ecr', both)])), isWrite, versioned: true }));
describe('the token of a member', () =>
  testAdapter({
    adapter: rancher2,
    start: () =>
      onFake(
        {
          ...world([credential('ecr-a', { [host]: login('old-a') })], [secret('team-a', 'ecr', { [other]: login('old-b') })]),
          ...asMember,
        },
        memberToken,
      ),
    isWrite,
  }));
const { TEST_RANCHER_URL: realUrl, TEST_RANCHER_TOKEN: realToken } = process.env;
if (realUrl && realToken)
  describe(`on ${realUrl}`, () => testAdapter({ adapter: rancher2, start: () => onRealServer(realUrl, realToken), isWrite }));

interface Setup extends Rancher2Options {
  readonly options?: Partial<Options>;
  readonly wanted?: readonly string[];
}
async function rig({ options, wanted, ...setup }: Setup) {
  const fake = await startFakeRancher2(setup);
  const open = await rigOn(fake, deps => rancher2.create(optionsFor(fake.url, options), deps), { wanted, clock: setup.clock });
  /** Requests that may change something. */
  const writes = (): Seen[] => fake.requests.filter(isWrite);
  return { ...open, writes };
}

const idsOf = ({ slots }: Discovery): string[] => slots.map(({ id }) => id).sort();
const auths = (text: string | undefined): unknown => (JSON.parse(text ?? 'null') as { auths?: unknown } | null)?.auths;
const projectSlot = (name: string): string => `${cluster}/project/p-xyz12/${name}`;
const hidden = 'TOKEN_END_UNKNOWN';

describe('a dockerCredential', () => {
  test('of one registry is written through Norman, in one PUT that keeps what else the entry holds', async () => {
    await using r = await rig(world([credential('ecr', { [host]: { ...login('old'), email: 'team@example.com' } })]));
    const receipt = await r.deliver((await r.discover()).slots[0], given(host));
    const [put, ...more] = r.writes();
    assert.deepEqual([receipt, more], [{ change: 'updated' }, []]);
    assert.deepEqual([put?.method, put?.path], ['PUT', `/v3/project/${project.id}/dockercredentials/${backing}:ecr`]);
    assert.deepEqual(put && jsonOf(put), { registries: { [host]: { username: 'AWS', password: 'new-token', email: 'team@example.com' } } });
    assert.deepEqual(auths(r.fake.stored('local', backing, 'ecr')), { [host]: { ...login('new-token'), email: 'team@example.com' } });
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

  test('that got a second registry since the last look is written in its Secret, too', async () => {
    await using r = await rig(world([credential('ecr', { [host]: login('old') })]));
    const [slot] = (await r.discover()).slots;
    plant(r.fake.cluster(), credential('ecr', both));
    await r.deliver(slot, given(host));
    assert.deepEqual(auths(r.fake.stored('local', backing, 'ecr')), { ...both, [host]: login('new-token') });
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

describe('a Secret', () => {
  test('of a namespace keeps every byte that is no login of ECR', async () => {
    const raw = `{ "credsStore":"x","auths" : {"${host}":{"auth":"${base64('AWS:old')}","identitytoken":"t"} ,\n "caf\xe9.example" : { "auth":"eA==", "n": 1.0e2 }, "https://${other}/v2/":{}}, "auths2":{"${host}":1}}`;
    await using r = await rig(world([], [secret('team-a', 'ecr', {}, { data: { '.dockerconfigjson': base64(raw), note: 'a2VwdA==' } })]));
    const { slots } = await r.discover();
    assert.deepEqual(linesOf({ slots, findings: [] }), [`${cluster}/namespace/team-a/ecr drifted AUTHS_FORM`]);
    await r.deliver(slots[0], given([host, other]));
    const fresh = JSON.stringify(login('new-token'));
    const expected = raw
      .replace(
        `{"auth":"${base64('AWS:old')}","identitytoken":"t"}`,
        JSON.stringify({ auth: login('new-token').auth, username: 'AWS', password: 'new-token' }),
      )
      .replace(`"https://${other}/v2/":{}`, `"https://${other}/v2/":${fresh}`);
    const kept = r.fake.cluster(cluster).secrets.get('team-a/ecr')?.data ?? {};
    assert.equal(Buffer.from(kept['.dockerconfigjson'] ?? '', 'base64').toString('latin1'), expected);
    assert.equal(kept['note'], 'a2VwdA==');
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
    assert.equal(
      (await failing(r.deliver(slot, new Map([...given(host)].map(([name, one]) => [name, { ...one, password: new Secret('newer') }])))))
        .code,
      'CONFLICT',
    );
    assert.equal(r.writes().length, 6);
  });

  test('that is immutable is a finding and no slot', async () => {
    await using r = await rig(world([], [secret('team-a', 'ecr', { [host]: login('old') }, { immutable: true })]));
    const { slots, findings } = await r.discover();
    assert.deepEqual([slots, codesOf(findings)], [[], ['SECRET_IMMUTABLE']]);
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

  test('of projects that nobody asked for are no finding', async () => {
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
    assert.equal((await failing(r.deliver(slot, given(absent)))).code, 'CONFLICT');
  });

  test('without a project, or in one that the token does not see, is a finding', async () => {
    for (const project of [undefined, 'c-m-abcd1234:p-nope']) {
      await using r = await rig({ ...world(), options: { project }, wanted: [absent] });
      const { slots, findings } = await r.discover();
      assert.deepEqual([slots, codesOf(findings)], [[], ['NO_PLACE']]);
    }
  });

  test('looks at the project alone: what another place holds does not serve it', async () => {
    await using r = await rig({ ...world([], [secret('team-a', 'ecr', { [absent]: login('old') })]), ...creating });
    assert.deepEqual(
      linesOf(await r.discover()).map(line => line.split(' ').at(-1)),
      ['present', 'absent'],
    );
  });
});

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
    assert.deepEqual([slots, unseen], [[], [`${cluster}/project/p-xyz12`]]);
    assert.deepEqual(codesOf(findings), ['NOT_PERMITTED']);
    assert.match(findings[0]?.message ?? '', /dockercredentials|credentials of project web/);
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
    assert.match(removed.message, /No cluster available/);
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

  test('that cannot be told from other Secrets of the management cluster keep those from being written', async () => {
    const plain = secret('cattle-system', 'ecr', { [host]: login('old') });
    const marked = secret('fleet-default', 'marked', { [host]: login('old') }, { labels: { 'rke.cattle.io/cluster-name': 'production' } });
    const setup = world([plain, marked]);
    const seen = async (rules: readonly Rule[]): Promise<string[]> => {
      await using r = await rig({ ...setup, users: [{ name: 'admin', rules }] });
      return idsOf(await r.discover());
    };
    const all = { verbs: ['*'], resources: ['*'] };
    assert.deepEqual(await seen([{ ...all, apiGroups: ['*'] }]), ['local/namespace/cattle-system/ecr']);
    assert.deepEqual(await seen([{ ...all, apiGroups: ['', 'management.cattle.io'] }]), []);
  });

  test('of which several share one password are left alone', async () => {
    const shared = { [host]: { authConfigSecretName: 'nodes' }, [other]: { authConfigSecretName: 'nodes' } };
    await using r = await rig({ ...nodes(shared), ...asked });
    const { slots, findings } = await r.discover();
    assert.deepEqual([slots, codesOf(findings)], [[], ['CLUSTER_REGISTRY']]);
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
  const pages = r.fake.requests.map(({ path }) => path).filter(path => path.includes('dockercredentials'));
  assert.deepEqual(pages.length, 2);
  assert.match(pages[1] ?? '', /\?marker=/);
});
