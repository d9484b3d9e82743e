import type { Entry, Holding, Moment, TargetRecord } from './ledger.ts';
import { minute, rarely } from './timing.ts';

/** From being due to being done at the latest, in milliseconds: a tick, a fetch and the deadline of the delivery. */
function deliveryTakes({ managed }: TargetRecord): number {
  return minute + managed.limits.deliverMs;
}

/**
 * From when on a slot that disturbs is given another credential: late, but not so late that the one it holds would end
 * before.
 */
export function lateIn({ receivedAt, endsAt }: Holding, below: number, record: TargetRecord): Moment {
  const life = endsAt - receivedAt;
  return endsAt - Math.max(below * life, Math.min(life / 2, deliveryTakes(record)));
}

/** What ends first of all that the slot holds; undefined where nothing is known of a part of it. */
function endsFirst({ held }: Entry): Holding | undefined {
  let first = held[0];
  for (const holding of held) {
    if (!holding) return undefined;
    if (first && holding.endsAt < first.endsAt) first = holding;
  }
  return first;
}

/**
 * A delivery that disturbs waits for its target's window. Where what the slot holds would end before, it comes without
 * the window, late in the life of that.
 */
export function mayBegin(record: TargetRecord, entry: Entry, now: Moment): boolean {
  const opensAt = entry.slot.disturbs && record.opensAt?.();
  return opensAt === undefined || opensAt <= now || now >= beginsAt(record, entry, opensAt);
}

/** From when on a delivery that disturbs may begin although the window is shut; 0 for any other. */
export function windowless(record: TargetRecord, entry: Entry): Moment {
  const opensAt = entry.slot.disturbs && record.opensAt?.();
  return opensAt === undefined ? 0 : beginsAt(record, entry, opensAt);
}

function beginsAt(record: TargetRecord, entry: Entry, opensAt: Moment): Moment {
  const first = endsFirst(entry);
  if (!first || !entry.slot.disturbs) return 0;
  return first.endsAt > opensAt + deliveryTakes(record) ? opensAt : lateIn(first, entry.slot.disturbs.below, record);
}

/**
 * When a delivery that disturbs is tried again: rarely, and once more in time before what the slot holds would end.
 * soonest: when another one would be.
 */
export function triedAgainAt(record: TargetRecord, entry: Entry, times: { now: Moment; soonest: Moment; count: number }): Moment {
  const { now, soonest, count } = times;
  const first = endsFirst(entry);
  const last = first ? first.endsAt - deliveryTakes(record) : now;
  const apart = now + rarely(count);
  return Math.max(soonest, last > now ? Math.min(apart, last) : apart);
}
