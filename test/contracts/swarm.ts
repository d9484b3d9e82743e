import { clock } from '../../src/contract/clock.ts';
import { startFakeSwarm } from '../fakes/swarm.ts';
import type { SwarmBefore, SwarmState } from './format.d.ts';
import type { Harness } from './harness.ts';
import { fill } from './notation.ts';

/** Docker Engine in Swarm mode. Its clock skips the seconds that a roll-out takes. */
export const swarm: Harness = {
  product: /^Docker Engine/,
  leftOut: { containers: 'the fake runs no containers; it names the image that each would run' },
  async start(scenario) {
    const { engine, registries } = scenario.state as unknown as SwarmState;
    let skippedMs = 0;
    const wall = (): number => clock.wall() + skippedMs;
    const fake = await startFakeSwarm({ engine, registries, clock: { wall } });
    return {
      address: () => fake.url,
      // A raw body is sent as JSON unless the request names its type.
      prepare: request => (request.text ? { ...request, headers: { 'Content-Type': 'application/json', ...request.headers } } : request),
      before(event) {
        const happening = fill(event, new Map(), name => name) as SwarmBefore;
        const [{ host }] = registries;
        if ('seconds' in happening) skippedMs += happening.seconds * 1000;
        else if ('upstream' in happening) fake.rotate(happening.upstream, happening.password);
        else if ('tag' in happening) fake.retag(host, happening.tag, happening.digest);
        else fake.node.images.clear();
      },
      [Symbol.asyncDispose]: fake[Symbol.asyncDispose],
    };
  },
};
