import { asFailure } from '../../src/contract/failures.ts';
import type { Pruned } from '../../src/contract/target.ts';
import { within } from '../common/patterns.ts';
import { accountNames, namesIn } from './accounts.ts';
import { type Api, metadataOnly } from './api.ts';
import type { Way } from './apply.ts';
import type { makeAccountWriter, Place } from './attach.ts';
import { explicitNames, isNamed } from './choice.ts';
import { list } from './list.ts';
import { managedBy } from './names.ts';
import { type Meta, metaOf, ownersIn, owns } from './objects.ts';
import { isMadeBy, isOurs } from './owner.ts';
import { removeSecret } from './remove.ts';
import { mayWe } from './rights.ts';
import { whatIs } from './secrets.ts';
import { pathOf, type Settings } from './settings.ts';

/**
 * Takes every Secret with our name and label away, in all namespaces that the patterns of the target name, as
 * annotations and labels may have changed since; and what this target made in others, as the patterns may have changed.
 * The ServiceAccounts that name one of them are released first.
 */
export function makePruner(api: Api, settings: Settings, writeAccount: ReturnType<typeof makeAccountWriter>) {
  const { secret, serviceAccounts, fieldManager, target } = settings;
  const listRight = { verbs: ['list'], resource: 'secrets', names: [secret] };
  const attempt = async (thing: Omit<Pruned, 'failure'>, job: () => Promise<unknown>, signal: AbortSignal): Promise<Pruned> =>
    await job().then(
      () => thing,
      (error: unknown) => {
        if (signal.aborted) throw error;
        return { ...thing, failure: asFailure(error) };
      },
    );

  /** undefined: the whole cluster. */
  async function placesOf(signal: AbortSignal): Promise<readonly (string | undefined)[]> {
    const names = explicitNames(settings, settings.namespaceSelector);
    return names && (await mayWe(api, 'list', listRight, undefined, signal)) !== true ? names : [undefined];
  }

  async function secretsIn(namespace: string | undefined, signal: AbortSignal): Promise<Meta[]> {
    const labels = `${managedBy.key}=${managedBy.value}`;
    const where = namespace === undefined ? {} : { namespace };
    const asked = { what: `Secrets ${secret}`, right: listRight, ...where };
    const request = { path: pathOf('secrets', { ...where, name: secret, labels }), asked, accept: metadataOnly.list };
    const { items } = await list(api, request, metaOf, signal);
    return items.filter(meta => meta.name === secret && isOurs(meta) && (isNamed(meta.namespace, settings) || isMadeBy(meta, target)));
  }

  /** Those that name the Secret: which the target attaches, where the Secret is ours; and which we have attached. */
  async function accountsIn(namespace: string | undefined, served: ReadonlySet<string>, signal: AbortSignal): Promise<Place[]> {
    const all = { verbs: ['list'], resource: 'serviceaccounts' };
    if (serviceAccounts.length === 0 && (await mayWe(api, 'list', all, namespace, signal)) !== true) return [];
    const names = serviceAccounts.length === 0 ? undefined : accountNames(settings);
    const where = namespace === undefined ? {} : { namespace };
    const found = await Promise.all(
      (names ?? [undefined]).map(name => {
        const asked = { what: 'ServiceAccounts', right: { ...all, ...(name !== undefined && { names: [name] }) }, ...where };
        return list(
          api,
          { path: pathOf('serviceaccounts', { ...where, ...(name !== undefined && { name }) }), asked },
          ours(served),
          signal,
        );
      }),
    );
    return found.flatMap(({ items }) => items);
  }

  const ours =
    (served: ReadonlySet<string>) =>
    (object: unknown): Place | undefined => {
      const meta = metaOf(object);
      if (!meta || !namesIn(object).includes(secret)) return undefined;
      const isServed = served.has(meta.namespace);
      const isAttached = isServed && serviceAccounts.length > 0 && within(serviceAccounts, meta.name);
      const isOwn =
        (isServed || isNamed(meta.namespace, settings)) &&
        ownersIn(meta).some(one => one.manager === fieldManager && owns(one, 'imagePullSecrets'));
      return isAttached || isOwn ? { namespace: meta.namespace, name: meta.name } : undefined;
    };

  return async function* prune(way: Way, signal: AbortSignal): AsyncIterable<Pruned> {
    for (const place of await placesOf(signal)) {
      const secrets = await secretsIn(place, signal);
      const accounts = await accountsIn(place, new Set(secrets.map(({ namespace }) => namespace)), signal);
      const held = new Set<string>();
      for (const account of accounts) {
        const thing = { what: `ServiceAccount ${account.namespace}/${account.name}`, change: 'released' } as const;
        const outcome = await attempt(thing, () => writeAccount(account, 'detached', way, signal), signal);
        if (outcome.failure) held.add(account.namespace);
        yield outcome;
      }
      for (const meta of secrets) {
        const thing = { what: whatIs(meta.namespace, settings), change: 'removed' } as const;
        // Whatever still names it would have nothing to pull with.
        if (!held.has(meta.namespace)) yield await attempt(thing, () => removeSecret(api, settings, meta, way, signal), signal);
      }
    }
  };
}
