import type { Reply } from '../server.ts';

const defaultLimit = 1000;
const maxLimit = 3000;

/**
 * Answers a list of Norman: filtered by name and id, then one page by `limit` and `marker` (the id of its first item).
 */
export function collectionOf(
  all: readonly { readonly id: string; readonly name?: string }[],
  { pathname, searchParams }: URL,
  origin: string,
): Reply {
  const chosen = all.filter(({ id, name }) => same(searchParams.get('name'), name) && same(searchParams.get('id'), id));
  const asked = Number.parseInt(searchParams.get('limit') ?? '', 10);
  const limit = asked >= 0 ? Math.min(asked, maxLimit) : defaultLimit;
  const start = Math.max(
    0,
    chosen.findIndex(({ id }) => id === searchParams.get('marker')),
  );
  const end = Math.min(start + limit, chosen.length);
  const link = (at: number): string => {
    const query = new URLSearchParams(searchParams);
    query.set('marker', chosen[at]?.id ?? '');
    query.sort();
    return `${origin}${pathname}?${query.toString()}`;
  };
  const partial = start > 0 || end < chosen.length;
  const more = end > start && end < chosen.length;
  const pagination = { limit, total: chosen.length, ...(partial && { partial }), ...(more && { next: link(end) }) };
  return { status: 200, json: { type: 'collection', pagination, data: chosen.slice(start, end) } };
}

const same = (wanted: string | null, value: string | undefined): boolean => wanted === null || wanted === value;
