import assert from 'node:assert/strict';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startProcess } from './daemon.ts';
import { path } from './needs.ts';

const recordings = join(import.meta.dirname, '../contracts/registry.json');

export interface DockerRegistry extends AsyncDisposable {
  readonly port: number;
  /** Replaces the password of the user AWS. */
  setPassword(password: string): Promise<void>;
  /** Pushes the image of the recordings as `repository:tag`. Returns its digest. */
  push(repository: string, tag: string, password: string): Promise<string>;
}

/** Starts docker-registry in plain HTTP on a free port, with its files in `folder`. */
export async function startDockerRegistry(folder: string): Promise<DockerRegistry> {
  const users = join(folder, 'htpasswd');
  const config = join(folder, 'registry.yml');
  await writeFile(users, '');
  const text = {
    version: 0.1,
    log: { accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'registry') } },
    http: { addr: '127.0.0.1:0', relativeurls: true },
    auth: { htpasswd: { realm: 'test', path: users } },
  };
  // JSON is valid YAML.
  await writeFile(config, JSON.stringify(text));
  await using starting = new AsyncDisposableStack();
  const { output } = starting.use(startProcess(path('docker-registry'), ['serve', config], { env: {} }));
  const port = await portIn(output);
  const running = starting.move();

  return {
    port,
    async setPassword(password) {
      // bcrypt, and so the registry, uses 72 bytes of a password, and htpasswd accepts at most 255.
      const entry = startProcess(path('htpasswd'), ['-niB', 'AWS'], { stdio: ['pipe', 'pipe', 'pipe'] });
      entry.child.stdin?.end(password.slice(0, 72));
      assert.equal(await entry.ended, 0, entry.output());
      const line = /^AWS:\S+$/m.exec(entry.output())?.[0];
      assert.ok(line, 'htpasswd has printed an entry');
      await writeFile(`${users}.new`, `${line}\n`);
      await rename(`${users}.new`, users);
    },
    push: (repository, tag, password) => push(`http://127.0.0.1:${port}/v2/${repository}`, tag, `AWS:${password}`),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function portIn(output: () => string): Promise<number> {
  for (const end = Date.now() + 30_000; Date.now() < end; await wait(20)) {
    const port = /listening on 127\.0\.0\.1:(\d+)/.exec(output())?.[1];
    if (port) return Number(port);
  }
  assert.fail(`docker-registry does not listen:\n${output()}`);
}

async function push(url: string, tag: string, login: string): Promise<string> {
  const { blobs } = JSON.parse(await readFile(recordings, 'utf8')) as { blobs: Record<string, string> };
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  const send = async (method: string, to: string, type: string, body?: Buffer<ArrayBuffer>): Promise<Response> => {
    const answer = await fetch(to, { method, headers: { authorization, 'content-type': type }, ...(body && { body }) });
    assert.ok(answer.ok, `${method} ${to}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  let manifest: { digest: string; type: string; body: Buffer<ArrayBuffer> } | undefined;
  for (const [digest, base64] of Object.entries(blobs)) {
    const body = Buffer.from(base64, 'base64');
    const type = /"mediaType":"([^"]+manifest[^"]+)"/.exec(body.toString('latin1'))?.[1];
    if (type !== undefined) manifest = { digest, type, body };
    else {
      const upload = await send('POST', `${url}/blobs/uploads/`, 'application/octet-stream');
      const place = new URL(upload.headers.get('location') ?? '', url);
      place.searchParams.set('digest', digest);
      await send('PUT', place.href, 'application/octet-stream', body);
    }
  }
  assert.ok(manifest, 'the recordings have a manifest');
  await send('PUT', `${url}/manifests/${tag}`, manifest.type, manifest.body);
  return manifest.digest;
}
