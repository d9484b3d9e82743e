import type { Answer } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';

/** Once around everything there; what is longer is a server that does not come to an end. */
const mostPages = 1_000;

interface Page {
  readonly data?: unknown;
  readonly pagination?: { readonly next?: unknown } | null;
}

/**
 * All rows of a list of Rancher, of any version: `{data, pagination: {next}}`. Of the link to the next page only the query is used, as it may name any origin. Each id
 * comes once, where it was first; `merge` says what becomes of two rows that share one. Throws UNEXPECTED for what is no list, or has no end.
 */
export async function readPages<T extends object>(
  path: string,
  get: (path: string) => Promise<Answer>,
  merge = (_: T, later: T): T => later,
): Promise<T[]> {
  const rows = new Map<unknown, T>();
  const asked = new Set<string>();
  for (let next = path; asked.size < mostPages && !asked.has(next); ) {
    asked.add(next);
    const { data, pagination } = (await get(next)).json<Page | null>() ?? {};
    if (!Array.isArray(data)) throw new Failure('UNEXPECTED', `The answer to GET ${next} is no list.`);
    for (const row of data.filter(isObject<T>)) {
      const key = idOf(row) ?? row;
      const before = rows.get(key);
      rows.set(key, before ? merge(before, row) : row);
    }
    if (typeof pagination?.next !== 'string') return [...rows.values()];
    next = `${path.split('?')[0]}${URL.parse(pagination.next, 'http://rancher')?.search ?? ''}`;
  }
  throw new Failure('UNEXPECTED', `The list GET ${path} repeats itself, or does not end after ${mostPages} pages.`);
}

const isObject = <T extends object>(row: unknown): row is T => typeof row === 'object' && row !== null;
function idOf(row: object): string | undefined {
  return 'id' in row && typeof row.id === 'string' ? row.id : undefined;
}
