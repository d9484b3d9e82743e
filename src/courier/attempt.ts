import type { Receipt } from '../contract/adapter.ts';
import type { Credential } from '../contract/credential.ts';
import type { Failure } from '../contract/failures.ts';
import { type Entry, type Kept, type Moment, noFindings, type Outcome, type Reason, shared, type TargetRecord } from './ledger.ts';
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
  entry.held = shared(entry.slot.registries.map(({ host }, at) => offer.get(host) ?? entry.held[at]));
  entry.notBefore = 0;
  entry.trouble = undefined;
  // A write that was under way when somebody asked is not what was asked for.
  if (entry.rewriteAskedAt !== undefined && began >= entry.rewriteAskedAt) entry.rewriteAskedAt = undefined;
  entry.receiptFindings = receipt.findings ?? noFindings;
  if (reason === 'drifted') {
    const before = atPeace(entry, now) ? undefined : entry.repaired;
    entry.repaired = { count: (before?.count ?? 0) + 1, at: now };
  }
  if (entry.unsettled) {
    const confirmed = entry.unsettled.answered && began >= entry.unsettled.confirmAt;
    const confirmAt = entry.unsettled.answered ? entry.unsettled.confirmAt : now + lingerMs + second;
    entry.unsettled = confirmed ? undefined : { confirmAt, answered: true };
  }
  const id = receipt.id ?? entry.slot.id;
  if (id !== entry.slot.id) {
    record.entries.delete(entry.slot.id);
    record.renamed.set(entry.slot.id, now);
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
  const count = (entry.trouble?.count ?? 0) + 1;
  entry.notBefore = now + retryPause(failure, count, random);
  entry.trouble = { failure, count, since: entry.trouble?.since ?? began, fingerprint: firstOf(attempt)?.fingerprint };
  if (failure.facts.mayLand) entry.unsettled = { confirmAt: now + lingerMs + second, answered: false };
  remember(record, attempt, now, { result: failure.code, message: failure.message });
}

const firstOf = ({ offer }: Attempt): Kept | undefined => offer.values().next().value;

function remember(record: TargetRecord, attempt: Attempt, now: Moment, what: Pick<Outcome, 'result' | 'message' | 'proven'>): void {
  const { entry, reason, began } = attempt;
  const first = firstOf(attempt);
  const outcome: Outcome = {
    at: now,
    slot: entry.slot.id,
    title: entry.slot.title ?? entry.slot.id,
    reason,
    ms: now - began,
    ...(first && { fingerprint: first.fingerprint, expiresAt: first.expiresAt }),
    ...what,
  };
  entry.result = what.result;
  entry.proven = first && what.proven !== undefined ? { fingerprint: first.fingerprint, ok: what.proven } : undefined;
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
