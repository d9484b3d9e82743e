import type { Clock } from './clock.ts';
import { Failure } from './failures.ts';

/** Runs a job with a signal that is aborted after `ms`, or with the given signal. */
export async function inTime<T>(
  { clock, ms, signal }: { readonly clock: Clock; readonly ms: number; readonly signal?: AbortSignal },
  job: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [cut, ended] = [new AbortController(), new AbortController()];
  const late = (): Failure => new Failure('TIMEOUT', `no answer within ${Math.round(ms / 100) / 10} s`);
  const timer = clock.sleep(ms, ended.signal).then(() => ended.signal.aborted || cut.abort(late()));
  try {
    return await job(signal ? AbortSignal.any([signal, cut.signal]) : cut.signal);
  } finally {
    ended.abort();
    await timer;
  }
}
