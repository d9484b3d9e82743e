import type { Credential, Credentials } from '../contract/credential.ts';
import type { Failure } from '../contract/failures.ts';
import type { Rehearsal } from '../contract/target.ts';
import { triedAgainAt } from './disturbing.ts';
import { fetchedSince } from './due.ts';
import {
  type Cause,
  type Entry,
  type Holding,
  isKept,
  type Kept,
  type Moment,
  type Offer,
  type Outcome,
  type Reason,
  shared,
  type TargetRecord,
  type Unsettled,
} from './ledger.ts';
import { noteFollower } from './offers.ts';
import { keepOutcome, succeeded } from './outcomes.ts';
import { findingsAfter } from './receipt-findings.ts';
import { atPeace, rarely, retryPause, second } from './timing.ts';

/** One attempt to deliver: the offer, its reason and when it began. `cause` is the reason for logs and audit lines. */
export interface Attempt {
  readonly entry: Entry;
  readonly reason: Reason;
  readonly cause: Cause;
  readonly offer: Offer;
  readonly began: Moment;
}

/** The cause of an attempt. Call it before the attempt changes the entry. */
export function causeOf({ result, trouble, rewriteAskedAt, neededByFollower }: Entry, reason: Reason): Cause {
  if (reason !== 'unknown') return reason;
  if (trouble) return 'tried again';
  if (result === undefined) return 'first delivery since start';
  if (rewriteAskedAt !== undefined) return 'asked for';
  return neededByFollower ? 'needed by a follower' : 'not known what it holds';
}

export function credentialsOf(offer: Offer): Credentials {
  const credentials = new Map<string, Credential>();
  for (const [host, { credential }] of keptOf(offer)) credentials.set(host, credential);
  return credentials;
}

/** The credentials of an offer that we have fetched; usually all of them. */
export function keptOf(offer: Offer): ReadonlyMap<string, Kept> {
  return isAllKept(offer) ? offer : new Map([...offer].filter((one): one is [string, Kept] => isKept(one[1])));
}

function isAllKept(offer: Offer): offer is ReadonlyMap<string, Kept> {
  for (const holding of offer.values()) if (!isKept(holding)) return false;
  return true;
}

export function missingOf({ entry, offer }: Attempt): string[] {
  return entry.slot.registries.filter(({ host }) => !offer.has(host)).map(({ host }) => host);
}

/**
 * Records a successful attempt: what the slot holds now, and whether an earlier write may still overwrite it (rule 8).
 */
export function recordSuccess(record: TargetRecord, attempt: Attempt, receipt: Rehearsal, now: Moment, lingerMs: number): void {
  const { entry, offer, began } = attempt;
  const fulfilled = entry.rewriteAskedAt !== undefined && fulfils(attempt, entry.rewriteAskedAt);
  const repair = isRepair(attempt);
  if (entry.slot.after !== undefined) entry.heldHosts = [...offer.keys()];
  entry.held = entry.heldHosts
    ? [...offer.values()]
    : shared(entry.slot.registries.map(({ host }, at) => offer.get(host) ?? entry.held[at]));
  entry.notBefore = 0;
  entry.trouble = undefined;
  entry.neededByFollower = false;
  if (fulfilled) entry.rewriteAskedAt = undefined;
  entry.receiptFindings = findingsAfter(entry, receipt);
  if (repair) {
    const before = atPeace(entry, now) ? undefined : entry.repaired;
    entry.repaired = { count: (before?.count ?? 0) + 1, at: now };
  }
  entry.unsettled = settled(entry, began, now, lingerMs);
  const id = receipt.id ?? entry.slot.id;
  if (id !== entry.slot.id) {
    record.entries.delete(entry.slot.id);
    record.renamed.set(entry.slot.id, now);
    if (attempt.reason === 'absent') record.recreated.set(entry.slot.id, entry.repaired ?? { count: 0, at: now });
    record.entries.set(id, entry);
    noteFollower(record, { ...entry.slot, id });
  }
  if (id !== entry.slot.id || entry.slot.state !== 'present') entry.slot = { ...entry.slot, id, state: 'present' };
  remember(record, attempt, now, { result: receipt.change, ...(receipt.proven !== undefined && { proven: receipt.proven }) });
}

/**
 * Notes the given credentials of a target whose slots should all hold the same one (`alike`). For the first slot that
 * gets a credential, returns all entries, because they may be due now.
 */
export function noteGiven({ managed, given, entries }: TargetRecord, { offer }: Attempt): Iterable<Entry> {
  const first = managed.alike ? [...keptOf(offer).values()].filter(kept => !given.has(kept)) : [];
  for (const kept of first) given.add(kept);
  return first.length > 0 ? entries.values() : [];
}

/** Whether the attempt repairs a slot that was fine before, as far as we know. */
function isRepair({ entry, reason }: Attempt): boolean {
  const { result, repaired, neededByFollower } = entry;
  const createdBefore = reason === 'absent' && (repaired !== undefined || (result !== undefined && succeeded({ result })));
  return reason === 'drifted' || createdBefore || (reason === 'unknown' && neededByFollower === true);
}

/** Whether the attempt fulfils a request for a rewrite: it began, and its credential was fetched, after the request. */
function fulfils({ entry, offer, began }: Attempt, askedAt: Moment): boolean {
  const newest = entry.slot.registries.every(({ host }, at) => {
    const kept = entry.scopes[at]?.kept;
    return !kept || !offer.has(host) || offer.get(host)?.fingerprint === kept.fingerprint;
  });
  // A disturbing write is not repeated.
  const once = entry.slot.after !== undefined || entry.slot.disturbs !== undefined;
  return began >= askedAt && (once || (newest && fetchedSince(entry, askedAt)));
}

/**
 * How unsettled the slot is after a successful write. It is settled after the second one, if that began after the time
 * for which an earlier write could linger. A disturbing write needs no second one.
 */
function settled({ unsettled, slot }: Entry, began: Moment, now: Moment, lingerMs: number): Unsettled | undefined {
  if (!unsettled || (began >= unsettled.confirmAt && (unsettled.answered || slot.disturbs))) return undefined;
  if (unsettled.answered) return unsettled;
  return { ...unsettled, confirmAt: now + Math.max(lingerMs + second, slot.disturbs ? rarely(1) : 0), answered: true };
}

/** Records a failed attempt: when the slot may be tried again, and whether the write may still land. */
export function recordFailure(
  record: TargetRecord,
  attempt: Attempt,
  failure: Failure,
  { now, lingerMs, random }: { now: Moment; lingerMs: number; random: () => number },
): void {
  const { entry, offer, began } = attempt;
  const count = (entry.trouble?.count ?? 0) + 1;
  // A newer token that arrived during the attempt is tried immediately.
  const soonest = failure.code === 'CREDENTIAL_REFUSED' && hasNewer(attempt) ? now : now + retryPause(failure, count, random);
  const settles = failure.facts.mayLand ? now + lingerMs + second : now;
  entry.notBefore = entry.slot.disturbs ? triedAgainAt(record, entry, { now, soonest: Math.max(soonest, settles), count }) : soonest;
  const fingerprints = [...keptOf(offer).values()].map(({ fingerprint }) => fingerprint);
  const refused = entry.trouble?.refused ?? (failure.code === 'CREDENTIAL_REFUSED' ? fingerprints : undefined);
  entry.trouble = { failure, count, since: entry.trouble?.since ?? began, triedAt: began, fingerprint: fingerprints[0], refused };
  if (failure.facts.mayLand) {
    const of = attempt.reason === 'absent' ? 'creation' : entry.unsettled?.of;
    entry.unsettled = { confirmAt: now + lingerMs + second, answered: false, by: 'us', ...(of && { of }) };
  }
  remember(record, attempt, now, { result: failure.code, message: failure.message });
}

function hasNewer({ entry, offer }: Attempt): boolean {
  return entry.slot.registries.some(({ host }, at) => {
    const [offered, kept] = [offer.get(host), entry.scopes[at]?.kept];
    return offered !== undefined && kept !== undefined && offered.fingerprint !== kept.fingerprint;
  });
}

const firstOf = ({ offer }: Attempt): Holding | undefined => offer.values().next().value;

function remember(record: TargetRecord, attempt: Attempt, now: Moment, what: Pick<Outcome, 'result' | 'message' | 'proven'>): void {
  const { entry, cause, began } = attempt;
  const first = firstOf(attempt);
  const outcome: Outcome = {
    at: now,
    slot: entry.slot.id,
    title: entry.slot.title ?? entry.slot.id,
    reason: cause,
    ms: now - began,
    ...(first && { fingerprint: first.fingerprint, expiresAt: first.expiresAt }),
    ...what,
  };
  entry.result = what.result;
  entry.proven = first && what.proven !== undefined ? { fingerprint: first.fingerprint, ok: what.proven } : undefined;
  keepOutcome(record.outcomes, outcome);
}
