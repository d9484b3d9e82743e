import type { Deps } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { FileFacts } from '../../src/contract/files.ts';
import { isShared } from '../../src/contract/system-directory.ts';

/** The directory of answers, and the group that may read them. */
interface Place {
  readonly directory: string;
  readonly group: string | undefined;
}

const left = 'It is left as it is.';

/**
 * Throws MISCONFIGURED if helpers would not accept the answers, or if other users could read or replace them. Creates a
 * missing directory for the courier's own user only.
 */
export async function demandSafe({ directory, group }: Place, deps: Pick<Deps, 'files' | 'askers'>, signal: AbortSignal): Promise<void> {
  const { files, askers } = deps;
  const facts = await files.stat(directory, { signal });
  const gid = group === undefined ? undefined : await gidOf(group, deps, signal);
  if (!facts && gid === undefined) return;
  const wrong = facts ? exposed(facts, askers.uid, gid) : 'is not there';
  if (wrong === undefined) return;
  const make = gid === undefined ? `install -d -o ${askers.uid} -m 0700` : `install -d -o ${askers.uid} -g ${gid} -m 2750`;
  throw new Failure('MISCONFIGURED', `No answer is kept in ${directory}, as it ${wrong}. ${left}`, {
    remedy: isShared(directory)
      ? `Name a directory that is there for the answers alone, such as ${directory.replace(/\/*$/, '')}/ecr-courier.`
      : `Name another directory, or make it so as root: \`${make} ${directory}\`.`,
  });
}

/** What is wrong with the directory; undefined if nothing is. uid: that of the courier; Windows has none. */
function exposed(
  { kind, uid: owner, gid: groupOfIt, mode }: FileFacts,
  uid: number | undefined,
  gid: number | undefined,
): string | undefined {
  if (kind !== 'directory') return 'is not a directory';
  if (uid === undefined) return undefined;
  if (owner !== uid) return `belongs to another user (uid ${owner}, and the courier is ${uid})`;
  const shown = mode.toString(8).padStart(4, '0');
  if ((mode & 0o022) !== 0) return `can be written by others (mode ${shown})`;
  if (gid === undefined) return undefined;
  if (groupOfIt !== gid) return `belongs to the group ${groupOfIt}, and not to ${gid}`;
  // The setgid bit gives new files to the group, and no other user may look.
  return (mode & 0o7777) === 0o2750 ? undefined : `has the mode ${shown}, and not 2750`;
}

async function gidOf(group: string, { files }: Pick<Deps, 'files'>, signal: AbortSignal): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group);
  const text = (await files.read('/etc/group', { signal })) ?? '';
  const line = text.split('\n').find(one => one.startsWith(`${group}:`));
  const gid = line?.split(':')[2];
  if (gid === undefined || !/^\d+$/.test(gid))
    throw new Failure('MISCONFIGURED', `There is no group ${group} in /etc/group.`, { remedy: 'Make it, or give its number.' });
  return Number(gid);
}
