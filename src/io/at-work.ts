import { readlink } from 'node:fs/promises';
import { readText } from './files.ts';

const mostBytes = 4096;

/**
 * A word that identifies this process uniquely, for a file that other processes read: pid, start time, PID namespace,
 * boot id. Empty where the system does not provide these, that is everywhere but on Linux.
 */
export const ownWord = (): Promise<string> => (own ??= findOwn());

let own: Promise<string> | undefined;
async function findOwn(): Promise<string> {
  const [stat, space] = await Promise.all([statOf(process.pid), spaceHere()]);
  return stat && space ? `${process.pid}:${stat.start}:${space}` : '';
}

/**
 * The state of the process with this word. Another machine or container has a PID namespace of its own, so nothing is
 * known about its processes.
 */
export async function seenAs(word: string): Promise<'at work' | 'gone' | 'not known'> {
  const { pid = '', start, space } = /^(?<pid>\d+):(?<start>\d+):(?<space>\S+)$/.exec(word)?.groups ?? {};
  if (!pid || space !== (await spaceHere())) return 'not known';
  const found = await statOf(Number(pid));
  if (!found || found.start !== start || /[ZXx]/.test(found.state)) return 'gone';
  // A stopped process may never continue.
  return /[Tt]/.test(found.state) ? 'not known' : 'at work';
}

async function spaceHere(): Promise<string | undefined> {
  try {
    const [space, boot] = await Promise.all([readlink('/proc/self/ns/pid'), readText('/proc/sys/kernel/random/boot_id', mostBytes)]);
    return `${space.replace(/\D/g, '')}:${boot.trim()}`;
  } catch {
    return undefined;
  }
}

/** Parses /proc/PID/stat. The program name may contain brackets and blanks (proc(5)). */
async function statOf(pid: number): Promise<{ readonly state: string; readonly start: string } | undefined> {
  const text = await readText(`/proc/${pid}/stat`, mostBytes).catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return state && start ? { state, start } : undefined;
}
