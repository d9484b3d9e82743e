import { startFakeHarbor } from '../fakes/harbor.ts';
import type { HarborBefore, HarborState, Request } from './format.d.ts';
import type { Harness } from './harness.ts';
import { fill } from './notation.ts';
import { virtualTime } from './time.ts';

/** The pause in a recording, nearly five minutes, in which the health loop runs. */
const healthLoopMs = 255_000;

/** Harbor's core. The state holds what is behind it (ECR hosts, ECR's API) as data. */
export const harbor: Harness = {
  product: /^Harbor/,
  leftOut: {},
  async start(scenario, values) {
    const time = virtualTime();
    for (const [name, value] of Object.entries({ plainRegistry: 'registry.test:5000' })) values.set(name, value);
    const { registries, robots } = scenario.state as unknown as HarborState;
    let id = 1;
    for (const { id: name } of [...registries, ...robots]) fill(name, values, () => id++);
    const state = fill(scenario.state, values, name => name) as object;
    const fake = await startFakeHarbor({ ...state, clock: time });
    for (const [name, value] of Object.entries({ base: fake.url, baseHost: `127.0.0.1:${fake.port}` })) values.set(name, value);
    return {
      address() {
        time.stir();
        return fake.url;
      },
      /** Runs the health loop after a long pause, because the fake has no timer for it. */
      async sleep(ms, signal) {
        await time.sleep(ms, signal);
        if (ms >= healthLoopMs) await fake.checkHealth();
      },
      prepare: request => ({ ...request, headers: { ...request.headers, ...login(request) } }),
      before(event) {
        const { upstream: url, password } = event as Extract<HarborBefore, { upstream: string }>;
        for (const upstream of fake.state.upstreams) if (upstream.url === url) upstream.password = password;
      },
      [Symbol.asyncDispose]: fake[Symbol.asyncDispose],
    };
  },
};

/** Replaces `Basic base64(user:password)` by the base64 of that text. */
function login({ headers = {} }: Request): Record<string, string> {
  const [, text] = /^Basic base64\((.*)\)$/s.exec(headers['authorization'] ?? '') ?? [];
  return text === undefined ? {} : { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}
