import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Engine } from './engine.ts';
import { freePort } from './socket-proxy.ts';

export interface SeenTask {
  readonly id: string;
  readonly state: string;
  readonly error: string | undefined;
}

/** An engine as the only manager of a Swarm, and at first its only node. */
export interface RealSwarm {
  /** The path of the engine's socket. */
  readonly socket: string;
  docker(...args: readonly string[]): Promise<string>;
  /** Makes another engine on this machine a worker that takes no tasks yet. Returns the ids of both nodes. */
  join(other: Engine): Promise<Readonly<Record<'manager' | 'worker', string>>>;
  /** Creates a service as users do, with the login of the CLI. Its tasks run until they are stopped. */
  create(name: string, image: string, options?: readonly string[]): Promise<void>;
  tasks(service: string): Promise<readonly SeenTask[]>;
  /** Returns the version of a service, which every write changes. */
  versionOf(service: string): Promise<number>;
  /** Returns the ids of the running tasks. */
  running(service: string): Promise<readonly string[]>;
  /** Waits until at least `count` tasks are in the state, and returns their ids. */
  until(service: string, state: 'running' | 'rejected', count: number): Promise<readonly string[]>;
  /** Removes a pulled image, so that the node must pull it as another node would. */
  forget(image: string): Promise<void>;
}

/** The folders to mount into tasks: the image of the recordings has no program, so tasks run one of this machine. */
export const programs: readonly string[] = ['/usr', '/lib', '/lib64'].filter(existsSync);
const mounts = programs.map(at => `--mount=type=bind,source=${at},target=${at},readonly`);

export async function startSwarm(engine: Engine): Promise<RealSwarm> {
  const docker = async (...args: readonly string[]): Promise<string> => {
    const { code, output } = await engine.docker(args);
    assert.equal(code, 0, `docker ${args.join(' ')}: ${output}`);
    return output.trim();
  };
  const tasks = async (service: string): Promise<readonly SeenTask[]> => {
    const filters = encodeURIComponent(JSON.stringify({ service: [service] }));
    const { status, text } = await engine.ask('GET', `/tasks?filters=${filters}`);
    assert.equal(status, 200, text);
    const list = JSON.parse(text) as readonly { ID: string; DesiredState: string; Status: { State: string; Err?: string } }[];
    return list.map(({ ID, DesiredState, Status: { State, Err } }) => ({
      id: ID,
      state: State === 'running' && DesiredState !== 'running' ? 'stopping' : State,
      error: Err,
    }));
  };
  const idsOf = async (service: string, state: string): Promise<readonly string[]> =>
    (await tasks(service)).flatMap(task => (task.state === state ? task.id : [])).toSorted();
  const address = `127.0.0.1:${await freePort()}`;
  await docker('swarm', 'init', '--advertise-addr', '127.0.0.1', '--listen-addr', address);
  return {
    socket: (engine.env['DOCKER_HOST'] ?? '').replace('unix://', ''),
    docker,
    async join(other) {
      const token = await docker('swarm', 'join-token', '--quiet', 'worker');
      const own = ['--advertise-addr', '127.0.0.2', '--listen-addr', '127.0.0.2:0', '--availability', 'drain'];
      const { code, output } = await other.docker(['swarm', 'join', ...own, '--token', token, address]);
      assert.equal(code, 0, output);
      const nodes = async (role: string): Promise<string> => await docker('node', 'ls', '--quiet', '--filter', `role=${role}`);
      return { manager: await nodes('manager'), worker: await nodes('worker') };
    },
    tasks,
    async versionOf(service) {
      const { status, text } = await engine.ask('GET', `/services/${service}`);
      assert.equal(status, 200, text);
      return (JSON.parse(text) as { Version: { Index: number } }).Version.Index;
    },
    async create(name, image, options = []) {
      const usual = ['--detach', '--with-registry-auth', '--no-resolve-image', '--network=host', '--stop-signal=KILL', `--name=${name}`];
      await docker('service', 'create', ...usual, ...mounts, ...options, image, '/usr/bin/sleep', '3600');
    },
    running: service => idsOf(service, 'running'),
    async until(service, state, count) {
      for (const end = Date.now() + 60_000; Date.now() < end; await wait(100)) {
        const ids = await idsOf(service, state);
        if (ids.length >= count) return ids;
      }
      assert.fail(`waited in vain for ${count} ${state} tasks of ${service}: ${JSON.stringify(await tasks(service))}`);
    },
    async forget(image) {
      const { status, text } = await engine.ask('DELETE', `/images/${image}?force=true`);
      assert.ok(status === 200 || status === 404, text);
    },
  };
}
