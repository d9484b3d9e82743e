import { asFailure } from '../contract/failures.ts';
import type { Sighting, Target } from '../contract/target.ts';
import type { Moment } from './ledger.ts';
import { minute, soon } from './timing.ts';
import type { Work } from './work.ts';

/** A watch that lasted longer than this has worked, so the pauses after failures start over. */
const lasted = 5 * minute;

interface WatchDeps {
  readonly now: () => Moment;
  readonly random: () => number;
  readonly work: Work;
  /** Whether targets are followed continuously, and so watched. */
  follows(): boolean;
  seen(sighting: Sighting): void;
  /**
   * Called when the watch ends by itself, with a message if it failed. The next look is due in `pause` milliseconds.
   */
  ended(pause: number, message: string | undefined): void;
}

/** Watches one target if its adapter can, with one watch at a time. */
export interface Watch {
  readonly underWay: boolean;
  /** Starts a watch through this client, unless one is under way or the client cannot watch now. */
  begin(client: Target): void;
  /** Ends the watch. No sighting follows. */
  end(): void;
}

export function createWatch({ now, random, work, follows, seen, ended }: WatchDeps): Watch {
  /** Aborts the watch that is under way. */
  let current: AbortController | undefined;
  let failures = 0;

  async function watch(client: Target, cut: AbortController): Promise<void> {
    const began = now();
    const message = await work
      .endless(signal => follow(client, cut, AbortSignal.any([signal, cut.signal])))
      .then(
        () => undefined,
        error => asFailure(error).message,
      );
    if (current !== cut) return;
    current = undefined;
    failures = now() - began > lasted ? 1 : failures + 1;
    ended(soon(failures, random), message);
  }

  async function follow(client: Target, cut: AbortController, signal: AbortSignal): Promise<void> {
    const sightings = client.watch?.(signal);
    // Before the first await, because the caller of `begin` checks `underWay` next.
    if (!sightings && current === cut) current = undefined;
    for await (const sighting of sightings ?? []) {
      if (signal.aborted) return;
      seen(sighting);
    }
  }

  return {
    get underWay() {
      return current !== undefined;
    },
    begin(client) {
      if (!client.watch || current || !follows()) return;
      current = new AbortController();
      work.track(watch(client, current));
    },
    end() {
      current?.abort();
      current = undefined;
    },
  };
}
