import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runHelperCase, type Which } from './cases/helper.ts';
import { runKubeletCase } from './cases/kubelet.ts';
import { pluginCases } from './cases/plugin.ts';
import { buildPrograms, type Program, type Programs, start } from './cases/program.ts';
import { forEachOf, namedFiles, tell } from './files.ts';
import type { HelperCase, PluginFile } from './format.d.ts';

/** A case with the differences from the behaviour that is decided for our program. */
export interface Result {
  readonly name: string;
  readonly differences: readonly string[];
}

/** How programs run: as processes, or in this process. */
export interface Asked {
  readonly helper: (given: HelperCase, run: Which) => Program;
  readonly provider: Program;
}

/** Runs every program as a process. */
export const started = ({ folder }: Programs): Asked => ({
  helper:
    () =>
    (...given) =>
      start(join(folder, 'docker-credential-ecr-courier'), ...given),
  provider: (...given) => start(join(folder, 'ecr-courier-credential-provider'), ...given),
});

interface Suite {
  readonly product: RegExp;
  readonly run: (file: object, asked: Asked) => readonly { readonly name: string; readonly run: () => Promise<string[]> }[];
}

const helper: Suite = {
  product: /docker-credential-/,
  run: (file, asked) =>
    (file as { cases: HelperCase[] }).cases.map(given => ({
      name: given.name,
      run: () => runHelperCase(given, run => asked.helper(given, run)),
    })),
};

const plugin: Suite = {
  product: /ecr-credential-provider/,
  run: (file, { provider }) => [
    ...pluginCases(file as PluginFile, provider),
    ...(file as PluginFile).kubelet.map(given => ({ name: `kubelet ${given.name}`, run: () => runKubeletCase(given) })),
  ],
};

/** The suites, one for each protocol with cases. */
const suites: readonly Suite[] = [helper, plugin];

/** Runs all cases of a file, several at a time; the results keep the file's order. */
export async function runFile(path: string, asked: Asked): Promise<Result[]> {
  const file = JSON.parse(readFileSync(path, 'utf8')) as { product: string };
  const suite = suites.find(({ product }) => product.test(file.product));
  if (!suite) throw new Error(`${path}: no program of ours answers as "${file.product}" does; they are listed in test/contracts/cases.ts`);
  return await forEachOf(suite.run(file, asked), 6, async ({ name, run }) => ({
    name,
    differences: await run().catch((error: Error) => [`the case could not be run: ${error.message}`]),
  }));
}

export const report = ({ name, differences }: Result): string =>
  [`${differences.length > 0 ? 'FAILED' : 'passed'}  ${name}`, ...differences.map(line => `    ${line}`)].join('\n');

async function main(): Promise<void> {
  const paths = namedFiles('cases');
  if (paths.length === 0) return;
  await using programs = await buildPrograms();
  const run = (path: string) =>
    runFile(path, started(programs)).catch((error: Error): Result[] => [{ name: path, differences: [error.message] }]);
  await tell(paths, run, report);
}

if (import.meta.main) await main();
