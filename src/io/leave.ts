import { clock } from '../contract/clock.ts';

const never = new AbortController().signal;
/** Between the 8 s in which a daemon ends by itself, and the 10 s that Docker gives a container. In milliseconds. */
const patience = 9_000;
/** So long may what the threads have begun take to end by itself, in milliseconds. */
const graceMs = 500;

/**
 * process.exit waits for the threads that read files and look up names. One of them may be stuck: on a dead share, say.
 */
const threadsWork = (): boolean =>
  process.getActiveResourcesInfo().some(name => /^(FSReq|FileHandleCloseReq|GetAddrInfo|GetNameInfo)/.test(name));

/** Ends the process as soon as process.exit would not hang, or soon after. */
export async function leave(code: number): Promise<never> {
  const until = clock.mono() + graceMs;
  // What a thread has just ended is listed until the next turn of the loop.
  for (let pause = 0; threadsWork() && clock.mono() < until; pause = 20) await clock.sleep(pause, never);
  endNow(code);
}

/** Ends the process with this code now, whatever its threads do. */
export function endNow(code: number): never {
  if (!threadsWork()) process.exit(code);
  try {
    // A process that becomes another program loses all its threads, and whoever waits for it hears that program's code.
    process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${code})`], {});
  } catch {
    // Not on this system: then there is one way left.
  }
  process.kill(process.pid, 'SIGKILL');
  // Process 1 of a container cannot be killed from within.
  process.abort();
}

/** Sees to it that the process ends within 10 s of the signal's abort. */
export function endInTime(signal: AbortSignal): void {
  async function begin(): Promise<void> {
    await clock.sleep(patience, never);
    process.stderr.write(`ecr-courier has not come to its end within ${patience / 1000} s, and ends at once.\n`);
    endNow(1);
  }
  if (signal.aborted) void begin();
  else signal.addEventListener('abort', () => void begin());
}
