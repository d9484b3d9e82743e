import { parseArgs } from 'node:util';

/** The result of a scenario or a case. */
interface Told {
  readonly differences: readonly unknown[];
  readonly leftOut?: string;
}

/** Returns the files on the command line. Without one, prints the usage of the script. */
export function namedFiles(script: string): readonly string[] {
  const { positionals } = parseArgs({ allowPositionals: true });
  if (positionals.length === 0) {
    console.error(`usage: npm run ${script} -- FILE...`);
    process.exitCode = 2;
  }
  return positionals;
}

/** Prints the results of each file and the number of failures. Any failure fails the script. */
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

/** Runs `work` for each item, `atATime` in parallel. The results keep the order of the items. */
export async function forEachOf<T, R>(items: readonly T[], atATime: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const next = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of next) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return results;
}
