import type { Target } from '../contract/adapter.ts';
import { asFailure, type Failure } from '../contract/failures.ts';
import type { CourierEvent } from './events.ts';
import type { Entry, Moment, TargetRecord } from './ledger.ts';
import { type Changes, mergeReport, mergeSighting, type ReportDeps } from './reports.ts';
import { lookAgainAfter, minute, retryPause, soon } from './timing.ts';
import type { Work } from './work.ts';

const watchedEvery = 30 * minute;

export interface ScoutDeps extends ReportDeps {
  readonly now: () => Moment;
  readonly random: () => number;
  readonly work: Work;
  /** The moment of the next regular discovery; `second` as in schedule.ts. */
  nextDiscovery(second: number): Moment;
  emit(event: CourierEvent): void;
  /** Whether targets are watched at all. */
  follows(): boolean;
  /** The target works again as a whole. */
  recovered(): void;
  /** A report was taken into the record. */
  reported(): void;
  /** A watch saw this slot. */
  sighted(entry: Entry): void;
  /** The target has another address: all that was known is forgotten. */
  forgotten(): void;
  /** The next step may be due earlier than planned. */
  wake(): void;
}

/** Looks at one target: opens it, discovers by the clock, watches where it can, and says whether the target works at all. */
export interface Scout {
  readonly target: Target;
  /** The target does not work as a whole; until a discovery succeeds nothing is delivered. */
  readonly shut: boolean;
  step(): void;
  wakeAt(): Moment;
  /** A delivery met a failure that concerns the whole target: the next discovery is the probe. */
  stumbled(failure: Failure, began: Moment): void;
  /** A slot was not where the last report said. */
  lookAgain(): void;
  /** Look now, or once more after the look that is under way. renewed: the target is another one: that look counts no more, and nothing is delivered before the next. */
  lookNow(renewed: boolean): void;
  /** Nothing is being delivered: clients of former keys and configurations can go. */
  unused(): void;
  close(): Promise<void>;
}

export function createScout(record: TargetRecord, deps: ScoutDeps): Scout {
  const { now, random, work, emit } = deps;
  const discoverySecond = Math.floor(random() * 60);
  let target: Target | undefined;
  /** Of earlier keys and configurations; a write may still be under way through them. */
  const former: Target[] = [];
  let shut = true;
  let discovering: Promise<void> | undefined;
  /** A look that began under another number concerned another target. */
  let generation = 0;
  let again = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let watching = false;
  let watchFailures = 0;
  let closed = false;

  async function discover(): Promise<void> {
    const began = now();
    const mine = generation;
    lookedAt = began;
    try {
      const report = await work.bounded(record.managed.limits.discoverMs, false, async signal => (await open(mine)).discover(signal));
      if (mine !== generation) return;
      const first = record.discoveredAt === undefined;
      discovered(mergeReport(record, report, began, deps), began, first);
    } catch (error) {
      if (mine !== generation) return;
      const failure = asFailure(error);
      const repeat = stumble(failure, began);
      emit({ kind: 'discovery-failed', target: record.name, ms: now() - began, failure, count: record.trouble?.count ?? 1, repeat });
    } finally {
      discovering = undefined;
      deps.wake();
    }
  }

  /** Another address under the same name is another manager: nothing that is known holds there. */
  async function open(mine: number): Promise<Target> {
    const opened = await record.managed.open(record.own?.kept?.credential.own);
    if (mine !== generation) {
      if (opened !== target) former.push(opened);
      return opened;
    }
    if (target && target !== opened) former.push(target);
    target = opened;
    if (record.address !== undefined && target.address !== record.address) {
      record.entries.clear();
      record.renamed.clear();
      record.discoveredAt = undefined;
      deps.forgotten();
    }
    record.address = target.address;
    return target;
  }

  function discovered(changes: Changes, began: Moment, first: boolean): void {
    const downMs = record.trouble && now() - record.trouble.since;
    if (record.trouble?.failure.stops === 'target') deps.recovered();
    record.trouble = undefined;
    shut = false;
    lookNextAt(watching ? now() + watchedEvery : deps.nextDiscovery(discoverySecond));
    let findings = record.findings.length;
    for (const entry of record.entries.values()) findings += entry.slot.findings?.length ?? 0;
    const facts = { ms: now() - began, slots: record.entries.size, findings, first, ...changes };
    emit({ kind: 'discovered', target: record.name, ...facts, ...(downMs !== undefined && { downMs }) });
    if (target?.watch && !watching && !closed && deps.follows()) work.track(watch(target));
    deps.reported();
  }

  function lookNextAt(moment: Moment): void {
    record.nextDiscoveryAt = again ? now() : moment;
    again = false;
  }

  /** True when it failed just so before. */
  function stumble(failure: Failure, began: Moment): boolean {
    const before = record.trouble;
    const count = (before?.count ?? 0) + 1;
    record.trouble = { failure, count, since: before?.since ?? began };
    lookNextAt(now() + retryPause(failure, count, random));
    shut ||= failure.stops === 'target';
    // What has to be configured comes up one by one: first the key, then the certificate.
    return before?.failure.code === failure.code && (failure.code !== 'MISCONFIGURED' || before.failure.message === failure.message);
  }

  async function watch(watched: Target): Promise<void> {
    const began = now();
    watching = true;
    record.nextDiscoveryAt = began + watchedEvery;
    let message: string | undefined;
    try {
      await work.endless(signal => follow(watched, signal));
    } catch (error) {
      message = asFailure(error).message;
    }
    watching = false;
    watchFailures = now() - began > 5 * minute ? 1 : watchFailures + 1;
    record.nextDiscoveryAt = now() + soon(watchFailures, random);
    if (closed) return;
    emit({ kind: 'watch-ended', target: record.name, ...(message !== undefined && { message }) });
    deps.wake();
  }

  async function follow(watched: Target, signal: AbortSignal): Promise<void> {
    for await (const sighting of watched.watch?.(signal) ?? []) {
      mergeSighting(record, sighting, now(), deps);
      const entry = 'slot' in sighting ? record.entries.get(sighting.slot.id) : undefined;
      if (entry) deps.sighted(entry);
    }
  }

  return {
    get target() {
      if (!target) throw new Error('a target is discovered before anything is delivered to it');
      return target;
    },
    get shut() {
      return shut;
    },
    step() {
      if (discovering || closed || work.closing || now() < record.nextDiscoveryAt) return;
      discovering = discover();
      work.track(discovering);
    },
    wakeAt: () => (discovering || closed ? Number.POSITIVE_INFINITY : record.nextDiscoveryAt),
    stumbled(failure, began) {
      if (!shut) stumble(failure, began);
    },
    lookAgain() {
      if (!record.trouble) record.nextDiscoveryAt = Math.min(record.nextDiscoveryAt, lookedAt + lookAgainAfter);
    },
    lookNow(renewed) {
      if (renewed) generation++;
      shut ||= renewed;
      again = discovering !== undefined && !renewed;
      record.nextDiscoveryAt = now();
    },
    unused: () => void disposeOf(former.splice(0)),
    async close() {
      closed = true;
      generation++;
      await discovering;
      await disposeOf([...former.splice(0), ...(target ? [target] : [])]);
    },
  };
}

/** A target that cannot be closed is no reason to stop. */
async function disposeOf(targets: readonly Target[]): Promise<void> {
  await Promise.allSettled(targets.map(async target => target[Symbol.asyncDispose]?.()));
}
