import type { Clock } from '../../src/contract/clock.ts';
import { isAt } from '../fakes/portainer/upstream.ts';
import { type FakePortainer, type PortainerOptions, startFakePortainer } from '../fakes/portainer.ts';
import { makeSwarm, type Swarm } from '../fakes/swarm.ts';
import type { Json, PortainerBefore, PortainerState } from './format.d.ts';
import type { Harness } from './harness.ts';
import { fill } from './notation.ts';
import { virtualTime } from './time.ts';

/**
 * The first number for a name in the state that stands for an id on the wire. It has three digits, as in the recording,
 * because one base64 error depends on the length.
 */
const firstId = 101;

/**
 * Portainer CE. The fake answers pulls through Portainer's Docker proxy by comparing the stored credential with the
 * registry behind it.
 */
export const portainer: Harness = {
  product: /^Portainer/,
  leftOut: {
    stacks: 'the courier touches no compose stack',
    attempts: 'the fake Swarm tries again later than the real one, and makes no task before it is due',
  },
  dialect: {
    cookie: line => line.replace(/^([^=;]+)=[^;]*/, '$1').replace(/; Expires=[^;]*/, ''),
  },
  async start(scenario, values) {
    const time = virtualTime();
    const agent = '10.0.0.7:9001';
    for (const [name, value] of Object.entries({ plainRegistry: 'registry.test:5000', closedPort: '127.0.0.1:1', agent }))
      values.set(name, value);
    const { users, registries, endpoints } = scenario.state as Pick<PortainerState, 'users' | 'registries' | 'endpoints'>;
    let id = firstId;
    for (const item of [...users.map(user => user.id), ...registries.map(row => row.Id), ...endpoints.map(one => one.Id)])
      fill(item, values, () => id++);
    const state = fill(scenario.state, values, name => `ptr_${name}`) as unknown as PortainerOptions;
    const swarm = swarmBehind(state, time);
    const fake = await startFakePortainer({ ...state, clock: time, agent, ...(swarm && { swarm }) });
    const baseHost = `127.0.0.1:${fake.port}`;
    for (const [name, value] of Object.entries({ base: fake.url, baseHost, baseHostname: '127.0.0.1' })) values.set(name, value);
    return {
      address: () => {
        time.stir();
        return fake.url;
      },
      sleep: time.sleep,
      before: event => happen(fake, event as PortainerBefore, swarm),
      behind: step => (step.secretsAfter ? { secretsAfter: Object.fromEntries(fake.clusterSecrets) as Json } : {}),
      [Symbol.asyncDispose]: fake[Symbol.asyncDispose],
    };
  },
};

/** Makes the engine of an environment with the registries that it reaches. */
function swarmBehind({ upstream }: PortainerOptions, clock: Clock): Swarm | undefined {
  if (!upstream?.engine?.swarm) return undefined;
  const registries = upstream.registries?.map(({ host, user, password, images }) => ({
    host,
    user,
    password,
    images: Object.fromEntries(images.map(({ name, digest }) => [name, digest])),
  }));
  return makeSwarm({ ...(registries && { registries }), clock, engine: { images: upstream.engine.images } });
}

/** What the machine has from now on; an absent member is unchanged. */
interface Machine {
  readonly images?: readonly string[];
  readonly services?: readonly unknown[];
}

/** Removes the images or services on the engine's own machine. */
function happenAt(swarm: Swarm, { images, services }: Machine): void {
  if (images?.length === 0) swarm.node.images.clear();
  if (services?.length === 0) swarm.clear();
}

function happen({ state, clusterSecrets, restart }: FakePortainer, event: PortainerBefore, swarm: Swarm | undefined): void {
  if ('restart' in event) return restart();
  if ('upstream' in event) {
    const { upstream: host, password } = event;
    for (const registry of state.upstream.registries) if (isAt(registry, host)) registry.password = password;
    swarm?.rotate(host, password);
    return;
  }
  if ('engine' in event) Object.assign(state.upstream.engine ?? {}, event.engine);
  if ('engine' in event && swarm) happenAt(swarm, event.engine as Machine);
  if (!('kubernetes' in event)) return;
  Object.assign(state.upstream.kubernetes ?? {}, event.kubernetes);
  const { secrets } = event.kubernetes as { secrets?: string[] };
  for (const name of clusterSecrets.keys()) if (secrets?.includes(name) === false) clusterSecrets.delete(name);
}
