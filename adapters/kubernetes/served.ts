import type { Means, Settings } from './settings.ts';
import type { View } from './view.ts';

/**
 * Returns a function that gives the hosts that the Secret of a namespace should have logins for. undefined: no Secret
 * is created there, and an existing one is left as it is. The contents of a Secret are never a reason, as a tenant can
 * write all of it: entries, label, annotations, and the name of the manager. Images are a reason where the target says
 * so. A Secret then keeps the hosts that pods have used while this process runs, so that a namespace whose pods are
 * gone for a while keeps its logins.
 */
export function makeServed({ onlyWithImages }: Pick<Settings, 'onlyWithImages'>, { wanted }: Pick<Means, 'wanted'>) {
  const always = wanted.map(({ host }) => host);

  return (namespace: string, { pods, asked, secrets }: Pick<View, 'pods' | 'asked' | 'secrets'>): readonly string[] | undefined => {
    if (!onlyWithImages) return always;
    const ofPods = [...(pods?.get(namespace)?.values() ?? [])].flat();
    const ofFormer = secrets.has(namespace) ? (asked.get(namespace) ?? []) : [];
    const hosts = [...ofPods, ...ofFormer];
    return hosts.length > 0 ? [...always, ...hosts] : undefined;
  };
}

export type Served = ReturnType<typeof makeServed>;
