/** So long an event of a write of ours is waited for. In milliseconds; it comes within some. */
const patienceMs = 30_000;

/**
 * Which versions of a Secret our own writes have made, as their answers say. The event of a write may come before its
 * answer or after it, and an event that comes before that of our last write tells of the past.
 */
export interface OwnWrites {
  /**
   * Told of a namespace in which somebody has written after us before our write was answered, or while a write of ours
   * came to nothing.
   */
  overtaken: (namespace: string) => void;
  /** A write to the Secret of the namespace begins. The returned function hears which version came of it, if any. */
  begin(namespace: string): (version: string | undefined) => void;
  /**
   * An event has come. own: nobody but us has made this version. past: something newer of ours is there by now. unsure:
   * a write of ours is under way that may have made it; `overtaken` hears of it if it has not.
   */
  see(namespace: string, version: string): 'own' | 'past' | 'unsure' | 'news';
}

export function ownWrites(now: () => number): OwnWrites {
  /** Versions that were seen while writes are under way. */
  const underWay = new Map<string, { count: number; readonly seen: string[] }>();
  /** Versions that were made and not seen yet. */
  const expected = new Map<string, { readonly version: string; readonly at: number }[]>();

  const own: OwnWrites = {
    overtaken: () => undefined,
    begin(namespace) {
      const open = underWay.get(namespace) ?? { count: 0, seen: [] };
      open.count++;
      underWay.set(namespace, open);
      return version => {
        if (--open.count === 0) underWay.delete(namespace);
        const last = open.seen.at(-1);
        if (version === undefined) {
          if (last !== undefined) own.overtaken(namespace);
          return;
        }
        if (open.seen.includes(version)) {
          if (last !== version) own.overtaken(namespace);
          return;
        }
        expected.set(namespace, [...(expected.get(namespace) ?? []), { version, at: now() }]);
      };
    },
    see(namespace, version) {
      underWay.get(namespace)?.seen.push(version);
      const waiting = (expected.get(namespace) ?? []).filter(({ at }) => now() - at < patienceMs);
      const at = waiting.findIndex(one => one.version === version);
      const left = waiting.slice(at + 1);
      if (left.length > 0) expected.set(namespace, left);
      else expected.delete(namespace);
      if (at < 0) return waiting.length > 0 ? 'past' : underWay.has(namespace) ? 'unsure' : 'news';
      return left.length > 0 ? 'past' : 'own';
    },
  };
  return own;
}
