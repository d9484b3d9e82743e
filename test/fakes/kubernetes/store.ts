import { type Kind, kinds } from './kinds.ts';
import type { KubeObject } from './objects.ts';

/**
 * A change of one object. `before` is its former state. `object` is the new state, or the last one, with the version of
 * the change.
 */
export interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  readonly before?: KubeObject;
}

/** The objects of one kind. */
export interface Shelf {
  readonly kind: Kind;
  /** Objects by `keyOf`. */
  readonly objects: Map<string, KubeObject>;
  /** The keys of the objects, in list order. */
  readonly keys: string[];
  /** The changes, oldest first. */
  readonly changes: Change[];
  /** The version of the newest change. */
  moved: number;
  /** The oldest version that a watch can start from. The watch cache starts there. */
  watchableFrom: number;
  /** The oldest version whose state can still be reconstructed. */
  knownFrom: number;
}

/** The number of changes of a kind that are kept at least, for clients that resume from an older version. */
const kept = 10_000;
const firstVersion = 1000;

export const keyOf = (namespace: string | undefined, name: string): string => (namespace === undefined ? name : `${namespace}/${name}`);

/** Returns the index of a key among sorted keys, or where it would be inserted. */
function placeOf(keys: readonly string[], key: string): number {
  let [from, to] = [0, keys.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((keys[middle] ?? '') < key) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Returns the keys of one namespace, or all keys, from `start` on. */
export function keysFrom(keys: readonly string[], namespace: string | undefined, start = ''): readonly string[] {
  if (namespace === undefined) return start === '' ? keys : keys.slice(placeOf(keys, start));
  const first = `${namespace}/`;
  // '0' is the character after '/'.
  return keys.slice(placeOf(keys, start > first ? start : first), placeOf(keys, `${namespace}0`));
}

/** Creates a store of objects and their changes. One version counter covers all kinds. */
export function createStore() {
  const shelves = new Map<Kind, Shelf>(
    kinds.map(kind => [
      kind,
      { kind, objects: new Map(), keys: [], changes: [], moved: 0, watchableFrom: firstVersion, knownFrom: firstVersion },
    ]),
  );
  const listeners = new Set<(kind: Kind, change: Change) => void>();
  let version = firstVersion;
  /** The version of the last compaction. The watch cache may still have older versions. */
  let compactedTo = firstVersion;

  const shelf = (kind: Kind): Shelf => {
    const found = shelves.get(kind);
    if (!found) throw new Error(`the fake has no ${kind.resource}`);
    return found;
  };

  function tell(kind: Kind, type: Change['type'], object: KubeObject, before: KubeObject | undefined): void {
    const place = shelf(kind);
    const change = { version, type, object, ...(before && { before }) };
    place.moved = version;
    place.changes.push(change);
    if (place.changes.length > kept * 2) {
      const gone = place.changes.splice(0, place.changes.length - kept);
      place.knownFrom = gone.at(-1)?.version ?? place.knownFrom;
      place.watchableFrom = Math.max(place.watchableFrom, place.knownFrom);
    }
    for (const listener of listeners) listener(kind, change);
  }

  const store = {
    get version() {
      return version;
    },
    shelf,
    kinds,
    get: (kind: Kind, namespace: string | undefined, name: string) => shelf(kind).objects.get(keyOf(namespace, name)),

    /** Stores an object under a new version and returns the stored object. */
    put(kind: Kind, next: KubeObject): KubeObject {
      const { objects, keys } = shelf(kind);
      const { namespace, name } = next.metadata;
      const key = keyOf(namespace, name);
      const before = objects.get(key);
      const object = { ...next, metadata: { ...next.metadata, resourceVersion: String(++version) } };
      objects.set(key, object);
      if (!before) keys.splice(placeOf(keys, key), 0, key);
      tell(kind, before ? 'MODIFIED' : 'ADDED', object, before);
      return object;
    },

    remove(kind: Kind, namespace: string | undefined, name: string): void {
      const { objects, keys } = shelf(kind);
      const key = keyOf(namespace, name);
      const before = objects.get(key);
      if (!before) return;
      objects.delete(key);
      keys.splice(placeOf(keys, key), 1);
      version++;
      tell(kind, 'DELETED', { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } }, before);
    },

    /**
     * Returns all objects of a kind at a version, with their keys in order, or undefined if that version is compacted.
     */
    at(kind: Kind, when: number): { readonly keys: readonly string[]; readonly objects: ReadonlyMap<string, KubeObject> } | undefined {
      const { objects, keys, changes, moved, watchableFrom, knownFrom } = shelf(kind);
      if (when < knownFrom || when < Math.min(watchableFrom, compactedTo)) return undefined;
      if (moved <= when) return { keys, objects };
      const then = new Map(objects);
      for (const { object, before } of changes.filter(change => change.version > when).toReversed()) {
        const key = keyOf(object.metadata.namespace, object.metadata.name);
        if (before) then.set(key, before);
        else then.delete(key);
      }
      return { keys: [...then.keys()].sort(), objects: then };
    },

    /** Returns the changes after a version. */
    since(kind: Kind, when: number): readonly Change[] {
      const { changes } = shelf(kind);
      const first = changes.findLastIndex(change => change.version <= when) + 1;
      return changes.slice(first);
    },

    onChange(listener: (kind: Kind, change: Change) => void): void {
      listeners.add(listener);
    },

    /** Compacts all versions before now. The watch cache still serves them. */
    compact(): void {
      compactedTo = version;
    },

    /**
     * Empties the watch cache, like a restarted server that has also written an object of its own. No version from
     * before can be watched.
     */
    forget(): void {
      version++;
      for (const place of shelves.values()) place.watchableFrom = version;
    },
  };
  return store;
}

export type Store = ReturnType<typeof createStore>;
