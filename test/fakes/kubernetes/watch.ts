import type { Clock } from '../../../src/contract/clock.ts';
import type { Outlet, Reply } from '../server.ts';
import type { Place } from './body.ts';
import type { Kind } from './kinds.ts';
import type { Status } from './refusal.ts';
import { type Matches, selectorOf } from './select.ts';
import { type Change, keysFrom, type Store } from './store.ts';
import type { View } from './views.ts';
import { type Begin, beginOf, type WatchManners, wantsBookmarks } from './watch-begin.ts';
import { bookmarkLine, errorLine, errorReply, eventLine, lineOf } from './watch-lines.ts';

/** An open watch stream. */
export interface Watch {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
  /** Sends a Status as an ERROR line and ends. */
  fail(status: Status): void;
  /** Ends normally, as at its timeout. */
  end(): void;
  /** Stays open but sends nothing more, like a dead connection. */
  silence(): void;
}

/** When bookmarks are sent: twice shortly before the end (recorded), and about once a minute. */
const bookmarksBeforeEndMs = [2000, 1000];
const bookmarkEveryMs = 60_000;
/** The server's default timeout of a watch, in seconds. */
const timeoutUnlessSaid = 1800;

/** All watches of a server. A change only costs work for the watches that may see it. */
export function createWatches(store: Store, clock: Clock, manners: WatchManners) {
  /** Listeners by kind and namespace. Watches of all namespaces are under ''. */
  const open = new Map<string, Set<Listener>>();
  const all = new Set<Watch>();
  const placeKey = (kind: Kind, namespace = ''): string => `${kind.group}/${kind.resource}/${namespace}`;

  store.onChange((kind, change) => {
    const lines = new Map<string, string>();
    const { namespace } = change.object.metadata;
    for (const key of new Set([placeKey(kind), placeKey(kind, namespace)]))
      for (const listener of open.get(key) ?? []) listener(change, lines);
  });

  async function watch({ kind, namespace }: Place, query: URLSearchParams, view: View, signal: AbortSignal): Promise<Reply> {
    const begin = beginOf(kind, query, manners, store);
    const matches = selectorOf(kind, query) ?? (() => true);
    if ('error' in begin) {
      await clock.sleep(begin.afterMs, signal);
      return errorReply(begin.error);
    }
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      stream: out => (view.title === 'nothing' ? out.end() : follow(out, { kind, namespace, query, matches, view, ...begin })),
    };
  }

  function follow(out: Outlet, asked: Asked): void {
    const { kind, namespace, query, matches, view, from, initial } = asked;
    const ended = new AbortController();
    let isSilent = false;
    const say = (line: string): void => {
      if (!isSilent && line !== '') out.write(line);
    };
    const sight = [query.get('labelSelector'), query.get('fieldSelector'), view.title].join('\n');
    const listener: Listener = (change, lines) => {
      if (change.version <= from) return;
      const line = lines.get(sight) ?? lineOf(change, matches, view);
      lines.set(sight, line);
      say(line);
    };
    const stream: Watch = {
      kind,
      namespace,
      query,
      fail(status) {
        say(errorLine(status));
        stream.end();
      },
      end() {
        ended.abort();
        out.end();
      },
      silence() {
        isSilent = true;
      },
    };
    const key = placeKey(kind, namespace);
    const here = open.get(key) ?? new Set();
    open.set(key, here.add(listener));
    all.add(stream);
    out.signal.addEventListener('abort', () => ended.abort());
    ended.signal.addEventListener('abort', () => {
      here.delete(listener);
      if (here.size === 0) open.delete(key);
      all.delete(stream);
    });
    for (const line of firstLines(asked)) say(line);
    if (initial === 'asked') say(bookmarkLine(kind, store.version, 'initial-events-end'));
    void pace(asked, ended.signal, say).then(() => isSilent || stream.end());
  }

  /** Returns the lines for existing objects, or for the changes since `from`. */
  function firstLines({ kind, namespace, matches, view, from, initial }: Asked): readonly string[] {
    const isHere = ({ object: { metadata } }: Pick<Change, 'object'>): boolean =>
      namespace === undefined || metadata.namespace === namespace;
    if (initial === 'none')
      return store
        .since(kind, from)
        .filter(isHere)
        .map(change => lineOf(change, matches, view));
    const { objects, keys } = store.shelf(kind);
    const there = keysFrom(keys, namespace).flatMap(key => objects.get(key) ?? []);
    return there.filter(matches).map(object => eventLine('ADDED', view.one(object)));
  }

  /**
   * Waits for the lifetime of the stream and sends bookmarks. Without progress requests they come only if the kind has
   * changed (recorded).
   */
  async function pace({ kind, query, from }: Asked, signal: AbortSignal, say: (line: string) => void): Promise<void> {
    const lifeMs = (Number(query.get('timeoutSeconds') ?? 0) || timeoutUnlessSaid) * 1000;
    const shelf = store.shelf(kind);
    let passed = 0;
    for (const moment of wantsBookmarks(query) ? bookmarkMoments(lifeMs) : []) {
      await clock.sleep(moment - passed, signal);
      if (signal.aborted) return;
      passed = moment;
      if (manners.watchProgress) say(bookmarkLine(kind, store.version));
      else if (shelf.moved > from) say(bookmarkLine(kind, shelf.moved));
    }
    await clock.sleep(lifeMs - passed, signal);
  }

  return { open: all as ReadonlySet<Watch>, watch };
}

export type Watches = ReturnType<typeof createWatches>;

/**
 * `lines` caches the line of a change for all watches with the same selectors and view. It is '' for those that the
 * change does not concern.
 */
type Listener = (change: Change, lines: Map<string, string>) => void;

interface Asked extends Begin {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
  readonly matches: Matches;
  readonly view: View;
}

/** Returns when bookmarks are due, in milliseconds from the start of a stream with this lifetime. */
function bookmarkMoments(lifeMs: number): readonly number[] {
  const minutes = Array.from({ length: Math.floor(lifeMs / bookmarkEveryMs) }, (_, index) => (index + 1) * bookmarkEveryMs);
  return [...minutes, ...bookmarksBeforeEndMs.map(ms => lifeMs - ms)].filter(ms => ms > 0 && ms < lifeMs).sort((a, b) => a - b);
}
