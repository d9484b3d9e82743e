import type { Sources } from '../../contract/source.ts';
import { platformOf } from '../../ecr/registry/manifest.ts';
import { makePull, type Pull } from '../../ecr/registry/pull.ts';
import { askRegistries } from '../../ecr/registry/registry-door.ts';
import { awsDispatcher } from '../../io/http.ts';
import type { Io } from '../io.ts';

/** Pulls at the registries themselves, with the ways and the trust of these sources. */
export function openPull({ all }: Sources, { env }: Pick<Io, 'env'>): { readonly pull: Pull; close(): Promise<void> } {
  const dispatcher = awsDispatcher({ env });
  const sourceOf = (name: string) => all.find(source => source.name === name);
  const ask = askRegistries({ env, dispatcher, sourceOf, endpoint: undefined });
  return { pull: makePull({ ask, platform: platformOf(process) }), close: () => dispatcher.destroy() };
}
