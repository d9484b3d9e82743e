import { type Entry, type Reason, reasons } from './ledger.ts';

/**
 * The due slots of one target. Healthy ones (whose last attempt did not fail) wait in piles by urgency; within a pile
 * the next one is drawn, so no slot is always tried first. Those whose last attempt failed wait in a line of their own:
 * hopeless ones, however urgent, must not delay the healthy ones.
 */
export interface Queue {
  readonly size: number;
  /** How many wait whose last attempt failed. */
  readonly failedSize: number;
  put(entry: Entry, reason: Reason): void;
  /** One of the most urgent pile. */
  takeHealthy(): Entry | undefined;
  /** The one that has waited longest. */
  takeFailed(): Entry | undefined;
  /** How many failed ones are tried before this one; undefined when it is not among them. */
  ahead(entry: Entry): number | undefined;
  clear(): void;
}

/** `Entry.queued` of a healthy slot that waits. */
const inPile = -1;

export function createQueue(random: () => number): Queue {
  const urgent: Readonly<Record<Reason, Entry[]>> = { absent: [], drifted: [], unsettled: [], unknown: [], aging: [] };
  /** Repairs that did not last: whoever fights over them would else be served before all others. */
  const contested: Entry[] = [];
  const piles = [...reasons.map(reason => urgent[reason]), contested];
  let healthySize = 0;
  /** Failed ones by their tickets, which count up; the first ticket that is still there. */
  const line = new Map<number, Entry>();
  let nextTicket = 1;
  let firstTicket = 1;

  function leave(entry: Entry): Entry {
    entry.queued = 0;
    return entry;
  }

  return {
    get size() {
      return healthySize + line.size;
    },
    get failedSize() {
      return line.size;
    },
    put(entry, reason) {
      if (entry.queued !== 0) return;
      if (entry.trouble) {
        entry.queued = nextTicket++;
        line.set(entry.queued, entry);
        return;
      }
      entry.queued = inPile;
      healthySize++;
      ((reason === 'drifted' || reason === 'absent') && entry.repaired ? contested : urgent[reason]).push(entry);
    },
    takeHealthy() {
      const pile = piles.find(candidate => candidate.length > 0);
      if (!pile) return undefined;
      const at = Math.floor(random() * pile.length);
      const entry = pile[at];
      const last = pile.pop();
      if (!entry || !last) return undefined;
      if (entry !== last) pile[at] = last;
      healthySize--;
      return leave(entry);
    },
    takeFailed() {
      const first = line.entries().next().value;
      if (!first) return undefined;
      const [ticket, entry] = first;
      line.delete(ticket);
      firstTicket = ticket + 1;
      return leave(entry);
    },
    ahead: entry => (entry.queued > 0 ? entry.queued - firstTicket : undefined),
    clear() {
      for (const waiting of [...piles, line.values()]) for (const entry of waiting) leave(entry);
      for (const pile of piles) pile.length = 0;
      line.clear();
      healthySize = 0;
      firstTicket = nextTicket;
    },
  };
}
