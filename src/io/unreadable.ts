import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { isOfSystem } from '../contract/system-directory.ts';

/** Why a file or directory cannot be read. Not in the words of the system, which would repeat the path. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  /** A code of the system, or ours: NOT_A_FILE, TOO_LARGE, SILENT, and from callers EMPTY, WRONG, NO_TEXT. */
  readonly code: string;
  /** A clause that follows the path, without a full stop. */
  readonly why: string;
  /** What to do about it, as a sentence; missing where only the caller knows. */
  readonly remedy: string | undefined;

  constructor(path: string, code: string, why: string, remedy?: string) {
    super(`${path} ${why}`);
    this.code = code;
    this.why = why;
    this.remedy = remedy;
  }
}

type Stat = (path: string) => Promise<Stats>;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  ELOOP: 'is a link that leads back to itself',
};

export async function explained(path: string, error: NodeJS.ErrnoException, stat: Stat): Promise<Unreadable> {
  const { code = 'unknown' } = error;
  if (code === 'EACCES' || code === 'EPERM') return await refused(path, code, 'read', stat);
  const remedy = code === 'ELOOP' ? 'Remove the link, or let it lead to a file.' : undefined;
  return new Unreadable(path, code, reasons[code] ?? `cannot be read (${code})`, remedy);
}

/**
 * Names our user and the owner of the file, or of the parent directory that denies access. at: the path that lacks the
 * permission, where it is known.
 */
export async function refused(path: string, code: string, verb: 'read' | 'written', stat: Stat, at = path): Promise<Unreadable> {
  const uid = process.getuid?.() ?? -1;
  let where = at;
  let stats = await stat(where).catch(() => undefined);
  while (!stats && where !== dirname(where)) {
    where = dirname(where);
    stats = await stat(where).catch(() => undefined);
  }
  const why = `may not be ${verb} by the user that the courier runs as (uid ${uid})`;
  if (!stats) return new Unreadable(path, code, why, `Let uid ${uid} ${verb === 'read' ? 'read' : 'write'} it.`);
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  const whose = `${where === path ? 'it' : `the directory ${where}`} belongs to uid ${stats.uid} and has the mode ${mode}`;
  const isAllowed = code === 'EPERM' && verb === 'written' && (uid === 0 || (stats.uid === uid && (stats.mode & 0o200) !== 0));
  if (isAllowed)
    return new Unreadable(
      path,
      code,
      `${why}: ${whose}, which allow it`,
      `It may be marked as immutable: \`lsattr -d ${path} ${dirname(path)}\` shows an i, and \`chattr -i\` takes it away.`,
    );
  return new Unreadable(path, code, `${why}: ${whose}`, wayIn({ path, where, stats, uid, verb }));
}

/** A path that lacks a permission, and the user who needs it. */
interface Closed {
  readonly path: string;
  readonly where: string;
  readonly stats: { readonly uid: number; isDirectory(): boolean };
  readonly uid: number;
  readonly verb: 'read' | 'written';
}

/** The remedy, as a sentence. `uid`: our own. */
export function wayIn({ path, where, stats, uid, verb }: Closed): string {
  const atPlace = 'where that lies (for a container, on its host)';
  const may = verb === 'read' ? 'r' : 'w';
  const isFile = where === path && !stats.isDirectory();
  if (stats.uid === uid) return `Run \`chmod u+${isFile ? may : `${may}x`} ${where}\` ${atPlace}.`;
  const asOwner = `the courier as uid ${stats.uid}`;
  if (isFile) return `Run \`chown ${uid} ${where}\` ${atPlace}${stats.uid === 0 ? '' : `, or ${asOwner}`}.`;
  if (stats.uid === 0 && !isOfSystem(where)) return `Run \`chown ${uid} ${where}\` ${atPlace}.`;
  const elsewhere = verb === 'read' ? `put the file where uid ${uid} may read it` : `name a file in a directory that uid ${uid} may write`;
  return `Run ${asOwner}, or ${elsewhere}.`;
}
