import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const needsRoot = process.getuid?.() !== 0 && 'only root can become another user';
const commands = new URL('../../src/commands/', import.meta.url).href;
const nobodyKnown = 54_321;

/** What a piece of code says that runs as a user who stands in no list. The modules are loaded before the user changes. */
async function asStranger(code: string): Promise<string> {
  const imports = `import { askDaemon, socketPath } from '${commands}daemon.ts'; import { ensureHome } from '${commands}home.ts';`;
  const whole = `${imports} process.setuid(${nobodyKnown}); ${code}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', whole], { env: { TMPDIR: '/tmp' } });
  return stdout.trim();
}

test('a user without a name (a container without /etc/passwd) has a socket like any other', { skip: needsRoot }, async () => {
  assert.equal(await asStranger(`console.log(socketPath({ server: {} }, {}))`), `/tmp/ecr-courier-${nobodyKnown}/ecr-courier.sock`);
});

test('a user without a home gets one, for the AWS SDK asks for it; another’s stays', { skip: needsRoot }, async () => {
  assert.equal(await asStranger(`ensureHome(process.env); console.log(process.env.HOME)`), '/');
  assert.equal(await asStranger(`process.env.HOME = '/somewhere'; ensureHome(process.env); console.log(process.env.HOME)`), '/somewhere');
});

test('another user is told whose socket it is, whether or not the directory can be read', { skip: needsRoot }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'daemon-'));
  await chmod(folder, 0o755);
  for (const mode of [0o700, 0o755]) {
    const path = join(folder, mode.toString(8), 'socket');
    await mkdir(join(path, '..'), { mode });
    const server = createServer().listen(path);
    const said = await asStranger(
      `console.log(await askDaemon('${path}', 'GET', '/', new AbortController().signal).catch(error => error.message))`,
    );
    server.close();
    assert.equal(said, `${path} belongs to another user: it may not be the daemon's. Use the user that the daemon runs as.`);
  }
  await rm(folder, { recursive: true });
});
