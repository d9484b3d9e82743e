import { clock } from '../contract/clock.ts';

const never = new AbortController().signal;
/** Between the 8 s in which a daemon ends by itself, and the 10 s that Docker gives a container. */
const patience = 9_000;

/** process.exit waits for the threads that open files and look up names, and one of them may be stuck: in a mount that hangs, or a pipe as a file. */
const threadsWork = (): boolean =>
  process.getActiveResourcesInfo().some(name => /^(FSReq|FileHandleCloseReq|GetAddrInfo|GetNameInfo)/.test(name));

/** Ends the process as soon as process.exit would not hang. */
export async function leave(code: number): Promise<never> {
  while (threadsWork()) await clock.sleep(20, never);
  process.exit(code);
}

/** Ends the process now, whatever it does. */
export function cutOff(): never {
  if (!threadsWork()) process.exit(1);
  process.kill(process.pid, 'SIGKILL');
  // Process 1 of a container cannot be killed from within.
  process.abort();
}

/** Sees to it that the process ends within 10 s of the signal's abort. */
export function endInTime(signal: AbortSignal): void {
  async function begin(): Promise<void> {
    await clock.sleep(patience, never);
    process.stderr.write(`ecr-courier has not come to its end within ${patience / 1000} s, and ends at once.\n`);
    cutOff();
  }
  if (signal.aborted) void begin();
  else signal.addEventListener('abort', () => void begin());
}
