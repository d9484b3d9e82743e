import type { Clock } from '../../src/contract/clock.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { Finding } from '../../src/contract/target.ts';
import { inTurns } from '../common/turns.ts';
import { accountNames } from './accounts.ts';
import type { Api } from './api.ts';
import { mapOf } from './objects.ts';
import { lacking } from './refusal.ts';
import { type Lack, type Right, ruleOf } from './rules.ts';
import type { Means, Settings } from './settings.ts';

/** The most lists that are watched. Each watch has a connection of its own. */
export const mostWatched = 64;

/** The right to see which images a namespace runs. */
export const podsRight: Right = { verbs: ['list', 'watch'], resource: 'pods' };
/** The right to tell tenants. An apply needs both verbs. */
const eventsRight: Right = { verbs: ['create', 'patch'], resource: 'events' };
/** An optional right: to count how many Secrets go with one image on one node. */
export const countRight: Right = { verbs: ['list'], resource: 'pods' };
/** An optional right in a namespace that the options name: to see its annotations. */
export const namespaceRight = (namespace: string): Right => ({ verbs: ['get'], resource: 'namespaces', names: [namespace] });

type Scope = 'cluster' | 'namespace';
/** The rights that a configuration needs, in the whole cluster or in each namespace that it names. */
type Needs = (scope: Scope) => readonly Right[];

/** The verbs for an apply of a Secret. One that is replaced is made again. */
export const applyVerbs = ({ mayCreate, replace }: Pick<Settings, 'mayCreate' | 'replace'>): string[] => [
  ...(mayCreate || replace ? ['create'] : []),
  'patch',
];

/** The rights that the configuration of a target of this kind needs. */
export function neededRights(
  settings: Pick<Settings, 'secret' | 'replace' | 'mayCreate' | 'onlyWithImages' | 'serviceAccounts' | 'restartStuckPods' | 'events'>,
  scope: Scope,
): Right[] {
  const { secret, replace, mayCreate, onlyWithImages, serviceAccounts, restartStuckPods, events } = settings;
  const names = accountNames(settings);
  const ofAccounts = ['list', 'watch', ...(mayCreate ? ['patch'] : [])];
  return [
    ...(scope === 'cluster' ? [{ verbs: ['list', 'watch'], resource: 'namespaces' }] : []),
    { verbs: ['list', 'watch', ...applyVerbs(settings), ...(replace ? ['delete'] : [])], resource: 'secrets', names: [secret] },
    ...(serviceAccounts.length > 0 ? [{ verbs: ofAccounts, resource: 'serviceaccounts', ...(names && { names }) }] : []),
    ...(onlyWithImages || restartStuckPods
      ? [{ verbs: ['list', ...(onlyWithImages ? ['watch'] : []), ...(restartStuckPods ? ['delete'] : [])], resource: 'pods' }]
      : []),
    ...(events ? [eventsRight] : []),
  ];
}

const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/**
 * Asks the server whether the courier may do something. The first name is part of the question, as a rule may be
 * limited to it (recorded on 1.36.3). undefined: the server does not say. Every authenticated user may ask.
 */
export async function mayWe(api: Api, verb: string, { resource, names }: Right, namespace: string | undefined, signal: AbortSignal) {
  const attributes = { verb, resource, ...(names?.[0] !== undefined && { name: names[0] }), ...(namespace !== undefined && { namespace }) };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: attributes } };
  const answer = await api.ask('POST', reviews, { signal, reads: true, body });
  if (answer.status !== 201) return undefined;
  const { allowed } = mapOf(mapOf(answer.json<unknown>())['status']);
  return typeof allowed === 'boolean' ? allowed : undefined;
}

/**
 * Throws FORBIDDEN unless the courier has all of a right, and UNEXPECTED when the cluster does not say. It precedes a
 * step that only later steps can make good.
 */
export async function demandRights(api: Api, what: string, right: Right, namespace: string, signal: AbortSignal): Promise<void> {
  const answers = await Promise.all(right.verbs.map(verb => mayWe(api, verb, right, namespace, signal)));
  const refused = right.verbs.filter((_, at) => answers[at] === false);
  if (refused.length > 0) throw lacking(what, [{ namespace, right: { ...right, verbs: refused } }]);
  if (answers.includes(undefined))
    throw new Failure('UNEXPECTED', `The cluster does not say whether the courier may ${right.verbs.join(', ')} ${what}.`);
}

/**
 * How soon a refused look is repeated, in milliseconds: soon at first, because an API server that has just started
 * refuses everything for some seconds (seen on 1.36.3), and then every minute, because a right may come at any time.
 */
const refusedMs = { first: 2000, most: 60_000 } as const;

/** How long an answer without a missing right is cached, in milliseconds. */
const believedMs = 600_000;

/**
 * Tells which rights are missing. An answer without a missing right is cached for ten minutes, unless a request was
 * refused since.
 */
export interface Rights {
  /** Returns the missing rights. namespaces: those that are served one by one. undefined: the whole cluster. */
  lacks(namespaces: readonly string[] | undefined, signal: AbortSignal): Promise<readonly Lack[]>;
  /** Makes the cached answer invalid, as a request was refused. */
  doubt(): void;
  /** What was missing to tell tenants of a namespace when the rights were asked for last. */
  lacksEvents(namespace: string): Lack | undefined;
  /**
   * Whether other rights are missing than in the last answer. It asks again only where that answer is no longer valid.
   */
  haveChanged(signal: AbortSignal): Promise<boolean>;
  /** Notes how a look ended. Returns how soon it may be repeated, in milliseconds. */
  looked(how: 'seen' | 'refused'): number;
}

export function makeRights(api: Api, needs: Needs, clock: Clock): Rights {
  let known:
    | { readonly at: number; readonly namespaces: readonly string[] | undefined; readonly lacks: readonly Lack[]; doubted: boolean }
    | undefined;

  let refusedAt: number | undefined;

  async function askAnew(namespaces: readonly string[] | undefined, signal: AbortSignal): Promise<readonly Lack[]> {
    const lacks = await ask(api, needs, namespaces, signal);
    known = { at: clock.mono(), namespaces, lacks, doubted: false };
    return lacks;
  }

  const isBelieved = (one: NonNullable<typeof known>): boolean =>
    one.lacks.length === 0 && !one.doubted && clock.mono() - one.at < believedMs;

  return {
    async lacks(namespaces, signal) {
      const isSame = known && (known.namespaces?.join(' ') ?? '') === (namespaces?.join(' ') ?? '');
      return known && isSame && isBelieved(known) ? known.lacks : await askAnew(namespaces, signal);
    },
    doubt() {
      if (known) known.doubted = true;
    },
    lacksEvents: namespace =>
      known?.lacks.find(({ namespace: at, right }) => right.resource === eventsRight.resource && (at === undefined || at === namespace)),
    looked(how) {
      refusedAt = how === 'seen' ? undefined : (refusedAt ?? clock.mono());
      return Math.min(refusedMs.most, Math.max(refusedMs.first, clock.mono() - (refusedAt ?? clock.mono())));
    },
    async haveChanged(signal) {
      if (!known || isBelieved(known)) return false;
      const before = known;
      const lacks = await askAnew(before.namespaces, signal);
      return JSON.stringify(lacks) !== JSON.stringify(before.lacks);
    },
  };
}

/** The most namespaces to ask about: as many as can be watched. */
const mostAsked = mostWatched;

/** Splits a right by name, as a review concerns a single name. */
const oneByOne = ({ names, ...right }: Right): Right[] => names?.map(name => ({ ...right, names: [name] })) ?? [right];

async function ask(api: Api, needs: Needs, namespaces: readonly string[] | undefined, signal: AbortSignal): Promise<Lack[]> {
  const places = namespaces?.slice(0, mostAsked) ?? [undefined];
  const needed = needs(namespaces ? 'namespace' : 'cluster');
  const questions = places.flatMap(namespace =>
    needed.flatMap(oneByOne).flatMap(right => right.verbs.map(verb => ({ namespace, right, verb }))),
  );
  const answers = await inTurns(questions, ({ namespace, right, verb }) => mayWe(api, verb, right, namespace, signal));
  return lacksOf(questions.filter((_, at) => answers[at] === false));
}

interface Question {
  readonly namespace: string | undefined;
  /** The right, with one name at most. */
  readonly right: Right;
  readonly verb: string;
}

/** Groups refused questions: one lack for all verbs refused of a thing, and for all names that lack the same verbs. */
function lacksOf(refused: readonly Question[]): Lack[] {
  const things = groupsOf(refused, ({ namespace, right }) => [namespace, right]).map(group => {
    const [{ namespace, right }] = group;
    return { namespace, right: { ...right, verbs: group.map(({ verb }) => verb) } };
  });
  return groupsOf(things, ({ namespace, right }) => [namespace, right.resource, right.verbs]).map(group => {
    const [{ namespace, right }] = group;
    return { namespace, right: { ...right, ...(right.names && { names: group.flatMap(one => one.right.names ?? []) }) } };
  });
}

type Group<T> = readonly [T, ...T[]];
const groupsOf = <T>(items: readonly T[], key: (item: T) => readonly unknown[]): Group<T>[] =>
  [...Map.groupBy(items, item => JSON.stringify(key(item))).values()].flatMap(([first, ...more]) => (first ? [[first, ...more]] : []));

/** Whether the right to list or to watch something is among the missing ones. */
export const isLacking = (
  lacks: readonly Lack[],
  verb: 'list' | 'watch',
  { namespace, resource, name }: { readonly namespace: string | undefined; readonly resource: string; readonly name: string | undefined },
): boolean =>
  lacks.some(
    ({ namespace: at, right }) =>
      at === namespace && right.resource === resource && right.verbs.includes(verb) && (!right.names || right.names.includes(name ?? '')),
  );

export const lackFindings = (lacks: readonly Lack[], { finding }: Pick<Means, 'finding'>): Finding[] =>
  lacks.map(lack => {
    const { said, remedy } = lackSaid(lack);
    return finding(lack.right.verbs.every(verb => verb === 'watch') ? 'NOT_WATCHED' : 'RIGHT_MISSING', said, remedy);
  });

/** A missing right as a sentence, and what to do about it. */
export function lackSaid({ namespace, right }: Lack): { readonly said: string; readonly remedy: string } {
  const where = namespace === undefined ? 'in the cluster' : `in the namespace ${namespace}`;
  const named = right.names ? ` with the name ${right.names.join(', ')}` : '';
  return {
    said: `The courier may not ${right.verbs.join(', ')} ${right.resource}${named} ${where}.`,
    remedy: `Add this rule to ${roleOf(namespace)} of the courier: ${ruleOf(right)}`,
  };
}

const roleOf = (namespace: string | undefined): string =>
  namespace === undefined ? 'the ClusterRole' : `a Role in the namespace ${namespace}`;
