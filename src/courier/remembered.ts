import type { Clock } from '../contract/clock.ts';
import type { Memory } from '../contract/memory.ts';
import type { Verified } from '../contract/source.ts';
import type { Moment, Verification } from './ledger.ts';
import { day } from './timing.ts';

/** What a process before this one knew of an image. `at`: when it asked, in milliseconds since the epoch. */
interface Remembered {
  readonly at: number;
  readonly result: Verified;
}

export interface RecollectionDeps {
  readonly clock: Pick<Clock, 'wall'>;
  readonly now: () => Moment;
  /** Missing where nothing is kept. */
  readonly memory: Memory | undefined;
}

/** Results over restarts, by scope and image. */
export interface Recollection {
  readonly state: 'unread' | 'reading' | 'read';
  read(): Promise<void>;
  /** What a process before this one found. A time that lies ahead of our clock counts as the present. */
  of(key: string): Verification['result'];
  /** What a process after this one should know: all that was found within a day. */
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

/** What can be read of it: anything may lie there. */
function readRemembered(text: string | undefined): ReadonlyMap<string, Remembered> {
  return new Map(Object.entries(membersOf(text)).flatMap(([key, value]) => (isRemembered(value) ? [[key, value] as const] : [])));
}

function membersOf(text: string | undefined): object {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
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
