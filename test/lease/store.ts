import type { LeaseObject } from '../../src/lease/record.ts';
import type { LeaseStore } from '../../src/lease/store.ts';

/** An in-memory Lease with resource versions, whose requests a test can delay, fail or overtake. */
export interface MemoryStore extends LeaseStore {
  lease: LeaseObject | undefined;
  /** Runs before each request; may throw, wait, or change the Lease. */
  before: ((request: 'read' | 'make' | 'replace', signal: AbortSignal) => Promise<void>) | undefined;
  /** The specs of all accepted updates. */
  readonly written: Record<string, unknown>[];
  /** Writes the Lease as another client would. */
  put(spec: object): void;
}

export function memoryStore(spec?: object): MemoryStore {
  let version = 0;
  const versioned = (lease: LeaseObject): LeaseObject => ({ ...lease, metadata: { name: 'l', resourceVersion: `${++version}` } });
  const store: MemoryStore = {
    what: 'Lease n/l',
    lease: spec && versioned({ spec }),
    before: undefined,
    written: [],
    put(next) {
      store.lease = versioned({ spec: next });
    },
    async read(signal) {
      await store.before?.('read', signal);
      return structuredClone(store.lease);
    },
    async make(signal) {
      await store.before?.('make', signal);
      store.lease ??= versioned({});
      return structuredClone(store.lease);
    },
    async replace(lease, signal) {
      await store.before?.('replace', signal);
      if (versionOf(lease) !== versionOf(store.lease)) return undefined;
      store.lease = versioned(lease);
      store.written.push(store.lease['spec'] as Record<string, unknown>);
      return structuredClone(store.lease);
    },
  };
  return store;
}

const versionOf = (lease: LeaseObject | undefined): unknown =>
  (lease?.['metadata'] as { resourceVersion?: string } | undefined)?.resourceVersion;
