import type { Slot } from '../contract/target.ts';
import { createDeliveries, type DeliveriesDeps } from './deliveries.ts';
import { plannedAt } from './due.ts';
import type { Entry, ManagedTarget, Moment, Scope, TargetRecord } from './ledger.ts';
import { endPauses, endRefusals, shortenPauses, tryStoppedSoon } from './pauses.ts';
import { createRewrites } from './rewrites.ts';
import { createScout, type Scout, type ScoutDeps } from './scout.ts';
import type { Supply, Want } from './supply.ts';
import { type Teller, tellerOf } from './teller.ts';

interface LaneDeps
  extends Omit<ScoutDeps, 'reported' | 'recovered' | 'sighted' | 'forgotten'>,
    Omit<DeliveriesDeps, 'target' | 'takesFailed' | 'stumbled' | 'delivered' | 'unused' | 'supply'> {
  readonly supply: Pick<Supply, 'refused' | 'doubt' | 'refetch' | 'want'>;
  scopesFor(record: TargetRecord, slot: Slot): readonly (Scope | undefined)[];
  /** As `ManagedTarget.window`, on the engine's time line. */
  opensAt(window: (wall: number) => number, from: Moment): Moment;
}

/** The engine's part for one target: its scout and its deliveries. Nothing in a lane delays another target. */
export interface Lane {
  readonly record: TargetRecord;
  /** Tells which credentials its slots need. */
  demand(want: Want): void;
  /** Looks at the target if it is time, and at every slot. */
  scan(): void;
  /** Looks at the target if it is time, and starts what is queued. */
  step(): void;
  /** When this lane needs its next step, apart from the regular tick. */
  wakeAt(): Moment;
  /** Called when a new credential of this scope has arrived. */
  arrived(scope: Scope): void;
  /** Looks at the target again, because its key file has changed. */
  look(): void;
  /** Serves a refresh: looks at the target, ends the pauses of its slots and rewrites every slot. */
  refresh(): void;
  /** Takes another configuration of the same target, or other sources. */
  use(managed: ManagedTarget): void;
  /** When the slot will be tried next; an estimate. */
  nextAttempt(entry: Entry): Moment | undefined;
  /** undefined if the target has none, does not work or is paused. */
  teller(): Teller | undefined;
  close(): Promise<void>;
}

export function createLane(managed: ManagedTarget, deps: LaneDeps): Lane {
  const { now, random, supply } = deps;
  const record = newRecord(managed, from => record.managed.window && deps.opensAt(record.managed.window, from));
  const scout = createScout(record, {
    ...deps,
    reported,
    recovered: () => tryStoppedSoon(record, now(), random),
    sighted,
    forgotten: () => deliveries.clear(),
  });
  const deliveries = createDeliveries(record, { ...deps, ...forDeliveries(scout) });
  const rewrites = createRewrites(record, deps);

  function reported(): void {
    deliveries.tidy();
    demandOfAll(record, supply.want);
    rewrites.extend();
    enqueueAll();
  }

  function sighted(entry: Entry): void {
    demandOf(record, entry, supply.want);
    deliveries.enqueue(entry);
    deliveries.pump();
    deps.wake();
  }

  /** When the window opens next. The loop wakes for it, because a short window may fall between two ticks. */
  let windowAt = Number.POSITIVE_INFINITY;

  function enqueueAll(): void {
    const opensAt = record.opensAt(now());
    windowAt = opensAt !== undefined && opensAt > now() ? opensAt : Number.POSITIVE_INFINITY;
    for (const entry of record.entries.values()) deliveries.enqueue(entry);
    deliveries.pump();
  }

  return {
    record,
    demand: want => demandOfAll(record, want),
    scan() {
      if (record.managed.paused) return;
      scout.step();
      enqueueAll();
    },
    step() {
      if (record.managed.paused) return;
      scout.step();
      if (now() >= windowAt) enqueueAll();
      else deliveries.pump();
    },
    wakeAt: () => (record.managed.paused ? Number.POSITIVE_INFINITY : Math.min(windowAt, scout.wakeAt())),
    arrived(scope) {
      if (scope === record.own) scout.look();
      endRefusals(record, scope, now());
      for (const entry of record.entries.values()) if (entry.scopes.includes(scope)) deliveries.enqueue(entry);
      deliveries.pump();
    },
    look() {
      endPauses(record, now());
      scout.lookAnew();
    },
    refresh() {
      scout.lookInTurn();
      shortenPauses(record, now());
      rewrites.ask();
    },
    use(next) {
      const same = next.open === record.managed.open;
      record.managed = next;
      for (const entry of record.entries.values()) entry.scopes = deps.scopesFor(record, entry.slot);
      endPauses(record, now());
      if (same) scout.restart();
      else scout.renew();
    },
    nextAttempt(entry) {
      const reachable = scout.target && (!entry.trouble || scout.takesFailed()) ? now() : record.nextDiscoveryAt;
      return attemptAt(record, entry, { now: now(), reachable, waitMs: deliveries.waitMs });
    },
    teller: () => (record.managed.paused || deps.rehearse ? undefined : tellerOf(scout.target, { deliveries, work: deps.work })),
    async close() {
      await deliveries.close();
      await scout.close();
    },
  };
}

/** The part of the scout that deliveries use. */
function forDeliveries(scout: Scout) {
  const { takesFailed, stumbled, delivered, unused } = scout;
  return { target: () => scout.target, takesFailed, stumbled, delivered, unused };
}

/**
 * When the slot is tried next: as planned, but not before the target works again and the slot's turn comes; undefined
 * if nothing is planned.
 */
function attemptAt(
  record: TargetRecord,
  entry: Entry,
  { now, reachable, waitMs }: { readonly now: Moment; readonly reachable: Moment; waitMs(entry: Entry): number },
): Moment | undefined {
  if (record.managed.paused) return undefined;
  const planned = plannedAt(record, entry, now);
  if (planned === undefined || entry.running) return planned;
  // Until this pause ends, as many failed slots join the line as leave it. Pauses after failures that stop the target
  // end when it works again.
  const joins = entry.queued === 0 && entry.trouble?.failure.stops === 'slot' ? planned : now;
  const turn = joins + waitMs(entry);
  return Math.max(planned, reachable, turn);
}

function newRecord(managed: ManagedTarget, opensAt: TargetRecord['opensAt']): TargetRecord {
  return {
    managed,
    name: managed.name,
    address: undefined,
    nextDiscoveryAt: Number.NEGATIVE_INFINITY,
    opensAt,
    entries: new Map(),
    renamed: new Map(),
    recreated: new Map(),
    given: new WeakSet(),
    vanished: new Map(),
    leaving: new Map(),
    about: {},
    findings: [],
    outcomes: [],
    followers: new Map(),
    partlyUnseen: false,
  };
}

function demandOfAll(record: TargetRecord, want: Want): void {
  if (record.managed.paused) return;
  for (const entry of record.entries.values()) demandOf(record, entry, want);
}

function demandOf(record: TargetRecord, { slot, scopes }: Entry, want: Want): void {
  if (slot.after !== undefined || (slot.state === 'absent' && !record.managed.create)) return;
  for (let at = 0; at < scopes.length; at++) {
    const [scope, registry] = [scopes[at], slot.registries[at]];
    if (scope && registry) want(scope, registry);
  }
}
