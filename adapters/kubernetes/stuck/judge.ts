import type { View } from '../view.ts';
import type { Nameless } from './pod.ts';

/** How long a pod must have been there, in milliseconds: a first failure may pass by itself. */
const leastAgeMs = 60_000;

/** Whether a new pod in the place of this one would name the Secret. */
export const wouldName = ({ namespace, account }: Nameless, { namespaces, accounts }: View): boolean =>
  namespaces.has(namespace) && accounts.get(namespace)?.get(account) === true;

/** Whether a new pod would start, as the Secret opens each registry that has refused this one. now: wall clock. */
export function wouldStart(pod: Nameless, view: View, now: number): boolean {
  const { namespace, refused, createdAt } = pod;
  const secret = view.secrets.get(namespace);
  if (!wouldName(pod, view) || !secret || secret.standing !== 'as-written' || secret.keeper) return false;
  // The kubelet stops at such an entry, whatever else the Secret holds.
  if (secret.inside?.findings.some(({ code }) => code === 'UNDECODABLE_ENTRY')) return false;
  const isOpen = (host: string): boolean => (secret.content.holds.get(host)?.expiresAt.getTime() ?? 0) > now;
  return refused.length > 0 && refused.every(({ host }) => isOpen(host)) && now - createdAt >= leastAgeMs;
}
