import { oneLine, shortened } from '../contract/text.ts';
import type { Entry, Ledger } from '../courier/ledger.ts';
import { succeeded } from '../courier/outcomes.ts';
import type { FindingView, HoldingView, ReceiverView, SlotView, Status, TargetView, TroubleView } from '../observe/status-view.ts';
import { count, identityWords, relative } from '../observe/words.ts';
import { type Paint, painter, type Tint, table } from './paint.ts';

/** The output of `once` and `check`: one row per slot with what was or would be done, then notes. */
export function resultTable(ledger: Ledger, raw: Status, { rehearse, color }: { rehearse: boolean; color: boolean }): string {
  const paint = painter({ color });
  const status = plain(raw);
  const lines = rowsOf(placesOf(status), status.now, ({ target, slot }) => {
    const entry = ledger.targets.get(target.name)?.entries.get(slot.id);
    return entry ? resultOf(entry, slot, rehearse, paint) : slot.state;
  });
  const head = ['TARGET', 'SLOT', 'REGISTRY', 'RESULT', 'EXPIRES', 'PROVEN'];
  return [slotTable(head, lines, paint), ...identities(status, paint), ...notes(status, paint), ''].join('\n');
}

/** A table of slots, or `none`, the sentence in place of an empty one. */
export const slotTable = (head: readonly string[], rows: readonly (readonly string[])[], paint: Paint, none = 'No slots.'): string =>
  rows.length === 0 ? paint('dim', none) : table(head, rows, paint);

/** The rows of a table. now: the time of the status; word: the state of a slot in words. */
export function rowsOf(places: readonly Held[], now: string, word: (place: Held) => string): string[][] {
  return places.map(place => [
    place.target.name,
    place.slot.title,
    place.holding?.host ?? '-',
    word(place),
    place.holding?.expiresAt ? relative(Date.parse(place.holding.expiresAt), Date.parse(now)) : '-',
    provenWord(place.holding?.proven),
  ]);
}

const provenWord = (proven: boolean | null | undefined): string => (typeof proven === 'boolean' ? (proven ? 'yes' : 'no') : '-');

/** A slot and one login in it; without `holding`, a slot that has no registry of its own. */
export interface Held {
  readonly target: TargetView;
  readonly slot: SlotView;
  readonly holding?: HoldingView;
}
export const placesOf = ({ targets }: Status): Held[] =>
  targets.flatMap(target =>
    target.slots.flatMap(slot =>
      slot.registries.length === 0 ? { target, slot } : slot.registries.map(holding => ({ target, slot, holding })),
    ),
  );

function resultOf(entry: Entry, slot: SlotView, rehearse: boolean, paint: Paint): string {
  const { result, slot: seen } = entry;
  // It gets no delivery, neither its own nor as a follower.
  if (seen.waits || (seen.registries.length === 0 && seen.after === undefined)) return paint('yellow', 'left alone');
  if (!result) return paint(tintOf(slot.state), slot.state);
  if (result === 'untried') return paint('yellow', 'not tried');
  if (!succeeded({ result })) return paint('red', result);
  // The manager tried the new login and it failed, which matters more than what would be written.
  if (rehearse && entry.proven?.ok === false) return paint('yellow', 'trial failed');
  const done = rehearse && result !== 'unchanged' ? `would be ${result}` : result;
  return slot.state === 'unconfirmed' ? paint('yellow', `${done}, unconfirmed`) : paint('green', done);
}

export function tintOf(state: SlotView['state']): Tint {
  return state === 'ok' ? 'green' : state === 'failing' ? 'red' : 'yellow';
}

/** The identities that fetched the tokens: one line per source, or several if its regions differ. */
export function identities({ credentials }: Status, paint: Paint): string[] {
  const told = credentials.flatMap(({ source, identity }) =>
    identity ? [`${paint('bold', `source ${source}`)} is ${identityWords(identity)}`] : [],
  );
  // The SDK gives each session of a profile's role a unique name.
  const lines = new Map(told.map(line => [line.replace(/aws-sdk-js-\d+$/, ''), line]));
  return told.length > 0 ? ['', ...lines.values()] : [];
}

/** whole: everything. brief: one sentence per code, and only the codes of informational findings. */
type Extent = 'whole' | 'brief';

/** Notes: slots that are left alone, then failures, then findings, each with its remedy. */
export function notes(status: Status, paint: Paint, extent: Extent = 'whole'): string[] {
  const troubles = saidIn(
    status,
    ({ trouble }) => (trouble ? [trouble] : []),
    said => paint('red', said.code),
  );
  const findings = saidIn(
    status,
    ({ findings }) => findings,
    said => paint(said.severity === 'info' ? 'dim' : 'yellow', said.code),
  );
  const told = findings.filter(({ said }) => extent === 'whole' || said.severity !== 'info');
  return [
    ...status.targets.flatMap(({ name, paused }) => (paused ? ['', `${paint('bold', name)} is paused: nothing is sent to it.`] : [])),
    ...status.receivers.flatMap(receiver => failingReceiver(receiver, paint)),
    ...groupedTroubles(troubles, paint, extent),
    ...grouped(told, paint, extent),
    ...(extent === 'brief' ? codesOnly(findings, paint) : []),
  ];
}

interface Sayer {
  readonly trouble: TroubleView | null;
  readonly findings: readonly FindingView[];
}

/** The notes on targets and sources, then those on slots. */
function saidIn<T extends Said>(
  { targets, credentials }: Status,
  saidOf: (sayer: Sayer) => readonly T[],
  codeOf: (said: T) => string,
): (Told & { readonly said: T })[] {
  const told = (owner: string, where: string, sayer: Sayer) => saidOf(sayer).map(said => ({ owner, where, said, code: codeOf(said) }));
  return [
    ...targets.flatMap(target => told(target.name, target.name, target)),
    ...credentials.flatMap(one => told(`source ${one.source}`, `source ${one.source}, ${one.region}`, one)),
    ...targets.flatMap(({ name, slots }) => slots.flatMap(slot => told(name, `${name}, ${slot.title}`, slot))),
  ];
}

/** Informational findings by their codes alone, as the status page folds them. */
function codesOnly(findings: readonly { readonly said: FindingView }[], paint: Paint): string[] {
  const codes = new Set(findings.flatMap(({ said: { severity, code } }) => (severity === 'info' ? [code] : [])));
  return codes.size > 0 ? ['', paint('dim', `${count(codes.size, 'note')}: ${[...codes].join(', ')}`)] : [];
}

interface Said {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}
interface Told extends Place {
  /** The code as it is printed. */
  readonly code: string;
  readonly said: Said;
}
/** The number of different sentences per code; the status page has all of them. */
const mostOfCode: Readonly<Record<Extent, number>> = { whole: 3, brief: 1 };
/** About three lines of text. */
const longestBrief = 300;

/** The same for failures of whole targets, of which no row of the table tells. */
const mostOfTargets = 20;

function groupedTroubles(all: readonly Told[], paint: Paint, extent: Extent): string[] {
  if (extent === 'brief') return grouped(all, paint, extent);
  const { targets = [], slots = [] } = Object.groupBy(all, ({ owner, where }) => (owner === where ? 'targets' : 'slots'));
  return [...grouped(targets, paint, extent, mostOfTargets), ...grouped(slots, paint, extent)];
}

/** Groups notes, so that the same sentence on several slots appears once. */
function grouped(all: readonly Told[], paint: Paint, extent: Extent, most = mostOfCode[extent]): string[] {
  const shown = ({ said }: Told): Told['said'] => (extent === 'brief' ? { ...said, message: shortened(said.message, longestBrief) } : said);
  return [...Map.groupBy(all, ({ said }) => said.code).values()].flatMap(ofCode => {
    const alike = [...Map.groupBy(ofCode, ({ said: { message, remedy } }) => `${message}\n${remedy}`).values()];
    const rest = alike.slice(most).flat();
    return [
      ...alike.slice(0, most).flatMap(([first, ...others]) => (first ? note(first.code, whereOf(first, others), shown(first), paint) : [])),
      ...(rest[0] ? [`${rest[0].code} ${count(rest.length, 'more place')} in ${ownersOf(rest)}`] : []),
    ];
  });
}

/** A receiver that rejects its messages, so that alerts are lost. */
function failingReceiver({ name, format, host, trouble }: ReceiverView, paint: Paint): string[] {
  if (!trouble) return [];
  const where = `receiver ${name} (${[name === format ? undefined : format, host].filter(Boolean).join(', ')})`;
  return note(paint('red', trouble.code), where, trouble, paint);
}

interface Place {
  /** The name of a target or of a source. */
  readonly owner: string;
  readonly where: string;
}
const mostPlaces = 3;

function whereOf({ owner, where }: Place, others: readonly Place[]): string {
  if (others.length === 0) return where;
  if (others.length <= mostPlaces) return `${where} (and ${others.map(other => other.where).join('; ')})`;
  const isAlone = others.every(other => other.owner === owner);
  return `${where} (and ${others.length} more${isAlone ? '' : ` in ${ownersOf(others)}`})`;
}

/** The owners in words: cluster-3; or cluster-3, cluster-4, cluster-5 and 38 others. */
function ownersOf(places: readonly Place[]): string {
  const owners = [...new Set(places.map(({ owner }) => owner))];
  const rest = owners.length - mostPlaces;
  return [owners.slice(0, mostPlaces).join(', '), ...(rest > 0 ? [count(rest, 'other')] : [])].join(' and ');
}

function note(code: string, where: string, { message, remedy }: { message: string; remedy: string }, paint: Paint): string[] {
  return ['', `${code} ${paint('bold', where)}: ${message}`, ...(remedy ? [`  -> ${remedy}`] : [])];
}

/**
 * The status with safe texts. Titles and messages come from outside, and must not start a new line, control the
 * terminal or change the text direction.
 */
export function plain(status: Status): Status {
  const clean = (_: string, value: unknown) => (typeof value === 'string' ? oneLine(value) : value);
  return JSON.parse(JSON.stringify(status), clean) as Status;
}
