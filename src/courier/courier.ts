import type { Slot } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import type { Prove, Sources } from '../contract/source.ts';
import type { CourierEvent } from './events.ts';
import { scopeFindings, slotFindings, targetFindings } from './findings.ts';
import { createLane, type Lane, whyDue } from './lane.ts';
import type { Ledger, ManagedTarget, Scope, TargetRecord } from './ledger.ts';
import { createSupply } from './supply.ts';
import { second, timeline } from './timing.ts';
import { createWork } from './work.ts';

const stopWithin = 6 * second;

export interface CourierDeps {
  readonly clock: Clock;
  /** 0 to 1, as Math.random. */
  readonly random?: () => number;
  /** Asks the registry whether a new credential opens it; without it nothing is proven. */
  readonly prove?: Prove;
  /** How often every slot is looked at; 15 s unless said. */
  readonly tickMs?: number;
  /** The next regular discovery after this wall time (schedule.ts). */
  nextDiscovery(wall: number, second: number): number;
  /** What happened. Must not throw. */
  emit(event: CourierEvent): void;
  /** `check`: find out what would be done, and write nothing. */
  readonly rehearse?: boolean;
}

export interface Courier {
  readonly ledger: Ledger;
  /** Targets and sources from now on. A target that stays (same name, same address) keeps what is known of it. */
  use(sources: Sources, targets: readonly ManagedTarget[]): void;
  /** Works until the signal is aborted; then ends or aborts what is under way within 8 s. */
  run(signal: AbortSignal): Promise<void>;
  /** Works until nothing is under way and nothing is due: every slot was tried. */
  once(signal: AbortSignal): Promise<void>;
  /** Looks at the target (or all) now. rewrite: fetches anew and writes every slot. False: there is no such target. */
  refresh(target?: string, rewrite?: boolean): boolean;
}

/**
 * The loop. Each step:
 *   1. every lane discovers its target when it is time, and says which credentials its slots need;
 *   2. the supply fetches those that are missing or have lived half their life, and has them proven;
 *   3. every lane delivers what is due.
 * Whatever ends (a discovery, a fetch, a delivery) writes into the ledger and makes the next step come at once.
 */
export function createCourier(deps: CourierDeps): Courier {
  const { clock, emit } = deps;
  const random = deps.random ?? Math.random;
  const now = timeline(clock);
  const work = createWork(clock);
  const lanes = new Map<string, Lane>();
  const startedAt = now();
  let steppedMono = clock.mono();
  let scanAt = startedAt;
  let wakeup = new AbortController();
  let follows = true;

  const wake = () => wakeup.abort();
  const supply = createSupply({
    clock,
    now,
    random,
    work,
    emit,
    wake,
    prove: deps.prove,
    arrived(scope) {
      for (const lane of lanes.values()) lane.arrived(scope);
      wake();
    },
  });

  function scopesFor(record: TargetRecord, slot: Slot): readonly (Scope | undefined)[] {
    return slot.registries.map(registry => supply.scopeFor(registry, { target: record.name, id: slot.id, source: slot.source }));
  }

  function newLane(managed: ManagedTarget): Lane {
    return createLane(managed, {
      now,
      random,
      work,
      emit,
      wake,
      scopesFor,
      rehearse: deps.rehearse ?? false,
      follows: () => follows,
      serverNow: () => clock.wall() + (supply.clockSkewMs ?? 0),
      nextDiscovery: at => now() + deps.nextDiscovery(clock.wall(), at) - clock.wall(),
      refused(scope, offer) {
        for (const kept of offer.values()) if (kept.scope === scope.id) supply.refused(scope, kept);
      },
    });
  }

  /** Before the lane opens its target, which is told what the scope's credential says. */
  function wantOwn(record: TargetRecord): void {
    const { own, paused } = record.managed;
    record.own = own && !paused ? supply.ownScopeFor(own) : undefined;
    if (record.own) record.own.wanted = true;
  }

  function step(): void {
    steppedMono = clock.mono();
    const scanning = now() >= scanAt;
    if (scanning) {
      scanAt = now() + (deps.tickMs ?? 15 * second);
      supply.unwant();
    }
    for (const lane of lanes.values()) {
      if (scanning) wantOwn(lane.record);
      lane.step(scanning);
    }
    supply.step(scanning);
  }

  /** Sleeps until something is due by the clock, at most one tick, or until somebody wakes it. */
  async function rest(): Promise<void> {
    let until = Math.min(scanAt, supply.wakeAt());
    for (const lane of lanes.values()) until = Math.min(until, lane.wakeAt());
    await clock.sleep(Math.max(0, until - now()), wakeup.signal);
    wakeup = new AbortController();
  }

  async function stop(): Promise<void> {
    await work.close(stopWithin);
    await Promise.all([...lanes.values()].map(lane => lane.close()));
  }

  const ledger: Ledger = {
    get targets() {
      return new Map([...lanes].map(([name, lane]) => [name, lane.record]));
    },
    get scopes() {
      return new Map([...supply.scopes].filter(([, scope]) => scope.wanted));
    },
    findingsOf: (record, entry) => (entry ? slotFindings(record, entry, now()) : targetFindings(record, clock.wall())),
    findingsOfScope: scope => scopeFindings(scope, supply.clockSkewMs),
    nextAttempt(record, entry) {
      if (entry.running) return now();
      if (entry.trouble) return entry.notBefore;
      if (entry.unsettled?.answered) return entry.unsettled.confirmAt;
      return whyDue(record, entry, now()) && now();
    },
    get clockSkewMs() {
      return supply.clockSkewMs;
    },
    startedAt,
    get sinceStepMs() {
      return clock.mono() - steppedMono;
    },
    now,
    date: moment => new Date(clock.wall() + moment - now()),
  };

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
      scanAt = now();
      wake();
      for (const lane of dropped) work.track(lane.close());
    },
    async run(signal) {
      signal.addEventListener('abort', wake);
      while (!signal.aborted) {
        step();
        await rest();
      }
      await stop();
    },
    async once(signal) {
      const aborted = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
      follows = false;
      step();
      while (work.busy && !signal.aborted) {
        await Promise.race([work.idle(), aborted]);
        scanAt = now();
        step();
      }
      await stop();
    },
    refresh(target, rewrite = false) {
      const chosen = target === undefined ? [...lanes.values()] : [...lanes.values()].filter(lane => lane.record.name === target);
      for (const lane of chosen) lane.refresh(rewrite);
      if (rewrite)
        supply.refetch(chosen.flatMap(({ record }) => [record.own, ...[...record.entries.values()].flatMap(({ scopes }) => scopes)]));
      scanAt = now();
      wake();
      return chosen.length > 0;
    },
  };
}
