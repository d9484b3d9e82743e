import type { Registry } from '../../src/contract/registry.ts';
import type { Found } from './secrets.ts';

/**
 * Which Secrets have lost a login that they held: somebody wrote them under our name, another courier with other
 * registries for one. A registry that a Secret never held is no loss, and is written by itself.
 */
export function findLosses() {
  /** By namespace: hosts that its Secret has held, in the order of their names. */
  const held = new Map<string, string>();

  return {
    /** Remembers what a Secret holds, and says whether it lacks what it held of these. */
    note(namespace: string, { content }: Pick<Found, 'content'>, registries: readonly Registry[]): boolean {
      const before = held.get(namespace)?.split(' ') ?? [];
      const hosts = registries.map(({ host }) => host);
      const known = hosts.filter(host => content.holds.has(host) || before.includes(host));
      held.set(namespace, known.join(' '));
      return known.some(host => !content.holds.has(host));
    },
    /** Of a namespace that is none of ours any more. */
    forget: (namespace: string): void => void held.delete(namespace),
  };
}
