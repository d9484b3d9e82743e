import { privateRegistryHost, type Registry } from '../../contract/registry.ts';
import type { Secret } from '../../contract/secret.ts';
import type { Asking } from '../../contract/source.ts';
import type { Role } from '../keys/role.ts';

/**
 * One configured source and the registries that it serves: an AWS identity, which may ask a function for tokens, or a
 * command, or a file.
 */
export interface SourceSpec {
  readonly name: string;
  /** What it gives tokens for: private registries, or ECR Public. */
  readonly service?: Registry['service'] | undefined;
  /** Name or ARN of a Lambda function that the identity invokes. */
  readonly lambda?: string | undefined;
  /** A line, or a program and its arguments. */
  readonly command?: string | readonly string[] | undefined;
  readonly file?: string | undefined;
  readonly profile?: string | undefined;
  /** Assumed one after the other, each with the keys of the one before; `roleArn` comes after the last of them. */
  readonly roles?: readonly Role[] | undefined;
  readonly roleArn?: string | undefined;
  readonly externalId?: Secret | string | undefined;
  /**
   * Of the function, and of the tokens of function, command or file where these do not say it; else only for those who
   * ask without naming a registry: a host always says its own region.
   */
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly stsEndpoint?: string | undefined;
  /** Twelve digits each. With `registries` both must match. */
  readonly accounts?: readonly string[] | undefined;
  /** Globs of hosts as images spell them: * is any text, ? any one character. */
  readonly registries?: readonly string[] | undefined;
  /** Globs of `target/slot id`: the only slots that it serves, and whose own wish for it is granted. */
  readonly slots?: readonly string[] | undefined;
}

/** Whether somebody else fetches the token, who may look at the account that it is for. */
export const isGiven = ({ lambda, command, file }: Pick<SourceSpec, 'lambda' | 'command' | 'file'>): boolean =>
  [lambda, command, file].some(kind => kind !== undefined);

/** Whether an identity of AWS has to do with the source: it asks ECR, or a function. */
export const asksAws = ({ command, file }: Pick<SourceSpec, 'command' | 'file'>): boolean => command === undefined && file === undefined;

/** The sources that are there, and the way from a registry to its own. Loads nothing of the AWS SDK. */
export interface Choice {
  readonly all: readonly SourceSpec[];
  choose(registry: Registry, slot?: Asking): SourceSpec | undefined;
  /** Those that serve the registry, or are wished for, and only their `slots` keep them from the slot. */
  withheld(registry: Registry, slot: Asking): readonly SourceSpec[];
}

/**
 * ECR Public is served by sources for it alone, and by none where there is none: it needs no login.
 * A granted wish, else the first in file order whose patterns match, else the one named `default`, else the first
 * without patterns. When there is neither, `default` is the AWS chain as it is. A source with `slots` is none for any
 * other slot: what a slot asks for may come from whoever writes there, so that list is the boundary between tenants.
 */
export function choiceOf(specs: readonly SourceSpec[]): Choice {
  const ofPublic = specs.filter(isPublic);
  const ofPrivate = specs.filter(spec => !isPublic(spec));
  const resort = ofPrivate.find(spec => spec.name === 'default') ?? ofPrivate.find(isOpen) ?? { name: 'default' };
  const resortOf = ({ service }: Registry) => (service === 'ecr' ? resort : ofPublic.find(isOpen));
  const serving = (registry: Registry): SourceSpec[] =>
    (registry.service === 'ecr' ? [...new Set([...ofPrivate, resort])] : ofPublic).filter(spec => serves(spec, registry));
  return {
    all: specs.includes(resort) ? specs : [...specs, resort],
    choose(registry, slot) {
      const able = serving(registry).filter(spec => !slot || isFor(spec, slot));
      const isWished = (spec: SourceSpec): boolean => slot?.source === spec.name && given(spec.slots);
      return able.find(isWished) ?? able.find(hasPatterns) ?? able.find(spec => spec === resortOf(registry));
    },
    withheld: (registry, slot) =>
      serving(registry).filter(
        spec => !isFor(spec, slot) && (hasPatterns(spec) || spec === resortOf(registry) || spec.name === slot.source),
      ),
  };
}

/** Whether a slot is one of those that a source is limited to. */
const isFor = ({ slots }: SourceSpec, { target, id }: Asking): boolean => !given(slots) || matches(slots, `${target}/${id}`);

type Patterns = readonly string[] | undefined;

/** An empty list is none: it would exclude everything. */
const given = (list: Patterns): list is readonly string[] => list !== undefined && list.length > 0;
const hasPatterns = ({ accounts, registries }: SourceSpec): boolean => given(accounts) || given(registries);
const isPublic = ({ service }: SourceSpec): boolean => service === 'ecr-public';
/** Meant for everything that no other source takes. A source with slots alone is meant for wishes. */
export const isOpen = (spec: SourceSpec): boolean => !hasPatterns(spec) && !given(spec.slots);

function serves({ accounts, registries }: SourceSpec, registry: Registry): boolean {
  return (!given(accounts) || accounts.includes(registry.account ?? '')) && (!given(registries) || matches(registries, registry.host));
}

const matches = (globs: Patterns, text: string): boolean => (globs ?? []).some(glob => globToPattern(glob).test(text));

/** Those of the patterns of a source that a registry matches. */
export const matching = (kind: 'accounts' | 'registries', patterns: readonly string[], { account, host }: Registry): readonly string[] =>
  patterns.filter(pattern => (kind === 'accounts' ? pattern === account : matches([pattern], host)));

/** The hosts that a source names: under `registries`, by accounts of a region, and ECR Public. A pattern names none. */
export const hostsIn = ({ service, registries = [], accounts = [], region }: SourceSpec): readonly string[] => [
  ...(service === 'ecr-public' ? ['public.ecr.aws'] : []),
  ...registries.filter(pattern => !/[*?]/.test(pattern)),
  ...(region === undefined ? [] : accounts.map(account => privateRegistryHost(account, region))),
];

function globToPattern(glob: string): RegExp {
  return new RegExp(
    `^${glob
      .split(/([*?])/)
      .map(part => (part === '*' ? '.*' : part === '?' ? '.' : RegExp.escape(part)))
      .join('')}$`,
    'is',
  );
}
