import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/**
 * Calls exported functions of a module in a thread of their own, and resolves with what they return. node:test watches
 * each promise of its own thread, which takes almost half the time of a simulation of days.
 * module: the address of the module. Arguments and results are plain data.
 */
export function apart(module: string): (name: string, ...args: readonly unknown[]) => Promise<unknown> {
  let worker: Worker | undefined;
  return async (name, ...args) => {
    worker ??= new Worker(new URL(import.meta.url), { workerData: module });
    worker.ref();
    worker.postMessage({ name, args });
    const [answer] = (await once(worker, 'message')) as [{ readonly value?: unknown; readonly error?: Error }];
    worker.unref();
    if (answer.error) throw answer.error;
    return answer.value;
  };
}

/** The thread's side. */
async function serve(module: string): Promise<void> {
  const functions = (await import(module)) as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
  const answer = async (name: string, args: readonly unknown[]) => ({ value: await functions[name]?.(...args) });
  parentPort?.on('message', ({ name, args }: { readonly name: string; readonly args: readonly unknown[] }) => {
    void answer(name, args)
      .catch((error: unknown) => ({ error }))
      .then(what => parentPort?.postMessage(what));
  });
}

if (!isMainThread && typeof workerData === 'string') await serve(workerData);
