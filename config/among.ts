import { hint } from './nearest.ts';
import { shownWord } from './showable.ts';

/** The start of a message about an unknown value. It includes the value where that may be shown. */
export function isAnd(value: unknown): string {
  const shown = typeof value === 'string' ? shownWord(value) : undefined;
  return shown === undefined ? '' : `is ${shown} and `;
}

/** What is wrong with a value that should be one of these words; undefined when it is one. */
export function wrongAmong(value: unknown, words: readonly string[]): string | undefined {
  const must = `must be one of ${words.join(', ')}`;
  if (typeof value !== 'string') return must;
  return words.includes(value) ? undefined : `${isAnd(value)}${must}${hint(value, words)}`;
}
