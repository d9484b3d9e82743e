import type { Registry } from '../../src/contract/registry.ts';
import type { Finding, Slot } from '../../src/contract/target.ts';
import type { Chosen } from './choice.ts';
import { findLosses } from './losses.ts';
import { accountId, secretId } from './names.ts';
import type { Deleted } from './remake.ts';
import { makeRemarks } from './remarks.ts';
import type { Rest } from './rest.ts';
import type { Served } from './served.ts';
import type { Means, Settings } from './settings.ts';
import type { View } from './view.ts';

/**
 * What a delivery must know. create: there is no Secret. update: only our logins are in it. merge: there may be more in
 * it. replace: it must be recreated. none: it is not ours. account: a ServiceAccount that should name the Secret.
 * pod: a pod that should be restarted.
 */
export type Ref =
  | { readonly kind: 'secret'; readonly namespace: string; readonly how: 'create' | 'update' | 'merge' | 'replace' | 'none' }
  | { readonly kind: 'account'; readonly namespace: string; readonly name: string }
  | PodRef;
export interface PodRef {
  readonly kind: 'pod';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What is known of Secrets that are made again, or were. */
interface Remade {
  readonly rest: Rest;
  readonly deleted: Pick<Deleted, 'has'>;
}

/** Returns a function that lists the slots of a namespace: its Secret, and the ServiceAccounts that should name it. */
export function makeSlots(settings: Settings, means: Means, { rest, deleted }: Remade, served: Served) {
  const { secret, replace, mayCreate } = settings;
  const none: readonly Registry[] = [];
  const losses = findLosses();
  const remarks = makeRemarks(settings, means);
  /** Lists of registries by their hosts, as thousands of slots share a few. */
  const lists = new Map<string, readonly Registry[]>();

  function registriesOf(hosts: readonly string[]): readonly Registry[] {
    const distinct = [...new Set(hosts)].sort();
    const key = distinct.join(' ');
    const known = lists.get(key);
    if (known) return known;
    const made = distinct.flatMap(host => means.wanted.find(one => one.host === host) ?? means.registry(host)?.registry ?? []);
    if (lists.size > mostLists) lists.clear();
    lists.set(key, made);
    return made;
  }

  function secretSlot(namespace: string, { source }: Chosen, view: View): Slot<Ref> | undefined {
    const found = view.secrets.get(namespace);
    const hosts = served(namespace, view);
    if (!hosts) return undefined;
    const registries = registriesOf(hosts);
    const id = secretId(namespace, secret);
    const slot = (
      registries: readonly Registry[],
      state: Slot['state'],
      how: (Ref & { kind: 'secret' })['how'],
      findings: readonly Finding[] = [],
    ) => ({
      id,
      registries,
      state,
      ...(source !== undefined && { source }),
      ...(findings.length > 0 && { findings }),
      ref: { kind: 'secret', namespace, how } as const,
    });
    // What the courier itself has deleted is made again, whatever `create` says.
    const missing = !mayCreate && deleted.has(namespace) ? 'drifted' : 'absent';
    if (!found) return registries.length > 0 ? slot(registries, missing, 'create') : undefined;
    const { standing, content, inside, keeper } = found;
    if (keeper && means.clock.wall() < keeper.until) return slot(none, 'present', 'none', [remarks.kept(namespace, keeper)]);
    const findings = inside?.findings ?? (standing === 'foreign' ? [remarks.foreign(namespace)] : []);
    if (registries.length === 0) {
      const left = standing === 'as-written' ? [...content.holds.keys()].map(host => remarks.unrenewed(namespace, host)) : [];
      const told = [...findings, ...left];
      return told.length > 0 ? slot(none, 'present', 'none', told) : undefined;
    }
    if (inside?.stuck && replace) return slot(registries, 'drifted', 'replace', findings);
    if (inside?.stuck || standing === 'foreign') return slot(none, 'present', 'none', findings);
    if (standing === 'edited') return slot(registries, 'drifted', 'merge', findings);
    const hasLost = losses.note(namespace, found, registries) && !rest.isOn(namespace);
    const all = hasLost ? [...findings, remarks.rivalled(namespace)] : findings;
    const present = slot(registries, hasLost ? 'drifted' : 'present', content.others > 0 ? 'merge' : 'update', all);
    return rest.isOn(namespace) ? present : { ...present, holds: content.holds };
  }

  /** A slot that is only told of. */
  const leftSlot = (namespace: string): Slot<Ref> => ({
    id: secretId(namespace, secret),
    registries: none,
    state: 'present',
    findings: [remarks.left(namespace)],
    ref: { kind: 'secret', namespace, how: 'none' },
  });

  return (namespace: string, view: View): Slot<Ref>[] => {
    const chosen = view.namespaces.get(namespace);
    if (!chosen) {
      losses.forget(namespace);
      return view.left.has(namespace) && view.secrets.has(namespace) ? [leftSlot(namespace)] : [];
    }
    const leader = secretSlot(namespace, chosen, view);
    if (!leader) return [];
    if (leader.registries.length === 0) return [leader];
    const accounts = [...(view.accounts.get(namespace) ?? [])];
    return [leader, ...accounts.map(([name, isAttached]) => accountSlot({ namespace, name, isAttached, secret, after: leader.id }))];
  };
}

interface Account {
  readonly namespace: string;
  readonly name: string;
  readonly isAttached: boolean;
  readonly secret: string;
  readonly after: string;
}

const accountSlot = ({ namespace, name, isAttached, secret, after }: Account): Slot<Ref> => ({
  id: accountId(namespace, name),
  title: `ServiceAccount ${namespace}/${name}`,
  registries: [],
  state: isAttached ? 'present' : 'absent',
  ...(!isAttached && { lacks: `the name of the Secret ${secret}` }),
  after,
  ref: { kind: 'account', namespace, name },
});

const mostLists = 1000;
