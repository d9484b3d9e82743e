import { withoutOurs } from '../../config/env.ts';
import { clock } from '../contract/clock.ts';
import type { Credential } from '../contract/credential.ts';
import type { Registry } from '../contract/registry.ts';
import type { Source } from '../contract/source.ts';
import type { AwsDeps } from '../ecr/aws/aws.ts';
import { oneWalkEach } from '../ecr/aws/walks.ts';
import { openOnce } from '../io/once.ts';
import { reachAws } from '../io/reach.ts';
import { knownAdapters } from './adapters.ts';
import type { Io } from './io.ts';

/** The AWS clients and the clock of a command. */
export const awsDeps = async ({ env, signal }: Pick<Io, 'env' | 'signal'>): Promise<AwsDeps> => ({
  once: openOnce(reachAws({ env })),
  clock,
  env,
  commandEnv: withoutOurs(env, await knownAdapters(env)),
  walks: oneWalkEach(signal),
});

/** `stale`: a credential that the caller does not accept again. */
export type Fetch = (source: Source, registry: Registry, stale?: Credential) => Promise<Credential>;

/** Fetches once per scope, and at most once more for registries that refuse that credential. */
export function oneFetchEach(signal: AbortSignal): Fetch {
  const fetched = new Map<string, Promise<Credential>>();
  return async (source, registry, stale) => {
    const scope = source.scope(registry);
    const before = fetched.get(scope);
    if (before && (stale === undefined || (await before) !== stale)) return await before;
    const fresh = source.fetch(registry, signal);
    fetched.set(scope, fresh);
    return await fresh;
  };
}
