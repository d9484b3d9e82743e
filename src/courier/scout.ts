import type { Failure } from '../contract/failures.ts';
import type { Sighting, Target } from '../contract/target.ts';
import { createAskedLooks } from './asked-looks.ts';
import { createClients } from './clients.ts';
import { createCondition } from './condition.ts';
import { type DiscoveryDeps, discover } from './discovery.ts';
import type { Entry, Moment, TargetRecord } from './ledger.ts';
import { mergeSighting } from './reports.ts';
import type { Stumble } from './results.ts';
import { searchPause } from './timing.ts';
import { createWatch } from './watch.ts';

export interface ScoutDeps extends DiscoveryDeps {
  readonly random: () => number;
  /** Whether targets are followed continuously, and so watched. */
  follows(): boolean;
  /** Called when a watch saw this slot. */
  sighted(entry: Entry): void;
  /** Called when the next step may be due earlier than planned. */
  wake(): void;
}

/**
 * Observes one target: discovers it on schedule (`discovery.ts`) and watches it if possible (`watch.ts`). `clients.ts`
 * opens its clients; `condition.ts` tracks whether it works and when the next look is due.
 */
export interface Scout {
  /** The client for deliveries; undefined while the target does not work as a whole, or before the first discovery. */
  readonly target: Target | undefined;
  /** Whether slots whose last attempt failed may be tried as well. */
  takesFailed(): boolean;
  step(): void;
  wakeAt(): Moment;
  /**
   * Records a failed delivery. The next discovery probes a failure that concerns the whole target. It also probes a
   * slot that is gone, but not immediately: an entry that comes and goes would cause a storm of discoveries.
   */
  stumbled(failure: Failure, stumble: Stumble): void;
  /** Records a successful delivery. */
  delivered(): void;
  /** Looks now, or once more after a look that is under way. Keeps Retry-After and the pause after AUTH. */
  look(): void;
  /** As `look`, but at most once in 30 s, for requests that may repeat. */
  lookInTurn(): void;
  /** As `look`, and ends the pause after AUTH, because the key may have changed. */
  lookAnew(): void;
  /** Takes another configuration of the same target: discards a look that is under way and begins a new one. */
  restart(): void;
  /** As `restart`, for a target that may be another manager: nothing is delivered before the next look. */
  renew(): void;
  /** Closes the clients of former keys and configurations. Call it while no delivery is under way. */
  unused(): void;
  close(): Promise<void>;
}

export function createScout(record: TargetRecord, deps: ScoutDeps): Scout {
  const { now, random, work, emit } = deps;
  const discoverySecond = Math.floor(random() * 60);
  const clients = createClients(record, now);
  const condition = createCondition(record, now, random);
  const asked = createAskedLooks(record, condition, now);
  const watch = createWatch({ now, random, work, follows: deps.follows, seen, ended: watchEnded });
  let look: { readonly done: Promise<void>; readonly cut: AbortController } | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  async function lookOnce(cut: AbortSignal): Promise<void> {
    try {
      await discover({ record, deps, clients, condition, watch }, discoverySecond, cut);
    } finally {
      if (!cut.aborted) look = undefined;
      deps.wake();
    }
  }

  function seen(sighting: Sighting): void {
    mergeSighting(record, sighting, now(), deps);
    const entry = 'slot' in sighting ? record.entries.get(sighting.slot.id) : undefined;
    if (entry) deps.sighted(entry);
  }

  function watchEnded(pause: number, message: string | undefined): void {
    condition.lookAfter(pause);
    emit({ kind: 'watch-ended', target: record.name, ...(message !== undefined && { message }) });
    deps.wake();
  }

  const lookNow = (): void => condition.lookNow(look ? 'under way' : 'none');

  function restart(): void {
    look?.cut.abort();
    look = undefined;
    condition.forgetLook();
    deps.wake();
  }

  return {
    get target() {
      return condition.takes === 'none' ? undefined : clients.current;
    },
    step() {
      if (look || closed || work.closing || now() < asked.dueAt(lookedAt)) return;
      const cut = new AbortController();
      lookedAt = now();
      look = { done: lookOnce(cut.signal), cut };
      work.track(look.done);
    },
    wakeAt: () => (look || closed ? Number.POSITIVE_INFINITY : asked.dueAt(lookedAt)),
    takesFailed: () => condition.takes === 'all',
    stumbled(failure, { began, since, health }) {
      if (began < clients.since) return;
      if (failure.stops === 'target') condition.stopped(failure, began, health);
      else if (failure.code === 'NOT_FOUND' && !record.trouble) condition.lookBy(lookedAt + searchPause(now() - since));
      else return;
      deps.wake();
    },
    delivered: condition.delivered,
    look: () => void (condition.keepsPause() || lookNow()),
    lookInTurn: () => asked.ask(lookNow),
    lookAnew: lookNow,
    restart() {
      restart();
      condition.lookAfter(0);
    },
    renew() {
      restart();
      clients.renew();
      condition.block();
      condition.lookNow('none');
    },
    unused: clients.closeFormer,
    async close() {
      closed = true;
      const last = look;
      restart();
      watch.end();
      await last?.done;
      await clients.close();
    },
  };
}
