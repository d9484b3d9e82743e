import type { Discovery, Target } from '../contract/adapter.ts';
import { asFailure, type Failure, failures } from '../contract/failures.ts';
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

/**
 * Looks at one target: opens it, discovers by the clock, watches where it can, and says whether the target works at
 * all.
 */
export interface Scout {
  /** What can be delivered to; undefined while the target does not work as a whole, or before the first discovery. */
  readonly target: Target | undefined;
  step(): void;
  wakeAt(): Moment;
  /**
   * A delivery failed. Of what concerns the whole target the next discovery is the probe; of a slot that is gone, too.
   */
  stumbled(failure: Failure, began: Moment): void;
  /** A delivery was answered well. */
  delivered(): void;
  /** Look now, or once more after the look that is under way. A Retry-After and the pause of AUTH are kept. */
  look(): void;
  /** As `look`: there may be another key, so the pause of AUTH is over. */
  lookAnew(): void;
  /** Another configuration of the same target: the look that is under way counts no more, the next one begins now. */
  restart(): void;
  /** As `restart`, and the target may be another one: nothing is delivered before the next look. */
  renew(): void;
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
  let blocked = true;
  let look: { readonly done: Promise<void>; readonly cut: AbortController } | undefined;
  let again = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** The server there asked not to come before that moment. */
  let retryAfter: { readonly address: string | undefined; readonly until: Moment } | undefined;
  /** Deliveries that stopped the target since the last good one: a manager may list well and take no write. */
  let stopped = 0;
  /** When it was last stopped by a delivery: a look that began before says nothing of that. */
  let stoppedAt = Number.NEGATIVE_INFINITY;
  /** Since when `target` is what we reach: what a delivery through a former one came to says nothing of it. */
  let openedAt = Number.NEGATIVE_INFINITY;
  /** Ends the watch that is under way. */
  let watching: AbortController | undefined;
  let watchFailures = 0;
  let closed = false;

  async function discover(cut: AbortSignal): Promise<void> {
    const began = now();
    lookedAt = began;
    try {
      const report = await work.bounded(record.managed.limits.discoverMs, signal => lookThrough(AbortSignal.any([signal, cut]), cut));
      if (!report || cut.aborted) return;
      const first = record.discoveredAt === undefined;
      discovered(mergeReport(record, report, began, deps), began, first);
    } catch (error) {
      if (cut.aborted) return;
      const failure = asFailure(error);
      const repeat = stumble(failure, began);
      emit({ kind: 'discovery-failed', target: record.name, ms: now() - began, failure, count: record.trouble?.count ?? 1, repeat });
    } finally {
      if (!cut.aborted) look = undefined;
      deps.wake();
    }
  }

  /** Undefined when the server there asked not to be asked yet. */
  async function lookThrough(signal: AbortSignal, cut: AbortSignal): Promise<Discovery | undefined> {
    const opened = await open(cut);
    if (retryAfter && now() < retryAfter.until && retryAfter.address === opened.address) {
      record.nextDiscoveryAt = retryAfter.until;
      return undefined;
    }
    return await opened.discover(signal);
  }

  /** Another address under the same name is another manager: nothing that is known holds there. */
  async function open(cut: AbortSignal): Promise<Target> {
    const opened = await record.managed.open(record.own?.kept?.credential.own);
    if (cut.aborted) {
      if (opened !== target) former.push(opened);
      return opened;
    }
    if (target !== opened) replaceBy(opened);
    if (record.address !== undefined && opened.address !== record.address) {
      record.entries.clear();
      record.renamed.clear();
      record.recreated.clear();
      record.vanished.clear();
      record.discoveredAt = undefined;
      deps.forgotten();
    }
    record.address = opened.address;
    return opened;
  }

  function replaceBy(opened: Target): void {
    if (target) former.push(target);
    endWatch();
    openedAt = now();
    target = opened;
  }

  function discovered(changes: Changes, began: Moment, first: boolean): void {
    const downMs = began > stoppedAt ? works() : undefined;
    let findings = record.findings.length;
    for (const entry of record.entries.values()) findings += entry.slot.findings?.length ?? 0;
    const facts = { ms: now() - began, slots: record.entries.size, findings, first, ...changes };
    emit({ kind: 'discovered', target: record.name, ...facts, ...(downMs !== undefined && { downMs }) });
    deps.reported();
  }

  /** For how many milliseconds it did not. */
  function works(): number | undefined {
    const downMs = record.trouble && now() - record.trouble.since;
    if (record.trouble?.failure.stops === 'target') deps.recovered();
    record.trouble = undefined;
    retryAfter = undefined;
    blocked = false;
    if (target?.watch && !watching && !closed && deps.follows()) work.track(watch(target));
    lookNextAt(watching ? now() + watchedEvery : deps.nextDiscovery(discoverySecond));
    return downMs;
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
    if (isKeptPause(failure)) again = false;
    lookNextAt(now() + retryPause(failure, count, random));
    if (failure.facts.retryAfterMs !== undefined) obey(record.nextDiscoveryAt);
    blocked ||= failure.stops === 'target';
    // What has to be configured comes up one by one: first the key, then the certificate.
    return before?.failure.code === failure.code && (failure.code !== 'MISCONFIGURED' || before.failure.message === failure.message);
  }

  /** Of those that a server told when to come back, the last one counts. */
  function obey(until: Moment): void {
    record.nextDiscoveryAt = Math.max(record.nextDiscoveryAt, until);
    retryAfter = { address: record.address, until: record.nextDiscoveryAt };
  }

  function endWatch(): void {
    watching?.abort();
    watching = undefined;
  }

  async function watch(watched: Target): Promise<void> {
    const began = now();
    const cut = new AbortController();
    watching = cut;
    let message: string | undefined;
    try {
      await work.endless(signal => follow(watched, AbortSignal.any([signal, cut.signal])));
    } catch (error) {
      message = asFailure(error).message;
    }
    if (watching !== cut) return;
    watching = undefined;
    watchFailures = now() - began > 5 * minute ? 1 : watchFailures + 1;
    if (!keepsPause()) record.nextDiscoveryAt = now() + soon(watchFailures, random);
    emit({ kind: 'watch-ended', target: record.name, ...(message !== undefined && { message }) });
    deps.wake();
  }

  async function follow(watched: Target, signal: AbortSignal): Promise<void> {
    for await (const sighting of watched.watch?.(signal) ?? []) {
      if (signal.aborted) return;
      mergeSighting(record, sighting, now(), deps);
      const entry = 'slot' in sighting ? record.entries.get(sighting.slot.id) : undefined;
      if (entry) deps.sighted(entry);
    }
  }

  const keepsPause = (): boolean => record.trouble !== undefined && isKeptPause(record.trouble.failure);

  function lookSoon(): void {
    again = look !== undefined;
    record.nextDiscoveryAt = now();
  }

  function restart(): void {
    look?.cut.abort();
    look = undefined;
    again = false;
    deps.wake();
  }

  return {
    get target() {
      return blocked ? undefined : target;
    },
    step() {
      if (look || closed || work.closing || now() < record.nextDiscoveryAt) return;
      const cut = new AbortController();
      const done = discover(cut.signal);
      look = { done, cut };
      work.track(done);
    },
    wakeAt: () => (look || closed ? Number.POSITIVE_INFINITY : record.nextDiscoveryAt),
    stumbled(failure, began) {
      if (began < openedAt) return;
      if (failure.stops === 'target') {
        stopped++;
        const { retryAfterMs } = failure.facts;
        if (blocked && retryAfterMs === undefined) return;
        stoppedAt = now();
        if (blocked) return obey(now() + retryPause(failure, 1, random));
        stumble(failure, began);
        record.nextDiscoveryAt = Math.max(record.nextDiscoveryAt, now() + Math.min(minute, soon(stopped, random)));
      }
      // Not at once: one entry that comes and goes would cause a storm of discoveries.
      if (failure.code === 'NOT_FOUND' && !record.trouble)
        record.nextDiscoveryAt = Math.min(record.nextDiscoveryAt, lookedAt + lookAgainAfter);
    },
    delivered() {
      stopped = 0;
    },
    look() {
      if (!keepsPause()) lookSoon();
    },
    lookAnew: lookSoon,
    restart() {
      restart();
      if (!keepsPause()) record.nextDiscoveryAt = now();
    },
    renew() {
      restart();
      blocked = true;
      openedAt = now();
      record.nextDiscoveryAt = now();
    },
    unused: () => void disposeOf(former.splice(0).filter(one => one !== target)),
    async close() {
      closed = true;
      const last = look;
      restart();
      endWatch();
      await last?.done;
      await disposeOf(new Set([...former.splice(0), ...(target ? [target] : [])]));
    },
  };
}

/** Pauses that nobody cuts short: what the server asked for, and what keeps a wrong key from being banned. */
function isKeptPause({ code, facts }: Failure): boolean {
  return failures[code].retry === 'key' || facts.retryAfterMs !== undefined;
}

/** A target that cannot be closed is no reason to stop. */
async function disposeOf(targets: Iterable<Target>): Promise<void> {
  await Promise.allSettled(Array.from(targets, async target => target[Symbol.asyncDispose]?.()));
}
