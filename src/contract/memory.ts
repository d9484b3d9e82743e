/**
 * A text that outlives the process, where the configuration lets the courier keep something on disk. Elsewhere nothing
 * is recalled, and what is to be remembered is dropped.
 */
export interface Memory {
  /** What was remembered last; undefined: there is nothing. */
  recall(): Promise<string | undefined>;
  /** Not waited for, and may be lost. Never throws. */
  remember(text: string): void;
}

export const noMemory: Memory = { recall: () => Promise.resolve(undefined), remember: () => undefined };
