/** Waits until something has ended, well or not, but no longer than until the signal is aborted. */
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

/** So many requests at a time: a manager answers its users beside us. */
const atOnce = 8;

/** All of them, a few at a time, in their order. */
export async function inTurns<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const next = all.entries();
  const worker = async (): Promise<void> => {
    for (const [index, one] of next) results[index] = await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
