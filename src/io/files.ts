import { constants, type Stats } from 'node:fs';
import * as system from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, clock } from '../contract/clock.ts';
import { explained, Unreadable } from './unreadable.ts';

/** Access to files. Each call ends in bounded time, whatever is at the path, and throws an Unreadable. */
interface Files {
  /** Reads a regular file as text. Invalid UTF-8 becomes U+FFFD. */
  readText(path: string, maxBytes: number): Promise<string>;
  /** Follows links. */
  statOf(path: string): Promise<Stats>;
  /** The names in a directory, in no particular order. */
  namesIn(path: string): Promise<readonly string[]>;
  /** Reads a regular file; undefined when there is none. */
  readBytes(path: string, maxBytes: number): Promise<Buffer | undefined>;
  /**
   * Runs a job of several system calls on a path. `isLate`: whether the job was given up, after which it must change
   * nothing. Throws what the job throws.
   */
  ask<T>(path: string, job: (isLate: () => boolean) => Promise<T>, patienceMs?: number): Promise<T>;
}

interface FilesDeps {
  readonly clock: Pick<Clock, 'sleep'>;
  /** The size of Node's thread pool, which serves files and name lookups. */
  readonly threads: number;
  readonly system: Pick<typeof system, 'open' | 'stat' | 'readdir'>;
}

/**
 * The default time limit for one question, in milliseconds. A queued question is given up when no question ahead of it
 * was answered for this long.
 */
const patience = 5_000;
const chunkBytes = 64 * 1024;

/** One request to the file system. */
interface Question {
  readonly path: string;
  begin(): void;
  /** Whether the question was given up. If it has begun, it keeps its thread until the system answers. */
  late: boolean;
  /** Whether, since it was last checked, a question ahead of it was answered or it began itself. */
  comesOn: boolean;
}

/**
 * The system answers each question on one of a few threads, which also serve name lookups. A dead share blocks its
 * thread for as long as it is dead, and no call can be cancelled. So files may use half of the threads, one directory
 * an eighth of those, and a path that does not answer is not asked again until it has.
 */
export function createFiles({ clock, threads, system }: FilesDeps): Files {
  const most = Math.max(1, Math.floor(threads / 2));
  const mostOfOne = Math.ceil(most / 8);
  const underWay = new Set<Question>();
  const waiting = new Set<Question>();

  const alongside = (path: string): Question[] => [...underWay].filter(one => dirname(one.path) === dirname(path));
  const isFree = (path: string): boolean => underWay.size < most && alongside(path).length < mostOfOne;
  /** Whether one question waits for the other: for a thread of its directory, or for any thread. */
  const isBehind = (one: Question, other: Question): boolean =>
    dirname(one.path) === dirname(other.path) || alongside(one.path).length < mostOfOne;
  const lateOnes = (questions: Iterable<Question>): number => [...questions].filter(({ late }) => late).length;

  function admit(): void {
    for (const question of waiting) {
      if (!isFree(question.path)) continue;
      waiting.delete(question);
      underWay.add(question);
      question.begin();
    }
  }

  /** Whether it is certain that no answer will come. */
  function isHopeless(path: string): boolean {
    const near = alongside(path);
    return near.some(one => one.late && one.path === path) || lateOnes(near) >= mostOfOne || lateOnes(underWay) >= most;
  }

  async function inTime<T>(path: string, job: (isLate: () => boolean) => Promise<T>, patienceMs = patience): Promise<T> {
    if (isHopeless(path)) throw silent(path, patienceMs);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const question: Question = {
      path,
      late: false,
      comesOn: false,
      begin() {
        question.comesOn = true;
        const end = (): void => {
          if (!question.late) for (const one of waiting) one.comesOn ||= isBehind(one, question);
          underWay.delete(question);
          admit();
        };
        job(() => question.late)
          .then(resolve, reject)
          .finally(end);
      },
    };
    waiting.add(question);
    admit();
    const answered = new AbortController();
    void giveUp(question, patienceMs, reject, answered.signal);
    return await promise.finally(() => answered.abort());
  }

  async function giveUp(question: Question, ms: number, reject: (why: Unreadable) => void, answered: AbortSignal): Promise<void> {
    do {
      question.comesOn = false;
      await clock.sleep(ms, answered);
      if (answered.aborted) return;
    } while (question.comesOn);
    question.late = true;
    waiting.delete(question);
    reject(silent(question.path, ms));
  }

  /** Asks a question that consists of one system call, or of a few that only read. */
  const look = <T>(path: string, job: () => Promise<T>): Promise<T> =>
    inTime(path, () =>
      job().catch(async (error: NodeJS.ErrnoException) => {
        throw error instanceof Unreadable ? error : await explained(path, error, system.stat);
      }),
    );
  const readBytes = (path: string, maxBytes: number): Promise<Buffer> => look(path, () => readWhole(system, path, maxBytes));

  return {
    readText: async (path, maxBytes) => (await readBytes(path, maxBytes)).toString('utf8'),
    readBytes: (path, maxBytes) => readBytes(path, maxBytes).catch(unlessAbsent),
    statOf: path => look(path, () => system.stat(path)),
    namesIn: path => look(path, () => system.readdir(path)),
    ask: inTime,
  };
}

/** A handler for `catch` that turns a missing file into undefined. */
function unlessAbsent(error: unknown): undefined {
  if (error instanceof Unreadable && error.code === 'ENOENT') return undefined;
  throw error;
}

/** The instance for this process. Node's default is 4 threads. */
export const files: Files = createFiles({ clock, threads: Number(process.env['UV_THREADPOOL_SIZE']) || 4, system });
export const { readText, readBytes, statOf, namesIn } = files;

function silent(path: string, ms: number): Unreadable {
  return new Unreadable(path, 'SILENT', `does not answer within ${ms / 1000} s`, 'Look at the disk or share that it lies on.');
}

/**
 * Reads a file, up to the limit: the path may be a device or a disk image. Opens it without blocking, as a pipe would
 * otherwise block the thread until something writes to it.
 */
async function readWhole({ open }: Pick<FilesDeps['system'], 'open'>, path: string, maxBytes: number): Promise<Buffer> {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stats = await handle.stat();
  if (stats.isDirectory()) throw new Unreadable(path, 'EISDIR', 'is a directory', 'Name the file in it.');
  if (!stats.isFile()) throw new Unreadable(path, 'NOT_A_FILE', 'is not a regular file', 'Name a regular file: no pipe, socket or device.');
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    // Reads one byte beyond the reported size, to notice a file without a size (in /proc), or one that grows.
    const size = Math.min(length === 0 ? stats.size + 1 : chunkBytes, maxBytes + 1 - length);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.max(size, 1)), 0, size, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    length += bytesRead;
    chunks.push(buffer.subarray(0, bytesRead));
    if (length > maxBytes)
      throw new Unreadable(path, 'TOO_LARGE', `is larger than ${maxBytes / 1024} KiB`, 'Name another file: no larger one is read here.');
  }
}
