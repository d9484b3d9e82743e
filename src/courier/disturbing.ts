import type { Entry, Holding, Moment, TargetRecord } from './ledger.ts';
import { minute, rarely } from './timing.ts';

/** The longest time from due to delivered, in milliseconds: a tick, a fetch and the deadline of the delivery. */
function deliveryTakes({ managed }: TargetRecord): number {
  return minute + managed.limits.deliverMs;
}

/** When a disturbing slot gets its next credential: late in the life of the present one, but before its end. */
export function lateIn({ receivedAt, endsAt }: Holding, below: number, record: TargetRecord): Moment {
  const life = endsAt - receivedAt;
  return endsAt - Math.max(below * life, Math.min(life / 2, deliveryTakes(record)));
}

/** The holding of the slot that ends first; undefined if any holding is unknown. */
function endsFirst(held: Entry['held']): Holding | undefined {
  let first = held[0];
  for (const holding of held) {
    if (!holding) return undefined;
    if (first && holding.endsAt < first.endsAt) first = holding;
  }
  return first;
}

/**
 * When a delivery that is due at `from` may begin. A disturbing one waits for its target's window, unless the present
 * credential would end first: then it begins late in that credential's life.
 */
export function beginsFrom(record: TargetRecord, { slot, held }: Pick<Entry, 'slot' | 'held'>, from: Moment): Moment {
  const opensAt = slot.disturbs && record.opensAt(from);
  if (!slot.disturbs || opensAt === undefined || opensAt <= from) return from;
  const first = endsFirst(held);
  if (!first) return from;
  return first.endsAt > opensAt + deliveryTakes(record) ? opensAt : Math.max(from, lateIn(first, slot.disturbs.below, record));
}

/**
 * When a disturbing delivery is retried: rarely, and once more before the present credential ends. soonest: when a
 * delivery that does not disturb would be retried.
 */
export function triedAgainAt(record: TargetRecord, entry: Entry, times: { now: Moment; soonest: Moment; count: number }): Moment {
  const { now, soonest, count } = times;
  const first = endsFirst(entry.held);
  const last = first ? first.endsAt - deliveryTakes(record) : now;
  const apart = now + rarely(count);
  return Math.max(soonest, last > now ? Math.min(apart, last) : apart);
}
