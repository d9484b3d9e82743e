import type { Log } from '../contract/adapter.ts';
import { asFailure } from '../contract/failures.ts';
import type { Notice } from '../contract/target.ts';
import type { Entry, Ledger, Moment, TargetRecord } from '../courier/ledger.ts';
import type { Teller } from '../courier/teller.ts';
import { minute } from '../courier/timing.ts';
import { isDue, noteTold, noticeOf, type Page, type Thread, tidied, turned } from './threads.ts';

/** How many notices of one target are told at a time, and how many in one look: 7 a second. */
const atOnce = 2;
const mostInLook = 100;
/** The pause of a target after a failure that concerns all of its notices. */
const targetPause = 5 * minute;

interface NoticesDeps {
  readonly ledger: Ledger;
  readonly log: Pick<Log, 'debug'>;
  teller(target: string): Teller | undefined;
}
/** Tells those who use slots what threatens these, where a target can (`Target.tell`). */
interface Notices {
  /** Compares what threatens each slot with what was told of it. Resolves when what it has begun has ended. */
  look(): Promise<void>;
}

export function createNotices({ ledger, log, teller }: NoticesDeps): Notices {
  /** What was told, by target and slot. Nothing is queued: a notice that was not told in time is dropped. */
  let pages = new Map<string, Page>();
  const pauses = new Map<string, Moment>();
  const telling = new Set<string>();

  async function lookAt(record: TargetRecord, way: Teller): Promise<void> {
    const page = turned(pages.get(record.name) ?? new Map(), ledger, record);
    pages.set(record.name, page);
    const due = tidied(page, ledger.now()).filter(({ thread, entry }) => isDue(thread, ledger, entry));
    // What is new comes before what is repeated.
    const next = due.toSorted((a, b) => Number(a.thread.told !== undefined) - Number(b.thread.told !== undefined)).values();
    let left = mostInLook;
    const worker = async (): Promise<void> => {
      for (const { thread, entry } of next) {
        if (left-- <= 0 || !way.isFree() || ledger.now() < (pauses.get(record.name) ?? 0)) return;
        await tellOne(record, way, entry, thread);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }

  async function tellOne({ name }: TargetRecord, way: Teller, entry: Entry, thread: Thread): Promise<void> {
    const notice: Notice = noticeOf(thread, ledger, entry);
    try {
      await way.tell(entry.slot, notice);
      noteTold(thread, notice, ledger.now());
      log.debug('notice told', { target: name, slot: entry.slot.id, topic: notice.topic, state: notice.state });
    } catch (thrown) {
      const failure = asFailure(thrown);
      thread.notBefore = ledger.now() + 10 * minute;
      if (failure.stops === 'target' || failure.code === 'TIMEOUT') pauses.set(name, ledger.now() + targetPause);
      const { code, message } = failure;
      log.debug('notice not told', { target: name, slot: entry.slot.id, topic: notice.topic, code, error: message });
    }
  }

  async function lookOnce(record: TargetRecord): Promise<void> {
    const way = teller(record.name);
    if (!way || telling.has(record.name)) return;
    telling.add(record.name);
    await lookAt(record, way).finally(() => telling.delete(record.name));
  }

  return {
    async look() {
      pages = new Map([...pages].filter(([name]) => ledger.targets.has(name)));
      await Promise.all(Array.from(ledger.targets.values(), lookOnce));
    },
  };
}
