import { managementId } from '../fakes/rancher2/state.ts';
import { startFakeRancher2 } from '../fakes/rancher2.ts';
import { startServer } from '../fakes/server.ts';
import type { Rancher2State } from './format.d.ts';
import type { Harness } from './harness.ts';
import { fill } from './notation.ts';

/** The `host` of requests to the underlying Kubernetes API, which has its own origin. */
const beneath = 'kubernetes';

/**
 * Rancher 2: Norman, Steve and the proxies over one management cluster. Other named clusters hold the same namespaces.
 */
export const rancher2: Harness = {
  product: /^Rancher 2/,
  leftOut: {
    'namespaced-credentials': 'the courier writes Secrets of namespaces through the Kubernetes proxy',
  },
  async start(scenario, values) {
    const state = fill(scenario.state, values, name => name) as unknown as Rancher2State;
    const { server, projects, namespaces, secrets } = state;
    const backing = new Set(projects.map(({ backingNamespace }) => backingNamespace));
    const others = state.clusters.filter(({ id }) => id !== managementId);
    const everywhere = others.length === 0 || server.part !== 'rancher';
    const here = <T>(all: readonly T[], namespaceOf: (one: T) => string): T[] =>
      all.filter(one => everywhere || backing.has(namespaceOf(one)));
    const there = <T>(all: readonly T[], namespaceOf: (one: T) => string): T[] => all.filter(one => !backing.has(namespaceOf(one)));
    const fake = await startFakeRancher2({
      ...state,
      login: server.login,
      sqlCache: server.sqlCache ?? false,
      clusters: [
        { id: managementId, namespaces: here(namespaces, ({ name }) => name), secrets: here(secrets, ({ namespace }) => namespace) },
        ...others.map(cluster => ({
          ...cluster,
          namespaces: there(namespaces, ({ name }) => name),
          secrets: there(secrets, ({ namespace }) => namespace),
        })),
      ],
    });
    const api = await startServer(fake.beneath);
    values.set('base', fake.url);
    return {
      address: host => (host === beneath ? api.url : fake.url),
      prepare: (request, step) =>
        step.service === 'kubernetes' ? { ...request, headers: { ...request.headers, host: beneath } } : request,
      async [Symbol.asyncDispose]() {
        await api[Symbol.asyncDispose]();
        await fake[Symbol.asyncDispose]();
      },
    };
  },
};
