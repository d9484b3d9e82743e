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
function endsFirst(held: Entry['held']): Holding | undefined {
  let first = held[0];
  for (const holding of held) {
    if (!holding) return undefined;
    if (first && holding.endsAt < first.endsAt) first = holding;
  }
  return first;
}

/**
 * When a delivery may begin that would be due at the moment `from`. One that disturbs waits for its target's window.
 * Where what the slot holds would end before, it comes without the window, late in the life of that.
 */
export function beginsFrom(record: TargetRecord, { slot, held }: Pick<Entry, 'slot' | 'held'>, from: Moment): Moment {
  const opensAt = slot.disturbs && record.opensAt(from);
  if (!slot.disturbs || opensAt === undefined || opensAt <= from) return from;
  const first = endsFirst(held);
  if (!first) return from;
  return first.endsAt > opensAt + deliveryTakes(record) ? opensAt : Math.max(from, lateIn(first, slot.disturbs.below, record));
}

/**
 * When a delivery that disturbs is tried again: rarely, and once more in time before what the slot holds would end.
 * soonest: when another one would be.
 */
export function triedAgainAt(record: TargetRecord, entry: Entry, times: { now: Moment; soonest: Moment; count: number }): Moment {
  const { now, soonest, count } = times;
  const first = endsFirst(entry.held);
  const last = first ? first.endsAt - deliveryTakes(record) : now;
  const apart = now + rarely(count);
  return Math.max(soonest, last > now ? Math.min(apart, last) : apart);
}
