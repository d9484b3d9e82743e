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
import { makeDirectories } from './ownership.ts';
import { swapFile } from './swap.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The answer cache on disk: one file for each identity, service and region, in a directory that only its owner can
 * read. Reading never throws: a file that cannot be read counts as missing. Writing throws a Failure with the path.
 */
export interface Answers {
  readonly directory: string;
  /** The path of the lock for an answer. */
  lockOf(key: AnswerKey): string;
  read(key: AnswerKey): Promise<Answer | undefined>;
  write(key: AnswerKey, answer: Answer): Promise<void>;
  /** Records that the host was asked for. `now`: in milliseconds. Never throws. */
  note(key: AnswerKey, host: string, now: number): Promise<void>;
  /** Hosts that were asked for, or for which a daemon keeps answers. */
  hosts(): Promise<readonly AnsweredHost[]>;
  /** Removes expired files, and files that killed processes left behind. `now`: in milliseconds. Never throws. */
  prune(now: number): Promise<void>;
}

/** A host as images spell it, and the key of an answer that was given for it. */
export interface AnsweredHost {
  readonly host: string;
  isOf(key: AnswerKey): boolean;
}

/** The age from which an unfinished file counts as abandoned, in milliseconds. */
const abandonedMs = 3_600_000;

/**
 * The directory of the answers for this environment. Relative paths are ignored, as XDG requires: tokens would
 * otherwise end up in the current directory.
 */
export function answersDirectory(env: Env): string {
  const [own, caches, home] = ['ECR_COURIER_CACHE', 'XDG_CACHE_HOME', 'HOME'].map(name => env[name] ?? '');
  if (own && isAbsolute(own)) return own;
  if (caches && isAbsolute(caches)) return join(caches, 'ecr-courier');
  return home && isAbsolute(home) ? join(home, '.cache/ecr-courier') : '/var/cache/ecr-courier';
}

/** A sentence that says that the directory in our own variable is ignored; undefined when it is not. */
export const passedOver = (env: Env): string | undefined =>
  env['ECR_COURIER_CACHE'] && !isAbsolute(env['ECR_COURIER_CACHE'])
    ? `ECR_COURIER_CACHE is passed over, as it is not an absolute path: answers are kept in ${answersDirectory(env)}.`
    : undefined;

/** Opens the directory, and creates it when missing. Throws MISCONFIGURED when other users could put answers in it. */
export async function openAnswers(directory: string): Promise<Answers> {
  const found = await makeOwn(directory)
    .then(() => standing(directory))
    .then(closed => tighten(directory, closed))
    .catch((error: NodeJS.ErrnoException) => {
      throw error instanceof Failure
        ? error
        : unusable(directory, error.code === 'EEXIST' || error.code === 'ENOTDIR' ? 'is not a directory' : cannotWrite(error));
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
      // One file for each host, so that no update is lost when many processes write at the same time.
      const path = at(nameOfAsked(digestOf(key), host));
      await writeFile(path, '', { mode: 0o600, flag: 'a' })
        .then(() => utimes(path, now / 1000, now / 1000))
        .catch(() => undefined);
    },
    hosts: () => hostsIn(directory),
    prune: now => prune(directory, now),
  };
}

/** Creates the directory as our own, whoever owns its parent. Missing parents are given to the owner of the home. */
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

/** Stats the directory, following a link of our own. A link of another user is rejected, as its target could change. */
async function standing(directory: string): Promise<Stats> {
  const found = await lstat(directory);
  if (!found.isSymbolicLink()) return found;
  const uid = process.getuid?.();
  if (uid !== undefined && found.uid !== uid) throw unusable(directory, `is a link of another user (uid ${found.uid}, not ${uid})`);
  return await stat(directory).catch((error: NodeJS.ErrnoException) => {
    throw unusable(directory, `is a link that leads nowhere (${error.code})`);
  });
}

/**
 * Removes the rights of other users, who could otherwise read the file names, which tell who asks for what. Leaves a
 * directory with the setgid bit alone, which is meant to be shared with its group.
 */
async function tighten(directory: string, found: Stats): Promise<Stats> {
  const isOurs = found.isDirectory() && found.uid === process.getuid?.();
  if (!isOurs || exposed(found) || (found.mode & 0o077) === 0 || found.mode & 0o2000) return found;
  // The directory may be /var/lib, or a home: closing it would break whatever else uses it.
  const others = (await namesIn(directory)).filter(name => !isOfAnswers(name));
  if (isShared(directory) || others.length > 0) throw unusable(directory, 'is open to others, and not for answers alone');
  await chmod(directory, 0o700);
  return await stat(directory);
}

/** Whether a file name is expected next to answers. File systems create `lost+found`. */
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

/**
 * How other users could put answers there; undefined when they cannot. The owner and mode are not checked on Windows,
 * which has none.
 */
function exposed(found: Stats): string | undefined {
  if (!found.isDirectory()) return 'is not a directory';
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  if (found.uid !== uid) return `belongs to another user (uid ${found.uid}, not ${uid})`;
  return found.mode & 0o022 ? `can be written by others (mode ${(found.mode & 0o7777).toString(8).padStart(4, '0')})` : undefined;
}

/** The hosts in a directory; empty when the directory cannot be read. Never throws. */
export async function hostsIn(directory: string): Promise<readonly AnsweredHost[]> {
  return (await namesIn(directory).catch(() => [])).flatMap(name => {
    const { digest, host } = readMark(name) ?? {};
    return host ? { host, isOf: (key: AnswerKey) => digestOf(key) === digest } : [];
  });
}

/** The answer in a file; undefined when it is missing or cannot be read. Never throws. */
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
