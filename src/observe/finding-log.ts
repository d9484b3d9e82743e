import type { Log } from '../contract/adapter.ts';
import type { Finding, FindingSpecs, Severity } from '../contract/target.ts';
import type { Ledger, Moment, TargetRecord } from '../courier/ledger.ts';
import { findingsOfAdapter } from '../courier/receipt-findings.ts';
import { span } from './words.ts';

/** Logs how the findings have changed since the last call. target: restricts the comparison to this target. */
type FindingLog = (ledger: Ledger, target?: string) => void;

/** All findings with one code in one place. */
interface Tally {
  readonly severity: Severity;
  readonly remedy: string | undefined;
  count: number;
  /** The first few slots or hosts with the finding, and the first few messages. */
  readonly bearers: Set<string>;
  readonly messages: Set<string>;
}
type Tallies = Map<string, Tally>;

/** Where findings occur: a target, the credentials of a source, or the machine. */
interface Place {
  /** The fields of a log line that identify the place. */
  readonly about: object;
  readonly bearers: 'slots' | 'hosts';
  readonly tallies: Tallies;
}
type Places = Map<string, Place>;
/** A place as it was last logged, with the time at which each code appeared. */
type Standing = Place & { readonly since: ReadonlyMap<string, Moment> };

const named = 3;
const levels = { info: 'info', warning: 'warn', error: 'error' } as const satisfies Record<Severity, keyof Log>;

/**
 * Writes one line when a code appears in a place, and one when its last finding there is gone, however many slots have
 * it. Both lines have the level of the severity, so that a reader who sees the beginning also sees the end. engine: the
 * engine's own findings; the findings of an adapter come with its target.
 */
export function createFindingLog(log: Log, engine: FindingSpecs): FindingLog {
  const standing = new Map<string, Standing>();

  function appear(place: Place, code: string, tally: Tally): void {
    const said = { error: [...tally.messages].join(' '), remedy: tally.remedy };
    log[levels[tally.severity]]('finding', { ...dataOf(place, code, tally), ...said });
  }
  function end(place: Place, code: string, tally: Tally, ms: number): void {
    const lasted = { lasted: span(ms), lasted_seconds: Math.round(ms / 1000) };
    log[levels[tally.severity]]('finding ended', { ...dataOf(place, code, tally), ...lasted });
  }

  function compare(name: string, place: Place | undefined, now: Moment): void {
    const before = standing.get(name);
    const since = new Map<string, Moment>();
    for (const [code, tally] of place?.tallies ?? []) {
      since.set(code, before?.since.get(code) ?? now);
      if (place && !before?.tallies.has(code)) appear(place, code, tally);
    }
    for (const [code, tally] of before?.tallies ?? [])
      if (before && !since.has(code)) end(before, code, tally, now - (before.since.get(code) ?? now));
    if (place) standing.set(name, { ...place, since });
    else standing.delete(name);
  }

  return (ledger, target) => {
    const record = target === undefined ? undefined : ledger.targets.get(target);
    const places = record ? new Map([placeOf(ledger, record, engine)]) : placesIn(ledger, engine);
    for (const [name, place] of places) compare(name, place, ledger.now());
    if (target !== undefined) return;
    for (const name of standing.keys()) if (!places.has(name)) compare(name, undefined, ledger.now());
  };
}

function dataOf({ about, bearers }: Place, code: string, tally: Tally): object {
  return { ...about, code, count: tally.count, [bearers]: tally.bearers.size > 0 ? [...tally.bearers] : undefined };
}

function placesIn(ledger: Ledger, engine: FindingSpecs): Places {
  const places: Places = new Map();
  for (const record of ledger.targets.values()) places.set(...placeOf(ledger, record, engine));
  for (const scope of ledger.scopes.values()) {
    const source = scope.source.name;
    for (const found of ledger.findingsOfScope(scope)) {
      // A finding without a host concerns the machine, so every credential reports it.
      const name = found.host === undefined ? 'machine' : `source ${source}`;
      const place = places.get(name) ?? { about: found.host === undefined ? {} : { source }, bearers: 'hosts', tallies: new Map() };
      places.set(name, place);
      if (found.host !== undefined || !place.tallies.has(found.code)) add(place.tallies, found, engine, found.host);
    }
  }
  return places;
}

function placeOf(ledger: Ledger, record: TargetRecord, engine: FindingSpecs): [name: string, place: Place] {
  const specs = { ...engine, ...record.managed.findings };
  const tallies: Tallies = new Map();
  for (const finding of ledger.findingsOf(record)) add(tallies, finding, specs);
  for (const finding of record.findings) add(tallies, finding, specs);
  for (const entry of record.entries.values()) {
    for (const finding of ledger.findingsOf(record, entry)) add(tallies, finding, specs, entry.slot.id);
    for (const finding of findingsOfAdapter(entry)) add(tallies, finding, specs, entry.slot.id);
  }
  return [`target ${record.name}`, { about: { target: record.name }, bearers: 'slots', tallies }];
}

function add(tallies: Tallies, finding: Finding, specs: FindingSpecs, bearer?: string): void {
  const { code, message } = finding;
  const known = tallies.get(code);
  const tally = known ?? newTally(finding, specs);
  if (!known) tallies.set(code, tally);
  tally.count++;
  if (bearer !== undefined && tally.bearers.size < named) tally.bearers.add(bearer);
  if (tally.messages.size < named) tally.messages.add(message);
}

function newTally({ code, remedy }: Finding, specs: FindingSpecs): Tally {
  const { severity, remedy: usual } = specOf(code, specs);
  return { severity, remedy: remedy ?? usual, count: 0, bearers: new Set(), messages: new Set() };
}

/** The page and anchor of a code in the documentation. */
export const helpOf = (code: string): string => `docs/errors.md#${code.toLowerCase()}`;

/** The severity and remedy of a code. An unknown code counts as a warning: a third-party adapter may use one. */
export function specOf(code: string, specs: FindingSpecs): { readonly severity: Severity; readonly remedy: string } {
  const spec = Object.hasOwn(specs, code) ? specs[code] : undefined;
  return spec ?? { severity: 'warning', remedy: '' };
}
