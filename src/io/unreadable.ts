import type { Stats } from 'node:fs';
import { dirname } from 'node:path';

/** Why a file or directory cannot be read. Without the words of the system, which name the path once more. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  /** Of the system, or ours: NOT_A_FILE, TOO_LARGE, SILENT; EMPTY, WRONG, NO_TEXT of those who want something in it. */
  readonly code: string;
  /** The rest of a sentence that begins with the path, without a full stop. */
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
 * Who we are, and whose the file is; or the directory above it which does not let us in. at: what lacks the right, if
 * that is known.
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
  const may = verb === 'read' ? 'r' : 'w';
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
  const lets = stats.uid === uid ? `chmod u+${where === path && !stats.isDirectory() ? may : `${may}x`} ${where}` : `chown ${uid} ${where}`;
  return new Unreadable(path, code, `${why}: ${whose}`, `Run \`${lets}\` where that lies (for a container, on its host).`);
}
