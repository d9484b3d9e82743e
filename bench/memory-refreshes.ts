/** A process with the whole program except its servers, whose clock leaps 7 hours before each refresh. */

import '../src/memory.ts';
import { adapters } from '../adapters/index.ts';
import { load } from '../config/load.ts';
import { type App, createApp } from '../src/app.ts';
import { clock } from '../src/contract/clock.ts';
import { cronMistake } from '../src/courier/schedule.ts';
import { hour } from '../src/courier/timing.ts';
import { createLog } from '../src/io/log.ts';
import { serveOrders } from './processes.ts';

/** An order: refresh until this many refreshes are done; or return the heap in MiB after a garbage collection. */
type Order = { readonly until: number } | { readonly collected: true };

let leapt = 0;
let left = 0;
let all = Promise.withResolvers<void>();
let refreshed = 0;
const leaping = { ...clock, wall: () => clock.wall() + leapt };

async function begin(env: NodeJS.ProcessEnv): Promise<App> {
  const config = await load({ files: undefined, env, flags: {}, adapters, checkCron: cronMistake });
  const log = createLog({ to: { write: () => undefined }, format: 'json' });
  const begun = createApp(config, {
    clock: leaping,
    log,
    env,
    registryEndpoint: () => String(env['REGISTRY']),
    heard(event) {
      if (event.kind === 'delivered' && --left === 0) all.resolve();
      if ('failure' in event) all.reject(event.failure);
    },
  });
  await everyRow(() => void begun.run(new AbortController().signal));
  return begun;
}

async function everyRow(act: () => void): Promise<void> {
  left = 10;
  all = Promise.withResolvers();
  act();
  await all.promise;
}

const app = await begin(process.env);
await serveOrders<Order>(async order => {
  if ('collected' in order) {
    globalThis.gc?.();
    return Math.round((process.memoryUsage().heapUsed / 1024 / 1024) * 100) / 100;
  }
  for (; refreshed < order.until; refreshed++) {
    leapt += 7 * hour;
    await everyRow(() => app.courier.refresh());
  }
  return refreshed;
});
