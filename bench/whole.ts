import { spawnSync } from 'node:child_process';
import { median } from './figures.ts';

/** A program as others start it. */
export interface Program {
  readonly file: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** One run as a whole process, from exec to its end, in milliseconds. Throws when it fails. */
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

/** Both in turn, so that whatever else the machine does meets both; the first pairs do not count. Medians. */
function inTurn(ours: () => number, theirs: () => number, pairs: number): Pairs {
  const measured: (readonly [number, number])[] = [];
  for (let pair = -3; pair < pairs; pair++) {
    // Each goes first as often as the other.
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

/** Two programs that do the same. */
export const compare = (ours: Program, theirs: Program, pairs: number): Pairs =>
  inTurn(
    () => timeOf(ours),
    () => timeOf(theirs),
    pairs,
  );

const middle = (figures: readonly number[]): number => Math.round(median(figures) * 100) / 100;
