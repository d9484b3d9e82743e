import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adapters } from '../adapters/index.ts';
import { load } from '../config/load.ts';
import { type App, createApp } from '../src/app.ts';
import { clock } from '../src/contract/clock.ts';
import type { CourierEvent } from '../src/courier/events.ts';
import { createLog } from '../src/io/log.ts';
import { type FakeEcr, startEcr } from '../test/fakes/ecr.ts';
import { type Manager, managers } from '../test/fakes/managers.ts';
import { startRegistry } from '../test/fakes/registry.ts';
import type { Seen } from '../test/fakes/server.ts';
import type { Report } from './benches.ts';

const keys = { AWS_ACCESS_KEY_ID: 'AKIDBENCH', AWS_SECRET_ACCESS_KEY: 'the-key-of-a-bench' };
const slots = 1_000;
/** The most requests per slot: a write, a read before it where the product needs one, and the pages of the lists. */
const most = 2.1;
const hosts = Array.from({ length: slots }, (_, at) => `${String(at + 1).padStart(12, '0')}.dkr.ecr.eu-west-1.amazonaws.com`);

interface Cost {
  /** Discoveries: one a minute. */
  readonly looks: number;
  /** Pages of registry lists, over all looks. */
  readonly lists: number;
  /** Reads of single entries before they are written. */
  readonly reads: number;
  readonly writes: number;
  /** All other requests: versions, accounts, clusters. */
  readonly others: number;
  readonly perSlot: number;
}

/**
 * Discovers and serves a manager of each kind with 1,000 registries, through engine, adapter and HTTP. ratio: the
 * requests per slot of the worst.
 */
export async function discover(): Promise<Report> {
  await using ecr = await startEcr();
  const costs: Record<string, Cost> = {};
  for (const [name, start] of Object.entries(managers)) {
    const manager = await start(hosts, (_, password) => ecr.judge('eu-west-1', password) === 'good');
    await using fake = manager.fake;
    const looks = await serve(manager, ecr);
    const missed = hosts.filter(host => ecr.judge('eu-west-1', manager.passwordOf(host) ?? '') !== 'good');
    if (missed.length > 0) throw new Error(`${name}: ${missed.length} of ${slots} registries lack the token`);
    costs[name] = { looks, ...countsOf(fake.requests) };
  }
  console.table(costs);
  const ratio = Math.max(...Object.values(costs).map(({ perSlot }) => perSlot));
  return { bench: 'discover', ratio, pairs: 1, ok: ratio <= most, most, slots, costs };
}

/** Runs until every slot was written, and resolves with the number of looks. Rejects with the first failure. */
async function serve(manager: Manager, ecr: FakeEcr): Promise<number> {
  await using registry = await startRegistry(ecr);
  const served = new Set<string>();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let looks = 0;
  const env = { ...keys, AWS_ENDPOINT_URL_ECR: ecr.url };
  const app = await open(manager, env, registry.url, event => {
    if (event.kind === 'discovered') looks++;
    if (event.kind === 'delivered' && served.add(event.slot).size === slots) resolve();
    if ('failure' in event) reject(event.failure);
  });
  const stopping = new AbortController();
  const running = app.run(stopping.signal);
  try {
    await promise;
  } finally {
    stopping.abort();
    await running;
  }
  return looks;
}

async function open(manager: Manager, env: NodeJS.ProcessEnv, registry: string, heard: (event: CourierEvent) => void): Promise<App> {
  const folder = await mkdtemp(join(tmpdir(), 'ecr-courier-discover-'));
  try {
    const file = join(folder, 'config.json');
    await writeFile(file, JSON.stringify({ targets: [manager.target()] }), { mode: 0o600 });
    const config = await load({ files: [file], env: {}, adapters });
    const log = createLog({ to: { write: () => undefined } });
    return createApp(config, { clock, log, env, registryEndpoint: () => registry, heard });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function countsOf(requests: readonly Seen[]): Omit<Cost, 'looks'> {
  const place = ({ path }: Seen): string => path.replace(/\?.*/, '');
  const writes = requests.filter(({ method }) => method !== 'GET');
  const written = new Set(writes.map(place));
  const reads = requests.filter(seen => seen.method === 'GET' && written.has(place(seen)));
  const rest = requests.filter(seen => seen.method === 'GET' && !written.has(place(seen)));
  const lists = rest.filter(seen => /\/(registries|dockercredentials|secrets)$/.test(place(seen)));
  return {
    lists: lists.length,
    reads: reads.length,
    writes: writes.length,
    others: rest.length - lists.length,
    perSlot: Math.round((requests.length / slots) * 1000) / 1000,
  };
}
