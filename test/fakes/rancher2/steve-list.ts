import { pageOf } from './kubernetes.ts';
import { refuse } from './refusal.ts';
import { byLabels } from './select.ts';
import type { SecretObject } from './state.ts';

/** An object as Steve shows it. */
export type Raw = Record<string, unknown> & {
  metadata: Record<string, unknown> & { name: string; namespace?: string; resourceVersion?: string };
};

/** What the SQL cache knows of a Secret beside its labels; anything else is no column. */
const columns = ['id', '_type', 'metadata.name', 'metadata.namespace', 'metadata.state.name', 'metadata.creationTimestamp'];

/**
 * By `filter` (a comma is an or, several are an and; a part of the value is enough) and `labelSelector`. Without the SQL cache the object of Kubernetes is looked
 * at, where the type is `type`; with it the one that Steve shows, where it is `_type`, and label selectors are not looked at.
 */
export function filtered(all: readonly SecretObject[], query: URLSearchParams, sqlCache: boolean): SecretObject[] {
  const filters = query.getAll('filter').map(filter => filter.split(',').map(part => termOf(part, sqlCache)));
  const labelled = sqlCache ? () => true : byLabels(query.get('labelSelector') ?? '');
  return all.filter(labelled).filter(secret => {
    const { type, metadata } = secret;
    const object = sqlCache ? { ...secret, id: `${metadata.namespace}/${metadata.name}`, _type: type } : secret;
    return filters.every(terms => terms.length === 0 || terms.some(term => term(object)));
  });
}

function termOf(part: string, sqlCache: boolean): (object: object) => boolean {
  const [field = '', sign, given = ''] = part.split(/(!=|=)/, 3);
  const quoted = sqlCache ? /^(["'])(.*)\1$/.exec(given)?.[2] : undefined;
  const path = /^metadata\.labels(?:\[(.+)\]|\.(.+))$/.exec(field);
  if (sqlCache && !path && !columns.includes(field))
    refuse(422, 'InvalidBodyContent', `column is invalid [${field}]: supplied column is invalid`);
  const keys = path ? ['metadata', 'labels', path[1] ?? path[2] ?? ''] : field.split('.');
  return object => {
    let value: unknown = object;
    for (const key of keys) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
    const matches = typeof value === 'string' && (quoted === undefined ? value.includes(given) : value === quoted);
    return matches === (sign === '=');
  };
}

interface Page {
  readonly items: SecretObject[];
  readonly pagination?: object;
  readonly continue?: string;
  readonly count?: number;
  readonly pages?: number;
}

/** `limit` and `continue` (which the SQL cache does not obey), then `pagesize` and `page` of what is left. */
export function paged(all: SecretObject[], query: URLSearchParams, self: string, sqlCache: boolean): Page {
  const size = Number(query.get('pagesize') ?? 0);
  if (size > 0) {
    const page = Math.max(1, Number(query.get('page') ?? 1));
    return { items: all.slice(size * (page - 1), size * page), pages: Math.ceil(all.length / size), count: all.length };
  }
  if (sqlCache || !query.has('limit')) return { items: all };
  const { items, continue: token } = pageOf(all, ({ metadata }) => `${metadata.namespace}/${metadata.name}`, query);
  const partial = token !== undefined || query.has('continue');
  if (!partial) return { items };
  const rest = new URLSearchParams([...query].filter(([name]) => !['limit', 'continue'].includes(name))).toString();
  const first = rest ? `${self}?${rest}` : self;
  if (token === undefined) return { items, pagination: { first, partial } };
  const next = new URLSearchParams([...query].filter(([name]) => name !== 'continue'));
  next.set('continue', token);
  next.sort();
  return { items, continue: token, pagination: { first, next: `${self}?${next.toString()}`, partial } };
}

/** `exclude` drops members, `excludeValues` empties the values of a map. */
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
