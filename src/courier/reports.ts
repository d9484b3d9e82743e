import type { Discovery, Sighting, Slot } from '../contract/target.ts';
import {
  type Entry,
  heldFor,
  type Moment,
  noFindings,
  type Scope,
  shared,
  type TargetRecord,
  type Unsettled,
  unknownFingerprint,
} from './ledger.ts';
import { forgetFollower, noteFollower } from './offers.ts';
import { findingsAfterReport } from './receipt-findings.ts';
import { hour, second } from './timing.ts';
import { holdingsOf, hostsTold, isByHost } from './told.ts';

export interface ReportDeps {
  scopesFor(record: TargetRecord, slot: Slot): readonly (Scope | undefined)[];
  /** Server time now, in milliseconds since the epoch. */
  serverNow(): number;
}

/** What a report changed: ids that are new, and ids that are gone. */
export interface Changes {
  readonly added: readonly string[];
  readonly gone: readonly string[];
}

/**
 * Takes a discovery's report into the record. A report that began before a slot's last write ended says nothing about
 * that slot's state (rule 3). It does not say that the slot is absent, drifted or gone.
 */
export function mergeReport(record: TargetRecord, report: Discovery, began: Moment, deps: ReportDeps): Changes {
  const added: string[] = [];
  const seen = new Set<string>();
  if (record.discoveredAt === undefined) record.formerWrites = leftByFormer(record, began);
  for (const slot of report.slots) {
    seen.add(slot.id);
    if ((record.renamed.get(slot.id) ?? Number.NEGATIVE_INFINITY) >= began) continue;
    if (mergeSlot(record, slot, began, deps)) added.push(slot.id);
  }
  const gone = [...record.entries].filter(([id, entry]) => !seen.has(id) && tells(entry, began) && !unseen(report, id)).map(([id]) => id);
  for (const id of gone) forget(record, id);
  for (const [id, { confirmAt }] of record.vanished) if (began >= confirmAt) record.vanished.delete(id);
  for (const [id, { at }] of record.recreated) if (began - at >= hour) record.recreated.delete(id);
  for (const [id, at] of record.renamed) if (at < began) record.renamed.delete(id);
  record.findings = report.findings;
  record.about = report.about ?? {};
  record.partlyUnseen = (report.unseen?.length ?? 0) > 0;
  record.discoveredAt = began;
  return { added, gone };
}

/** Takes one sighting of a watch into the record. */
export function mergeSighting(record: TargetRecord, sighting: Sighting, now: Moment, deps: ReportDeps): Changes {
  if ('slot' in sighting) return { added: mergeSlot(record, sighting.slot, now, deps) ? [sighting.slot.id] : [], gone: [] };
  const entry = record.entries.get(sighting.gone);
  if (entry?.running) record.leaving.set(sighting.gone, now);
  if (!entry || entry.running) return { added: [], gone: [] };
  forget(record, sighting.gone);
  return { added: [], gone: [sighting.gone] };
}

/** A write to the slot has ended, and its outcome is told: what a watch saw go meanwhile is gone now. */
export function forgetLeaving(record: TargetRecord, id: string): void {
  if (!record.entries.get(id)?.running && record.leaving.delete(id)) forget(record, id);
}

/** Another address under the same name is another manager: nothing that is known of the former one holds there. */
export function forgetAll(record: TargetRecord): void {
  record.entries.clear();
  record.followers.clear();
  record.renamed.clear();
  record.recreated.clear();
  record.vanished.clear();
  record.leaving.clear();
  record.discoveredAt = undefined;
}

function forget(record: TargetRecord, id: string): void {
  const { unsettled, slot } = record.entries.get(id) ?? {};
  record.entries.delete(id);
  if (slot) forgetFollower(record, slot);
  // A creation that lands makes the slot; it does not come over what is written there later.
  if (unsettled && slot?.state !== 'absent') record.vanished.set(id, { ...unsettled, answered: true });
}

/**
 * A process before this one, or this target under another name, may have given up a write that still lands: up to its
 * deadline and linger from now on.
 * One object for all slots.
 */
function leftByFormer({ managed: { limits } }: TargetRecord, began: Moment): Unsettled | undefined {
  const lingerMs = limits.lingerMs ?? limits.deliverMs;
  if (lingerMs === 0) return undefined;
  return { confirmAt: began + limits.deliverMs + lingerMs + second, answered: true, by: 'former process' };
}

/** To a slot that is new: what was there at the start may not have been seen before. */
function lateWritesTo(record: TargetRecord, id: string, began: Moment): Unsettled | undefined {
  const { discoveredAt, partlyUnseen, formerWrites, vanished } = record;
  const writes = vanished.get(id) ?? (discoveredAt === undefined || partlyUnseen ? formerWrites : undefined);
  return writes && began < writes.confirmAt ? writes : undefined;
}

/**
 * Whether a late write could leave something older there, unseen. It is seen where the manager tells what it holds. A
 * slot that a second push would disturb counts as safe.
 */
function mayHoldOlder({ state, holds, disturbs, registries }: Slot): boolean {
  return state !== 'absent' && !holds && !disturbs && registries.length > 0;
}

/** Whether a report that began then says anything about the entry's state. */
function tells(entry: Entry, began: Moment): boolean {
  return !entry.running && entry.wroteAt < began;
}

function unseen(report: Discovery, id: string): boolean {
  return report.unseen?.some(prefix => id === prefix || id.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)) ?? false;
}

/** True when the slot is new. */
function mergeSlot(record: TargetRecord, slot: Slot, began: Moment, deps: ReportDeps): boolean {
  const known = record.entries.get(slot.id);
  noteFollower(record, slot);
  if ((record.leaving.get(slot.id) ?? Number.POSITIVE_INFINITY) <= began) record.leaving.delete(slot.id);
  const scopes = shared(deps.scopesFor(record, slot));
  if (!known) {
    const registries = shared(slot.registries);
    const entry = newEntry({ ...slot, registries }, scopes, holdingsOf(slot, scopes, began, deps) ?? []);
    if (registries.length === 0 && slot.holds && isByHost(slot.holds)) entry.heldHosts = hostsTold(slot);
    record.entries.set(slot.id, entry);
    if (mayHoldOlder(slot)) entry.unsettled = lateWritesTo(record, slot.id, began);
    if (slot.state === 'absent') entry.repaired = record.recreated.get(slot.id);
    return true;
  }
  known.scopes = scopes;
  carryHoldings(known, slot);
  if (known.receiptFindings.length > 0 && tells(known, began))
    known.receiptFindings = findingsAfterReport(known.receiptFindings, record.managed.findings);
  // What we have lies among the old things; a new one each minute would be garbage there, which V8 collects late.
  if (alike(known.slot, slot)) return false;
  if (!tells(known, began)) {
    known.slot = { ...slot, state: known.slot.state };
    return false;
  }
  known.slot = slot;
  // Nobody tries it any more, and a finding says why.
  if (slot.waits) known.trouble = undefined;
  if (slot.state === 'absent') {
    known.held = [];
    known.heldHosts = undefined;
    known.receiptFindings = noFindings;
    if (known.unsettled && began >= known.unsettled.confirmAt) known.unsettled = undefined;
  } else {
    known.held = holdingsOf(slot, scopes, began, deps, known) ?? known.held;
    if (known.unsettled?.of) known.unsettled = { ...known.unsettled, of: undefined };
  }
  return false;
}

/**
 * What the slot holds goes on counting where its registries, its leader or what a delivery disturbs have changed: in
 * the order of the registries that it has now. A follower knows its leader's hosts instead. What only counted as fresh,
 * because a delivery would have disturbed, is not known once none does.
 */
function carryHoldings(known: Entry, slot: Slot): void {
  if (known.slot.disturbs && !slot.disturbs)
    known.held = known.held.map(holding => (holding?.fingerprint === unknownFingerprint ? undefined : holding));
  if (slot.registries.length === 0 || (known.heldHosts && slot.after !== undefined)) return;
  known.held = shared(slot.registries.map(({ host }) => heldFor(known, host)));
  known.heldHosts = undefined;
}

/**
 * Whether nothing is new in the report of a slot that is simply there. What cannot be compared at a glance counts as
 * new.
 */
function alike(known: Slot, slot: Slot): boolean {
  return (
    known.state === 'present' &&
    slot.state === 'present' &&
    known.ref === slot.ref &&
    known.title === slot.title &&
    known.source === slot.source &&
    known.after === slot.after &&
    known.follows === slot.follows &&
    known.waits === slot.waits &&
    known.disturbs?.below === slot.disturbs?.below &&
    known.findings === slot.findings &&
    slot.holds === undefined &&
    known.registries.length === slot.registries.length &&
    known.registries.every((registry, at) => registry === slot.registries[at])
  );
}

function newEntry(slot: Slot, scopes: Entry['scopes'], held: Entry['held']): Entry {
  // Every member from the beginning: one that is added later costs an array besides.
  return {
    slot,
    scopes,
    held,
    wroteAt: Number.NEGATIVE_INFINITY,
    running: false,
    queued: 0,
    heldHosts: undefined,
    rewriteAskedAt: undefined,
    neededByFollower: false,
    notBefore: 0,
    trouble: undefined,
    unsettled: undefined,
    repaired: undefined,
    result: undefined,
    proven: undefined,
    receiptFindings: noFindings,
  };
}
