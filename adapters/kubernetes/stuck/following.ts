import type { Clock } from '../../../src/contract/clock.ts';

/** The first pause before a namespace is looked at again, in milliseconds. Each one is twice as long. */
const firstMs = 60_000;
/** After a pause of this length, the looks at the whole cluster are enough. */
const lastMs = 8 * firstMs;

/** What a look found. some must wait: stuck pods that are not restarted yet, as only a few are at a time. */
type Seen = 'some must wait' | 'some may become stuck' | 'nothing';

/** The namespaces in which pods may be stuck before the next look at the whole cluster. */
interface Following {
  begin(namespace: string): void;
  looked(namespace: string, found: Seen): void;
  /** The namespaces whose turn it is. */
  due(): readonly string[];
}

/**
 * Follows namespaces for a quarter of an hour. All pods without the name are there when their ServiceAccount gets it,
 * but the kubelet may try to pull much later, once a node has room.
 */
export function makeFollowing({ mono }: Pick<Clock, 'mono'>): Following {
  const followed = new Map<string, { readonly at: number; readonly pauseMs: number }>();
  const next = (namespace: string, pauseMs: number): unknown => followed.set(namespace, { at: mono() + pauseMs, pauseMs });

  return {
    begin: namespace => void next(namespace, firstMs),
    looked(namespace, found) {
      const { pauseMs } = followed.get(namespace) ?? { pauseMs: firstMs / 2 };
      if (found === 'some must wait') next(namespace, firstMs);
      else if (found === 'some may become stuck' && pauseMs < lastMs) next(namespace, pauseMs * 2);
      else followed.delete(namespace);
    },
    due: () => [...followed].filter(([, { at }]) => mono() >= at).map(([namespace]) => namespace),
  };
}
