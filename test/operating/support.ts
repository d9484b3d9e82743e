import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { adapters } from '../../adapters/index.ts';
import { load } from '../../config/load.ts';
import { type App, createApp } from '../../src/app.ts';
import type { Log } from '../../src/contract/adapter.ts';
import { type Clock, clock } from '../../src/contract/clock.ts';
import { createLog } from '../../src/io/log.ts';
import type { Election } from '../../src/lease/election.ts';
import type { Status } from '../../src/observe/status-view.ts';
import { startCli, untilSaid } from '../commands/cli.ts';
import { type FakeEcr, startEcr } from '../fakes/ecr.ts';
import { fastClock } from '../fakes/fast-clock.ts';
import { adminKey, type FakePortainer, type PortainerOptions, startFakePortainer } from '../fakes/portainer.ts';
import { startRegistry } from '../fakes/registry.ts';

export const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const adminToken = 'the-admin-token-of-these-tests';
/** The double of ECR, one for each test file that imports this. */
export let ecr: FakeEcr;
export let folder: string;

before(async () => {
  ecr = await startEcr();
  folder = await mkdtemp(join(tmpdir(), 'operating-'));
  await writeFile(join(folder, 'key'), adminKey, { mode: 0o600 });
  await writeFile(join(folder, 'admin'), adminToken, { mode: 0o600 });
  const aws = { AWS_ENDPOINT_URL_ECR: ecr.url, AWS_ENDPOINT_URL_STS: ecr.url };
  // The AWS client reads the variables of the process.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests', ...aws });
});
after(async () => {
  await ecr[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

export const portainerOf = (options: PortainerOptions = {}): Promise<FakePortainer> =>
  startFakePortainer({ registries: [{ Name: 'ecr', URL: host, Authentication: true, Username: 'AWS', Password: 'old' }], ...options });
export const served = (portainer: FakePortainer): boolean => ecr.judge('eu-west-1', portainer.passwordOf(1)) !== 'unknown';
export const target = (portainer: { url: string }, more: object = {}) => ({
  kind: 'portainer',
  url: portainer.url,
  apiKeyFile: join(folder, 'key'),
  allowHttp: true,
  ...more,
});

interface Running extends AsyncDisposable {
  readonly app: App;
  /** The log lines from the level info on. */
  readonly lines: readonly string[];
  reload(config: object): Promise<void>;
}

/** Returns a port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  assert.ok(address && typeof address === 'object');
  return address.port;
}

/**
 * Starts the program without its doors, in this process. `standFor` creates the election in which it is a candidate.
 */
export async function start(
  config: object,
  faster = 1,
  standFor?: (means: { readonly clock: Clock; readonly log: Log }) => Election,
): Promise<Running> {
  const door = await startRegistry(ecr);
  const read = async (given: object) => {
    const file = join(folder, `${Math.random()}.json`);
    await writeFile(file, JSON.stringify({ engine: { tickSeconds: 1 }, ...given }));
    return await load({ files: [file], env: {}, adapters });
  };
  const lines: string[] = [];
  const log = createLog({ to: { write: (line: string) => void lines.push(line) } });
  const time = faster === 1 ? clock : fastClock(faster);
  const election = standFor?.({ clock: time, log });
  const app = createApp(await read(config), { clock: time, log, env: process.env, registryEndpoint: () => door.url, election });
  const stopping = new AbortController();
  const running = app.run(stopping.signal);
  return {
    app,
    lines,
    reload: async next => app.use(await read(next)),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
      await door[Symbol.asyncDispose]();
    },
  };
}

/** Starts the executable with its configuration in a directory. */
export async function startDaemon(files: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}) {
  const config = await mkdtemp(join(folder, 'config-'));
  const place = (name: string) => join(config, name);
  for (const [name, text] of Object.entries(files)) await writeFile(place(name), text);
  const env = {
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-tests',
    AWS_ENDPOINT_URL_ECR: ecr.url,
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
    ECR_COURIER_ADMIN_TOKEN_FILE: join(folder, 'admin'),
    ECR_COURIER_SOCKET: join(config, 'socket'),
    ECR_COURIER_LISTEN: '127.0.0.1:0',
    ...more,
  };
  const started = await startCli(['--config', config], env);
  await untilSaid(started, 'the doors', /"msg":"listening"/);
  const url = /"url":"([^"]+)"/.exec(started.said.stdout)?.[1] ?? '';
  return {
    ...started,
    env,
    config,
    door: new URL(url).host,
    write: (name: string, text: string) => writeFile(place(name), text),
    remove: (name: string) => rm(place(name)),
    get: async (path: string) => (await fetch(url + path)).text(),
    status: async () => (await (await fetch(`${url}/api/status`)).json()) as Status,
    async reload() {
      const answer = await fetch(`${url}/-/reload`, { method: 'POST', headers: { authorization: `Bearer ${adminToken}` } });
      return { code: answer.status, text: await answer.text() };
    },
    async [Symbol.asyncDispose]() {
      started.child.kill();
      await started.ended;
    },
  };
}
export const fileOf = (...targets: readonly object[]): string => JSON.stringify({ targets });
export const names = (status: Status): string[] => status.targets.map(({ name }) => name);
