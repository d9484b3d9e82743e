import type { Moment } from '../courier/ledger.ts';
import { hour, minute } from '../courier/timing.ts';
import type { Outlook } from './outlook.ts';
import type { Threat } from './threats.ts';

/** What one receiver was told of one threat. */
export interface Told {
  /** When, for the last time. */
  readonly at: Moment;
  /** How often, without a long peace between. */
  readonly times: number;
  /** Those that had it then. */
  readonly bearers: ReadonlySet<string>;
  /** When it was told that it is over; undefined while it is not. */
  readonly overAt?: Moment | undefined;
}
/** By subject and topic. */
export type Book = Map<string, Map<string, Told>>;

/** Something to be told of one place. */
export interface News {
  readonly event: 'threat' | 'over';
  readonly subject: string;
  readonly target: string | null;
  readonly threats: ReadonlyMap<string, Threat>;
  /** Of `over`: why nobody looks any more. */
  readonly left?: 'paused' | 'removed' | undefined;
  readonly topics: readonly string[];
}

/** After that long a peace a threat is a new one. */
const peace = 6 * hour;

/** From one message on a threat to the next on the same: 15 min doubling to 4 h. */
const spacing = ({ times }: Told): number => Math.min(4 * hour, 15 * minute * 2 ** (times - 1));

/**
 * What has changed since the receiver was last told: threats that are new, or have come to others as well, and threats
 * that are over. Never that one goes on, or that a part of it is over.
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

/** The receiver was told. */
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

/** Forgets what is over for long. */
export function forget(book: Book, now: Moment): void {
  for (const [subject, told] of book) {
    for (const [topic, { overAt }] of told) if (overAt !== undefined && now - overAt >= peace) told.delete(topic);
    if (told.size === 0) book.delete(subject);
  }
}
