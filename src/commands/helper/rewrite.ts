import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unreadable } from '../../../adapters/docker-config/edit.ts';
import type { Installed } from '../../clients/install.ts';
import { Failure } from '../../contract/failures.ts';
import { lendFiles } from '../../io/lent-files.ts';
import type { ClientFile } from './client-files.ts';

/** A file as it was, and what is made of it. */
export interface Rewritten extends ClientFile {
  readonly before: string;
  readonly done: Installed;
}
/** undefined: there is no such file. That of Docker is made then, and no other. */
export type Rewrite = (file: ClientFile, edit: (text: string) => Installed) => Promise<Rewritten | undefined>;

export const isChanged = ({ before, done }: Rewritten): boolean => before !== done.text;

/** Edits files of clients as a whole; a rehearsal writes nothing. Throws a Failure. */
export const rewriter =
  (manner: 'write' | 'rehearse', signal: AbortSignal): Rewrite =>
  async (file, edit) => {
    const { path, role } = file;
    const files = lendFiles({ writes: manner === 'write' ? 'allowed' : 'refused' });
    let rewritten: Rewritten | undefined;
    const change = (text: string | undefined): string | undefined => {
      if (text === undefined && role !== 'docker') return undefined;
      demandReadable(path, text);
      rewritten = { ...file, before: text ?? '', done: edit(text ?? '') };
      return rewritten.done.text;
    };
    if (manner === 'rehearse') change(await files.read(path, { signal }));
    else {
      if (role === 'docker') await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      if (role === 'docker' || (await files.read(path, { signal })) !== undefined) await files.update(path, change, { signal });
    }
    return rewritten;
  };

function demandReadable(path: string, text: string | undefined): void {
  const wrong = text === undefined ? undefined : (unreadable(text, ['auths']) ?? unreadable(text, ['credHelpers']));
  if (wrong) throw new Failure('MISCONFIGURED', `${path} ${wrong.why}; it is left as it is.`, { remedy: wrong.remedy });
}
