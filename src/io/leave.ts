import { clock } from '../contract/clock.ts';

const never = new AbortController().signal;
/** Between the 8 s in which a daemon shuts down, and the 10 s that Docker gives a container. In milliseconds. */
const patience = 9_000;
/** The time for pending work of threads to finish, in milliseconds. */
const graceMs = 500;

/**
 * Whether threads are reading files or looking up names. process.exit waits for them, and one may be stuck, for example
 * on a dead share.
 */
const threadsWork = (): boolean =>
  process.getActiveResourcesInfo().some(name => /^(FSReq|FileHandleCloseReq|GetAddrInfo|GetNameInfo)/.test(name));

/** Ends the process as soon as process.exit would not hang, or after a short grace period. */
export async function leave(code: number): Promise<never> {
  const until = clock.mono() + graceMs;
  // A finished request is still listed until the next turn of the event loop.
  for (let pause = 0; threadsWork() && clock.mono() < until; pause = 20) await clock.sleep(pause, never);
  endNow(code);
}

/** Ends the process immediately with this code, whatever its threads do. */
export function endNow(code: number): never {
  if (!threadsWork()) process.exit(code);
  try {
    // execve ends all threads of the process, and the parent sees the exit code of the new program.
    process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${code})`], {});
  } catch {
    // Not supported on this system, which leaves only a signal.
  }
  process.kill(process.pid, 'SIGKILL');
  // SIGKILL has no effect on process 1 of a container when it comes from within.
  process.abort();
}

/** Makes sure that the process ends within 10 s after the signal is aborted. */
export function endInTime(signal: AbortSignal): void {
  async function begin(): Promise<void> {
    await clock.sleep(patience, never);
    process.stderr.write(`ecr-courier did not end within ${patience / 1000} s, and is stopped now.\n`);
    endNow(1);
  }
  if (signal.aborted) void begin();
  else signal.addEventListener('abort', () => void begin());
}
