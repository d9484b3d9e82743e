import type { Discovery, Sighting, Slot } from '../contract/adapter.ts';
import { type Entry, type Holding, heldFor, type Moment, noFindings, type Scope, shared, type TargetRecord } from './ledger.ts';
import { asHolding } from './timing.ts';

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
 * Takes a discovery's report into the record. A report that began before a slot's last write ended says nothing about that slot's state (rule 3):
 * neither that it is absent or drifted, nor that it is gone.
 */
export function mergeReport(record: TargetRecord, report: Discovery, began: Moment, deps: ReportDeps): Changes {
  const added: string[] = [];
  const seen = new Set<string>();
  for (const slot of report.slots) {
    seen.add(slot.id);
    if ((record.renamed.get(slot.id) ?? Number.NEGATIVE_INFINITY) >= began) continue;
    if (mergeSlot(record, slot, began, deps)) added.push(slot.id);
  }
  const gone = [...record.entries].filter(([id, entry]) => !seen.has(id) && tells(entry, began) && !unseen(report, id)).map(([id]) => id);
  for (const id of gone) record.entries.delete(id);
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
  if (!entry || entry.running) return { added: [], gone: [] };
  record.entries.delete(sighting.gone);
  return { added: [], gone: [sighting.gone] };
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
  record.hasFollowers ||= slot.after !== undefined;
  const scopes = shared(deps.scopesFor(record, slot));
  if (!known) {
    const registries = shared(slot.registries);
    record.entries.set(slot.id, newEntry({ ...slot, registries }, scopes, holdingsOf(slot, began, deps) ?? []));
    return true;
  }
  known.scopes = scopes;
  known.held = shared(slot.registries.map(({ host }) => heldFor(known, host)));
  // What we have lies among the old things; a new one each minute would be garbage there, which V8 collects late.
  if (alike(known.slot, slot)) return false;
  if (!tells(known, began)) {
    known.slot = { ...slot, state: known.slot.state };
    return false;
  }
  known.slot = slot;
  if (slot.state === 'absent') {
    known.held = [];
    if (known.unsettled && began >= known.unsettled.confirmAt) known.unsettled = undefined;
  } else known.held = holdingsOf(slot, began, deps, known.held) ?? known.held;
  return false;
}

/** What the manager says that the slot holds, if it can tell. What we know of the same credential is better and stays. */
function holdingsOf(slot: Slot, now: Moment, deps: ReportDeps, held?: Entry['held']): Entry['held'] | undefined {
  const { holds } = slot;
  if (!holds) return undefined;
  const told: Holding = asHolding(holds, now, deps.serverNow());
  return slot.registries.map((_, at) => (held?.[at]?.fingerprint === holds.fingerprint ? held[at] : told));
}

/** Whether nothing is new in the report of a slot that is simply there. What cannot be compared at a glance counts as new. */
function alike(known: Slot, slot: Slot): boolean {
  return (
    known.state === 'present' &&
    slot.state === 'present' &&
    known.ref === slot.ref &&
    known.title === slot.title &&
    known.source === slot.source &&
    known.after === slot.after &&
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
    queued: false,
    rewriteAskedAt: undefined,
    notBefore: 0,
    trouble: undefined,
    unsettled: undefined,
    repaired: undefined,
    result: undefined,
    proven: undefined,
    receiptFindings: noFindings,
  };
}
