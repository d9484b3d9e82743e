import { spawnSync } from 'node:child_process';
import { median } from './figures.ts';

/** A program with its arguments, environment and stdin. */
export interface Program {
  readonly file: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** Times one run of the process, from exec to exit, in milliseconds. Throws if it fails. */
export function timeOf({ file, args = ['get'], env, stdin }: Program): number {
  const began = performance.now();
  const { status, stdout, stderr, error } = spawnSync(file, args, { env, input: stdin, stdio: 'pipe' });
  const took = performance.now() - began;
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${error?.message ?? ''}${stdout?.toString()}${stderr?.toString()}`);
  return took;
}

export interface Pairs {
  readonly ours: number;
  readonly theirs: number;
  /** Median of the ratios pair by pair. */
  readonly ratio: number;
}

/** Runs both alternately, so that other load on the machine affects both; the first pairs do not count. Medians. */
function inTurn(ours: () => number, theirs: () => number, pairs: number): Pairs {
  const measured: (readonly [number, number])[] = [];
  for (let pair = -3; pair < pairs; pair++) {
    // Alternate which one goes first.
    const first = pair % 2 === 0 ? ours() : theirs();
    const second = pair % 2 === 0 ? theirs() : ours();
    if (pair >= 0) measured.push(pair % 2 === 0 ? [first, second] : [second, first]);
  }
  return {
    ours: middle(measured.map(([a]) => a)),
    theirs: middle(measured.map(([, b]) => b)),
    ratio: middle(measured.map(([a, b]) => a / b)),
  };
}

/** Compares two programs that do the same. */
export const compare = (ours: Program, theirs: Program, pairs: number): Pairs =>
  inTurn(
    () => timeOf(ours),
    () => timeOf(theirs),
    pairs,
  );

const middle = (figures: readonly number[]): number => Math.round(median(figures) * 100) / 100;
