import { type ChildProcess, fork, type StdioOptions, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A path in the folder that run.ts has bundled; every process of a bench is started from there. */
export const beside = (...path: string[]): string => join(dirname(process.argv[1] ?? ''), ...path);

/** Another process of the bench, which serves orders and ends with this one. */
export interface Server extends Disposable {
  readonly pid: number;
  /** Resolves with the response; rejects if the process ends instead. */
  ask<T>(order: object): Promise<T>;
}

/** Starts an entry point of the bundle by its name. */
export function startServer(name: string, options: { execArgv?: string[]; env?: NodeJS.ProcessEnv } = {}): Server {
  const child = fork(beside(`${name}.js`), { execArgv: [], ...options });
  return {
    pid: child.pid ?? 0,
    async ask<T>(order: object) {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const ended = (code: number | null) => reject(new Error(`${name} ended with ${code}`));
      child.once('exit', ended);
      child.once('message', message => resolve(message as T));
      child.send(order);
      return await promise.finally(() => child.off('exit', ended));
    },
    [Symbol.dispose]() {
      if (child.connected) child.disconnect();
    },
  };
}

/** Serves orders one after the other until the parent disconnects. */
export async function serveOrders<O>(answer: (order: O) => unknown): Promise<void> {
  process.on('disconnect', () => process.exit());
  for await (const [order] of on(process, 'message') as AsyncIterable<[O]>) process.send?.(await answer(order));
}

/** Starts the shipped executable with exactly the given environment. It ends with this process. */
export function startExecutable(env: Readonly<Record<string, string>>, stdio: StdioOptions, args: readonly string[] = []): ChildProcess {
  const child = spawn(process.execPath, [beside('dist', 'ecr-courier.js'), ...args], { env: { ...env }, stdio });
  const stop = (): void => void child.kill();
  process.once('exit', stop);
  child.once('exit', () => process.off('exit', stop));
  return child;
}

/** Ends a process and waits for it. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

export interface Resident {
  /** Current and peak memory, in MiB. */
  readonly rss: number;
  readonly peak: number;
}

/** Reads the memory of a process from Linux's /proc, so nothing has to run inside it. */
export function residentOf(pid: number): Resident {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string): number => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 102.4) / 10;
  return { rss: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}
