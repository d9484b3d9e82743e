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
import { atPeace, fetchDueAt, repairPause } from './timing.ts';

/** Why a slot should be written now, and with what. */
export interface Due {
  readonly reason: Reason;
  readonly offer: Offer;
}

/** Why the slot can and should be written at this moment; undefined when it cannot or need not. */
export function whyDue(record: TargetRecord, entry: Entry, now: Moment): Due | undefined {
  if (entry.running || now < entry.notBefore || holdsNewest(entry) || awaitsNewer(record, entry, now)) return undefined;
  const offer = offerFor(record, entry, now);
  const reason = offer && reasonFor(record, entry, offer, now);
  return reason && mayBegin(record, entry, now) ? { reason, offer } : undefined;
}

/** The answer for most slots, of which there may be 100,000 at each look: found without making anything. */
function holdsNewest({ slot, held, scopes, unsettled, trouble, neededByFollower, rewriteAskedAt }: Entry): boolean {
  if (slot.state !== 'present' || slot.after !== undefined) return false;
  if (unsettled || trouble || neededByFollower || rewriteAskedAt !== undefined) return false;
  for (let at = 0; at < scopes.length; at++) if (!held[at] || held[at] !== scopes[at]?.kept) return false;
  return true;
}

/**
 * When the slot is tried next, apart from the queue of its target; undefined when nothing is planned before its credential ages.
 * now: the present moment.
 */
export function plannedAt(record: TargetRecord, entry: Entry, now: Moment): Moment | undefined {
  if (entry.running || whyDue(record, entry, now)) return now;
  const { unsettled, repaired } = entry;
  const turns = [
    entry.notBefore,
    unsettled?.confirmAt ?? 0,
    repaired ? repaired.at + repairPause(repaired.count) : 0,
    (entry.slot.disturbs && record.opensAt?.()) ?? 0,
  ];
  const turn = turns
    .filter(moment => moment > now)
    .toSorted((a, b) => a - b)
    .find(moment => whyDue(record, entry, moment));
  if (turn !== undefined) return turn;
  // Nothing to give, or something newer is waited for: the next fetch decides.
  if (entry.slot.after !== undefined || (entry.slot.state === 'absent' && !record.managed.create)) return undefined;
  const awaited = entry.scopes.filter(scope => scope !== undefined).filter(scope => !lives(scope, now) || scope.refetch);
  return awaited.length > 0 ? Math.max(now, entry.notBefore, Math.min(...awaited.map(fetchDueAt))) : undefined;
}

function lives({ kept }: Scope, now: Moment): boolean {
  return kept !== undefined && kept.endsAt > now;
}

/**
 * Somebody asked for a rewrite, and the credential to write is about to come. While AWS may not be asked yet, or gives none, the last good one is written first.
 * Where that would disturb twice it is written only while AWS gives none.
 */
function awaitsNewer(record: TargetRecord, entry: Entry, now: Moment): boolean {
  if (entry.rewriteAskedAt === undefined) return false;
  const leader = leaderOf(record, entry);
  if (leader) return leader.rewriteAskedAt !== undefined && !leader.trouble;
  const soon = (scope: Scope) => now >= scope.notBefore || (entry.slot.disturbs !== undefined && !scope.trouble);
  return entry.scopes.some(scope => scope && (scope.fetching || (scope.refetch && soon(scope))));
}

function leaderOf(record: TargetRecord, { slot }: Entry): Entry | undefined {
  return slot.after === undefined ? undefined : record.entries.get(slot.after);
}

/** What the slot can be given now; undefined when it needs something and there is nothing. A follower is offered exactly what its leader holds for certain. */
function offerFor(record: TargetRecord, entry: Entry, now: Moment): Offer | undefined {
  const { slot, scopes } = entry;
  if (slot.after !== undefined) return offerOfLeader(record, entry, now);
  const offer = new Map<string, Holding>();
  slot.registries.forEach(({ host }, at) => {
    const kept = scopes[at]?.kept;
    if (kept && kept.endsAt > now) offer.set(host, kept);
  });
  return offer.size > 0 || slot.registries.length === 0 ? offer : undefined;
}

function offerOfLeader(record: TargetRecord, entry: Entry, now: Moment): Offer | undefined {
  const leader = leaderOf(record, entry);
  if (!leader || leader.running || leader.unsettled?.by === 'us') return undefined;
  const needsPasswords = entry.slot.registries.length > 0;
  const offer = new Map<string, Holding>();
  leader.slot.registries.forEach(({ host }, at) => {
    const held = leader.held[at];
    if (held && held.endsAt > now && (isKept(held) || !needsPasswords)) offer.set(host, held);
  });
  return offer.size > 0 ? offer : undefined;
}

/** What a follower waits for in vain: its leader holds something, by the manager's word only, that we cannot give the follower. */
export function lacksPassword(record: TargetRecord, entry: Entry, now: Moment): boolean {
  const leader = leaderOf(record, entry);
  if (!leader || leader.running || entry.slot.registries.length === 0 || entry.slot.disturbs) return false;
  return leader.slot.registries.some(({ host }, at) => {
    const held = leader.held[at];
    return held !== undefined && held.endsAt > now && !isKept(held) && heldFor(entry, host)?.fingerprint !== held.fingerprint;
  });
}

/** The most urgent reason. Pauses, windows and what is waited for are the caller's. */
function reasonFor(record: TargetRecord, entry: Entry, offer: Offer, now: Moment): Reason | undefined {
  const { slot, unsettled } = entry;
  if (slot.state === 'absent') return mayCreate(record, entry, now) ? 'absent' : undefined;
  if ((slot.state === 'drifted' || overwritten(entry, offer)) && mayRepair(entry, now)) return 'drifted';
  if (unsettled && (!unsettled.answered || now >= unsettled.confirmAt)) return 'unsettled';
  let aging = false;
  for (const [host, given] of offer) {
    const held = heldFor(entry, host);
    if (!held) return 'unknown';
    aging ||= outdated(entry, held, given, now);
  }
  if (aging) return 'aging';
  if (rewriteIsDue(entry)) return 'unknown';
  // What the last attempt left there is not known, whatever the manager says that it holds.
  return entry.trouble && 'unknown';
}

/** A creation that may have landed is not repeated before a report says that it did not. */
function mayCreate(record: TargetRecord, entry: Entry, now: Moment): boolean {
  const reported = record.discoveredAt ?? Number.NEGATIVE_INFINITY;
  return record.managed.create && !(entry.unsettled && reported < entry.unsettled.confirmAt) && mayRepair(entry, now);
}

function mayRepair({ repaired }: Entry, now: Moment): boolean {
  return repaired === undefined || now >= repaired.at + repairPause(repaired.count);
}

/** Somebody put another credential over ours. */
function overwritten(entry: Entry, offer: Offer): boolean {
  return [...offer].some(([host, given]) => {
    const held = heldFor(entry, host);
    return held?.foreign === true && held.fingerprint !== given.fingerprint;
  });
}

/** Somebody asked, or a follower needs it. When AWS gives nothing newer, the last good credential is written once. */
function rewriteIsDue(entry: Entry): boolean {
  if (entry.neededByFollower) return true;
  const { rewriteAskedAt } = entry;
  return rewriteAskedAt !== undefined && (entry.wroteAt < rewriteAskedAt || fetchedSince(entry, rewriteAskedAt));
}

/** Whether every credential that there is for the slot comes from a fetch that began after that moment. */
export function fetchedSince({ scopes }: Entry, moment: Moment): boolean {
  return scopes.every(scope => !scope?.kept || scope.answeredAt >= moment);
}

/** Whether what is held should give way to what is given. */
function outdated({ slot }: Entry, held: Holding, given: Holding, now: Moment): boolean {
  if (held.fingerprint === given.fingerprint) return false;
  if (slot.disturbs) return now >= held.endsAt - slot.disturbs.below * (held.endsAt - held.receivedAt) && given.endsAt > held.endsAt;
  if (slot.after !== undefined) return true;
  if (held.scope !== undefined && held.scope !== given.scope) return true;
  return now >= held.agesAt && given.endsAt > held.endsAt;
}

/** A delivery that disturbs waits for its target's window, unless what the slot holds would end first. */
function mayBegin(record: TargetRecord, { slot, held }: Entry, now: Moment): boolean {
  if (!slot.disturbs || !record.opensAt) return true;
  const opensAt = record.opensAt();
  const endsAt = held.length === 0 ? now : Math.min(...held.map(holding => holding?.endsAt ?? now));
  return opensAt <= now || endsAt <= opensAt + record.managed.limits.deliverMs;
}

/** Followers of a slot: those that must hold the very same credentials after it. */
export function followersOf(record: TargetRecord, { slot }: Entry): Entry[] {
  if (!record.hasFollowers) return [];
  return [...record.entries.values()].filter(candidate => candidate.slot.after === slot.id);
}

/** Whether the repairs of a slot do not last. */
export function isContested(entry: Entry, now: Moment): boolean {
  return entry.repaired !== undefined && entry.repaired.count >= 3 && !atPeace(entry, now);
}
