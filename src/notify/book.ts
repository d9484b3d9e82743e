import type { Moment } from '../courier/ledger.ts';
import { hour, minute } from '../courier/timing.ts';
import type { Outlook } from './outlook.ts';
import type { Threat } from './threats.ts';

/** What one receiver was told about one threat. */
export interface Told {
  /** When it was last told. */
  readonly at: Moment;
  /** How many times it was told, without a long quiet period in between. */
  readonly times: number;
  /** The bearers of the threat at that time. */
  readonly bearers: ReadonlySet<string>;
  /** When it was told that the threat is over; undefined until then. */
  readonly overAt?: Moment | undefined;
}
/** What one receiver was told, by subject and topic. */
export type Book = Map<string, Map<string, Told>>;

/** What there is to report about one place. */
export interface News {
  readonly event: 'threat' | 'over';
  readonly subject: string;
  readonly target: string | null;
  readonly threats: ReadonlyMap<string, Threat>;
  /** With `over`: why the place is no longer observed. */
  readonly left?: 'paused' | 'removed' | undefined;
  readonly topics: readonly string[];
}

/** After this long without the threat, it counts as a new one. */
const peace = 6 * hour;

/** The interval between messages on the same threat: 15 min, doubling to 4 h. */
const spacing = ({ times }: Told): number => Math.min(4 * hour, 15 * minute * 2 ** (times - 1));

/**
 * The changes since the receiver was last told: threats that are new or have spread to other bearers, and threats that
 * are over. A threat that continues, or is over for some bearers only, is not reported.
 */
export function newsFor(book: Book, outlook: Outlook, now: Moment): News[] {
  const over = [...book].flatMap(([subject, told]): News[] => {
    const standing = [...told].filter(([, { overAt }]) => overAt === undefined).map(([topic]) => topic);
    const topics = standing.filter(topic => outlook.of(subject, topic) === 'gone');
    const place = outlook.places.get(subject);
    const left = place ? (place.paused ? 'paused' : undefined) : 'removed';
    return topics.length > 0 ? [{ event: 'over', subject, target: place?.target ?? null, threats: new Map(), left, topics }] : [];
  });
  const threats = [...outlook.places.values()].flatMap(({ subject, target, threats }): News[] => {
    const topics = [...threats].filter(
      ([topic, threat]) => isNews(book.get(subject)?.get(topic), threat, now) && outlook.of(subject, topic) === 'stands',
    );
    return topics.length > 0
      ? [{ event: 'threat', subject, target, threats: new Map(topics), topics: topics.map(([topic]) => topic) }]
      : [];
  });
  return [...over, ...threats];
}

function isNews(told: Told | undefined, { bearers }: Threat, now: Moment): boolean {
  if (!told) return true;
  if (now - told.at < spacing(told)) return false;
  return told.overAt !== undefined || [...bearers].some(bearer => !told.bearers.has(bearer));
}

/** Records that the receiver was told. */
export function note(book: Book, { event, subject, topics, threats, left }: News, now: Moment): void {
  const told = book.get(subject) ?? new Map<string, Told>();
  for (const topic of topics) {
    const before = told.get(topic);
    if (event === 'over' && before) told.set(topic, { ...before, overAt: now });
    if (event === 'threat') told.set(topic, { at: now, times: (before?.times ?? 0) + 1, bearers: new Set(threats.get(topic)?.bearers) });
  }
  if (left === 'removed') book.delete(subject);
  else book.set(subject, told);
}

/** Drops threats that have been over for long. */
export function forget(book: Book, now: Moment): void {
  for (const [subject, told] of book) {
    for (const [topic, { overAt }] of told) if (overAt !== undefined && now - overAt >= peace) told.delete(topic);
    if (told.size === 0) book.delete(subject);
  }
}
