import { Failure } from '../../src/contract/failures.ts';
import { inTurns } from '../common/turns.ts';
import type { Api } from './api.ts';
import { explicitNames } from './choice.ts';
import { leftBehindFinder } from './left-behind.ts';
import { choiceOf } from './namespace.ts';
import { crowdWatch } from './pods.ts';
import { isLacking, lackFindings, mayWe, mostWatched, type Rights } from './rights.ts';
import type { Lack, Right } from './rules.ts';
import { lookInside, readSecret, wantsLook } from './secrets.ts';
import type { Served } from './served.ts';
import type { Means, Settings } from './settings.ts';
import { type Draft, emptyView, makeTakers, secretsRight } from './take.ts';
import { ask, type View } from './view.ts';
import { withRights } from './with-rights.ts';

/** The most Secrets with changes of other writers that one look reads. */
const mostLooks = 500;
/**
 * Returns a function that looks at a cluster: at the namespaces, and at the Secret of our name in all of them with one
 * list. With rights in single namespaces alone, which the options must then name one by one, it looks at each of them
 * separately.
 */
export function makeLook(
  api: Api,
  settings: Settings,
  means: Means,
  { served, rights, former }: { served: Served; rights: Rights; former: () => View | undefined },
) {
  const names = explicitNames(settings, settings.namespaceSelector);
  const takers = makeTakers(api, settings, means);
  const countCrowds = crowdWatch(api, settings, means);
  const leftBehind = leftBehindFinder(settings, means);

  async function lookAtAll(signal: AbortSignal): Promise<Draft> {
    const view = emptyView('cluster', settings);
    await Promise.all([takers.namespaces(view, signal), takers.rest(view, undefined, signal)]);
    return view;
  }

  async function lookAtEach(namespaces: readonly string[], signal: AbortSignal): Promise<Draft> {
    const view = emptyView('namespaces', settings);
    const refusals = await inTurns(namespaces, namespace =>
      lookAtOne(view, namespace, signal).then(
        () => undefined,
        (error: unknown) => refusedIn(view, namespace, error),
      ),
    );
    const [first] = refusals.flatMap(refused => refused ?? []);
    if (first && refusals.every(Boolean)) throw first;
    return view;
  }

  /** Looks at a namespace that the options name. */
  async function lookAtOne(view: Draft, namespace: string, signal: AbortSignal): Promise<unknown> {
    const chosen = await choiceOf(api, settings, namespace, signal);
    if (chosen === 'missing') view.findings.push(means.finding('NAMESPACE_MISSING', `The namespace ${namespace} is not there.`));
    if (chosen === 'left alone') {
      view.optedOut.add(namespace);
      return await takers.secret(view, namespace, signal).catch(unlessForbidden);
    }
    if (typeof chosen === 'string') return undefined;
    view.namespaces.set(namespace, chosen);
    return await takers.rest(view, namespace, signal);
  }

  function refusedIn(view: Draft, namespace: string, error: unknown): Failure {
    if (!(error instanceof Failure) || error.code !== 'FORBIDDEN') throw error;
    view.unseen.push(namespace);
    view.namespaces.delete(namespace);
    view.findings.push(means.finding('NAMESPACE_REFUSED', error.message, error.remedy));
    return error;
  }

  /** Reads Secrets that another writer has changed, and notes what a person should know of them. */
  async function lookIntoEdited(view: Draft, signal: AbortSignal): Promise<void> {
    const { namespaces, secrets } = view;
    const edited = [...secrets].filter(([namespace, found]) => namespaces.has(namespace) && wantsLook(found)).slice(0, mostLooks);
    await inTurns(edited, async ([namespace]) => {
      const stored = await readSecret(api, settings, namespace, signal);
      const hosts = served(namespace, view);
      if (stored) secrets.set(namespace, lookInside(stored, hosts ?? [], settings, means));
      else secrets.delete(namespace);
    });
  }

  return async (signal: AbortSignal): Promise<View> => {
    const separate = names && !(await mayListAll(api, settings, signal)) ? names : undefined;
    const [asked, draft] = await withRights(
      () => rights.lacks(separate, signal),
      separate ? lookAtEach(separate, signal) : lookAtAll(signal),
      rights,
    );
    const { refused, made: _made, ending: _ending, optedOut: _optedOut, ...view } = draft;
    const known = (namespace: string): boolean => view.namespaces.has(namespace) || view.unseen.includes(namespace);
    for (const [namespace, hosts] of former()?.asked ?? []) if (known(namespace)) ask(view, namespace, hosts);
    await lookIntoEdited(draft, signal);
    const crowded = await countCrowds(signal);
    // A Role cannot be created in a namespace that does not exist.
    const lacks = [...asked, ...refused.filter(one => !isAmong(asked, one))].filter(
      ({ namespace }) => namespace === undefined || known(namespace),
    );
    const allowed = view.streams.filter(({ kind, ...stream }) => !isLacking(lacks, 'watch', { ...stream, resource: kind }));
    const streams = allowed.slice(0, mostWatched);
    const { left, findings: alone } = leftBehind(draft, known);
    const findings = [...lackFindings(lacks, means), ...view.findings, ...alone, ...crowded];
    if (streams.length < allowed.length) findings.push(means.finding('NOT_WATCHED', tooMany(allowed.length), tooManyRemedy));
    return { ...view, left, streams, findings };
  };
}

async function mayListAll(api: Api, settings: Settings, signal: AbortSignal): Promise<boolean> {
  const rights: readonly Right[] = [{ verbs: ['list'], resource: 'namespaces' }, secretsRight(settings)];
  const answers = await Promise.all(rights.map(right => mayWe(api, 'list', right, undefined, signal)));
  return answers.every(answer => answer === true);
}

/** Whether the review of rights has already reported a refused list. */
const isAmong = (lacks: readonly Lack[], { namespace, right }: Lack): boolean =>
  isLacking(lacks, 'list', { namespace, resource: right.resource, name: right.names?.[0] });

/** Ignores FORBIDDEN, as the result is only for people. */
function unlessForbidden(error: unknown): void {
  if (!(error instanceof Failure) || error.code !== 'FORBIDDEN') throw error;
}

const tooMany = (count: number): string =>
  `Of ${count} lists of single namespaces ${mostWatched} are watched. The others are looked at every minute.`;
const tooManyRemedy =
  'Give the courier the rights in the whole cluster, so that one watch is enough, or split the namespaces between targets.';
