import type { Finding } from '../../src/contract/target.ts';
import type { Chosen } from './choice.ts';
import type { Pod } from './pods.ts';
import type { Found } from './secrets.ts';

/** A list that can be watched from its version on. */
export interface Stream {
  readonly kind: 'namespaces' | 'secrets' | 'serviceaccounts' | 'pods';
  readonly path: string;
  /** undefined: the whole cluster. */
  readonly namespace: string | undefined;
  /** The name of the objects on the list. undefined: all names. */
  readonly name: string | undefined;
  readonly accept?: string;
  /** The resourceVersion of the list, which advances with the watch. */
  version: string;
}

/** A cluster as it was last seen. A look creates the view, and a watch updates it. */
export interface View {
  /** The served namespaces. */
  readonly namespaces: Map<string, Chosen>;
  /** The Secrets of our name by namespace, served or not. */
  readonly secrets: Map<string, Found>;
  /** Namespaces that are not served any more, and have a Secret that the target left behind. */
  readonly left: ReadonlySet<string>;
  /** Whether each ServiceAccount that should name the Secret does; by namespace and name. */
  readonly accounts: Map<string, Map<string, boolean>>;
  /** ECR hosts of the images of pods, by namespace and pod. undefined: pods do not matter. */
  readonly pods: Map<string, Map<string, readonly string[]>> | undefined;
  /** Hosts that pods of a namespace have used since this process knows it. These pods may be gone. */
  readonly asked: Map<string, Set<string>>;
  /** What may be watched; empty: nothing. */
  readonly streams: readonly Stream[];
  readonly findings: readonly Finding[];
  /** The same as `unseen` of a discovery. */
  readonly unseen: readonly string[];
  /** The UID of the namespace kube-system, which identifies the cluster. undefined: it was not seen. */
  readonly cluster: string | undefined;
  /** What is listed: the whole cluster, or single namespaces, which may not exist. */
  readonly scope: 'cluster' | 'namespaces';
}

/** The inner map of a key, created where it is missing. */
export function within<T>(outer: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const known = outer.get(key);
  if (known) return known;
  const made = new Map<string, T>();
  outer.set(key, made);
  return made;
}

/** Records that pods of a namespace use these hosts. */
export function ask({ asked }: Pick<View, 'asked'>, namespace: string, hosts: Iterable<string>): void {
  asked.set(namespace, new Set([...(asked.get(namespace) ?? []), ...hosts]));
}

export function addPod(view: Pick<View, 'asked' | 'pods'>, { namespace, name, hosts }: Pod): void {
  if (view.pods) within(view.pods, namespace).set(name, hosts);
  ask(view, namespace, hosts);
}
