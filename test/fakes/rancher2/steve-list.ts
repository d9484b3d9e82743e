import { pageOf } from './kubernetes.ts';
import type { SecretObject } from './state.ts';

/** An object as Steve shows it. */
export type Raw = Record<string, unknown> & {
  metadata: Record<string, unknown> & { name: string; namespace?: string; generateName?: string; resourceVersion?: string };
};

interface Page {
  readonly items: SecretObject[];
  readonly pagination?: object;
  readonly continue?: string;
  readonly count: number;
  readonly pages?: number;
}

/** Parses a number like Go's Atoi, with a default. */
const numberOr = (text: string | null, usual: number): number => (/^[+-]?\d+$/.test(text ?? '') ? Number(text) : usual);

/**
 * Returns a page by `pagesize` and `page`. The SQL cache also returns where the next page begins, but ignores
 * `continue` and `limit`. Without the cache, `limit` and `continue` make the pages, and `pagesize` cuts them further.
 */
export function paged(all: SecretObject[], query: URLSearchParams, self: string, sqlCache: boolean): Page {
  const size = numberOr(query.get('pagesize'), 0);
  const start = size * (Math.max(1, numberOr(query.get('page'), 1)) - 1);
  const cut = (items: SecretObject[]): SecretObject[] => (size > 0 ? items.slice(start, start + size) : items);
  if (sqlCache) {
    const token = size > 0 && start + cut(all).length < all.length ? String(start + size) : undefined;
    return { items: cut(all), count: all.length, ...linked(token, query, self) };
  }
  const limit = new URLSearchParams({ limit: String(Math.max(0, numberOr(query.get('limit'), 0))), continue: query.get('continue') ?? '' });
  const { items, continue: token } = pageOf(all, ({ metadata }) => `${metadata.namespace}/${metadata.name}`, limit);
  const pages = size > 0 ? Math.ceil(items.length / size) : 0;
  return { items: cut(items), count: items.length, ...(pages > 0 && { pages }), ...linked(token, query, self) };
}

function linked(token: string | undefined, query: URLSearchParams, self: string): Pick<Page, 'pagination' | 'continue'> {
  if (token === undefined) return query.get('continue') ? { pagination: { first: self, partial: true } } : {};
  const next = new URLSearchParams(query);
  next.set('continue', token);
  next.sort();
  return { continue: token, pagination: { first: self, next: `${self}?${next.toString()}`, partial: true } };
}

/** Applies `exclude`, which drops members, and `excludeValues`, which empties the values of a map. */
export function blank(object: Raw, query: URLSearchParams): object {
  const copy: Record<string, unknown> = structuredClone(object);
  const parentOf = (keys: readonly string[]): Record<string, unknown> => {
    let at: unknown = copy;
    for (const key of keys.slice(0, -1)) at = (at as Record<string, unknown> | undefined)?.[key];
    return (at ?? {}) as Record<string, unknown>;
  };
  for (const path of query.getAll('exclude')) delete parentOf(path.split('.'))[path.split('.').at(-1) ?? ''];
  for (const path of query.getAll('excludeValues')) {
    const values = parentOf(path.split('.'))[path.split('.').at(-1) ?? ''];
    if (typeof values === 'object' && values !== null) for (const key of Object.keys(values)) Object.assign(values, { [key]: '' });
  }
  return copy;
}
