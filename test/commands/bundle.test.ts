import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { adapters } from '../../adapters/index.ts';
import { environment } from '../../src/commands/environment.ts';
import { daemonSections, render } from '../../src/commands/report.ts';
import { Secret } from '../../src/contract/secret.ts';
import type { Status } from '../../src/observe/status-view.ts';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { type FakePortainer, startFakePortainer } from '../fakes/portainer.ts';
import { cli, command, startCli, untilSaid } from './cli.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const second = `222222222222${host.slice(12)}`;

/** A secret for every place that takes one. Their middles tell them apart. */
const planted = {
  AWS_SECRET_ACCESS_KEY: 'planted/secret+access-key==in-a-variable',
  AWS_SESSION_TOKEN: 'planted/session+token==in-a-variable',
  AWS_CONTAINER_AUTHORIZATION_TOKEN: 'planted/container+token==in-a-variable',
  PORTAINER_PASSWORD: 'planted/password+of-portainer==in-a-variable',
  adminToken: 'planted/admin+token==in-a-file-of-its-own',
  apiKeyFile: 'ptr_planted/key+in-a-file-of-its-own==',
  apiKey: 'ptr_planted/key+in-the-configuration==',
  proxyUser: 'planted-proxy-user',
  proxyPassword: 'planted-proxy-password',
  typo: 'ptr_planted/key+behind-a-mistyped-name==',
  webhook: 'planted-path-0f-a-webhook-in-a-variable',
  heartbeat: 'planted-path-0f-a-heartbeat-in-a-file',
};

let ecr: FakeEcr;
let portainer: FakePortainer;
let folder: string;
let env: Record<string, string>;

before(async () => {
  ecr = await startEcr();
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  const rows = [host, second].map(URL => ({ Name: `row of ${URL}`, URL, Authentication: true, Username: 'AWS', Password: 'old' }));
  portainer = await startFakePortainer({ registries: rows });
  const [admin] = portainer.state.users;
  assert.ok(admin);
  admin.apiKey = planted.apiKeyFile;
  // The second row is never written, and Portainer's error for it quotes the request: this leaks a token that is in
  // flight.
  portainer.fault = ({ method, path, body }) =>
    method === 'PUT' && path.endsWith('/2')
      ? { status: 400, json: { message: 'Invalid request payload', details: `cannot read ${body.toString().slice(30, 260)}` } }
      : undefined;
  await writeFile(join(folder, 'key'), planted.apiKeyFile, { mode: 0o600 });
  await writeFile(join(folder, 'heartbeat'), `https://beats.example.com/${planted.heartbeat}`, { mode: 0o600 });
  await writeFile(join(folder, 'admin'), planted.adminToken, { mode: 0o600 });
  await writeFile(join(folder, 'courier.yaml'), configuration());
  env = {
    HOME: folder,
    ECR_COURIER_START_SPREAD_SECONDS: '0',
    TMPDIR: folder,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: planted.AWS_SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN: planted.AWS_SESSION_TOKEN,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: planted.AWS_CONTAINER_AUTHORIZATION_TOKEN,
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL_ECR: ecr.url,
    HTTPS_PROXY: `http://${planted.proxyUser}:${planted.proxyPassword}@127.0.0.1:9`,
    NO_PROXY: '127.0.0.1',
    PORTAINER_PASSWORD: planted.PORTAINER_PASSWORD,
    PORTAINER_APIKEY: planted.typo,
    ECR_COURIER_CONFIG: join(folder, 'courier.yaml'),
    ECR_COURIER_ADMIN_TOKEN_FILE: join(folder, 'admin'),
    ECR_COURIER_SOCKET: join(folder, 'socket'),
    ECR_COURIER_LISTEN: '127.0.0.1:0',
    ECR_COURIER_NOTIFY_WEBHOOK_URL: `https://hooks.example.com/${planted.webhook}`,
    ECR_COURIER_HEARTBEAT_URL_FILE: join(folder, 'heartbeat'),
  };
});
after(async () => {
  await ecr[Symbol.asyncDispose]();
  await portainer[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function configuration(more = ''): string {
  const common = `kind: portainer, url: '${portainer.url}', allowHttp: true`;
  const one = `{${common}, name: one, apiKeyFile: key}`;
  const two = `{${common}, name: portainer, apiKey: '${planted.apiKey}'}`;
  return `log: {level: debug}\nengine: {tickSeconds: 1}\ntargets: [${one}, ${two}]\n${more}`;
}

/**
 * Fails when the text contains a secret or a piece of one: as it is, in JSON, URL-encoded, or in base64 at any offset.
 */
function assertClean(text: string, what: string, more: readonly string[] = []): void {
  const inFlight = portainer.state.registries.map(row => row.Password).filter(password => password !== 'old');
  for (const value of [...Object.values(planted), ...more, ...inFlight]) {
    for (const form of Secret.forms(new Secret(value)))
      for (let at = 0; at + 16 <= form.length; at += 16) {
        const piece = form.slice(at, at + 16);
        assert.ok(!text.includes(piece), `${what} shows ${piece} of ${value}: ${text.slice(text.indexOf(piece) - 80).slice(0, 200)}`);
      }
  }
}

async function daemon(more: Record<string, string> = {}) {
  const started = await startCli([], { ...env, ...more });
  await untilSaid(started, 'both were tried', /"msg":"delivered"/, /"target":"portainer".*AUTH/, /"code":"REJECTED"/);
  const url = /"url":"([^"]+)"/.exec(started.said.stdout)?.[1] ?? '';
  return Object.assign(started, {
    url,
    async [Symbol.asyncDispose]() {
      started.child.kill();
      await started.ended;
    },
  });
}

test('beside a daemon', async t => {
  await using running = await daemon();

  await t.test(
    'of a running daemon: configuration, status, findings, versions, metrics and the last lines of the log, and no secret',
    async () => {
      const { code, stdout, stderr } = await cli(['bundle'], env);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /Read it before you send it/);
      for (const expected of [
        /^ecr-courier \d+\.\d+\.\d+$/m,
        /^node \d+\.\d+\.\d+ .*linux/m,
        /@aws-sdk\/credential-providers \d/,
        /^AWS_REGION = eu-west-1$/m,
        /^AWS_SECRET_ACCESS_KEY is set$/m,
        /^PORTAINER_APIKEY is set$/m,
        /^HTTPS_PROXY = http:\/\/127\.0\.0\.1:9$/m,
        /^targets\.one\.apiKeyFile = \S+key +# \S*courier\.yaml:3/m,
        /^targets\.portainer\.apiKey = \[secret\]/m,
        /^Note: PORTAINER_APIKEY is not read: did you mean/m,
        /^one: portainer at http:\/\/127\.0\.0\.1:\d+, Portainer .*, failing, slots: 2$/m,
        /^AUTH portainer: /m,
        /"schema": 1/,
        /^notify\.webhook\.url = \[secret\] at hooks\.example\.com /m,
        /^ECR_COURIER_NOTIFY_WEBHOOK_URL is set$/m,
        /^ecr_courier_deliver_failures_total\{target="one",code="REJECTED"\} \d/m,
        /^\{"level":"info","time":"[^"]+","version":"[^"]+",.*"msg":"started"\}$/m,
        /"msg":"delivered"/,
      ])
        assert.match(stdout, expected);
      assert.ok(stdout.includes(host) && stdout.includes('222222222222'), 'hosts and accounts stay');
      assert.equal(stdout.match(/^log\.format = auto /gm)?.length, 1, 'one configuration is shown once');
      assert.notEqual(portainer.passwordOf(1), 'old', 'a token was in flight');
      assertClean(stdout + stderr, 'the bundle');
      assertClean(running.said.stdout, 'the log');
    },
  );

  await t.test('the daemon’s part is for its owner and for who bears the admin token', async () => {
    const door = `${running.url}/-/bundle`;
    assert.equal((await fetch(door)).status, 401);
    assert.equal((await fetch(door, { headers: { authorization: 'Bearer wrong' } })).status, 401);
    assert.equal((await fetch(door, { method: 'POST' })).status, 405);
    const told = await fetch(door, { headers: { authorization: `Bearer ${planted.adminToken}` } });
    assert.equal(told.status, 200);
    const text = await told.text();
    assert.match(text, /"msg":"delivered"/);
    assertClean(text, 'the answer');
  });

  await t.test('from the port alone: status and metrics, and where the log is to be had', async () => {
    const { code, stdout } = await cli(['bundle'], {
      ...env,
      ECR_COURIER_SOCKET: join(folder, 'elsewhere'),
      ECR_COURIER_LISTEN: new URL(running.url).host,
    });
    assert.equal(code, 0);
    assert.match(stdout, /There is no daemon at \S+elsewhere \(.*ENOENT.*\)\./);
    assert.match(stdout, /run this command as that user/);
    assert.match(stdout, /"schema": 1/);
    assert.doesNotMatch(stdout, /"msg":/);
    assertClean(stdout, 'the bundle');
  });

  await t.test('with a broken configuration: its mistakes, what could be read of it, and the daemon that still runs', async () => {
    const broken = join(folder, 'broken.yaml');
    await writeFile(broken, configuration(`server: {socket: socket, adminToken: '${planted.adminToken}'}\nlogs: {level: loud}\n`));
    const { ECR_COURIER_SOCKET: _socket, ECR_COURIER_ADMIN_TOKEN_FILE: _file, ...rest } = env;
    const { code, stdout } = await cli(['bundle', '--config', broken], { ...rest, ECR_COURIER_LOG_FORMAT: planted.typo });
    assert.equal(code, 0);
    assert.match(stdout, /The configuration has 2 mistakes:/);
    assert.match(stdout, /logs is not known here: did you mean log/i);
    assert.match(stdout, /^server\.adminToken = \[secret\]/m);
    assert.match(stdout, /The daemon that answers at \S+socket says:/, 'the socket that the broken file names');
    assert.equal(stdout.match(/^log\.level = debug/gm)?.length, 2, 'both configurations are shown when they differ');
    assertClean(stdout, 'the bundle');

    const unread = await command(['bundle'], { ...env, ECR_COURIER_ADAPTERS: './nowhere.ts' });
    assert.match(unread.stdout, /nowhere\.ts: cannot be loaded/);
    assert.match(unread.stdout, /The daemon that answers at \S+socket says:/, 'the socket that the environment names');
  });
});

test('a key that was pasted where a path or a host belongs is not shown', async () => {
  const pasted = (name: string): string => `${planted.typo.slice(0, -2)}/${Buffer.from(name).toString('base64')}`;
  // A wrong value of ECR_COURIER_ADAPTERS or ECR_COURIER_CONFIG ends the reading of everything else, so each is tried
  // alone.
  for (const names of [
    ['PORTAINER_CA_FILE', 'PORTAINER_REGISTRIES', 'ECR_COURIER_SOCKET'],
    ['ECR_COURIER_ADAPTERS'],
    ['ECR_COURIER_CONFIG'],
  ]) {
    const wrong = Object.fromEntries(names.map(name => [name, pasted(name)]));
    const given = { ...env, ECR_COURIER_LISTEN: '127.0.0.1:9', PORTAINER_URL: portainer.url, PORTAINER_APIKEY: '', ...wrong };
    // Each command runs in its own process: within one process, a value that one command registers as a secret would be
    // masked for the next.
    const commands = [['bundle'], ['config', 'show'], ['config', 'check'], ['refresh']];
    const told = await Promise.all(commands.map(command => cli(command, given)));
    for (const [at, { stdout, stderr }] of told.entries())
      assertClean(stdout + stderr, `${commands[at]?.join(' ')} with ${names.join()}`, Object.values(wrong));
  }
});

test('without a daemon it says that none runs and why; another program on the port is not taken for one', async () => {
  const page = createServer((_, response) => response.end(`{"schema":"${planted.typo}"}`));
  await new Promise<void>(resolve => page.listen(0, '127.0.0.1', resolve));
  const foreign = `127.0.0.1:${(page.address() as AddressInfo).port}`;
  const none = await command(['bundle'], { ...env, ECR_COURIER_LISTEN: '127.0.0.1:9' });
  const other = await command(['bundle'], { ...env, ECR_COURIER_LISTEN: foreign });
  page.close();
  assert.deepEqual([none.code, other.code], [0, 0]);
  assert.match(none.stdout, /There is no daemon at \S+socket \(.*ENOENT.*\)\./);
  assert.match(none.stdout, /Nobody answers at 127\.0\.0\.1:9 \(/);
  assert.ok(other.stdout.includes(`Something else than ecr-courier answers at ${foreign}.`));
  assertClean(none.stdout + other.stdout, 'the bundle');
  assert.equal((await command(['bundle', '--json'], env)).code, 2);
});

test('a manager with ten thousand slots and a forged name: those in trouble are shown, and no line is forged', () => {
  const about = { registries: [], trouble: null, lastAttemptAt: null, nextAttemptAt: null, findings: [] };
  const slots = Array.from({ length: 10_000 }, (_, at) => ({
    ...about,
    id: `${at}`,
    title: `row ${at}`,
    state: at === 9999 ? 'failing' : 'ok',
  }));
  const named = { name: 'big', kind: 'portainer', address: 'https://big', product: 'Big\n== Log ==\u001b[2J\u202e', principal: null };
  const target = { ...named, state: 'failing', slots, trouble: null, findings: [], outcomes: [], required: true, paused: false };
  const status = { schema: 1, now: '2026-01-01T00:00:00Z', ready: true, unready: [], credentials: [], targets: [target], receivers: [] };
  const text = render(daemonSections(status as unknown as Status, ''));
  assert.ok(text.length < 100_000, `${text.length} letters`);
  assert.match(text, /^big: portainer at https:\/\/big, Big == Log == .*slots: 10000 \(of which 100 are shown, those in trouble first\)$/m);
  assert.match(text, /"title": "row 9999"/);
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  assert.doesNotMatch(text, /^== Log ==|[\u001b\u202e]/m);

  const hundred = Array.from({ length: 100 }, (_, at) => ({ ...target, name: `target-${at}`, slots: slots.slice(-100) }));
  const proofs = Array.from({ length: 10_000 }, (_, at) => ({ host: `host-${at}`, ok: at < 9_999, message: 'x'.repeat(300) }));
  const credentials = [{ source: 'default', region: 'eu-west-1', identity: null, trouble: null, findings: [], proofs }];
  const many = render(daemonSections({ ...status, credentials, targets: hundred } as unknown as Status, ''));
  assert.match(many, /"host": "host-9999"/, 'those that failed are among them');
  assert.ok(many.length < 500_000, `${many.length} letters`);
  assert.equal(many.match(/\(of which 10 are shown, those in trouble first\)$/gm)?.length, 100);
  assert.equal(many.match(/"title": "row 9999"/g)?.length, 100);
});

test('a proxy’s address is shown only where it cannot be mistaken', () => {
  for (const [proxy, shown] of [
    ['http://proxy.example:3128', 'HTTPS_PROXY = http://proxy.example:3128'],
    ['http://joe:sesame@proxy.example', 'HTTPS_PROXY = http://proxy.example'],
    ['http://joe:12/34@proxy.example', 'HTTPS_PROXY is set'],
    ['joe:sesame@proxy.example:3128', 'HTTPS_PROXY is set'],
    ['', 'HTTPS_PROXY is empty, which counts as unset'],
  ] as const)
    assert.equal(environment({ HTTPS_PROXY: proxy }, adapters), shown, proxy);
});
