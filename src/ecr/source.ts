import { createHash } from 'node:crypto';
import type { Registry } from '../contract/registry.ts';
import type { Secret } from '../contract/secret.ts';
import type { Source, Sources } from '../contract/source.ts';
import { type AwsDeps, fetchToken, type Identity } from './aws.ts';
import { useOwnCommands } from './command.ts';
import { endpointSetBy, type Setting, type Settings, variantOf } from './endpoints.ts';
import { reachMetadataDirectly } from './places.ts';
import { externalIdOf, type Role } from './role.ts';

/** One configured source: an AWS identity and the registries that it serves. */
export interface SourceSpec {
  readonly name: string;
  readonly profile?: string | undefined;
  /** Assumed one after the other, each with the keys of the one before; `roleArn` comes after the last of them. */
  readonly roles?: readonly Role[] | undefined;
  readonly roleArn?: string | undefined;
  readonly externalId?: Secret | string | undefined;
  /** Only for those who ask without naming a registry: a host always says its own region. */
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly stsEndpoint?: string | undefined;
  /** Twelve digits each. With `registries` both must match. */
  readonly accounts?: readonly string[] | undefined;
  /** Globs of hosts as images spell them: * is any text, ? any one character. */
  readonly registries?: readonly string[] | undefined;
  /** Globs of `target/slot id`: where a slot's own wish for this source is granted. */
  readonly slots?: readonly string[] | undefined;
}

/**
 * The sources, and the way from a registry to its source: a granted wish, else the first in file order whose patterns
 * match, else the one named `default`, else the first without patterns. When there is neither, `default` is the AWS
 * chain as it is.
 */
export function makeSources(specs: readonly SourceSpec[], deps: AwsDeps): Sources {
  reachMetadataDirectly();
  useOwnCommands(deps.commandEnv ?? deps.env ?? process.env);
  const resort = specs.find(spec => spec.name === 'default') ?? specs.find(isOpen) ?? { name: 'default' };
  const listed = specs.includes(resort) ? specs : [...specs, resort];
  const sources = new Map(listed.map(spec => [spec, awsSource(spec, deps)]));
  return {
    all: [...sources.values()],
    choose(registry, slot) {
      // ECR Public has its own API (us-east-1, another permission): no source speaks it yet.
      if (registry.service !== 'ecr') return undefined;
      const place = `${slot.target}/${slot.id}`;
      const wished = listed.find(spec => spec.name === slot.source && matches(spec.slots, place) && serves(spec, registry));
      const chosen =
        wished ?? listed.find(spec => hasPatterns(spec) && serves(spec, registry)) ?? (serves(resort, registry) ? resort : undefined);
      return chosen && sources.get(chosen);
    },
  };
}

type Patterns = readonly string[] | undefined;

/** An empty list is none: it would exclude everything. */
const given = (list: Patterns): list is readonly string[] => list !== undefined && list.length > 0;
const hasPatterns = ({ accounts, registries }: SourceSpec): boolean => given(accounts) || given(registries);
/** Meant for everything that no other source takes. A source with slots alone is meant for wishes. */
const isOpen = (spec: SourceSpec): boolean => !hasPatterns(spec) && !given(spec.slots);

function serves({ accounts, registries }: SourceSpec, registry: Registry): boolean {
  return (!given(accounts) || accounts.includes(registry.account ?? '')) && (!given(registries) || matches(registries, registry.host));
}

const matches = (globs: Patterns, text: string): boolean => (globs ?? []).some(glob => globToPattern(glob).test(text));

function globToPattern(glob: string): RegExp {
  return new RegExp(
    `^${glob
      .split(/([*?])/)
      .map(part => (part === '*' ? '.*' : part === '?' ? '.' : RegExp.escape(part)))
      .join('')}$`,
    'is',
  );
}

/** A source of the kind `AWS identity`. Another kind (a function, a command) is another function with this result. */
function awsSource(spec: SourceSpec, deps: AwsDeps): Source {
  const { name, profile, endpoint, stsEndpoint, roleArn, externalId } = spec;
  const roles = [...(spec.roles ?? []), ...(roleArn ? [{ roleArn, externalId }] : [])];
  const identity: Identity = { profile, roles, endpoint, stsEndpoint };
  const digest = digestOf(identity);
  const scope = (registry: Registry): string => {
    // The token is the same behind every spelling, but the endpoint that is called is not: one may be out of reach.
    const variant = variantOf(identity, registry, deps.env ?? process.env);
    return [name, digest, registry.service, registry.region, ...(variant ? [variant] : [])].join('/');
  };
  const steps = new Map<string, () => string>();
  /** What the profile sets is read at a fetch: the address that is called, and the authorities that are trusted. */
  let bundle: Setting | undefined;
  let custom = endpointSetBy(identity, deps.env ?? process.env);
  return {
    name,
    scope,
    async fetch(registry, signal) {
      const from = { source: name, scope: scope(registry) };
      const entered = (step: () => string): void => void steps.set(from.scope, step);
      const settled = (settings: Settings): void => {
        custom = settings.custom('ECR');
        bundle = settings.caBundle;
      };
      return await fetchToken(identity, registry, { ...from, entered, settled }, deps, signal).finally(() => steps.delete(from.scope));
    },
    trusts: () => bundle && { file: bundle.value, name: bundle.name },
    remarkOn: ({ host, fips }) =>
      fips && custom
        ? `${host} asks for the FIPS address of ECR, and ${custom.name} sets an address: that one is called, whether it is a FIPS one or not.`
        : undefined,
    waitsFor: registry => steps.get(scope(registry))?.(),
  };
}

/** Another role, profile or endpoint under an old name must not be taken for the old identity. */
function digestOf({ profile, roles, endpoint, stsEndpoint }: Identity): string {
  // Spelled out, because a Secret turns into the same word in every JSON.
  const told = [profile, roles.map(role => [role.roleArn, externalIdOf(role)]), endpoint, stsEndpoint];
  return createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 12);
}
