import type { Clock } from '../../src/contract/clock.ts';

/**
 * How long a recreated Secret keeps the login that was used last, in milliseconds. The kubelet knows that login under
 * the new UID once a pod has started with it, and it retries a waiting pod every five minutes.
 */
export const restMs = 600_000;

/**
 * Namespaces whose Secret was recreated lately. What such a Secret holds is no reason for a write yet. A restart
 * forgets them.
 */
export interface Rest {
  begin(namespace: string): void;
  isOn(namespace: string): boolean;
}

export function keepRest({ mono }: Pick<Clock, 'mono'>): Rest {
  const ends = new Map<string, number>();
  return {
    begin: namespace => void ends.set(namespace, mono() + restMs),
    isOn(namespace) {
      const end = ends.get(namespace);
      if (end !== undefined && mono() >= end) ends.delete(namespace);
      return ends.has(namespace);
    },
  };
}
