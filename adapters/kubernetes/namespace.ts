import { Failure } from '../../src/contract/failures.ts';
import type { Finding, Receipt } from '../../src/contract/target.ts';
import { type Api, metadataOnly } from './api.ts';
import { type Chosen, choose, isNamed } from './choice.ts';
import { metaOf } from './objects.ts';
import { namespaceRight } from './rights.ts';
import { type Means, pathOf, type Settings } from './settings.ts';
import type { View } from './view.ts';

const unread: Chosen = {};

/**
 * Requests a namespace that the options name, and returns how it is served, or why it is not. If the courier may not
 * read it, the name alone decides.
 */
export async function choiceOf(api: Api, settings: Settings, namespace: string, signal: AbortSignal) {
  const request = {
    signal,
    asked: { what: `namespace ${namespace}`, right: namespaceRight(namespace), namespace },
    accept: metadataOnly.one,
    hoped: [200, 403, 404],
  };
  const answer = await api.demand('GET', pathOf(`namespaces/${encodeURIComponent(namespace)}`), request);
  if (answer.status === 404) return 'missing';
  if (answer.status === 403) return isNamed(namespace, settings) ? unread : 'left alone';
  const meta = metaOf(answer.json<unknown>());
  if (meta?.name !== namespace)
    throw new Failure('UNEXPECTED', `The cluster answered 200 with something else than the namespace ${namespace}.`);
  return choose(meta, settings) ?? (meta.isEnding ? 'ending' : 'left alone');
}

/** The receipt for a namespace that is being deleted or gone, where nothing needs to be written. */
export const endedReceipt = (namespace: string, { finding }: Pick<Means, 'finding'>): { change: 'unchanged'; findings: Finding[] } => ({
  change: 'unchanged',
  findings: [finding('NAMESPACE_ENDED', `The namespace ${namespace} is being deleted, or gone: nothing was written there.`)],
});

/**
 * Returns a check that requests a namespace before a write, unless it is watched, so that an opt-out takes effect
 * before the next look. It returns the receipt for a write that must not happen. undefined: the write can go on.
 */
export function makeGate(api: Api, settings: Settings, { finding }: Means, view: () => View | undefined) {
  return async (namespace: string, signal: AbortSignal): Promise<Receipt | undefined> => {
    const seen = view();
    if (seen?.scope !== 'namespaces' || seen.namespaces.get(namespace) === unread) return undefined;
    const choice = await choiceOf(api, settings, namespace, signal);
    if (choice === 'missing' || choice === 'ending') return endedReceipt(namespace, { finding });
    if (choice !== 'left alone') return undefined;
    const said = `The namespace ${namespace} is excluded meanwhile, so nothing was written there.`;
    return { change: 'unchanged', findings: [finding('LEFT_ALONE', said)] };
  };
}
