import type { Backdoor } from './backdoor.ts';
import { kindOf } from './kinds.ts';
import { treeOf } from './objects.ts';
import type { Store } from './store.ts';

/** Runs controllers: they create the ServiceAccount of a new namespace, and empty and remove a deleted one. */
export function runControllers(store: Store, make: Backdoor['make']): void {
  store.onChange(({ kind }, { type, object: { metadata, ...object } }) => {
    if (kind !== 'Namespace') return;
    const { name } = metadata;
    if (type === 'ADDED') make({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } });
    if (type === 'MODIFIED' && treeOf(object['status'])['phase'] === 'Terminating') setImmediate(() => finalize(store, name, 'emptied'));
  });
}

/**
 * Removes the finalizer of a namespace, and with it the namespace. emptied: its objects are removed first, as with
 * controllers. Without controllers they stay and reappear in a new namespace of the same name (recorded).
 */
export function finalize(store: Store, name: string, contents: 'emptied' | 'left'): void {
  const namespaces = kindOf('', 'namespaces');
  if (!namespaces) return;
  if (contents === 'emptied')
    for (const kind of store.kinds)
      for (const { metadata } of store.shelf(kind).objects.values())
        if (metadata.namespace === name) store.remove(kind, name, metadata.name);
  store.remove(namespaces, undefined, name);
}
