import { Failure } from '../../src/contract/failures.ts';
import type { Answer } from '../../src/contract/http.ts';
import { shapeOf } from '../../src/contract/text.ts';
import { type RowCount, refuseUnreadable } from '../common/unreadable.ts';
import { type Ask, pageSize } from './list.ts';

/** The parts of a Harbor endpoint that are read. Harbor leaves out members that are empty or false. */
export interface Row {
  readonly id: number;
  readonly type: string;
  readonly url: string;
  readonly name?: unknown;
  readonly status?: string;
  readonly insecure?: boolean;
  readonly credential?: { readonly access_key?: string };
}

/** The endpoints that can be read, and the number of those that cannot. */
export interface Listed {
  readonly rows: readonly Row[];
  readonly count: RowCount;
}

/** Returns the Failure for a response other than the expected one. `right` is what the request needs. */
type Refused = (answer: Answer, right: string) => Failure;

/** The paths of the list: since 2.0, and before. */
export const paths = ['/api/v2.0/registries', '/api/registries'] as const;
const mostPages = 1_000;

/**
 * All endpoints below a path, in the order of their ids. undefined: Harbor does not know the path. Throws what stands
 * in the way of the whole target, such as a list of which no row can be read.
 */
export async function listRows(ask: Ask, path: string, signal: AbortSignal, refused: Refused): Promise<Listed | undefined> {
  const first = await walk(ask, path, signal, refused);
  // A row that is removed between two requests moves the later rows across the border of two pages.
  const last = first && !first.steady ? await walk(ask, path, signal, refused) : first;
  if (last) refuseUnreadable(last.count);
  return last;
}

/**
 * Reads the list once, by page numbers. Harbor's links are not followed, because they can go on forever. Before 2.3
 * each page is the whole list.
 */
async function walk(ask: Ask, path: string, signal: AbortSignal, refused: Refused): Promise<(Listed & { steady: boolean }) | undefined> {
  const rows = new Map<number, Row>();
  const totals = new Set<string | undefined>();
  let unreadable = 0;
  for (let page = 1; page <= mostPages; page++) {
    const answer = await ask('GET', `${path}?page=${page}&page_size=${pageSize}&sort=id`, signal);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(answer, 'registry:list');
    const found = answer.json<unknown>();
    if (!Array.isArray(found)) throw new Failure('UNEXPECTED', `GET ${path}: the answer is not a list, but ${shapeOf(found)}.`);
    const before = rows.size;
    const read = found.filter(isRow);
    for (const row of read) rows.set(row.id, row);
    // A repeated page has nothing new.
    if (page === 1 || rows.size > before) unreadable += found.length - read.length;
    const total = answer.headers.get('x-total-count');
    totals.add(total);
    // A wrong count costs one more request, never a row.
    if (found.length < pageSize || rows.size === before || rows.size === Number(total))
      return { rows: [...rows.values()], count: { path, read: rows.size, unreadable }, steady: totals.size === 1 };
  }
  throw new Failure('TOO_LARGE', `Harbor lists more than ${mostPages * pageSize} registries.`);
}

/**
 * Whether a row can be used. Id 0 is Harbor itself. A row without a type cannot be told apart from those that must not
 * be written to.
 */
export function isRow(row: Partial<Row> | null | undefined): row is Row {
  return Number.isSafeInteger(row?.id) && (row?.id ?? 0) > 0 && typeof row?.type === 'string' && typeof row.url === 'string';
}

/** Whether Harbor reaches the URL over https. It takes an address without a scheme for http. */
export const isEncrypted = (url: string): boolean => /^https:\/\//i.test(url);
