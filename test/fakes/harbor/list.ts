import type { Reply, Seen } from '../server.ts';
import { integerOf } from './payload.ts';
import { refuse } from './refusal.ts';

/** What a request says of paging, and what is wrong with it. */
export interface Page {
  readonly number: number;
  readonly size: number;
  readonly flaws: readonly string[];
}
/** The value of a column by any name that queries and sorting know it under; undefined: no such column. */
export type Column<T> = (item: T, name: string) => string | number | undefined;

export function pageOf(query: URLSearchParams): Page {
  const flaws: string[] = [];
  const integer = (name: string, usual: number): number => {
    const text = query.get(name);
    return text === null || text === '' ? usual : integerOf(text, `${name} in query`, flaws);
  };
  const [number, size] = [integer('page', 1), integer('page_size', 10)];
  if (size > 100) flaws.push('page_size in query should be less than or equal to 100');
  return { number, size, flaws };
}

/** One page of what `q` and `sort` leave, with the number of all and links to the neighbours. A size of 0 or less gives all, whatever the page. */
export function listed<T>(request: Seen, query: URLSearchParams, all: readonly T[], column: Column<T>, show: (item: T) => object): Reply {
  const { number, size } = pageOf(query);
  const found = sorted(filtered(all, query.get('q') ?? '', column), query.get('sort') ?? '', column);
  const start = (Math.max(1, number) - 1) * size;
  const page = size > 0 ? found.slice(start, start + size) : found;
  const link = linksOf(request, found.length, number, size);
  return { status: 200, headers: { 'x-total-count': String(found.length), ...(link && { link }) }, json: page.map(show) };
}

/** Relative addresses, their parameters sorted by name. */
function linksOf({ path }: Seen, total: number, number: number, size: number): string {
  if (size === 0) return '';
  const { pathname, searchParams } = new URL(path, 'http://harbor');
  const to = (page: number, rel: string): string => {
    const query = new URLSearchParams(searchParams);
    query.set('page', String(page));
    query.set('page_size', String(size));
    query.sort();
    return `<${pathname}?${query}>; rel="${rel}"`;
  };
  const before = number > 1 && (number - 1) * size <= total ? [to(number - 1, 'prev')] : [];
  const after = number * size < total ? [to(number + 1, 'next')] : [];
  return [...before, ...after].join(' , ');
}

/** `a,-b`: columns that are not known do not count; without any the table's own order stays. */
function sorted<T>(all: readonly T[], sort: string, column: Column<T>): readonly T[] {
  const keys = sort.split(',').map(key => ({ name: key.trim().replace(/^-/, ''), sign: key.trim().startsWith('-') ? -1 : 1 }));
  const compare = (a: T, b: T): number => {
    for (const { name, sign } of keys) {
      const [left, right] = [column(a, name), column(b, name)];
      if (left === undefined || right === undefined || left === right) continue;
      return left < right ? -sign : sign;
    }
    return 0;
  };
  return all.toSorted(compare);
}

/** `k=v,k=~part,k=[a~b],k={a b}`, unescaped a second time; a column that is not known does not filter. */
function filtered<T>(all: readonly T[], q: string, column: Column<T>): readonly T[] {
  if (q === '') return all;
  const tests = unescaped(q)
    .split(',')
    .map(part => {
      const [, name = '', value = ''] = /^([^=]+)=(.+)$/s.exec(part) ?? refuse(400, `invalid query string value: ${part}`);
      return { name, matches: matcher(value) };
    });
  return all.filter(item =>
    tests.every(({ name, matches }) => {
      const value = column(item, name);
      return value === undefined || matches(value);
    }),
  );
}

/** A text that is no valid escape stays as it is. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function matcher(value: string): (actual: string | number) => boolean {
  const inner = value.slice(1, -1);
  if (value.startsWith('~')) return actual => String(actual).toLowerCase().includes(value.slice(1).toLowerCase());
  if (/^\{.*\}$|^\(.*\)$/s.test(value)) return actual => inner.split(' ').includes(String(actual));
  if (!/^\[.*~.*\]$/s.test(value)) return actual => String(actual) === value;
  const [from = '', to = ''] = inner.split('~');
  const within = (actual: string | number, bound: string, sign: number): boolean => {
    const limit = typeof actual === 'number' ? Number(bound) : bound;
    return bound === '' || (sign < 0 ? actual >= limit : actual <= limit);
  };
  return actual => within(actual, from, -1) && within(actual, to, 1);
}
