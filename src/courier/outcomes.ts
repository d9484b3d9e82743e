import type { Outcome } from './ledger.ts';

const successesKept = 10;
const failuresKept = 20;

/** Adds an outcome, newest first, and drops old ones. Successes and failures have separate limits. */
export function keepOutcome(outcomes: Outcome[], outcome: Outcome): void {
  const success = succeeded(outcome);
  let alike = 0;
  let oldest = 0;
  outcomes.forEach((one, at) => {
    if (succeeded(one) !== success) return;
    alike++;
    oldest = at;
  });
  if (alike >= (success ? successesKept : failuresKept)) outcomes.splice(oldest, 1);
  outcomes.unshift(outcome);
}

export function succeeded(outcome: Pick<Outcome, 'result'>): boolean {
  return outcome.result === 'created' || outcome.result === 'updated' || outcome.result === 'unchanged';
}
