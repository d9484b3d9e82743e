import type { Kind } from './kinds.ts';
import { numberFlaw, versionIn, waitForVersionMs } from './list.ts';
import { checkListOptions } from './list-options.ts';
import { broken, type Status, statusOf, tooLarge } from './refusal.ts';
import type { Store } from './store.ts';

/** How the server treats watches. May be changed while it runs. */
export interface WatchManners {
  /** The store supports progress requests. Then quiet watches get bookmarks, and sendInitialEvents works. */
  watchProgress: boolean;
  /** The watch cache lags behind the store: a watch for the newest state gets a 504 in its stream. */
  watchCacheBehind: boolean;
}

export interface Begin {
  /** Changes after this version are sent. */
  readonly from: number;
  /** Whether existing objects are sent first; asked: followed by a bookmark. */
  readonly initial: 'none' | 'all' | 'asked';
}

/** A watch that sends nothing but an ERROR line, after this many milliseconds. */
interface Unable {
  readonly error: Status;
  readonly afterMs: number;
}

export function beginOf(kind: Kind, query: URLSearchParams, manners: WatchManners, store: Store): Begin | Unable {
  const text = query.get('resourceVersion') ?? '';
  const bookmarks = wantsBookmarks(query);
  const asksInitial = query.get('sendInitialEvents') === 'true';
  const now = store.version;
  const { watchableFrom } = store.shelf(kind);
  checkListOptions(query, 'watch');
  // A list answers 400 here (recorded).
  if (!/^\d*$/.test(text)) broken(numberFlaw(text));
  const asked = versionIn(query) ?? 0;
  // A watch without a version that allows bookmarks also asks for initial events (source, and recorded).
  if (asksInitial || (asked === 0 && bookmarks)) {
    const why = 'a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled';
    if (!manners.watchProgress) return failed({ code: 500, message: why, reason: 'InternalError' });
    return { from: now, initial: 'asked' };
  }
  if (text === '' && manners.watchCacheBehind) return { ...failed(tooLarge(now, now - 1)), afterMs: waitForVersionMs };
  if (asked === 0) return { from: now, initial: 'all' };
  if (asked >= watchableFrom) return { from: asked, initial: 'none' };
  return failed({ code: 410, message: `too old resource version: ${asked} (${watchableFrom})`, reason: 'Expired' });
}

const failed = (told: Parameters<typeof statusOf>[0]): Unable => ({ error: statusOf(told), afterMs: 0 });

export function wantsBookmarks(query: URLSearchParams): boolean {
  return ['true', '1'].includes(query.get('allowWatchBookmarks') ?? '');
}
