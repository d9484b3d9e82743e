/**
 * A process with Portainers, an ECR and a registry, so that their memory and processor time do not count in the
 * measurement.
 */

import { startEcr } from '../test/fakes/ecr.ts';
import { startFakePortainer } from '../test/fakes/portainer.ts';
import { startRegistry } from '../test/fakes/registry.ts';
import { startLeanPortainer } from './lean-portainer.ts';
import type { Order, Started } from './portainers.ts';
import { serveOrders } from './processes.ts';

interface Running {
  readonly url: string;
  readonly writes: number;
  holding(password: string): number;
}

async function startFake(rows: number): Promise<Running> {
  const registries = Array.from({ length: rows }, (_, at) => {
    const host = hostOf(at + 1);
    return { Name: host, URL: host, Authentication: true, Username: 'AWS', Password: 'none yet', TLS: true };
  });
  const portainer = await startFakePortainer({ registries });
  let writes = 0;
  portainer.fault = ({ method }) => {
    if (method === 'PUT') writes++;
    // The double records every request for the tests, which would fill the memory here.
    portainer.requests.length = 0;
    return undefined;
  };
  return {
    url: portainer.url,
    get writes() {
      return writes;
    },
    holding: password => portainer.rows().filter(row => row.Password === password).length,
  };
}

/** The host of a row. Each row has its own account, so that no two are alike. */
function hostOf(id: number): string {
  return `${String(id).padStart(12, '0')}.dkr.ecr.eu-west-1.amazonaws.com`;
}

const sum = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);
const ecr = await startEcr();
const registry = await startRegistry(ecr);
for (const server of [ecr.server, registry.server])
  server.fault = () => {
    ecr.calls.length = 0;
    server.requests.length = 0;
    return undefined;
  };
let running: Running[] = [];

await serveOrders<Order>(async order => {
  if ('password' in order) return sum(running.map(portainer => portainer.holding(order.password)));
  if ('writes' in order) return sum(running.map(portainer => portainer.writes));
  const start = order.kind === 'lean' ? (rows: number) => startLeanPortainer(rows, hostOf) : startFake;
  running = await Promise.all(Array.from({ length: order.portainers }, () => start(order.rows)));
  return { urls: running.map(({ url }) => url), ecr: ecr.url, registry: registry.url } satisfies Started;
});
