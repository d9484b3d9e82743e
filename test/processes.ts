import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** Matches a top-level hook for each test, which node:test also runs for the other files in the process. */
const hook = /^(?:before|after)Each\(/m;
/** Match changes and measurements of the process, which would affect the other files in it. */
const ofTheProcess = [
  /\bprocess\.env(?:\.\w+|\[[^\]]+\])?\s*=[^=>]/,
  /\bdelete process\.env\b|\bObject\.assign\(process\.env\b/,
  /\bprocess\.(?:on|once|chdir|umask|memoryUsage|cpuUsage|getActiveResourcesInfo)\(/,
  /\bprocess\.exitCode\s*=[^=]/,
  /\bsetFlagsFromString\(|\bError\.stackTraceLimit\s*=[^=]|\bcreateHook\(/,
];

/** Whether the test file and its imports from the tests leave the process unchanged. */
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

/**
 * Separates names of test files, relative to `from`, from options of node:test. absent: names that are none of `files`.
 */
export function chosen(
  args: readonly string[],
  files: readonly string[],
  from: string,
): { readonly named: readonly string[]; readonly options: readonly string[]; readonly absent: readonly string[] } {
  const isFile = (arg: string): boolean => arg.endsWith('.test.ts') && !arg.startsWith('-');
  const given = args.filter(isFile);
  const isThere = (arg: string): boolean => files.includes(resolve(from, arg));
  return {
    named: given.filter(isThere).map(arg => resolve(from, arg)),
    options: args.filter(arg => !isFile(arg)),
    absent: given.filter(arg => !isThere(arg)),
  };
}

/** The slowest files. They start first, so that no core idles at the end while the last one runs. */
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

/** The most files that share a process. */
const most = 10;

/**
 * Groups the files by process, in the order in which the processes should start. Files of a folder that leave the
 * process alone share one, because starting it and importing cost more than most files. Each other file has its own.
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
