import { dirname } from 'node:path';
import type { FailureCode } from '../contract/failures.ts';
import { Failure } from '../contract/failures.ts';
import type { Change, Changed, FileFacts, Files, UpdateRequest } from '../contract/files.ts';
import { files } from './files.ts';
import { type Place, placeOf, withoutDirectory } from './place.ts';
import { makeDirectory, type Progress, replace } from './replace.ts';
import { checkMakeable, checkReplaceable } from './replaceable.ts';
import { Unreadable } from './unreadable.ts';
import { type Writes, whyNot } from './writes.ts';

/** The clients have no limit, but nobody has so many logins. */
const usualBytes = 4 * 1024 * 1024;
/** The number of attempts at a write while another program keeps changing the file. */
const mostTries = 4;

/** The `Files` that adapters are handed. `writes` is evaluated before each write. */
export function lendFiles(manner: { readonly writes: Writes }): Files {
  return {
    read: (path, { signal, maxBytes = usualBytes }) =>
      inWords(path, signal, async () => textOf(path, await files.readBytes(path, maxBytes))),
    stat: (path, { signal }) => inWords(path, signal, () => factsOf(path)),
    names: (path, { signal }) => inWords(path, signal, () => files.namesIn(path)),
    update(path, change, request) {
      const progress: Progress = { begun: false };
      const work = async (): Promise<Changed> => {
        const barred = manner.writes;
        if (barred !== 'allowed')
          throw new Failure('UNEXPECTED', `${path} would be written, and ${whyNot[barred]}. Nothing was written.`, { barred });
        const { directoryMode } = request;
        if (directoryMode !== undefined) await makeDirectory(dirname(path), directoryMode).catch(saidOf(path));
        for (let tries = 0; tries < mostTries; tries++) {
          const { place, was, content } = await plan(path, change, request);
          if (!content) return 'unchanged';
          if (await replace(place, was, content, { ...mannerOf(request), progress })) return was ? 'updated' : 'created';
        }
        throw new Failure('BUSY', `${path} was changed by somebody else at each of ${mostTries} attempts to write it.`, { stops: 'slot' });
      };
      return inWords(path, request.signal, work, progress);
    },
    rehearse: (path, change, request) =>
      inWords(path, request.signal, async (): Promise<Changed> => {
        if (request.directoryMode !== undefined && !(await factsOf(dirname(path)))) {
          await checkMakeable(dirname(path)).catch(saidOf(path));
          return change(undefined) === undefined ? 'unchanged' : 'created';
        }
        const { place, was, content } = await plan(path, change, request);
        if (!content) return 'unchanged';
        await checkReplaceable(place, mannerOf(request));
        return was ? 'updated' : 'created';
      }),
  };
}

const saidOf =
  (path: string) =>
  (error: unknown): never => {
    throw error instanceof Unreadable ? withoutDirectory(path, error) : error;
  };

const mannerOf = ({ mode = 0o600, unreplaceable = 'fail', inPlaceBy, signal }: UpdateRequest) => ({
  mode,
  unreplaceable,
  inPlaceBy,
  signal,
});

/** Reads the present content and computes the new one. No content means that nothing has to be written. */
async function plan(
  path: string,
  change: Change,
  { maxBytes = usualBytes }: UpdateRequest,
): Promise<{ readonly place: Place; readonly was: Buffer | undefined; readonly content?: Buffer }> {
  const place = await placeOf(path);
  const was = await files.readBytes(place.path, maxBytes);
  const text = change(textOf(path, was));
  const content = text === undefined ? undefined : Buffer.from(text);
  return { place, was, ...(content && !was?.equals(content) && { content }) };
}

function textOf(path: string, bytes: Buffer | undefined): string | undefined {
  try {
    return bytes && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Failure('MISCONFIGURED', `${path} is not text in UTF-8.`, { remedy: 'Save it as UTF-8, or name another file.', cause });
  }
}

async function factsOf(path: string): Promise<FileFacts | undefined> {
  const stats = await files.statOf(path).catch((error: unknown) => {
    if (error instanceof Unreadable && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!stats) return undefined;
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  const { size, mode, uid, gid, mtime: changedAt } = stats;
  return { kind, size, mode: mode & 0o7777, uid, gid, changedAt };
}

/** Runs the work and converts its errors to Failures. Fails with TIMEOUT when the signal is aborted. */
async function inWords<T>(path: string, signal: AbortSignal, work: () => Promise<T>, progress?: Progress): Promise<T> {
  const given = Promise.withResolvers<never>();
  const giveUp = (): void => given.reject(givenUp(path, signal, progress));
  signal.addEventListener('abort', giveUp);
  try {
    if (signal.aborted) giveUp();
    return await Promise.race([given.promise, ...(signal.aborted ? [] : [work()])]);
  } catch (error) {
    throw error instanceof Unreadable ? failureOf(path, error, progress) : error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

function givenUp(path: string, { reason }: AbortSignal, progress: Progress | undefined): Failure {
  const why = reason instanceof Error ? reason.message : 'aborted';
  return new Failure('TIMEOUT', `The work on ${path} was given up: ${why}`, { ...(progress?.begun && { mayLand: true }), cause: reason });
}

const codes: Readonly<Record<string, FailureCode>> = {
  SILENT: 'TIMEOUT',
  TOO_LARGE: 'TOO_LARGE',
  EACCES: 'FORBIDDEN',
  EPERM: 'FORBIDDEN',
  OWNER: 'FORBIDDEN',
  // These conditions pass by themselves or when space is freed, so the write is retried soon.
  ENOSPC: 'BUSY',
  EDQUOT: 'BUSY',
  EMFILE: 'BUSY',
  ENFILE: 'BUSY',
  EIO: 'UNEXPECTED',
  ESTALE: 'UNEXPECTED',
};

function failureOf(path: string, error: Unreadable, progress: Progress | undefined): Failure {
  const { code, why, remedy } = error;
  return new Failure(codes[code] ?? 'MISCONFIGURED', `${path} ${why}.`, {
    ...(remedy !== undefined && { remedy }),
    ...(code === 'SILENT' && progress?.begun && { mayLand: true }),
    cause: error,
  });
}
