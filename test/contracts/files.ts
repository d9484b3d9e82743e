import { parseArgs } from 'node:util';

/** What came of a scenario or a case. */
interface Told {
  readonly differences: readonly unknown[];
  readonly leftOut?: string;
}

/** The files that a script is given; without one it says how it is called. */
export function namedFiles(script: string): readonly string[] {
  const { positionals } = parseArgs({ allowPositionals: true });
  if (positionals.length === 0) {
    console.error(`usage: npm run ${script} -- FILE...`);
    process.exitCode = 2;
  }
  return positionals;
}

/** Prints what comes of each file, and how many failed: then the script fails. */
export async function tell<T extends Told>(
  paths: readonly string[],
  run: (path: string) => Promise<readonly T[]>,
  report: (result: T) => string,
): Promise<void> {
  const results: T[] = [];
  for (const path of paths) {
    const told = await run(path);
    for (const result of told) console.log(report(result));
    results.push(...told);
  }
  const leftOut = results.filter(result => result.leftOut).length;
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  console.log(`${results.length - leftOut - failed} passed, ${leftOut} left out, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** Does a work for each item, some at a time; the results keep the order. */
export async function forEachOf<T, R>(items: readonly T[], atATime: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const next = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of next) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return results;
}
