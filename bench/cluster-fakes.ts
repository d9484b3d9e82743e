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

/**
 * In milliseconds: what a request took on kube-apiserver 1.36.3 when it was alone, less the way there (GET 1.4, PUT
 * 2.8, apply 3.3). A double that answers at once would hide what is won by having several under way, and make us race
 * with its own processor time.
 */
const waits = { read: 1, write: 3 };

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
    return { lateMs: seen.method === 'GET' ? waits.read : waits.write };
  };
  return { url: cluster.url, token: courierToken, admin: adminToken, ecr: ecr.url } satisfies Started;
});
