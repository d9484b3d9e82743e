import { readlink } from 'node:fs/promises';
import { readText } from './files.ts';

const mostBytes = 4096;

/**
 * This process in a word that no other one has, for a file that others read: number, start, space of numbers, boot.
 * Empty where the system does not tell, as on all but Linux.
 */
export const ownWord = (): Promise<string> => (own ??= findOwn());

let own: Promise<string> | undefined;
async function findOwn(): Promise<string> {
  const [stat, space] = await Promise.all([statOf(process.pid), spaceHere()]);
  return stat && space ? `${process.pid}:${stat.start}:${space}` : '';
}

/** What has become of the process of a word. Another machine or container has numbers of its own: nobody knows. */
export async function seenAs(word: string): Promise<'at work' | 'gone' | 'not known'> {
  const { pid = '', start, space } = /^(?<pid>\d+):(?<start>\d+):(?<space>\S+)$/.exec(word)?.groups ?? {};
  if (!pid || space !== (await spaceHere())) return 'not known';
  const found = await statOf(Number(pid));
  if (!found || found.start !== start || /[ZXx]/.test(found.state)) return 'gone';
  // One that is stopped may never go on.
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

/** proc(5): the name of the program may have brackets and blanks in it. */
async function statOf(pid: number): Promise<{ readonly state: string; readonly start: string } | undefined> {
  const text = await readText(`/proc/${pid}/stat`, mostBytes).catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return state && start ? { state, start } : undefined;
}
