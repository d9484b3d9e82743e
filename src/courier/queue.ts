import { type Entry, type Reason, reasons } from './ledger.ts';

/**
 * The due slots of one target, most urgent first. Those whose last attempt failed come after all others: hopeless ones, however urgent, must not
 * starve the good ones. Within a pile the next one is drawn: no slot is always tried first.
 */
export interface Queue {
  readonly size: number;
  put(entry: Entry, reason: Reason): void;
  /** One of the most urgent pile. */
  take(): Entry | undefined;
  /** Any one: a probe must not always be the same hopeless slot. */
  takeAny(): Entry | undefined;
  clear(): void;
}

export function createQueue(random: () => number): Queue {
  const urgent: Readonly<Record<Reason, Entry[]>> = { absent: [], drifted: [], unsettled: [], unknown: [], aging: [] };
  const failed: Entry[] = [];
  const piles = [...reasons.map(reason => urgent[reason]), failed];
  let size = 0;

  function draw(pile: Entry[]): Entry | undefined {
    const at = Math.floor(random() * pile.length);
    const entry = pile[at];
    const last = pile.pop();
    if (!entry || !last) return undefined;
    if (entry !== last) pile[at] = last;
    entry.queued = false;
    size--;
    return entry;
  }

  return {
    get size() {
      return size;
    },
    put(entry, reason) {
      if (entry.queued) return;
      entry.queued = true;
      size++;
      (entry.trouble ? failed : urgent[reason]).push(entry);
    },
    take: () => draw(piles.find(pile => pile.length > 0) ?? []),
    takeAny() {
      let at = Math.floor(random() * size);
      const chosen = piles.find(pile => {
        at -= pile.length;
        return at < 0;
      });
      return draw(chosen ?? []);
    },
    clear() {
      for (const pile of piles) for (const entry of pile.splice(0)) entry.queued = false;
      size = 0;
    },
  };
}
