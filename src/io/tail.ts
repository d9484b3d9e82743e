import { cut } from '../contract/text.ts';

export interface Tail {
  add(line: string): void;
  /** Oldest first, without line breaks. */
  lines(): readonly string[];
}

const mostLines = 500;
const mostLetters = 256 * 1024;
const mostOfOne = 8 * 1024;

/**
 * The last lines that were written, for a bug report: at most 500 of them and 256 Ki letters; of a very long one the
 * beginning.
 */
export function createTail(): Tail {
  const kept: string[] = [];
  let letters = 0;
  return {
    add(line) {
      const text = cut(line.trimEnd(), mostOfOne);
      letters += text.length;
      kept.push(text);
      while (kept.length > mostLines || letters > mostLetters) letters -= kept.shift()?.length ?? 0;
    },
    lines: () => [...kept],
  };
}
