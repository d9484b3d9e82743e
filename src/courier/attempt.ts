import type { Receipt } from '../contract/adapter.ts';
import type { Credential } from '../contract/credential.ts';
import type { Failure } from '../contract/failures.ts';
import { type Entry, type Kept, type Moment, nothingTold, type Outcome, type Reason, type TargetRecord } from './ledger.ts';
import { atPeace, type Offer, retryPause, second } from './timing.ts';

/** One try to deliver: what was offered, why, when it began. */
export interface Attempt {
  readonly entry: Entry;
  readonly reason: Reason;
  readonly offer: Offer;
  readonly began: Moment;
}

const successesKept = 10;
const failuresKept = 20;

export function credentialsOf(offer: Offer): ReadonlyMap<string, Credential> {
  return new Map([...offer].map(([host, kept]) => [host, kept.credential]));
}

export function missingOf({ entry, offer }: Attempt): string[] {
  return entry.slot.registries.map(registry => registry.host).filter(host => !offer.has(host));
}

/** Writes into the ledger that the attempt was answered: what the slot holds now, and whether an earlier write may still come over it (rule 8). */
export function recordSuccess(record: TargetRecord, attempt: Attempt, receipt: Receipt, now: Moment, lingerMs: number): void {
  const { entry, offer, reason, began } = attempt;
  entry.held = entry.slot.registries.map(({ host }, at) => offer.get(host) ?? entry.held[at]);
  entry.failures = 0;
  entry.notBefore = Number.NEGATIVE_INFINITY;
  entry.trouble = undefined;
  // A write that was under way when somebody asked is not what was asked for.
  if (entry.doubtedAt !== undefined && began >= entry.doubtedAt) entry.doubtedAt = undefined;
  entry.told = receipt.findings ?? nothingTold;
  if (reason === 'drifted') {
    entry.repairs = atPeace(entry, now) ? 1 : entry.repairs + 1;
    entry.repairedAt = now;
  }
  if (entry.unsettled) {
    const confirmed = entry.unsettled.answered && began >= entry.unsettled.confirmAt;
    const confirmAt = entry.unsettled.answered ? entry.unsettled.confirmAt : now + lingerMs + second;
    entry.unsettled = confirmed ? undefined : { confirmAt, answered: true };
  }
  const id = receipt.id ?? entry.slot.id;
  if (id !== entry.slot.id) {
    record.entries.delete(entry.slot.id);
    record.moved.set(entry.slot.id, now);
    record.entries.set(id, entry);
  }
  if (id !== entry.slot.id || entry.slot.state !== 'present') entry.slot = { ...entry.slot, id, state: 'present' };
  remember(record, attempt, now, { result: receipt.change, ...(receipt.proven !== undefined && { proven: receipt.proven }) });
}

/** Writes into the ledger that the attempt failed: when the slot may be tried again, and whether the write may still land. */
export function recordFailure(
  record: TargetRecord,
  attempt: Attempt,
  failure: Failure,
  now: Moment,
  lingerMs: number,
  random: () => number,
): void {
  const { entry, began } = attempt;
  entry.failures++;
  entry.notBefore = now + retryPause(failure, entry.failures, random);
  entry.trouble = { failure, count: entry.failures, since: entry.trouble?.since ?? began };
  if (failure.facts.mayLand) entry.unsettled = { confirmAt: now + lingerMs + second, answered: false };
  remember(record, attempt, now, { result: failure.code, message: failure.message });
}

function remember(record: TargetRecord, attempt: Attempt, now: Moment, what: Pick<Outcome, 'result' | 'message' | 'proven'>): void {
  const { entry, reason, offer, began } = attempt;
  const first: Kept | undefined = offer.values().next().value;
  const outcome: Outcome = {
    at: now,
    slot: entry.slot.id,
    title: entry.slot.title ?? entry.slot.id,
    reason,
    ms: now - began,
    ...(first && { fingerprint: first.fingerprint, expiresAt: first.expiresAt }),
    ...what,
  };
  entry.last = { at: now, result: what.result, fingerprint: first?.fingerprint, proven: what.proven };
  record.outcomes = withoutOldest([outcome, ...record.outcomes]);
}

/** At most so many successes and, kept longer, so many failures; newest first. */
function withoutOldest(outcomes: readonly Outcome[]): readonly Outcome[] {
  let successes = 0;
  let failures = 0;
  return outcomes.filter(outcome => (succeeded(outcome) ? ++successes <= successesKept : ++failures <= failuresKept));
}

export function succeeded(outcome: Pick<Outcome, 'result'>): boolean {
  return outcome.result === 'created' || outcome.result === 'updated' || outcome.result === 'unchanged';
}
