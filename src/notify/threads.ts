import type { Notice } from '../contract/target.ts';
import type { Entry, Ledger, Moment, TargetRecord } from '../courier/ledger.ts';
import { hour, minute } from '../courier/timing.ts';
import { settledAfter } from './outlook.ts';
import { endIn, isRenewed, type SlotThreat, threatsOf } from './slot-threats.ts';

/** One topic of one slot: what is so, since when, and what was told of it. */
export interface Thread {
  readonly topic: string;
  /** undefined: it does not threaten now. */
  threat: SlotThreat | undefined;
  /** Since when it threatens, or does not. */
  since: Moment;
  /** What was told last. `from`: when that state began. */
  told:
    | { readonly state: Notice['state']; readonly kind: string; readonly at: Moment; readonly from: Moment; readonly times: number }
    | undefined;
  /** The end of the pause after it could not be told. */
  notBefore: Moment;
}

/** The threads of one target, by slot and topic. */
export type Page = Map<string, { readonly entry: Entry; readonly threads: Map<string, Thread> }>;

/** A threat that lasts is told again after this time. Kubernetes keeps an Event for an hour. */
const repeatedAfter = 40 * minute;
/** The least interval between two notices on one topic of a slot. */
const spacing = 5 * minute;
/** After this long without the threat, nothing of it is remembered. */
const peace = hour;

/** The page as it is now. Slots that are gone are forgotten. */
export function turned(page: Page, ledger: Ledger, record: TargetRecord): Page {
  const next: Page = new Map();
  for (const entry of record.entries.values()) {
    const threats = threatsOf(ledger, record, entry);
    const threads = page.get(entry.slot.id)?.threads ?? new Map<string, Thread>();
    if (threats.length === 0 && threads.size === 0) continue;
    next.set(entry.slot.id, { entry, threads: follow(threads, threats, ledger.now()) });
  }
  return next;
}

function follow(threads: Map<string, Thread>, threats: readonly SlotThreat[], now: Moment): Map<string, Thread> {
  const standing = new Map(threats.map(threat => [threat.topic, threat]));
  for (const topic of standing.keys())
    if (!threads.has(topic)) threads.set(topic, { topic, threat: undefined, since: now, told: undefined, notBefore: 0 });
  for (const [topic, thread] of threads) {
    const threat = standing.get(topic);
    if ((threat === undefined) !== (thread.threat === undefined)) thread.since = now;
    thread.threat = threat;
  }
  return threads;
}

/** All threads. Those that were over for long are removed from the page, and those of which nothing was told. */
export function tidied(page: Page, now: Moment): { readonly entry: Entry; readonly thread: Thread }[] {
  for (const { threads } of page.values())
    for (const [topic, { threat, told }] of threads)
      if (!threat && (!told || (told.state === 'over' && now - told.at >= peace))) threads.delete(topic);
  return [...page.values()].flatMap(({ entry, threads }) => [...threads.values()].map(thread => ({ entry, thread })));
}

/** Whether there is something to tell: a threat that is new, of another kind or lasts, or the end of one. */
export function isDue(thread: Thread, ledger: Pick<Ledger, 'now'>, entry: Entry): boolean {
  const { threat, told, since, topic, notBefore } = thread;
  const now = ledger.now();
  if (now < notBefore || now - since < settledAfter) return false;
  if (!threat) return told?.state === 'stands' && (topic !== 'renewal' || isRenewed(ledger, entry));
  if (!told) return true;
  const isNews = told.state === 'over' || told.kind !== threat.kind;
  return now - told.at >= (isNews ? spacing : repeatedAfter);
}

export function noticeOf({ threat, since, told, topic }: Thread, ledger: Ledger, { slot, ...entry }: Entry): Notice {
  if (threat) {
    const isSame = told?.state === 'stands';
    const { message, remedy } = threat.words();
    return { topic, state: 'stands', message, remedy, since: ledger.date(isSame ? told.from : since), times: isSame ? told.times + 1 : 1 };
  }
  const name = slot.title ?? slot.id;
  const end = endIn(ledger, { slot, ...entry });
  const message =
    topic !== 'renewal'
      ? `${topic} is over for ${name}.`
      : slot.registries.length === 0
        ? `${name} is ${slot.deed ?? 'written again'}.`
        : `The login in ${name} is renewed again${end && `, and ends at ${end}`}.`;
  return { topic, state: 'over', message, remedy: '', since: ledger.date(since), times: 1 };
}

export function noteTold(thread: Thread, { state, times }: Notice, at: Moment): void {
  const { told, since, threat } = thread;
  const from = told?.state === state ? told.from : since;
  thread.told = { state, kind: threat?.kind ?? '', at, from, times };
}
