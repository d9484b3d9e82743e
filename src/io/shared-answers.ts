import { lstat, opendir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Answer, type AnswerKey, digestOf } from '../contract/answer-file.ts';
import { Failure } from '../contract/failures.ts';
import { type AnsweredHost, answerIn, hostsIn } from './answers.ts';

/** Answers that a daemon of another user keeps for the members of a group. Read-only. */
export interface SharedAnswers {
  /** The real path, with links resolved. */
  readonly directory: string;
  /** Resolves to undefined when the answer is missing or must not be read. Never throws. */
  read(key: AnswerKey): Promise<Answer | undefined>;
  /** Hosts for which the daemon keeps answers. Never throws. */
  hosts(): Promise<readonly AnsweredHost[]>;
}

/**
 * Opens the directory. Throws MISCONFIGURED when a directory above it does not belong to root, or when group or others
 * can write to one of these or to the directory itself: another user could then put answers there.
 */
export async function openShared(path: string): Promise<SharedAnswers> {
  const directory = await realpath(path).catch(({ code }: NodeJS.ErrnoException) => {
    throw unusable(path, `cannot be looked at (${code})`);
  });
  for (let at = directory; ; at = dirname(at)) {
    const { uid, mode } = await lstat(at);
    if ((mode & 0o022) !== 0) throw unusable(path, `can be replaced by others: ${at} has the mode ${(mode & 0o7777).toString(8)}`);
    if (at !== directory && uid !== 0)
      throw unusable(path, `can be replaced by another user: ${at} belongs to uid ${uid}, and not to root`);
    if (at === dirname(at)) break;
  }
  const refused = (error: NodeJS.ErrnoException): never => {
    throw unusable(path, `cannot be read by this user (${error.code})`, 'Let this user be in its group, and log in again.');
  };
  await opendir(directory).then(opened => opened.close(), refused);
  return {
    directory,
    read: key => answerIn(directory, digestOf(key)),
    hosts: () => hostsIn(directory),
  };
}

const byRoot = 'Let root make it in a directory that only root can write to, such as /var/cache.';
const unusable = (path: string, why: string, cure = byRoot): Failure =>
  new Failure('MISCONFIGURED', `No answer is taken from ${path}, which ECR_COURIER_SHARED_CACHE names, as it ${why}.`, {
    remedy: `Requests are answered without it. ${cure}`,
  });
