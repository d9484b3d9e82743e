import type { Deps } from '../../../src/contract/adapter.ts';
import { type Credential, fingerprint } from '../../../src/contract/credential.ts';
import { longestLife } from '../../../src/contract/expiry.ts';
import type { Holds } from '../../../src/contract/target.ts';
import { type Gap, type Known, readKnown } from './known.ts';
import type { Service } from './service.ts';

/** What a write of ours came to. */
export interface Write extends Pick<Known, 'isHalf'> {
  /** undefined where nobody says what was written. */
  readonly credential: Credential | undefined;
  readonly gap: Gap | undefined;
}

/** How the last write to a service looks from here. */
export interface Standing {
  /**
   * ours: what we wrote lies there; half ours: a rollback would return to a login of others all the same. theirs:
   * somebody wrote after us. foreign: somebody wrote since we saw it first, and we never did. unknown: nothing is known
   * of former writes.
   */
  readonly by: 'ours' | 'half ours' | 'theirs' | 'foreign' | 'unknown';
  readonly holds?: Holds;
  /** theirs: what we wrote last. Whoever wrote after us may have kept it. */
  readonly wrote?: Holds;
  /**
   * When what it holds has ended at the latest, in milliseconds since the epoch; undefined where nobody knows. theirs:
   * when our login ends, which their write may have kept.
   */
  readonly endsAt?: number;
  readonly gap?: Gap;
}

/**
 * Which versions of which services we wrote, and with what: nobody can read a login back. It outlives the process where
 * something may be kept on disk.
 */
export interface Written {
  /** Reads what a process before this one knew, once. */
  recall(): Promise<void>;
  /**
   * listed: whatever comes after is somebody's write. recommitted: it is listed with a version that others have as
   * well, so nobody has written to it.
   */
  look(service: Service, seen: 'listed' | 'recommitted' | 'alone'): Standing;
  wrote(service: Service, write: Write): void;
  /** Our own update has set off the roll-out that it is at, so there is no other version that could go on. */
  isOwnRollout(service: Service): boolean;
  /** Somebody wrote to it just after we did. */
  overtaken(service: Service, write: Write): void;
  /** Forgets all services but these. */
  keep(ids: ReadonlySet<string>): void;
}

/** So long a gap is told, unless the service is deployed anew. In milliseconds. */
const toldFor = 24 * 3_600_000;

export function makeWritten({ memory, clock }: Pick<Deps, 'memory' | 'clock'>): Written {
  let known = new Map<string, Known>();
  /** What was last listed in this process, by the ids of services. */
  const listed = new Map<string, string>();
  let recalled: Promise<void> | undefined;

  async function recallOnce(): Promise<void> {
    const before = readKnown(await memory.recall());
    known = new Map([...before, ...known]);
  }

  function set(id: string, one: Known): void {
    known.set(id, one);
    if (one.ours) memory.remember(JSON.stringify(Object.fromEntries([...known].filter(([, { ours }]) => ours))));
  }

  function note(service: Service, version: Known['version'], { credential, gap, isHalf }: Write): void {
    const { id, spec, writtenAt: at } = service;
    const ours = credential && { fingerprint: fingerprint(credential), expiresAt: credential.expiresAt.getTime() };
    const facts = { ...(!Number.isNaN(at) && { at }), ...(ours && { ours }), ...(gap && { gap }), ...(isHalf && { isHalf }) };
    set(id, { version, spec, ...facts });
    listed.set(id, stateOf(service));
  }

  /** A version that nobody has written takes the place of the one before, where nothing else is new. */
  function follow(service: Service, before: Known): Known {
    if (before.version === undefined || before.version === service.version || listed.get(service.id) !== stateOf(service)) return before;
    const now = { ...before, version: service.version };
    set(service.id, now);
    return now;
  }

  return {
    recall: () => (recalled ??= recallOnce()),
    look(service, seen) {
      const found = known.get(service.id);
      const before = found && seen === 'recommitted' ? follow(service, found) : found;
      if (seen !== 'alone') listed.set(service.id, stateOf(service));
      if (!before) {
        if (seen !== 'alone') known.set(service.id, { version: service.version, spec: service.spec });
        return { by: 'unknown', ...endOf(service) };
      }
      const { ours, gap, isHalf } = before;
      const wrote = ours && { fingerprint: ours.fingerprint, expiresAt: new Date(ours.expiresAt) };
      if (isRolledBack(service) || (before.version !== service.version && !isGoneOn(before, service)))
        return ours && wrote ? { by: 'theirs', wrote, endsAt: ours.expiresAt } : { by: 'foreign', ...endOf(service) };
      if (!ours || !wrote) return { by: 'unknown', ...endOf(service) };
      return {
        by: isHalf ? 'half ours' : 'ours',
        holds: wrote,
        endsAt: ours.expiresAt,
        ...(gap && clock.wall() - gap.until < toldFor && { gap }),
      };
    },
    wrote: (service, write) => note(service, service.version, write),
    isOwnRollout(service) {
      const before = known.get(service.id);
      return before !== undefined && isSetOffBy(before, service);
    },
    overtaken: (service, write) => note(service, undefined, write),
    keep(ids) {
      for (const map of [known, listed]) for (const id of map.keys()) if (!ids.has(id)) map.delete(id);
    },
  };
}

/** What a write of somebody else would change, but for the version. */
const stateOf = ({ spec, previous, rollout, rolledAt }: Service): string => [spec, previous, rollout, rolledAt].join(' ');

/** A token lives no longer than ECR lets it, so what somebody brought with the last write has ended by then. */
export const lastEnd = ({ writtenAt }: Pick<Service, 'writtenAt'>): number => writtenAt + longestLife;
const endOf = (service: Service): Pick<Standing, 'endsAt'> => (Number.isNaN(service.writtenAt) ? {} : { endsAt: lastEnd(service) });

/** Each write to a service takes that away. So its login is the one before, whatever was written and the Spec says. */
export const isRolledBack = ({ rollout }: Pick<Service, 'rollout'>): boolean => rollout.startsWith('rollback');

/**
 * Our update lets tasks start that were refused, and Swarm notes that as any roll-out: it goes on for as long as one of
 * them finds no node. The login is still ours then.
 */
const isGoneOn = (known: Known, service: Service): boolean => known.version !== undefined && isSetOffBy(known, service);

/** A roll-out begins so soon after the update that sets it off, by one and the same clock. In milliseconds. */
const soonAfter = 5_000;

/**
 * Our update has set that roll-out off. Any later write by somebody else leaves another Spec before it, takes the state
 * of the roll-out away, or begins another one. Swarm keeps no Spec to return to when it has rolled back by itself.
 */
function isSetOffBy({ ours, spec, at = Number.NaN }: Known, service: Service): boolean {
  const previous = isRolledBack(service) ? 'none' : 'same';
  const isSame = ours !== undefined && service.spec === spec && service.previous === previous;
  return isSame && Math.abs(service.rolledAt - at) <= soonAfter;
}
