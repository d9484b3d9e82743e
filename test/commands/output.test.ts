import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { startEcr } from '../fakes/ecr.ts';
import { startFakePortainer } from '../fakes/portainer.ts';
import { compiled, executable, until } from './cli.ts';

const main = await executable();
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const folder = await mkdtemp(join(tmpdir(), 'output-'));
const ecr = await startEcr();
const portainer = await startFakePortainer({
  registries: [{ Name: 'row', URL: host, Authentication: true, Username: 'AWS', Password: 'old' }],
});
after(async () => {
  await Promise.all([ecr[Symbol.asyncDispose](), portainer[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true });
});
const [admin] = portainer.state.users;
assert.ok(admin);
admin.apiKey = 'ptr_key-of-the-admin';
const env = {
  ...compiled,
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  TMPDIR: folder,
  AWS_ACCESS_KEY_ID: 'AKIDTEST',
  AWS_SECRET_ACCESS_KEY: 'secret-access-key-of-nobody',
  AWS_REGION: 'eu-west-1',
  AWS_ENDPOINT_URL_ECR: ecr.url,
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1',
  PORTAINER_URL: portainer.url,
  PORTAINER_API_KEY: 'ptr_key-of-the-admin',
  PORTAINER_ALLOW_HTTP: 'true',
  ECR_COURIER_LISTEN: '127.0.0.1:0',
  ECR_COURIER_SOCKET: join(folder, 'socket'),
  ECR_COURIER_START_SPREAD_SECONDS: '0',
};

/** Runs `sh`, where `$@` is the executable and its arguments. */
async function shell(script: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const all = ['-c', script, 'sh', process.execPath, main, ...args];
  const child = promisify(execFile)('sh', all, { env: { ...env, ...more } });
  const { code, stdout, stderr } = await child.then(
    said => ({ code: 0, ...said }),
    (failed: { code: number; stdout: string; stderr: string }) => failed,
  );
  return { code, stdout, stderr };
}

for (const args of [['token', '--region', 'eu-west-1'], ['config', 'schema'], ['bundle'], ['--help']])
  test(`${args.join(' ')}: what cannot be written is said, and is a failure`, async () => {
    const { code, stderr } = await shell('"$@" >/dev/full', args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^ecr-courier: The result could not be written in full: ENOSPC.*\. Make room .* run it again\.$/m);
  });

test('a file that takes only a part is a failure as well', async () => {
  // The limit is in blocks of 512 bytes. With SIGXFSZ ignored, the write fails with EFBIG.
  const { code, stderr } = await shell(`trap '' XFSZ; ulimit -f 16; "$@" >${join(folder, 'part')}`, ['config', 'schema']);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /in full: EFBIG/);
});

test('a failure keeps its own exit code', async () => {
  assert.equal((await shell('"$@" >/dev/full', ['config', 'check'], { PORTAINER_CREATE: 'perhaps' })).code, 78);
});

test('nobody who reads any more is not a failure; whoever reads late gets everything', async () => {
  const whole = (await shell('"$@"', ['config', 'schema'])).stdout;
  // More output than a pipe buffer holds.
  const registries = Array.from({ length: 3000 }, (_, at) => `${100_000_000_000 + at}${host.slice(12)}`);
  const file = join(folder, 'long.json');
  await writeFile(file, JSON.stringify({ targets: [{ kind: 'portainer', registries }] }));
  const late = await shell('"$@" | (sleep 2; cat)', ['config', 'show', '--config', file]);
  assert.ok(late.stdout.includes(registries.join(', ')));
  assert.match(late.stdout, /^targets\.portainer\.allowHttp = true/m);
  const { stdout, stderr } = await shell('{ "$@"; echo $? >&2; } | head -c 1', ['config', 'schema']);
  assert.equal(stdout, whole.slice(0, 1));
  assert.equal(stderr, '0\n');
});

test('the daemon goes on although its log cannot be written, and ends as usual', async () => {
  const before = portainer.requests.length;
  const child = spawn('sh', ['-c', 'exec "$@" >/dev/full', 'sh', process.execPath, main], { env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  await until(() => portainer.requests.slice(before).some(({ method }) => method === 'PUT'), 'a delivery');
  child.kill();
  assert.deepEqual(await ended, [0, null]);
});

test('a pipe in the place of a file is refused at once', async () => {
  const pipe = join(folder, 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  const { code, stderr } = await shell('"$@"', ['run', '--config', pipe]);
  assert.equal(code, 78, stderr);
  assert.match(stderr, /pipe: is not a regular file\. Name a regular file: no pipe, socket or device\./);
});

for (const [how, then] of [
  ['leave', 'await leave(7)'],
  ['endNow', 'endNow(7)'],
] as const)
  test(`${how}: a thread that is stuck in the system changes neither the end nor its code`, async () => {
    const pipe = join(folder, `stuck-${how}`);
    await promisify(execFile)('mkfifo', [pipe]);
    const leaving = join(import.meta.dirname, '../../src/io/leave.ts');
    const script = `import { open } from 'node:fs/promises';
import { ${how} } from ${JSON.stringify(leaving)};
void open(${JSON.stringify(pipe)});
setImmediate(async () => { ${then}; });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    assert.deepEqual(await once(child, 'close'), [7, null]);
    assert.equal(said, '');
  });
