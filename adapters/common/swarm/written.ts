import type { Deps } from '../../../src/contract/adapter.ts';
import { type Credential, fingerprint } from '../../../src/contract/credential.ts';
import { longestLife } from '../../../src/contract/expiry.ts';
import type { Holds } from '../../../src/contract/target.ts';
import { type Gap, type Known, readKnown } from './known.ts';
import type { Service } from './service.ts';

/** The result of a write of ours. */
export interface Write extends Pick<Known, 'isHalf'> {
  /** undefined if the written credential is unknown. */
  readonly credential: Credential | undefined;
  readonly gap: Gap | undefined;
}

/** The author of the last write to a service, as far as we know. */
export interface Standing {
  /**
   * ours: our login is in place. half ours: so it is, but a rollback would return to a foreign one. theirs: another
   * client wrote after us. foreign: another client wrote since we first saw it, and we never did. unknown: nothing is
   * known of former writes.
   */
  readonly by: 'ours' | 'half ours' | 'theirs' | 'foreign' | 'unknown';
  readonly holds?: Holds;
  /** theirs: the login that we wrote last, which the other client may have kept. */
  readonly wrote?: Holds;
  /**
   * The latest end of its login, in milliseconds since the epoch; undefined if unknown. theirs: the end of our login,
   * which the other client may have kept.
   */
  readonly endsAt?: number;
  readonly gap?: Gap;
}

/**
 * Remembers which versions of services we wrote with which login, because a login cannot be read back. Survives a
 * restart if something may be kept on disk.
 */
export interface Written {
  /** Reads the memory of the former process, once. */
  recall(): Promise<void>;
  /**
   * Tells who wrote the service last. listed: later changes are writes of other clients. recommitted: it is listed with
   * a version that other services have too, so no client wrote it.
   */
  look(service: Service, seen: 'listed' | 'recommitted' | 'alone'): Standing;
  /** Whether the service is older than the version that we know. */
  isOlder(service: Pick<Service, 'id' | 'version'>): boolean;
  wrote(service: Service, write: Write): void;
  /** Whether our own update started the present roll-out, so that no other version could go on. */
  isOwnRollout(service: Service): boolean;
  /** Records that another client wrote just after us. */
  overtaken(service: Service, write: Write): void;
  /** Drops all services except these. */
  keep(ids: ReadonlySet<string>): void;
}

/** How long a gap is reported unless the service is redeployed, in milliseconds. */
const toldFor = 24 * 3_600_000;

export function makeWritten({ memory, clock }: Pick<Deps, 'memory' | 'clock'>): Written {
  let known = new Map<string, Known>();
  /** The last listed state in this process, by service id. */
  const listed = new Map<string, string>();
  let recalled: Promise<void> | undefined;

  async function recallOnce(): Promise<void> {
    known = new Map(readKnown(await memory.recall()));
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

  /** Adopts a version that no client wrote, if nothing else has changed. */
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
    isOlder: ({ id, version }) => version < (known.get(id)?.version ?? 0),
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

/** A text that changes with every write of another client, apart from the version. */
const stateOf = ({ spec, previous, rollout, rolledAt }: Service): string => [spec, previous, rollout, rolledAt].join(' ');

/** The latest end of a login that came with the last write, by the longest life of an ECR token. */
export const lastEnd = ({ writtenAt }: Pick<Service, 'writtenAt'>): number => writtenAt + longestLife;
const endOf = (service: Service): Pick<Standing, 'endsAt'> => (Number.isNaN(service.writtenAt) ? {} : { endsAt: lastEnd(service) });

/** Whether the service was rolled back, so that its login is the former one. The next write clears this state. */
const isRolledBack = ({ rollout }: Pick<Service, 'rollout'>): boolean => rollout.startsWith('rollback');

/**
 * Whether the service only goes on with our own roll-out. Our update lets rejected tasks start, which Swarm treats as a
 * roll-out until each of them has found a node. The login is still ours.
 */
const isGoneOn = (known: Known, service: Service): boolean => known.version !== undefined && isSetOffBy(known, service);

/** A roll-out begins within this time after its update, by the same clock. In milliseconds. */
const soonAfter = 5_000;

/**
 * Whether our update started the roll-out. A later write of another client leaves another PreviousSpec, clears the
 * state of the roll-out, or starts another one. After an automatic rollback Swarm keeps no PreviousSpec.
 */
function isSetOffBy({ ours, spec, at = Number.NaN }: Known, service: Service): boolean {
  const previous = isRolledBack(service) ? 'none' : 'same';
  const isSame = ours !== undefined && service.spec === spec && service.previous === previous;
  return isSame && Math.abs(service.rolledAt - at) <= soonAfter;
}
