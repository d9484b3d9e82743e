import type { Limits } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import type { Credentials } from '../contract/credential.ts';
import { asFailure, Failure } from '../contract/failures.ts';
import type { Rehearsal, Slot, Target } from '../contract/target.ts';
import { type Attempt, causeOf, credentialsOf, noteGiven } from './attempt.ts';
import { createDeadlines } from './deadlines.ts';
import { whyDue } from './due.ts';
import { type AttemptEnd, type Health, healthOf, noteEnd } from './health.ts';
import type { Entry, TargetRecord } from './ledger.ts';
import { followersOf } from './offers.ts';
import { createPlaces } from './places.ts';
import { createResults, type ResultsDeps } from './results.ts';
import type { Starts } from './starts.ts';
import type { Supply } from './supply.ts';
import { createWaiting, type Waiting } from './waiting.ts';

export interface DeliveriesDeps extends ResultsDeps {
  readonly supply: ResultsDeps['supply'] & Pick<Supply, 'refetch'>;
  readonly starts: Starts;
  readonly clock: Pick<Clock, 'mono'>;
  /** The client to deliver with; undefined while nothing may be delivered. */
  target(): Target | undefined;
  /** Whether slots whose last attempt failed may be tried as well. */
  takesFailed(): boolean;
  /** Called when no delivery is under way any more. */
  unused(): void;
  /** Whether targets are followed continuously; otherwise each slot is tried once. */
  follows(): boolean;
}

type Way = 'rehearsed' | 'written';
interface Queueing extends Pick<Waiting, 'enqueue'> {
  readonly way: Way;
}

/** The deliveries to one target: its queue, its places and their results. */
export interface Deliveries extends Pick<Waiting, 'enqueue' | 'clear' | 'tidy' | 'waitMs'> {
  /** Fills the free places with due slots. */
  pump(): void;
  /** Whether no healthy slot waits, and a place is free. */
  isAtEase(): boolean;
  /** Starts no further delivery, and waits for those under way, which end by their own deadlines with an outcome. */
  close(): Promise<void>;
}

export function createDeliveries(record: TargetRecord, deps: DeliveriesDeps): Deliveries {
  const { clock, now, work, starts } = deps;
  const limits = (): Limits => record.managed.limits;
  const deadlines = createDeadlines(limits, clock);
  const places = createPlaces(limits, deadlines, clock);
  const waiting = createWaiting(record, places, deps);
  const results = createResults(record, deps);
  let closed = false;
  /** Set while too many deliveries of all targets are new. */
  let heldUp = false;
  const drained = Promise.withResolvers<void>();
  /** Facts of the failure of an attempt that ignores its abort signal and is abandoned. */
  const leftBehind = { mayLand: !deps.rehearse };
  const way: Way = deps.rehearse ? 'rehearsed' : 'written';
  const queueing: Queueing = { way, enqueue: waiting.enqueue };

  function pump(): void {
    if (heldUp || record.managed.paused || closed || work.closing) return;
    const target = waiting.size > 0 ? deps.target() : undefined;
    if (!target) return;
    for (let entry = next(); entry; entry = next()) {
      // The entry may have changed, or have gone, since it was queued.
      const due = record.entries.get(entry.slot.id) === entry ? whyDue(record, entry, now()) : undefined;
      if (due) work.track(deliver({ entry, ...due, cause: causeOf(entry, due.reason), began: starts.begin() }, target));
    }
  }

  function next(): Entry | undefined {
    if (waiting.size === 0 || !places.isFree('answered')) return undefined;
    heldUp = !starts.allow(resume);
    return heldUp ? undefined : waiting.next();
  }

  function resume(): void {
    heldUp = false;
    pump();
  }

  async function deliver(attempt: Attempt, target: Target): Promise<void> {
    const { entry, began } = attempt;
    const [health, awakeAt] = [healthOf(entry), clock.mono()];
    const deadlineMs = deadlineOf(entry, health);
    places.take(health);
    entry.running = true;
    let receipt: Rehearsal | Failure;
    try {
      receipt = await work.bounded(deadlineMs, signal => send(attempt, target, way, signal), leftBehind);
    } catch (error) {
      receipt = asFailure(error);
    }
    entry.running = false;
    entry.wroteAt = now();
    if (entry.rewriteAskedAt !== undefined) entry.rewroteAt = entry.wroteAt;
    const end = endOf(receipt, { ms: clock.mono() - awakeAt, deadlineMs, wholeMs: limits().deliverMs });
    places.leave(health, end);
    deadlines.learn(health, end);
    noteEnd(entry, end);
    if (receipt instanceof Error) results.failed(attempt, end.result === 'cut' ? cutShort(receipt) : receipt);
    else results.delivered(attempt, receipt);
    enqueueAfter(record, attempt, end.result, queueing);
    starts.end(began);
    pump();
    if (places.empty) ended();
  }

  function ended(): void {
    deps.unused();
    if (closed) drained.resolve();
  }

  /** An attempt that would not be repeated soon gets the whole deadline. */
  function deadlineOf({ slot, cutMs }: Entry, health: Health): number {
    return slot.disturbs || deps.rehearse || !deps.follows() ? limits().deliverMs : deadlines.next(health, cutMs);
  }

  return {
    enqueue: waiting.enqueue,
    pump,
    clear: waiting.clear,
    tidy: waiting.tidy,
    waitMs: waiting.waitMs,
    isAtEase: () => !closed && waiting.healthySize === 0 && places.isFree('answered'),
    async close() {
      closed = true;
      waiting.clear();
      if (!places.empty) await drained.promise;
    },
  };
}

function send({ entry, offer }: Attempt, target: Target, way: Way, signal: AbortSignal): Promise<Rehearsal> {
  const { slot } = entry;
  const credentials = credentialsOf(offer);
  return way === 'rehearsed' ? rehearsed(target, slot, credentials, signal) : target.deliver(slot, credentials, signal);
}

/** How an attempt with this deadline has ended. */
function endOf(
  receipt: Rehearsal | Failure,
  { ms, deadlineMs, wholeMs }: { readonly ms: number; readonly deadlineMs: number; readonly wholeMs: number },
): AttemptEnd {
  if (!(receipt instanceof Error)) return { result: 'delivered', ms, deadlineMs };
  const isCut = receipt.code === 'TIMEOUT' && ms >= deadlineMs && deadlineMs < wholeMs;
  return { result: isCut ? 'cut' : 'failed', ms, deadlineMs };
}

/** Queues the slots that may be due because of this attempt. */
function enqueueAfter(record: TargetRecord, attempt: Attempt, how: AttemptEnd['result'], { way, enqueue }: Queueing): void {
  const { entry } = attempt;
  for (const follower of followersOf(record, entry)) enqueue(follower);
  if (how !== 'delivered') return;
  if (way === 'written') for (const other of noteGiven(record, attempt)) enqueue(other);
  // Another one of its credentials may have arrived meanwhile.
  if (entry.slot.registries.length > 1) enqueue(entry);
}

/** Says why the deadline was short. */
function cutShort({ code, message, facts }: Failure): Failure {
  return new Failure(code, `${message} (other writes hang, so it is tried again with more time)`, facts);
}

async function rehearsed(target: Target, slot: Slot, credentials: Credentials, signal: AbortSignal): Promise<Rehearsal> {
  const receipt = await target.rehearse?.(slot, credentials, signal);
  return receipt ?? { change: slot.state === 'absent' ? 'created' : 'updated' };
}
