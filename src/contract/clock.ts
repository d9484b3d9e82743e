/**
 * Wall and monotonic time, both in milliseconds. It takes both clocks to tell a suspended machine from a corrected wall
 * clock.
 */
export interface Clock {
  /** Milliseconds since the epoch. Can step in both directions. */
  wall(): number;
  /** Milliseconds since an arbitrary moment. Never steps, and stands still while the machine is suspended. */
  mono(): number;
  /** Resolves after `ms`, or early and without an error when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The machine's clock. No other file uses timers. */
export const clock: Clock = {
  wall: () => Date.now(),
  // Equivalent to performance.now(), which loads more.
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
