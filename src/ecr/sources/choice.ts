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
  /** The service that it gives tokens for: private registries, or ECR Public. */
  readonly service?: Registry['service'] | undefined;
  /** Name or ARN of a Lambda function that the identity invokes. */
  readonly lambda?: string | undefined;
  /** A line, or a program and its arguments. */
  readonly command?: string | readonly string[] | undefined;
  readonly file?: string | undefined;
  readonly profile?: string | undefined;
  /**
   * The roles to assume in this order, each with the keys of the one before. `roleArn` comes after the last of them.
   */
  readonly roles?: readonly Role[] | undefined;
  readonly roleArn?: string | undefined;
  readonly externalId?: Secret | string | undefined;
  /**
   * The region of the function, and of tokens that do not name one. Otherwise it counts only for requests that name no
   * registry, because a host always contains its region.
   */
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly stsEndpoint?: string | undefined;
  /** Twelve digits each. With `registries` both must match. */
  readonly accounts?: readonly string[] | undefined;
  /** Globs of hosts as images spell them: * is any text, ? any one character. */
  readonly registries?: readonly string[] | undefined;
  /** Globs of `target/slot id`: the only slots that it serves. Their own wish for it is granted. */
  readonly slots?: readonly string[] | undefined;
}

/** Whether a function, a command or a file gives the token, which may depend on the account. */
export const isGiven = ({ lambda, command, file }: Pick<SourceSpec, 'lambda' | 'command' | 'file'>): boolean =>
  [lambda, command, file].some(kind => kind !== undefined);

/** Whether the source uses an AWS identity: it asks ECR, or a function. */
export const asksAws = ({ command, file }: Pick<SourceSpec, 'command' | 'file'>): boolean => command === undefined && file === undefined;

/** The sources, and the choice of one for a registry. Loads nothing of the AWS SDK. */
export interface Choice {
  readonly all: readonly SourceSpec[];
  choose(registry: Registry, slot?: Asking): SourceSpec | undefined;
  /** The sources that serve the registry, or that the slot wishes for, and that only their `slots` keep from it. */
  withheld(registry: Registry, slot: Asking): readonly SourceSpec[];
}

/**
 * Chooses the source for a registry: a granted wish, else the first in file order whose patterns match, else the one
 * named `default`, else the first without patterns. Without the last two, `default` is the AWS chain as it is.
 *
 * Only sources for ECR Public serve it. Without such a source it has none, because it needs no login.
 *
 * A source with `slots` serves no other slot: the wishes of a slot may come from every user who can write there, so
 * that list is the boundary between tenants.
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

/** Whether a source serves a slot, as far as its `slots` are concerned. */
const isFor = ({ slots }: SourceSpec, { target, id }: Asking): boolean => !given(slots) || matches(slots, `${target}/${id}`);

type Patterns = readonly string[] | undefined;

/** An empty list counts as missing: it would exclude everything. */
const given = (list: Patterns): list is readonly string[] => list !== undefined && list.length > 0;
const hasPatterns = ({ accounts, registries }: SourceSpec): boolean => given(accounts) || given(registries);
const isPublic = ({ service }: SourceSpec): boolean => service === 'ecr-public';
/** Whether a source serves everything that no other source takes. A source with only `slots` serves wishes. */
export const isOpen = (spec: SourceSpec): boolean => !hasPatterns(spec) && !given(spec.slots);

function serves({ accounts, registries }: SourceSpec, registry: Registry): boolean {
  return (!given(accounts) || accounts.includes(registry.account ?? '')) && (!given(registries) || matches(registries, registry.host));
}

const matches = (globs: Patterns, text: string): boolean => (globs ?? []).some(glob => globToPattern(glob).test(text));

/** The patterns of a source that match a registry. */
export const matching = (kind: 'accounts' | 'registries', patterns: readonly string[], { account, host }: Registry): readonly string[] =>
  patterns.filter(pattern => (kind === 'accounts' ? pattern === account : matches([pattern], host)));

/**
 * The hosts that a source names: those under `registries`, its accounts in its region, and ECR Public. Patterns name
 * none.
 */
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
