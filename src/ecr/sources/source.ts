import type { Registry } from '../../contract/registry.ts';
import type { Source, Sources } from '../../contract/source.ts';
import { type AwsDeps, fetchToken, type Identity, type Origin } from '../aws/aws.ts';
import { apiAsked, endpointSetBy, type Setting, type Settings, variantOf } from '../aws/endpoints.ts';
import { digestOf } from '../aws/walks.ts';
import { endsWithSession, identityOf } from '../keys/asked-as.ts';
import type { WebToken } from '../keys/role.ts';
import { asksAws, choiceOf, type SourceSpec } from './choice.ts';
import { giverOf } from './giver.ts';
import { localSource } from './local-source.ts';

export type { SourceSpec } from './choice.ts';

/** Creates the sources. `choiceOf` decides which of them serves a registry. */
export function makeSources(specs: readonly SourceSpec[], deps: AwsDeps): Sources {
  const { all, choose, withheld } = choiceOf(specs);
  const sources = new Map(all.map(spec => [spec, sourceOf(spec, deps)]));
  return {
    all: [...sources.values()],
    choose(registry, slot) {
      const chosen = choose(registry, slot);
      return chosen && sources.get(chosen);
    },
    withheld: (registry, slot) => withheld(registry, slot).map(({ name }) => name),
  };
}

/**
 * A source that uses a token of OpenID Connect in place of the chain. Credentials of two tokens must not be mixed up,
 * even for the same role: STS alone decides whether a service account may assume it. A command or a file ignores the
 * token.
 */
export const sourceByToken = (webToken: WebToken, spec: SourceSpec, deps: AwsDeps): Source => sourceOf(spec, deps, webToken);

const sourceOf = (spec: SourceSpec, deps: AwsDeps, webToken?: WebToken): Source =>
  asksAws(spec) ? awsSource(spec, deps, webToken) : localSource(spec, deps);

/** The AWS identity of a source. */
export function identityIn({ profile, roles = [], roleArn, externalId, endpoint, stsEndpoint, region }: SourceSpec): Identity {
  return { profile, roles: [...roles, ...(roleArn ? [{ roleArn, externalId }] : [])], endpoint, stsEndpoint, region };
}

/** A source whose AWS identity asks ECR, or a function in place of ECR. */
function awsSource(spec: SourceSpec, deps: AwsDeps, webToken?: WebToken): Source {
  const { name, lambda } = spec;
  const env = deps.env ?? process.env;
  const identity: Identity = { ...identityIn(spec), webToken };
  const digest = digestOf(identity, lambda);
  const scope = (registry: Registry): string => {
    // Every spelling of the host has the same token, but not the same endpoint: one may be unreachable.
    const more = lambda === undefined ? variantOf(identity, registry, env) : registry.account;
    return [name, digest, registry.service, registry.region, ...(more ? [more] : [])].join('/');
  };
  // Credentials of a web identity token, and credentials that end with a session, are cached only by the programs that
  // ask for them.
  const isUnsaid = webToken !== undefined || deps.askedAs === 'not said' || endsWithSession(env);
  const askedAs = async (registry: Registry): Promise<string | undefined> => (isUnsaid ? undefined : await identityOf(spec, env, registry));
  const steps = new Map<string, () => string>();
  /** Known after a fetch, which reads the profile: its certificate authorities, and the configured address below. */
  let bundle: Setting | undefined;
  const api = apiAsked(spec);
  let custom = endpointSetBy(identity, api, env);
  return {
    name,
    tokensFrom: giverOf(spec),
    scope,
    async fetch(registry, signal) {
      const from = { source: name, scope: scope(registry) };
      const entered = (step: () => string): void => void steps.set(from.scope, step);
      const settled = (settings: Settings): void => {
        custom = settings.custom(api);
        bundle = settings.caBundle;
      };
      const origin: Origin = { ...from, entered, settled, askedAs: () => askedAs(registry) };
      try {
        if (lambda === undefined) return await fetchToken(identity, registry, origin, deps, signal);
        // Loaded on demand: a credential helper is a new process for each call.
        const { fetchByFunction } = await import('./lambda.ts');
        return await fetchByFunction({ ...identity, lambda }, registry, origin, deps, signal);
      } finally {
        steps.delete(from.scope);
      }
    },
    askedAs,
    ...(lambda === undefined && {
      // Loaded only when an image is missing.
      cacheRules: async (registry: Registry, signal: AbortSignal) =>
        (await import('../aws/cache-rules.ts')).askCacheRules(identity, registry, deps, signal),
    }),
    trusts: () => bundle && { file: bundle.value, name: bundle.name },
    remarkOn: ({ host, fips }) =>
      fips && custom && lambda === undefined
        ? `${host} asks for the FIPS ECR address, and ${custom.name} sets an address: that one is called, whether it is a FIPS one or not.`
        : undefined,
    waitsFor: registry => steps.get(scope(registry))?.(),
  };
}
