import { Failure } from '../../src/contract/failures.ts';
import type { Receipt } from '../../src/contract/target.ts';
import { namesIn, pullSecretsIn } from './accounts.ts';
import type { Api } from './api.ts';
import type { Way } from './apply.ts';
import { list } from './list.ts';
import { type Meta, mapOf, metaOf, textOf } from './objects.ts';
import { isWithoutNamespace } from './refusal.ts';
import { type Means, pathOf, type Settings } from './settings.ts';
import type { View } from './view.ts';

/** How many times a write is tried in all while it is refused as stale. */
const attempts = 3;

export interface Place {
  readonly namespace: string;
  readonly name: string;
}
type Wish = 'attached' | 'detached';
interface Account {
  readonly meta: Meta;
  readonly pullSecrets: readonly unknown[];
  readonly isAttached: boolean;
}

/**
 * Returns a function that adds the Secret to the `imagePullSecrets` of a ServiceAccount, or removes it, and says
 * whether there was anything to write. Kubernetes replaces that list as a whole, whatever the type of the patch, so the
 * write names the version that was read (recorded on 1.36.3: 409 when the version has changed).
 */
export function makeAccountWriter(api: Api, settings: Pick<Settings, 'secret' | 'fieldManager'>) {
  const { secret, fieldManager } = settings;
  const asked = ({ namespace, name }: Place, ...verbs: readonly string[]) => ({
    what: `ServiceAccount ${namespace}/${name}`,
    right: { verbs, resource: 'serviceaccounts', names: [name] },
    namespace,
  });

  /** Reads a ServiceAccount. undefined: it or its namespace no longer exists. */
  async function read(place: Place, signal: AbortSignal): Promise<Account | undefined> {
    const request = { path: pathOf('serviceaccounts', place), asked: asked(place, 'list') };
    const { items } = await list(api, request, object => accountIn(object), signal);
    return items.find(({ meta }) => meta.name === place.name && meta.namespace === place.namespace);
  }

  function accountIn(object: unknown): Account | undefined {
    const meta = metaOf(object);
    return meta && { meta, pullSecrets: pullSecretsIn(object), isAttached: namesIn(object).includes(secret) };
  }

  /** The list to write. Entries of other writers stay, in their order. */
  const listFor = ({ pullSecrets }: Account, wish: Wish): readonly unknown[] =>
    wish === 'attached' ? [...pullSecrets, { name: secret }] : pullSecrets.filter(one => textOf(mapOf(one)['name']) !== secret);

  return async (place: Place, wish: Wish, way: Way, signal: AbortSignal): Promise<'written' | 'nothing to do' | 'gone'> => {
    const { namespace, name } = place;
    for (let attempt = 1; ; attempt++) {
      const account = await read(place, signal);
      if (!account) return 'gone';
      if (account.isAttached === (wish === 'attached')) return 'nothing to do';
      const query = `fieldManager=${encodeURIComponent(fieldManager)}${way === 'rehearsed' ? '&dryRun=All' : ''}`;
      const body = { metadata: { resourceVersion: account.meta.version }, imagePullSecrets: listFor(account, wish) };
      const request = { signal, body, type: 'application/merge-patch+json', ...(way === 'rehearsed' && { reads: true }) } as const;
      const answer = await api.ask('PATCH', `${pathOf('serviceaccounts', { namespace })}/${encodeURIComponent(name)}?${query}`, request);
      if (answer.status === 409 && attempt < attempts) continue;
      if (answer.status === 404 || isWithoutNamespace(answer)) return 'gone';
      if (answer.status !== 200) throw api.refusal(answer, asked(place, 'patch'));
      if (accountIn(answer.json<unknown>())?.isAttached !== (wish === 'attached'))
        throw new Failure('UNEXPECTED', `The cluster answered 200 with something else than ServiceAccount ${namespace}/${name}.`);
      return 'written';
    }
  };
}

/**
 * Returns the delivery to ServiceAccounts. A new password does not concern an account that already names the Secret, so
 * such an account is not read again.
 */
export const makeAttacher =
  (write: ReturnType<typeof makeAccountWriter>, { finding }: Pick<Means, 'finding'>, view: () => View | undefined) =>
  async ({ namespace, name }: Place, way: Way, signal: AbortSignal): Promise<Receipt> => {
    if (view()?.accounts.get(namespace)?.get(name)) return { change: 'unchanged' };
    const outcome = await write({ namespace, name }, 'attached', way, signal);
    if (outcome === 'gone') {
      const said = `There is no ServiceAccount ${namespace}/${name} any more: nothing was written there.`;
      return { change: 'unchanged', findings: [finding('NAMESPACE_ENDED', said)] };
    }
    return { change: outcome === 'written' ? 'created' : 'unchanged' };
  };
