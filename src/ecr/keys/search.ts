import type { Step } from '../aws/wire.ts';

/** A walk along the credential chain. */
export interface Search<Keys> {
  /** Where it is. */
  readonly link: Step;
  /**
   * Its end. When the signal is aborted before that, the walk is kept: the next search for the same identity goes on
   * with it.
   */
  until(signal: AbortSignal): Promise<Keys>;
}

/** Walks that had not ended when their fetch was given up. */
const abandoned = new WeakMap<object, Search<never>>();

/**
 * A credential process that hangs cannot be stopped: it is waited for again, and no second one is started beside it.
 * `start` begins a walk and says by `entered` which link it comes to.
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
