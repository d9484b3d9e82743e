import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Doors } from '../../config/doors.ts';
import { formatListen } from '../../config/formats.ts';
import { daemonOf as daemonAt, isSilent, socketPath } from '../../src/commands/daemon.ts';

const needsRoot = process.getuid?.() !== 0 && 'only root can become another user';
const commands = new URL('../../src/commands/', import.meta.url).href;
const nobodyKnown = 54_321;
const listen = { host: '127.0.0.1', port: 8080 };
const signal = new AbortController().signal;

const found = (doors: Doors, chosen = true) => ({ doors, chosen, unread: [] });
/** The call of `daemonOf` as source text for `asStranger`. */
const daemonOf = (doors: Doors, env: object) =>
  `daemonOf(${JSON.stringify(found(doors))}, { env: ${JSON.stringify(env)}, signal: new AbortController().signal })`;

async function folder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'daemon-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function listening(server: Server, where: string | 0): Promise<AsyncDisposable & { readonly port: number }> {
  const open = new Set<Socket>();
  server.on('connection', socket => void open.add(socket));
  await new Promise<void>(resolve => (where === 0 ? server.listen(0, '127.0.0.1', resolve) : server.listen(where, resolve)));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return { port, [Symbol.asyncDispose]: close };
}

/**
 * Runs code as a user that the system does not know, and returns its stdout. The modules are loaded before the user
 * changes.
 */
async function asStranger(code: string): Promise<string> {
  const imports = `import { daemonOf } from '${commands}daemon.ts'; import { ensureHome } from '${commands}../io/home.ts';`;
  const whole = `${imports} process.setuid(${nobodyKnown}); ${code}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', whole], { env: { TMPDIR: '/tmp' } });
  return stdout.trim();
}

/**
 * Starts a server on a socket, in a process of another user. It starts as root, because the path to the socket may be
 * open to root only.
 */
async function listenedBy(user: number, socket: string): Promise<AsyncDisposable> {
  const serve = `(_, response) => response.end('it is user ' + process.getuid())`;
  const code = `require('node:http').createServer(${serve}).listen('${socket}', () => {
    require('node:fs').chownSync('${socket}', ${user}, ${user}); process.setuid(${user}); console.log('listening'); })`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return {
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, 'close');
    },
  };
}

test('a user without a name (a container without /etc/passwd) has a socket like any other', { skip: needsRoot }, async () => {
  const code = `console.log(${daemonOf({ listen }, {})}.socket)`;
  assert.equal(await asStranger(code), `/tmp/ecr-courier-${nobodyKnown}/ecr-courier.sock`);
});

test('a user without a home gets one, for the AWS SDK asks for it; another’s stays', { skip: needsRoot }, async () => {
  assert.equal(await asStranger(`ensureHome(process.env); console.log(process.env.HOME)`), '/');
  assert.equal(await asStranger(`process.env.HOME = '/somewhere'; ensureHome(process.env); console.log(process.env.HOME)`), '/somewhere');
});

test('another user is told whose socket it is, whether or not the directory can be read', { skip: needsRoot }, async () => {
  await using base = await folder();
  await chmod(base.path, 0o755);
  for (const mode of [0o700, 0o755]) {
    const socket = join(base.path, mode.toString(8), 'socket');
    await mkdir(join(socket, '..'), { mode });
    await using _ = await listening(createServer(), socket);
    const said = await asStranger(
      `console.log(await ${daemonOf({ listen, socket }, {})}.askSocket('GET', '/').catch(error => error.message + ' ' + error.remedy))`,
    );
    assert.equal(said, `${socket} belongs to another user: it may not be the daemon's. Use the user that the daemon runs as.`);
  }
});

test('root takes another user’s socket for the daemon’s only when it is named, and not where anybody could have made it', {
  skip: needsRoot,
}, async () => {
  await using base = await folder();
  const env = { XDG_RUNTIME_DIR: join(base.path, 'made-by-another') };
  const socket = socketPath({ listen }, env);
  await mkdir(join(socket, '..'));
  await using _ = await listening(
    createHttpServer((_, response) => response.end('theirs')),
    socket,
  );
  const asked = (doors: Doors) => daemonAt(found(doors), { env, signal }).askSocket('GET', '/');

  await chown(join(socket, '..'), nobodyKnown, nobodyKnown);
  await assert.rejects(asked({ listen }), { code: 'UNREACHABLE', message: /belongs to another user/, remedy: /ECR_COURIER_SOCKET/ });
  await chown(join(socket, '..'), 0, 0);
  await chown(socket, nobodyKnown, nobodyKnown);
  await assert.rejects(asked({ listen }), /belongs to another user/);
  assert.equal((await asked({ listen, socket })).text, 'theirs');
});

test('root reaches the daemon of a unit with a user of its own, by RUNTIME_DIRECTORY, also where that is a link into /run/private', {
  skip: needsRoot,
}, async () => {
  await using base = await folder();
  await chmod(base.path, 0o755);
  const [secluded, real, link] = [join(base.path, 'private'), join(base.path, 'private', 'courier'), join(base.path, 'courier')];
  await mkdir(secluded, { mode: 0o700 });
  await mkdir(real, { mode: 0o700 });
  await chown(real, nobodyKnown, nobodyKnown);
  await symlink('private/courier', link);
  const asked = async (path: string) =>
    (await daemonAt(found({ listen }), { env: { RUNTIME_DIRECTORY: path }, signal }).askSocket('GET', '/')).text;
  await using _ = await listenedBy(nobodyKnown, join(real, 'ecr-courier.sock'));

  assert.equal(await asked(link), `it is user ${nobodyKnown}`);
  assert.equal(await asked(real), `it is user ${nobodyKnown}`);
  // A runtime directory that belongs to another user, and one that is writable for everyone.
  await chown(real, nobodyKnown + 1, nobodyKnown);
  await assert.rejects(asked(link), /belongs to another user/);
  await chown(real, nobodyKnown, nobodyKnown);
  await chmod(real, 0o777);
  await assert.rejects(asked(link), /belongs to another user/);
});

test('daemons of one user differ by their ports, and so do their sockets; a unit has a directory of its own', () => {
  const of = (port: number, env: Record<string, string>) => socketPath({ listen: { host: '0.0.0.0', port } }, env);
  assert.equal(of(8080, { XDG_RUNTIME_DIR: '/run/user/7' }), '/run/user/7/ecr-courier.sock');
  assert.equal(of(9000, { XDG_RUNTIME_DIR: '/run/user/7' }), '/run/user/7/ecr-courier-9000.sock');
  assert.equal(
    of(9000, { RUNTIME_DIRECTORY: '/run/ecr-courier:/run/more', XDG_RUNTIME_DIR: '/run/user/7' }),
    '/run/ecr-courier/ecr-courier.sock',
  );
  assert.match(of(9000, { XDG_RUNTIME_DIR: '' }), /\/ecr-courier-\d+\/ecr-courier-9000\.sock$/);
});

test('one that is there and hangs is waited for once, and not said to be absent', async () => {
  await using base = await folder();
  const socket = join(base.path, 'socket');
  let others = 0;
  await using door = await listening(createServer(), 0);
  await using _ = await listening(
    createServer(() => others++),
    socket,
  );
  const hanging = { listen: { host: '127.0.0.1', port: door.port }, socket };
  const error: unknown = await daemonAt(found(hanging), { env: {}, signal })
    .ask('/livez', 200)
    .catch(thrown => thrown);

  assert.ok(isSilent(error) && error instanceof Error);
  assert.equal(error.message, `The daemon at ${formatListen(hanging.listen)} does not answer: it was silent for 0.2 s.`);
  assert.equal(others, 0, 'its socket would be as silent');
});

test('one that is not there: both places are named, with what could not be read of the configuration', async () => {
  const doors = { listen: { host: '127.0.0.1', port: 9 }, socket: '/absent/socket' };
  const unread = [{ path: '', origin: 'x.yaml:1:4', message: 'is not YAML' }];
  await assert.rejects(daemonAt({ ...found(doors), unread }, { env: {}, signal }).ask('/livez'), {
    message:
      /^Nobody answers at 127\.0\.0\.1:9 \([^)]*ECONNREFUSED[^)]*\)\. There is no daemon at \/absent\/socket \([^)]*ENOENT[^)]*\)\.$/,
    remedy: /could not read x\.yaml:1:4: is not YAML\./,
  });
});
