import type { Clock } from '../../../src/contract/clock.ts';
import type { Service } from './service.ts';
import type { Written } from './written.ts';

/**
 * Notices what a manager does not know yet. Right after it has become the leader, it may answer with 200 and an older
 * state, or with no services at all (seen on 20.10.24 with three managers).
 */
export interface Behind {
  /** Whether the service is older than we know it to be, for a moment. */
  isBehind(service: Pick<Service, 'id' | 'version'>): boolean;
  /**
   * Sorts the served services of a look. unseen: the ids of those that are behind, and of those that the former look
   * had and this one lacks, for a moment. listed: the ids of all services.
   */
  sift<S extends { readonly service: Pick<Service, 'id' | 'version'> }>(
    sights: readonly S[],
    listed: ReadonlySet<string>,
  ): { readonly current: readonly S[]; readonly unseen: readonly string[] };
}

/**
 * How long that is put down to the manager, in milliseconds. A Swarm from a backup stays older, and a removed service
 * stays away.
 */
const catchesUpWithin = 15_000;

export function makeBehind({ isOlder }: Pick<Written, 'isOlder'>, clock: Pick<Clock, 'mono'>): Behind {
  /** Since when a service is older or missing. */
  const since = new Map<string, number>();
  let former: ReadonlySet<string> = new Set();

  function isDoubted(id: string): boolean {
    const first = since.get(id) ?? clock.mono();
    since.set(id, first);
    return clock.mono() - first < catchesUpWithin;
  }

  function isBehind(service: Pick<Service, 'id' | 'version'>): boolean {
    if (isOlder(service)) return isDoubted(service.id);
    since.delete(service.id);
    return false;
  }

  return {
    isBehind,
    sift(sights, listed) {
      const old = sights.filter(({ service }) => isBehind(service));
      const missing = [...former].filter(id => !listed.has(id) && isDoubted(id));
      for (const id of since.keys()) if (!listed.has(id) && !missing.includes(id)) since.delete(id);
      former = new Set([...sights.map(({ service: { id } }) => id), ...missing]);
      return { current: sights.filter(one => !old.includes(one)), unseen: [...old.map(({ service: { id } }) => id), ...missing] };
    },
  };
}
