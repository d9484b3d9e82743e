import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { wishOptions } from '../../src/commands/kubelet/config.ts';
import { version } from '../../src/version.ts';
import { specOf } from '../adapters/swarm/rig.ts';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { startFakeHarbor } from '../fakes/harbor.ts';
import { startMetadata } from '../fakes/metadata.ts';
import { adminKey, type FakePortainer, startFakePortainer } from '../fakes/portainer.ts';
import { makeSwarm } from '../fakes/swarm.ts';
import { proxying } from '../io/servers.ts';
import { cli, command, type Started, startCli, until, untilSaid } from './cli.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const ecrRow = { Name: 'ecr', URL: host, Authentication: true, Username: 'AWS', Password: 'old' };
let ecr: FakeEcr;
let portainer: FakePortainer;
let folder: string;
let env: Record<string, string>;

before(async () => {
  ecr = await startEcr();
  const accepts = (name: string, _: string, password: string) => (name === host ? ecr.judge('eu-west-1', password) === 'good' : undefined);
  portainer = await startFakePortainer({ registries: [ecrRow], accepts });
  folder = await mkdtemp(join(tmpdir(), 'courier-'));
  await writeFile(join(folder, 'key'), adminKey, { mode: 0o600 });
  env = {
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'secret-access-key',
    AWS_ENDPOINT_URL_ECR: ecr.url,
    // Proofs go to the real registry; this proxy does not exist, so they fail.
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
    PORTAINER_URL: portainer.url,
    PORTAINER_API_KEY_FILE: join(folder, 'key'),
    PORTAINER_ALLOW_HTTP: 'true',
    ECR_COURIER_SOCKET: join(folder, 'socket'),
  };
});
after(async () => {
  await ecr[Symbol.asyncDispose]();
  await portainer[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Starts the daemon on a free port and waits for its first delivery. */
async function daemon(more: Record<string, string> = {}): Promise<Started & AsyncDisposable & { port: string }> {
  const port = await freePort();
  const started = await startCli([], { ...env, ECR_COURIER_LISTEN: `127.0.0.1:${port}`, ...more });
  await untilSaid(started, 'the first delivery', /"msg":"delivered"/);
  return Object.assign(started, {
    port,
    async [Symbol.asyncDispose]() {
      started.child.kill();
      await started.ended;
    },
  });
}

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return String(typeof address === 'object' ? address?.port : '');
}

test('once delivers and says so: exit 0', async () => {
  const { code, stdout, stderr } = await cli(['once'], env);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /TARGET\s+SLOT\s+REGISTRY\s+RESULT/);
  assert.match(stdout, /portainer\s+ecr \(row 1\)\s+123456789012\S+\s+updated\s+in 12 h/);
  assert.equal(ecr.judge('eu-west-1', portainer.passwordOf(1)), 'good');
});

test('check says what would be done and writes nothing', async () => {
  const before = portainer.passwordOf(1);
  portainer.requests.length = 0;
  const { code, stdout } = await command(['check'], { ...env, AWS_ENDPOINT_URL_STS: ecr.url });
  assert.match(stdout, /would be updated/);
  assert.match(stdout, /source default is environment \(AWS_ACCESS_KEY_ID\), account 123456789012, arn:aws:iam::123456789012:user\/ci/);
  assert.equal(portainer.passwordOf(1), before);
  assert.deepEqual(
    portainer.requests.filter(({ method, path }) => method !== 'GET' && path !== '/api/registries/ping'),
    [],
  );
  assert.equal(code, 0);
});

test('check has a row for what has no registry of its own: services of a Swarm, one of which has to wait', async () => {
  const swarm = makeSwarm({ services: ['web', 'api'].map(name => ({ spec: specOf(name, { image: `${host}/app:1`, replicas: 0 }) })) });
  swarm.progress('api', 'paused');
  await using of = await startFakePortainer({
    registries: [ecrRow],
    accepts: () => true,
    endpoints: [{ Id: 3, Name: 'swarm', kind: 'docker', users: [] }],
    upstream: { engine: { endpoint: 3, swarm: true, images: [] } },
    swarm,
  });
  const { code, stdout } = await command(['check'], { ...env, PORTAINER_URL: of.url, PORTAINER_SWARM: 'true' });
  assert.equal(code, 0, stdout);
  const rows = stdout.split('\n').map(line => line.trim().split(/ {2,}/));
  const row = (slot: string) => rows.filter(([target, title]) => target === 'portainer' && title === slot).map(cells => cells.slice(2));
  assert.deepEqual(row('service web (swarm)'), [['-', 'would be updated', '-', '-']]);
  assert.deepEqual(row('service api (swarm)'), [[host, 'left alone', '-', '-']]);
});

test('check names an identity once, though each region has a session of its own', async () => {
  await writeFile(
    join(folder, 'roles'),
    '[profile r]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = b\n[profile b]\naws_access_key_id = AKIAB\naws_secret_access_key = s\n',
  );
  await using two = await startFakePortainer({
    registries: [ecrRow, { ...ecrRow, Name: 'other', URL: host.replace('eu-west-1', 'eu-west-3') }],
    accepts: () => true,
  });
  const profile = { AWS_PROFILE: 'r', AWS_CONFIG_FILE: join(folder, 'roles'), AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
  const { stdout } = await command(['check'], { ...env, ...profile, AWS_ENDPOINT_URL_STS: ecr.url, PORTAINER_URL: two.url });
  assert.equal(stdout.match(/^source default is profile "r".*assumed-role\/r\//gm)?.length, 1, stdout);
});

test('no proxy is asked for the keys of the machine, whatever Node is told', async () => {
  await using metadata = await startMetadata({ accessKeyId: 'ASIAMACHINE', secretAccessKey: 's' });
  await using proxy = await proxying(1);
  const machine = { HOME: folder, AWS_ENDPOINT_URL: ecr.url, AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url };
  const { code, stderr } = await cli(['token', host], { ...machine, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url });
  assert.equal(code, 0, stderr);
  assert.deepEqual(proxy.asked, []);
});

test('check says that a trial failed, and not that all would be well', async () => {
  await using refusing = await startFakePortainer({ registries: [ecrRow], accepts: () => false });
  const { code, stdout } = await command(['check'], { ...env, PORTAINER_URL: refusing.url });
  assert.equal(code, 3);
  assert.match(stdout, /ecr \(row 1\)\s+123456789012\S+\s+trial failed/);
  assert.match(stdout, /PING_FAILED/);
  assert.doesNotMatch(stdout, /would be/);
});

test('check promises nothing where a right is missing, or where the manager lets nobody try', async () => {
  for (const [access, result, note, exit] of [
    [['registry:list', 'registry:read'], 'FORBIDDEN', /needs registry:update/, 1],
    [['registry:list', 'registry:update'], 'not tried', /TRIAL_IMPOSSIBLE/, 0],
  ] as const) {
    await using harbor = await startFakeHarbor({
      robots: [{ name: 'robot$courier', secret: 'Courier-Robot-1', access: [...access] }],
      registries: [{ name: 'ecr', url: `https://${host}`, credential: { type: 'basic', access_key: 'AWS', access_secret: 'old' } }],
      accepts: () => true,
    });
    const login = { HARBOR_USERNAME: 'robot$courier', HARBOR_PASSWORD: 'Courier-Robot-1' };
    const others = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PORTAINER_')));
    const { code, stdout } = await command(['check'], { ...others, ...login, HARBOR_URL: harbor.url, HARBOR_ALLOW_HTTP: 'true' });
    assert.match(stdout, new RegExp(`ecr \\(row 1\\)\\s+${host}\\s+${result}`));
    assert.match(stdout, note);
    assert.doesNotMatch(stdout, /would be/);
    assert.equal(code, exit, stdout);
    assert.equal(harbor.secretOf(1), 'old');
  }
});

test('once with a refused key: exit 1, and the sentence that helps', async () => {
  const wrong = join(folder, 'wrong');
  await writeFile(wrong, 'ptr_wrong', { mode: 0o600 });
  const { code, stdout } = await command(['once'], { ...env, PORTAINER_API_KEY_FILE: wrong });
  assert.equal(code, 1);
  assert.match(stdout, /AUTH portainer: /);
  assert.match(stdout, /My account > Access tokens/);
  assert.doesNotMatch(stdout, /ptr_wrong/);
});

test('once with one slot that fails: exit 3', async () => {
  const two = await startFakePortainer({ registries: [ecrRow, { ...ecrRow, Name: 'second', URL: `222222222222${host.slice(12)}` }] });
  two.fault = request => (request.method === 'PUT' && request.path.endsWith('/2') ? { status: 409, json: { message: 'no' } } : undefined);
  const { code, stdout } = await command(['once', '--json'], { ...env, PORTAINER_URL: two.url });
  await two[Symbol.asyncDispose]();
  assert.equal(code, 3);
  const { targets } = JSON.parse(stdout) as { targets: { slots: { state: string }[] }[] };
  assert.deepEqual(
    targets[0]?.slots.map(slot => slot.state),
    ['ok', 'failing'],
  );
});

test('a wrong configuration: exit 78 with every mistake; a wrong command line: exit 2', async () => {
  const { code, stderr } = await command([], { ...env, ECR_COURIER_LOG_LEVEL: 'loud', PORTAINER_CREATE: 'maybe' });
  assert.equal(code, 78);
  assert.match(stderr, /2 mistakes/);
  const none = await command([], {});
  assert.equal(none.code, 78);
  assert.match(none.stderr, /No target is configured: set PORTAINER_URL/);
  assert.equal(none.stderr.trim().split('\n').length, 3);
  assert.ok(none.stderr.endsWith(`\nhttps://github.com/ecr-courier/ecr-courier/blob/v${version}/docs/README.md\n`), none.stderr);
  const near = await command([], { PORTAINER_TOKEN: 'ptr_token' });
  assert.match(near.stderr, /^PORTAINER_TOKEN is not read: did you mean PORTAINER_API_KEY\?$/m);
  for (const args of [['fetch'], ['once', '--quick'], ['token', 'example.com'], ['config', 'frobnicate']]) {
    const result = await command(args, env);
    assert.equal(result.code, 2, `${args.join(' ')}: ${result.stderr}`);
  }
});

test('token prints the password and nothing else', async () => {
  const { code, stdout } = await cli(['token', host], env);
  assert.equal(code, 0);
  assert.equal(ecr.judge('eu-west-1', stdout.trim()), 'good');
  assert.equal(stdout.split('\n').length, 2);
  assert.equal((await command(['token', '--region', 'us-east-1'], env)).code, 0);
});

test('the daemon: status, refresh and healthcheck find it; SIGTERM ends it in time', async () => {
  await using running = await daemon();
  const local = { ...env, ECR_COURIER_LISTEN: `127.0.0.1:${running.port}` };
  const shown = await command(['status'], local);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^ready: 1 registry, the first password ends in /);
  assert.equal((await command(['status', '--target', 'portainer', '--failing'], local)).stdout.split('\n')[1], 'No slot fails.');
  const unknown = await command(['status', '--target', 'portaner'], local);
  assert.deepEqual([unknown.code, /there is no target portaner: did you mean portainer\?/.test(unknown.stderr)], [2, true]);
  assert.equal(
    (JSON.parse((await command(['status', '--json', '--failing'], local)).stdout) as { targets: { slots: [] }[] }).targets[0]?.slots.length,
    0,
  );
  assert.equal((await command(['healthcheck'], local)).code, 0);
  assert.equal((await command(['healthcheck', '--ready'], local)).code, 0);
  const page = await fetch(`http://127.0.0.1:${running.port}/`);
  assert.equal(page.status, 200);

  portainer.requests.length = 0;
  const written = () => portainer.requests.some(({ method }) => method === 'PUT');
  assert.equal((await command(['refresh', '--target', 'portainer'], local)).code, 0);
  assert.equal((await command(['refresh', '--target', 'nobody'], local)).code, 1);
  await until(written, 'the row, written anew');

  const began = performance.now();
  running.child.kill('SIGTERM');
  const { code, stdout } = await running.ended;
  assert.equal(code, 0);
  assert.ok(performance.now() - began < 8000);
  assert.match(stdout, /"msg":"stopped"/);
  assert.doesNotMatch(stdout, /ptr_|secret-access-key/);
  assert.equal((await command(['status'], local)).code, 1, 'nobody is there');
});

test('a daemon that waits for its moment has its doors open, asks nobody, and ends at once', async () => {
  const port = await freePort();
  const [asked, fetched] = [portainer.requests.length, ecr.calls.length];
  const started = await startCli([], { ...env, ECR_COURIER_LISTEN: `127.0.0.1:${port}`, ECR_COURIER_START_SPREAD_SECONDS: '3600' });
  await until(async () => (await fetch(`http://127.0.0.1:${port}/livez`).catch(() => undefined))?.status === 200, 'its doors');

  assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 503);
  await wait(300);
  started.child.kill();
  assert.equal((await started.ended).code, 0);
  assert.deepEqual([portainer.requests.length, ecr.calls.length], [asked, fetched]);
});

test('a taken port: exit 78, and the variable to set is named', async () => {
  await using running = await daemon();
  const { code, stderr } = await cli([], {
    ...env,
    ECR_COURIER_LISTEN: `127.0.0.1:${running.port}`,
    ECR_COURIER_SOCKET: join(folder, 'other'),
  });
  assert.equal(code, 78);
  assert.match(stderr, /ECR_COURIER_LISTEN/);
});

test('SIGHUP takes up a changed configuration, and keeps the former one when it has a mistake', async () => {
  const file = join(folder, 'courier.yaml');
  await writeFile(file, 'log: {level: info}\n');
  await using running = await daemon({ ECR_COURIER_CONFIG: file });
  await writeFile(file, 'log: {level: loud}\n');
  running.child.kill('SIGHUP');
  await untilSaid(running, 'the refusal of the mistake', /"msg":"configuration not reloaded"/);
  await writeFile(
    file,
    `targets: [{kind: portainer, name: second, url: '${portainer.url}', apiKeyFile: '${join(folder, 'key')}', allowHttp: true}]\n`,
  );
  running.child.kill('SIGHUP');
  await untilSaid(running, 'the reload', /"msg":"configuration reloaded"/);
  await untilSaid(running, 'the delivery to the second target', /"target":"second".*"msg":"delivered"/);
});

test('what Node warns of is a line of the log, without secrets, and for a command a line on stderr', async () => {
  const emits = `setInterval(() => process.emitWarning('made up with ${adminKey}', 'DeprecationWarning'), 20).unref()`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(emits)}`;
  await using running = await daemon({ NODE_OPTIONS });
  // The key is masked only once it has been read, so wait for a warning after the first delivery.
  await until(() => /"delivered"[^]*Node warns[^]*\n/.test(running.said.stdout), 'the line');

  const line = running.said.stdout.split('\n').findLast(text => text.includes('Node warns') && text.endsWith('}')) ?? '';
  const { level, warning } = JSON.parse(line) as Record<string, string>;
  assert.deepEqual([level, warning], ['warn', 'DeprecationWarning: made up with [secret]']);
  const { stderr } = await cli(['config', 'check'], { ...env, NODE_OPTIONS });
  assert.match(stderr, /^ecr-courier: Node warns: made up/m);
  assert.doesNotMatch(`${running.said.stderr}${stderr}`, /\(node:\d+\)/);
});

test('what proxies mean otherwise than before is told by each command that could use them', async () => {
  for (const args of [['check'], ['config', 'check']]) {
    const { stderr } = await command(args, { ...env, no_proxy: 'other.test' });
    assert.match(stderr, /^warning: Changed: NO_PROXY and no_proxy both count/m);
    assert.equal(stderr.match(/Changed/g)?.length, 1, stderr);
  }
  const { code, stderr } = await command(['config', 'check'], { ...env, HTTPS_PROXY: 'http://me:hunter2%@proxy:3128' });
  assert.equal(code, 78);
  assert.match(stderr, /^ {2}HTTPS_PROXY: .*write % as %25$/m);
  assert.doesNotMatch(stderr, /hunter2/);
});

test('the socket is for its owner only', async () => {
  await using _ = await daemon();
  assert.equal((await stat(join(folder, 'socket'))).mode & 0o077, 0);
});

test('a key file that everybody may read is warned of', async () => {
  const open = join(folder, 'open');
  await writeFile(open, await readFile(join(folder, 'key'), 'utf8'));
  await chmod(open, 0o644);
  const { stderr } = await command(['config', 'check'], { ...env, PORTAINER_API_KEY_FILE: open });
  assert.match(stderr, /everybody on this machine may read it/);
});

test('a port that another program answers at: exit 1, and a sentence', async () => {
  const page = createHttpServer((_, response) => response.end('<h1>live</h1>'));
  await new Promise<void>(resolve => page.listen(0, '127.0.0.1', resolve));
  const address = page.address();
  const foreign = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  for (const args of [['healthcheck'], ['healthcheck', '--ready'], ['status'], ['status', '--json']]) {
    const { code, stdout, stderr } = await command(args, { ...env, ECR_COURIER_LISTEN: foreign, ECR_COURIER_SOCKET: join(folder, 'none') });
    assert.deepEqual([code, stdout], [1, ''], args.join(' '));
    assert.ok(stderr.includes(`Something else than ecr-courier answers at ${foreign}.`), stderr);
  }
  page.close();
});

test('a command but the daemon ends when its terminal is closed', async () => {
  const slow = await startFakePortainer({ registries: [ecrRow] });
  slow.fault = () => 'hang';
  const started = await startCli(['once'], { ...env, PORTAINER_URL: slow.url });
  await until(() => slow.requests.length > 0, 'the question to the manager');
  started.child.kill('SIGHUP');
  const still = await Promise.race([started.ended, wait(9000, 'it goes on')]);
  started.child.kill('SIGKILL');
  await slow[Symbol.asyncDispose]();
  assert.notEqual(still, 'it goes on');
});

test('help of a verb explains it and each of its options, wherever the wish for it stands', async () => {
  const wishes = Object.keys(wishOptions).map(name => `--${name}`);
  for (const [verb, options] of [
    ['helper install', ['--dry-run', '--config']],
    ['helper doctor', ['--json', '--config']],
    ['kubelet config', [...wishes, '--json']],
    ['kubelet install', [...wishes.filter(name => name !== '--name'), '--bin-dir', '--config', '--dry-run', '--replace']],
    ['kubelet check', ['--bin-dir', '--kubernetes', '--json']],
    ['config show', ['--config']],
    ['config check', ['--config']],
    ['config schema', []],
  ] as const) {
    const words = verb.split(' ');
    for (const args of [
      [...words, '--help'],
      [...words, '-h'],
      ['help', ...words],
    ]) {
      const { code, stdout, stderr } = await command(args);
      assert.deepEqual([code, stderr], [0, ''], args.join(' '));
      assert.ok(stdout.startsWith(`usage: ecr-courier ${verb}`), stdout);
      assert.match(stdout, /^usage.*\n\n[A-Z][^]*?\.\n/);
      for (const option of options) assert.match(stdout, new RegExp(`^ {2}(-., |    )?${option}\\b`, 'm'), stdout);
    }
    const { stdout } = await command([words[0] ?? '', '--help']);
    assert.match(stdout, new RegExp(`^ {2}${words[1]} +\\S`, 'm'));
    assert.match(
      (await command([...words, '--nonsense'])).stderr,
      new RegExp(`usage: ecr-courier ${words[0]}.*\necr-courier ${verb} --help`),
    );
  }
  for (const option of ['IMAGE', '--provider-config', '--kubernetes'])
    assert.ok((await command(['explain', '--help'])).stdout.includes(`  ${option} `), option);
  assert.match((await command(['helper', 'instal'])).stderr, /^ecr-courier helper: there is no helper instal: did you mean install\?/);
});

test('help and version', async () => {
  const { stdout } = await command(['--help']);
  for (const expected of [/^ {2}once +Discovers/m, /-c, --config/, /--listen/, /--log-level/, /--log-format/])
    assert.match(stdout, expected);
  for (const args of [
    ['status', '--help'],
    ['status', '-h'],
    ['help', 'status'],
    ['status', '--json', '--help'],
  ]) {
    const told = await command(args);
    assert.deepEqual([told.code, told.stderr], [0, ''], args.join(' '));
    assert.match(told.stdout, /^usage: ecr-courier status \[--target NAME\] .*\n\nWhat the running daemon knows: /);
    assert.match(told.stdout, /--listen HOST:PORT/);
  }
  assert.match((await command(['config', '--help'])).stdout, /check   whether the configuration is fine/);
  assert.doesNotMatch((await command(['demo', '--help'])).stdout, /--listen/);
  assert.match((await command(['--listen', '127.0.0.1:0', '--help'])).stdout, /^usage: ecr-courier run /);
  assert.equal((await command(['help', 'nothing'])).code, 2);
  assert.match((await cli(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('names from a manager neither steer the terminal nor show a key that they repeat', async () => {
  const Name = `x\u001b[2J\u0007\u202e${adminKey}\nevil`;
  await using hostile = await startFakePortainer({ registries: [{ ...ecrRow, Name }] });
  for (const args of [['check'], ['once', '--json']]) {
    const { stdout } = await command(args, { ...env, PORTAINER_URL: hostile.url });
    assert.match(stdout, /x .*evil|x\\u001b/);
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    assert.doesNotMatch(stdout, /[\u001b\u0007]/);
    assert.ok(!stdout.includes(adminKey));
    if (args.length === 1) assert.ok(!stdout.includes('\u202e'));
  }
});

test('rows that no source serves do not make a fine run a failed one', async () => {
  await using mixed = await startFakePortainer({ registries: [ecrRow, { ...ecrRow, Name: 'public', URL: 'public.ecr.aws' }] });
  const { code, stdout } = await command(['once'], { ...env, PORTAINER_URL: mixed.url });
  assert.equal(code, 0);
  assert.match(stdout, /NO_SOURCE .*ECR Public/);
});

async function catchesHangUp(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => wait(500, 'SigCgt:\t1'));
  return (Number.parseInt(/^SigCgt:\s*[0-9a-f]*([0-9a-f])$/m.exec(status)?.[1] ?? '0', 16) & 1) === 1;
}

test('a signal to reload that comes early does not end the daemon', async () => {
  const started = await startCli([], {
    ...env,
    ECR_COURIER_LISTEN: `127.0.0.1:${await freePort()}`,
    ECR_COURIER_SOCKET: join(folder, 'early'),
  });
  // A signal that arrives before Node has read the first line always ends the process. Where /proc shows the signal
  // masks, wait until a handler is installed.
  await until(async () => catchesHangUp(started.child.pid ?? 0), 'a handler of SIGHUP');
  for (let times = 0; times < 10; times++) {
    started.child.kill('SIGHUP');
    await wait(30);
  }
  await untilSaid(started, 'the first delivery', /"msg":"delivered"/);
  started.child.kill('SIGTERM');
  assert.equal((await started.ended).code, 0);
});
