import { type ChildProcess, spawn } from 'node:child_process';
import { clock } from '../contract/clock.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The output of a program, and how it ended. */
interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** `exit status 1`, or the name of a signal; undefined when it ended well. */
  readonly badEnd: string | undefined;
}

/** The limit for the output, in bytes. A set of keys, or a token, has less than 10 kB. */
const mostBytes = 1024 * 1024;
/** Ends the programs that are under way. A process of our own that ends would leave them running. */
const underWay = new Set<() => void>();
const killUnderWay = (): void => {
  for (const kill of underWay) kill();
};

/** They end a process that does not listen, without the event `exit`. A terminal sends them to its own group alone. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Lets the signal end this process as if nobody listened. Where somebody else listens, he decides. */
function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  killUnderWay();
  unwatch();
  process.kill(process.pid, signal);
}

function watch(): void {
  process.on('exit', killUnderWay);
  for (const signal of endings) process.on(signal, endBy);
}

function unwatch(): void {
  process.removeListener('exit', killUnderWay);
  for (const signal of endings) process.removeListener(signal, endBy);
}

/** The time after the exit until the output is closed: a process left running may hold it open. In milliseconds. */
const afterItsEnd = 500;

/**
 * Runs a program without a terminal, and with an empty input. Throws the system error, or an error for more than 1 MiB
 * of output. When the signal is aborted, the program is killed together with everything it has started.
 */
export function runProgram(program: string, args: readonly string[], env: Env, signal?: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // A process group of its own can be killed as a whole, and has no terminal on which to prompt. Without it, a shell
    // would be killed and what it has started would stay.
    const detached = process.platform !== 'win32';
    const child = spawn(program, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached, windowsHide: true });
    const kill = (): void => killAll(child, detached);
    const forget = (): void => {
      signal?.removeEventListener('abort', kill);
      underWay.delete(kill);
      if (underWay.size === 0) unwatch();
    };
    const fail = (error: Error): void => {
      forget();
      reject(error);
    };
    const tooMuch = (): void => {
      kill();
      fail(new Error('it wrote more than 1 MiB'));
    };
    const [stdout, stderr] = [taking(child.stdout, tooMuch), taking(child.stderr, () => undefined)];
    if (signal?.aborted) kill();
    signal?.addEventListener('abort', kill);
    if (underWay.size === 0) watch();
    underWay.add(kill);
    child.on('error', fail);
    const closed = new AbortController();
    child.on(
      'exit',
      () => void clock.sleep(afterItsEnd, closed.signal).then(() => [child.stdout, child.stderr].map(stream => stream.destroy())),
    );
    child.on('close', (status, by) => {
      closed.abort();
      forget();
      resolve({ stdout: stdout(), stderr: stderr(), badEnd: status === 0 ? undefined : (by ?? `exit status ${status}`) });
    });
  });
}

/** Why a program did not run, or was stopped. */
export function unstarted(program: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === undefined) return message;
  return code === 'ENOENT' ? `there is no program ${program}` : `${program} cannot be run (${code})`;
}

function killAll(child: ChildProcess, isGroup: boolean): void {
  try {
    if (isGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** Collects the output of a stream up to the limit. */
function taking(stream: NodeJS.ReadableStream, tooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= mostBytes) chunks.push(chunk);
    else tooMuch();
  });
  return () => Buffer.concat(chunks).toString();
}
