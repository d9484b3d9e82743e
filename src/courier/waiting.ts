import type { Clock } from '../contract/clock.ts';
import { type Due, neededHead, whyDue } from './due.ts';
import { healthOf, isHealthy } from './health.ts';
import type { Entry, Moment, TargetRecord } from './ledger.ts';
import type { Places } from './places.ts';
import { createQueue } from './queue.ts';
import type { Supply } from './supply.ts';
import { minute } from './timing.ts';

/** A credential of this age is as good as a new one. */
const quiteNewMs = 10 * minute;

interface WaitingDeps {
  readonly now: () => Moment;
  readonly clock: Pick<Clock, 'mono'>;
  readonly random: () => number;
  readonly supply: Pick<Supply, 'refetch'>;
  /** Whether slots whose last attempt failed may be tried as well. */
  takesFailed(): boolean;
}

/** The queued slots of one target. */
export interface Waiting {
  readonly size: number;
  /** How many of them are healthy. */
  readonly healthySize: number;
  /** Queues the slot if it is due. */
  enqueue(entry: Entry): void;
  /** Takes the next slot for which a place is free. */
  next(): Entry | undefined;
  /** Empties the queue. */
  clear(): void;
  /** Empties a queue that is longer than the target has slots, which means that it holds removed ones. */
  tidy(): void;
  /** The estimated wait of a slot for its turn after its pause, in milliseconds. */
  waitMs(entry: Entry): number;
}

export function createWaiting(record: TargetRecord, places: Pick<Places, 'trusts' | 'isFree' | 'waitMs'>, deps: WaitingDeps): Waiting {
  const { now, random, supply } = deps;
  const queue = createQueue(random, deps.clock);

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

  function nextFailed(): Entry | undefined {
    if (!deps.takesFailed() || !places.isFree('failed')) return undefined;
    return queue.takeFailed(places.isFree('hanging') ? 'hanging too' : 'failed');
  }

  return {
    get size() {
      return queue.size;
    },
    get healthySize() {
      return queue.healthySize;
    },
    enqueue,
    next() {
      if (!places.isFree('answered')) return undefined;
      const untried = (): Entry | undefined => (places.isFree('untried') ? queue.takeHealthy(health => health === 'untried') : undefined);
      const doubtful = (): Entry | undefined =>
        places.isFree('doubtful') ? queue.takeHealthy(health => health === 'doubtful') : undefined;
      return queue.takeHealthy(places.trusts) ?? untried() ?? doubtful() ?? nextFailed();
    },
    clear: queue.clear,
    tidy() {
      if (queue.size > record.entries.size) queue.clear();
    },
    waitMs(entry) {
      const health = healthOf(entry);
      return isHealthy(health) ? places.waitMs(health, queue.healthyAhead(health)) : queue.failedWaitMs(entry);
    },
  };
}

/** Whether a disturbing slot should get a newer credential than the present one, so that the delivery lasts long. */
function wantsNewer(entry: Entry, { reason, offer }: Due, now: Moment): boolean {
  const { slot } = entry;
  if (!slot.disturbs || slot.after !== undefined || reason !== 'aging' || entry.rewriteAskedAt !== undefined) return false;
  if ([...offer.values()].every(({ receivedAt }) => now < receivedAt + quiteNewMs)) return false;
  entry.rewriteAskedAt = now;
  return true;
}
