import type { Sources } from '../../contract/source.ts';
import { platformOf } from '../../ecr/registry/manifest.ts';
import { makePull, type Pull, type PullDeps } from '../../ecr/registry/pull.ts';
import { askRegistries, rulesOfSources } from '../../ecr/registry/registry-door.ts';
import { awsDispatcher } from '../../io/http.ts';
import type { Io } from '../io.ts';

type RulesOf = NonNullable<PullDeps['rulesOf']>;

/** Caches the rules per registry, because many missing images of one registry need a single lookup. */
function once(rulesOf: PullDeps['rulesOf']): RulesOf {
  const known = new Map<string, ReturnType<RulesOf>>();
  return async (source, registry, signal) => {
    const key = `${source} ${registry.host}`;
    const rules = known.get(key) ?? Promise.resolve(rulesOf?.(source, registry, signal));
    known.set(key, rules);
    return await rules;
  };
}

/** Opens a client that pulls from the registries with the proxies and certificate authorities of these sources. */
export function openPull({ all }: Sources, { env }: Pick<Io, 'env'>): { readonly pull: Pull; close(): Promise<void> } {
  const dispatcher = awsDispatcher({ env });
  const sourceOf = (name: string) => all.find(source => source.name === name);
  const ask = askRegistries({ env, dispatcher, sourceOf, endpoint: undefined });
  const rulesOf = once(rulesOfSources(sourceOf));
  return { pull: makePull({ ask, platform: platformOf(process), rulesOf }), close: () => dispatcher.destroy() };
}
