import type { Receipt } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import { namesIn, pullSecretsIn } from './accounts.ts';
import type { Api } from './api.ts';
import { list } from './list.ts';
import { type Meta, metaOf } from './objects.ts';
import { isWithoutNamespace } from './refusal.ts';
import { pathOf, type Settings } from './settings.ts';
import type { View } from './view.ts';

/** A write that is refused as stale is made anew so many times in all. */
const attempts = 3;

export interface Place {
  readonly namespace: string;
  readonly name: string;
}
interface Account {
  readonly meta: Meta;
  readonly pullSecrets: readonly unknown[];
  readonly isAttached: boolean;
}

/**
 * Puts the Secret among those that a ServiceAccount names. Kubernetes replaces that list as a whole, whatever the kind
 * of the patch, so the write names the version of what it has read (recorded on 1.36.3: 409 when it is another one).
 */
export function makeAttacher(api: Api, settings: Pick<Settings, 'secret' | 'fieldManager'>, view: () => View | undefined) {
  const { secret, fieldManager } = settings;
  const asked = ({ namespace, name }: Place, ...verbs: readonly string[]) => ({
    what: `ServiceAccount ${namespace}/${name}`,
    right: { verbs, resource: 'serviceaccounts', names: [name] },
    namespace,
  });

  async function read(place: Place, signal: AbortSignal): Promise<Account> {
    const request = { path: pathOf('serviceaccounts', place), asked: asked(place, 'list') };
    const { items } = await list(api, request, object => accountIn(object), signal);
    const found = items.find(({ meta }) => meta.name === place.name && meta.namespace === place.namespace);
    if (!found) throw new Failure('NOT_FOUND', `There is no ServiceAccount ${place.namespace}/${place.name} any more.`);
    return found;
  }

  function accountIn(object: unknown): Account | undefined {
    const meta = metaOf(object);
    return meta && { meta, pullSecrets: pullSecretsIn(object), isAttached: namesIn(object).includes(secret) };
  }

  return async (place: Place, way: 'written' | 'rehearsed', signal: AbortSignal): Promise<Receipt> => {
    const { namespace, name } = place;
    // A new password does not concern it, so it is not asked about each time.
    if (view()?.accounts.get(namespace)?.get(name)) return { change: 'unchanged' };
    for (let attempt = 1; ; attempt++) {
      const { meta, pullSecrets, isAttached } = await read(place, signal);
      if (isAttached) return { change: 'unchanged' };
      const query = `fieldManager=${encodeURIComponent(fieldManager)}${way === 'rehearsed' ? '&dryRun=All' : ''}`;
      const body = { metadata: { resourceVersion: meta.version }, imagePullSecrets: [...pullSecrets, { name: secret }] };
      const request = { signal, body, type: 'application/merge-patch+json', ...(way === 'rehearsed' && { reads: true }) } as const;
      const answer = await api.ask('PATCH', `${pathOf('serviceaccounts', { namespace })}/${encodeURIComponent(name)}?${query}`, request);
      if (answer.status === 409 && attempt < attempts) continue;
      if (isWithoutNamespace(answer)) throw new Failure('NOT_FOUND', `The namespace ${namespace} is being deleted.`);
      if (answer.status !== 200) throw api.refusal(answer, asked(place, 'patch'));
      if (!accountIn(answer.json<unknown>())?.isAttached)
        throw new Failure('UNEXPECTED', `The cluster answered 200 with something else than ServiceAccount ${namespace}/${name}.`);
      return { change: 'created' };
    }
  };
}
