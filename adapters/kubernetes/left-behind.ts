import type { Finding } from '../../src/contract/target.ts';
import { few } from '../../src/contract/text.ts';
import { contentOf, fingerprintsIn } from './content.ts';
import { contentAnnotation, dataKey, targetAnnotation } from './names.ts';
import { type Meta, ownersIn, owns, textOf } from './objects.ts';
import { isOurs, madeBy } from './owner.ts';
import type { Means, Settings } from './settings.ts';
import type { Draft } from './take.ts';

/** What tells whether a Secret outside the namespaces of this target is still kept fresh. */
export interface Leftover {
  /** Fingerprints of the passwords that the Secret holds. */
  readonly fingerprints: readonly string[];
  /** The latest time at which a courier that keeps it fresh would have renewed it. In milliseconds since the epoch. */
  readonly renewedBy: number;
}

/** Reads a Secret as a leftover of this target. undefined: no target of this name wrote it, or it is being deleted. */
export function leftoverOf(meta: Meta, { target }: Pick<Settings, 'target'>): Leftover | undefined {
  if (meta.isEnding || !isOurs(meta) || madeBy(meta) !== target) return undefined;
  return renewalOf(meta);
}

/** Passwords and renewal as the annotation describes them, whichever manager wrote it. */
function renewalOf(meta: Meta): Leftover {
  const holds = [...contentOf(textOf(meta.annotations[contentAnnotation])).holds.values()];
  const end = Math.max(0, ...holds.map(({ expiresAt }) => expiresAt.getTime()));
  const writes = ownersIn(meta).flatMap(one => (owns(one, 'data', dataKey) ? (one.at?.getTime() ?? []) : []));
  // A courier renews a credential after half of its life. With a third left, it is late for good.
  const life = writes.length > 0 ? Math.max(0, end - Math.max(...writes)) : 0;
  return { fingerprints: holds.map(({ fingerprint }) => fingerprint), renewedBy: end - life / 3 };
}

/** A target of another name that keeps a Secret fresh, and until when this target leaves the Secret to it. */
export interface Keeper {
  readonly target: string;
  readonly until: number;
}

/** The other target that keeps a Secret fresh. undefined: no courier has recorded another target. */
export function keeperOf(meta: Meta, { target }: Pick<Settings, 'target'>): Keeper | undefined {
  const maker = madeBy(meta);
  if (!isOurs(meta) || maker === '' || maker === target) return undefined;
  // A courier writes both annotations together. A manager that owns only one of them is not a courier.
  const isSaid = ownersIn(meta).some(one =>
    [targetAnnotation, contentAnnotation].every(name => owns(one, 'metadata', 'annotations', name)),
  );
  return isSaid ? { target: maker, until: renewalOf(meta).renewedBy } : undefined;
}

/**
 * Whether a Secret written by a target of our name is left behind. Another courier may have a target of the same name.
 * The Secrets that it keeps fresh hold passwords that were never ours, and are renewed in time.
 */
export const isLeftBehind = ({ fingerprints, renewedBy }: Leftover, ours: ReadonlySet<string>, now: number): boolean =>
  fingerprints.some(one => ours.has(one)) || now >= renewedBy;

/** How many passwords are remembered: those of a few sources over some days. */
const mostPasswords = 1000;

/** The namespaces that are no longer chosen but still have a Secret of the target. */
interface Left {
  /** Those whose owners should be told: each is a slot. */
  readonly left: ReadonlySet<string>;
  /** The finding on those that every courier must leave alone, in which nobody is told. */
  readonly findings: readonly Finding[];
}

/**
 * Returns a function that finds the namespaces with Secrets that are left behind. It remembers which passwords the
 * Secrets of the target held.
 */
export function leftBehindFinder(settings: Pick<Settings, 'secret'>, means: Means) {
  const passwords = new Set<string>();

  return ({ namespaces, secrets, made, ending, optedOut }: Draft, isKnown: (namespace: string) => boolean): Left => {
    for (const print of fingerprintsIn([...namespaces.keys()].flatMap(namespace => secrets.get(namespace)?.content ?? []))) {
      passwords.delete(print);
      passwords.add(print);
    }
    for (const oldest of passwords) if (passwords.size > mostPasswords) passwords.delete(oldest);
    const unknown = [...made].filter(([namespace]) => !isKnown(namespace) && !ending.has(namespace));
    const alone = unknown.flatMap(([namespace]) => (optedOut.has(namespace) ? namespace : []));
    const left = unknown.flatMap(([namespace, leftover]) =>
      !optedOut.has(namespace) && isLeftBehind(leftover, passwords, means.clock.wall()) ? namespace : [],
    );
    return { left: new Set(left), findings: alone.length > 0 ? [findingOf(alone.sort(), settings, means)] : [] };
  };
}

const most = 20;

function findingOf(namespaces: readonly string[], { secret }: Pick<Settings, 'secret'>, { finding }: Means): Finding {
  const named = few(namespaces, most);
  const where = namespaces.length === 1 ? `the namespace ${named}, which is` : `namespaces that are`;
  const which = namespaces.length === 1 ? '' : `: ${named}`;
  return finding('LEFT_BEHIND', `The Secret ${secret} of the courier is still in ${where} not chosen any more${which}.`);
}
