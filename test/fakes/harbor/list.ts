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

/** Relative addresses, their parameters sorted by name and no longer escaped. */
function linksOf({ path }: Seen, total: number, number: number, size: number): string {
  if (size === 0) return '';
  const { pathname, searchParams } = new URL(path, 'http://harbor');
  const to = (page: number, rel: string): string => {
    const query = new URLSearchParams(searchParams);
    query.set('page', String(page));
    query.set('page_size', String(size));
    query.sort();
    return `<${pathname}?${unescaped(query.toString())}>; rel="${rel}"`;
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

type Test = (actual: string | number) => boolean;

/** `k=v,k=~part,k=[a~b],k={a b},k=(a b)`, unescaped a second time; a column that is not known does not filter. */
function filtered<T>(all: readonly T[], q: string, column: Column<T>): readonly T[] {
  if (q === '') return all;
  const tests = new Map<string, Test>();
  for (const part of unescaped(q).split(',')) {
    const [, name, value] = /^([^=]+)=(.+)$/s.exec(part) ?? [];
    if (name === undefined || value === undefined)
      return refuse(400, 'the query string must contain "=" and the key/value cannot be empty');
    // Of doubled names the last one counts.
    tests.set(name, testOf(value) ?? refuse(400, `invalid query string value: ${value}`));
  }
  return all.filter(item =>
    [...tests].every(([name, matches]) => {
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

/** undefined: a pattern that does not end as it begins, or is empty. A list in round brackets is left to columns that hold lists: here it lets everything pass. */
function testOf(value: string): Test | undefined {
  const inner = value.slice(1, -1);
  switch (value.charAt(0)) {
    case '~':
      return value === '~' ? undefined : actual => String(actual).toLowerCase().includes(value.slice(1).toLowerCase());
    case '[':
      return rangeOf(value, inner);
    case '{': {
      const wanted = inner.split(' ').map(unquoted);
      return value.endsWith('}') ? actual => wanted.includes(String(actual)) : undefined;
    }
    case '(':
      return value.endsWith(')') ? () => true : undefined;
    default:
      return actual => String(actual) === value.replace(/^\\/, '');
  }
}

const unquoted = (text: string): string => text.replace(/^["']+|["']+$/g, '');

function rangeOf(value: string, inner: string): Test | undefined {
  const [from = '', to = '', ...more] = inner.split('~').map(bound => bound.trim());
  if (!value.endsWith(']') || !inner.includes('~') || more.length > 0 || (from === '' && to === '')) return undefined;
  const within = (actual: string | number, bound: string, sign: number): boolean => {
    const limit = typeof actual === 'number' ? Number(bound) : unquoted(bound);
    return bound === '' || (sign < 0 ? actual >= limit : actual <= limit);
  };
  return actual => within(actual, from, -1) && within(actual, to, 1);
}
