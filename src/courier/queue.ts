import { type Entry, type Reason, reasons } from './ledger.ts';
import { type Health, healthOf } from './places.ts';

/** The health of a healthy slot. */
type Sound = Exclude<Health, 'failed'>;

/**
 * The due slots of one target. Healthy slots wait in piles by urgency; within a pile the next one is drawn at random,
 * so that no slot is always tried first. Failed slots wait in a separate line, because hopeless slots, however urgent,
 * must not delay healthy ones.
 */
interface Queue {
  readonly size: number;
  readonly failedSize: number;
  put(entry: Entry, reason: Reason): void;
  /** Takes a slot from the most urgent pile of the given healths. */
  takeHealthy(which: (health: Sound) => boolean): Entry | undefined;
  /** Takes the failed slot that has waited longest. */
  takeFailed(): Entry | undefined;
  /**
   * How many slots of its health are tried before this one, or before it if it joined now. In a pile, half of the
   * others are expected to come first.
   */
  ahead(entry: Entry): number;
  clear(): void;
}

/** Urgencies, highest first. Contested slots come last, else whoever changes them would delay all others. */
const urgencies = [...reasons, 'contested'] as const;
const sounds = ['answered', 'untried', 'doubtful'] as const satisfies readonly Sound[];

/** `Entry.queued` of a healthy slot in the queue. */
const inPile = -1;

export function createQueue(random: () => number): Queue {
  const piles = urgencies.flatMap(urgency => sounds.map(health => ({ urgency, health, entries: [] as Entry[] })));
  let healthySize = 0;
  /** Failed slots by their increasing tickets. */
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
      const urgency = (reason === 'drifted' || reason === 'absent') && entry.repaired ? 'contested' : reason;
      const health = healthOf(entry);
      piles.find(pile => pile.urgency === urgency && pile.health === health)?.entries.push(entry);
    },
    takeHealthy(which) {
      const pile = piles.find(({ health, entries }) => entries.length > 0 && which(health))?.entries;
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
    ahead(entry) {
      const health = healthOf(entry);
      if (health === 'failed') return entry.queued > 0 ? entry.queued - firstTicket : line.size;
      return piles.reduce((sum, pile) => (pile.health === health ? sum + pile.entries.length : sum), 0) / 2;
    },
    clear() {
      for (const waiting of [...piles.map(({ entries }) => entries), line.values()]) for (const entry of waiting) leave(entry);
      for (const { entries } of piles) entries.length = 0;
      line.clear();
      healthySize = 0;
      firstTicket = nextTicket;
    },
  };
}
