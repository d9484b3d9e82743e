import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Secret } from '../../src/contract/secret.ts';
import { executable } from '../commands/cli.ts';
import { type EcrOptions, type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { adminKey, type FakePortainer, type PortainerOptions, startFakePortainer } from '../fakes/portainer.ts';
import { jsonOf } from '../fakes/server.ts';

const region = 'eu-west-1';
export const hostOf = (account: string): string => `${account}.dkr.ecr.${region}.amazonaws.com`;
const secretKey = 'a-secret-access-key-of-nobody-at-all';

export interface WorldOptions {
  /** The life of a token in milliseconds; default: 12 h. */
  readonly ttlMs?: number;
  /** The accounts of Portainer's rows. */
  readonly rows?: readonly string[];
  readonly ecr?: EcrOptions;
  readonly portainer?: PortainerOptions;
  /** More variables for every process. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Doubles of ECR and Portainer, and the environment in which a daemon serves them. Its disposal asserts that no output
 * of its processes contains a secret.
 */
export interface World extends AsyncDisposable {
  readonly ecr: FakeEcr;
  readonly portainer: FakePortainer;
  /** A folder for files of the test. It holds Portainer's key, and later the daemon's socket. */
  readonly folder: string;
  /** The address of the daemon's doors, as host:port. */
  readonly doors: string;
  /** Every password that ECR issued, oldest first. */
  readonly passwords: readonly string[];
  /** Starts the daemon, or another command. */
  start(options?: StartOptions): Promise<Running>;
  /** Runs a command, and waits for its end. */
  run(...args: string[]): Promise<{ code: number | null; output: string }>;
  /** Waits until the condition holds. Fails with the output after two minutes, because a machine may be slow. */
  until(condition: () => boolean | Promise<boolean>, what: string): Promise<void>;
  /** Returns the passwords and paths of all writes so far, in the order of arrival. */
  written(): Write[];
  /** Whether every row holds a password that ECR accepts now. */
  served(): boolean;
  /** Reads a page from the daemon's doors. */
  read(path: string): Promise<string>;
  /** More texts to search for secrets, such as a log file, in addition to the output of the processes. */
  readonly shown: string[];
}

export interface Write {
  readonly path: string;
  readonly password: unknown;
}

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the command line appended to it: `['sh', '-c', 'exec "$@" >/dev/full', '-']`. */
  readonly by?: readonly string[];
  /** Options of Node. */
  readonly node?: readonly string[];
}

export interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  /** stdout and stderr so far. */
  output(): string;
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  readonly ended: Promise<number | null>;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { rows = ['111111111111', '222222222222'], ttlMs } = options;
  const command = await executable();
  const stack = new AsyncDisposableStack();
  const passwords: string[] = [];
  const mint = (): string => {
    const password = randomBytes(900).toString('base64');
    passwords.push(password);
    return password;
  };
  const ecr = stack.use(await startEcr({ mint, ...(ttlMs && { ttlMs }), ...options.ecr }));
  const registries = rows.map(account => ({
    Name: `ecr-${account}`,
    URL: hostOf(account),
    Authentication: true,
    Username: 'AWS',
    Password: 'of-yesterday',
  }));
  const portainer = stack.use(await startFakePortainer({ registries, ...options.portainer }));
  const folder = await mkdtemp(join(tmpdir(), 'courier-world-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const keyFile = join(folder, 'key');
  await writeFile(keyFile, adminKey, { mode: 0o600 });
  // A random loopback address: on 127.0.0.1 a free port may be taken a moment later.
  const doors = `127.${randomInt(1, 255)}.${randomInt(255)}.${randomInt(1, 255)}:8080`;
  const env = { ...environment({ ecr, portainer, folder, doors, keyFile }), ...options.env };
  const outputs: (() => string)[] = [];
  const shown: string[] = [];

  const world: World = {
    ecr,
    portainer,
    folder,
    doors,
    passwords,
    shown,
    async start({ args = [], by = [], node = [], env: more } = {}) {
      const [program = '', ...rest] = [...by, process.execPath, ...node, command, ...args];
      const running = startProcess(program, rest, { env: { ...env, ...more } });
      outputs.push(running.output);
      stack.use(running);
      return running;
    },
    async run(...args) {
      const { ended, output } = await world.start({ args });
      return { code: await ended, output: output() };
    },
    async until(condition, what) {
      for (const end = Date.now() + 120_000; Date.now() < end; await wait(20)) if (await condition()) return;
      assert.fail(`waited in vain for: ${what}\n${outputs.map(output => output().slice(-3000)).join('\n---\n')}`);
    },
    written: () =>
      portainer.requests
        .filter(({ method, path }) => method !== 'GET' && path.startsWith('/api/registries') && !path.endsWith('/ping'))
        .map(request => ({
          path: request.path,
          password: (jsonOf(request) as Record<string, unknown>)['Password'],
        })),
    served: () => portainer.rows().every(({ Password }) => ecr.judge(region, Password) === 'good'),
    async read(path) {
      const text = await fetch(`http://${doors}${path}`).then(answer => answer.text());
      shown.push(text);
      return text;
    },
    async [Symbol.asyncDispose]() {
      await stack.disposeAsync();
      const said = [...outputs.map(output => output()), ...shown].join('\n');
      for (const secret of [...passwords, adminKey, secretKey].map(value => new Secret(value)))
        for (const form of [...Secret.forms(secret), secret.reveal().slice(4, 24)])
          assert.ok(!said.includes(form), 'a secret, or a piece of one, was written out');
    },
  };
  return world;
}

/** Returns the environment of a daemon that serves only this world, and ticks and discovers every second. */
function environment({
  ecr,
  portainer,
  folder,
  doors,
  keyFile,
}: Pick<World, 'ecr' | 'portainer' | 'folder' | 'doors'> & { keyFile: string }) {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'AKIDOFNOBODY',
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_ENDPOINT_URL: ecr.url,
    // Makes proofs fail: they go to the registry itself, and this proxy does not exist.
    HTTPS_PROXY: 'http://127.0.0.1:9',
    PORTAINER_URL: portainer.url,
    PORTAINER_API_KEY_FILE: keyFile,
    PORTAINER_ALLOW_HTTP: 'true',
    ECR_COURIER_SOCKET: join(folder, 'socket'),
    ECR_COURIER_LISTEN: doors,
    ECR_COURIER_LOG_LEVEL: 'debug',
    ECR_COURIER_TICK_SECONDS: '1',
    ECR_COURIER_START_SPREAD_SECONDS: '0',
    ECR_COURIER_DISCOVERY_CRON: '* * * * * *',
  };
}

/** Starts a process, which disposal kills. */
export function startProcess(program: string, args: readonly string[], options: SpawnOptions): Running {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const end = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return ended;
  };
  return {
    child,
    ended,
    end,
    output: () => said,
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
    },
  };
}
