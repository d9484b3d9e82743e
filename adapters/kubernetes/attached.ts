import { within } from '../common/patterns.ts';
import { accountNames, namesIn } from './accounts.ts';
import type { Api } from './api.ts';
import type { Place } from './attach.ts';
import { list } from './list.ts';
import { metaOf, ownersIn, owns } from './objects.ts';
import { mayWe } from './rights.ts';
import { pathOf, type Settings } from './settings.ts';

/** Whether a namespace belongs to the target. */
export type Belongs = (namespace: string) => boolean;

/**
 * Returns a function that finds ServiceAccounts that name the Secret: those that the target attaches, where the Secret
 * is ours, and those that the courier has attached. namespace: undefined is the whole cluster. served: the namespaces
 * in which the Secret is ours.
 */
export function findAttached(api: Api, settings: Settings) {
  const { serviceAccounts } = settings;
  return async (namespace: string | undefined, belongs: Belongs, served: ReadonlySet<string>, signal: AbortSignal): Promise<Place[]> => {
    const all = { verbs: ['list'], resource: 'serviceaccounts' };
    const mayAll = (await mayWe(api, 'list', all, namespace, signal)) === true;
    if (serviceAccounts.length === 0 && !mayAll) return [];
    const names = mayAll ? undefined : accountNames(settings);
    const where = namespace === undefined ? {} : { namespace };
    const found = await Promise.all(
      (names ?? [undefined]).map(name => {
        const asked = { what: 'ServiceAccounts', right: { ...all, ...(name !== undefined && { names: [name] }) }, ...where };
        return list(
          api,
          { path: pathOf('serviceaccounts', { ...where, ...(name !== undefined && { name }) }), asked },
          attachedIn(settings, belongs, served),
          signal,
        );
      }),
    );
    return found.flatMap(({ items }) => items);
  };
}

const attachedIn =
  ({ secret, serviceAccounts, fieldManager }: Settings, belongs: Belongs, served: ReadonlySet<string>) =>
  (object: unknown): Place | undefined => {
    const meta = metaOf(object);
    if (!meta || !namesIn(object).includes(secret)) return undefined;
    const isServed = served.has(meta.namespace);
    const isAttached = isServed && serviceAccounts.length > 0 && within(serviceAccounts, meta.name);
    const owners = ownersIn(meta);
    // The server records no owners for an account that was created without any field, as the controller creates
    // `default`.
    const isNobodys = isServed && owners.length === 0;
    const isOwn =
      (isServed || belongs(meta.namespace)) && owners.some(one => one.manager === fieldManager && owns(one, 'imagePullSecrets'));
    return isAttached || isNobodys || isOwn ? { namespace: meta.namespace, name: meta.name } : undefined;
  };
