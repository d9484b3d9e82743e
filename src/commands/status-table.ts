import { withCommas } from '../contract/text.ts';
import { readinessOf } from '../observe/readiness.ts';
import { isWell, type SlotView, type Status } from '../observe/status-view.ts';
import { count, ending, leaseWords, relative } from '../observe/words.ts';
import { painter } from './paint.ts';
import { type Held, identities, notes, placesOf, plain, rowsOf, slotTable, tintOf } from './table.ts';

/** Options of the `status` table. */
interface Shown {
  readonly color: boolean;
  /** The maximum number of registries to show, worst first. */
  readonly most?: number;
  readonly failing?: boolean | undefined;
}

/** States, most urgent first. */
const order: readonly SlotView['state'][] = ['failing', 'unconfirmed', 'waiting', 'absent', 'ok'];
/** The number of reasons in the first line. */
const mostReasons = 3;

/**
 * The output of `status`: a summary line, the registries (failing ones first, then by the end of their passwords), and
 * notes.
 */
export function statusTable(raw: Status, { color, most = Number.POSITIVE_INFINITY, failing }: Shown): string {
  const paint = painter({ color });
  const status = plain(raw);
  const known = summary(status, placesOf(status));
  const shown = narrowed(status, { failing });
  const places = sorted(placesOf(shown));
  const verdict = status.ready ? paint('green', `ready: ${known}`) : paint('red', `not ready: ${known}. ${reasons(status)}`);
  const rows = rowsOf(places.slice(0, most), status.now, ({ slot }) =>
    paint(isWell(slot) ? 'green' : tintOf(slot.state), stateOf(slot, status.now)),
  );
  const head = ['TARGET', 'SLOT', 'REGISTRY', 'STATE', 'EXPIRES', 'PROVEN'];
  const rest = places.length - rows.length;
  const hasSlots = status.targets.some(({ slots }) => slots.length > 0);
  return [
    verdict,
    slotTable(head, rows, paint, failing && hasSlots ? 'No slot fails.' : undefined),
    ...(rest > 0 ? [paint('dim', `and ${withCommas(rest)} more: --target NAME, ${failing ? '' : '--failing, '}--json`)] : []),
    ...identities(shown, paint),
    ...notes(shown, paint, rest > 0 ? 'brief' : 'whole'),
    '',
  ].join('\n');
}

/**
 * The state for the table, with the time of the next attempt if one is due. A slot that a finding leaves alone must not
 * look healthy.
 */
function stateOf({ state, renewing, nextAttemptAt, registries, findings }: SlotView, now: string): string {
  if (state === 'ok' && registries.length === 0 && findings.some(({ severity }) => severity !== 'info')) return 'left alone';
  if (renewing) return 'ok, renewing';
  if (state !== 'waiting' || nextAttemptAt === null || nextAttemptAt <= now) return state;
  return `${state}, next attempt ${relative(Date.parse(nextAttemptAt), Date.parse(now))}`;
}

/**
 * The status narrowed to a target, to failing slots, or to both. Readiness and reasons are then those of that target.
 */
export function narrowed(
  status: Status,
  { target, failing }: { readonly target?: string | undefined; readonly failing?: boolean | undefined },
): Status {
  const isShown = (slot: SlotView): boolean => !failing || !isWell(slot);
  const targets = status.targets.filter(({ name }) => target === undefined || name === target);
  const { ready, unready } = target === undefined ? status : readinessOf({ targets, lease: status.lease });
  return { ...status, ready, unready, targets: targets.map(one => ({ ...one, slots: one.slots.filter(isShown) })) };
}

/** Sorts the worst first. */
function sorted(places: readonly Held[]): Held[] {
  const ranked = places.map(place => ({ place, rank: order.indexOf(isWell(place.slot) ? 'ok' : place.slot.state), end: endOf(place) }));
  return ranked.sort((a, b) => a.rank - b.rank || a.end - b.end).map(({ place }) => place);
}

/**
 * The end of the password for sorting. An unknown end may be past, so it comes first; without a password it comes last.
 */
const endOf = ({ holding }: Held): number => (holding ? (holding.expiresAt ? Date.parse(holding.expiresAt) : 0) : Number.POSITIVE_INFINITY);

/** The summary: the number of healthy registries, and when the first pull will fail. */
function summary({ now, lease }: Status, places: readonly Held[]): string {
  const [held, others] = [places.filter(({ holding }) => holding), places.filter(({ holding }) => !holding)];
  const counted = fineOf(held, held.length === 0 ? 'no registries' : count(held.length, 'registry', 'registries'));
  const beside = others.length > 0 ? fineOf(others, `${count(others.length, 'slot')} without one`) : undefined;
  const ends = held.map(endOf).filter(end => end > 0);
  // Not Math.min(...ends): 100,000 arguments are too many for a call.
  const first = ends.reduce((least, end) => Math.min(least, end), Number.POSITIVE_INFINITY);
  const soonest = ends.length > 0 ? `the first password ${ending(first, Date.parse(now))}` : undefined;
  return [counted, beside, soonest, lease ? leaseWords(lease) : undefined].filter(text => text !== undefined).join(', ');
}

function fineOf(places: readonly Held[], all: string): string {
  const fine = places.filter(({ slot }) => isWell(slot)).length;
  return fine === places.length ? all : `${withCommas(fine)} of ${all} fine`;
}

/** The first reasons. The rest is not counted, because the last reason may itself stand for many. */
const reasons = ({ unready }: Status): string =>
  [...unready.slice(0, mostReasons), ...(unready.length > mostReasons ? ['And others.'] : [])].join(' ');
