import type { Target } from '../contract/target.ts';
import type { Moment, TargetRecord } from './ledger.ts';

/**
 * The clients of one target, one for each key and configuration. A former client stays open while a write through it
 * may be under way.
 */
export interface Clients {
  /** undefined until the first one is open. */
  readonly current: Target | undefined;
  /** When the client or its configuration last changed. The outcome of an earlier delivery says nothing about it. */
  readonly since: Moment;
  /**
   * Opens the client for the current key and configuration. It does not become current once the signal is aborted.
   * Throws what `ManagedTarget.open` throws.
   */
  open(signal: AbortSignal): Promise<Target>;
  /** Tells that the configuration has changed. */
  renew(): void;
  /** Closes former clients. Call it while no write is under way. */
  closeFormer(): void;
  close(): Promise<void>;
}

export function createClients(record: TargetRecord, now: () => Moment): Clients {
  let current: Target | undefined;
  let since = Number.NEGATIVE_INFINITY;
  const former: Target[] = [];

  function replaceBy(client: Target): void {
    if (current) former.push(current);
    current = client;
    since = now();
  }

  return {
    get current() {
      return current;
    },
    get since() {
      return since;
    },
    async open(signal) {
      const client = await record.managed.open(record.own?.kept?.credential.own);
      if (client === current) return client;
      if (signal.aborted) former.push(client);
      else replaceBy(client);
      return client;
    },
    renew() {
      since = now();
    },
    closeFormer() {
      // Mostly there is none, and this is called after most deliveries.
      if (former.length > 0) void disposeOf(former.splice(0).filter(client => client !== current));
    },
    close: () => disposeOf(new Set([...former.splice(0), ...(current ? [current] : [])])),
  };
}

/** Closes clients and ignores failures to close. */
async function disposeOf(clients: Iterable<Target>): Promise<void> {
  await Promise.allSettled(Array.from(clients, async client => client[Symbol.asyncDispose]?.()));
}
