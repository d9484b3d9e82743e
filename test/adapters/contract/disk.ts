import type { Failure } from '../../../src/contract/failures.ts';
import type { Files } from '../../../src/contract/files.ts';

/** A fault of the adapter's files. `lost`: the write is done before the call fails. */
export interface DiskFault {
  readonly concerns: 'reads' | 'writes';
  readonly failure: Failure;
  readonly lost?: true;
}

/** The state of a stage's files: an injected fault, and what was written. */
export interface Disk {
  fault?: DiskFault | undefined;
  /** The paths that were written, in order. */
  readonly written: string[];
}

/** Wraps `files` to record writes in `disk` and to throw its fault. */
export function watchedFiles(files: Files, disk: Disk): Files {
  const failing = (concerns: DiskFault['concerns']): DiskFault | undefined => (disk.fault?.concerns === concerns ? disk.fault : undefined);
  const reading = async <T>(ask: () => Promise<T>): Promise<T> => {
    const fault = failing('reads');
    if (fault) throw fault.failure;
    return await ask();
  };
  return {
    read: (...given) => reading(() => files.read(...given)),
    stat: (...given) => reading(() => files.stat(...given)),
    names: (...given) => reading(() => files.names(...given)),
    rehearse: (...given) => reading(() => files.rehearse(...given)),
    async update(path, ...given) {
      const fault = failing('writes');
      if (fault && !fault.lost) throw fault.failure;
      const changed = await files.update(path, ...given);
      if (changed !== 'unchanged') disk.written.push(path);
      if (fault) throw fault.failure;
      return changed;
    },
  };
}
