import { pathOf, targetOf } from '../go-target.ts';
import type { Reply, Seen } from '../server.ts';
import { integerOf } from './payload.ts';
import { type Column, filtered } from './query.ts';

/** The paging parameters of a request, and their validation errors. */
export interface Page {
  readonly number: number;
  readonly size: number;
  readonly flaws: readonly string[];
}

/** Returns the last value of a parameter. Harbor ignores earlier ones. */
export const lastOf = (query: URLSearchParams, name: string): string | undefined => query.getAll(name).at(-1);

export function pageOf(query: URLSearchParams): Page {
  const flaws: string[] = [];
  const integer = (name: string, usual: number): number => {
    const text = lastOf(query, name);
    return text === undefined || text === '' ? usual : integerOf(text, `${name} in query`, flaws);
  };
  const [number, size] = [integer('page', 1), integer('page_size', 10)];
  if (size > 100) flaws.push('page_size in query should be less than or equal to 100');
  return { number, size, flaws };
}

/**
 * Answers one page of the items that `q` leaves, sorted by `sort`, with the total count and links to the neighbouring
 * pages. A size of 0 or less returns all items, whatever the page.
 */
export function listed<T>(
  request: Seen,
  query: URLSearchParams,
  all: readonly T[],
  columns: readonly Column<T>[],
  show: (item: T) => object,
): Reply {
  const { number, size } = pageOf(query);
  const found = sorted(filtered(all, unescaped(lastOf(query, 'q') ?? ''), columns), lastOf(query, 'sort') ?? '', columns);
  const start = (Math.max(1, number) - 1) * size;
  const page = size > 0 ? found.slice(start, start + size) : found;
  const link = linksOf(request, found.length, number, size);
  return { status: 200, headers: { 'x-total-count': String(found.length), ...(link && { link }) }, json: page.map(show) };
}

/** Builds the Link header: relative addresses with parameters sorted by name and unescaped. */
function linksOf({ path }: Seen, total: number, number: number, size: number): string {
  if (size === 0) return '';
  const pathname = pathOf(path);
  const searchParams = targetOf(path)?.query ?? new URLSearchParams();
  const to = (page: number, rel: string): string => {
    const query = new URLSearchParams(searchParams);
    query.set('page', String(page));
    query.set('page_size', String(size));
    query.sort();
    return `<${pathname}?${unescaped(query.toString())}>; rel="${rel}"`;
  };
  const before = number > 1 && (number - 1) * size < total ? [to(number - 1, 'prev')] : [];
  const after = number * size < total ? [to(number + 1, 'next')] : [];
  return [...before, ...after].join(' , ');
}

/** Sorts by `a,-b`. Unknown columns are ignored. Without a known column the order of the table stays. */
function sorted<T>(all: readonly T[], sort: string, columns: readonly Column<T>[]): readonly T[] {
  const keys = sort.split(',').map(key => ({ name: key.replace(/^-/, ''), sign: key.startsWith('-') ? -1 : 1 }));
  const compare = (a: T, b: T): number => {
    for (const { name, sign } of keys) {
      const key = columns.find(({ field, column }) => field === name || column === name);
      if (!key || key.of(a) === key.of(b)) continue;
      return key.of(a) < key.of(b) ? -sign : sign;
    }
    return 0;
  };
  return all.toSorted(compare);
}

/** Unescapes a text. A text with an invalid escape stays as it is. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
