import type { Clock } from '../../../src/contract/clock.ts';
import type { Nameless } from './pod.ts';

/** How many pods are restarted in a minute, in one namespace and in all. */
const mostInNamespace = 5;
const mostInAll = 30;
const minuteMs = 60_000;
/** How long a pod holds its place while it cannot be deleted. Then it rests for a minute, so that others come first. */
const patienceMs = 10 * minuteMs;
/** How many owners are remembered. The oldest is forgotten. */
const mostOwners = 1000;

/** Chooses which stuck pods are restarted now: a few a minute, and none that only replaces one that was restarted. */
interface Choices {
  /**
   * Chooses among the pods of a namespace: the oldest first, and last those that could not be deleted. Returns how many
   * must wait. stuck: those that a restart would help. all: all that lack the name. Those of an owner that are there at
   * its first restart may be restarted.
   */
  choose(namespace: string, stuck: readonly Nameless[], all: readonly Nameless[]): number;
  isChosen(uid: string): boolean;
  /** Records that a chosen pod was restarted, or needs no restart any more. */
  done(uid: string): void;
}

export function makeChoices({ mono }: Pick<Clock, 'mono'>): Choices {
  const chosen = new Map<string, { readonly namespace: string; at: number; isDone: boolean }>();
  /** When pods gave up their places, by their uid. */
  const tried = new Map<string, { readonly namespace: string; readonly at: number }>();
  /** When the newest pod of an owner was created that is not a replacement, by the uid of the owner. */
  const newest = new Map<string, number>();

  function forgetFormer(namespace: string, all: readonly Nameless[]): void {
    const there = new Set(all.map(({ uid }) => uid));
    for (const [uid, one] of chosen) {
      if (one.namespace === namespace && !there.has(uid)) one.isDone = true;
      if (one.isDone && mono() - one.at >= minuteMs) chosen.delete(uid);
    }
    for (const [uid, one] of tried) if (one.namespace === namespace && !there.has(uid)) tried.delete(uid);
  }

  /** Frees the places of pods that cannot be deleted, in whichever namespace, as all others would wait for them. */
  function giveUpPlaces(): void {
    for (const [uid, { namespace, at, isDone }] of chosen) {
      if (isDone || mono() - at < patienceMs) continue;
      chosen.delete(uid);
      tried.set(uid, { namespace, at: mono() });
    }
  }

  const rests = ({ uid }: Nameless): boolean => mono() - (tried.get(uid)?.at ?? -Infinity) < minuteMs;
  const byTurn = (a: Nameless, b: Nameless): number =>
    (tried.get(a.uid)?.at ?? 0) - (tried.get(b.uid)?.at ?? 0) || a.createdAt - b.createdAt;

  const countOf = (namespace?: string): number =>
    [...chosen.values()].filter(one => namespace === undefined || one.namespace === namespace).length;

  function isReplacement({ owner, createdAt }: Nameless): boolean {
    const known = newest.get(owner.uid);
    return known !== undefined && createdAt > known;
  }

  function noteOwner(owner: Nameless['owner'], all: readonly Nameless[]): void {
    if (newest.has(owner.uid)) return;
    const [oldest] = newest.keys();
    if (newest.size >= mostOwners && oldest !== undefined) newest.delete(oldest);
    newest.set(owner.uid, Math.max(...all.filter(pod => pod.owner.uid === owner.uid).map(({ createdAt }) => createdAt)));
  }

  return {
    choose(namespace, stuck, all) {
      forgetFormer(namespace, all);
      giveUpPlaces();
      const due = stuck.filter(pod => !chosen.has(pod.uid) && !isReplacement(pod)).toSorted(byTurn);
      const ready = due.filter(pod => !rests(pod));
      const now = ready.slice(0, Math.max(0, Math.min(mostInNamespace - countOf(namespace), mostInAll - countOf())));
      for (const { uid, owner } of now) {
        noteOwner(owner, all);
        chosen.set(uid, { namespace, at: mono(), isDone: false });
      }
      return due.length - now.length;
    },
    isChosen: uid => chosen.get(uid)?.isDone === false,
    done(uid) {
      const one = chosen.get(uid);
      if (!one) return;
      one.isDone = true;
      one.at = mono();
    },
  };
}
