import { oneLine } from '../contract/text.ts';
import type { Entry, Ledger } from '../courier/ledger.ts';
import { succeeded } from '../courier/outcomes.ts';
import type { FindingView, ReceiverView, SlotView, Status, TargetView, TroubleView } from '../observe/status-view.ts';
import { identityWords, leaseWords, relative } from '../observe/words.ts';
import { type Paint, painter, type Tint, table } from './paint.ts';

/** For `once` and `check`: a line a slot with what was or would be done, then whatever a person should know. */
export function resultTable(ledger: Ledger, raw: Status, { rehearse, color }: { rehearse: boolean; color: boolean }): string {
  const paint = painter({ color });
  const status = plain(raw);
  const lines = rowsOf(status, (target, slot) => {
    const entry = ledger.targets.get(target.name)?.entries.get(slot.id);
    return entry ? resultOf(entry, slot, rehearse, paint) : slot.state;
  });
  const head = ['TARGET', 'SLOT', 'REGISTRY', 'RESULT', 'EXPIRES', 'PROVEN'];
  return [slotTable(head, lines, paint), ...identities(status, paint), ...notes(status, paint), ''].join('\n');
}

/** For `status`: a line a slot with its state, then whatever a person should know. */
export function statusTable(raw: Status, { color }: { readonly color: boolean }): string {
  const paint = painter({ color });
  const status = plain(raw);
  const lines = rowsOf(status, (_, slot) => paint(tintOf(slot.state), slot.state));
  const led = status.lease ? `, ${leaseWords(status.lease)}` : '';
  const verdict = status.ready ? paint('green', `ready${led}`) : paint('red', `not ready: ${status.unready.join(' ')}`);
  const head = ['TARGET', 'SLOT', 'REGISTRY', 'STATE', 'EXPIRES', 'PROVEN'];
  return [verdict, slotTable(head, lines, paint), ...identities(status, paint), ...notes(status, paint), ''].join('\n');
}

const slotTable: typeof table = (head, rows, paint) => (rows.length === 0 ? paint('dim', 'No slots.') : table(head, rows, paint));

function rowsOf(status: Status, word: (target: TargetView, slot: SlotView) => string): string[][] {
  const now = Date.parse(status.now);
  return status.targets.flatMap(target =>
    target.slots.flatMap(slot =>
      slot.registries.map(holding => [
        target.name,
        slot.title,
        holding.host,
        word(target, slot),
        holding.expiresAt ? relative(Date.parse(holding.expiresAt), now) : '-',
        holding.proven === null ? '-' : holding.proven ? 'yes' : 'no',
      ]),
    ),
  );
}

function resultOf(entry: Entry, slot: SlotView, rehearse: boolean, paint: Paint): string {
  const { result } = entry;
  if (!result) return paint(tintOf(slot.state), slot.state);
  if (result === 'untried') return paint('yellow', 'not tried');
  if (!succeeded({ result })) return paint('red', result);
  // The manager tried what it would be given, and it did not work: that is what a person should read.
  if (rehearse && entry.proven?.ok === false) return paint('yellow', 'trial failed');
  const done = rehearse && result !== 'unchanged' ? `would be ${result}` : result;
  return slot.state === 'unconfirmed' ? paint('yellow', `${done}, unconfirmed`) : paint('green', done);
}

function tintOf(state: SlotView['state']): Tint {
  return state === 'ok' ? 'green' : state === 'failing' ? 'red' : 'yellow';
}

/** Who fetched the tokens: a line for each source, or several where its regions differ. */
function identities({ credentials }: Status, paint: Paint): string[] {
  const told = credentials.flatMap(({ source, identity }) =>
    identity ? [`${paint('bold', `source ${source}`)} is ${identityWords(identity)}`] : [],
  );
  // The SDK gives each session of a profile's role a name of its own.
  const lines = new Map(told.map(line => [line.replace(/aws-sdk-js-\d+$/, ''), line]));
  return told.length > 0 ? ['', ...lines.values()] : [];
}

/** What is left alone, then troubles, then findings, each with what to do. */
function notes(status: Status, paint: Paint): string[] {
  const troubles: [string, TroubleView | null][] = [
    ...status.targets.map(target => [target.name, target.trouble] as [string, TroubleView | null]),
    ...status.credentials.map(({ source, region, trouble }) => [`source ${source}, ${region}`, trouble] as [string, TroubleView | null]),
    ...status.targets.flatMap(target =>
      target.slots.map(slot => [`${target.name}, ${slot.title}`, slot.trouble] as [string, TroubleView | null]),
    ),
  ];
  const findings: [string, FindingView][] = [
    ...status.credentials.flatMap(({ source, region, findings }) =>
      findings.map(found => [`source ${source}, ${region}`, found] as [string, FindingView]),
    ),
    ...status.targets.flatMap(target => [
      ...target.findings.map(found => [target.name, found] as [string, FindingView]),
      ...target.slots.flatMap(slot => slot.findings.map(found => [`${target.name}, ${slot.title}`, found] as [string, FindingView])),
    ]),
  ];
  // What stops a target at one of its slots is told once.
  const said = Map.groupBy(
    troubles.flatMap(([where, trouble]) => (trouble ? [{ where, trouble }] : [])),
    ({ trouble: { code, message, remedy } }) => [code, message, remedy].join('\n'),
  );
  return [
    ...status.targets.flatMap(({ name, paused }) => (paused ? ['', `${paint('bold', name)} is paused: nothing is sent to it.`] : [])),
    ...status.receivers.flatMap(receiver => failingReceiver(receiver, paint)),
    ...[...said].flatMap(([, [first, ...others]]) =>
      first ? note(paint('red', first.trouble.code), whereOf(first, others), first.trouble, paint) : [],
    ),
    ...findings.flatMap(([where, found]) => note(paint(found.severity === 'info' ? 'dim' : 'yellow', found.code), where, found, paint)),
  ];
}

/** One that does not take its messages, so that nobody would hear of anything. */
function failingReceiver({ name, format, host, trouble }: ReceiverView, paint: Paint): string[] {
  if (!trouble) return [];
  const where = `receiver ${name} (${[name === format ? undefined : format, host].filter(Boolean).join(', ')})`;
  return note(paint('red', trouble.code), where, trouble, paint);
}

interface Place {
  readonly where: string;
}
const whereOf = ({ where }: Place, others: readonly Place[]): string =>
  others.length === 0
    ? where
    : `${where} (and ${others.length > 3 ? `${others.length} more` : others.map(other => other.where).join('; ')})`;

function note(code: string, where: string, { message, remedy }: { message: string; remedy: string }, paint: Paint): string[] {
  return ['', `${code} ${paint('bold', where)}: ${message}`, ...(remedy ? [`  -> ${remedy}`] : [])];
}

/**
 * Titles and messages come from outside: nothing in them may begin another line, steer the terminal or turn the writing
 * direction.
 */
function plain(status: Status): Status {
  const clean = (_: string, value: unknown) => (typeof value === 'string' ? oneLine(value) : value);
  return JSON.parse(JSON.stringify(status), clean) as Status;
}
