import type { Receipt } from '../contract/adapter.ts';
import { asFailure, type Failure } from '../contract/failures.ts';
import { type Attempt, credentialsOf, missingOf, recordFailure, recordSuccess } from './attempt.ts';
import type { Entry, Holding, Kept, ManagedTarget, Moment, Scope, TargetRecord } from './ledger.ts';
import { createQueue } from './queue.ts';
import { createScout, type ScoutDeps } from './scout.ts';
import { dueReason, type Offer, soon } from './timing.ts';
import { explained } from './verdict.ts';

export interface LaneDeps extends Omit<ScoutDeps, 'reported' | 'recovered' | 'sighted' | 'forgotten'> {
  /** `check`: asks what a delivery would do and writes nothing. */
  readonly rehearse: boolean;
  /** The manager tried what was offered for this scope in vain. */
  refused(scope: Scope, offer: Offer): void;
}

/** One target's own way: its scout, and its queue with concurrency and pauses. Nothing that happens here delays another target. */
export interface Lane {
  readonly record: TargetRecord;
  /** Starts what is due. scan: look at every slot; without it only at those already queued. */
  step(scan: boolean): void;
  /** When this lane wants its next step, the scanning tick apart. */
  wakeAt(): Moment;
  /** A new credential of this scope has arrived. */
  arrived(scope: Scope): void;
  /** Look at the target now, and forget pauses. rewrite: write every slot anew, too. */
  refresh(rewrite: boolean): void;
  /** Another configuration of the same target, or other sources. */
  use(managed: ManagedTarget): void;
  close(): Promise<void>;
}

export function createLane(managed: ManagedTarget, deps: LaneDeps): Lane {
  const { now, random, work, emit } = deps;
  const record = newRecord(managed);
  const queue = createQueue(random);
  const scout = createScout(record, {
    ...deps,
    reported() {
      // Those that are gone since lie in it, too.
      if (queue.size > record.entries.size) queue.clear();
      scan();
    },
    recovered() {
      // Soon, not at once: a manager that lists well and refuses every write would be asked without end.
      for (const entry of record.entries.values())
        if (entry.trouble?.failure.stops === 'target')
          entry.notBefore = Math.min(entry.notBefore, now() + soon(entry.trouble.count, random));
    },
    forgotten: queue.clear,
    sighted(entry) {
      want(entry);
      enqueue(entry);
      pump();
      deps.wake();
    },
  });
  let closed = false;
  let running = 0;
  let drained = Promise.withResolvers<void>();
  /** Failed deliveries in a row, and the slow row of single probes that a long one leads to. */
  let streak = 0;
  let probes = 0;
  let probeAt = Number.NEGATIVE_INFINITY;

  const limits = () => record.managed.limits;
  const lingerMs = () => limits().lingerMs ?? limits().deliverMs;
  const single = () => streak >= 2 * limits().concurrency;

  function scan(): void {
    for (const entry of record.entries.values()) {
      want(entry);
      enqueue(entry);
    }
    pump();
  }

  /** Says to the supply which scopes are needed, and for which hosts. */
  function want({ slot, scopes }: Entry): void {
    if (slot.after !== undefined || (slot.state === 'absent' && !record.managed.create)) return;
    slot.registries.forEach((registry, index) => {
      const scope = scopes[index];
      if (!scope) return;
      scope.wanted = true;
      if (scope.hosts.has(registry.host)) return;
      scope.hosts.set(registry.host, registry);
      scope.unproven.push(registry);
    });
  }

  function enqueue(entry: Entry): void {
    const due = entry.queued ? undefined : whyDue(record, entry, now());
    if (due) queue.put(entry, due.reason);
  }

  /** Fills the free places with due slots. After a row of failures there is one place, and only now and then. */
  function pump(): void {
    if (scout.shut || record.managed.paused || closed || work.closing) return;
    while (queue.size > 0 && running < (single() ? 1 : limits().concurrency)) {
      if (single() && now() < probeAt) return;
      const entry = single() ? queue.takeAny() : queue.take();
      const due = entry && record.entries.get(entry.slot.id) === entry ? whyDue(record, entry, now()) : undefined;
      if (entry && due) work.track(deliver({ entry, ...due, began: now() }));
    }
  }

  async function deliver(attempt: Attempt): Promise<void> {
    const { entry } = attempt;
    if (running++ === 0) drained = Promise.withResolvers();
    entry.running = true;
    const receipt = await work.bounded(limits().deliverMs, !deps.rehearse, signal => send(attempt, signal)).catch(asFailure);
    entry.running = false;
    entry.wroteAt = now();
    running--;
    if (receipt instanceof Error) failed(attempt, receipt);
    else delivered(attempt, receipt);
    for (const follower of followersOf(record, entry)) enqueue(follower);
    pump();
    if (running === 0) {
      scout.unused();
      drained.resolve();
    }
    if (receipt instanceof Error) deps.wake();
  }

  async function send({ entry, offer }: Attempt, signal: AbortSignal): Promise<Receipt> {
    const { slot } = entry;
    if (!deps.rehearse) return scout.target.deliver(slot, credentialsOf(offer), signal);
    const rehearsed = await scout.target.rehearse?.(slot, credentialsOf(offer), signal);
    return rehearsed ?? { change: slot.state === 'absent' ? 'created' : 'updated' };
  }

  function delivered(attempt: Attempt, receipt: Receipt): void {
    const { entry } = attempt;
    const downMs = entry.trouble && now() - entry.trouble.since;
    const about = aboutSlot(record, attempt);
    recordSuccess(record, attempt, receipt, now(), lingerMs());
    if (deps.rehearse) entry.notBefore = Number.POSITIVE_INFINITY;
    streak = 0;
    probes = 0;
    const { change, proven } = receipt;
    const facts = { ms: now() - attempt.began, change, settled: !entry.unsettled, ...(proven !== undefined && { proven }) };
    emit({ kind: 'delivered', ...about, ...facts, ...(downMs !== undefined && { downMs }) });
  }

  function failed(attempt: Attempt, failure: Failure): void {
    const { entry, offer, began } = attempt;
    const repeat = entry.trouble?.failure.code === failure.code;
    recordFailure(record, attempt, failure, now(), lingerMs(), random);
    streak++;
    if (single()) probeAt = now() + soon(++probes, random);
    if (failure.code === 'CREDENTIAL_REFUSED') for (const scope of entry.scopes) if (scope) deps.refused(scope, offer);
    if (failure.code === 'NOT_FOUND') scout.lookAgain();
    if (failure.stops === 'target') scout.stumbled(failure, began);
    const trial = { ms: now() - began, failure: explained(failure, entry), count: entry.trouble?.count ?? 1, repeat };
    emit({ kind: 'delivery-failed', ...aboutSlot(record, attempt), ...trial });
  }

  return {
    record,
    step(scanAll) {
      if (record.managed.paused) return;
      scout.step();
      if (scanAll) scan();
      else pump();
    },
    wakeAt() {
      if (record.managed.paused) return Number.POSITIVE_INFINITY;
      const probing = single() && queue.size > 0 && running === 0 && !scout.shut;
      return probing ? Math.min(scout.wakeAt(), probeAt) : scout.wakeAt();
    },
    arrived(scope) {
      if (scope === record.own) scout.lookNow(false);
      for (const entry of record.entries.values()) {
        if (!entry.scopes.includes(scope)) continue;
        if (entry.trouble?.failure.code === 'CREDENTIAL_REFUSED') entry.notBefore = now();
        enqueue(entry);
      }
      pump();
    },
    refresh(rewrite) {
      scout.lookNow(false);
      probeAt = now();
      for (const entry of record.entries.values()) {
        entry.notBefore = now();
        if (rewrite && entry.slot.state !== 'absent') entry.rewriteAskedAt = now();
      }
    },
    use(next) {
      record.managed = next;
      for (const entry of record.entries.values()) {
        entry.scopes = deps.scopesFor(record, entry.slot);
        entry.notBefore = now();
      }
      scout.lookNow(true);
    },
    async close() {
      closed = true;
      queue.clear();
      // What runs ends by its own deadline, and has its outcome.
      if (running > 0) await drained.promise;
      await scout.close();
    },
  };
}

/** Why the slot can and should be delivered to now, and with what. */
export function whyDue(record: TargetRecord, entry: Entry, now: Moment): Pick<Attempt, 'reason' | 'offer'> | undefined {
  if (entry.running || now < entry.notBefore) return undefined;
  // Written anew because somebody asked: with the new credential, when one is on its way.
  if (entry.rewriteAskedAt !== undefined && entry.scopes.some(scope => scope?.fetching || (scope?.refetch && now >= scope.notBefore)))
    return undefined;
  const offer = offerFor(record, entry, now);
  const reason = dueReason(entry, offer, now, record.managed.create, record.discoveredAt ?? Number.NEGATIVE_INFINITY);
  return reason && { reason, offer };
}

/** What the slot can be given now. A slot `after` another is offered exactly what that one holds for certain. */
function offerFor(record: TargetRecord, entry: Entry, now: Moment): Offer {
  const offer = new Map<string, Kept>();
  if (entry.slot.after === undefined) {
    entry.slot.registries.forEach(({ host }, index) => {
      const kept = entry.scopes[index]?.kept;
      if (kept && kept.endsAt > now) offer.set(host, kept);
    });
    return offer;
  }
  const leader = record.entries.get(entry.slot.after);
  if (!leader || leader.running || leader.unsettled) return offer;
  leader.slot.registries.forEach(({ host }, at) => {
    const held = leader.held[at];
    if (held && isKept(held) && held.endsAt > now) offer.set(host, held);
  });
  return offer;
}

function isKept(held: Holding): held is Kept {
  return held.credential !== undefined && held.scope !== undefined;
}

function followersOf(record: TargetRecord, entry: Entry): Entry[] {
  if (!record.hasFollowers) return [];
  return [...record.entries.values()].filter(candidate => candidate.slot.after === entry.slot.id);
}

function aboutSlot(record: TargetRecord, attempt: Attempt) {
  const { slot } = attempt.entry;
  const sent = [...attempt.offer].map(([host, { fingerprint, expiresAt, credential }]) => {
    return { host, fingerprint, expiresAt, source: credential.source };
  });
  const about = { target: record.name, slot: slot.id, title: slot.title ?? slot.id, reason: attempt.reason };
  return { ...about, sent, missing: missingOf(attempt) };
}

function newRecord(managed: ManagedTarget): TargetRecord {
  const empty = { entries: new Map(), renamed: new Map(), about: {}, findings: [], outcomes: [], hasFollowers: false, partlyUnseen: false };
  return { managed, name: managed.name, address: undefined, nextDiscoveryAt: Number.NEGATIVE_INFINITY, ...empty };
}
