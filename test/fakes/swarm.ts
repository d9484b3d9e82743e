import { type Clock, clock as machineClock } from '../../src/contract/clock.ts';
import { type FakeServer, type Reply, type Seen, type ServerOptions, startServer } from './server.ts';
import type { Api } from './swarm/calls.ts';
import type { Value } from './swarm/exact-json.ts';
import type { EngineFacts } from './swarm/facts.ts';
import { type Login, loginIn } from './swarm/login.ts';
import { type Accepts, makeNode, type SwarmNode, type UpstreamRegistry } from './swarm/node.ts';
import { makeOrchestrator, type Quirks } from './swarm/orchestrator.ts';
import { answerOf } from './swarm/routes.ts';
import { readSpec, type Spec, without } from './swarm/spec.ts';
import { newId, type Progress, type Service, type Task } from './swarm/state.ts';
import { launch, lose, stop } from './swarm/tasks.ts';

export interface SwarmOptions {
  /** The engine. Defaults to a manager with 20.10.24 and the API 1.12 to 1.41. */
  readonly engine?: Partial<EngineFacts> & { readonly images?: readonly string[] };
  readonly registries?: readonly UpstreamRegistry[];
  /** Whether a registry that is not listed accepts a login. */
  readonly accepts?: Accepts;
  /** Existing services, each with the login it was deployed with. */
  readonly services?: readonly { readonly spec: Value; readonly login?: Login }[];
  readonly clock?: Pick<Clock, 'wall'>;
}

/** The current state of a service, with members that no response shows. */
export interface Inside {
  readonly id: string;
  readonly version: number;
  readonly spec: Spec;
  /** The login that its next task uses for the registry, or undefined for none. */
  readonly login: Login | undefined;
  /** The login that tasks use after a rollback. */
  readonly previousLogin: Login | undefined;
  readonly state: Progress | undefined;
  readonly tasks: readonly Readonly<Task>[];
}

/** A fake engine in Swarm mode with state and one node. It answers as recorded on Docker 20.10.24. */
export interface Swarm {
  answer(request: Seen): Reply;
  readonly node: SwarmNode;
  readonly quirks: Quirks & {
    /** Paths of the members of a Spec that the engine loses, like another engine behind a proxy. */
    loses: readonly string[];
    /** How many of the next updates lose a race against another client. */
    raced: number;
    /** The header that a proxy in front of the engine removes, in lower case. */
    strips: string;
  };
  /** Returns the state of a service. Throws for an unknown name. */
  service(name: string): Inside;
  /**
   * Deploys a service like another client, with or without a login. Without one, an existing service keeps its login.
   */
  deploy(spec: Value, login?: Login): void;
  /** Makes the manager the leader, as after a restart: it commits all services at once, unchanged. */
  elect(): void;
  /** Removes all services, like another client. */
  clear(): void;
  /** Rolls a service back, like another client. */
  rollBack(name: string): void;
  /** Sets the state of a service's roll-out. */
  progress(name: string, state: Progress | undefined): void;
  /** Ends the running tasks with their machine, which comes back without images, and starts others. */
  reschedule(name: string): void;
  /** Drains the machine: running tasks are stopped and replaced. */
  drain(name: string): void;
  /** Changes the password of a host in `registries`. */
  rotate(host: string, password: string): void;
  /** Points `repository:tag` of a host in `registries` at another image. */
  retag(host: string, name: string, digest: string): void;
}

export type FakeSwarm = FakeServer & Swarm;

const headerOf = (login: Login | undefined): string | undefined => {
  if (!login) return undefined;
  return Buffer.from(JSON.stringify(login)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
};

export function makeSwarm(options: SwarmOptions = {}): Swarm {
  const { engine: { images, ...engine } = {}, registries = [], clock = machineClock } = options;
  const facts: EngineFacts = { version: '20.10.24+dfsg1', apiVersion: '1.41', minApiVersion: '1.12', swarm: 'manager', ...engine };
  const upstream = registries.map(registry => ({ ...registry, images: { ...registry.images } }));
  const node = makeNode(upstream, options.accepts, images);
  const quirks = { restless: false, patient: false, loses: [] as readonly string[], raced: 0, strips: '' };
  const wall = (): number => clock.wall();
  const orchestrator = makeOrchestrator(node, wall, quirks);
  const services: Service[] = [];
  const places = { node: newId(), hostNetwork: newId() };
  const api: Api = {
    facts,
    services,
    orchestrator,
    places,
    wall,
    meanwhile(service) {
      if (quirks.raced === 0) return;
      quirks.raced--;
      orchestrator.change(service, service.now);
    },
    kept: spec => quirks.loses.reduce<Value>((kept, path) => without(kept, path.split('.')), spec) as Spec,
  };

  function serviceOf(name: string): Service {
    const service = services.find(({ id, now }) => id === name || now.spec.Name === name);
    if (!service) throw new Error(`the fake Swarm has no service ${name}`);
    orchestrator.settle(service);
    return service;
  }

  function deploy(value: Value, login?: Login): void {
    const spec = readSpec(value, places.hostNetwork);
    const auth = headerOf(login);
    const there = services.find(({ now }) => now.spec.Name === spec.Name);
    if (there) return orchestrator.change(there, { spec, auth: auth ?? there.now.auth });
    const service: Service = { id: newId(), created: wall(), version: 0, updated: 0, now: { spec, auth }, iteration: 0, tasks: [] };
    services.push(service);
    orchestrator.change(service, service.now);
  }

  function registryOf(host: string): UpstreamRegistry {
    const registry = upstream.find(one => one.host === host);
    if (!registry) throw new Error(`the fake Swarm reaches no registry ${host}`);
    return registry;
  }

  for (const { spec, login } of options.services ?? []) deploy(spec, login);
  return {
    answer: request => answerOf(api, { ...request, headers: { ...request.headers, [quirks.strips]: undefined } }),
    node,
    quirks,
    deploy,
    service(name) {
      const { id, version, now, previous, status, tasks } = serviceOf(name);
      const loginOf = (auth: string | undefined): Login | undefined => (auth === undefined ? undefined : loginIn(auth));
      const logins = { login: loginOf(now.auth), previousLogin: loginOf(previous?.auth) };
      return { id, version, spec: now.spec, tasks, state: status?.state, ...logins };
    },
    elect: () => orchestrator.commit(services),
    clear: () => void services.splice(0),
    rollBack: name => orchestrator.rollBack(serviceOf(name)),
    progress(name, state) {
      const service = serviceOf(name);
      service.rolling = undefined;
      service.status = state && {
        state,
        message: `set to ${state}`,
        started: wall(),
      };
    },
    reschedule(name) {
      const service = serviceOf(name);
      node.images.clear();
      for (const task of service.tasks.filter(({ state }) => state === 'running')) lose(service, task, node, wall());
    },
    drain(name) {
      const service = serviceOf(name);
      for (const task of service.tasks.filter(({ state }) => state === 'running')) {
        stop(task, wall());
        launch(service, task.slot, node, wall());
      }
    },
    rotate: (host, password) => void (registryOf(host).password = password),
    retag: (host, name, digest) => void (registryOf(host).images[name] = digest),
  };
}

/** Starts a fake Swarm, by default on a free port of 127.0.0.1. The options can set a socket or TLS. */
export async function startFakeSwarm(options: SwarmOptions & ServerOptions = {}): Promise<FakeSwarm> {
  const swarm = makeSwarm(options);
  return Object.assign(await startServer(swarm.answer, options), swarm);
}
