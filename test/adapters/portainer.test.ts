import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, test } from 'node:test';
import { portainer } from '../../adapters/portainer.ts';
import type { Failure } from '../../src/contract/failures.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Target } from '../../src/contract/target.ts';
import { openHttp } from '../../src/io/http.ts';
import type { RowSeed } from '../fakes/portainer/state.ts';
import { adminKey, adminPassword, type FakePortainer, type PortainerOptions, startFakePortainer } from '../fakes/portainer.ts';
import { jsonOf } from '../fakes/server.ts';
import { type Stage, testAdapter } from './contract.ts';
import { absent, codesOf, failing, given, host, hostOf, only, other, type Rig, realServer, rigOn, runTests, someChecks } from './rig.ts';

type Options = Parameters<typeof portainer.create>[0];
const row = (URL: string, more: Partial<RowSeed> = {}): RowSeed => ({
  Name: `row of ${URL}`,
  URL,
  Authentication: true,
  Username: 'AWS',
  Password: 'old',
  ...more,
});
const noSwarm = { swarm: false, services: 'labelled' } as const;
const withKey = (url: string): Options => ({ url, apiKey: new Secret(adminKey), username: undefined, password: undefined, ...noSwarm });
const withLogin = (url: string): Options => ({
  url,
  apiKey: undefined,
  username: 'admin',
  password: new Secret(adminPassword),
  ...noSwarm,
});

async function onFake(options: (url: string) => Options): Promise<Stage<typeof portainer.options>> {
  const foreign = [row('docker.io', { Type: 6 }), row(hostOf(444444444444))];
  const server = await startFakePortainer({ registries: [row(host), row(other), ...foreign] });
  return {
    options: options(server.url),
    hosts: [host, other],
    absent,
    server,
    passwordOf: slot => server.passwordOf(Number(slot.id)),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      // `testAdapter` writes only the hosts of the stage: a real server may hold others.
      for (const { URL, Password } of server.rows()) if (![host, other, absent].includes(URL)) assert.equal(Password, 'old', URL);
    },
  };
}

/** Sets up two rows of made-up accounts. Disposal removes all rows of these accounts. */
async function onRealServer(url: string, key: string): Promise<Stage<typeof portainer.options>> {
  const tls = { insecureSkipVerify: true } as const;
  const http = openHttp({ url, headers: { 'X-API-Key': key }, allowHttp: true, tls });
  const signal = (): AbortSignal => AbortSignal.timeout(30_000);
  const [first, second, third] = [0, 0, 0].map(() => hostOf(randomInt(100_000_000_000, 999_999_999_999))) as [string, string, string];
  for (const made of [first, second]) {
    const body = { Name: made, Type: 3, URL: made, Authentication: true, Username: 'AWS', Password: 'none yet', TLS: true };
    assert.equal((await http('POST', '/api/registries', { signal: signal(), body })).status, 200);
  }
  return {
    options: { url, apiKey: new Secret(key), username: undefined, password: undefined, ...noSwarm },
    hosts: [first, second],
    absent: third,
    tls,
    async [Symbol.asyncDispose]() {
      const all = (await http('GET', '/api/registries', { signal: signal() })).json<{ Id: number; URL: string }[]>();
      for (const { Id, URL } of all)
        if ([first, second, third].includes(URL)) await http('DELETE', `/api/registries/${Id}`, { signal: signal() });
      await http[Symbol.asyncDispose]();
    },
  };
}

const isWrite = ({ method, path }: { method: string; path: string }): boolean => method !== 'GET' && !/\/(auth|ping)$/.test(path);
testAdapter({ adapter: portainer, start: () => onFake(withKey), isWrite });
describe('with a login instead of a key', () => testAdapter({ adapter: portainer, start: () => onFake(withLogin), isWrite }));
const real = realServer('TEST_PORTAINER_URL', 'TEST_PORTAINER_API_KEY');
if (real)
  describe(`on ${real.TEST_PORTAINER_URL}`, () =>
    testAdapter({ adapter: portainer, start: () => onRealServer(real.TEST_PORTAINER_URL, real.TEST_PORTAINER_API_KEY), isWrite }));

test('the variables of a real server let the suite run there, and what it makes is gone afterwards', async () => {
  await using fake = await startFakePortainer({ registries: [row(host)] });
  const variables = { TEST_PORTAINER_URL: fake.url, TEST_PORTAINER_API_KEY: adminKey };
  const { code, passed, skipped, said } = await runTests(import.meta.filename, someChecks, variables);
  assert.deepEqual([code, passed, skipped], [0, 6, 1], said);
  assert.match(said, /stores exactly .*# SKIP the stage does not show which password is stored/);
  assert.equal(fake.requests.filter(({ method }) => method === 'DELETE').length, 13, 'two for each test, and what one of them creates');
  assert.deepEqual(
    fake.rows().map(({ URL }) => URL),
    [host],
  );
});

type Ref = ReturnType<typeof portainer.create> extends Target<infer R> ? R : never;
interface Setup extends PortainerOptions {
  readonly options?: (url: string) => Options;
  readonly wanted?: readonly string[];
  readonly publicSource?: 'configured' | undefined;
}
async function rig({ options = withKey, wanted, publicSource, ...setup }: Setup = {}): Promise<Rig<FakePortainer, Ref>> {
  const fake = await startFakePortainer(setup);
  return await rigOn(fake, deps => portainer.create(options(fake.url), deps), { wanted, publicSource, aside: /status|endpoints/ });
}

test('a PUT holds three members and nothing more', async () => {
  await using p = await rig({ registries: [row(host)] });
  await p.deliver(only((await p.discover()).slots), given(host));
  const put = p.fake.requests.at(-1);
  assert.equal(put?.path, '/api/registries/1');
  assert.deepEqual(put && jsonOf(put), { Authentication: true, Username: 'AWS', Password: 'new-token' });
  assert.equal(put?.headers.authorization, undefined, 'Portainer refuses a key beside an Authorization header');
});

test('a row that was given another host since the last look is not success: the token lies there, and that is told for as long as it lives', async () => {
  for (const URL of ['registry.example.com', '222222222222.dkr.ecr.eu-west-1.amazonaws.com', '']) {
    await using p = await rig({ registries: [row(host)] });
    const slot = only((await p.discover()).slots);
    const moveTo = (url: string) => Object.assign(p.fake.state.registries[0] ?? assert.fail(), { URL: url });
    moveTo(URL);
    const [[name, credential] = assert.fail()] = given(host);
    const failure = await failing(p.deliver(slot, new Map([[name, { ...credential, expiresAt: new Date(Date.now() + 3_600_000) }]])));
    assert.equal(failure.code, 'NOT_FOUND');
    assert.ok(
      failure.message.includes(`a token for ${host} was stored there`) && failure.message.includes(URL || 'no URL'),
      failure.message,
    );
    assert.doesNotMatch(failure.message, /new-token/);
    assert.match(failure.remedy, /Authentication off/);
    assert.ok(codesOf((await p.discover()).findings).includes('TOKEN_MISPLACED'));
    moveTo(host);
    assert.equal((await p.deliver(slot, given(host))).change, 'updated');
    assert.ok(!codesOf((await p.discover()).findings).includes('TOKEN_MISPLACED'), 'it was written over');
  }
});

describe('what the rows come to', () => {
  const table: readonly {
    name: string;
    rows: RowSeed[];
    slots: readonly string[];
    findings: readonly string[];
    wanted?: string[];
    publicSource?: 'configured';
  }[] = [
    { name: 'nothing', rows: [], slots: [], findings: [] },
    {
      name: 'no ECR',
      rows: [row('docker.io', { Type: 6 }), row('111111111111.dkr.ecr.eu-west-1.amazonaws.com.evil.test')],
      slots: [],
      findings: [],
    },
    { name: 'one', rows: [row(host)], slots: ['1 present'], findings: ['RECREATE_CACHE'] },
    {
      name: 'public',
      rows: [row('public.ecr.aws', { Authentication: false, Username: '' })],
      slots: ['1 drifted'],
      findings: ['RECREATE_CACHE'],
    },
    {
      name: 'public with a stored password',
      rows: [row('public.ecr.aws')],
      slots: ['1 present PUBLIC_LOGIN'],
      findings: ['RECREATE_CACHE'],
    },
    {
      name: 'public with a stored password, and a source that keeps it fresh',
      rows: [row('public.ecr.aws')],
      publicSource: 'configured',
      slots: ['1 present'],
      findings: ['RECREATE_CACHE'],
    },
    {
      name: 'no credential in it',
      rows: [row(host, { Authentication: false, Username: '' })],
      slots: ['1 drifted'],
      findings: ['RECREATE_CACHE'],
    },
    { name: 'edited by hand', rows: [row(host, { Username: 'me' })], slots: ['1 drifted'], findings: ['RECREATE_CACHE'] },
    { name: 'stored with a scheme', rows: [row(`https://${host}/`)], slots: ['1 present STORED_FORM'], findings: ['RECREATE_CACHE'] },
    { name: 'stored with a port', rows: [row(`${host}:443`)], slots: ['1 present STORED_FORM'], findings: ['RECREATE_CACHE'] },
    { name: 'stored in upper case', rows: [row(host.toUpperCase())], slots: ['1 present STORED_FORM'], findings: ['RECREATE_CACHE'] },
    { name: 'type 1', rows: [row(host, { Type: 1 })], slots: ['1 present TYPE_NOT_CUSTOM'], findings: ['RECREATE_CACHE'] },
    {
      name: 'twice',
      rows: [row(host), row(`${host}/`, { Name: 'b' })],
      slots: ['1 present', '2 present STORED_FORM'],
      findings: ['DUPLICATE_HOST', 'RECREATE_CACHE'],
    },
    { name: 'type 7', rows: [row(host, { Type: 7, Username: 'AKIA' })], slots: [], findings: ['TYPE_7'] },
    {
      name: 'type 7 beside',
      rows: [row(host, { Type: 7 }), row(host, { Name: 'b' })],
      slots: ['2 present'],
      findings: ['TYPE_7', 'RECREATE_CACHE'],
    },
    { name: 'wanted and there', rows: [row(host)], wanted: [host], slots: ['1 present'], findings: ['RECREATE_CACHE'] },
    { name: 'wanted and not there', rows: [], wanted: [host], slots: [`new:${host} absent`], findings: [] },
    {
      name: 'wanted, only type 7 there',
      rows: [row(host, { Type: 7 })],
      wanted: [host],
      slots: [`new:${host} absent`],
      findings: ['TYPE_7'],
    },
  ];
  for (const { name, rows, slots, findings, wanted = [], publicSource } of table)
    test(name, async () => {
      await using p = await rig({ registries: rows, wanted, publicSource });
      const found = await p.discover();
      assert.deepEqual(
        found.slots.map(({ id, state, findings }) => [id, state, ...codesOf(findings)].join(' ')),
        slots,
      );
      assert.deepEqual(codesOf(found.findings), findings);
      assert.equal(found.about?.product, 'Portainer 2.43.0');
    });

  const ways = ['this registry chosen', 'compose', 'pods', 'recreated', 'swarm'];
  const forms: readonly [url: string, works: readonly string[], more?: RegExp][] = [
    [`${host}/`, ways.slice(0, 4)],
    [`${host}/team`, ways.slice(0, 4), /\(Kubernetes pods, recreated containers only for images below that path\)/],
    [`https://${host}`, ways.slice(0, 3)],
    [`https://${host}/`, ways.slice(0, 3)],
    [`https://${host}/team/app`, ways.slice(0, 3), /\(Kubernetes pods only for images below that path\)/],
    [`${host}:443`, ways.slice(0, 1)],
    [`https://${host}:443/`, ways.slice(0, 1)],
    [host.toUpperCase(), ways.slice(0, 1)],
    [` ${host}`, ways.slice(0, 1)],
    [`${host}.`, ways.slice(0, 1)],
  ];
  for (const [url, works, more = /works for (?!.*only)/] of forms)
    test(`the URL "${url}": by which ways its password is found`, async () => {
      await using p = await rig({ registries: [row(url)] });
      const [found] = only((await p.discover()).slots).findings ?? [];
      const [, good = '', bad = ''] = /It works for (.*); it fails for (.*)\./.exec(found?.message ?? '') ?? [];
      for (const way of ways)
        assert.deepEqual([good.split(' (')[0]?.includes(way), bad.includes(way)], [works.includes(way), !works.includes(way)], way);
      assert.match(found?.message ?? '', more);
    });

  test('swarms are told of by name', async () => {
    const upstream = { engine: { endpoint: 5, swarm: true, images: [] } };
    await using p = await rig({ registries: [row(host)], endpoints: [{ Id: 5, Name: 'prod', kind: 'docker', users: [] }], upstream });
    const swarm = (await p.discover()).findings.find(({ code }) => code === 'SWARM');
    assert.match(swarm?.message ?? '', /prod/);
  });

  test('without the URLs nothing is called absent (Business Edition, not an administrator)', async () => {
    const users = [{ id: 2, name: 'dev', password: 'x', role: 'standard' as const, apiKey: adminKey }];
    await using p = await rig({ edition: 'EE', users, registries: [row(host)], wanted: [host] });
    const found = await p.discover();
    assert.deepEqual([found.slots, codesOf(found.findings), found.unseen], [[], ['MISSING_RIGHTS'], ['1']]);
  });

  test('what is for people only may fail, hang or be something else', async () => {
    for (const fault of ['reset', 'huge', { status: 200, text: '<html>' }, { status: 200, json: { a: 1 } }, { status: 500 }] as const) {
      await using p = await rig({ registries: [row(host)], fault: ({ path }) => (/status|endpoints/.test(path) ? fault : undefined) });
      const found = await p.discover();
      assert.equal(found.slots.length, 1);
      assert.equal(found.about?.product, 'Portainer');
    }
  });

  test('a list that is none is UNEXPECTED; strange rows are passed over', async () => {
    for (const json of [null, {}, 'x', { registries: [] }]) {
      await using p = await rig({ fault: ({ path }) => (path === '/api/registries' ? { status: 200, json } : undefined) });
      assert.equal((await failing(p.discover())).code, 'UNEXPECTED');
    }
    const json = [
      null,
      7,
      {},
      { Id: '../x', Type: 3, URL: host },
      { Id: 2, URL: host },
      { Id: 4, Type: 3, URL: 7 },
      { Id: 3, Type: 3, URL: host, Authentication: true, Username: 'AWS' },
    ];
    await using p = await rig({ fault: ({ path }) => (path === '/api/registries' ? { status: 200, json } : undefined) });
    assert.deepEqual(
      (await p.discover()).slots.map(({ id }) => id),
      ['3'],
    );
  });
});

describe('creating', () => {
  test('a custom registry with TLS, and a word about access', async () => {
    await using p = await rig({ registries: [row(host, { Type: 7, Username: 'AKIAEXAMPLE' })], wanted: [host] });
    const receipt = await p.deliver(only((await p.discover()).slots), given(host));
    assert.deepEqual([receipt.change, receipt.id, codesOf(receipt.findings)], ['created', '2', ['ACCESS_NOT_GRANTED']]);
    const made = p.fake.rows()[1];
    assert.deepEqual([made?.Type, made?.URL, made?.TLSConfig.TLS, made?.Password], [3, host, true, 'new-token']);
    assert.equal(p.fake.passwordOf(1), 'old', 'the row of type 7 is left alone');
  });

  test('whether access was granted to a row that was created is seen by each report', async () => {
    await using p = await rig({ registries: [row(host, { Type: 3 })], wanted: ['210987654321.dkr.ecr.eu-west-1.amazonaws.com'] });
    const codes = async () => (await p.discover()).slots.map(({ id, findings = [] }) => [id, codesOf(findings)]);
    const absent = (await p.discover()).slots.find(({ state }) => state === 'absent') ?? assert.fail();
    await p.deliver(absent, given('210987654321.dkr.ecr.eu-west-1.amazonaws.com'));
    assert.deepEqual(await codes(), [
      ['1', []],
      ['2', ['ACCESS_NOT_GRANTED']],
    ]);
    const made = p.fake.rows()[1] ?? assert.fail();
    made.RegistryAccesses = { 1: { UserAccessPolicies: null, TeamAccessPolicies: null, Namespaces: ['team-a'] } };
    assert.deepEqual(await codes(), [
      ['1', []],
      ['2', []],
    ]);
  });

  test('somebody else was faster: theirs is updated', async () => {
    await using p = await rig({ wanted: [host] });
    const slot = only((await p.discover()).slots);
    p.fake.state.registries.push({ ...(await template(host)), Id: 9 });
    const receipt = await p.deliver(slot, given(host));
    assert.deepEqual([receipt.change, receipt.id], ['updated', '9']);
    assert.equal(p.fake.passwordOf(9), 'new-token');
    assert.equal(p.fake.rows().length, 1);
  });

  test('two couriers at the same moment: the lower number stays, and who made the other takes it back', async () => {
    await using p = await rig({ wanted: [host] });
    const slot = only((await p.discover()).slots);
    p.fake.state.registries.push({ ...(await template('docker.io')), Id: 4 });
    // Portainer accepted both: the rival row shows only after the response to our creation.
    const rival = { ...(await template(host)), Id: 3, Name: host };
    p.fake.fault = ({ method }) => {
      const { registries } = p.fake.state;
      if (method === 'GET' && registries.some(({ Id }) => Id === 5) && !registries.includes(rival)) registries.unshift(rival);
      return undefined;
    };

    const receipt = await p.deliver(slot, given(host));

    assert.deepEqual([receipt.change, receipt.id], ['updated', '3']);
    assert.deepEqual(
      p.fake.rows().map(({ Id }) => Id),
      [3, 4],
    );
    assert.equal(p.fake.passwordOf(3), 'new-token');
  });

  test('the name is taken by something else: CONFLICT', async () => {
    await using p = await rig({ registries: [row('docker.io', { Name: host })], wanted: [host] });
    const failure = await failing(p.deliver(only((await p.discover()).slots), given(host)));
    assert.equal(failure.code, 'CONFLICT');
    assert.match(failure.remedy, /rename/);
  });
});

/** Returns a row in the form in which the fake stores it. */
async function template(url: string) {
  await using fake = await startFakePortainer({ registries: [row(url)] });
  return fake.rows()[0] ?? assert.fail();
}

describe('the key and the login', () => {
  test('a key that is not known is AUTH, and says where to make one', async () => {
    await using p = await rig({ options: url => ({ ...withKey(url), apiKey: new Secret('ptr_wrong-key-of-somebody') }) });
    const failure = await failing(p.discover());
    assert.equal(failure.code, 'AUTH');
    assert.match(failure.remedy, /My account > Access tokens/);
  });

  const refused = async (key: string) => {
    await using p = await rig({ options: url => ({ ...withKey(url), apiKey: new Secret(key) }) });
    const { code, message, remedy } = await failing(p.discover());
    return { code, message, remedy };
  };
  for (const [key, says] of [
    [`"${adminKey}"`, /has quotes around it/],
    [`'${adminKey}'`, /has quotes around it/],
    [`Bearer ${adminKey}`, /word of an HTTP header/],
    [`X-API-Key: ${adminKey}`, /HTTP header|name and a value/],
    [`PORTAINER_API_KEY=${adminKey}`, /name and a value/],
    [`"${adminKey}`, /something before or after/],
    ['ptr_key-of-somebody # of courier', /something before or after/],
  ] as const)
    test(`a key with more than the token (${key.replace(adminKey, 'KEY')}) is not sent, and it is said what is wrong`, () => {
      const deps = { http: () => assert.fail('nothing is asked') } as unknown as Parameters<typeof portainer.create>[1];
      const options = { ...withKey('https://portainer'), apiKey: new Secret(key) };
      assert.throws(
        () => portainer.create(options, deps),
        ({ code, message, remedy }: Failure) => {
          assert.equal(code, 'MISCONFIGURED');
          assert.match(message, says);
          assert.match(remedy, /begins with ptr_/);
          return true;
        },
      );
    });
  test('a key that is none is refused by Portainer, and then it is said what it may be', async () => {
    const jwt = `eyJ${'x'.repeat(20)}.${'y'.repeat(20)}.${'z'.repeat(20)}`;
    assert.match((await refused(jwt)).remedy, /JWT.*begins with ptr_.*My account/);
    assert.match((await refused('password-of-somebody')).remedy, /does not begin with ptr_/);
    assert.doesNotMatch((await refused('ptr_wrong-key-of-somebody')).remedy, /ptr_/);
  });
  test('blanks around a key do no harm', async () => {
    await using p = await rig({ options: url => ({ ...withKey(url), apiKey: new Secret(` ${adminKey} `) }) });
    assert.deepEqual((await p.discover()).slots, []);
  });

  test('a 401 or 403 that is not Portainer’s own points to what stands in front, and not to the key', async () => {
    for (const fault of [
      { status: 401, text: '<html>Log in</html>', headers: { 'content-type': 'text/html' } },
      { status: 401, headers: { 'www-authenticate': 'Basic realm="staff"' } },
      { status: 401, json: ['no session'] },
      // The responses of Kong.
      { status: 401, json: { message: 'No API key found in request' } },
      { status: 403, json: { message: 'Forbidden' } },
      { status: 403, text: '<html>' },
    ] as const) {
      await using p = await rig({ fault: () => fault });
      const { code, message, remedy } = await failing(p.discover());
      assert.equal(code, fault.status === 401 ? 'AUTH' : 'FORBIDDEN');
      assert.match(message, /^Something in front of Portainer refused/);
      assert.doesNotMatch(remedy, /token/);
    }
  });
  test('a proxy that adds a login or an Origin is named as what it is', async () => {
    for (const [reply, says] of [
      [
        { status: 401, json: { message: 'API key and auth header are not allowed at the same time', details: 'Unauthorized' } },
        /Authorization header/,
      ],
      [{ status: 403, text: 'Forbidden' }, /Origin and Sec-Fetch-Site/],
    ] as const) {
      await using p = await rig({ fault: () => reply });
      assert.match((await failing(p.discover())).remedy, says);
    }
  });

  test('a right that is refused to one write stops that one alone, and it is said that `refresh` ends the pause', async () => {
    await using p = await rig({ registries: [row(host), row(other)], wanted: [absent] });
    const { slots } = await p.discover();
    const [first, second, fresh] = slots;
    p.fake.fault = ({ method, path }) =>
      method === 'POST' || path === '/api/registries/1'
        ? { status: 403, json: { message: 'Access denied', details: 'Unauthorized' } }
        : undefined;
    for (const slot of [first, fresh]) {
      const failure = await failing(p.deliver(slot, given([host, absent])));
      assert.deepEqual([failure.code, failure.stops], ['FORBIDDEN', 'slot']);
      assert.match(failure.remedy, /administrator.*`ecr-courier refresh`/);
    }
    assert.equal((await p.deliver(second, given(other))).change, 'updated');
  });

  test('a key without the role stops the target', async () => {
    const users = [{ id: 2, name: 'dev', password: 'x', role: 'standard' as const, apiKey: adminKey }];
    await using p = await rig({ users, registries: [row(host)] });
    const failure = await failing(p.discover());
    assert.deepEqual([failure.code, failure.stops], ['FORBIDDEN', 'target']);
    assert.match(failure.remedy, /administrator/);
  });

  test('neither key nor password is MISCONFIGURED', async () => {
    const failure = await failing(
      rig({ options: url => ({ url, apiKey: undefined, username: 'admin', password: undefined, ...noSwarm }) }),
    );
    assert.equal(failure.code, 'MISCONFIGURED');
  });

  test('one login serves all; after a restart of Portainer one more, however many requests find out', async () => {
    await using p = await rig({ registries: [row(host), row(other)], options: withLogin });
    const { slots, about } = await p.discover();
    assert.equal(about?.principal, 'admin');
    const logins = (): number => p.asked().filter(line => line === 'POST /api/auth').length;
    assert.equal(logins(), 1);
    p.fake.restart();
    await Promise.all(slots.map(slot => p.deliver(slot, given(slot.registries[0]?.host ?? ''))));
    assert.equal(logins(), 2);
    assert.equal(p.fake.passwordOf(2), 'new-token');
  });

  test('a session that is refused again right after a login is AUTH, without another login', async () => {
    await using p = await rig({ options: withLogin, fault: ({ path }) => (path === '/api/registries' ? { status: 401 } : undefined) });
    assert.equal((await failing(p.discover())).code, 'AUTH');
    assert.deepEqual(p.asked(), ['POST /api/auth', 'GET /api/registries', 'POST /api/auth', 'GET /api/registries']);
  });

  test('a wrong password is AUTH; too many logins are a ban of an hour', async () => {
    await using p = await rig({ options: url => ({ ...withLogin(url), password: new Secret('wrong-password') }) });
    for (let login = 0; login < 10; login++) assert.equal((await failing(p.discover())).code, 'AUTH');
    p.fake.fault = ({ path }) =>
      path === '/api/auth' ? { status: 403, json: { message: 'Access denied', details: 'Access denied to resource' } } : undefined;
    const failure = await failing(p.discover());
    assert.deepEqual([failure.code, failure.stops, failure.facts.retryAfterMs], ['BUSY', 'target', 3_600_000]);
  });

  test('a server without administrator is MISCONFIGURED', async () => {
    for (const options of [withKey, withLogin]) {
      await using p = await rig({ options, server: { initialized: false, adminInitWindow: 'closed' } });
      const failure = await failing(p.discover());
      assert.equal(failure.code, 'MISCONFIGURED');
      assert.match(failure.message, /no administrator/);
    }
  });
});

describe('a write that Portainer refuses', () => {
  const kubernetes = (more: object) => ({
    registries: [row(host, { RegistryAccesses: { 5: { Namespaces: ['team-a', 'team-b'] } } })],
    endpoints: [{ Id: 5, Name: 'cluster', kind: 'kubernetes-agent' as const, users: [] }],
    upstream: { kubernetes: { endpoint: 5, namespaces: ['team-a', 'team-b'], mode: 'ok' as const, delayMs: 0, secrets: [], ...more } },
  });
  test('a namespace with a grant is gone: the answer is quoted, and the remedy is the grant', async () => {
    await using p = await rig(kubernetes({ namespaces: ['team-a'] }));
    const failure = await failing(p.deliver(only((await p.discover()).slots), given(host)));
    assert.deepEqual([failure.code, failure.stops, failure.facts.mayLand], ['REJECTED', 'slot', undefined]);
    assert.match(failure.message, /team-b.*not found/);
    assert.match(failure.remedy, /Manage access/);
    assert.equal(p.fake.passwordOf(1), 'old');
  });
  test('a cluster is down: this registry alone waits for it', async () => {
    await using p = await rig(kubernetes({ mode: 'down' }));
    const failure = await failing(p.deliver(only((await p.discover()).slots), given(host)));
    assert.deepEqual([failure.code, failure.stops], ['UNREACHABLE', 'slot']);
  });
  test('the row is gone: NOT_FOUND', async () => {
    await using p = await rig({ registries: [row(host)] });
    const slot = only((await p.discover()).slots);
    p.fake.state.registries = [];
    assert.equal((await failing(p.deliver(slot, given(host)))).code, 'NOT_FOUND');
  });
  test('two rows share a name: CONFLICT', async () => {
    await using p = await rig({ registries: [row(host, { Name: 'a' }), row('docker.io', { Name: 'a' })] });
    assert.equal((await failing(p.deliver(only((await p.discover()).slots), given(host)))).code, 'CONFLICT');
  });
  test('200 that does not say what was asked for is UNEXPECTED', async () => {
    for (const json of [null, {}, [], 'yes', { Authentication: true, Username: 'me' }, { Authentication: false, Username: 'AWS' }]) {
      await using p = await rig({
        registries: [row(host)],
        wanted: [other],
        fault: ({ method }) => (method === 'GET' ? undefined : { status: 200, json }),
      });
      for (const slot of (await p.discover()).slots)
        assert.equal((await failing(p.deliver(slot, given(slot.registries[0]?.host ?? '')))).code, 'UNEXPECTED', JSON.stringify(json));
    }
  });
});

test('an address with /api or a slash at its end is understood; another server is MISCONFIGURED', async () => {
  for (const tail of ['/', '/api', '/api/']) {
    await using p = await rig({ options: url => withKey(url + tail), registries: [row(host)] });
    assert.equal((await p.discover()).slots.length, 1);
  }
  await using p = await rig({ options: url => withKey(`${url}/elsewhere`) });
  assert.equal((await failing(p.discover())).code, 'MISCONFIGURED');
});

describe('rehearsing', () => {
  const rehearse = async (p: Rig<FakePortainer, Ref>) => p.rehearse(only((await p.discover()).slots), given(host));
  const upstream = (password: string) => ({ registries: [{ host, tls: true, user: 'AWS', password, images: [] }] });
  test('Portainer tries the credential', async () => {
    await using good = await rig({ registries: [row(host)], upstream: upstream('new-token') });
    assert.deepEqual(await rehearse(good), { change: 'updated', proven: true });
    await using bad = await rig({ registries: [row(host)], upstream: upstream('another') });
    const receipt = await rehearse(bad);
    assert.deepEqual([receipt.proven, codesOf(receipt.findings)], [false, ['PING_FAILED']]);
    assert.equal(bad.fake.passwordOf(1), 'old');
  });
  test('a Portainer without ping is not a failure', async () => {
    await using p = await rig({ registries: [row(host)], version: '2.19.5' });
    assert.deepEqual(await rehearse(p), { change: 'updated' });
  });
});

test('Portainer before 2.17 and 2.11: another way to the version, and a login', async () => {
  await using p = await rig({ version: '2.9.3', registries: [row(host)], options: withLogin });
  assert.equal((await p.discover()).about?.product, 'Portainer 2.9.3');
  assert.equal((await p.deliver(only((await p.discover()).slots), given(host))).change, 'updated');
});
