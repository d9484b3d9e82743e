import { gathered, paginationOf, showList } from './show.ts';
import { parsedId, type Type } from './state.ts';

type Shown = Readonly<Record<string, unknown>>;

const common = 'accountId created description id kind name removeTime removed state uuid';
/** The columns of the database, which can be filtered and sorted by. serverAddress is not one of them. */
const columns: Readonly<Record<Type, readonly string[]>> = {
  registry: `${common} agentId driverName external externalId physicalTotalSizeMb virtualTotalSizeMb volumeAccessMode zoneId`.split(' '),
  registryCredential: `${common} publicValue registryId`.split(' '),
};
const references = ['accountId', 'agentId', 'registryId', 'zoneId'];
const modifiers = ['ne', 'null', 'notnull', 'like', 'notlike', 'prefix'];
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
    const [, field = key, modifier = 'eq'] = new RegExp(`^(\\w+?)_(${modifiers.join('|')})$`).exec(key) ?? [];
    if (!columns[type].includes(field)) continue;
    const values = query.getAll(key).map(value => ({ value: references.includes(field) ? (parsedId(value) ?? '-1') : value, modifier }));
    filters.set(field, values);
  }
  return filters;
}

/** Returns a value as the database stores it: ids without the prefix of their type. */
function stored(shown: Shown, field: string): string | undefined {
  const value = shown[field];
  if (typeof value !== 'string') return undefined;
  return field === 'id' || references.includes(field) ? value.replace(/^1[a-z]+/, '') : value;
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
    default:
      return text === value;
  }
}

interface Sort {
  readonly name: string;
  readonly order: 'asc' | 'desc';
  readonly reverse: string;
}

function sortOf(type: Type, at: string, query: URLSearchParams): Sort | undefined {
  const name = query.get('sort') ?? '';
  if (!columns[type].includes(name)) return undefined;
  const order = query.get('order')?.trim().toLowerCase() === 'desc' ? 'desc' : 'asc';
  return { name, order, reverse: linkWith(at, query, { marker: undefined, order: order === 'asc' ? 'desc' : 'asc' }) };
}

/** Compares two values. Missing values come first, numbers compare as numbers. */
function compare(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) return Number(a) - Number(b);
  return a < b ? -1 : Number(a > b);
}

function linkWith(at: string, query: URLSearchParams, changes: Readonly<Record<string, string | undefined>>): string {
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    changed.delete(name);
    if (value !== undefined) changed.append(name, value);
  }
  return `${at}?${changed}`;
}

/** Returns one page of a list. `at` is the address of the list without its query. */
export function showPage(
  type: Type,
  items: readonly Record<string, unknown>[],
  at: string,
  query: URLSearchParams,
): Record<string, unknown> {
  const limit = limitOf(query.get('limit'));
  const offset = Number(/^m(\d+)$/.exec(query.get('marker') ?? '')?.[1] ?? 0);
  const filters = filtersOf(type, query);
  const all = items.filter(item => [...filters].every(([field, every]) => every.every(filter => matches(stored(item, field), filter))));
  const sort = sortOf(type, at, query);
  if (sort) all.sort((a, b) => compare(stored(a, sort.name), stored(b, sort.name)) * (sort.order === 'asc' ? 1 : -1));
  const next = all.length > offset + limit ? linkWith(at, query, { marker: `m${offset + limit}` }) : null;
  return {
    ...showList(type, gathered(all.slice(offset, offset + limit)), at),
    pagination: paginationOf(limit, next),
    sort: sort ?? null,
    filters: Object.fromEntries(filters),
  };
}

/** Parses a limit. A limit out of range becomes the maximum, one that is not a Java int the default. */
export function limitOf(text: string | null): number {
  const limit = Number(text);
  if (text === null || !/^[+-]?\d+$/.test(text) || Math.abs(limit) >= 2 ** 31) return 100;
  return limit < 1 || limit > 3000 ? 3000 : limit;
}
