import type { Slot } from '../contract/target.ts';
import {
  type Entry,
  type Holding,
  heldFor,
  isKept,
  type Moment,
  type Offer,
  type Scope,
  type TargetRecord,
  unknownFingerprint,
} from './ledger.ts';
import { reportedHosts } from './reported-holdings.ts';

/**
 * What the slot can be given now; undefined if it needs a credential and there is none. A follower is offered exactly
 * what its leader certainly holds.
 */
export function offerFor(record: TargetRecord, entry: Entry, now: Moment): Offer | undefined {
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
  if (leaderOf(record, entry)?.unsettled?.by === 'us') return undefined;
  const needsPasswords = entry.slot.registries.length > 0;
  const offer = new Map([...heldByLeader(record, entry, now)].filter(([, held]) => isKept(held) || !needsPasswords));
  return offer.size > 0 ? offer : undefined;
}

/** What a follower's leader holds, by host. A credential that the head of the chain also holds is taken from there. */
export function heldByLeader(record: TargetRecord, entry: Entry, now: Moment): Offer {
  const [leader, head] = [leaderOf(record, entry), headOf(record, entry)];
  const found = new Map<string, Holding>();
  if (!leader || !head || leader.running) return found;
  for (const { host } of head.slot.registries) {
    const [held, first] = [heldFor(leader, host), heldFor(head, host)];
    if (held && held.fingerprint !== unknownFingerprint && held.endsAt > now)
      found.set(host, first?.fingerprint === held.fingerprint ? first : held);
  }
  return found;
}

export function leaderOf(record: TargetRecord, { slot }: Entry): Entry | undefined {
  return slot.after === undefined ? undefined : record.entries.get(slot.after);
}

/**
 * The head of a chain of followers, which gets its credentials from us; undefined if it is missing or the chain is
 * circular.
 */
export function headOf(record: TargetRecord, entry: Entry): Entry | undefined {
  const passed = new Set<Entry>();
  let head = leaderOf(record, entry);
  while (head?.slot.after !== undefined && !passed.has(head)) {
    passed.add(head);
    head = leaderOf(record, head);
  }
  return head?.slot.after === undefined ? head : undefined;
}

/**
 * The hosts of the logins that a slot holds independently. A follower that waits or fails counts as independent,
 * because its leader gets newer logins meanwhile.
 */
export function ownHosts(record: TargetRecord, entry: Entry): readonly { readonly host: string }[] {
  const { slot, heldHosts, trouble } = entry;
  if (slot.registries.length > 0 || !(slot.waits || (trouble && slot.follows === 'in time'))) return slot.registries;
  const hosts = (heldHosts ?? reportedHosts(slot)).filter(host => host !== '');
  return hosts.length > 0 ? hosts.map(host => ({ host })) : (headOf(record, entry)?.slot.registries ?? []);
}

/** The scope of the login for the host at this index of `ownHosts`; undefined if no source serves it. */
export function scopeAt(record: TargetRecord, entry: Entry, at: number): Scope | undefined {
  if (entry.slot.registries.length > 0) return entry.scopes[at];
  const [head, own] = [headOf(record, entry), ownHosts(record, entry)[at]];
  return head?.scopes[head.slot.registries.findIndex(({ host }) => host === own?.host)];
}

/** Indexes followers by leader. With thousands of leaders, a search through all slots for each would be too slow. */
export function noteFollower({ followers }: TargetRecord, { id, after }: Slot): void {
  if (after === undefined) return;
  const known = followers.get(after);
  if (known) known.add(id);
  else followers.set(after, new Set([id]));
}

export function forgetFollower({ followers }: TargetRecord, { id, after }: Slot): void {
  if (after === undefined) return;
  const known = followers.get(after);
  known?.delete(id);
  if (known?.size === 0) followers.delete(after);
}

/** The followers of a slot, which must hold the same credentials after it. */
export function followersOf(record: TargetRecord, { slot }: Entry): Entry[] {
  const ids = record.followers.get(slot.id);
  if (!ids) return [];
  return [...ids].flatMap(id => record.entries.get(id) ?? []).filter(candidate => candidate.slot.after === slot.id);
}
