import type { Diagnosis } from './diagnosis.ts';
import type { Facts } from './facts.ts';
import type { Situation } from './situation.ts';
import { iam } from './situations/iam.ts';
import { registry } from './situations/registry.ts';

/** The one table. The more a row knows, the higher it stands: the first that explains the facts is taken. */
export const situations: readonly Situation[] = [...iam, ...registry];

export function explained(facts: Facts): Diagnosis | undefined {
  for (const { explain } of situations) {
    const diagnosis = explain(facts);
    if (diagnosis) return diagnosis;
  }
  return undefined;
}
