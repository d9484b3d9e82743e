import type { Stats } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Failure } from '../contract/failures.ts';
import { opened } from './dial.ts';
import { statOf } from './files.ts';
import { Unreadable } from './unreadable.ts';

/** Connects to a unix socket on this machine. Throws a Failure that says what is in the way, or the signal's reason. */
export async function dialSocket(path: string, signal: AbortSignal): Promise<Socket> {
  try {
    return await opened(connect({ path }), 'connect', signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throw await explained(path, (error as NodeJS.ErrnoException).code ?? 'unknown');
  }
}

/**
 * Explains a failed connection. The system gives the same error for a socket without a listener, a file and a
 * directory, so the path is inspected.
 */
async function explained(path: string, code: string): Promise<Failure> {
  const seen = await statOf(path).catch((error: unknown) => {
    if (error instanceof Unreadable) return error;
    throw error;
  });
  if (seen instanceof Unreadable) return unseen(path, seen);
  if (!seen.isSocket()) return noSocket(path, seen);
  if (code === 'EACCES' || code === 'EPERM') return forbidden(path, code, seen);
  return reasons[code]?.(path) ?? new Failure('UNREACHABLE', `No connection to the socket ${path}: it broke (${code}).`);
}

const inContainer = 'mount the directory that it lies in';

function unseen(path: string, { code, why, remedy }: Unreadable): Failure {
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new Failure('UNREACHABLE', `There is no socket ${path}.`, {
      remedy: `Start what listens there. Where the courier runs in a container, ${inContainer}.`,
    });
  // The operation was a connection, not a read.
  const said = why.replace('be read', 'be used');
  return new Failure('MISCONFIGURED', `The socket ${path} ${said}.`, { ...(remedy && { remedy }) });
}

function noSocket(path: string, seen: Stats): Failure {
  if (!seen.isDirectory())
    return new Failure('MISCONFIGURED', `${path} is not a socket.`, { remedy: 'Name the socket of the manager in the address.' });
  return new Failure('MISCONFIGURED', `${path} is a directory, and no socket.`, {
    remedy: `Name the socket in it. A container engine makes a directory where it finds nothing to mount: remove that on the host, start what listens there, and ${inContainer}.`,
  });
}

const reasons: Readonly<Record<string, (path: string) => Failure>> = {
  ECONNREFUSED: path =>
    new Failure('UNREACHABLE', `Nothing listens at the socket ${path} (ECONNREFUSED).`, {
      remedy: `Start what listens there. If that runs, it has made its socket anew, and a mount of the socket alone still leads to the former one: restart the container of the courier, or ${inContainer}.`,
    }),
  EAGAIN: path =>
    new Failure('UNREACHABLE', `What listens at the socket ${path} takes no connection: too many are waiting (EAGAIN).`, {
      remedy: 'Look whether it hangs.',
    }),
  EPROTOTYPE: path =>
    new Failure('MISCONFIGURED', `The socket ${path} is not one for connections (EPROTOTYPE).`, {
      remedy: 'Name the socket of the manager in the address.',
    }),
};

/** The permission bits that a connection needs: the right to write to the socket. */
const write = { owner: 0o200, group: 0o020, others: 0o002 } as const;

function forbidden(path: string, code: string, { uid, gid, mode }: Stats): Failure {
  const us = { uid: process.geteuid?.() ?? -1, groups: [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])] };
  const part = us.uid === uid ? 'owner' : us.groups.includes(gid) ? 'group' : 'others';
  const whose = `it belongs to uid ${uid} and gid ${gid}, and has the mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`;
  const who = `uid ${us.uid} in the groups ${[...new Set(us.groups)].join(', ')}`;
  const allows = (mode & write[part]) !== 0;
  const text = `The socket ${path} may not be used by the courier (${who}): ${whose}${allows ? ', which allow it' : ''} (${code}).`;
  const remedy = allows
    ? byPolicy
    : part !== 'owner' && (mode & write.group) !== 0
      ? byGroup(gid)
      : `Let the courier's group write to it: \`chgrp ${us.groups[0]} ${path} && chmod g+rw ${path}\`, where what makes it is told so.`;
  return new Failure('MISCONFIGURED', text, { remedy });
}

const byPolicy =
  'A security module (SELinux, AppArmor) may forbid it: its log says so. Of a container with SELinux, `security_opt: [label=disable]` takes that away.';
const byGroup = (gid: number): string =>
  `Give the courier the group ${gid}: \`group_add: ["${gid}"]\` in a compose file, \`docker run --group-add ${gid}\`, \`SupplementaryGroups=${gid}\` in a unit. Then start it anew.`;
