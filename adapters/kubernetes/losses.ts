import type { Registry } from '../../src/contract/registry.ts';
import type { Found } from './secrets.ts';

/**
 * Finds Secrets that have lost a login that they held. That happens when another program writes them under our name,
 * such as another courier with other registries. A registry that a Secret never held is not a loss: the engine writes
 * it anyway.
 */
export function findLosses() {
  /** Hosts that the Secret of a namespace has held, in the order of their names. */
  const held = new Map<string, string>();

  return {
    /** Remembers what a Secret holds, and returns whether it lacks one of these registries that it held before. */
    note(namespace: string, { content }: Pick<Found, 'content'>, registries: readonly Registry[]): boolean {
      const before = held.get(namespace)?.split(' ') ?? [];
      const hosts = registries.map(({ host }) => host);
      const known = hosts.filter(host => content.holds.has(host) || before.includes(host));
      held.set(namespace, known.join(' '));
      return known.some(host => !content.holds.has(host));
    },
    /** Forgets a namespace that is no longer served. */
    forget: (namespace: string): void => void held.delete(namespace),
  };
}
