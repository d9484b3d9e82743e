import type { Finding } from '../../src/contract/target.ts';
import type { Chosen } from './choice.ts';
import type { Pod } from './pods.ts';
import type { Found } from './secrets.ts';

/** Something that can be watched from where its list ended. */
export interface Stream {
  readonly kind: 'namespaces' | 'secrets' | 'serviceaccounts' | 'pods';
  readonly path: string;
  /** undefined: of the whole cluster. */
  readonly namespace: string | undefined;
  /** Of the objects on it; undefined: all. */
  readonly name: string | undefined;
  readonly accept?: string;
  /** resourceVersion of the list; it moves on with the watch. */
  version: string;
}

/** What was seen of a cluster. A look makes one, a watch goes on with it. */
export interface View {
  /** Those that are served. */
  readonly namespaces: Map<string, Chosen>;
  /** By namespace, served or not. */
  readonly secrets: Map<string, Found>;
  /** Whether each ServiceAccount that should name the Secret does; by namespace and name. */
  readonly accounts: Map<string, Map<string, boolean>>;
  /** Hosts of ECR of the images of pods, by namespace and pod; undefined: pods do not matter, or may not be seen. */
  readonly pods: Map<string, Map<string, readonly string[]>> | undefined;
  /** Hosts that pods of a namespace have asked for since this process knows it; those may be gone. */
  readonly asked: Map<string, Set<string>>;
  /** What may be watched; empty: nothing. */
  readonly streams: readonly Stream[];
  readonly findings: readonly Finding[];
  /** As in a discovery. */
  readonly unseen: readonly string[];
  /** What nobody but this cluster has; undefined: it was not seen. */
  readonly cluster: string | undefined;
  /** What is listed: the whole cluster, or single namespaces, which then may not be there. */
  readonly scope: 'cluster' | 'namespaces';
}

/** The map within a map, made where it is missing. */
export function within<T>(outer: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const known = outer.get(key);
  if (known) return known;
  const made = new Map<string, T>();
  outer.set(key, made);
  return made;
}

/** Pods of the namespace have these images. */
export function ask({ asked }: Pick<View, 'asked'>, namespace: string, hosts: Iterable<string>): void {
  asked.set(namespace, new Set([...(asked.get(namespace) ?? []), ...hosts]));
}

export function addPod(view: Pick<View, 'asked' | 'pods'>, { namespace, name, hosts }: Pod): void {
  if (view.pods) within(view.pods, namespace).set(name, hosts);
  ask(view, namespace, hosts);
}
