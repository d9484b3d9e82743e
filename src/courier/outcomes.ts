import type { Outcome } from './ledger.ts';

const successesKept = 10;
const failuresKept = 20;

/** At most so many successes and, kept longer, so many failures; newest first. */
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
