import { unreadable } from '../../../adapters/docker-config/edit.ts';
import type { Installed } from '../../clients/install.ts';
import { Failure } from '../../contract/failures.ts';
import type { Files } from '../../contract/files.ts';
import type { ClientFile } from './client-files.ts';

/** A file before and after the edit. */
export interface Rewritten extends ClientFile {
  readonly before: string;
  readonly done: Installed;
  /** Set by a rehearsal: the reason why the write would fail. */
  readonly refused?: Failure;
}
/** Resolves to undefined if the file does not exist. Only Docker's own file is created. */
export type Rewrite = (file: ClientFile, edit: (text: string) => Installed) => Promise<Rewritten | undefined>;

export const isChanged = ({ before, done }: Rewritten): boolean => before !== done.text;

/** Replaces files of clients atomically; a rehearsal writes nothing. Throws a Failure. */
export const rewriter =
  (manner: 'write' | 'rehearse', signal: AbortSignal, files: Files): Rewrite =>
  async (file, edit) => {
    const { path, role } = file;
    const isMade = role === 'docker';
    if (!isMade && (await files.read(path, { signal })) === undefined) return undefined;
    let rewritten: Rewritten | undefined;
    const change = (text: string | undefined): string | undefined => {
      if (text === undefined && !isMade) return undefined;
      demandReadable(path, text);
      rewritten = { ...file, before: text ?? '', done: edit(text ?? '') };
      return rewritten.done.text;
    };
    const request = { signal, ...(isMade && { directoryMode: 0o700 }) };
    if (manner === 'write') await files.update(path, change, request);
    else
      await files.rehearse(path, change, request).catch((error: unknown) => {
        if (!rewritten || !(error instanceof Failure)) throw error;
        rewritten = { ...rewritten, refused: error };
      });
    return rewritten;
  };

function demandReadable(path: string, text: string | undefined): void {
  const wrong = text === undefined ? undefined : (unreadable(text, ['auths']) ?? unreadable(text, ['credHelpers']));
  if (wrong) throw new Failure('MISCONFIGURED', `${path} ${wrong.why}; it is left as it is.`, { remedy: wrong.remedy });
}
