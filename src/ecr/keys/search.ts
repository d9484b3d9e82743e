import type { Clock } from '../../contract/clock.ts';
import type { Step } from '../aws/wire.ts';

/** A walk along the credential chain. */
export interface Search<Keys> {
  /** The step that it has reached. */
  readonly link: Step;
  /**
   * Waits for the end of the walk. If the signal is aborted before that, the walk is kept, and the next search for the
   * same identity continues it.
   */
  until(signal: AbortSignal): Promise<Keys>;
}

/** Walks that had not ended when their fetch was given up, and since when they go on. */
const abandoned = new WeakMap<object, { readonly search: Search<never>; readonly begunAt: number }>();
/**
 * How long a walk is waited for, in milliseconds. It is longer than a credential process may take (`command.ts`), so no
 * second process is started beside the first.
 */
const longestMs = 180_000;

/**
 * Starts a walk, or returns the abandoned one of the identity: a slow credential process is waited for again. A walk
 * that goes on for too long is left alone: what hangs in it may never end. `start` begins a walk and reports each link
 * that it comes to through `entered`.
 */
export function searchFor<Keys>(
  identity: object,
  { mono }: Pick<Clock, 'mono'>,
  start: (entered: (link: Step) => void) => Promise<Keys>,
): Search<Keys> {
  const known = abandoned.get(identity);
  if (known && mono() - known.begunAt < longestMs) return known.search;
  const begunAt = mono();
  let link: Step = { name: '~/.aws' };
  const keys = start(entered => {
    link = entered;
  });
  const search: Search<Keys> = {
    get link() {
      return link;
    },
    async until(signal) {
      const abandon = (): void => void abandoned.set(identity, { search: search as Search<never>, begunAt });
      signal.addEventListener('abort', abandon);
      try {
        return await keys;
      } finally {
        signal.removeEventListener('abort', abandon);
        if (abandoned.get(identity)?.search === search) abandoned.delete(identity);
      }
    },
  };
  return search;
}
