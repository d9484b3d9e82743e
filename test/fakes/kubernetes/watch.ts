import type { Clock } from '../../../src/contract/clock.ts';
import type { Outlet, Reply } from '../server.ts';
import type { Place } from './body.ts';
import { apiVersionOf, type Kind } from './kinds.ts';
import { numberFlaw, versionIn, waitForVersionMs } from './list.ts';
import type { KubeObject } from './objects.ts';
import { type Cause, invalid, type Status, statusOf, tooLarge } from './refusal.ts';
import { type Matches, selectorOf } from './select.ts';
import type { Change, Store } from './store.ts';
import type { View } from './views.ts';

/** How the server behaves to those who watch. May be changed while it runs. */
export interface WatchManners {
  /** The store supports progress requests: then quiet watches get bookmarks, and sendInitialEvents works. */
  watchProgress: boolean;
  /** The cache lags behind the store: a watch that wants the newest state gets a 504 in its stream. */
  watchCacheBehind: boolean;
}

/** A stream that is open. */
export interface Watch {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
  /** Sends a Status as an ERROR line, and ends. */
  fail(status: Status): void;
  /** Ends in an orderly way, as at its timeout. */
  end(): void;
  /** Sends nothing any more, and stays open: a connection that is dead and does not know it. */
  silence(): void;
}

/** Bookmarks come this long before the end, twice (recorded), and about once a minute. */
const bookmarksBeforeEndMs = [2000, 1000];
const bookmarkEveryMs = 60_000;
/** The server's own choice where a client says nothing, in seconds. */
const timeoutUnlessSaid = 1800;

/** All watches of a server. A change costs as much as there are watches that may see it. */
export function createWatches(store: Store, clock: Clock, manners: WatchManners) {
  /** By kind and namespace; of all namespaces under ''. */
  const open = new Map<string, Set<Listener>>();
  const all = new Set<Watch>();
  const placeKey = (kind: Kind, namespace = ''): string => `${kind.group}/${kind.resource}/${namespace}`;

  store.onChange((kind, change) => {
    const lines = new Map<string, string>();
    const { namespace } = change.object.metadata;
    for (const key of new Set([placeKey(kind), placeKey(kind, namespace)]))
      for (const listener of open.get(key) ?? []) listener(change, lines);
  });

  function watch({ kind, namespace }: Place, query: URLSearchParams, view: View): Reply {
    const begin = beginOf(query, manners, store);
    const matches = selectorOf(kind, query) ?? (() => true);
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      stream(out) {
        if ('error' in begin) void tellError(out, begin);
        else follow(out, { kind, namespace, query, matches, view, ...begin });
      },
    };
  }

  async function tellError(out: Outlet, { error, afterMs }: Unable): Promise<void> {
    await clock.sleep(afterMs, out.signal);
    out.write(errorLine(error));
    out.end();
  }

  function follow(out: Outlet, { kind, namespace, query, matches, view, from, initial }: Following): void {
    let silent = false;
    const ended = new AbortController();
    const say = (line: string): void => void (silent || out.write(line));
    const seconds = Number(query.get('timeoutSeconds') ?? 0) || timeoutUnlessSaid;
    const shelf = store.shelf(kind);
    const sight = [query.get('labelSelector'), query.get('fieldSelector'), view.title].join('\n');
    const inPlace = (object: KubeObject): boolean => namespace === undefined || object.metadata.namespace === namespace;
    const listener: Listener = (change, lines) => {
      if (change.version <= from) return;
      const known = lines.get(sight);
      const line = known ?? lineOf(change, matches, view);
      if (known === undefined) lines.set(sight, line);
      if (line !== '') say(line);
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
        silent = true;
      },
    };
    const key = placeKey(kind, namespace);
    const here = open.get(key) ?? new Set();
    open.set(key, here.add(listener));
    all.add(stream);
    const leave = (): void => {
      ended.abort();
      here.delete(listener);
      if (here.size === 0) open.delete(key);
      all.delete(stream);
    };
    out.signal.addEventListener('abort', leave);
    ended.signal.addEventListener('abort', leave);
    if (initial !== 'none')
      for (const name of store.keys(kind)) {
        const object = shelf.objects.get(name);
        if (object && inPlace(object) && matches(object)) say(eventLine('ADDED', view.one(object)));
      }
    else for (const change of store.since(kind, from)) if (inPlace(change.object)) say(lineOf(change, matches, view));
    const bookmark = (end?: 'initial-events-end'): void =>
      say(bookmarkLine(kind, manners.watchProgress ? store.version : shelf.moved, end));
    if (initial === 'asked') bookmark('initial-events-end');
    void pace(seconds * 1000, ended.signal);

    /** The end of the stream, and the bookmarks on the way: only where the kind has moved, as recorded. */
    async function pace(lifeMs: number, signal: AbortSignal): Promise<void> {
      const wanted = query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1';
      const minutes = Array.from({ length: Math.floor(lifeMs / bookmarkEveryMs) }, (_, index) => (index + 1) * bookmarkEveryMs);
      const moments = [...minutes, ...bookmarksBeforeEndMs.map(ms => lifeMs - ms)].filter(ms => wanted && ms > 0 && ms < lifeMs);
      let passed = 0;
      for (const moment of moments.sort((a, b) => a - b)) {
        await clock.sleep(moment - passed, signal);
        if (signal.aborted) return;
        passed = moment;
        if (shelf.moved > from || manners.watchProgress) bookmark();
      }
      await clock.sleep(lifeMs - passed, signal);
      if (!signal.aborted && !silent) stream.end();
    }
  }

  return { open: all as ReadonlySet<Watch>, watch };
}

export type Watches = ReturnType<typeof createWatches>;

/** `lines` has what the change is for those who see it alike, '' where it is nothing to them. */
type Listener = (change: Change, lines: Map<string, string>) => void;

interface Following extends Begin {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
  readonly matches: Matches;
  readonly view: View;
}

interface Begin {
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

function beginOf(query: URLSearchParams, manners: WatchManners, store: Store): Begin | Unable {
  const text = query.get('resourceVersion') ?? '';
  const bookmarks = query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1';
  const asksInitial = query.get('sendInitialEvents') === 'true';
  const now = store.version;
  if (asksInitial && query.get('resourceVersionMatch') !== 'NotOlderThan') refuseInitial();
  if (!/^\d*$/.test(text)) return failed({ code: 500, message: numberFlaw(text), reason: 'InternalError' });
  const asked = versionIn(query) ?? 0;
  // Read from the source, and recorded: nothing asked for and bookmarks wanted is a wish for initial events.
  if (asksInitial || (asked === 0 && bookmarks)) {
    const why = 'a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled';
    if (!manners.watchProgress) return failed({ code: 500, message: why, reason: 'InternalError' });
    return { from: now, initial: 'asked' };
  }
  if (text === '' && manners.watchCacheBehind) return { ...failed(tooLarge(now, now - 1)), afterMs: waitForVersionMs };
  if (asked === 0) return { from: now, initial: 'all' };
  if (asked >= store.watchableFrom) return { from: asked, initial: 'none' };
  return failed({ code: 410, message: `too old resource version: ${asked} (${store.watchableFrom})`, reason: 'Expired' });
}

const failed = (told: Parameters<typeof statusOf>[0]): Unable => ({ error: statusOf(told), afterMs: 0 });

function refuseInitial(): never {
  const message = 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
  const cause: Cause = { reason: 'FieldValueForbidden', message, field: 'resourceVersionMatch' };
  return invalid({ group: 'meta.k8s.io', kind: 'ListOptions', name: '' }, [cause]);
}

const eventLine = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const errorLine = (status: Status): string => eventLine('ERROR', status);

/** What a change is to somebody with a selector: one that is no longer chosen is gone for him, as it was before. */
function lineOf({ type, object, before, version }: Change, matches: Matches, view: View): string {
  const was = before !== undefined && matches(before);
  const is = type !== 'DELETED' && matches(object);
  if (is) return eventLine(was ? 'MODIFIED' : 'ADDED', view.one(object));
  if (!was) return '';
  const last = type === 'DELETED' ? object : { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
  return eventLine('DELETED', view.one(last));
}

function bookmarkLine(kind: Kind, version: number, end: 'initial-events-end' | undefined): string {
  const annotations = end && { annotations: { [`k8s.io/${end}`]: 'true' } };
  const blank = kind.kind === 'Namespace' ? { spec: {}, status: {} } : {};
  const metadata = { resourceVersion: String(version), ...annotations };
  return eventLine('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata, ...blank });
}
