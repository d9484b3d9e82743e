import type { Clock } from '../contract/clock.ts';
import { type Healthy, healthOf } from './health.ts';
import { type Entry, type Reason, reasons } from './ledger.ts';
import { createLine } from './line.ts';

/**
 * The due slots of one target. Healthy slots wait in piles by urgency; within a pile the next one is drawn at random,
 * so that no slot is always tried first. Hopeless slots, however urgent, must not delay them: failed slots wait in a
 * line, and hanging slots in another one.
 */
interface Queue {
  readonly size: number;
  readonly healthySize: number;
  put(entry: Entry, reason: Reason): void;
  /** Takes a slot from the most urgent pile of the given healths. */
  takeHealthy(which: (health: Healthy) => boolean): Entry | undefined;
  /**
   * Takes the failed slot that has waited longest. If hanging ones may be taken too, takes the one that has waited
   * longest at every hundredth turn, and when no failed slot waits.
   */
  takeFailed(which: 'failed' | 'hanging too'): Entry | undefined;
  /** How many healthy slots are expected before this one: of each pile of its health, half of the others. */
  healthyAhead(health: Healthy): number;
  /** The estimated wait of a failed or hanging slot in milliseconds, in its line or if it joined now. */
  failedWaitMs(entry: Entry): number;
  clear(): void;
}

/** Urgencies, highest first. Contested slots come last, else whoever changes them would delay all others. */
const urgencies = [...reasons, 'contested'] as const;
const healthies = ['answered', 'untried', 'doubtful'] as const satisfies readonly Healthy[];

/** `Entry.queued` of a healthy slot in the queue. */
const inPile = -1;

/** How many failed slots are taken between two hanging ones while both wait and may be taken. */
const betweenHanging = 99;

export function createQueue(random: () => number, clock: Pick<Clock, 'mono'>): Queue {
  const piles = urgencies.flatMap(urgency => healthies.map(health => ({ urgency, health, entries: [] as Entry[] })));
  let healthySize = 0;
  const failed = createLine(clock);
  const hanging = createLine(clock);
  let sinceHanging = 0;

  const lineOf = (entry: Entry) => (healthOf(entry) === 'hanging' ? hanging : failed);

  return {
    get size() {
      return healthySize + failed.size + hanging.size;
    },
    get healthySize() {
      return healthySize;
    },
    put(entry, reason) {
      if (entry.queued !== 0) return;
      if (entry.trouble) return lineOf(entry).put(entry);
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
      entry.queued = 0;
      return entry;
    },
    takeFailed(which) {
      const areBoth = which === 'hanging too' && hanging.size > 0;
      const isTurnOfHanging = areBoth && (failed.size === 0 || sinceHanging >= betweenHanging);
      if (areBoth) sinceHanging = isTurnOfHanging ? 0 : sinceHanging + 1;
      return (isTurnOfHanging ? hanging : failed).take();
    },
    healthyAhead: health => piles.reduce((sum, pile) => (pile.health === health ? sum + pile.entries.length : sum), 0) / 2,
    failedWaitMs(entry) {
      // The pace of the hanging line, once it is known, counts the turns of failed slots.
      return lineOf(entry) === hanging ? Math.max(hanging.waitMs(entry), failed.waitMs()) : failed.waitMs(entry);
    },
    clear() {
      for (const { entries } of piles) {
        for (const entry of entries) entry.queued = 0;
        entries.length = 0;
      }
      healthySize = 0;
      failed.clear();
      hanging.clear();
    },
  };
}
