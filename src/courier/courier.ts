import type { Clock } from '../contract/clock.ts';
import type { Memory } from '../contract/memory.ts';
import type { Asking, Prove, Sources, Verify } from '../contract/source.ts';
import type { Slot } from '../contract/target.ts';
import { awaitsRepair, whyDue } from './due.ts';
import type { CourierEvent } from './events.ts';
import { scopeFindings, slotFindings, targetFindings } from './findings.ts';
import { createLane, type Lane } from './lane.ts';
import type { Ledger, ManagedTarget, Moment, Scope, TargetRecord } from './ledger.ts';
import { createLoop, type Loop, type Turn } from './loop.ts';
import { type Postponed, postponedOf } from './postponed.ts';
import { createStarts } from './starts.ts';
import { createSupply, type Supply, type Want } from './supply.ts';
import type { Teller } from './teller.ts';
import { second, timeline } from './timing.ts';
import { createVerifications, type Verifications } from './verifications.ts';
import { createWork } from './work.ts';

const stopWithin = 6 * second;

interface CourierDeps {
  readonly clock: Clock;
  /** Returns a number from 0 to 1, as Math.random does. */
  readonly random?: () => number;
  /** Asks the registry whether it accepts a new credential; without it nothing is proven. */
  readonly prove?: Prove;
  /** Tries the pull of an image; without it the images of targets are ignored. */
  readonly verify?: Verify;
  /** Remembers across restarts when images were read. */
  readonly memory?: Memory | undefined;
  /** The interval at which every slot is examined, in milliseconds; 15 s by default. */
  readonly tickMs?: number;
  /** Returns the time of the next regular discovery after this wall time (schedule.ts). */
  nextDiscovery(wall: number, second: number): number;
  /** Receives every event. Must not throw. */
  emit(event: CourierEvent): void;
  /** `check`: determines what would be done, and writes nothing. */
  readonly rehearse?: boolean;
}

export interface Courier {
  readonly ledger: Ledger;
  /** Replaces targets and sources. A target with the same name and address keeps what is known of it. */
  use(sources: Sources, targets: readonly ManagedTarget[]): void;
  /**
   * Runs until the signal is aborted, and then ends or aborts pending work within 8 s. Aborting `cut` also ends the
   * run, and aborts pending work immediately. Call it once.
   */
  run(signal: AbortSignal, cut?: AbortSignal): Promise<void>;
  /** Runs until every slot was tried and nothing is pending or due. A failed fetch is not retried. */
  once(signal: AbortSignal): Promise<void>;
  /** Looks at the target now, as if it had never failed, because its key may have changed. */
  look(target: string): void;
  /**
   * Fetches new credentials and writes every slot of the target, or of all targets, as soon as possible. Ends the
   * pauses of slots, but neither Retry-After nor a target's pause after AUTH. Returns what is postponed, which is
   * remembered; undefined if there is no such target.
   */
  refresh(target?: string): readonly Postponed[] | undefined;
  /** Tells those who use the slots of a target; undefined if it has no such way, or does not work now. */
  teller(target: string): Teller | undefined;
}

/**
 * The loop. Each step:
 *   1. every lane discovers its target when it is time, and says which credentials its slots need;
 *   2. the supply fetches those that are missing or have lived half their life, and has them proven;
 *   3. every lane delivers what is due.
 * A discovery, fetch or delivery that ends writes into the ledger and triggers the next step immediately.
 */
export function createCourier(deps: CourierDeps): Courier {
  const { clock, emit, random = Math.random } = deps;
  const now = timeline(clock);
  const work = createWork(clock);
  const starts = createStarts(clock, now);
  const loop = createLoop(clock, now, deps.tickMs ?? 15 * second);
  const lanes = new Map<string, Lane>();
  let mode: 'run' | 'once' = 'run';
  const persists = (): boolean => mode === 'run';
  const supply = createSupply({ clock, now, random, work, emit, wake: loop.wake, prove: deps.prove, arrived, persists });
  const ledger = ledgerOf(lanes, supply, loop, clock, now);
  const verifications =
    deps.verify && createVerifications({ clock, now, random, work, verify: deps.verify, memory: deps.memory, supply, emit });
  // `once` does not wait for verifications, which are due later.
  const turn = turnOf(lanes, supply, () => (persists() ? verifications : undefined));

  function arrived(scope: Scope): void {
    for (const lane of lanes.values()) lane.arrived(scope);
    loop.wake();
  }

  function newLane(managed: ManagedTarget): Lane {
    const shared = { clock, now, random, work, starts, emit, supply, wake: loop.wake, rehearse: deps.rehearse ?? false, follows: persists };
    const fromWall = (wall: number): Moment => now() + wall - clock.wall();
    return createLane(managed, {
      ...shared,
      scopesFor: (record, slot) => slot.registries.map(registry => supply.scopeFor(registry, asking(record, slot))),
      serverNow: () => clock.wall() + (supply.clockSkewMs ?? 0),
      nextDiscovery: at => fromWall(deps.nextDiscovery(clock.wall(), at)),
      opensAt: (window, from) => fromWall(window(ledger.date(from).getTime())),
    });
  }

  async function stop(cut?: AbortSignal): Promise<void> {
    await work.close(stopWithin, cut);
    await Promise.all([...lanes.values()].map(lane => lane.close()));
  }

  return {
    ledger,
    use(sources, targets) {
      supply.use(sources);
      const names = new Set(targets.map(target => target.name));
      const dropped = [...lanes.values()].filter(lane => !names.has(lane.record.name));
      for (const lane of dropped) lanes.delete(lane.record.name);
      for (const managed of targets) {
        const lane = lanes.get(managed.name);
        if (lane) lane.use(managed);
        else lanes.set(managed.name, newLane(managed));
      }
      loop.scanSoon();
      for (const lane of dropped) work.track(lane.close());
    },
    async run(signal, cut) {
      await loop.run(turn, cut ? AbortSignal.any([signal, cut]) : signal);
      await stop(cut);
    },
    async once(signal) {
      const aborted = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
      mode = 'once';
      loop.take(turn);
      while (work.busy && !signal.aborted) {
        await Promise.race([work.idle(), aborted]);
        loop.scanSoon();
        loop.take(turn);
      }
      await stop();
    },
    look(target) {
      lanes.get(target)?.look();
      loop.scanSoon();
    },
    teller: target => lanes.get(target)?.teller(),
    refresh(target) {
      if (target !== undefined && !lanes.has(target)) return undefined;
      const asked = [...lanes.values()].filter(({ record }) => target === undefined || record.name === target);
      const chosen = asked.filter(({ record }) => !record.managed.paused);
      const scopes = scopesOf(chosen);
      for (const lane of chosen) lane.refresh();
      supply.refetch(scopes);
      loop.scanSoon();
      return postponedOf(asked, scopes, now());
    },
  };
}

/** The scopes that the targets need, including those of their own registries. */
function scopesOf(lanes: readonly Lane[]): Set<Scope> {
  const needed = lanes.flatMap(({ record }) => [record.own, ...[...record.entries.values()].flatMap(({ scopes }) => scopes)]);
  return new Set(needed.filter(scope => scope !== undefined));
}

function turnOf(lanes: ReadonlyMap<string, Lane>, supply: Supply, verifications: () => Verifications | undefined): Turn {
  /** Wants the target's own registry before the lane opens the target, which gets it from the scope's credential. */
  function wantOwn({ record }: Lane, want: Want): void {
    const { own, paused } = record.managed;
    record.own = own && !paused ? supply.ownScopeFor(own) : undefined;
    if (record.own) want(record.own);
  }
  return {
    scan() {
      supply.demand(want => {
        for (const lane of lanes.values()) {
          wantOwn(lane, want);
          lane.demand(want);
        }
        verifications()?.demand(
          lanes.values().map(({ record }) => record),
          want,
        );
      });
      for (const lane of lanes.values()) lane.scan();
      supply.step();
      verifications()?.step();
    },
    step() {
      for (const lane of lanes.values()) lane.step();
      supply.step();
    },
    wakeAt: () => Math.min(supply.wakeAt(), ...[...lanes.values()].map(lane => lane.wakeAt())),
  };
}

const asking = ({ name }: TargetRecord, { id, source }: Slot): Asking => ({ target: name, id, source });

function ledgerOf(lanes: ReadonlyMap<string, Lane>, supply: Supply, loop: Loop, clock: Clock, now: () => Moment): Ledger {
  const records = () => lanes.values().map(({ record }) => record);
  return {
    get targets() {
      return new Map([...lanes].map(([name, lane]) => [name, lane.record]));
    },
    get scopes() {
      return new Map([...supply.scopes].filter(([, scope]) => scope.wanted));
    },
    findingsOf: (record, entry) =>
      entry
        ? slotFindings(record, entry, now(), registry => supply.withheld(registry, asking(record, entry.slot)))
        : targetFindings(record, clock.wall(), records),
    findingsOfScope: scope => scopeFindings(scope, supply.clockSkewMs),
    isDue: (record, entry) => entry.running || whyDue(record, entry, now()) !== undefined,
    awaitsRepair: (record, entry) => awaitsRepair(record, entry, now()),
    nextAttempt: (record, entry) => lanes.get(record.name)?.nextAttempt(entry),
    get clockSkewMs() {
      return supply.clockSkewMs;
    },
    startedAt: now(),
    get sinceStepMs() {
      return loop.sinceStepMs;
    },
    now,
    date: moment => new Date(clock.wall() + moment - now()),
  };
}
