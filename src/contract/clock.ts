/**
 * Wall and monotonic time apart, both in milliseconds: only two clocks can tell a suspended machine from a corrected
 * wall clock.
 */
export interface Clock {
  /** Since the epoch; can step in both directions. */
  wall(): number;
  /** Since some moment; never steps, stands still while the machine is suspended. */
  mono(): number;
  /** Ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The machine's clock. This file alone knows timers. */
export const clock: Clock = {
  wall: () => Date.now(),
  // As performance.now(), which loads more.
  mono: () => process.uptime() * 1000,
  sleep: (ms, signal) =>
    new Promise(resolve => {
      if (signal.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, Math.max(0, ms));
      signal.addEventListener('abort', end);
    }),
};
