import type { Clock } from '../contract/clock.ts';
import type { Memory } from '../contract/memory.ts';
import { jsonMapIn } from '../contract/shapes.ts';
import type { Verified } from '../contract/source.ts';
import type { Moment, Verification } from './ledger.ts';
import { day } from './timing.ts';

/** What a former process found out about an image. `at`: when it tried, in milliseconds since the epoch. */
interface Remembered {
  readonly at: number;
  readonly result: Verified;
}

export interface RecollectionDeps {
  readonly clock: Pick<Clock, 'wall'>;
  readonly now: () => Moment;
  /** undefined if nothing is kept on disk. */
  readonly memory: Memory | undefined;
}

/** Results of verifications across restarts, by scope and image. */
interface Recollection {
  readonly state: 'unread' | 'reading' | 'read';
  read(): Promise<void>;
  /** The result of a former process. A time in the future counts as now. */
  of(key: string): Verification['result'];
  /** Stores all results of the last day for the next process. */
  keep(known: ReadonlyMap<string, Verification>): void;
}

export function createRecollection({ clock, now, memory }: RecollectionDeps): Recollection {
  let state: Recollection['state'] = 'unread';
  let remembered: ReadonlyMap<string, Remembered> = new Map();
  return {
    get state() {
      return state;
    },
    async read() {
      state = 'reading';
      remembered = readRemembered(await memory?.recall().catch(() => undefined));
      state = 'read';
    },
    of(key) {
      const before = remembered.get(key);
      return before && { ...before.result, at: now() - Math.max(0, clock.wall() - before.at) };
    },
    keep(known) {
      const found = [...known].flatMap(([key, { result }]) => {
        if (!result || now() - result.at > day) return [];
        const { at, ...told } = result;
        return [[key, { at: clock.wall() - (now() - at), result: told } satisfies Remembered] as const];
      });
      memory?.remember(JSON.stringify(Object.fromEntries(found)));
    },
  };
}

/** Parses the stored text and drops everything invalid. */
function readRemembered(text: string | undefined): ReadonlyMap<string, Remembered> {
  return new Map(Object.entries(jsonMapIn(text ?? '')).flatMap(([key, value]) => (isRemembered(value) ? [[key, value] as const] : [])));
}

function isRemembered(value: unknown): value is Remembered {
  const { at, result } = (value ?? {}) as { at?: unknown; result?: Record<string, unknown> | null };
  if (typeof at !== 'number' || !Number.isFinite(at) || !result) return false;
  if (result['ok'] === true) return true;
  const { refused, read, stale, message, remedy } = result;
  return (
    result['ok'] === false &&
    [refused, read, stale].every(is => typeof is === 'boolean') &&
    [message, remedy].every(is => typeof is === 'string')
  );
}
