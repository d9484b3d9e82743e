import type { Rehearsal, Slot, Target } from '../contract/adapter.ts';
import type { Credentials } from '../contract/credential.ts';
import { asFailure, type Failure } from '../contract/failures.ts';
import { type Attempt, credentialsOf, keptOf, missingOf, recordFailure, recordSuccess } from './attempt.ts';
import { type Due, followersOf, neededHead, whyDue } from './due.ts';
import type { CourierEvent, OfSlot } from './events.ts';
import { evidenceOf } from './evidence.ts';
import type { Entry, Moment, TargetRecord } from './ledger.ts';
import { createQueue } from './queue.ts';
import type { Supply } from './supply.ts';
import { minute } from './timing.ts';
import { explained, type Said } from './verdict.ts';
import type { Work } from './work.ts';

/** A credential of this age is as good as a new one. */
const quiteNewMs = 10 * minute;

export interface DeliveriesDeps {
  readonly now: () => Moment;
  readonly random: () => number;
  readonly work: Work;
  readonly supply: Pick<Supply, 'refused' | 'doubt' | 'refetch'>;
  /** `check`: asks what a delivery would do and writes nothing. */
  readonly rehearse: boolean;
  emit(event: CourierEvent): void;
  /** The target to deliver to; undefined while nothing may be delivered. */
  target(): Target | undefined;
  /** A delivery failed. */
  stumbled(failure: Failure, began: Moment): void;
  /** A delivery was answered well. */
  delivered(): void;
  /** Nothing is under way any more. */
  unused(): void;
  /** The next step may be due earlier than planned. */
  wake(): void;
}

/** The deliveries to one target: its queue, its places, and what they come to. */
export interface Deliveries {
  /** Puts the slot into the queue if it is due. */
  enqueue(entry: Entry): void;
  /** Fills the free places with due slots. */
  pump(): void;
  /** Takes all slots out of the queue. */
  clear(): void;
  /** As `clear`, when more lie there than the target has slots: those that are gone. */
  tidy(): void;
  /** For how many milliseconds a slot whose last attempt failed waits for its turn, once its pause is over. */
  waitMs(entry: Entry): number;
  /** Begins nothing any more, and waits for what is under way: it ends by its own deadline, and has its outcome. */
  close(): Promise<void>;
}

export function createDeliveries(record: TargetRecord, deps: DeliveriesDeps): Deliveries {
  const { now, work, emit } = deps;
  const queue = createQueue(deps.random);
  let closed = false;
  let running = 0;
  /** Of those that run: slots whose last attempt had failed. */
  let retrying = 0;
  let drained = Promise.withResolvers<void>();
  let failuresInRow = 0;
  /** How long an attempt at a failed slot takes, smoothed. */
  let retryMs = 0;

  /** What an attempt says that does not end, and is given up. */
  const leftBehind = { mayLand: !deps.rehearse };

  const limits = () => record.managed.limits;
  const lingerMs = () => limits().lingerMs ?? limits().deliverMs;

  /** Failed slots leave a place for healthy ones where there are several, and have one while everything fails. */
  function retryPlaces(): number {
    const { concurrency } = limits();
    return failuresInRow >= 2 * concurrency ? 1 : Math.max(1, concurrency - 1);
  }

  function enqueue(entry: Entry): void {
    if (entry.queued !== 0) return;
    const due = whyDue(record, entry, now());
    if (due && wantsNewer(entry, due)) deps.supply.refetch(entry.scopes.filter(scope => scope !== undefined));
    else if (due) queue.put(entry, due.reason);
    else if (entry.slot.after !== undefined) rewrite(neededHead(record, entry, now()));
  }

  /**
   * What disturbs is to last as long as can be, so a credential that is not quite new is replaced before it is
   * delivered.
   */
  function wantsNewer(entry: Entry, { reason, offer }: Due): boolean {
    const { slot } = entry;
    if (!slot.disturbs || slot.after !== undefined || reason !== 'aging' || entry.rewriteAskedAt !== undefined) return false;
    if ([...offer.values()].every(({ receivedAt }) => now() < receivedAt + quiteNewMs)) return false;
    entry.rewriteAskedAt = now();
    return true;
  }

  function rewrite(head: Entry | undefined): void {
    if (!head || head.neededByFollower) return;
    head.neededByFollower = true;
    enqueue(head);
  }

  function next(): Entry | undefined {
    if (running >= limits().concurrency) return undefined;
    return queue.takeHealthy() ?? (retrying < retryPlaces() ? queue.takeFailed() : undefined);
  }

  function pump(): void {
    if (record.managed.paused || closed || work.closing) return;
    const target = queue.size > 0 ? deps.target() : undefined;
    if (!target) return;
    for (let entry = next(); entry; entry = next()) {
      // It may have changed, or be gone, since it was queued.
      const due = record.entries.get(entry.slot.id) === entry ? whyDue(record, entry, now()) : undefined;
      if (due) work.track(deliver({ entry, reason: due.reason, offer: due.offer, began: now() }, target));
    }
  }

  async function deliver(attempt: Attempt, target: Target): Promise<void> {
    const { entry, began } = attempt;
    const again = entry.trouble ? 1 : 0;
    if (running++ === 0) drained = Promise.withResolvers();
    retrying += again;
    entry.running = true;
    let receipt: Rehearsal | Failure;
    try {
      receipt = await work.bounded(limits().deliverMs, signal => send(attempt, target, signal), leftBehind);
    } catch (error) {
      receipt = asFailure(error);
    }
    entry.running = false;
    entry.wroteAt = now();
    running--;
    retrying -= again;
    if (again) retryMs += (now() - began - retryMs) / 4;
    if (receipt instanceof Error) failed(attempt, receipt);
    else delivered(attempt, receipt);
    for (const follower of followersOf(record, entry)) enqueue(follower);
    pump();
    if (running === 0) {
      deps.unused();
      drained.resolve();
    }
    if (receipt instanceof Error) deps.wake();
  }

  function send({ entry, offer }: Attempt, target: Target, signal: AbortSignal): Promise<Rehearsal> {
    const { slot } = entry;
    const credentials = credentialsOf(offer);
    return deps.rehearse ? rehearsed(target, slot, credentials, signal) : target.deliver(slot, credentials, signal);
  }

  function delivered(attempt: Attempt, receipt: Rehearsal): void {
    const { entry } = attempt;
    const downMs = entry.trouble && now() - entry.trouble.since;
    const about = aboutSlot(record, attempt);
    recordSuccess(record, attempt, receipt, now(), lingerMs());
    if (deps.rehearse) entry.notBefore = Number.POSITIVE_INFINITY;
    failuresInRow = 0;
    deps.delivered();
    const { change, proven } = receipt;
    const settled = entry.unsettled?.by !== 'us';
    const facts = { ms: now() - attempt.began, change, settled, ...(proven !== undefined && { proven }) };
    emit({ kind: 'delivered', ...about, ...facts, ...(downMs !== undefined && { downMs }) });
  }

  function failed(attempt: Attempt, failure: Failure): void {
    const { entry, began } = attempt;
    const repeat = entry.trouble?.failure.code === failure.code;
    const refused = failure.code === 'CREDENTIAL_REFUSED' ? refusedBy(attempt) : [];
    recordFailure(record, attempt, failure, { now: now(), lingerMs: lingerMs(), random: deps.random });
    failuresInRow++;
    deps.stumbled(failure, began);
    const trial = { ms: now() - began, count: entry.trouble?.count ?? 1, repeat };
    const about = aboutSlot(record, attempt);
    const tell = (said: readonly Said[]) => emit({ kind: 'delivery-failed', ...about, ...trial, failure: explained(failure, said) });
    if (refused.length === 0) tell([]);
    else work.track(Promise.all(refused).then(said => tell(said.filter(one => one !== undefined))));
  }

  /**
   * Tells the supply; what it resolves to is the registry's own word on each credential, not older than the attempt.
   */
  function refusedBy({ entry, offer, began }: Attempt): Promise<Said | undefined>[] {
    return [...keptOf(offer)].flatMap(([host, kept]) => {
      const at = entry.slot.registries.findIndex(registry => registry.host === host);
      const [registry, scope] = [entry.slot.registries[at], entry.scopes[at]];
      if (!registry || !scope) return [];
      deps.supply.refused(scope, kept, evidenceOf(entry, host, kept));
      return [deps.supply.doubt(scope, registry, kept, began).then(proved => proved && { host, ...proved })];
    });
  }

  return {
    enqueue,
    pump,
    clear: queue.clear,
    tidy() {
      if (queue.size > record.entries.size) queue.clear();
    },
    waitMs(entry) {
      const ahead = queue.ahead(entry) ?? (entry.trouble ? queue.failedSize : 0);
      return (ahead * retryMs) / retryPlaces();
    },
    async close() {
      closed = true;
      queue.clear();
      if (running > 0) await drained.promise;
    },
  };
}

async function rehearsed(target: Target, slot: Slot, credentials: Credentials, signal: AbortSignal): Promise<Rehearsal> {
  const receipt = await target.rehearse?.(slot, credentials, signal);
  return receipt ?? { change: slot.state === 'absent' ? 'created' : 'updated' };
}

function aboutSlot(record: TargetRecord, attempt: Attempt) {
  const { slot } = attempt.entry;
  const sent: OfSlot['sent'][number][] = [];
  for (const [host, { fingerprint, expiresAt, credential }] of keptOf(attempt.offer))
    sent.push({ host, fingerprint, expiresAt, source: credential.source });
  const missing = missingOf(attempt);
  return { target: record.name, slot: slot.id, title: slot.title ?? slot.id, reason: attempt.reason, sent, missing };
}
