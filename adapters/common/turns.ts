import type { Clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';

/** Waits until the work has ended, well or not, or until the signal is aborted. */
export function ended(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
    work.then(end, end);
    if (signal.aborted) end();
  });
}

/** The most requests at a time: a manager also has to serve its users. */
const atOnce = 8;

/** Does the work for all, a few at a time, and returns the results in their order. */
export async function inTurns<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const next = all.entries();
  const worker = async (): Promise<void> => {
    for (const [index, one] of next) results[index] = await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** Runs work with a deadline of `ms` milliseconds. After that its signal is aborted with a TIMEOUT. */
export async function inTime<T>(
  ms: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ends = new AbortController();
  void clock.sleep(ms, ends.signal).then(() => ends.abort(new Failure('TIMEOUT', `no answer within ${ms / 1000} s`)));
  try {
    return await work(AbortSignal.any([signal, ends.signal]));
  } finally {
    ends.abort();
  }
}
