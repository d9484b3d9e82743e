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
 * Keeps the last lines of the log, for a bug report: at most 500 lines and 256 Ki letters. A very long line is cut at
 * its end.
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
