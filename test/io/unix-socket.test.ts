import assert from 'node:assert/strict';
import { chmod, link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { lendHttp } from '../../src/io/lent-http.ts';
import { startServer } from '../fakes/server.ts';
import { failing, failingNow, names, open, soon } from './servers.ts';

describe('a unix socket', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'courier-socket-'));
    // The socket must be reachable for other users.
    await chmod(folder, 0o755);
  });
  after(() => rm(folder, { recursive: true }));

  const serve = (path: string) =>
    startServer(({ headers, body }) => ({ status: 200, json: [headers.host, body.toString()] }), { socket: path });
  const askAt = async (url: string, more: object = {}) => {
    await using http = open(url, more);
    return await http('GET', '/_ping', { signal: soon() });
  };

  test('requests go to it, whatever proxies there are, also by a path with blanks, and without a permission for http', async () => {
    const path = join(folder, 'a socket');
    await using server = await serve(path);
    const env = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };
    for (const url of [server.url, server.url.replace(' ', '%20')]) {
      const answer = await askAt(url, { allowHttp: false, env });
      assert.deepEqual(answer.json(), ['localhost', '']);
    }
    const proxy = { address: 'http://127.0.0.1:9', named: 'proxy-url' };
    await using http = lendHttp({ url: server.url, proxy }, { env });
    assert.equal((await http('GET', '/', { signal: soon() })).status, 200);
    assert.match(http.failure(await http('PUT', '/x', { signal: soon() })).message, /^PUT \/x at unix:\/\/\/.*\/a%20socket was answered/);
  });

  test('it is found anew for each connection: what listens there may have been started again', async () => {
    const path = join(folder, 'again');
    await using http = open(`unix://${path}`);
    const ask = () => http('GET', '/', { signal: soon() });
    const absent = await failing(ask());
    assert.equal(absent.code, 'UNREACHABLE');
    assert.equal(absent.message, `There is no socket ${path}.`);
    for (const _ of ['first', 'second']) {
      await using server = await serve(path);
      assert.equal((await ask()).status, 200);
      assert.equal(server.requests.length, 1);
    }
    assert.equal((await failing(ask())).code, 'UNREACHABLE');
  });

  test('what lies there and is no socket is said', async () => {
    const [file, directory] = [join(folder, 'file'), join(folder, 'directory')];
    await Promise.all([writeFile(file, ''), mkdir(directory)]);
    const isFile = await failing(askAt(`unix://${file}`));
    assert.deepEqual([isFile.code, isFile.message], ['MISCONFIGURED', `${file} is not a socket.`]);
    const isDirectory = await failing(askAt(`unix://${directory}`));
    assert.deepEqual([isDirectory.code, isDirectory.message], ['MISCONFIGURED', `${directory} is a directory, and no socket.`]);
    assert.match(isDirectory.remedy, /makes a directory where it finds nothing to mount/);
    const below = await failing(askAt(`unix://${file}/socket`));
    assert.deepEqual([below.code, below.message], ['UNREACHABLE', `There is no socket ${file}/socket.`]);
  });

  test('nobody listens there any more', async () => {
    const path = join(folder, 'left');
    {
      await using _ = await serve(path);
      // A server removes the path that it listens on. The second link stays.
      await link(path, `${path}-behind`);
    }
    const failure = await failing(askAt(`unix://${path}-behind`));
    assert.equal(failure.code, 'UNREACHABLE');
    assert.equal(failure.message, `Nothing listens at the socket ${path}-behind (ECONNREFUSED).`);
    assert.match(failure.remedy, /restart the container of the courier, or mount the directory/);
  });

  test('who may not use it is told by whose right, and whose it is', async () => {
    const path = join(folder, 'shut');
    await using server = await serve(path);
    assert.ok(server.url);
    const [group, nobody] = [process.getegid?.() ?? 0, 64_999];
    const asNobody = async (mode: number) => {
      await chmod(path, mode);
      const before = { uid: process.geteuid?.() ?? 0, gid: group };
      const isRoot = before.uid === 0;
      if (isRoot) {
        process.setegid?.(nobody);
        process.seteuid?.(nobody);
      }
      try {
        return { failure: await failing(askAt(server.url)), isRoot };
      } finally {
        if (isRoot) {
          process.seteuid?.(0);
          process.setegid?.(before.gid);
        }
      }
    };
    const { failure, isRoot } = await asNobody(0);
    assert.equal(failure.code, 'MISCONFIGURED');
    const whose = `it belongs to uid ${process.geteuid?.()} and gid ${group}, and has the mode 0000 \\(EACCES\\)`;
    assert.match(
      failure.message,
      new RegExp(`^The socket ${path} may not be used by the courier \\(uid \\d+ in the groups .*\\): ${whose}`),
    );
    assert.match(failure.remedy, /chgrp \d+ .* && chmod g\+rw /);
    if (!isRoot) return;
    const { failure: byGroup } = await asNobody(0o660);
    assert.match(byGroup.message, /uid 64999 in the groups 64999.*mode 0660/);
    assert.match(byGroup.remedy, new RegExp(`the group ${group}: \`group_add: \\["${group}"\\]\``));
  });

  test('an address that names no socket', () => {
    for (const [url, said] of [
      ['unix://docker.sock', /not of the form unix:\/\/\/PATH/],
      ['unix:docker.sock', /not of the form unix:\/\/\/PATH/],
      ['unix:///', /not of the form unix:\/\/\/PATH/],
      ['unix:///run/a?b', /not of the form unix:\/\/\/PATH/],
      ['unix:///run/100%', /not of the form unix:\/\/\/PATH/],
      [`unix:///${'x'.repeat(120)}`, /can have 107 bytes/],
    ] as const) {
      const failure = failingNow(() => open(url, { names }));
      assert.equal(failure.code, 'MISCONFIGURED', url);
      assert.match(failure.message, said, url);
    }
  });
});
