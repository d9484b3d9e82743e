import { readFileSync } from 'node:fs';
import { aws } from './aws.ts';
import { forEachOf, namedFiles, tell } from './files.ts';
import { harbor } from './harbor.ts';
import type { Harness, RecordedFile } from './harness.ts';
import { kubernetes } from './kubernetes.ts';
import { portainer } from './portainer.ts';
import { rancher16 } from './rancher-1.6.ts';
import { rancher2 } from './rancher-2.ts';
import { registry } from './registry.ts';
import { type Result, replay } from './replay.ts';
import { swarm } from './swarm.ts';

/** Every product that can be replayed. */
export const harnesses: readonly Harness[] = [aws, harbor, kubernetes, portainer, rancher16, rancher2, registry, swarm];

/** Replays the scenarios of a file, several at a time; the results keep the file's order. */
export async function replayFile(path: string): Promise<Result[]> {
  const file = JSON.parse(readFileSync(path, 'utf8')) as RecordedFile;
  const harness = harnesses.find(({ product }) => product.test(file.product));
  if (!harness) throw new Error(`${path}: no fake of "${file.product}" is listed in test/contracts/run.ts`);
  return await forEachOf(file.scenarios, 8, scenario => replay(scenario, harness, file));
}

/** Formats a result as one line, with the differences below a failed one. */
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

/** Makes the failed result of a file that cannot be replayed at all. */
function failedToReplay(error: Error): Result[] {
  return [
    { name: error.message, stepsLeftOut: 0, differences: [{ step: 'file', path: 'reading', expected: 'scenarios', got: error.name }] },
  ];
}

async function main(): Promise<void> {
  const paths = namedFiles('contracts');
  if (paths.length === 0) return;
  // The other files hold runs of a program, for `npm run cases`.
  const recorded = paths.filter(path => !holdsCases(path));
  await tell(recorded, path => replayFile(path).catch(failedToReplay), report);
}

if (import.meta.main) await main();
