import { isDeepStrictEqual } from 'node:util';
import type { ExpectedCall, Json, Verdict } from '../format.d.ts';
import { type Call, isOf } from './aws.ts';

/** How a run of a program ended. */
export interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
  readonly calls: readonly Call[];
}

/** The longest time that a run may take. */
const longestMs = 15_000;

/** Returns the differences from the verdict as sentences. stderr must not contain any of `secrets`. */
export function differences(ran: Ran, verdict: Verdict, secrets: readonly string[]): string[] {
  const { exit, stdout, stdoutMatches, stderrMatches, awsCalls } = verdict;
  const matches = (pattern: string | undefined, text: string): boolean => pattern === undefined || new RegExp(pattern, 'is').test(text);
  const shown = secrets.filter(secret => secret.length > 3 && ran.stderr.includes(secret));
  return [
    ...(ran.exit === exit ? [] : [`exit is ${ran.exit}, not ${exit}`]),
    ...(stdout === undefined || isStdout(ran.stdout, stdout) ? [] : [`stdout is not ${JSON.stringify(stdout)}`]),
    ...(matches(stdoutMatches, ran.stdout) ? [] : [`stdout does not match ${stdoutMatches}`]),
    ...(matches(stderrMatches, ran.stderr) ? [] : [`stderr does not match ${stderrMatches}`]),
    ...(awsCalls === undefined || areCalls(ran.calls, awsCalls) ? [] : [`the calls are not ${JSON.stringify(awsCalls)}`]),
    ...(ran.ms <= longestMs ? [] : [`it took ${Math.round(ran.ms / 1000)} s`]),
    ...(shown.length === 0 ? [] : [`stderr shows the secret ${shown.join(', ')}`]),
  ];
}

function isStdout(said: string, wanted: NonNullable<Verdict['stdout']>): boolean {
  if (typeof wanted === 'string') return said.trim() === wanted.trim();
  if (said.trim().includes('\n')) return false;
  try {
    return isNear(JSON.parse(said) as Json, wanted.json);
  } catch {
    return false;
  }
}

/**
 * Whether the values are deeply equal. A `cacheDuration` may differ by 5 s, because it shrinks while the program runs.
 */
function isNear(said: Json, wanted: Json): boolean {
  const [a, b] = [takeDuration(said), takeDuration(wanted)];
  return isDeepStrictEqual(a.rest, b.rest) && (a.seconds === b.seconds || Math.abs(a.seconds - b.seconds) <= 5);
}

function takeDuration(value: Json): { readonly rest: Json; readonly seconds: number } {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || typeof value['cacheDuration'] !== 'string')
    return { rest: value, seconds: Number.POSITIVE_INFINITY };
  const { cacheDuration, ...rest } = value;
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  const parts = [...cacheDuration.matchAll(/(-?[\d.]+)(ms|[hms])/g)];
  return { rest, seconds: parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0) };
}

/** Whether the entries, each of which stands for `times` consecutive calls, match all calls. */
function areCalls(calls: readonly Call[], wanted: readonly ExpectedCall[]): boolean {
  const [first, ...rest] = wanted;
  if (!first) return calls.length === 0;
  const [least, most] = typeof first.times === 'object' ? first.times : [first.times ?? 1, first.times ?? 1];
  for (let count = 0; count <= Math.min(most, calls.length); count++) {
    if (count > 0 && !isCall(calls[count - 1], first)) return false;
    if (count >= least && areCalls(calls.slice(count), rest)) return true;
  }
  return false;
}

function isCall(call: Call | undefined, wanted: ExpectedCall): boolean {
  const named = (['region', 'host', 'role', 'accessKeyId', 'externalId'] as const).filter(name => wanted[name] !== undefined);
  return call !== undefined && isOf(call.op, wanted.op) && named.every(name => call[name] === wanted[name]);
}

/** Adds what the run printed and called to the differences, if there are any. */
export function told(which: string, { stdout, stderr, calls }: Ran, found: readonly string[]): string[] {
  if (found.length === 0) return [];
  const lines = found.map(line => `${which}${line}`);
  return [
    ...lines,
    `${which}stdout ${JSON.stringify(stdout)}`,
    `${which}stderr ${JSON.stringify(stderr)}`,
    `${which}calls ${JSON.stringify(calls)}`,
  ];
}
