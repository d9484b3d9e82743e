import { type ChildProcess, fork, type StdioOptions, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Of what run.ts has bundled; every process of a bench was started from there. */
export const beside = (...path: string[]): string => join(dirname(process.argv[1] ?? ''), ...path);

/** Another process of the bench, which serves orders. It ends with this one. */
export interface Server extends Disposable {
  readonly pid: number;
  /** Resolves with the answer; rejects when the process ends instead. */
  ask<T>(order: object): Promise<T>;
}

/** An entry point of the bundle by its name. */
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

/** Serves orders one after the other until the parent goes. */
export async function serveOrders<O>(answer: (order: O) => unknown): Promise<void> {
  process.on('disconnect', () => process.exit());
  for await (const [order] of on(process, 'message') as AsyncIterable<[O]>) process.send?.(await answer(order));
}

/** The executable as it ships, with no other environment than the given one. It ends with this process. */
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
  /** MiB now, and the most so far. */
  readonly rss: number;
  readonly peak: number;
}

/** By Linux's /proc: nothing has to run inside the process that is measured. */
export function residentOf(pid: number): Resident {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string): number => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 102.4) / 10;
  return { rss: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}
