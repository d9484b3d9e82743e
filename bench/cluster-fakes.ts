/** A process with an API server and an ECR, so that their memory and processor time do not count in the measurement. */

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
 * In milliseconds: the time of a single request on kube-apiserver 1.36.3, without the network (GET 1.4, PUT 2.8, apply
 * 3.3). A double without delay would hide the gain of concurrent requests, and measure its own processor time instead.
 */
const waits = { read: 1, write: 3 };

/** Classifies a request. Access reviews and liveness checks, which occur at any time, count as `aside`. */
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
    // The double records every request for the tests, which would fill the memory here.
    cluster.requests.length = 0;
    return { lateMs: seen.method === 'GET' ? waits.read : waits.write };
  };
  return { url: cluster.url, token: courierToken, admin: adminToken, ecr: ecr.url } satisfies Started;
});
