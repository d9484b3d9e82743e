import type { Event } from './events.ts';
import type { Meta } from './objects.ts';

/** How long the event of an own write is awaited, in milliseconds. It usually comes within a few. */
const patienceMs = 30_000;

/** The version and UID of the Secret that a write produced. */
type Made = Pick<Meta, 'version' | 'uid'>;

/** One or more unanswered writes to the Secret of a namespace. */
interface UnderWay {
  count: number;
  /** The version that was known when the first of them began. */
  before: string | undefined;
  /** Versions that were seen since then. */
  readonly seen: string[];
  /** looked: a look came in between. It may already show the write, whose event may then never come. */
  event: 'to come' | 'looked';
}

/**
 * Tracks which versions of a Secret our own writes produce, according to their responses. The event of a write may come
 * before or after its response, and an event that precedes that of our last write is out of date. An apply that changes
 * nothing returns the present version, for which no event follows.
 */
export interface OwnWrites {
  /**
   * Called for a namespace in which another client wrote after us before our write was answered, or during a write of
   * ours that produced nothing.
   */
  overtaken: (namespace: string) => void;
  /**
   * Called for a namespace in which the courier wrote to a ServiceAccount. Events of it during the write were ignored.
   */
  wrote: (namespace: string) => void;
  /** Called for a namespace that must no longer be written to, according to the check before a write. */
  left: (namespace: string) => void;
  /**
   * Records that a write to the Secret of the namespace begins. The caller passes its result, if any, to the returned
   * function.
   */
  begin(namespace: string): (made: Made | undefined) => void;
  /** Records the Secrets that a look found, by namespace. Events of earlier writes may never come. */
  looked(found: ReadonlyMap<string, { readonly version: string }>): void;
  /**
   * Records an event and classifies it. own: a write of ours produced this version. past: a newer version of ours
   * exists. unsure: a write under way may have produced it; `overtaken` is called if it did not.
   */
  see(type: Event['type'], meta: Pick<Meta, 'namespace' | 'version' | 'uid'>): 'own' | 'past' | 'unsure' | 'news';
}

export function ownWrites(now: () => number): OwnWrites {
  /** The version that was seen last, by namespace. */
  const latest = new Map<string, string>();
  const underWay = new Map<string, UnderWay>();
  /** Results of own writes that were not seen yet, by namespace. */
  const expected = new Map<string, readonly (Made & { readonly at: number })[]>();

  const own: OwnWrites = {
    overtaken: () => undefined,
    wrote: () => undefined,
    left: () => undefined,
    begin(namespace) {
      const open = underWay.get(namespace) ?? { count: 0, before: latest.get(namespace), seen: [], event: 'to come' };
      open.count++;
      underWay.set(namespace, open);
      return made => {
        if (--open.count === 0) underWay.delete(namespace);
        const isSeen = made !== undefined && [open.before, ...open.seen].includes(made.version);
        if (made && !isSeen && open.event === 'to come')
          expected.set(namespace, [...(expected.get(namespace) ?? []), { version: made.version, uid: made.uid, at: now() }]);
        else if (open.seen.length > 0 && latest.get(namespace) !== made?.version) own.overtaken(namespace);
      };
    },
    looked(found) {
      expected.clear();
      latest.clear();
      for (const [namespace, { version }] of found) latest.set(namespace, version);
      for (const [namespace, open] of underWay) {
        open.before = latest.get(namespace);
        open.seen.length = 0;
        open.event = 'looked';
      }
    },
    see(type, { namespace, version, uid }) {
      latest.set(namespace, version);
      underWay.get(namespace)?.seen.push(version);
      const waiting = (expected.get(namespace) ?? []).filter(({ at }) => now() - at < patienceMs);
      // A deleted Secret was written before, and its UID is never used again.
      const at = waiting.findLastIndex(one => (type === 'DELETED' ? one.uid === uid : one.version === version));
      const left = waiting.slice(at + 1);
      if (left.length > 0) expected.set(namespace, left);
      else expected.delete(namespace);
      if (left.length > 0) return 'past';
      if (at >= 0 && type !== 'DELETED') return 'own';
      return underWay.has(namespace) ? 'unsure' : 'news';
    },
  };
  return own;
}
