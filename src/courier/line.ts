import type { Clock } from '../contract/clock.ts';
import type { Entry } from './ledger.ts';

/**
 * A line of failed slots: first come, first served. Its pace is measured, because it depends on places, deadlines,
 * stops of the target and looks.
 */
interface Line {
  readonly size: number;
  put(entry: Entry): void;
  take(): Entry | undefined;
  /** The estimated wait in milliseconds of a slot in the line, or of one that joined now. */
  waitMs(entry?: Entry): number;
  clear(): void;
}

export function createLine(clock: Pick<Clock, 'mono'>): Line {
  /** By increasing tickets. */
  const entries = new Map<number, Entry>();
  let nextTicket = 1;
  let firstTicket = 1;
  /** The smoothed interval between departures; undefined before two slots have left in a row. */
  let gapMs: number | undefined;
  /** When the last slot left, in monotonic time, if others waited then. */
  let tookAt: number | undefined;

  function measure(): void {
    if (tookAt !== undefined) {
      const ms = clock.mono() - tookAt;
      gapMs = gapMs === undefined ? ms : gapMs + (ms - gapMs) / 8;
    }
    tookAt = entries.size > 0 ? clock.mono() : undefined;
  }

  return {
    get size() {
      return entries.size;
    },
    put(entry) {
      entry.queued = nextTicket++;
      entries.set(entry.queued, entry);
    },
    take() {
      const first = entries.entries().next().value;
      if (!first) return undefined;
      const [ticket, entry] = first;
      entries.delete(ticket);
      firstTicket = ticket + 1;
      entry.queued = 0;
      measure();
      return entry;
    },
    waitMs(entry) {
      if (gapMs === undefined) return 0;
      const ahead = entry && entry.queued > 0 ? entry.queued - firstTicket : entries.size;
      const untilNext = tookAt === undefined ? 0 : Math.max(0, tookAt + gapMs - clock.mono());
      return untilNext + ahead * gapMs;
    },
    clear() {
      for (const entry of entries.values()) entry.queued = 0;
      entries.clear();
      firstTicket = nextTicket;
    },
  };
}
