import type { Diagnosis } from './diagnosis.ts';
import { factsOf } from './facts.ts';
import { explained } from './situations.ts';

/** What a pasted text means; undefined for a text that is not known: nothing is guessed. */
export const why = (text: string): Diagnosis | undefined => explained(factsOf(text));
