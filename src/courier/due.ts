import { beginsFrom, lateIn } from './disturbing.ts';
import {
  type Entry,
  type Holding,
  heldFor,
  isKept,
  type Moment,
  type Offer,
  type Reason,
  type Scope,
  type TargetRecord,
} from './ledger.ts';
import { headOf, heldByLeader, leaderOf, offerFor } from './offers.ts';
import { atPeace, fetchDueAt, mayRepairAt, rarely, rewriteAgainAfter } from './timing.ts';

/** Why a slot should be written now, and with what. */
export interface Due {
  readonly reason: Reason;
  readonly offer: Offer;
}

/** The reason and the offer if the slot can and should be written now; undefined otherwise. */
export function whyDue(record: TargetRecord, entry: Entry, now: Moment): Due | undefined {
  if (entry.running || entry.slot.waits || now < entry.notBefore || holdsNewest(entry) || awaitsNewer(record, entry, now)) return undefined;
  const offer = offerFor(record, entry, now);
  const reason = offer && reasonFor(record, entry, offer, now);
  return reason && beginsFrom(record, entry, now) <= now ? { reason, offer } : undefined;
}

/** A fast path for most of up to 100,000 slots per scan, without allocations. */
function holdsNewest({ slot, held, scopes, unsettled, trouble, neededByFollower, rewriteAskedAt }: Entry): boolean {
  if (slot.state !== 'present' || slot.after !== undefined) return false;
  if (unsettled || trouble || neededByFollower || rewriteAskedAt !== undefined) return false;
  for (let at = 0; at < scopes.length; at++) if (!held[at] || held[at] !== scopes[at]?.kept) return false;
  return true;
}

/**
 * When the slot is tried next, without regard to the queue of its target; undefined if nothing is planned before its
 * credential ages.
 */
export function plannedAt(record: TargetRecord, entry: Entry, now: Moment): Moment | undefined {
  if (entry.running || whyDue(record, entry, now)) return now;
  // A report will end that, at an unknown time.
  if (entry.slot.waits) return undefined;
  const { unsettled } = entry;
  const ends = [now, entry.notBefore, unsettled?.confirmAt ?? 0, mayRepairAt(entry)];
  if (entry.rewriteAskedAt !== undefined) ends.push(mayRewriteAt(entry));
  const turns = ends.map(end => beginsFrom(record, entry, Math.max(now, end)));
  const turn = turns
    .filter(moment => moment > now)
    .toSorted((a, b) => a - b)
    .find(moment => whyDue(record, entry, moment));
  if (turn !== undefined) return turn;
  const report = reportAwaited(record, entry);
  if (report !== undefined && offerFor(record, entry, now)) return Math.max(...turns, report, now);
  // There is no credential, or a newer one is awaited: the next fetch decides.
  if (entry.slot.after !== undefined || (entry.slot.state === 'absent' && !record.managed.create)) return undefined;
  const awaited = entry.scopes.filter(scope => scope !== undefined).filter(scope => !lives(scope, now) || scope.refetch);
  return awaited.length > 0 ? Math.max(now, entry.notBefore, Math.min(...awaited.map(fetchDueAt))) : undefined;
}

function lives({ kept }: Scope, now: Moment): boolean {
  return kept !== undefined && kept.endsAt > now;
}

/**
 * Whether a requested rewrite waits for a newer credential that is about to arrive. While AWS may not be asked yet, or
 * returns none, the last good credential is written first. A disturbing slot gets that one only while AWS returns none,
 * so that it is not disturbed twice.
 */
function awaitsNewer(record: TargetRecord, entry: Entry, now: Moment): boolean {
  if (entry.rewriteAskedAt === undefined) return false;
  const leader = leaderOf(record, entry);
  if (leader) return leader.rewriteAskedAt !== undefined && !leader.trouble;
  const soon = (scope: Scope) => now >= scope.notBefore || (entry.slot.disturbs !== undefined && !scope.trouble);
  return entry.scopes.some(scope => scope && (scope.fetching || (scope.refetch && soon(scope))));
}

/**
 * The head of the chain, if it must be rewritten because a follower waits for a password that only the manager knows.
 * A disturbing slot is not rewritten for a follower that is present.
 */
export function neededHead(record: TargetRecord, entry: Entry, now: Moment): Entry | undefined {
  const { slot } = entry;
  const head = headOf(record, entry);
  if (!head || slot.waits || head.slot.waits || slot.registries.length === 0 || (slot.state === 'absent' && !record.managed.create))
    return undefined;
  if ((head.slot.disturbs && slot.state === 'present') || !mayRepair(head, now)) return undefined;
  const lacks = [...heldByLeader(record, entry, now)].some(([host, leading]) => {
    const held = heldFor(entry, host);
    return !isKept(leading) && (slot.state !== 'present' || !held || outdated(record, entry, held, leading, now));
  });
  return lacks ? head : undefined;
}

/** The most urgent reason. The caller handles pauses, windows and awaited credentials. */
function reasonFor(record: TargetRecord, entry: Entry, offer: Offer, now: Moment): Reason | undefined {
  const { slot, unsettled } = entry;
  if (slot.state === 'absent') return mayCreate(record, entry, now) ? 'absent' : undefined;
  const lost = overwritten(entry, offer);
  if ((slot.state === 'drifted' || lost) && mayRepair(entry, now)) return 'drifted';
  if (unsettled && (!unsettled.answered || (now >= unsettled.confirmAt && !coverSoon(entry, now)))) return 'unsettled';
  let aging = false;
  for (const [host, given] of offer) {
    const held = heldFor(entry, host);
    if (!held) return 'unknown';
    // Repairs keep their intervals, however old the credential is that was put over ours.
    aging ||= !lost && outdated(record, entry, held, given, now);
  }
  if (aging) return 'aging';
  if (rewriteIsDue(entry, now)) return 'unknown';
  // The result of the last attempt is unknown, whatever the manager says.
  return entry.trouble && 'unknown';
}

/**
 * Whether the next credential, which will arrive soon, also settles what a former process may have left. After a
 * suspend all slots are due together.
 */
function coverSoon({ scopes, unsettled }: Entry, now: Moment): boolean {
  if (unsettled?.by !== 'former process') return false;
  return scopes.some(scope => scope && (scope.fetching || (!scope.trouble && now >= fetchDueAt(scope))));
}

function mayCreate(record: TargetRecord, entry: Entry, now: Moment): boolean {
  return record.managed.create && reportAwaited(record, entry) === undefined && (mayRepair(entry, now) || askedIsDue(entry, now));
}

/**
 * The earliest begin of the report that a creation waits for; undefined if it waits for none. A creation that may have
 * landed is not repeated before a report shows that it did not.
 */
function reportAwaited({ managed, discoveredAt, nextDiscoveryAt }: TargetRecord, { slot, unsettled }: Entry): Moment | undefined {
  if (slot.state !== 'absent' || !managed.create || unsettled?.of !== 'creation') return undefined;
  const reported = discoveredAt ?? Number.NEGATIVE_INFINITY;
  return reported < unsettled.confirmAt ? Math.max(unsettled.confirmAt, nextDiscoveryAt) : undefined;
}

const mayRepair = (entry: Entry, now: Moment): boolean => now >= mayRepairAt(entry);

/** Whether our credential was overwritten by one that lives no longer than ours, or that the leader does not hold. */
function overwritten(entry: Entry, offer: Offer): boolean {
  for (const [host, given] of offer) {
    const held = heldFor(entry, host);
    if (!held?.foreign || held.fingerprint === given.fingerprint) continue;
    if (entry.slot.after !== undefined || held.endsAt <= given.endsAt) return true;
  }
  return false;
}

/** Whether the entry was changed or removed by another party, so that it must be repaired now or later. */
export function awaitsRepair(record: TargetRecord, entry: Entry, now: Moment): boolean {
  if (entry.slot.state !== 'present') return true;
  if (!entry.held.some(holding => holding?.foreign)) return false;
  const offer = offerFor(record, entry, now);
  return offer !== undefined && overwritten(entry, offer);
}

/** Whether a rewrite is due, because of a request or for a follower. */
const rewriteIsDue = (entry: Entry, now: Moment): boolean => entry.neededByFollower || askedIsDue(entry, now);

/**
 * Whether a requested rewrite is due. If AWS returns nothing newer, the last good credential is not written repeatedly.
 */
function askedIsDue(entry: Entry, now: Moment): boolean {
  const { slot, rewriteAskedAt, wroteAt } = entry;
  if (rewriteAskedAt === undefined || (slot.disturbs && now < mayRewriteAt(entry))) return false;
  return (wroteAt < rewriteAskedAt && now >= mayRewriteAt(entry)) || fetchedSince(entry, rewriteAskedAt);
}

export function mayRewriteAt({ rewroteAt, slot }: Entry): Moment {
  return (rewroteAt ?? Number.NEGATIVE_INFINITY) + (slot.disturbs ? rarely(1) : rewriteAgainAfter);
}

/** Whether every available credential of the slot was fetched after that moment, and no newer one is requested. */
export function fetchedSince({ scopes }: Entry, moment: Moment): boolean {
  return scopes.every(scope => !scope?.kept || (scope.answeredAt >= moment && !scope.refetch));
}

/** Whether the held credential should be replaced by the given one. */
function outdated(record: TargetRecord, { slot }: Entry, held: Holding, given: Holding, now: Moment): boolean {
  if (held.fingerprint === given.fingerprint) return false;
  if (slot.disturbs) return now >= lateIn(held, slot.disturbs.below, record) && given.endsAt > held.endsAt;
  if (slot.after !== undefined && slot.follows !== 'in time') return true;
  if (held.scope !== undefined && held.scope !== given.scope) return true;
  return (now >= held.agesAt || record.given.has(given)) && given.endsAt > held.endsAt;
}

/** Whether a repair is postponed because the last one was recent. */
export function restsFromRepair(record: TargetRecord, entry: Entry, now: Moment): boolean {
  if (mayRepair(entry, now) || entry.slot.waits || (entry.slot.state === 'absent' && !record.managed.create)) return false;
  return awaitsRepair(record, entry, now);
}

/** Whether the repairs of a slot do not last. */
export function isContested(entry: Entry, now: Moment): boolean {
  return entry.repaired !== undefined && entry.repaired.count >= 3 && !atPeace(entry, now);
}
