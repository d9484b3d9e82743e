import { UsageError } from '../src/commands/io.ts';
import type { Report } from './benches.ts';
import { environment, environmentOf, type Portainers, startPortainers } from './portainers.ts';
import { residentOf, startServer } from './processes.ts';
import { residents } from './residents.ts';

/** Resident memory in MiB; `growth`: the last measurement relative to the first, where memory should stay flat. */
const limits = { idle: 100, refreshed: 130, slots: 200, growth: 1.1 };

interface Figure {
  readonly what: string;
  readonly measured: number;
  readonly limit: number;
  readonly [more: string]: unknown;
}

const parts: Readonly<Record<string, () => Promise<Figure[]>>> = {
  // The memory of the start is released by then.
  idle: async () => {
    const figure = await running('idle', 'fake', 1, 10, limits.idle);
    return [{ ...figure, measured: figure.settled }];
  },
  slots: async () => [
    await running('10,000 slots', 'lean', 1, 10_000, limits.slots),
    await running('100,000 slots of ten targets', 'lean', 10, 10_000, limits.slots),
  ],
  refreshes,
  days,
};

/**
 * Measures the resident memory of the shipped executable, with the fakes in another process. ratio: the worst of
 * measured to allowed. Linux only: it reads /proc.
 */
export async function memory(args: string[]): Promise<Report> {
  const unknown = args.find(arg => !Object.hasOwn(parts, arg));
  if (unknown !== undefined) throw new UsageError(`There is no part ${unknown}. There are: ${Object.keys(parts).join(', ')}.`);
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (args.length > 0 && !args.includes(name)) continue;
    for (const figure of await measure()) {
      figures.push(figure);
      const { what, measured, limit, ...more } = figure;
      console.log(`${what}: ${measured}, at most ${limit} ${JSON.stringify(more)}`);
    }
  }
  const ratio = Math.max(...figures.map(({ measured, limit }) => Math.round((measured / limit) * 1000) / 1000));
  return { bench: 'memory', ratio, pairs: 1, ok: ratio <= 1, limits, figures };
}

/** Runs the executable until it has written every row; measured: the peak over the whole run. */
async function running(
  what: string,
  kind: 'fake' | 'lean',
  targets: number,
  rows: number,
  limit: number,
): Promise<Figure & { readonly settled: number }> {
  using servers = await startPortainers(kind, targets, rows);
  const isDone = async () => (await servers.writes()) >= targets * rows;
  const { peak, ...more } = await residents(configOf(servers), environment(servers.ecr), isDone);
  return { what, measured: peak, limit, ...more };
}

function configOf({ urls, key }: Portainers): object {
  return { targets: urls.map((url, at) => ({ name: `portainer-${at}`, kind: 'portainer', url, apiKey: key, allowHttp: true })) };
}

const counts = [1_000, 2_000, 5_000];

/**
 * Refreshes over real sockets: discovery, fetch, delivery of ten rows, log. 7 h leap by before each, so 5,000 are four
 * years.
 */
async function refreshes(): Promise<Figure[]> {
  using servers = await startPortainers('fake', 1, 10);
  using courier = startServer('memory-refreshes', {
    execArgv: ['--expose-gc'],
    env: { ...environmentOf(servers), REGISTRY: servers.registry },
  });
  const figures: Figure[] = [];
  const heaps: number[] = [];
  for (const until of counts) {
    await courier.ask({ until });
    const { rss, peak } = residentOf(courier.pid);
    const heap = await courier.ask<number>({ collected: true });
    heaps.push(heap);
    figures.push({ what: `after ${until} refreshes`, measured: rss, limit: limits.refreshed, peak, heap });
  }
  const first = figures[0]?.measured ?? 0;
  const last = figures.at(-1)?.measured ?? 0;
  return [
    ...figures,
    growth('growth of the resident memory from 1,000 to 5,000 refreshes', first, last),
    growth('growth of the heap from 1,000 to 5,000 refreshes', heaps[0] ?? 0, heaps.at(-1) ?? 0),
  ];
}

/**
 * 1,000 virtual days of the engine with all its observers: discoveries, ticks, tokens, metrics, status, log. The
 * targets are in memory.
 */
async function days(): Promise<Figure[]> {
  using courier = startServer('memory-days', { execArgv: ['--expose-gc'] });
  const heaps: number[] = [];
  for (const until of [100, 400, 700, 1_000]) heaps.push(await courier.ask({ until }));
  return [{ ...growth('growth of the heap from 100 to 1,000 virtual days', heaps[0] ?? 0, heaps.at(-1) ?? 0), heaps }];
}

function growth(what: string, from: number, to: number): Figure {
  return { what, measured: Math.round((to / from) * 1000) / 1000, limit: limits.growth };
}
