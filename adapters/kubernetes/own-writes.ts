import type { Event } from './events.ts';
import type { Meta } from './objects.ts';

/** So long an event of a write of ours is waited for. In milliseconds; it comes within some. */
const patienceMs = 30_000;

/** What a write has made. */
type Made = Pick<Meta, 'version' | 'uid'>;

/** A write that is not answered yet, or several. */
interface UnderWay {
  count: number;
  /** The version that was there when it began. */
  before: string | undefined;
  /** Versions that were seen meanwhile. */
  readonly seen: string[];
  /** looked: a look came in between and may hold what is being written, so that no event tells of it. */
  event: 'to come' | 'looked';
}

/**
 * Which versions of a Secret our own writes have made, as their answers say. The event of a write may come before its
 * answer or after it, and an event that comes before that of our last write tells of the past. An apply that changes
 * nothing answers with the version that is there, which has no event any more.
 */
export interface OwnWrites {
  /**
   * Told of a namespace in which somebody has written after us before our write was answered, or while a write of ours
   * came to nothing.
   */
  overtaken: (namespace: string) => void;
  /** Told of a namespace where we have written to a ServiceAccount. Events of it that came meanwhile said nothing. */
  wrote: (namespace: string) => void;
  /** Told of a namespace in which nothing is to be written any more, as it was asked about right before a write. */
  left: (namespace: string) => void;
  /** A write to the Secret of the namespace begins. The returned function hears what came of it, if anything. */
  begin(namespace: string): (made: Made | undefined) => void;
  /** A look has found these Secrets, by namespace. Events of what was written before it may never come. */
  looked(found: ReadonlyMap<string, { readonly version: string }>): void;
  /**
   * An event has come. own: nobody but us has made this version. past: something newer of ours is there by now. unsure:
   * a write of ours is under way that may have made it; `overtaken` hears of it if it has not.
   */
  see(type: Event['type'], meta: Pick<Meta, 'namespace' | 'version' | 'uid'>): 'own' | 'past' | 'unsure' | 'news';
}

export function ownWrites(now: () => number): OwnWrites {
  /** The version that was seen last, by namespace. */
  const latest = new Map<string, string>();
  const underWay = new Map<string, UnderWay>();
  /** What was made and not seen yet. */
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
      // What is deleted was written before, and its UID never comes again.
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
