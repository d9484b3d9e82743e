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

/** Why the slot can and should be written at this moment; undefined when it cannot or need not. */
export function whyDue(record: TargetRecord, entry: Entry, now: Moment): Due | undefined {
  if (entry.running || entry.slot.waits || now < entry.notBefore || holdsNewest(entry) || awaitsNewer(record, entry, now)) return undefined;
  const offer = offerFor(record, entry, now);
  const reason = offer && reasonFor(record, entry, offer, now);
  return reason && beginsFrom(record, entry, now) <= now ? { reason, offer } : undefined;
}

/** The answer for most slots, of which there may be 100,000 at each look: found without making anything. */
function holdsNewest({ slot, held, scopes, unsettled, trouble, neededByFollower, rewriteAskedAt }: Entry): boolean {
  if (slot.state !== 'present' || slot.after !== undefined) return false;
  if (unsettled || trouble || neededByFollower || rewriteAskedAt !== undefined) return false;
  for (let at = 0; at < scopes.length; at++) if (!held[at] || held[at] !== scopes[at]?.kept) return false;
  return true;
}

/**
 * When the slot is tried next, apart from the queue of its target; undefined when nothing is planned before its
 * credential ages.
 * now: the present moment.
 */
export function plannedAt(record: TargetRecord, entry: Entry, now: Moment): Moment | undefined {
  if (entry.running || whyDue(record, entry, now)) return now;
  // A report ends that, and nobody knows when.
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
  // Nothing to give, or something newer is waited for: the next fetch decides.
  if (entry.slot.after !== undefined || (entry.slot.state === 'absent' && !record.managed.create)) return undefined;
  const awaited = entry.scopes.filter(scope => scope !== undefined).filter(scope => !lives(scope, now) || scope.refetch);
  return awaited.length > 0 ? Math.max(now, entry.notBefore, Math.min(...awaited.map(fetchDueAt))) : undefined;
}

function lives({ kept }: Scope, now: Moment): boolean {
  return kept !== undefined && kept.endsAt > now;
}

/**
 * Somebody asked for a rewrite, and the credential to write is about to come. While AWS may not be asked yet, or gives
 * none, the last good one is written first.
 * Where that would disturb twice it is written only while AWS gives none.
 */
function awaitsNewer(record: TargetRecord, entry: Entry, now: Moment): boolean {
  if (entry.rewriteAskedAt === undefined) return false;
  const leader = leaderOf(record, entry);
  if (leader) return leader.rewriteAskedAt !== undefined && !leader.trouble;
  const soon = (scope: Scope) => now >= scope.notBefore || (entry.slot.disturbs !== undefined && !scope.trouble);
  return entry.scopes.some(scope => scope && (scope.fetching || (scope.refetch && soon(scope))));
}

/**
 * The slot that must be written anew because a follower waits for a password: what its leader holds is known by the
 * manager's word only.
 * Nothing that disturbs is written for a follower that is there.
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

/** The most urgent reason. Pauses, windows and what is waited for are the caller's. */
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
    // Repairs keep their distances, however old it is what somebody puts over ours.
    aging ||= !lost && outdated(record, entry, held, given, now);
  }
  if (aging) return 'aging';
  if (rewriteIsDue(entry, now)) return 'unknown';
  // What the last attempt left there is not known, whatever the manager says that it holds.
  return entry.trouble && 'unknown';
}

/**
 * What a former process may have left is covered by the next credential as well, when that is about to come: after a
 * suspend everything is due at once.
 */
function coverSoon({ scopes, unsettled }: Entry, now: Moment): boolean {
  if (unsettled?.by !== 'former process') return false;
  return scopes.some(scope => scope && (scope.fetching || (!scope.trouble && now >= fetchDueAt(scope))));
}

function mayCreate(record: TargetRecord, entry: Entry, now: Moment): boolean {
  return record.managed.create && reportAwaited(record, entry) === undefined && (mayRepair(entry, now) || askedIsDue(entry, now));
}

/**
 * When the report begins, at the earliest, for which a creation waits: one that may have landed is not repeated before
 * a report says that it did not. Undefined where none is waited for.
 */
function reportAwaited({ managed, discoveredAt, nextDiscoveryAt }: TargetRecord, { slot, unsettled }: Entry): Moment | undefined {
  if (slot.state !== 'absent' || !managed.create || unsettled?.of !== 'creation') return undefined;
  const reported = discoveredAt ?? Number.NEGATIVE_INFINITY;
  return reported < unsettled.confirmAt ? Math.max(unsettled.confirmAt, nextDiscoveryAt) : undefined;
}

const mayRepair = (entry: Entry, now: Moment): boolean => now >= mayRepairAt(entry);

/** Somebody put another credential over ours, which lives no longer than what we have, or not what the leader holds. */
function overwritten(entry: Entry, offer: Offer): boolean {
  for (const [host, given] of offer) {
    const held = heldFor(entry, host);
    if (!held?.foreign || held.fingerprint === given.fingerprint) continue;
    if (entry.slot.after !== undefined || held.endsAt <= given.endsAt) return true;
  }
  return false;
}

/**
 * Whether somebody has changed or removed what should be there, so that it is to be written anew: now, or when its time
 * has come.
 */
export function awaitsRepair(record: TargetRecord, entry: Entry, now: Moment): boolean {
  if (entry.slot.state !== 'present') return true;
  if (!entry.held.some(holding => holding?.foreign)) return false;
  const offer = offerFor(record, entry, now);
  return offer !== undefined && overwritten(entry, offer);
}

/** Somebody asked, or a follower needs it. */
const rewriteIsDue = (entry: Entry, now: Moment): boolean => entry.neededByFollower || askedIsDue(entry, now);

/**
 * When AWS gives nothing newer, the last good credential is written once, but not again and again for somebody who asks
 * again and again.
 */
function askedIsDue(entry: Entry, now: Moment): boolean {
  const { slot, rewriteAskedAt, wroteAt } = entry;
  if (rewriteAskedAt === undefined || (slot.disturbs && now < mayRewriteAt(entry))) return false;
  return (wroteAt < rewriteAskedAt && now >= mayRewriteAt(entry)) || fetchedSince(entry, rewriteAskedAt);
}

export function mayRewriteAt({ rewroteAt, slot }: Entry): Moment {
  return (rewroteAt ?? Number.NEGATIVE_INFINITY) + (slot.disturbs ? rarely(1) : rewriteAgainAfter);
}

/**
 * Whether every credential that there is for the slot comes from a fetch that began after that moment, and nobody has
 * asked for a newer one.
 */
export function fetchedSince({ scopes }: Entry, moment: Moment): boolean {
  return scopes.every(scope => !scope?.kept || (scope.answeredAt >= moment && !scope.refetch));
}

/** Whether what is held should give way to what is given. */
function outdated(record: TargetRecord, { slot }: Entry, held: Holding, given: Holding, now: Moment): boolean {
  if (held.fingerprint === given.fingerprint) return false;
  if (slot.disturbs) return now >= lateIn(held, slot.disturbs.below, record) && given.endsAt > held.endsAt;
  if (slot.after !== undefined && slot.follows !== 'in time') return true;
  if (held.scope !== undefined && held.scope !== given.scope) return true;
  return (now >= held.agesAt || record.given.has(given)) && given.endsAt > held.endsAt;
}

/** Whether a slot is not repaired yet, as it was repaired a moment ago. */
export function restsFromRepair(record: TargetRecord, entry: Entry, now: Moment): boolean {
  if (mayRepair(entry, now) || entry.slot.waits || (entry.slot.state === 'absent' && !record.managed.create)) return false;
  return awaitsRepair(record, entry, now);
}

/** Whether the repairs of a slot do not last. */
export function isContested(entry: Entry, now: Moment): boolean {
  return entry.repaired !== undefined && entry.repaired.count >= 3 && !atPeace(entry, now);
}
