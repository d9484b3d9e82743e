import { Failure } from '../../src/contract/failures.ts';
import { pageSizeOf } from '../common/page-size.ts';
import type { Api } from './api.ts';
import { listOf, mapOf, textOf } from './objects.ts';
import type { Asked } from './refusal.ts';

/** Objects a page, where they are small or come without their contents. */
const pageSize = 500;
/** The most pages of a list. A server that sends more does not come to an end. */
const mostPages = 10_000;
/** How often a list is begun, as the server forgets the rest of a list that takes minutes to read. */
const mostBegins = 3;

interface Listing {
  /** The path without paging parameters, with or without a query. */
  readonly path: string;
  readonly asked: Asked;
  readonly accept?: string;
  /** Objects a page. */
  readonly size?: number;
  /** Whether to read another page after so many characters. Default: always. */
  readonly goesOn?: (bytes: number) => boolean;
}

/**
 * Reads a list. Returns what `read` makes of each object, without undefined, and the version of the list, from which a
 * watch can go on. Throws BUSY when the server keeps forgetting the rest of the list.
 */
export async function list<T>(api: Api, listing: Listing, read: (object: unknown) => T | undefined, signal: AbortSignal) {
  for (let begins = 1; ; begins++) {
    const found = await walk(api, listing, read, signal);
    if (found) return found;
    if (begins === mostBegins) throw new Failure('BUSY', `The cluster forgets the list GET ${listing.path} while it is read.`);
  }
}

/** Reads the list once. undefined: the server has forgotten the rest of it. */
async function walk<T>(
  api: Api,
  { path, asked, accept, size: usual = pageSize, goesOn }: Listing,
  read: (object: unknown) => T | undefined,
  signal: AbortSignal,
) {
  const items: T[] = [];
  const query = `${path}${path.includes('?') ? '&' : '?'}limit=`;
  const size = pageSizeOf(usual);
  let bytes = 0;
  let next = '';
  for (let page = 0; page < mostPages; page++) {
    const request = { signal, asked, ...(accept !== undefined && { accept }), hoped: [200, 410] };
    const more = next && `&continue=${encodeURIComponent(next)}`;
    const answer = await api.demand('GET', `${query}${size.now}${more}`, request).catch(size.shrink);
    if (!answer) continue;
    if (answer.status === 410 && next !== '') return undefined;
    if (answer.status === 410) throw api.refusal(answer, asked);
    bytes += answer.text.length;
    const { items: rows, metadata } = mapOf(answer.json<unknown>());
    const { resourceVersion, continue: rest } = mapOf(metadata);
    // An empty list of metadata is null (recorded on 1.36.3).
    const isList = rows === null || Array.isArray(rows);
    if (!isList || typeof resourceVersion !== 'string')
      throw new Failure('UNEXPECTED', `The answer to GET ${path} is not a list of Kubernetes.`, {
        remedy: 'Check that the address leads to the API server itself.',
      });
    for (const row of listOf(rows)) {
      const item = read(row);
      if (item !== undefined) items.push(item);
    }
    size.took(answer.text);
    next = textOf(rest);
    if (next === '' || goesOn?.(bytes) === false) return { items, version: resourceVersion, isWhole: next === '' };
  }
  throw new Failure('UNEXPECTED', `The list GET ${path} does not end after ${mostPages} pages.`);
}
