import type { Deps } from '../../../src/contract/adapter.ts';
import { Failure } from '../../../src/contract/failures.ts';
import type { Finding, Receipt, Slot } from '../../../src/contract/target.ts';
import { label } from '../../../src/contract/text.ts';
import type { Api } from '../api.ts';
import type { Way } from '../apply.ts';
import type { Code } from '../findings.ts';
import { podId } from '../names.ts';
import type { makeTeller } from '../notices.ts';
import type { Settings } from '../settings.ts';
import type { PodRef } from '../slots.ts';
import type { View } from '../view.ts';
import { makeChoices } from './choice.ts';
import { makeFollowing } from './following.ts';
import { wouldName, wouldStart } from './judge.ts';
import { makeLists } from './lists.ts';
import type { Nameless } from './pod.ts';
import { removePod } from './remove.ts';

/** How long a restart is told, in milliseconds, and how many of them. */
const toldMs = 3_600_000;
const mostTold = 20;
/** The most namespaces that are listed one by one where all can be listed at once. */
const mostSeparate = 8;

/** What the courier knows of pods that cannot pull because they lack the name of the Secret. */
export interface Restarts {
  /** Lists the pods of all namespaces of the view. Where that fails, what is known of them stands. */
  look(view: View, signal: AbortSignal): Promise<void>;
  /** Lists the pods of the namespaces whose turn it is, and returns these. */
  lookAgain(view: View, signal: AbortSignal): Promise<readonly string[]>;
  /** Records that a ServiceAccount of the namespace names the Secret from now on. */
  attached(namespace: string): void;
  /** The slots of the pods that should be restarted now. after: the slot of the Secret. */
  slotsOf(namespace: string, after: string): readonly Slot<PodRef>[];
  restart(ref: PodRef, view: View | undefined, way: Way, signal: AbortSignal): Promise<Receipt>;
  /** The restarts of the last hour. */
  findings(): readonly Finding[];
}

/** Throws MISCONFIGURED when no ServiceAccount is named. tell: undefined if tenants are not told. */
export function makeRestarts(api: Api, settings: Settings, deps: Deps<Code>, tell?: ReturnType<typeof makeTeller>): Restarts {
  if (settings.serviceAccounts.length === 0)
    throw new Failure('MISCONFIGURED', '`restartStuckPods` is about pods of `serviceAccounts`, and none is named.', {
      remedy: 'Name the ServiceAccounts that shall name the Secret, such as `serviceAccounts: [default]`.',
    });
  const { clock } = deps;
  const lists = makeLists(api, settings, deps);
  const choices = makeChoices(clock);
  const following = makeFollowing(clock);
  /** Pods whose replacements would have the name, by namespace. */
  const seen = new Map<string, readonly Nameless[]>();
  let told: readonly { readonly at: number; readonly finding: Finding }[] = [];

  async function lookAt(namespaces: readonly string[] | undefined, view: View, signal: AbortSignal): Promise<void> {
    // The Secrets matter more, so a list that fails does not fail the look. The next one comes soon.
    const found = await lists.all(namespaces, signal).catch(() => undefined);
    if (!found) return;
    const concerned = namespaces ?? new Set([...found.keys(), ...seen.keys(), ...following.due()]);
    for (const namespace of concerned) take(namespace, found.get(namespace) ?? [], view);
  }

  function take(namespace: string, found: readonly Nameless[], view: View): void {
    const pods = found.filter(pod => wouldName(pod, view));
    if (pods.length > 0) seen.set(namespace, pods);
    else seen.delete(namespace);
    const stuck = pods.filter(pod => wouldStart(pod, view, clock.wall()));
    const left = choices.choose(namespace, stuck, pods);
    following.looked(namespace, left > 0 ? 'some must wait' : pods.length > 0 ? 'some may become stuck' : 'nothing');
  }

  function report(pod: Nameless, way: Way): Finding {
    const images = [...new Set(pod.refused.map(({ image }) => label(image)))];
    const done = way === 'rehearsed' ? 'would be deleted' : 'was deleted';
    const said = `Pod ${pod.namespace}/${pod.name} ${done}: without the Secret it cannot pull ${images.join(' and ')}. Its ServiceAccount names the Secret by now, so the pod that ${label(pod.owner.title)} makes in its place can.`;
    const finding = deps.finding('POD_RESTARTED', said);
    if (way === 'rehearsed') return finding;
    deps.log.info('stuck pod deleted', { namespace: pod.namespace, pod: pod.name, owner: pod.owner.title, images });
    told = [...told, { at: clock.mono(), finding }].slice(-mostTold);
    return finding;
  }

  return {
    look: (view, signal) => lookAt(view.scope === 'cluster' ? undefined : [...view.namespaces.keys()], view, signal),
    async lookAgain(view, signal) {
      const due = following.due();
      const areFew = due.length <= mostSeparate || view.scope === 'namespaces';
      if (due.length > 0) await lookAt(areFew ? due : undefined, view, signal);
      return due;
    },
    attached: following.begin,
    slotsOf: (namespace, after) => (seen.get(namespace) ?? []).filter(({ uid }) => choices.isChosen(uid)).map(pod => slotOf(pod, after)),
    async restart(ref, view, way, signal) {
      const stuck = async (): Promise<Nameless | undefined> => {
        const pod = await lists.one(ref, signal);
        return pod && view && wouldStart(pod, view, clock.wall()) ? pod : undefined;
      };
      const removed = await removePod(api, stuck, way, signal);
      if (way === 'written') choices.done(ref.uid);
      if (!removed) return { change: 'unchanged' };
      const finding = report(removed, way);
      const notice = {
        topic: 'renewal',
        state: 'over',
        message: finding.message,
        remedy: '',
        since: new Date(clock.wall()),
        times: 1,
      } as const;
      // The pod is gone, whether that can be told or not.
      if (way === 'written') await tell?.({ ref, id: podId(ref.namespace, ref.name) }, notice, signal).catch(() => undefined);
      return { change: 'updated', findings: [finding] };
    },
    findings: () => told.filter(({ at }) => clock.mono() - at < toldMs).map(({ finding }) => finding),
  };
}

const slotOf = ({ namespace, name, uid }: Nameless, after: string): Slot<PodRef> => ({
  id: podId(namespace, name),
  title: `Pod ${namespace}/${name}`,
  registries: [],
  state: 'drifted',
  deed: 'restarted',
  after,
  ref: { kind: 'pod', namespace, name, uid },
});
