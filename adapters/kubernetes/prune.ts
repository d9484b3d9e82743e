import { asFailure } from '../../src/contract/failures.ts';
import type { Pruned } from '../../src/contract/target.ts';
import { type Api, metadataOnly } from './api.ts';
import type { Way } from './apply.ts';
import type { makeAccountWriter, Place } from './attach.ts';
import { type Belongs, findAttached } from './attached.ts';
import { besidesIn } from './besides.ts';
import { explicitNames, isNamed } from './choice.ts';
import { contentIn, fingerprintsIn } from './content.ts';
import { isLeftBehind, leftoverOf } from './left-behind.ts';
import { list } from './list.ts';
import { managedBy } from './names.ts';
import { type Meta, metaOf } from './objects.ts';
import { isOurs, madeBy } from './owner.ts';
import { removeSecret } from './remove.ts';
import { mayWe } from './rights.ts';
import { whatIs } from './secrets.ts';
import { type Means, pathOf, type Settings } from './settings.ts';

/** How many namespaces are pruned at a time. The results come in the order of their names. */
const atOnce = 8;

/** What is to be removed from one namespace. */
interface Found {
  readonly accounts: readonly Place[];
  readonly secrets: readonly Meta[];
}

const groupsOf = <T extends { readonly namespace: string }>(things: readonly T[]): ReadonlyMap<string, readonly T[]> =>
  Map.groupBy(things, ({ namespace }) => namespace);

const attempt = async (thing: Omit<Pruned, 'failure'>, job: () => Promise<unknown>, signal: AbortSignal): Promise<Pruned> =>
  await job().then(
    () => thing,
    (error: unknown) => {
      if (signal.aborted) throw error;
      return { ...thing, failure: asFailure(error) };
    },
  );

/**
 * Returns the prune of a target. It deletes every Secret that the target made in all namespaces that its patterns and
 * its selector choose, as annotations may have changed since, and what is left behind in other namespaces, as patterns
 * and selector may have changed. ServiceAccounts that name one of these Secrets are released first.
 */
export function makePruner(
  api: Api,
  settings: Settings,
  { clock }: Pick<Means, 'clock'>,
  writeAccount: ReturnType<typeof makeAccountWriter>,
) {
  const { secret, fieldManager } = settings;
  const accountsIn = findAttached(api, settings);
  const listRight = { verbs: ['list'], resource: 'secrets', names: [secret] };
  /** The namespaces to prune one by one, or undefined for the whole cluster. */
  async function placesOf(signal: AbortSignal): Promise<readonly (string | undefined)[]> {
    const names = explicitNames(settings, settings.namespaceSelector);
    return names && (await mayWe(api, 'list', listRight, undefined, signal)) !== true ? names : [undefined];
  }

  /** The Secrets to delete, and the namespaces whose Secret belongs to another target. */
  async function secretsIn(namespace: string | undefined, belongs: Belongs, signal: AbortSignal) {
    const labels = `${managedBy.key}=${managedBy.value}`;
    const where = namespace === undefined ? {} : { namespace };
    const asked = { what: `Secrets ${secret}`, right: listRight, ...where };
    const request = { path: pathOf('secrets', { ...where, name: secret, labels }), asked, accept: metadataOnly.list };
    const { items } = await list(api, request, metaOf, signal);
    const found = items.filter(meta => meta.name === secret && isOurs(meta));
    const { others = [], own = [] } = Object.groupBy(found, meta => (isOfAnother(meta) ? 'others' : 'own'));
    const chosen = own.filter(meta => belongs(meta.namespace));
    const passwords = fingerprintsIn(chosen.map(meta => contentIn(meta, fieldManager)));
    const goes = (meta: Meta): boolean => {
      if (belongs(meta.namespace)) return true;
      const leftover = leftoverOf(meta, settings);
      return leftover !== undefined && isLeftBehind(leftover, passwords, clock.wall());
    };
    return { secrets: own.filter(goes), ofOthers: new Set(others.map(meta => meta.namespace)) };
  }

  /**
   * Whether a Secret belongs to another target. One that names no target belongs to the target that chooses its
   * namespace.
   */
  const isOfAnother = (meta: Meta): boolean => !['', settings.target].includes(madeBy(meta));

  async function* pruneIn(place: string | undefined, belongs: Belongs, way: Way, signal: AbortSignal): AsyncIterable<Pruned> {
    const { secrets, ofOthers } = await secretsIn(place, belongs, signal);
    const isOwn = (namespace: string): boolean => belongs(namespace) && !ofOthers.has(namespace);
    const accounts = await accountsIn(place, isOwn, new Set(secrets.map(({ namespace }) => namespace)), signal);
    const byNamespace = { accounts: groupsOf(accounts), secrets: groupsOf(secrets) };
    const namespaces = [...new Set([...accounts, ...secrets].map(({ namespace }) => namespace))].sort();
    for (let at = 0; at < namespaces.length; at += atOnce) {
      const some = namespaces.slice(at, at + atOnce).map(namespace => ({
        accounts: byNamespace.accounts.get(namespace) ?? [],
        secrets: byNamespace.secrets.get(namespace) ?? [],
      }));
      yield* (await Promise.all(some.map(found => takeAway(found, way, signal)))).flat();
    }
  }

  /**
   * Removes what is to go from one namespace: ServiceAccounts first, as they would otherwise name a Secret that no
   * longer exists.
   */
  async function takeAway({ accounts, secrets }: Found, way: Way, signal: AbortSignal): Promise<Pruned[]> {
    const outcomes: Pruned[] = [];
    for (const account of accounts) {
      const thing = { what: `ServiceAccount ${account.namespace}/${account.name}`, change: 'released' } as const;
      outcomes.push(await attempt(thing, () => writeAccount(account, 'detached', way, signal), signal));
    }
    if (outcomes.some(({ failure }) => failure)) return outcomes;
    for (const meta of secrets) {
      const besides = await besidesIn(api, settings, meta, signal).catch(() => '');
      const thing = { what: `${whatIs(meta.namespace, settings)}${besides}`, change: 'removed' } as const;
      outcomes.push(await attempt(thing, () => removeSecret(api, settings, meta, way, signal), signal));
    }
    return outcomes;
  }

  return async function* prune(way: Way, signal: AbortSignal): AsyncIterable<Pruned> {
    const belongs = await belonging(api, settings, signal);
    for (const place of await placesOf(signal)) {
      try {
        yield* pruneIn(place, belongs, way, signal);
      } catch (error) {
        if (place === undefined || signal.aborted || asFailure(error).code !== 'FORBIDDEN') throw error;
        // A namespace that is forbidden or gone does not stop the prune of the others.
        yield { what: whatIs(place, settings), change: 'removed', failure: asFailure(error) };
      }
    }
  };
}

/** Returns the test whether a namespace belongs to the target, whatever its annotations say. */
async function belonging(api: Api, settings: Settings, signal: AbortSignal): Promise<Belongs> {
  const { namespaceSelector } = settings;
  const isNamedOne = (namespace: string): boolean => isNamed(namespace, settings);
  if (namespaceSelector === undefined) return isNamedOne;
  const asked = { what: 'namespaces', right: { verbs: ['list'], resource: 'namespaces' } };
  const request = { path: pathOf('namespaces', { labels: namespaceSelector }), asked, accept: metadataOnly.list };
  const { items } = await list(api, request, object => metaOf(object)?.name, signal);
  const selected = new Set(items);
  return namespace => selected.has(namespace) && isNamedOne(namespace);
}
