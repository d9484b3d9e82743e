import { longestLife } from '../contract/expiry.ts';
import type { Holds, Slot } from '../contract/target.ts';
import { type Entry, type Holding, isKept, type Moment, unknownFingerprint } from './ledger.ts';
import { asHolding, second } from './timing.ts';

/** What the slot holds according to the manager, if it can tell. Our own knowledge of the same credential is kept. */
export function holdingsOf(
  slot: Slot,
  scopes: Entry['scopes'],
  now: Moment,
  deps: { serverNow(): number },
  known?: Entry,
): Entry['held'] | undefined {
  const { holds, registries, after } = slot;
  const own = registries.map(({ host }) => host);
  // A follower holds what its leader holds, or held before the follower had to wait, whatever its own registries are.
  const places = after !== undefined || slot.waits ? (known?.heldHosts ?? (own.length > 0 ? own : reportedHosts(slot))) : own;
  const unreported = slot.disturbs && !known && slot.state !== 'absent' ? freshSince(now) : undefined;
  if (!holds) return unreported && places.map(() => unreported);
  const serverNow = deps.serverNow();
  const readAs = (said: Holding, at: number): Holding => {
    const [held, kept] = [known?.held[at], scopes[own.indexOf(places[at] ?? '')]?.kept];
    if (kept?.fingerprint === said.fingerprint) return kept;
    if (held?.fingerprint === said.fingerprint) return sooner(held, said);
    const oursEndsAt = endOfOurs(slot, held, kept, known);
    return oursEndsAt !== undefined && (after !== undefined || said.endsAt <= oursEndsAt) ? { ...said, foreign: { oursEndsAt } } : said;
  };
  if (isByHost(holds))
    return places.map((host, at) => {
      const one = holds.get(host);
      // For a host that the manager does not tell, our knowledge stays.
      return one ? readAs(asHolding(one, now, serverNow), at) : (known?.held[at] ?? unreported);
    });
  const said = asHolding(holds, now, serverNow);
  // It is the fingerprint of a single credential, but the slot may hold several.
  if (known?.held.some(held => held?.fingerprint === said.fingerprint)) return known.held.map(held => held && sooner(held, said));
  return places.map((_, at) => readAs(said, at));
}

/** The hosts of a follower without registries before its first write; one empty name if the manager tells no host. */
export const reportedHosts = ({ holds }: Slot): readonly string[] => (holds && isByHost(holds) ? [...holds.keys()] : ['']);

export const isByHost = (holds: NonNullable<Slot['holds']>): holds is ReadonlyMap<string, Holds> => holds instanceof Map;

/**
 * Corrects the end of the same credential by a later word of the manager, because our clock may have been wrong before.
 */
function sooner(held: Holding, said: Holding): Holding {
  const applies = held.fingerprint === said.fingerprint && !isKept(held) && said.endsAt < held.endsAt - second;
  return applies ? { ...said, ...(held.foreign && { foreign: held.foreign }) } : held;
}

/**
 * The end of what we wrote, or would write now; undefined if it was not us. A newer credential of another courier is
 * left alone, except in a follower, which must hold what its leader does even if only the manager knows it.
 */
function endOfOurs({ after }: Slot, held: Holding | undefined, kept: Holding | undefined, known?: Entry): Moment | undefined {
  if (held?.foreign) return Math.max(held.foreign.oursEndsAt, kept?.endsAt ?? 0);
  return held && (isKept(held) || (after !== undefined && known?.heldHosts)) ? held.endsAt : undefined;
}

/**
 * The assumed holding of a disturbing slot after a start. It counts as fresh until the manager or the clock says
 * otherwise, so that not every start disturbs.
 */
function freshSince(now: Moment): Holding {
  const expiresAt = new Date(Number.NaN);
  return { fingerprint: unknownFingerprint, expiresAt, receivedAt: now, agesAt: now + longestLife / 2, endsAt: now + longestLife };
}
