import type { Clock } from '../contract/clock.ts';

/** What is made in less time, in milliseconds, is made anew for everybody. */
const cheapMs = 50;
/** What took long to make is kept for a multiple of that time, up to a limit in milliseconds. */
const kept = { times: 9, mostMs: 3_000 } as const;

const never = new AbortController().signal;

/**
 * Returns a function that makes a value, or returns the one that was made a moment ago for the same key. So clients
 * that ask often, or over hundreds of connections, take a small part of the processor time, and share one copy.
 */
export function createShare(clock: Pick<Clock, 'mono' | 'sleep'>) {
  const made = new Map<string, unknown>();

  return function share<T>(key: string, make: () => T): T {
    if (made.has(key)) return made.get(key) as T;
    const began = clock.mono();
    const value = make();
    const cost = clock.mono() - began;
    if (cost < cheapMs) return value;
    made.set(key, value);
    void clock.sleep(Math.min(kept.mostMs, kept.times * cost), never).then(() => made.delete(key));
    return value;
  };
}
