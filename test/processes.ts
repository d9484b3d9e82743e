import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Those of each test, at the top of a file, are run for the tests of all files in its process. */
const hook = /^(?:before|after)Each\(/m;
/** What one file changes or measures would be changed and measured for all. */
const ofTheProcess = [
  /\bprocess\.env(?:\.\w+|\[[^\]]+\])?\s*=[^=>]/,
  /\bdelete process\.env\b|\bObject\.assign\(process\.env\b/,
  /\bprocess\.(?:on|once|chdir|umask|memoryUsage|cpuUsage|getActiveResourcesInfo)\(/,
  /\bprocess\.exitCode\s*=[^=]/,
  /\bsetFlagsFromString\(|\bError\.stackTraceLimit\s*=[^=]|\bcreateHook\(/,
];

/** Whether the test file, and what it imports of the tests, leaves the process as it is. */
export function leavesProcessAlone(file: string, tests = import.meta.dirname, seen = new Set<string>()): boolean {
  if (seen.has(file)) return true;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  if (hook.test(text) || ofTheProcess.some(pattern => pattern.test(text))) return false;
  return [...text.matchAll(/^(?:import|export|\})(?: .*from)? '(\.[^']+)';$/gm)]
    .map(([, path = '']) => join(dirname(file), path))
    .filter(path => !relative(tests, path).startsWith('..') && existsSync(path))
    .every(path => leavesProcessAlone(path, tests, seen));
}

/** They take longest, so they begin first: else two cores wait at the end for the one that began last. */
export const longest = [
  'courier/starvation',
  'contracts/cases',
  'contracts/contracts',
  'pull/many',
  'commands/commands',
  'pull/front',
  'together',
  'operating/several',
  'commands/check-images',
  'commands/bundle',
].map(name => `${name}.test.ts`);

/** So many files share a process at most. */
const most = 10;

/**
 * Which files run in one process: those of a folder that leave it alone, as the start of a process and the imports cost
 * more than most files. The others have one each. In the order in which they should begin.
 */
export function processesFor(files: readonly string[], tests = import.meta.dirname): readonly (readonly string[])[] {
  const first = longest.map(name => join(tests, name)).filter(file => files.includes(file));
  const shareable = new Set(files.filter(file => !first.includes(file) && leavesProcessAlone(file, tests)));
  const folders = Map.groupBy(shareable, file => relative(tests, file).split(sep)[0] ?? '');
  const shared = [...folders.values()].flatMap(inFolder => {
    const size = Math.ceil(inFolder.length / Math.ceil(inFolder.length / most));
    return inFolder.flatMap((_, at) => (at % size === 0 ? [inFolder.slice(at, at + size)] : []));
  });
  const alone = files.filter(file => !first.includes(file) && !shareable.has(file));
  return [...first.map(file => [file]), ...shared, ...alone.map(file => [file])];
}
