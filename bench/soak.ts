import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { UsageError } from '../src/commands/io.ts';
import type { SoakReport } from '../test/courier/soak.ts';
import type { Report } from './benches.ts';
import { startServer } from './processes.ts';

const defaults = { seeds: 30, first: 1, hours: 72 };

/** Runs many seeds of the soak, on all cores. ratio: the share of seeds that broke a promise. */
export async function soaks(args: string[]): Promise<Report> {
  const { seeds, first, hours: length } = read(args);
  const waiting = Array.from({ length: seeds }, (_, at) => first + at);
  const reports: SoakReport[] = [];
  const worker = async (): Promise<void> => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      const report = await inProcess(seed, length);
      reports.push(report);
      const { faults, writes, fetches, violations } = report;
      console.log(`seed ${seed}: ${faults} faults, ${writes} writes, ${fetches} fetches, ${violations.join('; ') || 'no promise broken'}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const broken = reports.filter(report => report.violations.length > 0).map(report => report.seed);
  for (const seed of broken) console.log(`again: npm run bench -- soak --first ${seed} --seeds 1 --hours ${length}`);
  const sum = (figure: 'faults' | 'writes' | 'fetches') => reports.reduce((total, report) => total + report[figure], 0);
  const figures = { seeds, first, hours: length, broken, faults: sum('faults'), writes: sum('writes'), fetches: sum('fetches') };
  return { bench: 'soak', ratio: broken.length / seeds, pairs: seeds, ok: broken.length === 0, ...figures };
}

/** Parses the options, positive whole numbers. Throws a UsageError for others. */
function read(args: string[]): typeof defaults {
  const number = (name: keyof typeof defaults, given: string | undefined): number => {
    if (given === undefined) return defaults[name];
    if (!/^[1-9]\d*$/.test(given)) throw new UsageError(`--${name} is a whole number from 1 on, not ${given}.`);
    return Number(given);
  };
  try {
    const options = { seeds: { type: 'string' }, first: { type: 'string' }, hours: { type: 'string' } } as const;
    const { seeds, first, hours } = parseArgs({ args, options }).values;
    return { seeds: number('seeds', seeds), first: number('first', first), hours: number('hours', hours) };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message, { cause: error });
  }
}

async function inProcess(seed: number, hours: number): Promise<SoakReport> {
  using server = startServer('soak-seed');
  return await server.ask<SoakReport>({ seed, hours });
}
