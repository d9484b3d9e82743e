import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { adapters } from '../adapters/index.ts';
import { load } from '../config/load.ts';
import { type App, createApp } from '../src/app.ts';
import type { Clock } from '../src/contract/clock.ts';
import type { CourierEvent } from '../src/courier/events.ts';
import { createLog } from '../src/io/log.ts';
import { until } from './commands/cli.ts';
import { createVirtualClock } from './fakes/clock.ts';
import { type FakeEcr, startEcr } from './fakes/ecr.ts';
import { fastClock } from './fakes/fast-clock.ts';
import { adminKey, type FakePortainer, startFakePortainer } from './fakes/portainer.ts';
import type { Key } from './fakes/rancher/state.ts';
import { startFakeRancher } from './fakes/rancher.ts';
import { startRegistry } from './fakes/registry.ts';
import type { Fault, Seen } from './fakes/server.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const ecrRow = { Name: 'ecr', URL: host, Authentication: true, Username: 'AWS', Password: 'old' };
const keys = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests' };
let ecr: FakeEcr;
let folder: string;

before(async () => {
  ecr = await startEcr();
  folder = await mkdtemp(join(tmpdir(), 'courier-'));
});
after(async () => {
  await ecr[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Running extends AsyncDisposable {
  readonly app: App;
  readonly events: CourierEvent[];
  readonly lines: string[];
}

async function start(targets: readonly object[], more: { clock?: Clock; rehearse?: boolean } = {}): Promise<Running> {
  const file = join(folder, `${Math.random()}.json`);
  await writeFile(file, JSON.stringify({ targets, engine: { tickSeconds: 1 } }));
  const config = await load({ files: [file], env: {}, adapters });
  const door = await startRegistry(ecr);
  const lines: string[] = [];
  const events: CourierEvent[] = [];
  const log = createLog({ to: { write: line => lines.push(line) }, level: 'debug' });
  const heard = (event: CourierEvent) => void events.push(event);
  const app = createApp(config, {
    clock: fastClock(1),
    log,
    env: { ...keys, AWS_ENDPOINT_URL_ECR: ecr.url },
    registryEndpoint: () => door.url,
    heard,
    ...more,
  });
  const stopping = new AbortController();
  const running = app.run(stopping.signal);
  return {
    app,
    events,
    lines,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
      await door[Symbol.asyncDispose]();
    },
  };
}

const target = (portainer: { url: string }, more: object = {}) => ({
  kind: 'portainer',
  url: portainer.url,
  apiKey: adminKey,
  allowHttp: true,
  ...more,
});
const writes = (portainer: FakePortainer) => portainer.requests.filter(request => request.method === 'PUT' || request.method === 'POST');
const onWrites =
  (fault: Fault) =>
  (request: Seen): Fault | undefined =>
    request.method === 'PUT' ? fault : undefined;

test('ten Portainers of which one hangs, one drips, one sends without end, one resets: six are served at once, four fail each in its way', async () => {
  await using stack = new AsyncDisposableStack();
  const faults: Record<number, Fault> = { 2: 'hang', 4: 'drip', 6: 'huge', 8: 'reset' };
  const portainers: FakePortainer[] = [];
  for (let at = 0; at < 10; at++) {
    const fault = faults[at];
    portainers.push(stack.use(await startFakePortainer({ registries: [ecrRow], ...(fault && { fault: onWrites(fault) }) })));
  }
  // Only the targets that never answer get a short deadline: a slow machine may need the default for the others.
  const waits = (at: number): boolean => faults[at] === 'hang' || faults[at] === 'drip';
  const targets = portainers.map((portainer, at) => target(portainer, { name: `p${at}`, ...(waits(at) && { deliverSeconds: 2 }) }));
  const running = stack.use(await start(targets));
  const ended = () => running.events.filter(event => event.kind === 'delivered' || event.kind === 'delivery-failed');
  await until(() => new Set(ended().map(event => event.target)).size === 10, 'an outcome everywhere');

  const failed = new Map(
    running.events.flatMap(event => (event.kind === 'delivery-failed' ? [[event.target, event.failure] as const] : [])),
  );
  assert.deepEqual([...failed.keys()].sort(), ['p2', 'p4', 'p6', 'p8']);
  assert.deepEqual(
    ['p2', 'p4', 'p6', 'p8'].map(name => failed.get(name)?.code),
    ['TIMEOUT', 'TIMEOUT', 'TOO_LARGE', 'UNREACHABLE'],
  );
  for (const name of ['p2', 'p4', 'p8']) assert.equal(failed.get(name)?.facts.mayLand, true, `${name}: the write may still land`);
  assert.equal(ecr.calls.filter(call => call.action === 'GetAuthorizationToken').length, 1, 'one fetch for all');
  for (const portainer of portainers) portainer.fault = undefined;
  // A TOO_LARGE failure would be retried only after minutes.
  for (const name of running.app.courier.ledger.targets.keys()) running.app.courier.look(name);
  await until(() => portainers.every(portainer => portainer.passwordOf(1) !== 'old'), 'all are served in the end');
});

test('many writes are told in all when they are over', async () => {
  await using stack = new AsyncDisposableStack();
  const registries = Array.from({ length: 6 }, (_, at) => ({
    ...ecrRow,
    Name: `ecr ${at}`,
    URL: `12345678901${at}.dkr.ecr.eu-west-1.amazonaws.com`,
  }));
  const portainer = stack.use(await startFakePortainer({ registries }));
  const running = stack.use(await start([target(portainer)], { clock: fastClock(30) }));
  await until(() => running.lines.some(line => /"count":6,.*"msg":"delivered, in all"/.test(line)), 'the sum');
  assert.deepEqual(
    running.lines.filter(line => /"msg":"delivered"/.test(line)).map(line => /"level":"(\w+)"/.exec(line)?.[1]),
    ['info', 'info', 'info', 'debug', 'debug', 'debug'],
  );
});

test('a key file that is not there yet is waited for; a rotated key is taken up without a restart', async () => {
  await using stack = new AsyncDisposableStack();
  const portainer = stack.use(await startFakePortainer({ registries: [ecrRow] }));
  const keyFile = join(folder, 'key');
  const running = stack.use(
    await start([{ kind: 'portainer', url: portainer.url, allowHttp: true, apiKeyFile: keyFile }], { clock: fastClock(30) }),
  );
  await until(() => running.events.some(event => event.kind === 'discovery-failed'), 'the first look');
  const [view] = running.app.status().targets;
  assert.match(view?.trouble?.message ?? '', / \(the API key of portainer\) does not exist/);
  assert.match(view?.trouble?.remedy ?? '', /My account > Access tokens/);

  await writeFile(keyFile, `${adminKey}\n`, { mode: 0o600 });
  await until(() => portainer.passwordOf(1) !== 'old', 'the delivery');
  const [admin] = portainer.state.users;
  assert.ok(admin);
  admin.apiKey = 'ptr_another-key-of-the-same-administrator==';
  await until(() => running.app.status().targets[0]?.trouble?.code === 'AUTH', 'the old key is refused');
  await writeFile(keyFile, admin.apiKey, { mode: 0o600 });
  await until(() => running.app.status().targets[0]?.trouble === null, 'the new one is taken up');
  assert.doesNotMatch(running.lines.join(''), /ptr_/);
});

test('a key that comes with a new access key is taken up without a restart, although its files are replaced one after the other', async () => {
  await using stack = new AsyncDisposableStack();
  const [former, next] = ['A', 'B'].map(access => ({
    access,
    secret: `secret-of-${access}-1234`,
    account: '1a5',
    accountKind: 'project',
    state: 'active',
  })) as [Key, Key];
  const setup = { accessControl: true, keys: [former], registries: [{ id: '1sp1', serverAddress: host }] };
  const rancher = stack.use(await startFakeRancher({ ...setup, credentials: [{ id: '1c1', registryId: '1sp1' }] }));
  const [accessKeyFile, secretKeyFile] = ['access', 'secret'].map(name => join(folder, name)) as [string, string];
  const put = (file: string, text: string) => writeFile(file, text, { mode: 0o600 });
  await put(accessKeyFile, former.access);
  await put(secretKeyFile, former.secret);
  const running = stack.use(
    await start([{ kind: 'rancher', url: rancher.url, allowHttp: true, accessKeyFile, secretKeyFile }], { clock: fastClock(30) }),
  );
  const trouble = () => running.app.status().targets[0]?.trouble?.code;
  await until(() => rancher.row('1c1').values['secretValue'] !== 'old', 'the delivery');

  rancher.state.keys.splice(0, 1, next);
  await put(secretKeyFile, next.secret);
  await until(() => trouble() === 'AUTH', 'the halves do not match');
  await put(accessKeyFile, next.access);
  await until(() => trouble() === undefined, 'the new pair is taken up');
});

test('a daemon that waits for its random moment is live; one that has begun is live only while it works', async () => {
  const file = join(folder, 'waiting.json');
  await writeFile(file, JSON.stringify({ targets: [target({ url: 'http://127.0.0.1:1' })], engine: { startSpreadSeconds: 3600 } }));
  const config = await load({ files: [file], env: {}, adapters });
  const clock = createVirtualClock();
  const app = createApp(config, { clock, log: createLog({ to: { write: () => undefined }, level: 'debug' }), env: {} });
  await clock.advance(1_800_000);
  assert.deepEqual([app.live(), app.status().live], [true, true], 'half an hour after the start');
  await app.once(AbortSignal.abort());
  await clock.advance(61_000);
  assert.deepEqual([app.live(), app.status().live], [false, false], 'the engine has begun, and stands still');
});

test('a check asks, proves and writes nothing: the server sees no write', async () => {
  await using stack = new AsyncDisposableStack();
  const accepts = (name: string, _: string, password: string) => (name === host ? ecr.judge('eu-west-1', password) === 'good' : undefined);
  const portainer = stack.use(await startFakePortainer({ registries: [ecrRow], accepts }));
  const other = '222222222222.dkr.ecr.eu-west-1.amazonaws.com';
  const running = stack.use(await start([target(portainer, { create: true, registries: [other] })], { rehearse: true }));
  await until(() => running.events.filter(event => event.kind === 'delivered').length === 2, 'a verdict a slot');
  const rehearsed = new Map(running.events.flatMap(event => (event.kind === 'delivered' ? [[event.change, event.proven] as const] : [])));
  assert.deepEqual(
    rehearsed,
    new Map([
      ['updated', true],
      ['created', false],
    ]),
  );
  assert.deepEqual(new Set(writes(portainer).map(request => request.path)), new Set(['/api/registries/ping']));
  assert.equal(portainer.passwordOf(1), 'old');
});

test('one failing target is found from the metrics, the status and the log, and no secret is in any of them', async () => {
  await using stack = new AsyncDisposableStack();
  const good = stack.use(await startFakePortainer({ registries: [ecrRow] }));
  const bad = stack.use(
    await startFakePortainer({ registries: [ecrRow], fault: onWrites({ status: 400, json: { message: 'Invalid request payload' } }) }),
  );
  bad.fault = request =>
    request.method === 'PUT'
      ? { status: 400, json: { message: 'Invalid request payload', details: `cannot unmarshal ${request.body.toString().slice(40, 120)}` } }
      : undefined;
  const running = stack.use(await start([target(good, { name: 'good' }), target(bad, { name: 'bad' })]));
  await until(
    () => running.events.filter(event => event.kind === 'delivered' || event.kind === 'delivery-failed').length >= 2,
    'both tried',
  );
  const status = running.app.status();
  const metrics = await running.app.metrics.render(status);
  assert.match(metrics, /ecr_courier_deliver_failures_total\{target="bad",code="REJECTED"\} 1/);
  assert.match(metrics, /ecr_courier_deliver_failures_total\{target="good",code="REJECTED"\} 0/);
  assert.deepEqual(
    status.targets.map(view => view.state),
    ['ok', 'failing'],
  );
  assert.equal(status.ready, false);
  const password = good.passwordOf(1);
  const everything = [metrics, JSON.stringify(status), ...running.lines].join('\n');
  for (let at = 0; at + 12 <= password.length; at += 12)
    assert.ok(!everything.includes(password.slice(at, at + 12)), 'not even a piece of it');
});

test('what stands and what is found is in the log, once', async () => {
  await using stack = new AsyncDisposableStack();
  const portainer = stack.use(await startFakePortainer({ registries: [ecrRow, { ...ecrRow, URL: `https://${host}` }] }));
  const running = stack.use(await start([target(portainer, { insecureSkipVerify: true })], { clock: fastClock(30) }));
  const lines = () => running.lines.map(line => JSON.parse(line) as Record<string, unknown>);
  const found = () => lines().filter(({ msg }) => msg === 'finding');
  await until(() => ['DUPLICATE_HOST', 'TLS_UNVERIFIED'].every(code => found().some(line => line['code'] === code)), 'the findings');
  await until(() => running.events.filter(({ kind }) => kind === 'discovered').length >= 2, 'another look');

  const codes = found().map(line => line['code']);
  assert.equal(new Set(codes).size, codes.length, 'one line a code');
  assert.deepEqual([codes.includes('PLAIN_HTTP'), found().find(({ code }) => code === 'TLS_UNVERIFIED')?.['level']], [true, 'warn']);
  assert.equal(lines().filter(line => /not verified|insecureSkipVerify/.test(JSON.stringify(line))).length, 1, 'nothing is said twice');
});
