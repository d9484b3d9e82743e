import type { Target } from '../contract/target.ts';
import type { Moment, TargetRecord } from './ledger.ts';

/**
 * The clients of one target: what it is reached through. There is one for each key and configuration. A former one
 * stays open for as long as a write may be under way through it.
 */
export interface Clients {
  /** Undefined before the first one is open. */
  readonly current: Target | undefined;
  /** Since when the target is reached as it is now: what a delivery before came to says nothing of it. */
  readonly since: Moment;
  /**
   * The client for the key and the configuration of now. Once the signal is aborted it no longer becomes the current
   * one. Throws what `ManagedTarget.open` throws.
   */
  open(signal: AbortSignal): Promise<Target>;
  /** Another configuration counts from now on. */
  renew(): void;
  /** No write is under way: the former ones can go. */
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
    closeFormer: () => void disposeOf(former.splice(0).filter(client => client !== current)),
    close: () => disposeOf(new Set([...former.splice(0), ...(current ? [current] : [])])),
  };
}

/** A client that cannot be closed is no reason to stop. */
async function disposeOf(clients: Iterable<Target>): Promise<void> {
  await Promise.allSettled(Array.from(clients, async client => client[Symbol.asyncDispose]?.()));
}
