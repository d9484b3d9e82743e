import { Failure } from '../../src/contract/failures.ts';

/** Objects a page, where somebody has filled them: Kubernetes takes 1.5 MiB for each, and an answer may have 16 MiB. */
const small = 8;
/** A small page of ordinary objects is shorter, in characters. */
const mostOrdinary = 1024 * 1024;

/**
 * The number of objects a page of a Kubernetes list. A page of objects that somebody has filled is too large, and is
 * read in small ones until the objects are ordinary again.
 */
export function pageSizeOf(usual: number) {
  let size = usual;
  return {
    get now(): number {
      return size;
    },
    /** A handler for `catch`: makes the page smaller where it was too large, and throws everything else. */
    shrink(error: unknown): undefined {
      if (size <= small || !(error instanceof Failure) || error.code !== 'TOO_LARGE') throw error;
      size = small;
    },
    /** Takes note of a page that was read. */
    took(text: string): void {
      if (text.length < mostOrdinary) size = usual;
    },
  };
}
