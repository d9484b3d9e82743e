import { type Due, neededHead, whyDue } from './due.ts';
import type { Entry, Moment, TargetRecord } from './ledger.ts';
import { healthOf, type Places } from './places.ts';
import { createQueue } from './queue.ts';
import type { Supply } from './supply.ts';
import { minute } from './timing.ts';

/** A credential of this age is as good as a new one. */
const quiteNewMs = 10 * minute;

export interface WaitingDeps {
  readonly now: () => Moment;
  readonly random: () => number;
  readonly supply: Pick<Supply, 'refetch'>;
  /** Slots whose last attempt failed may be tried, too. */
  takesFailed(): boolean;
}

/** The slots of one target that wait to be written. */
export interface Waiting {
  readonly size: number;
  /** Puts the slot into the queue if it is due. */
  enqueue(entry: Entry): void;
  /** Takes out the next one for which there is a place. */
  next(): Entry | undefined;
  /** Takes all slots out of the queue. */
  clear(): void;
  /** As `clear`, when more lie there than the target has slots: those that are gone. */
  tidy(): void;
  /** For how many milliseconds a slot waits for its turn, as far as that can be foreseen, once its pause is over. */
  waitMs(entry: Entry): number;
}

export function createWaiting(
  record: TargetRecord,
  places: Pick<Places, 'trustsUntried' | 'isFree' | 'waitMs'>,
  deps: WaitingDeps,
): Waiting {
  const { now, random, supply } = deps;
  const queue = createQueue(random);

  function enqueue(entry: Entry): void {
    if (entry.queued !== 0) return;
    const due = whyDue(record, entry, now());
    if (due && wantsNewer(entry, due, now())) supply.refetch(entry.scopes.filter(scope => scope !== undefined));
    else if (due) queue.put(entry, due.reason);
    else if (entry.slot.after !== undefined) rewrite(neededHead(record, entry, now()));
  }

  function rewrite(head: Entry | undefined): void {
    if (!head || head.neededByFollower) return;
    head.neededByFollower = true;
    enqueue(head);
  }

  return {
    get size() {
      return queue.size;
    },
    enqueue,
    next() {
      if (!places.isFree('answered')) return undefined;
      const answered = places.trustsUntried ? undefined : queue.takeHealthy('answered');
      return answered ?? queue.takeHealthy() ?? (deps.takesFailed() && places.isFree('failed') ? queue.takeFailed() : undefined);
    },
    clear: queue.clear,
    tidy() {
      if (queue.size > record.entries.size) queue.clear();
    },
    waitMs: entry => places.waitMs(healthOf(entry), queue.ahead(entry)),
  };
}

/**
 * What disturbs is to last as long as can be, so a credential that is not quite new is replaced before it is
 * delivered.
 */
function wantsNewer(entry: Entry, { reason, offer }: Due, now: Moment): boolean {
  const { slot } = entry;
  if (!slot.disturbs || slot.after !== undefined || reason !== 'aging' || entry.rewriteAskedAt !== undefined) return false;
  if ([...offer.values()].every(({ receivedAt }) => now < receivedAt + quiteNewMs)) return false;
  entry.rewriteAskedAt = now;
  return true;
}
