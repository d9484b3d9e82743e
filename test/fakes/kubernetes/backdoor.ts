import { admin } from './access.ts';
import type { Cluster, Write } from './keep.ts';
import { apiVersionOf, type Kind, kinds } from './kinds.ts';
import { type KubeObject, textOf, treeOf } from './objects.ts';
import { create, patch } from './write.ts';

/** Changes to the cluster by other programs, without checks of rights and policies. Resources are named as in paths. */
export interface Backdoor {
  /** Creates an object, with its status if it has one. */
  make(object: object, manager?: string): KubeObject;
  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined;
  /** Returns the decoded value of a key in a Secret. */
  stored(namespace: string, name: string, key?: string): string | undefined;
  /** Applies a merge patch. */
  edit(resource: string, namespace: string | undefined, name: string, change: object, manager?: string): KubeObject;
  remove(resource: string, namespace: string | undefined, name: string): void;
}

const unserved = (what: string): never => {
  throw new Error(`the fake has no ${what}`);
};
const kindNamed = (resource: string): Kind => kinds.find(kind => kind.resource === resource) ?? unserved(resource);

export function createBackdoor({ store, now }: Cluster): Backdoor {
  type Where = { readonly namespace?: string | undefined; readonly name?: string };
  const write = (kind: Kind, { namespace, name }: Where, media: string, body: object, manager: string): Write => ({
    cluster: { store, policies: [], now },
    user: admin,
    request: { method: '', path: '', headers: { 'content-type': media }, body: Buffer.from(JSON.stringify(body)) },
    query: new URLSearchParams(manager && { fieldManager: manager }),
    place: { kind, namespace, name },
    warn: unserved,
  });
  return {
    make(object, manager = '') {
      const { apiVersion, kind: title, metadata, status } = object as KubeObject;
      const kind = kinds.find(kind => kind.kind === title && apiVersionOf(kind) === apiVersion) ?? unserved(title);
      const made = create(write(kind, { namespace: metadata.namespace }, 'application/json', object, manager)).object;
      return status === undefined ? made : store.put(kind, { ...made, status });
    },
    get: (resource, namespace, name) => store.get(kindNamed(resource), namespace, name),
    stored(namespace, name, key = '.dockerconfigjson') {
      const value = treeOf(store.get(kindNamed('secrets'), namespace, name)?.['data'])[key];
      return value === undefined ? undefined : Buffer.from(textOf(value), 'base64').toString();
    },
    edit: (resource, namespace, name, change, manager = 'kubectl-edit') =>
      patch(write(kindNamed(resource), { namespace, name }, 'application/merge-patch+json', change, manager)).object,
    remove: (resource, namespace, name) => store.remove(kindNamed(resource), namespace, name),
  };
}
