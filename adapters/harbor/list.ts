import type { Answer } from '../../src/contract/adapter.ts';

/** One request, with the user's login. */
export type Ask = (method: string, path: string, signal: AbortSignal, more?: { body?: object; reads?: boolean }) => Promise<Answer>;

/** The most that is given at once; a size above it is refused, 0 would give everything. */
export const pageSize = 100;
/** A list that is for people only is read so far. */
const glancedPages = 10;
export const mostGlanced = glancedPages * pageSize;

/**
 * How a glance at a list ended: it was read to its end; `take` had seen enough; it is longer than a glance; the user may not read it; this Harbor does not have it;
 * there was no proper answer.
 */
export type Reading = 'whole' | 'enough' | 'cut' | 'forbidden' | 'unknown' | 'unreadable';

/** Hands out the elements of a list that is for people only, until `take` says that it has seen enough. `query`: at least a `sort`, as else pages overlap. */
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
