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
