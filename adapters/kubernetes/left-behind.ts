import type { Finding } from '../../src/contract/target.ts';
import { few } from '../../src/contract/text.ts';
import { contentOf, fingerprintsIn } from './content.ts';
import { contentAnnotation, dataKey, targetAnnotation } from './names.ts';
import { type Meta, ownersIn, owns, textOf } from './objects.ts';
import { isOurs, madeBy } from './owner.ts';
import type { Means, Settings } from './settings.ts';
import type { Draft } from './take.ts';

/** What tells whether anybody keeps a Secret fresh that is not among those of this target. */
export interface Leftover {
  /** Of the passwords that it holds. */
  readonly fingerprints: readonly string[];
  /** When somebody who keeps it fresh would have written it again, at the latest. In milliseconds. */
  readonly renewedBy: number;
}

/** undefined: no target of this name has written it, or it is being deleted. */
export function leftoverOf(meta: Meta, { target }: Pick<Settings, 'target'>): Leftover | undefined {
  if (meta.isEnding || !isOurs(meta) || madeBy(meta) !== target) return undefined;
  return renewalOf(meta);
}

/** As the annotation says, whoever wrote it. */
function renewalOf(meta: Meta): Leftover {
  const holds = [...contentOf(textOf(meta.annotations[contentAnnotation])).holds.values()];
  const end = Math.max(0, ...holds.map(({ expiresAt }) => expiresAt.getTime()));
  const writes = ownersIn(meta).flatMap(one => (owns(one, 'data', dataKey) ? (one.at?.getTime() ?? []) : []));
  // Half of a life is over when a courier renews it, and a third is left when one is late for good.
  const life = writes.length > 0 ? Math.max(0, end - Math.max(...writes)) : 0;
  return { fingerprints: holds.map(({ fingerprint }) => fingerprint), renewedBy: end - life / 3 };
}

/** The target of another name that keeps a Secret fresh, until when nobody else writes there. */
export interface Keeper {
  readonly target: string;
  readonly until: number;
}

/** undefined: nobody has said that it is another target's. */
export function keeperOf(meta: Meta, { target }: Pick<Settings, 'target'>): Keeper | undefined {
  const maker = madeBy(meta);
  if (!isOurs(meta) || maker === '' || maker === target) return undefined;
  // A courier writes both together. Whoever changes the one alone is none.
  const isSaid = ownersIn(meta).some(one =>
    [targetAnnotation, contentAnnotation].every(name => owns(one, 'metadata', 'annotations', name)),
  );
  return isSaid ? { target: maker, until: renewalOf(meta).renewedBy } : undefined;
}

/**
 * Whether a Secret that was written by a target of our name is left behind. Another courier may have a target of that
 * name: what it keeps fresh holds passwords that were never ours, and is renewed in time.
 */
export const isLeftBehind = ({ fingerprints, renewedBy }: Leftover, ours: ReadonlySet<string>, now: number): boolean =>
  fingerprints.some(one => ours.has(one)) || now >= renewedBy;

/** So many passwords are remembered: those of some days, of a few sources. */
const mostPasswords = 1000;

/**
 * Says which namespaces are not chosen any more, and still have a Secret that the target made. It remembers which
 * passwords the Secrets of the target held.
 */
export function leftBehindFinder(settings: Pick<Settings, 'secret'>, means: Means) {
  const passwords = new Set<string>();

  return ({ namespaces, secrets, made, ending, optedOut }: Draft, isKnown: (namespace: string) => boolean): Finding[] => {
    for (const print of fingerprintsIn([...namespaces.keys()].flatMap(namespace => secrets.get(namespace)?.content ?? []))) {
      passwords.delete(print);
      passwords.add(print);
    }
    for (const oldest of passwords) if (passwords.size > mostPasswords) passwords.delete(oldest);
    const left = [...made].filter(([namespace, leftover]) => {
      if (isKnown(namespace) || ending.has(namespace)) return false;
      return optedOut.has(namespace) || isLeftBehind(leftover, passwords, means.clock.wall());
    });
    return left.length > 0 ? [findingOf(left.map(([namespace]) => namespace).sort(), settings, means)] : [];
  };
}

const most = 20;

function findingOf(namespaces: readonly string[], { secret }: Pick<Settings, 'secret'>, { finding }: Means): Finding {
  const named = few(namespaces, most);
  const where = namespaces.length === 1 ? `the namespace ${named}, which is` : `namespaces that are`;
  const which = namespaces.length === 1 ? '' : `: ${named}`;
  return finding('LEFT_BEHIND', `The Secret ${secret} of the courier is still in ${where} not chosen any more${which}.`);
}
