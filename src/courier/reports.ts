import type { Discovery, Finding, Sighting, Slot } from '../contract/target.ts';
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
import { tryChangedSoon, tryForbiddenSoon } from './pauses.ts';
import { findingsAfterReport } from './receipt-findings.ts';
import { holdingsOf, isByHost, reportedHosts } from './reported-holdings.ts';
import { hour, second } from './timing.ts';

export interface ReportDeps {
  scopesFor(record: TargetRecord, slot: Slot): readonly (Scope | undefined)[];
  /** Server time now, in milliseconds since the epoch. */
  serverNow(): number;
}

/** The ids that a report added and removed. */
export interface Changes {
  readonly added: readonly string[];
  readonly gone: readonly string[];
}

/**
 * Merges the report of a discovery into the record. A report that began before a slot's last write ended says nothing
 * about that slot's state (rule 3), neither that it is absent nor that it drifted or went away.
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
  const isSaid = ({ code, message }: Finding) => report.findings.some(one => one.code === code && one.message === message);
  if (!record.findings.every(isSaid)) tryForbiddenSoon(record, began);
  record.findings = report.findings;
  record.about = report.about ?? {};
  record.partlyUnseen = (report.unseen?.length ?? 0) > 0;
  record.discoveredAt = began;
  return { added, gone };
}

/** Merges one sighting of a watch into the record. */
export function mergeSighting(record: TargetRecord, sighting: Sighting, now: Moment, deps: ReportDeps): Changes {
  if ('slot' in sighting) return { added: mergeSlot(record, sighting.slot, now, deps) ? [sighting.slot.id] : [], gone: [] };
  const entry = record.entries.get(sighting.gone);
  if (entry?.running) record.leaving.set(sighting.gone, now);
  if (!entry || entry.running) return { added: [], gone: [] };
  forget(record, sighting.gone);
  return { added: [], gone: [sighting.gone] };
}

/** Removes a slot that a watch saw disappear during a write. Call it after the write and its outcome. */
export function forgetLeaving(record: TargetRecord, id: string): void {
  if (!record.entries.get(id)?.running && record.leaving.delete(id)) forget(record, id);
}

/** Clears the record. A target with another address is another manager, to which the former state does not apply. */
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
  // A late creation creates the slot; it does not overwrite a later write.
  if (unsettled && slot?.state !== 'absent') record.vanished.set(id, { ...unsettled, answered: true });
}

/**
 * The unsettled state of slots found at the start: a former process, or the target under its former name, may have
 * abandoned a write that lands within its deadline and linger. One object for all slots.
 */
function leftByFormer({ managed: { limits } }: TargetRecord, began: Moment): Unsettled | undefined {
  const lingerMs = limits.lingerMs ?? limits.deliverMs;
  if (lingerMs === 0) return undefined;
  return { confirmAt: began + limits.deliverMs + lingerMs + second, answered: true, by: 'former process' };
}

/** Late writes that may hit a new slot, which may have existed at the start without having been reported. */
function lateWritesTo(record: TargetRecord, id: string, began: Moment): Unsettled | undefined {
  const { discoveredAt, partlyUnseen, formerWrites, vanished } = record;
  const writes = vanished.get(id) ?? (discoveredAt === undefined || partlyUnseen ? formerWrites : undefined);
  return writes && began < writes.confirmAt ? writes : undefined;
}

/**
 * Whether a late write could leave an older credential unnoticed. It is noticed if the manager tells what it holds. A
 * slot that a second push would disturb counts as safe.
 */
function mayHoldOlder({ state, holds, disturbs, registries }: Slot): boolean {
  return state !== 'absent' && !holds && !disturbs && registries.length > 0;
}

/** Whether a report that began at that moment tells the entry's state. */
function tells(entry: Entry, began: Moment): boolean {
  return !entry.running && entry.wroteAt < began;
}

function unseen(report: Discovery, id: string): boolean {
  return report.unseen?.some(prefix => id === prefix || id.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)) ?? false;
}

/** Merges one slot. Returns true if it is new. */
function mergeSlot(record: TargetRecord, slot: Slot, began: Moment, deps: ReportDeps): boolean {
  const known = record.entries.get(slot.id);
  noteFollower(record, slot);
  if ((record.leaving.get(slot.id) ?? Number.POSITIVE_INFINITY) <= began) record.leaving.delete(slot.id);
  const scopes = shared(deps.scopesFor(record, slot));
  if (!known) {
    const registries = shared(slot.registries);
    const entry = newEntry({ ...slot, registries }, scopes, holdingsOf(slot, scopes, began, deps) ?? []);
    if (registries.length === 0 && slot.holds && isByHost(slot.holds)) entry.heldHosts = reportedHosts(slot);
    record.entries.set(slot.id, entry);
    if (mayHoldOlder(slot)) entry.unsettled = lateWritesTo(record, slot.id, began);
    if (slot.state === 'absent') entry.repaired = record.recreated.get(slot.id);
    return true;
  }
  known.scopes = scopes;
  carryHoldings(known, slot);
  if (known.receiptFindings.length > 0 && tells(known, began))
    known.receiptFindings = findingsAfterReport(known.receiptFindings, record.managed.findings);
  // Keep the old object: a new one each minute would become garbage in V8's old generation, which is collected late.
  if (alike(known.slot, slot)) return false;
  if (!tells(known, began)) {
    known.slot = { ...slot, state: known.slot.state };
    return false;
  }
  const isAnother = known.slot.state !== slot.state || known.slot.registries.length !== slot.registries.length;
  known.slot = slot;
  if (isAnother) tryChangedSoon(known, began);
  // It is no longer tried, and a finding says why.
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
 * Keeps known holdings after a change of registries, leader or `disturbs`, in the order of the new registries; a
 * follower has its leader's hosts instead. A holding that only counted as fresh because of `disturbs` becomes unknown
 * without it.
 */
function carryHoldings(known: Entry, slot: Slot): void {
  if (known.slot.disturbs && !slot.disturbs)
    known.held = known.held.map(holding => (holding?.fingerprint === unknownFingerprint ? undefined : holding));
  if (slot.registries.length === 0 || (known.heldHosts && slot.after !== undefined)) return;
  known.held = shared(slot.registries.map(({ host }) => heldFor(known, host)));
  known.heldHosts = undefined;
}

/** Whether the report of a present slot has nothing new. Anything that needs a deep comparison counts as new. */
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
  // From the start, all members that most slots get: one that is added later makes V8 allocate a separate array.
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
