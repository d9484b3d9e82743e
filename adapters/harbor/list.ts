import type { Answer } from '../../src/contract/http.ts';

/** Sends one request with the user's login. */
export type Ask = (method: string, path: string, signal: AbortSignal, more?: { body?: object; reads?: boolean }) => Promise<Answer>;

/** The longest page. Harbor refuses a larger size, and returns everything for 0. */
export const pageSize = 100;
/** The most pages that are read of a list that only serves people. */
const glancedPages = 10;
export const mostGlanced = glancedPages * pageSize;

/**
 * How a glance at a list ended. whole: it was read to its end. enough: `take` had seen enough. cut: the list is longer.
 * forbidden: the user may not read it. unknown: this Harbor has no such list. unreadable: the response was not a list.
 */
type Reading = 'whole' | 'enough' | 'cut' | 'forbidden' | 'unknown' | 'unreadable';

/**
 * Passes the elements of a list that only serves people to `take`, until it returns `enough`. `query` must name a
 * `sort`: without one the pages overlap.
 */
export async function glanceAt<T>(
  ask: Ask,
  path: string,
  query: string,
  signal: AbortSignal,
  take: (element: Partial<T>) => 'enough' | void,
): Promise<Reading> {
  for (let page = 1; page <= glancedPages; page++) {
    const answer = await ask('GET', `${path}?page=${page}&page_size=${pageSize}&${query}`, signal);
    if (answer.status === 403) return 'forbidden';
    if (answer.status === 404) return 'unknown';
    const elements = answer.status === 200 ? answer.json<unknown>() : undefined;
    if (!Array.isArray(elements)) return 'unreadable';
    for (const element of elements as readonly unknown[])
      if (typeof element === 'object' && element !== null && take(element) === 'enough') return 'enough';
    if (elements.length < pageSize) return 'whole';
  }
  return 'cut';
}
