import type { Seen } from '../server.ts';
import { gathered, paginationOf, showList } from './show.ts';
import { parsedId, type Type } from './state.ts';

type Shown = Readonly<Record<string, unknown>>;

/** What a column holds. It decides how the column can be filtered. */
type Kind = 'text' | 'choice' | 'reference' | 'number' | 'date';
const common: Readonly<Record<string, Kind>> = {
  accountId: 'reference',
  created: 'date',
  description: 'text',
  id: 'number',
  kind: 'text',
  name: 'text',
  removeTime: 'date',
  removed: 'date',
  state: 'choice',
  uuid: 'text',
};
/**
 * The columns of the database, which can be filtered and sorted by. serverAddress is not one of them. secretValue is
 * one, but the fake leaves it out, as it is not known how Cattle stores it, and storageDriverId, which /v1 lacks.
 */
const columns: Readonly<Record<Type, Readonly<Record<string, Kind>>>> = {
  registry: {
    ...common,
    agentId: 'reference',
    driverName: 'text',
    external: 'choice',
    externalId: 'text',
    physicalTotalSizeMb: 'number',
    virtualTotalSizeMb: 'number',
    volumeAccessMode: 'text',
    zoneId: 'reference',
  },
  registryCredential: { ...common, publicValue: 'text', registryId: 'reference' },
};
const always = ['eq', 'ne', 'null', 'notnull'];
const ordered = [...always, 'lt', 'lte', 'gt', 'gte'];
/** The modifiers of a filter, as recorded in `collectionFilters` of the schemas. */
const modifiersOf: Readonly<Record<Kind, readonly string[]>> = {
  text: [...always, 'prefix', 'like', 'notlike'],
  choice: always,
  reference: always,
  number: ordered,
  date: ordered,
};
interface Filter {
  readonly modifier: string;
  readonly value: string;
}

/**
 * Returns the supported filters of a query by field. Other filters are silently ignored. All values of a repeated
 * filter must match; of several modifiers for a field only the last one counts (read in the source, like the sorting
 * and the handling of an id of another type). An invalid reference matches nothing.
 */
function filtersOf(type: Type, query: URLSearchParams): Map<string, Filter[]> {
  const filters = new Map<string, Filter[]>();
  for (const key of new Set(query.keys())) {
    const [, field = key, modifier = 'eq'] = /^(.*)_([^_]*)$/s.exec(key) ?? [];
    const kind = columns[type][field];
    if (kind === undefined || !modifiersOf[kind].includes(modifier)) continue;
    const values = query.getAll(key).map(value => ({ value: kind === 'reference' ? (parsedId(value) ?? '-1') : value, modifier }));
    filters.set(field, values);
  }
  return filters;
}

/** Returns a value as the database stores it: ids without the prefix of their type. */
function stored(type: Type, shown: Shown, field: string): string | undefined {
  const value = shown[field];
  if (typeof value !== 'string') return undefined;
  return field === 'id' || columns[type][field] === 'reference' ? value.replace(/^1[a-z]+/, '') : value;
}

function matches(text: string | undefined, { modifier, value }: Filter): boolean {
  const pattern = value.split('%').map(RegExp.escape).join('.*');
  const isLike = (): boolean => new RegExp(`^${pattern}$`, 's').test(text ?? '');
  // A missing value matches neither `like` nor `notlike`.
  if (text === undefined) return modifier === 'null';
  switch (modifier) {
    case 'null':
      return false;
    case 'notnull':
      return true;
    case 'ne':
      return text !== value;
    case 'prefix':
      return text.startsWith(value);
    case 'like':
      return isLike();
    case 'notlike':
      return !isLike();
    case 'lt':
      return compare(text, value) < 0;
    case 'lte':
      return compare(text, value) <= 0;
    case 'gt':
      return compare(text, value) > 0;
    case 'gte':
      return compare(text, value) >= 0;
    default:
      return text === value;
  }
}

interface Sort {
  readonly name: string;
  readonly order: 'asc' | 'desc';
  readonly reverse: string;
}

function sortOf(type: Type, at: string, search: string, query: URLSearchParams): Sort | undefined {
  const name = query.get('sort') ?? '';
  if (!Object.hasOwn(columns[type], name)) return undefined;
  const order = query.get('order')?.trim().toLowerCase() === 'desc' ? 'desc' : 'asc';
  return { name, order, reverse: linkWith(at, search, 'order', order === 'asc' ? 'desc' : 'asc', 'marker') };
}

/** Compares two values. Missing values come first, numbers compare as numbers. */
function compare(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) return Number(a) - Number(b);
  return a < b ? -1 : Number(a > b);
}

/**
 * Returns a link to the list with another value of a parameter, at the end. The rest of the query stays as it was sent,
 * with the `&` behind a parameter that is removed from its begin (1.6, DefaultUrlBuilder.java).
 */
function linkWith(at: string, search: string, name: string, value: string, ...removed: string[]): string {
  const kept = [name, ...removed].reduce((text, one) => text.replaceAll(new RegExp(`&?${one}=[^&]*`, 'g'), ''), search);
  return `${at}?${kept}${kept === '' ? '' : '&'}${name}=${value}`;
}

/** Returns the query of a request as it was sent. */
export const searchOf = ({ path }: Seen): string => /\?(.*)/s.exec(path)?.[1] ?? '';

/** Returns one page of a list. `at` is the address of the request without its query, `search` the query as sent. */
export function showPage(type: Type, items: readonly Record<string, unknown>[], at: string, search: string): Record<string, unknown> {
  const query = new URLSearchParams(search);
  const limit = limitOf(query.get('limit'));
  const offset = Number(/^m(\d+)$/.exec(query.get('marker') ?? '')?.[1] ?? 0);
  const filters = filtersOf(type, query);
  const all = items.filter(item =>
    [...filters].every(([field, every]) => every.every(filter => matches(stored(type, item, field), filter))),
  );
  const sort = sortOf(type, at, search, query);
  if (sort) all.sort((a, b) => compare(stored(type, a, sort.name), stored(type, b, sort.name)) * (sort.order === 'asc' ? 1 : -1));
  const next = all.length > offset + limit ? linkWith(at, search, 'marker', `m${offset + limit}`) : null;
  return {
    ...showList(type, gathered(all.slice(offset, offset + limit)), at),
    pagination: paginationOf(limit, next),
    sort: sort ?? null,
    filters: { ...Object.fromEntries(Object.keys(columns[type]).map(name => [name, null])), ...Object.fromEntries(filters) },
  };
}

/** Parses a limit. A limit out of range becomes the maximum, one that is not a Java int the default. */
export function limitOf(text: string | null): number {
  const limit = Number(text);
  if (text === null || !/^[+-]?\d+$/.test(text) || Math.abs(limit) >= 2 ** 31) return 100;
  return limit < 1 || limit > 3000 ? 3000 : limit;
}
