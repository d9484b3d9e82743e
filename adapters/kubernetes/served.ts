import type { Means, Settings } from './settings.ts';
import type { View } from './view.ts';

/**
 * Hosts that the Secret of a namespace shall have logins for; undefined: none is to be made there, and one that is
 * there is left as it is. Nothing in a Secret is a reason, as a tenant can write all of it: entries, label,
 * annotations, and the name of the manager. Images are one where the target says so. Then a Secret keeps what pods have
 * asked for while this process runs, so that a namespace whose pods are gone for a while keeps its logins.
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
