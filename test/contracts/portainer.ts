import { isAt } from '../fakes/portainer/upstream.ts';
import { type FakePortainer, type PortainerOptions, startFakePortainer } from '../fakes/portainer.ts';
import type { Json, PortainerBefore, PortainerState } from './format.d.ts';
import type { Harness } from './harness.ts';
import { fill } from './notation.ts';
import { virtualTime } from './time.ts';

/**
 * Names of the state that stand for numbers on the wire. Three digits, as when it was recorded: the length shows in one
 * base64 error.
 */
const firstId = 101;

/**
 * Portainer CE. Pulls through Portainer's Docker proxy are answered by comparing the stored credential with the
 * registry behind it.
 */
export const portainer: Harness = {
  product: /^Portainer/,
  leftOut: {
    swarm: 'the courier touches no Swarm service',
    stacks: 'the courier touches no compose stack',
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
    const fake = await startFakePortainer({ ...state, clock: time, agent });
    const baseHost = `127.0.0.1:${fake.port}`;
    for (const [name, value] of Object.entries({ base: fake.url, baseHost, baseHostname: '127.0.0.1' })) values.set(name, value);
    return {
      address: () => {
        time.stir();
        return fake.url;
      },
      sleep: time.sleep,
      before: event => happen(fake, event as PortainerBefore),
      behind: step => (step.secretsAfter ? { secretsAfter: Object.fromEntries(fake.clusterSecrets) as Json } : {}),
      [Symbol.asyncDispose]: fake[Symbol.asyncDispose],
    };
  },
};

function happen({ state, clusterSecrets, restart }: FakePortainer, event: PortainerBefore): void {
  if ('restart' in event) return restart();
  if ('upstream' in event) {
    const { upstream: host, password } = event;
    for (const registry of state.upstream.registries) if (isAt(registry, host)) registry.password = password;
    return;
  }
  if ('engine' in event) Object.assign(state.upstream.engine ?? {}, event.engine);
  if (!('kubernetes' in event)) return;
  Object.assign(state.upstream.kubernetes ?? {}, event.kubernetes);
  const { secrets } = event.kubernetes as { secrets?: string[] };
  for (const name of clusterSecrets.keys()) if (secrets?.includes(name) === false) clusterSecrets.delete(name);
}
