import { Failure } from '../../src/contract/failures.ts';
import type { Discovery } from '../../src/contract/target.ts';

/** The least mean interval between the tries of writes that a quota or a policy refuses, in milliseconds. */
const apartMs = 1000;

/**
 * Paces the tries of writes that a quota or a policy refuses. The server does not say when either has changed, and some
 * policies are costly to ask. So few refused writes are tried again soon, and many ever more rarely.
 */
interface Refused {
  /** Forgets slots that are no longer there. */
  looked(slots: Discovery['slots']): void;
  /** Writes to a slot. What a quota or a policy refuses says when it is to be tried again. */
  paced<T>(id: string, write: () => Promise<T>): Promise<T>;
}

export function paceRefused(): Refused {
  let refused = new Set<string>();
  return {
    looked(slots) {
      if (refused.size > 0) refused = refused.intersection(new Set(slots.map(({ id }) => id)));
    },
    async paced(id, write) {
      try {
        const result = await write();
        refused.delete(id);
        return result;
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'REJECTED' || error.facts.tryAgainMs === undefined) throw error;
        refused.add(id);
        const tryAgainMs = Math.max(error.facts.tryAgainMs, refused.size * apartMs);
        throw new Failure(error.code, error.message, { ...error.facts, tryAgainMs });
      }
    },
  };
}
