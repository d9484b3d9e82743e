import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { aws } from './aws.ts';
import { harbor } from './harbor.ts';
import type { Harness, RecordedFile } from './harness.ts';
import { portainer } from './portainer.ts';
import { rancher16 } from './rancher-1.6.ts';
import { rancher2 } from './rancher-2.ts';
import { registry } from './registry.ts';
import { type Result, replay } from './replay.ts';

/** Every product that can be replayed. */
export const harnesses: readonly Harness[] = [aws, harbor, portainer, rancher16, rancher2, registry];

/** Replays the scenarios of a file, several at a time; the results keep the file's order. */
export async function replayFile(path: string): Promise<Result[]> {
  const file = JSON.parse(readFileSync(path, 'utf8')) as RecordedFile;
  const harness = harnesses.find(({ product }) => product.test(file.product));
  if (!harness) throw new Error(`${path}: no fake of "${file.product}" is listed in test/contracts/run.ts`);
  const results: Result[] = [];
  const next = file.scenarios.entries();
  const worker = async (): Promise<void> => {
    for (const [index, scenario] of next) results[index] = await replay(scenario, harness, file);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return results;
}

/** A line a scenario; below a failed one what differs. */
export function report(result: Result): string {
  if (result.leftOut) return `left out  ${result.name}: ${result.leftOut}`;
  const steps = result.stepsLeftOut > 0 ? ` (without ${result.stepsLeftOut} steps)` : '';
  const lines = result.differences.map(
    ({ step, path, expected, got }) => `    ${step}: ${path}\n      expected ${brief(expected)}\n      got      ${brief(got)}`,
  );
  return [`${lines.length > 0 ? 'FAILED    ' : 'passed    '}${result.name}${steps}`, ...lines].join('\n');
}

function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 400)}... (${text.length} characters)` : text;
}

function holdsCases(path: string): boolean {
  try {
    return 'cases' in (JSON.parse(readFileSync(path, 'utf8')) as object);
  } catch {
    return false;
  }
}

/** A file that cannot be replayed at all counts as one that failed. */
function failedToReplay(error: Error): Result[] {
  return [
    { name: error.message, stepsLeftOut: 0, differences: [{ step: 'file', path: 'reading', expected: 'scenarios', got: error.name }] },
  ];
}

async function main(): Promise<void> {
  const { positionals: paths } = parseArgs({ allowPositionals: true });
  if (paths.length === 0) {
    console.error('usage: npm run contracts -- FILE...');
    process.exitCode = 2;
    return;
  }
  const results: Result[] = [];
  for (const path of paths) {
    // Runs of a program, for `npm run cases`.
    if (holdsCases(path)) continue;
    const replayed = await replayFile(path).catch(failedToReplay);
    for (const result of replayed) console.log(report(result));
    results.push(...replayed);
  }
  const leftOut = results.filter(result => result.leftOut).length;
  const failed = results.filter(result => result.differences.length > 0).length;
  console.log(`${results.length - leftOut - failed} passed, ${leftOut} left out, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

if (import.meta.main) await main();
