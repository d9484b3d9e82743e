import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { harbor } from '../../adapters/harbor.ts';
import { adapters } from '../../adapters/index.ts';
import { load } from '../../config/load.ts';
import type { Answer } from '../../src/contract/http.ts';
import { parseAddress } from '../../src/contract/registry.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Slot, Target } from '../../src/contract/target.ts';
import { openHttp } from '../../src/io/http.ts';
import { createVirtualClock } from '../fakes/clock.ts';
import { fastClock } from '../fakes/fast-clock.ts';
import type { Robot, RobotSeed, RowSeed, Upstream } from '../fakes/harbor/state.ts';
import { adminPassword, type FakeHarbor, type HarborOptions, startFakeHarbor } from '../fakes/harbor.ts';
import { jsonOf, type Seen, startServer } from '../fakes/server.ts';
import { type Stage, testAdapter } from './contract.ts';
import {
  absent,
  codesOf,
  failing,
  given,
  host,
  hostOf,
  linesOf,
  only,
  other,
  type Rig,
  realServer,
  rigOn,
  runTests,
  someChecks,
} from './rig.ts';

type Options = Parameters<typeof harbor.create>[0];
const stored = (access_secret = 'old-token') => ({ type: 'basic', access_key: 'AWS', access_secret });
const row = (url: string, more: Partial<RowSeed> = {}): RowSeed => ({ name: `row of ${url}`, url, credential: stored(), ...more });
const ecr = (name: string, password: string, more: Partial<Upstream> = {}): Upstream => ({
  url: `https://${name}`,
  behaviour: 'basic',
  user: 'AWS',
  password,
  ...more,
});

/** The robot account of the guide. */
const rights = ['registry:list', 'registry:read', 'registry:update', 'robot:list'];
const robot = (more: Partial<RobotSeed> = {}): RobotSeed => ({ name: 'robot$courier', secret: 'Courier-Robot-1', access: rights, ...more });
const asRobot = (url: string): Options => ({ url, username: 'robot$courier', password: new Secret('Courier-Robot-1') });
const asAdmin = (url: string): Options => ({ url, username: 'admin', password: new Secret(adminPassword) });

async function onFake(version: string, options: (url: string) => Options): Promise<Stage<typeof harbor.options>> {
  const server = await startFakeHarbor({
    version,
    robots: [robot({ access: [...rights, 'registry:create'] })],
    registries: [row(`https://${host}`), row('https://docker.io', { type: 'docker-hub' }), row(`https://${other}`)],
    accepts: () => true,
  });
  return {
    options: options(server.url),
    hosts: [host, other],
    absent,
    server,
    passwordOf: slot => server.secretOf(Number(slot.id)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

interface RealServer extends Record<'url' | 'username' | 'password', string> {
  /** The address of a server that tells the password with which Harbor last logged in to a host. */
  readonly ecr?: string | undefined;
}
/**
 * Sets up two endpoints of made-up accounts. Disposal removes them and any that a test created. Under every ECR name
 * Harbor must reach a server that accepts any password.
 */
async function onRealServer({ url, username, password, ecr }: RealServer): Promise<Stage<typeof harbor.options>> {
  await using stack = new AsyncDisposableStack();
  const tls = { insecureSkipVerify: true } as const;
  const login = Buffer.from(`${username}:${password}`).toString('base64');
  const http = stack.use(openHttp({ url, headers: { authorization: `Basic ${login}` }, allowHttp: true, tls }));
  const ask = async (method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await http(method, path, { signal: AbortSignal.timeout(60_000), ...(body && { body }) });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  };
  const path = '/api/v2.0/registries';
  const hosts = [0, 0, 0].map(() => hostOf(randomInt(100_000_000_000, 999_999_999_999))) as [string, string, string];
  for (const name of hosts)
    stack.defer(async () => {
      for (const { id } of (await ask('GET', `${path}?q=name%3D${name}`)).json<{ id: number }[]>()) await ask('DELETE', `${path}/${id}`);
    });
  for (const name of hosts.slice(0, 2))
    await ask('POST', path, { name, type: 'docker-registry', url: `https://${name}`, credential: stored('none yet') });
  const door = ecr === undefined ? undefined : stack.use(openHttp({ url: ecr, allowHttp: true, env: {} }));
  const kept = stack.move();
  return {
    options: { url, username, password: new Secret(password) },
    hosts: hosts.slice(0, 2),
    absent: hosts[2],
    tls,
    ...(door && {
      // Harbor does not reveal passwords, but a ping of the endpoint makes it log in to ECR with the stored one.
      async passwordOf(slot, name) {
        await ask('POST', `${path}/ping`, { id: Number(slot.id) });
        return (await door('GET', `/${name}`, { signal: AbortSignal.timeout(10_000) })).text;
      },
    }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/**
 * Whether a request may change something. A ping, a write to the id -1, which no endpoint has, and a write of `{}`, an
 * endpoint without a name, do not.
 */
const isWrite = (request: Seen): boolean =>
  request.method !== 'GET' && !/\/registries\/(ping|-1)$/.test(request.path) && request.body.toString() !== '{}';
testAdapter({ adapter: harbor, start: () => onFake('2.15.2', asRobot), isWrite });
describe('Harbor 1.10', () => testAdapter({ adapter: harbor, start: () => onFake('1.10.18', asAdmin), isWrite }));
const real = realServer('TEST_HARBOR_URL', 'TEST_HARBOR_USERNAME', 'TEST_HARBOR_PASSWORD');
if (real)
  describe(`on ${real.TEST_HARBOR_URL}`, () => {
    const { TEST_HARBOR_URL: url, TEST_HARBOR_USERNAME: username, TEST_HARBOR_PASSWORD: password } = real;
    const ecr = process.env['TEST_HARBOR_ECR'];
    testAdapter({ adapter: harbor, start: () => onRealServer({ url, username, password, ecr }), isWrite });
  });

describe('the variables of a real server', () => {
  test('let the suite run there, and what it makes is gone afterwards', async () => {
    await using fake = await startFakeHarbor({ registries: [row(`https://${host}`)], accepts: () => true });
    const variables = { TEST_HARBOR_URL: fake.url, TEST_HARBOR_USERNAME: 'admin', TEST_HARBOR_PASSWORD: adminPassword };
    const { code, passed, skipped, said } = await runTests(import.meta.filename, someChecks, variables);
    assert.deepEqual([code, passed, skipped], [0, 6, 1], said);
    assert.match(said, /stores exactly .*# SKIP the stage does not show which password is stored/);
    assert.equal(fake.requests.filter(({ method }) => method === 'DELETE').length, 13, 'two for each test, and what one of them creates');
    assert.deepEqual(
      fake.state.registries.map(({ url }) => url),
      [`https://${host}`],
    );
  });

  test('let it see the stored passwords, where what stands for ECR tells with which one Harbor came', async () => {
    const last = new Map<string, string>();
    await using fake = await startFakeHarbor({ accepts: (name, _, password) => last.set(name, password).has(name) });
    await using door = await startServer(({ path }) => ({ status: 200, text: last.get(path.slice(1)) ?? '' }));
    const login = { TEST_HARBOR_URL: fake.url, TEST_HARBOR_USERNAME: 'admin', TEST_HARBOR_PASSWORD: adminPassword };
    const { code, passed, skipped, said } = await runTests(import.meta.filename, someChecks, { ...login, TEST_HARBOR_ECR: door.url });
    assert.deepEqual([code, passed, skipped], [0, 7, 0], said);
  });

  test('are given all or not at all: what is missing fails aloud', async () => {
    for (const [name, missing] of [
      ['TEST_HARBOR_URL', 'TEST_HARBOR_USERNAME and TEST_HARBOR_PASSWORD'],
      ['TEST_HARBOR_PASSWORD', 'TEST_HARBOR_URL and TEST_HARBOR_USERNAME'],
    ] as const) {
      const { code, said } = await runTests(import.meta.filename, 'on http', { [name]: 'http://harbor.test' });
      assert.notEqual(code, 0);
      assert.match(said, new RegExp(`${missing} must be set`));
    }
  });
});

type Ref = ReturnType<typeof harbor.create> extends Target<infer R> ? R : never;
interface Setup extends HarborOptions {
  readonly options?: (url: string) => Options;
  readonly wanted?: readonly string[];
  readonly publicSource?: 'configured' | undefined;
}
async function rig({ options = asRobot, wanted, publicSource, ...setup }: Setup = {}): Promise<Rig<FakeHarbor, Ref>> {
  const fake = await startFakeHarbor({ robots: [robot()], ...setup });
  const aliases = new Map([['images.example.com', host]]);
  return await rigOn(fake, deps => harbor.create(options(fake.url), deps), {
    wanted,
    publicSource,
    clock: setup.clock,
    aliases,
    aside: /systeminfo|robots|projects|policies/,
  });
}

describe('a write', () => {
  test('is flat, holds two members and nothing more, carries no cookie, and is the manager’s own proof', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)], upstreams: [ecr(host, 'new-token')] });
    const receipt = await h.deliver(only((await h.discover()).slots), given(host));
    const put = h.fake.requests.at(-1) ?? assert.fail();
    assert.deepEqual([put.method, put.path], ['PUT', '/api/v2.0/registries/1']);
    assert.deepEqual(jsonOf(put), { access_key: 'AWS', access_secret: 'new-token' });
    assert.deepEqual(receipt, { change: 'updated', proven: true });
    assert.equal(h.fake.secretOf(1), 'new-token');
    assert.ok(h.fake.requests.every(({ headers }) => headers.cookie === undefined));
  });

  test('that ECR refuses is CREDENTIAL_REFUSED, and the former token stays', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)], upstreams: [ecr(host, 'another')] });
    const failure = await failing(h.deliver(only((await h.discover()).slots), given(host)));
    assert.deepEqual([failure.code, failure.stops, failure.facts.mayLand], ['CREDENTIAL_REFUSED', 'slot', undefined]);
    assert.ok(failure.message.includes(host) && failure.message.includes('unhealthy'), failure.message);
    assert.equal(h.fake.secretOf(1), 'old-token');
  });

  for (const behaviour of ['unreachable', 'status-403', 'status-429', 'status-503'] as const)
    test(`to a host that is ${behaviour} for Harbor is CREDENTIAL_REFUSED too: Harbor says no more`, async () => {
      await using h = await rig({ registries: [row(`https://${host}`)], upstreams: [ecr(host, 'new-token', { behaviour })] });
      assert.equal((await failing(h.deliver(only((await h.discover()).slots), given(host)))).code, 'CREDENTIAL_REFUSED');
    });

  test('in read-only mode is BUSY: it says nothing about our key', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)], accepts: () => true });
    const slot = only((await h.discover()).slots);
    h.fake.state.read_only = true;
    for (const attempt of [h.deliver, h.rehearse]) {
      const failure = await failing(attempt(slot, given(host)));
      assert.equal(failure.code, 'BUSY');
      assert.match(failure.remedy, /read-only/);
    }
    assert.equal((await h.discover()).slots.length, 1, 'reading goes on');
    h.fake.state.read_only = false;
    assert.equal((await h.deliver(slot, given(host))).change, 'updated');
  });

  test('to a row that is gone is NOT_FOUND, also when it came back under another id', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)], accepts: () => true });
    const slot = only((await h.discover()).slots);
    h.fake.state.registries = h.fake.state.registries.map(found => ({ ...found, id: 7 }));
    assert.equal((await failing(h.deliver(slot, given(host)))).code, 'NOT_FOUND');
    assert.deepEqual(linesOf(await h.discover()), ['7 present']);
  });

  test('of 3050 bytes works; of one more it is TOO_LARGE in words, before anything is sent', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)], wanted: [other], accepts: () => true });
    const { slots } = await h.discover();
    const [slot, fresh] = [slots[0] ?? assert.fail(), slots[1] ?? assert.fail()];
    assert.equal((await h.deliver(slot, given(host, 'x'.repeat(3050)))).change, 'updated');
    const before = h.fake.requests.length;
    for (const [into, credentials] of [
      [slot, given(host, 'é'.repeat(1526))],
      [fresh, given(other, 'x'.repeat(3051))],
    ] as const) {
      const failure = await failing(h.deliver(into, credentials));
      assert.equal(failure.code, 'TOO_LARGE');
      assert.match(failure.message, /305\d bytes.*3050/);
    }
    assert.equal(h.fake.requests.length, before);
  });

  test('a page with status 200 or 201 is not success: Harbor’s own answers are empty', async () => {
    await using h = await rig({
      robots: [robot({ access: [...rights, 'registry:create'] })],
      registries: [row(`https://${host}`)],
      wanted: [other],
      accepts: () => true,
    });
    const { slots } = await h.discover();
    for (const status of [200, 201, 204, 302])
      for (const text of ['<!doctype html><title>Log in</title>', 'OK', '{"ok":true}']) {
        h.fake.fault = ({ method }) => (method === 'GET' ? undefined : { status, text });
        for (const slot of slots) {
          const host = slot.registries[0]?.host ?? '';
          for (const attempt of [h.deliver, h.rehearse])
            assert.match((await failing(attempt(slot, given(host)))).code, /UNEXPECTED|MISCONFIGURED/, `${slot.id}, ${status} ${text}`);
        }
      }
  });

  test('that Harbor cannot store points to its log and its key', async () => {
    await using h = await rig({
      registries: [row(`https://${host}`)],
      fault: ({ method }) =>
        method === 'PUT' ? { status: 500, json: { errors: [{ code: 'UNKNOWN', message: 'internal server error' }] } } : undefined,
    });
    const failure = await failing(h.deliver(only((await h.discover()).slots), given(host)));
    assert.equal(failure.code, 'UNEXPECTED');
    assert.match(failure.remedy, /encryption key/);
  });

  test('that is refused as something else than unhealthy is REJECTED', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)], accepts: () => true });
    const slot = only((await h.discover()).slots);
    for (const reply of [
      { status: 400, json: { errors: [{ code: 'BAD_REQUEST', message: 'name cannot be empty' }] } },
      { status: 400, text: 'bad request' },
      { status: 400, json: null },
      { status: 400, json: { errors: 'is unhealthy' } },
    ]) {
      h.fake.fault = () => reply;
      assert.equal((await failing(h.deliver(slot, given(host)))).code, 'REJECTED', JSON.stringify(reply));
    }
  });
});

describe('the token is never sent in clear', () => {
  const everything = { robots: [robot({ access: [...rights, 'registry:create'] })], accepts: () => true };
  const nothingSent = (h: Rig<FakeHarbor, Ref>) =>
    assert.ok(
      h.fake.requests.every(({ body }) => !body.toString().includes('new-token')),
      'Harbor got the token',
    );

  test('an endpoint with http:// gets none, in no way, and it is said what to do', async () => {
    const blind = { ...everything, robots: [robot({ access: rights.filter(right => right !== 'registry:read') })] };
    for (const [url, setup] of [
      [`http://${host}`, everything],
      [`HTTP://${host}:80/`, everything],
      [host, everything],
      // The robot may not read the endpoint right before the write, so the URL that the discovery saw counts.
      [`http://${host}`, blind],
    ] as const) {
      await using h = await rig({ ...setup, registries: [row(url)] });
      const slot = only((await h.discover()).slots);
      for (const attempt of [h.deliver, h.rehearse]) {
        const failure = await failing(attempt(slot, given(host)));
        assert.deepEqual([failure.code, failure.stops, failure.facts.mayLand], ['MISCONFIGURED', 'slot', undefined]);
        assert.match(failure.remedy, new RegExp(`https://${host}\\..*\`ecr-courier token ${host}\``));
      }
      nothingSent(h);
      assert.equal(h.fake.secretOf(1), 'old-token');
    }
    assert.equal(harbor.findings.ENDPOINT_HTTP.severity, 'error');
  });

  test('one that was edited to https:// is served with the next look: it is another slot, without the pause of the former', async () => {
    await using h = await rig({ ...everything, registries: [row(`http://${host}`)] });
    const before = only((await h.discover()).slots);
    Object.assign(h.fake.state.registries[0] ?? {}, { url: `https://${host}` });
    const after = only((await h.discover()).slots);
    assert.notEqual(after.id, before.id);
    assert.equal((await h.deliver(after, given(host))).change, 'updated');
  });

  test('nor one that was given http:// since the last look, nor one that is another registry by now', async () => {
    for (const [url, code] of [
      [`http://${host}`, 'MISCONFIGURED'],
      [`https://${other}`, 'NOT_FOUND'],
      ['https://registry.evil.test', 'NOT_FOUND'],
    ] as const) {
      await using h = await rig({ ...everything, registries: [row(`https://${host}`)] });
      const slot = only((await h.discover()).slots);
      Object.assign(h.fake.state.registries[0] ?? {}, { url });
      assert.equal((await failing(h.deliver(slot, given(host)))).code, code, url);
      assert.equal((await failing(h.rehearse(slot, given(host)))).code, code, url);
      nothingSent(h);
    }
  });

  test('nor one that somebody created meanwhile', async () => {
    await using h = await rig({ ...everything, wanted: [host] });
    const slot = only((await h.discover()).slots);
    await using template = await startFakeHarbor({ registries: [row(`http://${host}`, { name: host })] });
    h.fake.state.registries.push(...template.state.registries);
    assert.equal((await failing(h.deliver(slot, given(host)))).code, 'MISCONFIGURED');
    assert.equal(h.fake.secretOf(1), 'old-token');
    await using more = await startFakeHarbor({ registries: [row(`https://${host}`, { id: 2, name: 'the other one' })] });
    h.fake.state.registries.push(...more.state.registries);
    assert.deepEqual(await h.deliver(slot, given(host)), { change: 'updated', id: '2', proven: true });
  });
});

describe('what the rows come to', () => {
  const upper = host.toUpperCase();
  const ecrApi = 'https://api.ecr.eu-west-1.amazonaws.com';
  interface Case extends Pick<Setup, 'wanted' | 'publicSource'> {
    readonly name: string;
    readonly rows: RowSeed[];
    readonly slots: readonly string[];
    readonly findings?: readonly string[];
  }
  const table: readonly Case[] = [
    { name: 'nothing', rows: [], slots: [] },
    {
      name: 'no ECR',
      rows: [row('https://registry.example.com:5000'), row(`https://${host}.evil.test`), row('https://ghcr.io', { type: 'github-ghcr' })],
      slots: [],
    },
    { name: 'one', rows: [row(`https://${host}`)], slots: ['1 present'] },
    { name: 'upper case, as Harbor stores it', rows: [row(`https://${upper}`)], slots: ['1 present'] },
    { name: 'the port of https', rows: [row(`https://${host}:443`)], slots: ['1 present'] },
    { name: 'an alias', rows: [row('https://images.example.com')], slots: ['1 present'] },
    { name: 'without a credential', rows: [row(`https://${host}`, { credential: null })], slots: ['1 drifted'] },
    { name: 'edited by hand', rows: [row(`https://${host}`, { credential: { ...stored(), access_key: 'me' } })], slots: ['1 drifted'] },
    { name: 'unhealthy', rows: [row(`https://${host}`, { status: 'unhealthy' })], slots: ['1 drifted'] },
    { name: 'a path', rows: [row(`https://${host}/v2`)], slots: ['1 present URL_FORM'] },
    { name: 'what a query leaves', rows: [row(`https://${host}/`)], slots: ['1 present URL_FORM'] },
    { name: 'plain http', rows: [row(`http://${host}`)], slots: ['1:http present ENDPOINT_HTTP'] },
    { name: 'without a scheme, which Harbor takes for http', rows: [row(host)], slots: ['1:http present ENDPOINT_HTTP'] },
    { name: 'another port', rows: [row(`https://${host}:8443`)], slots: ['1 present URL_FORM'] },
    { name: 'an unverified certificate', rows: [row(`https://${host}`, { insecure: true })], slots: ['1 present CERTIFICATE_UNVERIFIED'] },
    {
      name: 'twice: both are kept fresh',
      rows: [row(`https://${host}`), row(`https://${host}`, { name: 'b' })],
      slots: ['1 present', '2 present'],
    },
    { name: 'aws-ecr', rows: [row(`https://${host}`, { type: 'aws-ecr' })], slots: [], findings: ['AWS_ECR'] },
    {
      name: 'aws-ecr that is unhealthy',
      rows: [row(`https://${host}`, { type: 'aws-ecr', status: 'unhealthy' })],
      slots: [],
      findings: ['AWS_ECR_UNHEALTHY'],
    },
    {
      name: 'aws-ecr as Harbor’s portal makes it, with the address of the API',
      rows: ['', '-fips', '-public'].map(kind => row(`https://api.ecr${kind}.us-east-1.amazonaws.com`, { type: 'aws-ecr' })),
      slots: [],
      findings: ['AWS_ECR', 'AWS_ECR', 'AWS_ECR'],
    },
    { name: 'aws-ecr with any address', rows: [row('https://ecr.test', { type: 'aws-ecr' })], slots: [], findings: ['AWS_ECR'] },
    { name: 'the API in another type', rows: [row(ecrApi, { type: 'docker-hub' })], slots: [], findings: ['ENDPOINT_TYPE'] },
    { name: 'the API as a registry', rows: [row(ecrApi)], slots: [], findings: ['URL_FORM'] },
    { name: 'another type', rows: [row(`https://${host}`, { type: 'docker-hub' })], slots: [], findings: ['ENDPOINT_TYPE'] },
    { name: 'public', rows: [row('https://public.ecr.aws', { credential: null })], slots: [], findings: ['ECR_PUBLIC'] },
    { name: 'public with a stored password', rows: [row('https://public.ecr.aws')], slots: [], findings: ['ECR_PUBLIC_LOGIN'] },
    { name: 'public, with a source', rows: [row('https://public.ecr.aws')], publicSource: 'configured', slots: ['1 present'] },
    {
      name: 'public, and wanted',
      rows: [row('https://public.ecr.aws', { credential: null })],
      wanted: ['public.ecr.aws'],
      slots: [],
      findings: ['ECR_PUBLIC'],
    },
    { name: 'wanted and there', rows: [row(`https://${upper}`)], wanted: [host], slots: ['1 present'] },
    { name: 'wanted and not there', rows: [], wanted: [host], slots: [`new:${host} absent`] },
    {
      name: 'wanted, only aws-ecr there',
      rows: [row(`https://${host}`, { type: 'aws-ecr' })],
      wanted: [host],
      slots: [`new:${host} absent`],
      findings: ['AWS_ECR'],
    },
  ];
  for (const { name, rows, slots, findings = [], wanted = [], publicSource } of table)
    test(name, async () => {
      await using h = await rig({ registries: rows, wanted, publicSource });
      const found = await h.discover();
      assert.deepEqual([linesOf(found), codesOf(found.findings)], [slots, findings]);
      assert.deepEqual([found.about?.product, found.about?.principal], ['Harbor v2.15.2-080b0220', 'robot$courier']);
    });

  test('an aws-ecr row that Harbor finds unhealthy is a warning, and no advice to do nothing', () => {
    const { severity, remedy } = harbor.findings.AWS_ECR_UNHEALTHY;
    assert.equal(severity, 'warning');
    assert.match(remedy, /^Check the IAM keys/);
    assert.equal(harbor.findings.AWS_ECR.severity, 'info');
  });

  test('a list that is none is UNEXPECTED; strange rows and Harbor itself are passed over', async () => {
    const answering = (json: unknown) => rig({ fault: ({ path }) => (path.includes('/registries') ? { status: 200, json } : undefined) });
    for (const json of [null, {}, 'x', { registries: [] }]) {
      await using h = await answering(json);
      const { code, message } = await failing(h.discover());
      assert.equal(code, 'UNEXPECTED');
      assert.match(message, /^GET \/api\/v2\.0\/registries: the answer is not a list, but (null|\{\}|a string|\{registries\})\.$/);
    }
    const good = { type: 'docker-registry', url: `https://${host}` };
    const ids = [0, -1, '../x', 1.5, undefined];
    await using h = await answering([
      null,
      7,
      {},
      ...ids.map(id => ({ ...good, id })),
      { id: 2, url: good.url },
      { id: 3, type: 'docker-registry' },
      { ...good, id: 4 },
    ]);
    assert.deepEqual(linesOf(await h.discover()), ['4 drifted']);
  });
});

describe('all pages, and no page without end', () => {
  const rows = (count: number): RowSeed[] =>
    Array.from({ length: count }, (_, index) => row(`https://${hostOf(100_000_000_000 + index)}`, { name: `r${index}` }));

  for (const [count, pages] of [
    [99, 1],
    [100, 1],
    [101, 2],
    [250, 3],
  ] as const)
    test(`${count} rows come in ${pages} pages`, async () => {
      await using h = await rig({ registries: rows(count) });
      assert.equal((await h.discover()).slots.length, count);
      assert.equal(h.asked().length, pages);
    });

  test('Harbor before 2.3 gives everything at once and repeats it', async () => {
    await using h = await rig({ registries: rows(250), version: '2.2.4' });
    assert.equal((await h.discover()).slots.length, 250);
    assert.equal(h.asked().length, 2);
  });

  test('a row removed between two pages hides no other one', async () => {
    await using h = await rig({ registries: rows(201) });
    h.fake.fault = ({ path }) => {
      if (path.includes('page=2') && h.fake.state.registries.length === 201) h.fake.state.registries.splice(5, 1);
      return undefined;
    };
    assert.equal((await h.discover()).slots.length, 200);
  });

  for (const total of ['', '0', '-1', '50', 'many'])
    test(`a count of "${total}" hides no row`, async () => {
      await using h = await rig();
      const all = rows(150).map((seed, index) => ({ type: 'docker-registry', ...seed, id: index + 1 }));
      h.fake.fault = ({ path }) => {
        const page = Number(new URL(path, 'http://harbor').searchParams.get('page') ?? 0);
        if (page === 0) return undefined;
        return { status: 200, headers: { 'x-total-count': total }, json: all.slice((page - 1) * 100, page * 100) };
      };
      assert.equal((await h.discover()).slots.length, 150);
    });

  test('a list that never ends is TOO_LARGE', async () => {
    await using h = await rig();
    let id = 1;
    const page = () => Array.from({ length: 100 }, () => ({ id: id++, type: 'docker-hub', url: 'https://hub.example.com' }));
    h.fake.fault = ({ path }) => (path.includes('/registries') ? { status: 200, json: page() } : undefined);
    const failure = await failing(h.target.discover(AbortSignal.timeout(60_000)));
    assert.equal(failure.code, 'TOO_LARGE');
    assert.ok(h.asked().length <= 1_000);
  });
});

describe('the health loop', () => {
  test('a token that died turns the row unhealthy, which is drift; one good PUT mends it at once', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)], upstreams: [ecr(host, 'old-token')] });
    assert.deepEqual(linesOf(await h.discover()), ['1 present']);
    Object.assign(h.fake.state.upstreams[0] ?? {}, { password: 'new-token' });
    assert.deepEqual(linesOf(await h.discover()), ['1 present'], 'Harbor does not know yet');
    await h.fake.checkHealth();
    const drifted = await h.discover();
    assert.deepEqual(linesOf(drifted), ['1 drifted']);
    await h.deliver(only(drifted.slots), given(host));
    assert.deepEqual(linesOf(await h.discover()), ['1 present']);
  });

  test('a pass that read the row before our PUT may call it unhealthy after it: one more PUT, and no finding', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)], upstreams: [ecr(host, 'new-token')] });
    await h.deliver(only((await h.discover()).slots), given(host));
    Object.assign(h.fake.state.registries[0] ?? {}, { status: 'unhealthy' });
    const raced = await h.discover();
    assert.deepEqual([linesOf(raced), raced.findings], [['1 drifted'], []]);
    await h.deliver(only(raced.slots), given(host));
    assert.deepEqual(linesOf(await h.discover()), ['1 present']);
  });

  test('1.10 shows the good status only later: there it is no drift', async () => {
    await using h = await rig({
      version: '1.10.18',
      options: asAdmin,
      registries: [row(`https://${host}`, { status: 'unhealthy' })],
      accepts: () => true,
    });
    const { slots } = await h.discover();
    assert.equal((await h.deliver(only(slots), given(host))).change, 'updated');
    assert.deepEqual(linesOf(await h.discover()), ['1 present']);
  });
});

describe('creating', () => {
  const creator = { robots: [robot({ access: [...rights, 'registry:create'] })], accepts: () => true };
  test('a docker-registry endpoint, named like its host', async () => {
    await using h = await rig({ ...creator, registries: [row(`https://${host}`, { type: 'aws-ecr' })], wanted: [host] });
    const receipt = await h.deliver(only((await h.discover()).slots), given(host));
    assert.deepEqual(receipt, { change: 'created', id: '2', proven: true });
    const [mine] = h.fake.state.registries.filter(({ id }) => id === 2);
    assert.deepEqual([mine?.name, mine?.type, mine?.url, mine?.insecure], [host, 'docker-registry', `https://${host}`, false]);
    assert.deepEqual([mine?.credential?.access_key, h.fake.secretOf(2), h.fake.secretOf(1)], ['AWS', 'new-token', 'old-token']);
  });

  test('the token is tried first: what ECR refuses is created nowhere', async () => {
    await using h = await rig({ ...creator, accepts: () => undefined, upstreams: [ecr(host, 'another')], wanted: [host] });
    assert.equal((await failing(h.deliver(only((await h.discover()).slots), given(host)))).code, 'CREDENTIAL_REFUSED');
    assert.equal(h.fake.state.registries.length, 0);
  });

  test('an answer without the address of the new row is no obstacle', async () => {
    await using h = await rig({ ...creator, wanted: [host] });
    const slot = only((await h.discover()).slots);
    const made = row(`https://${host}`, { id: 9 });
    await using template = await startFakeHarbor({ registries: [made] });
    h.fake.fault = ({ method }) => {
      if (method !== 'POST') return undefined;
      h.fake.state.registries.push(...template.state.registries);
      return { status: 201 };
    };
    assert.deepEqual(await h.deliver(slot, given(host)), { change: 'created', id: '9', proven: true });
  });

  test('the name is taken by something else: CONFLICT', async () => {
    await using h = await rig({ ...creator, registries: [row('https://docker.io', { type: 'docker-hub', name: host })], wanted: [host] });
    const failure = await failing(h.deliver(only((await h.discover()).slots), given(host)));
    assert.equal(failure.code, 'CONFLICT');
    assert.match(failure.remedy, /rename/);
  });

  test('a name has at most 64 letters', async () => {
    const long = `${'a'.repeat(60)}.images.example.com`;
    await using h = await rig({ ...creator });
    const registry = parseAddress(long, new Map([[long, host]]))?.registry ?? assert.fail();
    const slot: Slot<Ref> = {
      id: `new:${long}`,
      registries: [registry],
      state: 'absent',
      ref: { path: '/api/v2.0/registries', row: 'new' },
    };
    assert.equal((await h.deliver(slot, given(long))).change, 'created');
    assert.equal(h.fake.state.registries[0]?.name.length, 64);
  });

  test('without the right to create it is FORBIDDEN for that slot alone, and says which right', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)], wanted: [other], accepts: () => true });
    const { slots } = await h.discover();
    const failure = await failing(h.deliver(slots[1], given(other)));
    assert.deepEqual([failure.code, failure.stops], ['FORBIDDEN', 'slot']);
    assert.match(failure.remedy, /needs registry:create.*`ecr-courier refresh`/);
    assert.equal((await h.deliver(slots[0], given(host))).change, 'updated');
  });
});

describe('the login', () => {
  test('a robot account with the permissions of the guide does everything; `$` and `:` arrive as they are', async () => {
    const secret = 'Pa:ss$wörd-1';
    await using h = await rig({
      robots: [robot({ secret })],
      registries: [row(`https://${host}`)],
      accepts: () => true,
      options: url => ({ ...asRobot(url), password: new Secret(secret) }),
    });
    const slot = only((await h.discover()).slots);
    assert.equal((await h.deliver(slot, given(host))).proven, true);
    assert.equal((await h.rehearse(slot, given(host))).proven, true);
  });

  const cases: readonly [string, Partial<RobotSeed>][] = [
    ['a wrong secret', { secret: 'Another-1' }],
    ['a disabled robot', { disabled: true }],
    ['an expired robot', { expired: true }],
    ['an unknown robot', { name: 'robot$other' }],
  ];
  for (const [name, more] of cases)
    test(`${name} is AUTH, after one request`, async () => {
      await using h = await rig({ robots: [robot(more)], clock: fastClock(20) });
      const failure = await failing(h.discover());
      assert.equal(failure.code, 'AUTH');
      assert.match(failure.remedy, /expired/);
      assert.equal(h.fake.requests.length, 1, 'each one more would lock the name again');
    });

  test('after a refused login there is one request at a time, and those that wait share its fate', async () => {
    await using h = await rig({ registries: [row(`https://${host}`), row(`https://${other}`)], accepts: () => true, clock: fastClock(20) });
    const { slots } = await h.discover();
    const [known] = h.fake.state.robots;
    const all = () =>
      Promise.allSettled(slots.flatMap(slot => [1, 2, 3].map(() => h.deliver(slot, given(slot.registries[0]?.host ?? '')))));
    Object.assign(known ?? {}, { secret: 'Courier-Robot-2' });
    await failing(h.discover());

    const before = h.fake.requests.length;
    const refused = await all();
    assert.equal(h.fake.requests.length - before, 1);
    assert.ok(refused.every(result => result.status === 'rejected' && result.reason.code === 'AUTH'));

    Object.assign(known ?? {}, { secret: 'Courier-Robot-1' });
    assert.ok((await all()).every(result => result.status === 'fulfilled'));
  });

  test('a robot account without a right is FORBIDDEN where that is needed, and the right is named', async () => {
    for (const [access, right] of [
      [['label:read'], 'registry:list'],
      [['registry:list'], 'registry:update'],
    ] as const) {
      await using h = await rig({ robots: [robot({ access: [...access] })], registries: [row(`https://${host}`)] });
      const failure = await failing(h.discover().then(({ slots }) => h.deliver(only(slots), given(host))));
      assert.deepEqual([failure.code, failure.stops], ['FORBIDDEN', 'slot'], right);
      assert.ok(failure.remedy.includes(`needs ${right}`), failure.remedy);
    }
  });

  test('without registry:list what is known is still written; without registry:read everything is', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)], accepts: () => true });
    const slot = only((await h.discover()).slots);
    const known = h.fake.state.robots[0] ?? assert.fail();
    for (const lost of ['registry:list', 'registry:read']) {
      known.access = rights.filter(right => right !== lost);
      assert.equal((await h.deliver(slot, given(host, `new-without-${lost}`))).change, 'updated', lost);
      assert.equal(h.fake.secretOf(1), `new-without-${lost}`);
    }
  });

  test('a 401 or 403 that is not Harbor’s own points to what stands in front, and not to the account', async () => {
    await using h = await rig();
    for (const fault of [
      { status: 401, text: '<html>Log in</html>' },
      { status: 401, headers: { 'www-authenticate': 'Basic realm="staff"' } },
      { status: 401, json: { error: 'no session' } },
      // The responses of Kong and Portainer.
      { status: 401, json: { message: 'Unauthorized' } },
      { status: 401, json: { message: 'Invalid JWT token', details: 'Unauthorized' } },
      { status: 403, text: '<html>' },
      { status: 403, json: { errors: [{ code: 'FORBIDDEN', message: 'CSRF token not found in request' }] } },
    ]) {
      h.fake.fault = () => fault;
      const { code, message, remedy } = await failing(h.discover());
      assert.deepEqual(
        [code, /in front of Harbor/.test(message), /robot|password/i.test(remedy)],
        [fault.status === 401 ? 'AUTH' : 'FORBIDDEN', true, false],
      );
    }
  });

  for (const [name, username, says] of [
    ['of a robot without `$`', 'robot', /ate|took `\$courier` for a variable.*robot\$\$courier/],
    ['with `$$`', 'robot$$courier', /write one `\$`/],
    ['in quotation marks', "'robot$courier'", /quotation mark.*write it without/],
  ] as const)
    test(`a refused user name ${name}: who reads what is said`, async () => {
      await using h = await rig({ options: url => ({ ...asRobot(url), username }), clock: fastClock(20) });
      assert.match((await failing(h.discover())).remedy, says);
    });
});

describe('what uses an endpoint', () => {
  const used = {
    registries: [
      row(`https://${host}`),
      row(`https://${other}`),
      row('https://api.ecr.eu-west-1.amazonaws.com', { type: 'aws-ecr', status: 'unhealthy' }),
    ],
    projects: [
      { name: 'hub', registry_id: 1, public: true },
      { name: 'secret-hub', registry_id: 1, public: false },
      { name: 'library', registry_id: 0, public: true },
      { name: 'through-aws', registry_id: 3, public: true },
    ],
    policies: [
      { name: 'pull', source: 1 },
      { name: 'push', destination: 3 },
    ],
  };
  const told = async (more: Setup) => {
    await using h = await rig({ ...used, ...more });
    const { slots, findings } = await h.discover();
    return [...slots.flatMap(slot => slot.findings ?? []), ...findings].flatMap(({ message }) => /used by: (.*)$/.exec(message)?.[1] ?? []);
  };

  test('is named by an administrator’s look', async () => {
    assert.deepEqual(await told({ options: asAdmin }), [
      'proxy-cache projects hub and secret-hub, replication rule pull.',
      'proxy-cache project through-aws, replication rule push.',
    ]);
  });

  test('is named as far as the account may see it: of a robot account the public projects, and with the right the rules', async () => {
    assert.deepEqual(await told({}), ['proxy-cache project hub.', 'proxy-cache project through-aws.']);
    for (const right of ['project:list', 'project:read'])
      assert.deepEqual(await told({ robots: [robot({ access: [...rights, 'replication-policy:list', right] })] }), [
        'proxy-cache projects hub and secret-hub, replication rule pull.',
        'proxy-cache project through-aws, replication rule push.',
      ]);
  });

  test('is found among any number of projects', async () => {
    const plain = Array.from({ length: 1_500 }, (_, at) => ({ name: `p${at}`, registry_id: 0, public: true }));
    assert.deepEqual(await told({ projects: [...plain, { name: 'zzz', registry_id: 2, public: true }] }), ['proxy-cache project zzz.']);
  });

  test('is named five times at most, and nobody is stopped by answers that are none', async () => {
    const projects = Array.from({ length: 120 }, (_, at) => ({ name: `p${String(at).padStart(3, '0')}`, registry_id: 1, public: true }));
    assert.equal((await told({ projects }))[0], 'proxy-cache projects p000, p001, p002, p003, p004 and 115 more.');
    const nonsense = [null, 7, { name: 8, registry_id: 1 }, { registry_id: 'x', src_registry: 5, dest_registry: { id: -1 } }];
    for (const fault of ['reset', { status: 200, text: '<html>' }, { status: 500 }, { status: 200, json: nonsense }] as const)
      await told({ fault: ({ path }) => (/projects|policies/.test(path) ? fault : undefined) });
  });
});

describe('the end of the robot’s secret', () => {
  const seconds = Math.floor(Date.now() / 1000) + 5 * 86_400;
  const seen = async (more: Partial<Robot>, others: RobotSeed[] = []) => {
    await using h = await rig({ robots: [...others, robot(more)] });
    const { about, findings } = await h.discover();
    return [about?.keyExpiresAt?.getTime(), codesOf(findings)];
  };
  test('is told, for the engine to warn before it', async () => {
    assert.deepEqual(await seen({ expires_at: seconds }), [seconds * 1000, []]);
    const others = Array.from({ length: 120 }, (_, index) => ({ name: `robot$r${index}`, secret: 'x' }));
    assert.deepEqual(await seen({ expires_at: seconds }, others), [seconds * 1000, []], 'on the second page');
  });
  test('never is not a date', async () => assert.deepEqual(await seen({ expires_at: -1 }), [undefined, []]));
  test('without robot:list a person is told that nobody watches', async () =>
    assert.deepEqual(await seen({ access: rights.filter(right => right !== 'robot:list') }), [undefined, ['KEY_END_HIDDEN']]));
  test('an administrator is not a robot', async () => {
    // Versions without such robots do not have the path.
    for (const fault of [undefined, { status: 404 }]) {
      await using h = await rig({ options: asAdmin, fault: ({ path }) => (path.includes('/robots') ? fault : undefined) });
      const { about, findings } = await h.discover();
      assert.deepEqual([about?.principal, about?.keyExpiresAt, findings], ['admin', undefined, []]);
    }
  });
  test('that cannot be read, or that of a robot beyond the first thousand, is a finding', async () => {
    for (const end of [1e300, 1.9e9 + 0.5, 'soon' as unknown as number])
      assert.deepEqual(await seen({ expires_at: end }), [undefined, ['KEY_END_HIDDEN']], String(end));
    const others = Array.from({ length: 1_000 }, (_, index) => ({ name: `robot$r${index}`, secret: 'x' }));
    assert.deepEqual(await seen({ expires_at: seconds }, others), [undefined, ['KEY_END_HIDDEN']]);
    assert.deepEqual(await seen({ expires_at: seconds }, others.slice(1)), [seconds * 1000, []]);
  });

  test('a later look counts: extended, and not told any more for an hour, which is said', async () => {
    const time = createVirtualClock();
    const ends = async (h: Rig<FakeHarbor, Ref>, minutes: number) => {
      await time.advance(minutes * 60_000);
      const { about, findings } = await h.discover();
      return [about?.keyExpiresAt?.getTime(), codesOf(findings)];
    };
    await using h = await rig({ clock: time, robots: [robot({ expires_at: seconds })] });
    const known = h.fake.state.robots[0] ?? assert.fail();
    assert.deepEqual(await ends(h, 0), [seconds * 1000, []]);
    known.expires_at += 86_400;
    assert.deepEqual(await ends(h, 10), [(seconds + 86_400) * 1000, []]);
    h.fake.fault = ({ path }) => (path.includes('/robots') ? { status: 500 } : undefined);
    assert.deepEqual(await ends(h, 10), [(seconds + 86_400) * 1000, []]);
    assert.deepEqual(await ends(h, 50), [undefined, ['KEY_END_HIDDEN']]);
    h.fake.fault = undefined;
    known.access = ['registry:list'];
    assert.deepEqual(await ends(h, 10), [undefined, ['KEY_END_HIDDEN']]);
  });

  test('what is for people only may fail or be something else, and is asked every ten minutes', async () => {
    const faults = [
      'reset',
      { status: 200, text: '<html>' },
      { status: 200, json: [{ name: 'robot$courier', expires_at: 1e300 }] },
      { status: 500 },
    ] as const;
    for (const fault of faults) {
      await using h = await rig({
        registries: [row(`https://${host}`)],
        fault: ({ path }) => (/systeminfo|robots/.test(path) ? fault : undefined),
      });
      const found = await h.discover();
      assert.deepEqual([found.slots.length, found.about], [1, { product: 'Harbor', principal: 'robot$courier' }]);
      assert.deepEqual(codesOf(found.findings), ['KEY_END_HIDDEN']);
    }
    const time = createVirtualClock();
    await using h = await rig({ clock: time });
    const looks = (): number => h.fake.requests.length - h.asked().length;
    await h.discover();
    await h.discover();
    assert.equal(looks(), 4);
    await time.advance(600_000);
    await h.discover();
    assert.equal(looks(), 8);
  });
});

describe('rehearsing', () => {
  test('Harbor tries the credential and stores nothing, for rows that are there and for new ones', async () => {
    await using h = await rig({
      robots: [robot({ access: [...rights, 'registry:create'] })],
      registries: [row(`https://${host}`)],
      wanted: [other],
      upstreams: [ecr(host, 'new-token'), ecr(other, 'new-token')],
    });
    const { slots } = await h.discover();
    const [mine, fresh] = [slots[0] ?? assert.fail(), slots[1] ?? assert.fail()];
    assert.deepEqual(await h.rehearse(mine, given(host)), { change: 'updated', proven: true });
    assert.deepEqual(jsonOf(h.fake.requests.at(-1) ?? assert.fail()), { id: 1, access_key: 'AWS', access_secret: 'new-token' });
    assert.deepEqual(await h.rehearse(fresh, given(other)), { change: 'created', proven: true });
    assert.deepEqual([h.fake.secretOf(1), h.fake.state.registries.length], ['old-token', 1]);
  });
  test('what Harbor tried in vain would not be stored: as in a delivery it is a failure', async () => {
    await using h = await rig({
      robots: [robot({ access: [...rights, 'registry:create'] })],
      registries: [row(`https://${host}`)],
      wanted: [other],
      upstreams: [ecr(host, 'another'), ecr(other, 'another')],
    });
    for (const slot of (await h.discover()).slots) {
      const failure = await failing(h.rehearse(slot, given(slot.registries[0]?.host ?? '')));
      assert.deepEqual([failure.code, failure.stops], ['CREDENTIAL_REFUSED', 'slot']);
    }
  });
  for (const [version, more] of [
    ['2.15.2', []],
    ['2.15.2', ['robot:list']],
    ['2.15.2', ['registry:read', 'robot:list']],
    ['2.3.5', ['registry:read']],
  ] as const)
    for (const [index, right] of ['registry:update', 'registry:create'].entries())
      test(`of a robot account with ${['list', ...more]}, on ${version}: without ${right} it is FORBIDDEN, as a delivery`, async () => {
        const access = ['registry:list', ...more, 'registry:update', 'registry:create'].filter(one => one !== right);
        await using h = await rig({
          version,
          robots: [robot({ access })],
          registries: [row(`https://${host}`)],
          wanted: [other],
          accepts: () => true,
        });
        const { slots } = await h.discover();
        const before = structuredClone(h.fake.state.registries);
        const attempts = slots.map(slot => h.rehearse(slot, given(slot.registries[0]?.host ?? '')));
        const [mine, others] = [attempts[index] ?? assert.fail(), attempts[1 - index] ?? assert.fail()];
        const { code, stops, remedy } = await failing(mine);
        assert.deepEqual([code, stops], ['FORBIDDEN', 'slot']);
        assert.ok(remedy.includes(`needs ${right}:`), remedy);
        await others;
        assert.deepEqual(h.fake.state.registries, before);
      });
  test('a page, or a refusal by what stands in front, is what a delivery would meet', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)], accepts: () => true });
    const slot = only((await h.discover()).slots);
    for (const [status, code] of [
      [200, 'UNEXPECTED'],
      [401, 'AUTH'],
      [403, 'FORBIDDEN'],
      [405, 'UNEXPECTED'],
      [503, 'BUSY'],
    ] as const) {
      h.fake.fault = ({ method }) => (method === 'PUT' ? { status, text: '<html>Log in</html>' } : undefined);
      for (const attempt of [h.rehearse, h.deliver]) assert.equal((await failing(attempt(slot, given(host)))).code, code, `${status}`);
    }
  });
  test('without registry:read nothing is tried, so nothing is promised, and nothing else is wrong', async () => {
    await using h = await rig({
      robots: [robot({ access: ['registry:list', 'registry:update', 'registry:create'] })],
      registries: [row(`https://${host}`)],
      wanted: [other],
      upstreams: [ecr(host, 'another')],
    });
    for (const slot of (await h.discover()).slots) {
      const receipt = await h.rehearse(slot, given(slot.registries[0]?.host ?? ''));
      assert.deepEqual([receipt.change, receipt.proven, codesOf(receipt.findings)], ['untried', undefined, ['TRIAL_IMPOSSIBLE']]);
    }
  });
  test('a row that is gone is NOT_FOUND', async () => {
    await using h = await rig({ registries: [row(`https://${host}`)] });
    const slot = only((await h.discover()).slots);
    h.fake.state.registries = [];
    assert.equal((await failing(h.rehearse(slot, given(host)))).code, 'NOT_FOUND');
  });
});

test('an address with /api, /api/v2.0 or a slash at its end is understood; another server is MISCONFIGURED', async () => {
  for (const tail of ['/', '/api', '/api/', '/api/v2.0', '/api/v2.0/']) {
    await using h = await rig({ options: url => asRobot(url + tail), registries: [row(`https://${host}`)] });
    assert.equal((await h.discover()).slots.length, 1, tail);
  }
  await using h = await rig({ options: url => asRobot(`${url}/elsewhere`) });
  assert.equal((await failing(h.discover())).code, 'MISCONFIGURED');
});

test('1.10 has another base path, which is found once and remembered', async () => {
  await using h = await rig({
    version: '1.10.18',
    options: asAdmin,
    registries: [row(`https://${host}`)],
    upstreams: [ecr(host, 'another')],
  });
  const slot = only((await h.discover()).slots);
  assert.equal((await failing(h.deliver(slot, given(host)))).code, 'CREDENTIAL_REFUSED', 'it has other words for unhealthy');
  await h.discover();
  assert.deepEqual(
    h.asked().map(line => line.replace(/\?.*/, '')),
    ['GET /api/v2.0/registries', 'GET /api/registries', 'GET /api/registries/1', 'PUT /api/registries/1', 'GET /api/registries'],
  );
});

describe('the guide', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/harbor.md'), 'utf8');
  test('its robot account has the rights that the tests work with', () => {
    const [, json = ''] = /```json\n(.*?)```/s.exec(guide) ?? [];
    const { level, permissions } = JSON.parse(json.replace(/^ {3}/gm, '')) as {
      level: string;
      permissions: { access: { resource: string; action: string }[] }[];
    };
    assert.equal(level, 'system');
    assert.deepEqual(
      permissions.flatMap(({ access }) => access.map(({ resource, action }) => `${resource}:${action}`)).sort(),
      rights.toSorted(),
    );
  });
  test('`$` in a variable and in the example file is a `$`', async () => {
    const env = { HARBOR_URL: 'https://harbor.test', HARBOR_USERNAME: 'robot$courier', HARBOR_PASSWORD: 'Pa$$word' };
    const example = join(import.meta.dirname, '../../config/example.yaml');
    for (const how of [
      { files: [], env },
      { files: [example], env: {} },
    ]) {
      const { targets } = await load({ ...how, adapters });
      assert.equal(targets.find(({ kind }) => kind === 'harbor')?.options['username'], 'robot$courier');
    }
  });
  test('`$` in its compose file survives', () => {
    const [, name = ''] = /HARBOR_USERNAME: (\S+)/.exec(guide) ?? [];
    // Compose reads `$$` as `$`, and `$NAME` as a variable.
    assert.equal(
      name.replace(/\$\$|\$\w*/g, found => (found === '$$' ? '$' : '')),
      'robot$courier',
    );
  });
});
