import { longestLife } from '../contract/expiry.ts';
import type { Discovery, Holds, Sighting, Slot } from '../contract/target.ts';
import { findingsAfterReport } from './attempt.ts';
import {
  type Entry,
  type Holding,
  heldFor,
  isKept,
  type Moment,
  noFindings,
  type Scope,
  shared,
  type TargetRecord,
  type Unsettled,
  unknownFingerprint,
} from './ledger.ts';
import { forgetFollower, noteFollower } from './offers.ts';
import { asHolding, hour, second } from './timing.ts';

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
  if (!entry || entry.running) return { added: [], gone: [] };
  forget(record, sighting.gone);
  return { added: [], gone: [sighting.gone] };
}

/** Another address under the same name is another manager: nothing that is known of the former one holds there. */
export function forgetAll(record: TargetRecord): void {
  record.entries.clear();
  record.followers.clear();
  record.renamed.clear();
  record.recreated.clear();
  record.vanished.clear();
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
  const scopes = shared(deps.scopesFor(record, slot));
  if (!known) {
    const registries = shared(slot.registries);
    const entry = newEntry({ ...slot, registries }, scopes, holdingsOf(slot, scopes, began, deps) ?? []);
    if (registries.length === 0 && slot.after !== undefined && slot.holds && isByHost(slot.holds)) entry.heldHosts = hostsTold(slot);
    record.entries.set(slot.id, entry);
    if (mayHoldOlder(slot)) entry.unsettled = lateWritesTo(record, slot.id, began);
    if (slot.state === 'absent') entry.repaired = record.recreated.get(slot.id);
    return true;
  }
  known.scopes = scopes;
  if (!known.heldHosts && slot.registries.length > 0) known.held = shared(slot.registries.map(({ host }) => heldFor(known, host)));
  if (known.receiptFindings.length > 0 && tells(known, began))
    known.receiptFindings = findingsAfterReport(known.receiptFindings, record.managed.findings);
  // What we have lies among the old things; a new one each minute would be garbage there, which V8 collects late.
  if (alike(known.slot, slot)) return false;
  if (!tells(known, began)) {
    known.slot = { ...slot, state: known.slot.state };
    return false;
  }
  known.slot = slot;
  if (slot.state === 'absent') {
    known.held = [];
    known.heldHosts = undefined;
    known.receiptFindings = noFindings;
    if (known.unsettled && began >= known.unsettled.confirmAt) known.unsettled = undefined;
  } else known.held = holdingsOf(slot, scopes, began, deps, known) ?? known.held;
  return false;
}

/**
 * What the manager says that the slot holds, if it can tell. What we know of the same credential is better and stays.
 */
function holdingsOf(slot: Slot, scopes: Entry['scopes'], now: Moment, deps: ReportDeps, known?: Entry): Entry['held'] | undefined {
  const { holds, registries, after } = slot;
  // A follower without registries holds what its leader does.
  const places =
    registries.length === 0 && after !== undefined ? (known?.heldHosts ?? hostsTold(slot)) : registries.map(({ host }) => host);
  const untold = slot.disturbs && !known && slot.state !== 'absent' ? freshSince(now) : undefined;
  if (!holds) return untold && places.map(() => untold);
  const serverNow = deps.serverNow();
  const readAs = (said: Holding, at: number): Holding => {
    const [held, kept] = [known?.held[at], scopes[at]?.kept];
    if (kept?.fingerprint === said.fingerprint) return kept;
    if (held?.fingerprint === said.fingerprint) return sooner(held, said);
    const oursEndsAt = endOfOurs(slot, held, kept, known);
    return oursEndsAt !== undefined && (after !== undefined || said.endsAt <= oursEndsAt) ? { ...said, foreign: { oursEndsAt } } : said;
  };
  if (isByHost(holds))
    return places.map((host, at) => {
      const one = holds.get(host);
      // Of a host that is not told, what we know goes on counting.
      return one ? readAs(asHolding(one, now, serverNow), at) : (known?.held[at] ?? untold);
    });
  const said = asHolding(holds, now, serverNow);
  // It is the fingerprint of one credential, where the slot may hold several.
  if (known?.held.some(held => held?.fingerprint === said.fingerprint)) return known.held.map(held => held && sooner(held, said));
  return places.map((_, at) => readAs(said, at));
}

/** The hosts of a follower without registries that was not written yet; one without a name where no host is told. */
const hostsTold = ({ holds }: Slot): readonly string[] => (holds && isByHost(holds) ? [...holds.keys()] : ['']);

const isByHost = (holds: NonNullable<Slot['holds']>): holds is ReadonlyMap<string, Holds> => holds instanceof Map;

/** The same credential by an earlier and by a later word of the manager: our clock may have been wrong then. */
function sooner(held: Holding, said: Holding): Holding {
  const applies = held.fingerprint === said.fingerprint && !isKept(held) && said.endsAt < held.endsAt - second;
  return applies ? { ...said, ...(held.foreign && { foreign: held.foreign }) } : held;
}

/**
 * The end of what we wrote there, or would write now; undefined where it was not us. Another courier with a newer one
 * is left in peace, but not at a follower: that must hold what its leader does, although a manager alone may know that.
 */
function endOfOurs({ after }: Slot, held: Holding | undefined, kept: Holding | undefined, known?: Entry): Moment | undefined {
  if (held?.foreign) return Math.max(held.foreign.oursEndsAt, kept?.endsAt ?? 0);
  return held && (isKept(held) || (after !== undefined && known?.heldHosts)) ? held.endsAt : undefined;
}

/**
 * What disturbs is not done at every start: what the slot holds is taken as fresh until the manager or the clock says
 * otherwise.
 */
function freshSince(now: Moment): Holding {
  const expiresAt = new Date(Number.NaN);
  return { fingerprint: unknownFingerprint, expiresAt, receivedAt: now, agesAt: now + longestLife / 2, endsAt: now + longestLife };
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
