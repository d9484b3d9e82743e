import type { Diagnosis } from './diagnosis.ts';
import { factsOf } from './facts.ts';
import { explained } from './situations.ts';

/** Explains a pasted text; undefined for one that no row of the table knows. */
export const why = (text: string): Diagnosis | undefined => explained(factsOf(text));
