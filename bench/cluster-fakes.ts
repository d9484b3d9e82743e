/** A process with an API server and an ECR: their memory and their time must not count for what is measured. */

import { startEcr } from '../test/fakes/ecr.ts';
import { adminToken, courierToken, leastRules, startFakeKubernetes } from '../test/fakes/kubernetes.ts';
import type { Seen } from '../test/fakes/server.ts';
import type { Counts, Order, Started } from './clusters.ts';
import { serveOrders } from './processes.ts';

const ecr = await startEcr();
ecr.server.fault = () => {
  ecr.calls.length = 0;
  ecr.server.requests.length = 0;
  return undefined;
};
const none: Counts = { applies: 0, writes: 0, reads: 0, lists: 0, watches: 0, aside: 0 };
let counts: { -readonly [K in keyof Counts]: number } = { ...none };

/** Questions for rights write nothing, and whether somebody is there is asked at any time. */
function kindOf({ method, path }: Seen): keyof Counts {
  if (/^\/(version|livez|apis\/authorization)/.test(path)) return 'aside';
  if (path.includes('watch=1')) return 'watches';
  if (method !== 'GET') return method === 'PATCH' ? 'applies' : 'writes';
  return /\/(secrets|namespaces)(\?|$)/.test(path) ? 'lists' : 'reads';
}

await serveOrders<Order>(async order => {
  if ('counts' in order) {
    const counted = counts;
    counts = { ...none };
    return counted;
  }
  const cluster = await startFakeKubernetes({ namespaces: order.namespaces, rules: leastRules() });
  cluster.fault = seen => {
    counts[kindOf(seen)]++;
    // It keeps every request for the tests; here they would fill the memory.
    cluster.requests.length = 0;
    return undefined;
  };
  return { url: cluster.url, token: courierToken, admin: adminToken, ecr: ecr.url } satisfies Started;
});
