import type { Clock } from '../../src/contract/clock.ts';
import type { Finding } from '../../src/contract/target.ts';
import { inTurns } from '../common/turns.ts';
import { accountNames } from './accounts.ts';
import type { Api } from './api.ts';
import { mapOf } from './objects.ts';
import { type Right, ruleOf } from './rules.ts';
import type { Means, Settings } from './settings.ts';

/** Rights that are missing, by where they are needed; undefined: in the whole cluster. */
export interface Lack {
  readonly namespace: string | undefined;
  readonly right: Right;
}
export interface Rights {
  readonly lacks: readonly Lack[];
  /** What is listed may be watched, too. */
  readonly canWatch: boolean;
}

/** Whose images a namespace runs. */
export const podsRight: Right = { verbs: ['list', 'watch'], resource: 'pods' };
/** Not needed, and used where it is granted: to count how many Secrets go with one image on one node. */
export const countRight: Right = { verbs: ['list'], resource: 'pods' };
/** Not needed, and used where it is granted, in a namespace that somebody has named: to see its annotations. */
export const namespaceRight = (namespace: string): Right => ({ verbs: ['get'], resource: 'namespaces', names: [namespace] });

/** What the configuration needs. */
export function neededRights(
  settings: Pick<Settings, 'secret' | 'replace' | 'onlyWithImages' | 'serviceAccounts'>,
  scope: 'cluster' | 'namespace',
): Right[] {
  const { secret, replace, onlyWithImages, serviceAccounts } = settings;
  const names = accountNames(settings);
  return [
    ...(scope === 'cluster' ? [{ verbs: ['list', 'watch'], resource: 'namespaces' }] : []),
    { verbs: ['list', 'watch', 'create', 'patch', ...(replace ? ['delete'] : [])], resource: 'secrets', names: [secret] },
    ...(serviceAccounts.length > 0 ? [{ verbs: ['list', 'watch', 'patch'], resource: 'serviceaccounts', ...(names && { names }) }] : []),
    ...(onlyWithImages ? [podsRight] : []),
  ];
}

const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/**
 * Whether we may do this: with the name, as a rule may be limited to it (recorded on 1.36.3). undefined: it is not
 * known. Everybody who has logged in may ask.
 */
export async function mayWe(api: Api, verb: string, { resource, names }: Right, namespace: string | undefined, signal: AbortSignal) {
  const attributes = { verb, resource, ...(names?.[0] !== undefined && { name: names[0] }), ...(namespace !== undefined && { namespace }) };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: attributes } };
  const answer = await api.ask('POST', reviews, { signal, reads: true, body });
  if (answer.status !== 201) return undefined;
  const { allowed } = mapOf(mapOf(answer.json<unknown>())['status']);
  return typeof allowed === 'boolean' ? allowed : undefined;
}

/** So long an answer without a lack is believed. In milliseconds. */
const believedMs = 600_000;

/** Asks for all rights that the configuration needs: every ten minutes, and at each look while one is missing. */
export function rightsReader(api: Api, settings: Settings, clock: Clock) {
  let known: { readonly at: number; readonly of: string; readonly rights: Rights } | undefined;

  return async (namespaces: readonly string[] | undefined, signal: AbortSignal): Promise<Rights> => {
    const of = namespaces?.join(' ') ?? '';
    if (known && known.of === of && known.rights.lacks.length === 0 && clock.mono() - known.at < believedMs) return known.rights;
    const rights = await ask(api, settings, namespaces, signal);
    known = { at: clock.mono(), of, rights };
    return rights;
  };
}

/** Of so many namespaces at most. */
const mostAsked = 50;

async function ask(api: Api, settings: Settings, namespaces: readonly string[] | undefined, signal: AbortSignal): Promise<Rights> {
  const places = namespaces?.slice(0, mostAsked) ?? [undefined];
  const needed = neededRights(settings, namespaces ? 'namespace' : 'cluster');
  const questions = places.flatMap(namespace => needed.flatMap(right => right.verbs.map(verb => ({ namespace, right, verb }))));
  const answers = await inTurns(questions, ({ namespace, right, verb }) => mayWe(api, verb, right, namespace, signal));
  const refused = questions.filter((_, at) => answers[at] === false);
  const lacks = places.flatMap(namespace =>
    needed.flatMap((right): Lack[] => {
      const verbs = refused.filter(one => one.right === right && one.namespace === namespace).map(({ verb }) => verb);
      return verbs.length > 0 ? [{ namespace, right: { ...right, verbs } }] : [];
    }),
  );
  return { lacks, canWatch: !refused.some(({ verb }) => verb === 'watch' || verb === 'list') };
}

export function lackFindings(lacks: readonly Lack[], { finding }: Pick<Means, 'finding'>): Finding[] {
  return lacks.map(({ namespace, right }) => {
    const isWatch = right.verbs.every(verb => verb === 'watch');
    const where = namespace === undefined ? 'in the cluster' : `in the namespace ${namespace}`;
    const named = right.names ? ` with the name ${right.names.join(', ')}` : '';
    const said = `The courier may not ${right.verbs.join(', ')} ${right.resource}${named} ${where}.`;
    return finding(
      isWatch ? 'NOT_WATCHED' : 'RIGHT_MISSING',
      said,
      `Add this rule to ${roleOf(namespace)} of the courier: ${ruleOf(right)}`,
    );
  });
}

const roleOf = (namespace: string | undefined): string =>
  namespace === undefined ? 'the ClusterRole' : `a Role in the namespace ${namespace}`;
