import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startProcess } from './daemon.ts';
import { path } from './needs.ts';

const stopsWithinMs = 30_000;

export interface Answer {
  readonly status: number;
  readonly text: string;
}
export interface Ran {
  readonly code: number | null;
  /** stdout and stderr. */
  readonly output: string;
}

/** A Docker engine for the test. Its disposal asserts that none of its processes and mounts is left. */
export interface Engine extends AsyncDisposable {
  /** DOCKER_HOST, and an empty DOCKER_CONFIG. */
  readonly env: Readonly<Record<string, string>>;
  /** Sends one request to the Engine API, such as `/images/create?...`. */
  ask(method: string, target: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Runs the docker CLI; `input` is its stdin. */
  docker(args: readonly string[], input?: string): Promise<Ran>;
  /** Restarts the engine on its existing data. */
  restart(): Promise<void>;
}

/**
 * Starts dockerd without a bridge, so that it does not change the network of this machine. `env` holds proxy and
 * authorities for its pulls. `args` add addresses to listen on.
 */
export async function startEngine(env: Readonly<Record<string, string>> = {}, args: readonly string[] = []): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'courier-engine-'));
  const socketPath = join(folder, 'docker.sock');
  const folders = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid')];
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs', '-H', `unix://${socketPath}`];
  const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;
  const start = () => startProcess(path('dockerd'), [...folders, ...network, ...args], { env: { PATH, HOME: folder, ...env } });
  let dockerd = start();
  const own = { PATH, HOME: folder, DOCKER_HOST: `unix://${socketPath}`, DOCKER_CONFIG: join(folder, 'config') };

  const engine: Engine = {
    env: own,
    ask: (method, target, headers = {}) => ask(socketPath, method, target, headers),
    // The classic builder needs no downloads.
    docker: (args, input) => run(path('docker'), args, { ...own, DOCKER_BUILDKIT: '0' }, input),
    async restart() {
      await dockerd.end('SIGTERM');
      dockerd = start();
      await ready(engine, dockerd.output);
    },
    async [Symbol.asyncDispose]() {
      await Promise.race([dockerd.end('SIGTERM'), wait(stopsWithinMs, undefined, { ref: false })]);
      const processes = await killRest(folder);
      const mounts = unmountRest(folder);
      await rm(folder, { recursive: true, force: true });
      assert.deepEqual({ processes, mounts }, { processes: [], mounts: [] }, 'the engine left these behind');
    },
  };
  try {
    await ready(engine, dockerd.output);
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
  return engine;
}

async function ready(engine: Engine, output: () => string): Promise<void> {
  const answers = () =>
    engine.ask('GET', '/_ping').then(
      ({ status }) => status === 200,
      () => false,
    );
  for (const end = Date.now() + 60_000; Date.now() < end; await wait(50)) if (await answers()) return;
  assert.fail(`the engine does not answer:\n${output().slice(-3000)}`);
}

/** Runs a program, and waits for its end. */
export async function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>, input = ''): Promise<Ran> {
  const running = startProcess(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  // A program may end without reading its stdin.
  running.child.stdin?.on('error', () => undefined).end(input);
  return { code: await running.ended, output: running.output() };
}

function ask(socketPath: string, method: string, target: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = request({ socketPath, method, path: target, headers: { host: 'engine', ...headers } }, response => {
    const status = response.statusCode ?? 0;
    response.toArray().then(parts => resolve({ status, text: Buffer.concat(parts).toString() }), reject);
  });
  asked.on('error', reject).end();
  return promise;
}

/** Kills the processes with this folder on their command line (containerd, shims), and returns their command lines. */
async function killRest(folder: string): Promise<string[]> {
  const left = processesOf(folder);
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  for (const end = Date.now() + 5000; Date.now() < end && processesOf(folder).length > 0; ) await wait(20);
  return left.map(({ line }) => line);
}

function processesOf(folder: string): { pid: number; line: string }[] {
  return readdirSync('/proc').flatMap(name => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return line.includes(folder) ? [{ pid, line }] : [];
    } catch {
      return []; // the process has just ended
    }
  });
}

/**
 * Unmounts what the engine leaves, which always includes its network namespace. Returns what could not be unmounted.
 */
function unmountRest(folder: string): string[] {
  // Inner mounts come first.
  for (const place of mountsIn(folder).toReversed()) spawnSync('umount', ['-l', place]);
  return mountsIn(folder);
}

function mountsIn(folder: string): string[] {
  const places = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .flatMap(line => line.split(' ')[1] ?? []);
  return places.filter(place => place.startsWith(folder));
}
