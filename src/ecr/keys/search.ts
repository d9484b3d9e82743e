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

/** Walks that had not ended when their fetch was given up. */
const abandoned = new WeakMap<object, Search<never>>();

/**
 * Starts a walk, or returns the abandoned one of the identity: a credential process that hangs cannot be stopped, so it
 * is waited for again, and no second one is started beside it. `start` begins a walk and reports each link that it
 * comes to through `entered`.
 */
export function searchFor<Keys>(identity: object, start: (entered: (link: Step) => void) => Promise<Keys>): Search<Keys> {
  const known = abandoned.get(identity);
  if (known) return known;
  let link: Step = { name: '~/.aws' };
  const keys = start(entered => {
    link = entered;
  });
  const search: Search<Keys> = {
    get link() {
      return link;
    },
    async until(signal) {
      const abandon = (): void => void abandoned.set(identity, search as Search<never>);
      signal.addEventListener('abort', abandon);
      try {
        return await keys;
      } finally {
        signal.removeEventListener('abort', abandon);
        if (abandoned.get(identity) === search) abandoned.delete(identity);
      }
    },
  };
  return search;
}
