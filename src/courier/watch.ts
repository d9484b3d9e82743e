import { asFailure } from '../contract/failures.ts';
import type { Sighting, Target } from '../contract/target.ts';
import type { Moment } from './ledger.ts';
import { minute, soon } from './timing.ts';
import type { Work } from './work.ts';

/** A watch that lasted for longer than this did work: the pauses after failures begin anew. */
const lasted = 5 * minute;

export interface WatchDeps {
  readonly now: () => Moment;
  readonly random: () => number;
  readonly work: Work;
  /** Whether targets are watched at all. */
  follows(): boolean;
  seen(sighting: Sighting): void;
  /** The watch ended by itself, with this message if it failed. The next look is wanted after `pause` milliseconds. */
  ended(pause: number, message: string | undefined): void;
}

/** Watches one target where it can be watched: one watch at a time. */
export interface Watch {
  readonly underWay: boolean;
  /** Watches through this client, unless a watch is under way, or the client cannot watch now. */
  begin(client: Target): void;
  /** Ends what is under way: nothing more is seen. */
  end(): void;
}

export function createWatch({ now, random, work, follows, seen, ended }: WatchDeps): Watch {
  /** Cuts the watch that is under way. */
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
    // Before anything is waited for: whoever begins a watch asks next whether it is under way.
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
