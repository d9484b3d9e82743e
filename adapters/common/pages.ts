import { Failure } from '../../src/contract/failures.ts';
import type { Answer } from '../../src/contract/http.ts';

/** The most pages of a list. A longer list means a server that never ends it. */
const mostPages = 1_000;

interface Page {
  readonly data?: unknown;
  readonly pagination?: { readonly next?: unknown } | null;
}

/** How often a list of several pages is read at most, until two readings agree. */
const mostWalks = 4;
const remedy =
  'Check that the address leads to Rancher itself and not to a page before it; if it is a supported version, please report it.';

type Get = (path: string) => Promise<Answer>;
type Merge<T> = (before: T, later: T) => T;

/**
 * Reads all rows of a list of Rancher, of any version: `{data, pagination: {next}}`. Only the query of the link to the
 * next page is used, because the link may name any origin. Each id comes once, at its first position; `merge` combines
 * two rows with the same id. A row that is not an object becomes an empty one.
 * A row that is removed between two requests moves the later ones across the border of two pages, so a list of several
 * pages is read until two readings agree. If it never rests, the last reading counts. Throws UNEXPECTED for what is not
 * a list, or has no end.
 */
export async function readPages<T extends object>(path: string, get: Get, merge: Merge<T> = (_, later) => later): Promise<T[]> {
  let { rows, pages } = await walk(path, get, merge);
  for (let walks = 1; pages > 1 && walks < mostWalks; walks++) {
    const before = JSON.stringify(rows);
    ({ rows, pages } = await walk(path, get, merge));
    if (JSON.stringify(rows) === before) break;
  }
  return rows;
}

async function walk<T extends object>(path: string, get: Get, merge: Merge<T>): Promise<{ rows: T[]; pages: number }> {
  const rows = new Map<unknown, T>();
  const asked = new Set<string>();
  for (let next = path; asked.size < mostPages && !asked.has(next); ) {
    asked.add(next);
    const { data, pagination } = (await get(next)).json<Page | null>() ?? {};
    if (!Array.isArray(data)) throw new Failure('UNEXPECTED', `The answer to GET ${next} is not a list.`, { remedy });
    for (const row of data.map(asObject<T>)) {
      const key = idOf(row) ?? row;
      const before = rows.get(key);
      rows.set(key, before ? merge(before, row) : row);
    }
    if (typeof pagination?.next !== 'string' || pagination.next === '') return { rows: [...rows.values()], pages: asked.size };
    next = `${path.split('?')[0]}${URL.parse(pagination.next, 'http://rancher')?.search ?? ''}`;
  }
  throw new Failure('UNEXPECTED', `The list GET ${path} repeats itself, or does not end after ${mostPages} pages.`, { remedy });
}

/** Replaces a row that is not an object with an empty one. */
const asObject = <T extends object>(row: unknown): T => (typeof row === 'object' && row !== null ? row : {}) as T;
function idOf(row: object): string | undefined {
  return 'id' in row && typeof row.id === 'string' ? row.id : undefined;
}
