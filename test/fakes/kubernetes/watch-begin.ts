import type { Kind } from './kinds.ts';
import { numberFlaw, versionIn, waitForVersionMs } from './list.ts';
import { checkListOptions } from './list-options.ts';
import { broken, type Status, statusOf, tooLarge } from './refusal.ts';
import type { Store } from './store.ts';

/** How the server behaves to those who watch. May be changed while it runs. */
export interface WatchManners {
  /** The store supports progress requests: then quiet watches get bookmarks, and sendInitialEvents works. */
  watchProgress: boolean;
  /** The cache lags behind the store: a watch that wants the newest state gets a 504 in its stream. */
  watchCacheBehind: boolean;
}

export interface Begin {
  /** What is newer is told. */
  readonly from: number;
  /** Whether everything that is there is told first; asked: with a bookmark behind it. */
  readonly initial: 'none' | 'all' | 'asked';
}

/** Why there is nothing but an ERROR line, and after how long. */
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
  // Recorded: a list says 400 here.
  if (!/^\d*$/.test(text)) broken(numberFlaw(text));
  const asked = versionIn(query) ?? 0;
  // Read from the source, and recorded: nothing asked for and bookmarks wanted is a wish for initial events.
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
