import type { Found } from './secrets.ts';
import type { Means, Settings } from './settings.ts';
import type { View } from './view.ts';

/**
 * Hosts that the Secret of a namespace shall have logins for; undefined: none is to be made there. What stands in the
 * Secret is no reason, as a tenant may write it. Images are one where the target says so: then what we have written
 * there stays served, so that a namespace whose pods are gone for a while keeps its login.
 */
export function makeServed({ onlyWithImages }: Pick<Settings, 'onlyWithImages'>, { wanted }: Pick<Means, 'wanted'>) {
  const always = wanted.map(({ host }) => host);

  return (namespace: string, view: Pick<View, 'pods'>, found: Pick<Found, 'content'> | undefined): readonly string[] | undefined => {
    if (!onlyWithImages) return always;
    const ofPods = [...(view.pods?.get(namespace)?.values() ?? [])].flat();
    if (!found) return ofPods.length > 0 ? [...always, ...ofPods] : undefined;
    return [...always, ...ofPods, ...found.content.holds.keys()];
  };
}

export type Served = ReturnType<typeof makeServed>;
