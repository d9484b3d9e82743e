import { createHash } from 'node:crypto';
import type { Registry } from '../contract/registry.ts';
import type { Source, Sources } from '../contract/source.ts';
import { endsWithSession, identityOf } from './asked-as.ts';
import { type AwsDeps, fetchToken, type Identity } from './aws.ts';
import { choiceOf, type SourceSpec } from './choice.ts';
import { apiOf, endpointSetBy, type Setting, type Settings, variantOf } from './endpoints.ts';
import { externalIdOf, type WebToken } from './role.ts';

export type { SourceSpec } from './choice.ts';

/** The sources; which of them serves a registry is said by `choiceOf`. */
export function makeSources(specs: readonly SourceSpec[], deps: AwsDeps): Sources {
  const { all, choose } = choiceOf(specs);
  const sources = new Map(all.map(spec => [spec, awsSource(spec, deps)]));
  return {
    all: [...sources.values()],
    choose(registry, slot) {
      const chosen = choose(registry, slot);
      return chosen && sources.get(chosen);
    },
  };
}

/**
 * A source that takes a token of OpenID Connect in the place of the chain. Credentials of two tokens must not be mixed
 * up, though they name the same role: whether a service account may take the role is said by STS alone.
 */
export const sourceByToken = (webToken: WebToken, spec: SourceSpec, deps: AwsDeps): Source => awsSource(spec, deps, webToken);

/** The AWS identity of a source. */
export function identityIn({ profile, roles = [], roleArn, externalId, endpoint, stsEndpoint, region }: SourceSpec): Identity {
  return { profile, roles: [...roles, ...(roleArn ? [{ roleArn, externalId }] : [])], endpoint, stsEndpoint, region };
}

/** A source of the kind `AWS identity`. Another kind (a function, a command) is another function with this result. */
function awsSource(spec: SourceSpec, deps: AwsDeps, webToken?: WebToken): Source {
  const { name } = spec;
  const env = deps.env ?? process.env;
  const identity: Identity = { ...identityIn(spec), webToken };
  const digest = digestOf(identity);
  const scope = (registry: Registry): string => {
    // The token is the same behind every spelling, but the endpoint that is called is not: one may be out of reach.
    const variant = variantOf(identity, registry, env);
    return [name, digest, registry.service, registry.region, ...(variant ? [variant] : [])].join('/');
  };
  // What a token opens, or what ends with a session, is kept by those who ask, and by nobody else.
  const isUnsaid = webToken !== undefined || deps.askedAs === 'not said' || endsWithSession(env);
  const askedAs = async (): Promise<string | undefined> => (isUnsaid ? undefined : await identityOf(spec, env));
  const steps = new Map<string, () => string>();
  /** What the profile sets is read at a fetch: the address that is called, and the authorities that are trusted. */
  let bundle: Setting | undefined;
  const api = apiOf({ service: spec.service ?? 'ecr' });
  let custom = endpointSetBy(identity, api, env);
  return {
    name,
    scope,
    async fetch(registry, signal) {
      const from = { source: name, scope: scope(registry) };
      const entered = (step: () => string): void => void steps.set(from.scope, step);
      const settled = (settings: Settings): void => {
        custom = settings.custom(api);
        bundle = settings.caBundle;
      };
      return await fetchToken(identity, registry, { ...from, entered, settled, askedAs }, deps, signal).finally(() =>
        steps.delete(from.scope),
      );
    },
    askedAs,
    trusts: () => bundle && { file: bundle.value, name: bundle.name },
    remarkOn: ({ host, fips }) =>
      fips && custom
        ? `${host} asks for the FIPS address of ECR, and ${custom.name} sets an address: that one is called, whether it is a FIPS one or not.`
        : undefined,
    waitsFor: registry => steps.get(scope(registry))?.(),
  };
}

/** Another role, profile or endpoint under an old name must not be taken for the old identity. */
function digestOf({ profile, roles, endpoint, stsEndpoint, webToken }: Identity): string {
  // Spelled out, because a Secret turns into the same word in every JSON.
  const told = [
    profile,
    roles.map(role => [role.roleArn, externalIdOf(role)]),
    endpoint,
    stsEndpoint,
    webToken?.roleArn,
    webToken?.token.reveal(),
  ];
  return createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 12);
}
