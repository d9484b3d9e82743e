import type { Backdoor } from './backdoor.ts';
import { kindOf } from './kinds.ts';
import { treeOf } from './objects.ts';
import type { Store } from './store.ts';

/** A namespace gets its ServiceAccount, and one that is deleted is emptied and goes. */
export function runControllers(store: Store, make: Backdoor['make']): void {
  store.onChange(({ kind }, { type, object: { metadata, ...object } }) => {
    if (kind !== 'Namespace') return;
    const { name } = metadata;
    if (type === 'ADDED') make({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } });
    if (type === 'MODIFIED' && treeOf(object['status'])['phase'] === 'Terminating') setImmediate(() => finalize(store, name, 'emptied'));
  });
}

/**
 * The finalizer is taken away, and so the namespace. emptied: what was in it goes first, as with controllers; without
 * them it stays, and is seen again in a new namespace of that name (recorded).
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
