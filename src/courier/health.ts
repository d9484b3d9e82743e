import type { Entry } from './ledger.ts';
import { second } from './timing.ts';

/**
 * The health of a slot by its attempts. answered: the last one succeeded. doubtful: it did, but an earlier one hung.
 * untried: none since the start. failed: the last one failed. hanging: at least five in a row failed, and the last one
 * hung although it had the whole deadline. All but failed and hanging slots are healthy.
 */
export type Health = 'answered' | 'doubtful' | 'untried' | 'failed' | 'hanging';
export type Healthy = Exclude<Health, 'failed' | 'hanging'>;

/** How many attempts in a row must fail before a slot counts as hanging. A manager may hang for a few minutes. */
const failuresOfHanging = 5;

export function healthOf({ trouble, result, distrust, hung }: Pick<Entry, 'trouble' | 'result' | 'distrust' | 'hung'>): Health {
  if (trouble) return hung && trouble.count >= failuresOfHanging ? 'hanging' : 'failed';
  if (result === undefined) return 'untried';
  return distrust ? 'doubtful' : 'answered';
}

export function isHealthy(health: Health): health is Healthy {
  return health !== 'failed' && health !== 'hanging';
}

/** An attempt that has ended. ms: its duration, without time in suspend. cut: by a deadline shorter than the whole. */
export interface AttemptEnd {
  readonly result: 'delivered' | 'failed' | 'cut';
  readonly ms: number;
  readonly deadlineMs: number;
}

/** An attempt that fails after this time has hung. */
export const hungMs = 10 * second;

export function hasHung({ ms, result }: AttemptEnd): boolean {
  return result !== 'delivered' && ms >= hungMs;
}

/** How many attempts in a row must succeed before a slot that has hung is trusted again. */
const answersForTrust = 8;

/** Notes in the entry what an attempt says of the health of its slot. */
export function noteEnd(entry: Pick<Entry, 'distrust' | 'cutMs' | 'hung'>, end: AttemptEnd): void {
  const distrust = distrustAfter(entry.distrust ?? 0, end);
  const cutMs = end.result === 'cut' ? end.deadlineMs : undefined;
  const hung = (cutMs === undefined && hasHung(end)) || undefined;
  // Most entries have none of these fields, and an entry without them takes less memory.
  if (distrust !== entry.distrust) entry.distrust = distrust;
  if (cutMs !== entry.cutMs) entry.cutMs = cutMs;
  if (hung !== entry.hung) entry.hung = hung;
}

function distrustAfter(distrust: number, end: AttemptEnd): number | undefined {
  if (hasHung(end)) return answersForTrust;
  const left = end.result === 'delivered' ? distrust - 1 : distrust;
  return left > 0 ? left : undefined;
}
