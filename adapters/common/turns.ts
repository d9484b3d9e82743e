/** Waits until the work has ended, well or not, or until the signal is aborted. */
export function ended(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
    work.then(end, end);
    if (signal.aborted) end();
  });
}

/** The most requests to a manager at a time, as it also has to serve its users. */
const mostAtOnce = 8;

/** Does the work for all, a few at a time, and returns the results in their order. */
export async function inTurns<T, R>(all: readonly T[], work: (one: T) => Promise<R>, atOnce = mostAtOnce): Promise<R[]> {
  const results: R[] = [];
  const next = all.entries();
  const worker = async (): Promise<void> => {
    for (const [index, one] of next) results[index] = await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
