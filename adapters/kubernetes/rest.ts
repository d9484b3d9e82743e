import type { Clock } from '../../src/contract/clock.ts';

/**
 * How long a Secret that was made again keeps the login that was used last. The kubelet knows that login under the new
 * UID once a pod has started with it, and it tries a pod that waits every five minutes. In milliseconds.
 */
export const restMs = 600_000;

/** Namespaces whose Secret was made again: what it holds is no reason to write yet. A new start forgets them. */
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
