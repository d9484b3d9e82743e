import { asFailure } from '../../src/contract/failures.ts';
import type { Pruned } from '../../src/contract/target.ts';
import { type Api, metadataOnly } from '../kubernetes/api.ts';
import type { Way } from '../kubernetes/apply.ts';
import { list } from '../kubernetes/list.ts';
import { managedBy } from '../kubernetes/names.ts';
import { type Meta, metaOf } from '../kubernetes/objects.ts';
import { isOurs, madeBy } from '../kubernetes/owner.ts';
import { removeSecret } from '../kubernetes/remove.ts';
import { whatIs } from '../kubernetes/secrets.ts';
import { pathOf } from '../kubernetes/settings.ts';
import { typeLabel } from './repository.ts';
import type { Place } from './write.ts';

/**
 * Returns the prune of a target: it deletes the Secrets that the target has made. names: those to ask for one by one.
 * undefined: all are listed.
 */
export function makePruner(api: Api, { namespace, target }: Place, names: readonly string[] | undefined) {
  const labels = `${managedBy.key}=${managedBy.value},${typeLabel}=repo-creds`;

  async function listed(name: string | undefined, signal: AbortSignal): Promise<readonly Meta[]> {
    const named = name === undefined ? {} : { name };
    const right = { verbs: ['list'], resource: 'secrets', ...(name !== undefined && { names: [name] }) };
    const asked = { what: `Secrets in ${namespace}`, right, namespace };
    const request = { path: pathOf('secrets', { namespace, labels, ...named }), asked, accept: metadataOnly.list };
    return (await list(api, request, metaOf, signal)).items;
  }

  return async function* prune(way: Way, signal: AbortSignal): AsyncIterable<Pruned> {
    for (const name of names ?? [undefined]) {
      for (const meta of await listed(name, signal)) {
        if (!isOurs(meta) || madeBy(meta) !== target) continue;
        const thing = { what: whatIs(namespace, { secret: meta.name }), change: 'removed' } as const;
        try {
          await removeSecret(api, { secret: meta.name }, meta, way, signal);
          yield thing;
        } catch (error) {
          if (signal.aborted) throw error;
          yield { ...thing, failure: asFailure(error) };
        }
      }
    }
  };
}
