/**
 * A text that outlives the process, where the configuration lets the courier keep state on disk. Otherwise `recall`
 * finds nothing, and `remember` is a no-op.
 */
export interface Memory {
  /** The text that was remembered last; undefined when there is none. */
  recall(): Promise<string | undefined>;
  /** Stores the text in the background; it may be lost. Never throws. */
  remember(text: string): void;
}

export const noMemory: Memory = { recall: () => Promise.resolve(undefined), remember: () => undefined };
