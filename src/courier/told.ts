import { longestLife } from '../contract/expiry.ts';
import type { Holds, Slot } from '../contract/target.ts';
import { type Entry, type Holding, isKept, type Moment, unknownFingerprint } from './ledger.ts';
import { asHolding, second } from './timing.ts';

/**
 * What the manager says that the slot holds, if it can tell. What we know of the same credential is better and stays.
 */
export function holdingsOf(
  slot: Slot,
  scopes: Entry['scopes'],
  now: Moment,
  deps: { serverNow(): number },
  known?: Entry,
): Entry['held'] | undefined {
  const { holds, registries, after } = slot;
  // A follower without registries holds what its leader does, or did before it had to wait.
  const places =
    registries.length === 0 && (after !== undefined || slot.waits)
      ? (known?.heldHosts ?? hostsTold(slot))
      : registries.map(({ host }) => host);
  const untold = slot.disturbs && !known && slot.state !== 'absent' ? freshSince(now) : undefined;
  if (!holds) return untold && places.map(() => untold);
  const serverNow = deps.serverNow();
  const readAs = (said: Holding, at: number): Holding => {
    const [held, kept] = [known?.held[at], scopes[at]?.kept];
    if (kept?.fingerprint === said.fingerprint) return kept;
    if (held?.fingerprint === said.fingerprint) return sooner(held, said);
    const oursEndsAt = endOfOurs(slot, held, kept, known);
    return oursEndsAt !== undefined && (after !== undefined || said.endsAt <= oursEndsAt) ? { ...said, foreign: { oursEndsAt } } : said;
  };
  if (isByHost(holds))
    return places.map((host, at) => {
      const one = holds.get(host);
      // Of a host that is not told, what we know goes on counting.
      return one ? readAs(asHolding(one, now, serverNow), at) : (known?.held[at] ?? untold);
    });
  const said = asHolding(holds, now, serverNow);
  // It is the fingerprint of one credential, where the slot may hold several.
  if (known?.held.some(held => held?.fingerprint === said.fingerprint)) return known.held.map(held => held && sooner(held, said));
  return places.map((_, at) => readAs(said, at));
}

/** The hosts of a follower without registries that was not written yet; one without a name where no host is told. */
export const hostsTold = ({ holds }: Slot): readonly string[] => (holds && isByHost(holds) ? [...holds.keys()] : ['']);

export const isByHost = (holds: NonNullable<Slot['holds']>): holds is ReadonlyMap<string, Holds> => holds instanceof Map;

/** The same credential by an earlier and by a later word of the manager: our clock may have been wrong then. */
function sooner(held: Holding, said: Holding): Holding {
  const applies = held.fingerprint === said.fingerprint && !isKept(held) && said.endsAt < held.endsAt - second;
  return applies ? { ...said, ...(held.foreign && { foreign: held.foreign }) } : held;
}

/**
 * The end of what we wrote there, or would write now; undefined where it was not us. Another courier with a newer one
 * is left in peace, but not at a follower: that must hold what its leader does, although a manager alone may know that.
 */
function endOfOurs({ after }: Slot, held: Holding | undefined, kept: Holding | undefined, known?: Entry): Moment | undefined {
  if (held?.foreign) return Math.max(held.foreign.oursEndsAt, kept?.endsAt ?? 0);
  return held && (isKept(held) || (after !== undefined && known?.heldHosts)) ? held.endsAt : undefined;
}

/**
 * What disturbs is not done at every start: what the slot holds is taken as fresh until the manager or the clock says
 * otherwise.
 */
function freshSince(now: Moment): Holding {
  const expiresAt = new Date(Number.NaN);
  return { fingerprint: unknownFingerprint, expiresAt, receivedAt: now, agesAt: now + longestLife / 2, endsAt: now + longestLife };
}
