import type { Stats } from 'node:fs';
import { chmod, lstat, mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import {
  type Answer,
  type AnswerKey,
  answerText,
  digestOf,
  mostAnswerBytes,
  nameOfAnswer,
  nameOfAsked,
  readAnswer,
  readMark,
} from '../contract/answer-file.ts';
import { Failure } from '../contract/failures.ts';
import { isShared } from '../contract/system-directory.ts';
import { namesIn, readText } from './files.ts';
import { makeDirectories } from './heirs.ts';
import { swapFile } from './swap.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Answers on disk: one file for each identity, service and region, in a directory that only its owner can read. Reading
 * never throws: what cannot be read is not there. Writing throws a Failure with the path.
 */
export interface Answers {
  readonly directory: string;
  /** Where the lock of an answer lies. */
  lockOf(key: AnswerKey): string;
  read(key: AnswerKey): Promise<Answer | undefined>;
  write(key: AnswerKey, answer: Answer): Promise<void>;
  /** Remembers that the host was asked for. `now`: in milliseconds. Never throws. */
  note(key: AnswerKey, host: string, now: number): Promise<void>;
  /** Hosts that were asked for, or that a daemon keeps answers for. */
  hosts(): Promise<readonly AnsweredHost[]>;
  /** Removes what has expired, and what killed processes left behind. `now`: in milliseconds. Never throws. */
  prune(now: number): Promise<void>;
}

/** A host as images spell it, and the key of an answer that was given for it. */
export interface AnsweredHost {
  readonly host: string;
  isOf(key: AnswerKey): boolean;
}

/** What is unfinished for so long has no owner any more. In milliseconds. */
const abandonedMs = 3_600_000;

/**
 * Where the answers of this environment lie. A relative path is passed over, as XDG wants it: tokens would lie wherever
 * somebody happens to stand.
 */
export function answersDirectory(env: Env): string {
  const [own, caches, home] = ['ECR_COURIER_CACHE', 'XDG_CACHE_HOME', 'HOME'].map(name => env[name] ?? '');
  if (own && isAbsolute(own)) return own;
  if (caches && isAbsolute(caches)) return join(caches, 'ecr-courier');
  return home && isAbsolute(home) ? join(home, '.cache/ecr-courier') : '/var/cache/ecr-courier';
}

/** A sentence on a directory that is passed over although this variable of our own names it. */
export const passedOver = (env: Env): string | undefined =>
  env['ECR_COURIER_CACHE'] && !isAbsolute(env['ECR_COURIER_CACHE'])
    ? `ECR_COURIER_CACHE is passed over, as it is no absolute path: answers are kept in ${answersDirectory(env)}.`
    : undefined;

/**
 * Opens the directory, and makes it where it is missing. Throws MISCONFIGURED for one in which others could put
 * answers.
 */
export async function openAnswers(directory: string): Promise<Answers> {
  const found = await makeOwn(directory)
    .then(() => standing(directory))
    .then(closed => tighten(directory, closed))
    .catch((error: NodeJS.ErrnoException) => {
      throw error instanceof Failure
        ? error
        : unusable(directory, error.code === 'EEXIST' || error.code === 'ENOTDIR' ? 'is no directory' : cannotWrite(error));
    });
  const wrong = exposed(found);
  if (wrong) throw unusable(directory, wrong);
  const at = (name: string): string => join(directory, name);
  return {
    directory,
    lockOf: key => at(`${digestOf(key)}.lock`),
    read: key => answerIn(directory, digestOf(key)),
    async write(key, answer) {
      const digest = digestOf(key);
      const path = at(nameOfAnswer(digest));
      await swapFile(path, answerText(digest, answer)).catch((error: NodeJS.ErrnoException) => {
        throw unusable(path, cannotWrite(error));
      });
    },
    async note(key, host, now) {
      // A file of its own, so that nothing is lost when many write at once.
      const path = at(nameOfAsked(digestOf(key), host));
      await writeFile(path, '', { mode: 0o600, flag: 'a' })
        .then(() => utimes(path, now / 1000, now / 1000))
        .catch(() => undefined);
    },
    hosts: () => hostsIn(directory),
    prune: now => prune(directory, now),
  };
}

/** It is ours, whoever owns the one above. Those above that are missing belong to whose home it is. */
async function makeOwn(directory: string): Promise<void> {
  const make = (): Promise<void> =>
    mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  await make().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || dirname(directory) === directory) throw error;
    await makeDirectories(dirname(directory), 0o700);
    await make();
  });
}

/** What a link of our own leads to. One of somebody else could lead to another place each time. */
async function standing(directory: string): Promise<Stats> {
  const found = await lstat(directory);
  if (!found.isSymbolicLink()) return found;
  const uid = process.getuid?.();
  if (uid !== undefined && found.uid !== uid) throw unusable(directory, `is a link of another user (uid ${found.uid}, not ${uid})`);
  return await stat(directory).catch((error: NodeJS.ErrnoException) => {
    throw unusable(directory, `is a link that leads nowhere (${error.code})`);
  });
}

/** Others could read the names, which tell who asks for what. One with a group of its own is meant for that group. */
async function tighten(directory: string, found: Stats): Promise<Stats> {
  const isOurs = found.isDirectory() && found.uid === process.getuid?.();
  if (!isOurs || exposed(found) || (found.mode & 0o077) === 0 || found.mode & 0o2000) return found;
  // Somebody has named /var/lib, or a home: closed to others, it would stop what is used there.
  const others = (await namesIn(directory)).filter(name => !isOfAnswers(name));
  if (isShared(directory) || others.length > 0) throw unusable(directory, 'is open to others, and not for answers alone');
  await chmod(directory, 0o700);
  return await stat(directory);
}

/** What lies beside answers as well; `lost+found` is made by file systems. */
const isOfAnswers = (name: string): boolean => /^(?:[0-9a-f]{32}[.@+]|(?:hits|compiled|node)(?:\.|$)|lost\+found$)/.test(name);

const unusable = (path: string, why: string): Failure =>
  new Failure('MISCONFIGURED', `No answer is kept on disk, as ${path} ${why}.`, {
    remedy: 'Each request costs a call to AWS until then. Set ECR_COURIER_CACHE to another directory, or correct this one.',
  });

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: ': the disk is full',
  EDQUOT: ': the quota is used up',
  EROFS: ': it is read-only',
  ENOENT: ': the directory above it does not exist, or cannot be written',
};
const cannotWrite = ({ code = 'unknown' }: NodeJS.ErrnoException): string => `cannot be written (${code}${reasons[code] ?? ''})`;

/** How others could put answers there; undefined when they cannot. Windows has no such modes. */
function exposed(found: Stats): string | undefined {
  if (!found.isDirectory()) return 'is no directory';
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  if (found.uid !== uid) return `belongs to another user (uid ${found.uid}, not ${uid})`;
  return found.mode & 0o022 ? `can be written by others (mode ${(found.mode & 0o7777).toString(8).padStart(4, '0')})` : undefined;
}

/** Of a directory that cannot be read none. Never throws. */
export async function hostsIn(directory: string): Promise<readonly AnsweredHost[]> {
  return (await namesIn(directory).catch(() => [])).flatMap(name => {
    const { digest, host } = readMark(name) ?? {};
    return host ? { host, isOf: (key: AnswerKey) => digestOf(key) === digest } : [];
  });
}

/** undefined for what is not there, and for what cannot be read. Never throws. */
export const answerIn = async (directory: string, digest: string): Promise<Answer | undefined> =>
  readAnswer(await readText(join(directory, nameOfAnswer(digest)), mostAnswerBytes).catch(() => ''), digest);

async function prune(directory: string, now: number): Promise<void> {
  const names = await namesIn(directory).catch(() => []);
  const answers = new Set<string>();
  for (const name of names) {
    const digest = /^(?<digest>[0-9a-f]{32})\.answer$/.exec(name)?.groups?.['digest'];
    if (digest && ((await answerIn(directory, digest))?.expiresAt ?? 0) > now) answers.add(digest);
  }
  for (const name of names) {
    const [, digest = '', end] = /^([0-9a-f]{32})([.@+].+)$/.exec(name) ?? [];
    if (!digest || (answers.has(digest) && (end === '.answer' || readMark(name)))) continue;
    const path = join(directory, name);
    const age = await lstat(path).then(
      ({ mtimeMs }) => now - mtimeMs,
      () => 0,
    );
    if (age > abandonedMs) await rm(path, { force: true }).catch(() => undefined);
  }
}
