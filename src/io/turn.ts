import { randomBytes } from 'node:crypto';
import { rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import type { Clock } from '../contract/clock.ts';
import { asFailure, Failure, type FailureCode } from '../contract/failures.ts';
import { ownWord, seenAs } from './at-work.ts';
import { readText } from './files.ts';

/** Work that one of several processes does for all of them. */
interface Turn<T> {
  /** The lock file, which exists while one process works. `PATH.*` are further files of the lock. */
  readonly path: string;
  readonly clock: Clock;
  /** The result of another process's work; undefined when there is none yet. */
  ready(): Promise<T | undefined>;
  work(): Promise<T>;
}

/**
 * A lock that has not been touched for this long is abandoned, or its owner hangs, unless the owner is seen running: on
 * a busy machine a process may not get the CPU. In milliseconds, as are all of these.
 */
const deadAfterMs = 4_000;
const beatMs = 500;
/** A process that has waited this long does the work itself: a second call is better than no answer. */
const patienceMs = 8_000;
/** The same limit while the owner is seen running. No client waits for more than 13 s. */
const longPatienceMs = 11_000;
const longestPauseMs = 200;

/**
 * Lets one process work while all others wait for its result: `ready` returns it, or they throw the same Failure. Where
 * no lock file can be created, each process works. Never waits for longer than `longPatienceMs`.
 */
export async function inTurn<T>(turn: Turn<T>, signal: AbortSignal): Promise<T> {
  const { path, clock } = turn;
  const began = clock.mono();
  let seen: Seen | undefined;
  for (let pause = 20; ; pause = Math.min(pause * 1.5, longestPauseMs)) {
    const taken = await take(path);
    if (taken === 'impossible') return await turn.work();
    if (taken !== 'busy') return await hold(turn, taken.mark);
    if (!seen) standBack();
    seen = await look(path, seen, clock.mono());
    await clock.sleep(pause, signal);
    const found = await turn.ready();
    if (found !== undefined) return found;
    if (seen) await throwFailureOf(path, seen.mark);
    const waited = clock.mono() - began;
    const unmoved = seen ? clock.mono() - seen.since : 0;
    // Checked only when it matters, because fifty waiting processes would check all the time.
    const owner = seen && (unmoved > beatMs * 2 || waited > patienceMs) ? await seenAs(seen.owner) : 'not known';
    if (signal.aborted || waited > (owner === 'at work' ? longPatienceMs : patienceMs)) return await turn.work();
    if (seen && (owner === 'gone' || (owner === 'not known' && unmoved > deadAfterMs))) await breakLock(path, seen.mark);
  }
}

async function hold<T>({ path, clock, ready, work }: Turn<T>, mark: string): Promise<T> {
  const ended = new AbortController();
  const beats = beat(path, clock, ended.signal);
  try {
    return (await ready()) ?? (await work());
  } catch (error) {
    const { code, message, remedy, short } = asFailure(error);
    await writeFile(`${path}.failed`, JSON.stringify({ mark, code, message, remedy, short }), { mode: 0o600 }).catch(ignored);
    throw error;
  } finally {
    ended.abort();
    await beats;
    if ((await markOf(path)) === mark) await rm(path, { force: true }).catch(ignored);
  }
}

/**
 * Lowers the priority of a waiting process: fifty that start together on two CPUs would delay the owner for seconds.
 */
function standBack(): void {
  try {
    setPriority(10);
  } catch {
    // Not supported here.
  }
}

const ignored = (): undefined => undefined;
const mostBytes = 64 * 1024;

async function take(path: string): Promise<{ readonly mark: string } | 'busy' | 'impossible'> {
  const mark = randomBytes(8).toString('hex');
  try {
    await writeFile(path, `${mark} ${await ownWord()}`, { mode: 0o600, flag: 'wx' });
    return { mark };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return 'busy';
    // On a full disk the file was created, but is empty.
    await rm(path, { force: true }).catch(ignored);
    return 'impossible';
  }
}

/** Shows that the owner is alive. Waiting processes only compare the mtime, so the clock need not be right. */
async function beat(path: string, clock: Clock, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await clock.sleep(beatMs, ended);
    const now = clock.wall() / 1000;
    if (!ended.aborted) await utimes(path, now, now).catch(ignored);
  }
}

/** A lock as it was last seen, and since when it has been unchanged, on the monotonic clock. */
interface Seen {
  readonly mark: string;
  /** The word of the owner's process (`ownWord`); empty when there is none. */
  readonly owner: string;
  readonly movedAt: number;
  readonly since: number;
}

const wordsOf = async (path: string): Promise<readonly string[] | undefined> =>
  (await readText(path, mostBytes).catch(ignored))?.split(' ');
const markOf = async (path: string): Promise<string | undefined> => (await wordsOf(path))?.[0];

async function look(path: string, before: Seen | undefined, now: number): Promise<Seen | undefined> {
  const [[mark, owner = ''] = [], movedAt] = await Promise.all([wordsOf(path), stat(path).then(({ mtimeMs }) => mtimeMs, ignored)]);
  // The lock has just been released, and its owner is known.
  if (mark === undefined || movedAt === undefined) return before;
  return before?.mark === mark && before.movedAt === movedAt ? before : { mark, owner, movedAt, since: now };
}

/** Throws the Failure that the owner of this lock has recorded, if any. */
async function throwFailureOf(path: string, holder: string): Promise<void> {
  const text = await readText(`${path}.failed`, mostBytes).catch(ignored);
  if (text === undefined) return;
  try {
    const { mark, code, message, remedy, short } = JSON.parse(text) as Record<string, string | undefined>;
    if (mark !== holder || !message) return;
    throw new Failure(code as FailureCode, message, { ...(remedy && { remedy }), ...(short && { short }) });
  } catch (error) {
    if (error instanceof Failure) throw error;
  }
}

/** Breaks an abandoned lock. Only one process breaks each lock, so none breaks the lock of the next owner. */
async function breakLock(path: string, mark: string): Promise<void> {
  const guard = `${path}.broken-${mark}`;
  if ((await take(guard)) === 'busy') return;
  if ((await markOf(path)) === mark) await rm(path, { force: true }).catch(ignored);
  await rm(guard, { force: true }).catch(ignored);
}
