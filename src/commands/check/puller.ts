import type { Sources } from '../../contract/source.ts';
import { platformOf } from '../../ecr/registry/manifest.ts';
import { makePull, type Pull, type PullDeps } from '../../ecr/registry/pull.ts';
import { askRegistries, rulesOfSources } from '../../ecr/registry/registry-door.ts';
import { awsDispatcher } from '../../io/http.ts';
import type { Io } from '../io.ts';

type RulesOf = NonNullable<PullDeps['rulesOf']>;

/** Many images of a registry are not there, and one question is enough. */
function once(rulesOf: PullDeps['rulesOf']): RulesOf {
  const known = new Map<string, ReturnType<RulesOf>>();
  return async (source, registry, signal) => {
    const key = `${source} ${registry.host}`;
    const rules = known.get(key) ?? Promise.resolve(rulesOf?.(source, registry, signal));
    known.set(key, rules);
    return await rules;
  };
}

/** Pulls at the registries themselves, with the ways and the trust of these sources. */
export function openPull({ all }: Sources, { env }: Pick<Io, 'env'>): { readonly pull: Pull; close(): Promise<void> } {
  const dispatcher = awsDispatcher({ env });
  const sourceOf = (name: string) => all.find(source => source.name === name);
  const ask = askRegistries({ env, dispatcher, sourceOf, endpoint: undefined });
  const rulesOf = once(rulesOfSources(sourceOf));
  return { pull: makePull({ ask, platform: platformOf(process), rulesOf }), close: () => dispatcher.destroy() };
}
