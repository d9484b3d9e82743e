import type { Deps } from '../../../src/contract/adapter.ts';
import { Failure } from '../../../src/contract/failures.ts';
import { inTurns } from '../../common/turns.ts';
import type { Api } from '../api.ts';
import { list } from '../list.ts';
import { podsPage } from '../pods.ts';
import { mayWe } from '../rights.ts';
import { pathOf, type Settings } from '../settings.ts';
import { type Nameless, namelessIn } from './pod.ts';

/** How much of a list of pods is read, in characters. */
const mostRead = 16 * 1024 * 1024;
const [listRight, deleteRight] = [
  { verbs: ['list'], resource: 'pods' },
  { verbs: ['delete'], resource: 'pods' },
];

/** Returns readers of the pods that lack the name of the Secret. */
export function makeLists(api: Api, settings: Pick<Settings, 'secret'>, deps: Pick<Deps, 'registry' | 'hasSource'>) {
  async function read(place: NonNullable<Parameters<typeof pathOf>[1]>, signal: AbortSignal): Promise<readonly Nameless[]> {
    const where = place.namespace === undefined ? {} : { namespace: place.namespace };
    const listing = {
      path: pathOf('pods', place),
      asked: { what: 'pods', right: listRight, ...where },
      size: podsPage,
      goesOn: (bytes: number) => bytes < mostRead,
    };
    return (await list(api, listing, object => namelessIn(object, settings, deps), signal)).items;
  }

  /** The pods of a namespace, or of all. None where the courier may not delete them, which RIGHT_MISSING tells. */
  async function waiting(namespace: string | undefined, signal: AbortSignal): Promise<readonly Nameless[]> {
    const found = await read({ ...(namespace !== undefined && { namespace }), phase: 'Pending' }, signal);
    return found.length > 0 && (await mayWe(api, 'delete', deleteRight, namespace, signal)) === true ? found : [];
  }

  return {
    /** The pod with this uid. undefined: it is gone, or has the name or runs by now. */
    one: async ({ namespace, name, uid }: Pick<Nameless, 'namespace' | 'name' | 'uid'>, signal: AbortSignal) =>
      (await read({ namespace, name }, signal)).find(pod => pod.uid === uid),
    /** The pods of these namespaces, by namespace. undefined: those of all. A namespace that refuses has none. */
    async all(namespaces: readonly string[] | undefined, signal: AbortSignal): Promise<ReadonlyMap<string, readonly Nameless[]>> {
      const found = await inTurns(namespaces ?? [undefined], place => waiting(place, signal).catch(noneIfForbidden));
      return Map.groupBy(found.flat(), ({ namespace }) => namespace);
    },
  };
}

function noneIfForbidden(error: unknown): readonly Nameless[] {
  if (error instanceof Failure && error.code === 'FORBIDDEN') return [];
  throw error;
}
